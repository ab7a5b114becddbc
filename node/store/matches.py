"""Matches, one row for each side: what a professional with an active signal may see of the others.

A pair inside the region has two rows, told and ended together. Of a pair across regions the node has its own side,
with the other's contact data sealed, and destroys those in the same write in which the match ends.
"""

import json
import sqlite3
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from ledger import Tx
from node.domain.days import local_day
from node.domain.matching import HowEnded, Match, MatchId, MatchKind, Meeting
from node.domain.professional import Contact, Domain
from node.domain.signal import SignalId
from node.store import marks, tally
from node.store.vault import Vault
from soap_wsdl.vocabulary import Oin


@dataclass(frozen=True, slots=True)
class ForeignCard:
    """What another region's card says, as shown to the professional. ``since`` is a day, or a month for family."""

    region: str
    contact: Contact
    since: str


def tell(tx: Tx, vault: Vault, meeting: Meeting, match_key: str | None, at: datetime) -> bool:
    """Tell a pair inside the region to both sides. False when it was told before and lives: then nothing changes.

    A pair that lost its ground and has one again is the same match as before, and lives again on that ground.
    """
    known = tx.one(
        "SELECT ended_on, how FROM match WHERE signal_id = ? AND other_signal_id = ?",
        (str(meeting.own), str(meeting.other)),
    )
    if known is not None:
        if known["how"] is None:
            return False
        _revive(tx, vault, meeting, match_key)
        return True
    for own, other in ((meeting.own, meeting.other), (meeting.other, meeting.own)):
        match_id = MatchId(uuid4())
        tx.execute(
            "INSERT INTO match (match_id, kind, signal_id, other_signal_id, match_key, valid_until, told_at, possible)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                str(match_id),
                meeting.kind.value,
                str(own),
                str(other),
                _sealed_key(vault, match_id, match_key),
                meeting.valid_until.isoformat(),
                at.isoformat(),
                meeting.possible,
            ),
        )
    return True


def tell_foreign(
    tx: Tx,
    vault: Vault,
    *,
    signal_id: UUID,
    kind: MatchKind,
    peer: Oin,
    pair_key: str,
    card: ForeignCard,
    match_key: str | None,
    valid_until: date,
    at: datetime,
    possible: bool = False,
) -> bool:
    """Tell our side of a pair across regions; True when it is new, and so is mailed.

    A pair that was told before gets the card, key and date of this call, and lives again if it had ended. A signal
    that is not active any more is told nothing.
    """
    if not tx.one("SELECT 1 FROM signal WHERE signal_id = ? AND state = 'active'", (str(signal_id),)):
        return False
    known = foreign_side(tx, signal_id, kind, peer, pair_key)
    match_id = known or MatchId(uuid4())
    if known is None:
        tx.execute(
            "INSERT INTO match (match_id, kind, signal_id, peer, pair_key, valid_until, told_at, possible)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                str(match_id),
                kind.value,
                str(signal_id),
                peer,
                pair_key,
                valid_until.isoformat(),
                at.isoformat(),
                possible,
            ),
        )
    tx.execute(
        "UPDATE match SET region = ?, organisation = ?, match_key = ?, card = ?, valid_until = ?,"
        " ended_on = NULL, how = NULL WHERE match_id = ?",
        (
            card.region,
            card.contact.organisation,
            _sealed_key(vault, match_id, match_key),
            vault.seal("match", str(match_id), _card(card)),
            valid_until.isoformat(),
            str(match_id),
        ),
    )
    return known is None


def update_foreign(
    tx: Tx,
    vault: Vault,
    *,
    signal_id: UUID,
    kind: MatchKind,
    peer: Oin,
    pair_key: str,
    card: ForeignCard,
    valid_until: date,
) -> bool:
    """The other side's card or date has changed. False when there is no living match to change."""
    known = foreign_side(tx, signal_id, kind, peer, pair_key)
    if known is None:
        return False
    cursor = tx.execute(
        "UPDATE match SET region = ?, organisation = ?, card = ?, valid_until = ?"
        " WHERE match_id = ? AND ended_on IS NULL",
        (
            card.region,
            card.contact.organisation,
            vault.seal("match", str(known), _card(card)),
            valid_until.isoformat(),
            str(known),
        ),
    )
    return cursor.rowcount == 1


def any_living(tx: Tx, signal_id: UUID) -> bool:
    """Whether the signal has a match that has not ended."""
    return tx.one("SELECT 1 FROM match WHERE signal_id = ? AND ended_on IS NULL", (str(signal_id),)) is not None


def move_end(tx: Tx, signal_id: UUID) -> None:
    """A signal was extended or shortened: its pairs inside the region end with the earlier of both signals."""
    tx.execute(
        """
        UPDATE match SET valid_until = min(
            (SELECT valid_until FROM signal WHERE signal.signal_id = match.signal_id),
            (SELECT valid_until FROM signal WHERE signal.signal_id = match.other_signal_id))
        WHERE ended_on IS NULL AND other_signal_id IS NOT NULL AND (signal_id = ?1 OR other_signal_id = ?1)
        """,
        (str(signal_id),),
    )


def of_signal(tx: Tx, vault: Vault, signal_id: UUID, own_region: str) -> list[Match]:
    """Every match of a signal, newest first. Whether the asker may see them is asked before."""
    rows = tx.all(
        """
        SELECT match_id, match.signal_id, match.kind AS match_kind, peer, region,
            match.organisation AS foreign_organisation, match_key, card, match.valid_until, told_at, ended_on, how,
            possible, other.made_at AS other_made_at,
            professional.name, function, phone, email, location.name AS location,
            organisation.name AS organisation, domain, organisation.kind AS kind
        FROM match
        LEFT JOIN signal AS other ON other.signal_id = match.other_signal_id
        LEFT JOIN professional USING (professional_id)
        LEFT JOIN location USING (location_id)
        LEFT JOIN organisation USING (organisation_id)
        WHERE match.signal_id = ? ORDER BY told_at DESC, match_id
        """,
        (str(signal_id),),
    )
    said = marks.of_signal(tx, signal_id)
    found = [_match(vault, row, own_region) for row in rows]
    return [replace(match, own=said.own(match.id), theirs=said.theirs(match.id)) for match in found]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many sides of matches live and have ended."""

    living: dict[MatchKind, int] = field(default_factory=dict)
    ended: int = 0


def last_met(tx: Tx, signal_id: UUID) -> datetime | None:
    """When this signal last met another one, here or in another region; None when it never did."""
    row = tx.one("SELECT max(told_at) FROM match WHERE signal_id = ?", (str(signal_id),))
    return datetime.fromisoformat(row[0]) if row and row[0] else None


def counts(tx: Tx) -> Counts:
    """For ``status``."""
    found = tally.counted(tx, "match")
    ended = found.pop("ended", 0)
    return Counts({MatchKind(kind): many for kind, many in found.items() if many}, ended)


def _revive(tx: Tx, vault: Vault, meeting: Meeting, match_key: str | None) -> None:
    for own, other in ((meeting.own, meeting.other), (meeting.other, meeting.own)):
        row = tx.one("SELECT match_id FROM match WHERE signal_id = ? AND other_signal_id = ?", (str(own), str(other)))
        assert row is not None  # noqa: S101 - a pair inside the region has two rows
        tx.execute(
            "UPDATE match SET kind = ?, match_key = ?, valid_until = ?, possible = ?, ended_on = NULL, how = NULL,"
            " organisation = NULL WHERE match_id = ?",
            (
                meeting.kind.value,
                _sealed_key(vault, MatchId(UUID(row["match_id"])), match_key),
                meeting.valid_until.isoformat(),
                meeting.possible,
                row["match_id"],
            ),
        )


def foreign_side(tx: Tx, signal_id: UUID, kind: MatchKind, peer: Oin, pair_key: str) -> MatchId | None:
    """Our side of a match with another region; None when there is none."""
    row = tx.one(
        "SELECT match_id FROM match WHERE signal_id = ? AND kind = ? AND peer = ? AND pair_key = ?",
        (str(signal_id), kind.value, peer, pair_key),
    )
    return MatchId(UUID(row["match_id"])) if row else None


def _sealed_key(vault: Vault, match_id: MatchId, match_key: str | None) -> bytes | None:
    return None if match_key is None else vault.seal("match", f"{match_id}|key", match_key.encode())


def _card(card: ForeignCard) -> bytes:
    contact = {**asdict(card.contact), "domain": card.contact.domain.value}
    return json.dumps({"region": card.region, "since": card.since, "contact": contact}, ensure_ascii=False).encode()


def _match(vault: Vault, row: sqlite3.Row, own_region: str) -> Match:
    kind, match_id = MatchKind(row["match_kind"]), row["match_id"]
    region, organisation = row["region"], row["foreign_organisation"]
    contact: Contact | None = None
    since: str | None = None
    if row["peer"] is None and row["how"] != HowEnded.ANNULLED.value:
        region = own_region
    if row["peer"] is None and row["name"] is not None and row["ended_on"] is None:
        organisation = row["organisation"]
        contact = Contact(
            row["organisation"],
            Domain(row["domain"]),
            row["kind"],
            row["location"],
            row["function"],
            row["name"],
            row["phone"],
            row["email"],
        )
        since = local_day(datetime.fromisoformat(row["other_made_at"])).isoformat()
    elif row["card"] is not None:
        written = json.loads(vault.open("match", match_id, row["card"]))
        contact = Contact(**{**written["contact"], "domain": Domain(written["contact"]["domain"])})
        since = written["since"]
    if kind is not MatchKind.CLIENT and since is not None:
        since = since[:7]
    key = vault.open("match", f"{match_id}|key", row["match_key"]).decode() if row["match_key"] else None
    return Match(
        MatchId(UUID(match_id)),
        SignalId(UUID(row["signal_id"])),
        kind,
        Oin(row["peer"]) if row["peer"] else None,
        region,
        organisation,
        contact,
        since,
        key,
        date.fromisoformat(row["valid_until"]),
        datetime.fromisoformat(row["told_at"]),
        date.fromisoformat(row["ended_on"]) if row["ended_on"] else None,
        HowEnded(row["how"]) if row["how"] else None,
        possible=bool(row["possible"]),
    )
