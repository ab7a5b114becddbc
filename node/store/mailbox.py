"""How far the hub's mailbox was applied, and which pairs it told us: the memory that makes a notice count once."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from uuid import UUID

from ledger import Tx
from soap_wsdl.vocabulary import Cursor, Oin


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The cursor, and what a restore still asks: a retelling, a comparison, the operator's word.

    ``retold_from`` is the number after which a retelling that is under way began. ``unconfirmed_since`` is the day on
    which the hub's memory turned out to be another; what it has not told again since may have ended unheard.
    """

    cursor: Cursor | None
    retell: bool
    retold_from: int | None
    comparison_due: bool
    node_restored: bool
    collected_at: datetime | None
    unconfirmed_since: date | None = None


class PairStatus(Enum):
    """What became of a pair."""

    LIVING = "living"
    ENDED = "ended"
    ANNULLED = "annulled"


class PairKind(Enum):
    """A match of two live records, or an archived record that spoke."""

    MATCH = "match"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class PairId:
    """The node's match key: (own record, peer OIN, peer record, kind)."""

    own_record_id: UUID
    peer: Oin
    peer_record_id: UUID
    kind: PairKind


@dataclass(frozen=True, slots=True)
class ForeignPair:
    """A pair as told. Pairs with the same signal, peer and ``pair_key`` are one match on the screen.

    ``shown`` is false for a family pair about the same youth and for a canary: known, and shown to nobody.
    ``match_key`` is sealed. ``revision`` is the peer's, as last heard; ``heard`` the number of the last notice of it.
    """

    id: PairId
    signal_id: UUID | None
    pair_key: str
    status: PairStatus
    shown: bool
    revision: int
    match_key: bytes | None = field(repr=False)
    valid_until: date
    told_at: datetime
    heard: int


@dataclass(frozen=True, slots=True)
class ArchiveNotice:
    """An archived registration of another region, for the professional who signalled the same youth anew."""

    own_record_id: UUID
    peer: Oin
    peer_record_id: UUID
    signal_id: UUID
    card: bytes | None = field(repr=False)
    show_from: datetime
    keep_until: datetime
    fetched_at: datetime | None


_PAIR = (
    "own_record_id, peer, peer_record_id, kind, signal_id, pair_key, status, shown, revision, match_key, valid_until,"
    " told_at, heard"
)


# --- The cursor --------------------------------------------------------------------------------------


def read(tx: Tx) -> Mailbox:
    """Where the mailbox stands."""
    row = tx.one(
        "SELECT seed, number, retell, retold_from, comparison_due, node_restored, collected_at, unconfirmed_since"
        " FROM mailbox WHERE one = 1"
    )
    assert row is not None  # noqa: S101 - the migration puts the one row there
    return Mailbox(
        Cursor(UUID(row["seed"]), row["number"]) if row["seed"] else None,
        bool(row["retell"]),
        row["retold_from"],
        bool(row["comparison_due"]),
        bool(row["node_restored"]),
        datetime.fromisoformat(row["collected_at"]) if row["collected_at"] else None,
        date.fromisoformat(row["unconfirmed_since"]) if row["unconfirmed_since"] else None,
    )


def move(tx: Tx, cursor: Cursor, at: datetime) -> None:
    """Everything up to this number was applied, in the transaction of the caller."""
    tx.execute(
        "UPDATE mailbox SET seed = ?, number = ?, collected_at = ? WHERE one = 1",
        (str(cursor.seed), cursor.number, at.isoformat()),
    )


def ask_retelling(tx: Tx, *, wanted: bool) -> None:
    """Whether the next collection asks the hub to rewrite the mailbox from the living pairs."""
    tx.execute("UPDATE mailbox SET retell = ? WHERE one = 1", (int(wanted),))


def retelling(tx: Tx, since: int | None) -> None:
    """A retelling began after this number, or (None) was heard to its end."""
    tx.execute("UPDATE mailbox SET retell = 0, retold_from = ? WHERE one = 1", (since,))


def not_retold(tx: Tx, since: int) -> list[ForeignPair]:
    """Living matches that a retelling did not mention: they ended while we were not listening."""
    rows = tx.all(
        f"SELECT {_PAIR} FROM foreign_pair WHERE status = 'living' AND kind = 'match' AND heard <= ?",  # noqa: S608
        (since,),
    )
    return [_pair(row) for row in rows]


def doubt_all(tx: Tx, day: date) -> None:
    """From this day on every living match waits to be told again, by a hub whose numbers have begun anew."""
    tx.execute("UPDATE foreign_pair SET heard = 0 WHERE status = 'living' AND kind = 'match'")
    tx.execute("UPDATE mailbox SET unconfirmed_since = ? WHERE one = 1", (day.isoformat(),))


def settle_doubt(tx: Tx) -> None:
    """Nothing waits to be told again any more."""
    tx.execute("UPDATE mailbox SET unconfirmed_since = NULL WHERE one = 1")


def ask_comparison(tx: Tx, *, due: bool) -> None:
    """Whether a comparison with the hub must be finished before our old records match again."""
    tx.execute("UPDATE mailbox SET comparison_due = ? WHERE one = 1", (int(due),))


def mark_restored(tx: Tx, *, restored: bool) -> None:
    """Whether this database came from a backup and the operator has not yet decided about what only the hub has."""
    tx.execute("UPDATE mailbox SET node_restored = ? WHERE one = 1", (int(restored),))


def row_of(own_record_id: UUID, peer: Oin, peer_record_id: UUID) -> str:
    """How a pair or archive notice is named to the seal of its fields."""
    return f"{own_record_id}|{peer}|{peer_record_id}"


# --- Pairs -------------------------------------------------------------------------------------------


def pair(tx: Tx, id: PairId) -> ForeignPair | None:
    """The pair of this key."""
    row = tx.one(
        f"SELECT {_PAIR} FROM foreign_pair"  # noqa: S608
        " WHERE own_record_id = ? AND peer = ? AND peer_record_id = ? AND kind = ?",
        (str(id.own_record_id), id.peer, str(id.peer_record_id), id.kind.value),
    )
    return _pair(row) if row else None


def put_pair(tx: Tx, pair: ForeignPair) -> None:
    """Insert or replace a pair."""
    tx.execute(
        f"INSERT OR REPLACE INTO foreign_pair ({_PAIR}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            str(pair.id.own_record_id),
            pair.id.peer,
            str(pair.id.peer_record_id),
            pair.id.kind.value,
            pair.signal_id and str(pair.signal_id),
            pair.pair_key,
            pair.status.value,
            int(pair.shown),
            pair.revision,
            pair.match_key,
            pair.valid_until.isoformat(),
            pair.told_at.isoformat(),
            pair.heard,
        ),
    )


def joined(tx: Tx, signal_id: UUID, peer: Oin, pair_key: str) -> list[ForeignPair]:
    """All pairs that are one match on the screen: a family match may rest on two parents."""
    rows = tx.all(
        f"SELECT {_PAIR} FROM foreign_pair"  # noqa: S608
        " WHERE signal_id = ? AND peer = ? AND pair_key = ? AND kind = 'match'",
        (str(signal_id), peer, pair_key),
    )
    return [_pair(row) for row in rows]


def pairs_of(tx: Tx, record_ids: Iterable[UUID]) -> list[ForeignPair]:
    """All pairs of these records of ours."""
    found: list[ForeignPair] = []
    for record_id in record_ids:
        found += [
            _pair(row)
            for row in tx.all(f"SELECT {_PAIR} FROM foreign_pair WHERE own_record_id = ?", (str(record_id),))  # noqa: S608
        ]
    return found


def end_due(tx: Tx, today: date) -> None:
    """Pairs whose date has come have ended, as their matches have; their keys go with them."""
    tx.execute(
        "UPDATE foreign_pair SET status = 'ended', match_key = NULL"
        " WHERE status = 'living' AND kind = 'match' AND valid_until <= ?",
        (today.isoformat(),),
    )


def forget_pairs(tx: Tx, before: date, limit: int) -> int:
    """Drop so many pairs whose last date is well past: the hub has no notice of them left either; says how many."""
    return tx.execute(
        "DELETE FROM foreign_pair WHERE (own_record_id, peer, peer_record_id, kind) IN ("
        "SELECT own_record_id, peer, peer_record_id, kind FROM foreign_pair WHERE valid_until < ? LIMIT ?)",
        (before.isoformat(), limit),
    ).rowcount


# --- Archive notices ---------------------------------------------------------------------------------


def put_archive_notice(tx: Tx, notice: ArchiveNotice) -> bool:
    """Keep an archive notice; False when it was told before."""
    cursor = tx.execute(
        "INSERT INTO archive_notice (own_record_id, peer, peer_record_id, signal_id, card, show_from, keep_until)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            str(notice.own_record_id),
            notice.peer,
            str(notice.peer_record_id),
            str(notice.signal_id),
            notice.card,
            notice.show_from.isoformat(),
            notice.keep_until.isoformat(),
        ),
    )
    return cursor.rowcount == 1


def archive_notices(tx: Tx, signal_id: UUID, now: datetime) -> list[ArchiveNotice]:
    """The notices that may be shown for a signal: its time to undo is over."""
    rows = tx.all(
        "SELECT own_record_id, peer, peer_record_id, signal_id, card, show_from, keep_until, fetched_at"
        " FROM archive_notice WHERE signal_id = ? AND show_from <= ? ORDER BY show_from, peer",
        (str(signal_id), now.isoformat()),
    )
    return [_notice(row) for row in rows]


def fetch_archive_card(tx: Tx, notice: ArchiveNotice, at: datetime) -> bytes | None:
    """The sealed card, once: it is deleted in the same write.

    None when it was fetched or fell away before, or its thirty days are over, whether or not it was deleted since.
    """
    row = tx.one(
        "SELECT card FROM archive_notice WHERE own_record_id = ?1 AND peer = ?2 AND peer_record_id = ?3"
        " AND show_from <= ?4 AND keep_until > ?4",
        (str(notice.own_record_id), notice.peer, str(notice.peer_record_id), at.isoformat()),
    )
    if row is None or row["card"] is None:
        return None
    tx.execute(
        "UPDATE archive_notice SET card = NULL, fetched_at = ?"
        " WHERE own_record_id = ? AND peer = ? AND peer_record_id = ?",
        (at.isoformat(), str(notice.own_record_id), notice.peer, str(notice.peer_record_id)),
    )
    card: bytes = row["card"]
    return card


def empty_archive_notice(tx: Tx, id: PairId) -> None:
    """The archived record was annulled or its card destroyed: nothing is left to fetch."""
    tx.execute(
        "DELETE FROM archive_notice WHERE own_record_id = ? AND peer = ? AND peer_record_id = ?",
        (str(id.own_record_id), id.peer, str(id.peer_record_id)),
    )


def drop_old_archive_cards(tx: Tx, now: datetime) -> int:
    """Delete cards that nobody fetched within their 30 days."""
    return tx.execute(
        "UPDATE archive_notice SET card = NULL WHERE card IS NOT NULL AND keep_until <= ?", (now.isoformat(),)
    ).rowcount


def _pair(row: sqlite3.Row) -> ForeignPair:
    return ForeignPair(
        PairId(UUID(row["own_record_id"]), Oin(row["peer"]), UUID(row["peer_record_id"]), PairKind(row["kind"])),
        UUID(row["signal_id"]) if row["signal_id"] else None,
        row["pair_key"],
        PairStatus(row["status"]),
        bool(row["shown"]),
        row["revision"],
        row["match_key"],
        date.fromisoformat(row["valid_until"]),
        datetime.fromisoformat(row["told_at"]),
        row["heard"],
    )


def _notice(row: sqlite3.Row) -> ArchiveNotice:
    return ArchiveNotice(
        UUID(row["own_record_id"]),
        Oin(row["peer"]),
        UUID(row["peer_record_id"]),
        UUID(row["signal_id"]),
        row["card"],
        datetime.fromisoformat(row["show_from"]),
        datetime.fromisoformat(row["keep_until"]),
        datetime.fromisoformat(row["fetched_at"]) if row["fetched_at"] else None,
    )
