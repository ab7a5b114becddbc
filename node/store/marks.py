"""What each party says of its matches, as it lies in the database: one row for each side and mark.

What a party in another region says comes under the records of the pair that it was said of, one row for each.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from ledger import Tx
from node.domain.marks import NOTHING_SAID, Mark, Marks
from node.domain.matching import MatchId
from node.domain.signal import SignalId
from node.store.mailbox import PairId
from soap_wsdl.vocabulary import Oin


@dataclass(frozen=True, slots=True)
class Side:
    """A side of a match, as far as marking it asks."""

    id: MatchId
    signal: SignalId
    told_at: datetime
    valid_until: date
    ended_on: date | None
    peer: Oin | None
    pair_key: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """All that was said of the matches of one signal, by match."""

    _own: dict[MatchId, Marks] = field(default_factory=dict)
    _theirs: dict[MatchId, Marks] = field(default_factory=dict)

    def own(self, match: MatchId) -> Marks:
        """What this side says of a match."""
        return self._own.get(match, NOTHING_SAID)

    def theirs(self, match: MatchId) -> Marks:
        """What the other side says of it."""
        return self._theirs.get(match, NOTHING_SAID)


def side(tx: Tx, match: UUID) -> Side | None:
    """The side of a match; None when there is none."""
    row = tx.one(
        "SELECT match_id, signal_id, told_at, valid_until, ended_on, peer, pair_key FROM match WHERE match_id = ?",
        (str(match),),
    )
    if row is None:
        return None
    return Side(
        MatchId(UUID(row["match_id"])),
        SignalId(UUID(row["signal_id"])),
        datetime.fromisoformat(row["told_at"]),
        date.fromisoformat(row["valid_until"]),
        date.fromisoformat(row["ended_on"]) if row["ended_on"] else None,
        Oin(row["peer"]) if row["peer"] else None,
        row["pair_key"],
    )


def put(tx: Tx, match: MatchId, mark: Mark, day: date) -> bool:
    """This side says so, since this day. False when it said just that before: then nothing changes."""
    cursor = tx.execute(
        "INSERT INTO match_mark (match_id, mark, day) VALUES (?, ?, ?) ON CONFLICT (match_id, mark)"
        " DO UPDATE SET day = excluded.day WHERE day <> excluded.day",
        (str(match), mark.value, day.isoformat()),
    )
    return cursor.rowcount == 1


def take_back(tx: Tx, match: MatchId, mark: Mark) -> bool:
    """This side does not say so any more. False when it did not."""
    return tx.execute("DELETE FROM match_mark WHERE match_id = ? AND mark = ?", (str(match), mark.value)).rowcount == 1


def of_side(tx: Tx, match: MatchId) -> Marks:
    """All that this side says of a match."""
    rows = tx.all("SELECT match_id, mark, day FROM match_mark WHERE match_id = ?", (str(match),))
    return _by_match((row["match_id"], row["mark"], row["day"]) for row in rows).get(match, NOTHING_SAID)


def peer_says(tx: Tx, pair: PairId, said: Marks, at: datetime) -> bool:
    """What the other region's side says of a match that rests on this pair; False when it said something later."""
    cursor = tx.execute(
        "INSERT INTO peer_mark (own_record_id, peer, peer_record_id, contact, agreed, said_at)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (own_record_id, peer, peer_record_id) DO UPDATE SET"
        " contact = excluded.contact, agreed = excluded.agreed, said_at = excluded.said_at"
        " WHERE said_at <= excluded.said_at",
        (
            str(pair.own_record_id),
            pair.peer,
            str(pair.peer_record_id),
            said.contact and said.contact.isoformat(),
            said.agreed and said.agreed.isoformat(),
            at.isoformat(),
        ),
    )
    return cursor.rowcount == 1


def forget_peer(tx: Tx, pair: PairId) -> None:
    """The pair is annulled: what the other region's side said of it goes."""
    tx.execute(
        "DELETE FROM peer_mark WHERE own_record_id = ? AND peer = ? AND peer_record_id = ?",
        (str(pair.own_record_id), pair.peer, str(pair.peer_record_id)),
    )


def forget_peers(tx: Tx, before: datetime) -> int:
    """Drop what was said before this moment of pairs that are not remembered any more, or never came."""
    return tx.execute(
        "DELETE FROM peer_mark WHERE said_at < ? AND NOT EXISTS (SELECT 1 FROM foreign_pair AS pair"
        " WHERE pair.own_record_id = peer_mark.own_record_id AND pair.peer = peer_mark.peer"
        " AND pair.peer_record_id = peer_mark.peer_record_id)",
        (before.isoformat(),),
    ).rowcount


def of_signal(tx: Tx, signal_id: UUID) -> Said:
    """What both sides say of the matches of a signal."""
    own = tx.all(
        "SELECT match_id, mark, day FROM match JOIN match_mark USING (match_id) WHERE signal_id = ?", (str(signal_id),)
    )
    theirs = tx.all(
        "SELECT match.match_id, mark, day FROM match JOIN match AS other"
        " ON other.signal_id = match.other_signal_id AND other.other_signal_id = match.signal_id"
        " JOIN match_mark ON match_mark.match_id = other.match_id WHERE match.signal_id = ?",
        (str(signal_id),),
    )
    here = _by_match((row["match_id"], row["mark"], row["day"]) for row in theirs)
    return Said(_by_match((row["match_id"], row["mark"], row["day"]) for row in own), here | _from_peers(tx, signal_id))


def _from_peers(tx: Tx, signal_id: UUID) -> dict[MatchId, Marks]:
    """A match that rests on several pairs: the latest word counts."""
    rows = tx.all(
        "SELECT match_id, contact, agreed FROM match JOIN foreign_pair AS pair USING (signal_id, peer, pair_key)"
        " JOIN peer_mark USING (own_record_id, peer, peer_record_id) WHERE match.signal_id = ? AND shown = 1"
        " AND pair.kind = 'match' AND pair.status <> 'annulled' ORDER BY said_at",
        (str(signal_id),),
    )
    return {
        MatchId(UUID(row["match_id"])): Marks(
            date.fromisoformat(row["contact"]) if row["contact"] else None,
            date.fromisoformat(row["agreed"]) if row["agreed"] else None,
        )
        for row in rows
    }


def _by_match(rows: Iterable[tuple[str, str, str]]) -> dict[MatchId, Marks]:
    days: dict[MatchId, dict[str, date]] = {}
    for match_id, mark, day in rows:
        days.setdefault(MatchId(UUID(match_id)), {})[mark] = date.fromisoformat(day)
    return {match: Marks(**said) for match, said in days.items()}
