"""What is still to be told to the hub, frozen: errands about records, and the batches in which they travel.

An errand is one thing to tell about one record; it says the same however often it is sent. Errands of a record leave
in order of their revisions. A batch is a group of errands under one id, kept until its answer is applied.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from itertools import product
from typing import NamedTuple
from uuid import UUID

from ledger import Tx
from node.domain.records import Lane
from soap_wsdl.vocabulary import Ending, Reason, RecordState


class Kind(Enum):
    """The two operations that change something at the hub."""

    REGISTER = "register"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing to tell. ``state`` and ``reason`` belong to REGISTER, ``ending`` to WITHDRAW."""

    record_id: UUID
    revision: int
    kind: Kind
    lane: Lane
    valid_until: date
    archive_until: date | None
    state: RecordState | None
    reason: Reason | None
    ending: Ending | None
    depart_at: datetime
    batch_id: UUID | None = None
    refusal: str | None = None


class Leaving(NamedTuple):
    """An errand that may leave: which one, and how many cards go with it."""

    record_id: str
    revision: int
    entry_count: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Errands that travel under one id."""

    batch_id: UUID
    kind: Kind
    lane: Lane


_ERRAND = (
    "errand.record_id, errand.revision, errand.kind, errand.lane, errand.valid_until, errand.archive_until,"
    " errand.state, errand.reason, errand.ending, errand.depart_at, errand.batch_id, errand.refusal"
)


def put(tx: Tx, *added: Errand) -> None:
    """Add errands."""
    tx.many(
        "INSERT INTO errand (record_id, revision, kind, lane, valid_until, archive_until, state, reason, ending,"
        " depart_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                str(errand.record_id),
                errand.revision,
                errand.kind.value,
                errand.lane.value,
                errand.valid_until.isoformat(),
                _day(errand.archive_until),
                errand.state and errand.state.value,
                errand.reason and errand.reason.value,
                errand.ending and errand.ending.value,
                errand.depart_at.isoformat(),
            )
            for errand in added
        ],
    )


def drop(tx: Tx, record_id: UUID, revision: int) -> None:
    """This errand is done or moot."""
    tx.execute("DELETE FROM errand WHERE record_id = ? AND revision = ?", (str(record_id), revision))


def drop_all(tx: Tx, done: Iterable[Errand]) -> None:
    """``drop`` of each."""
    tx.many(
        "DELETE FROM errand WHERE record_id = ? AND revision = ?",
        [(str(errand.record_id), errand.revision) for errand in done],
    )


def clear(tx: Tx, record_id: UUID, kind: Kind | None = None) -> list[Errand]:
    """Take back the errands of a record that never left or were set aside, with their cards; returns them."""
    found = [
        errand
        for errand in of_record(tx, record_id)
        if errand.batch_id is None and (kind is None or errand.kind is kind or errand.refusal is not None)
    ]
    for errand in found:
        drop(tx, record_id, errand.revision)
        tx.execute(
            "DELETE FROM hub_card WHERE record_id = ?1 AND revision = ?2"
            " AND ?2 IS NOT (SELECT told_cards FROM hub_record WHERE record_id = ?1)",
            (str(record_id), errand.revision),
        )
    return found


def of_record(tx: Tx, record_id: UUID) -> list[Errand]:
    """What is still to be told about one record, in order."""
    rows = tx.all(f"SELECT {_ERRAND} FROM errand WHERE record_id = ? ORDER BY revision", (str(record_id),))  # noqa: S608
    return [_errand(row) for row in rows]


def due(tx: Tx, kind: Kind, lane: Lane, now: datetime, latest: datetime, limit: int) -> list[Leaving]:
    """Errands that may leave: in no batch, not set aside, departure reached, and first of their record.

    No departure of now is after ``latest``: one that is was set by a clock that has been put back since, and counts
    as reached.
    """
    found: list[Leaving] = []
    for again, (when, moment) in product((0, 1), (("<= ?", now), ("> ?", latest))):
        # One range of the index each: what waits for its departure is not looked at.
        rows = tx.all(
            f"""
            SELECT record_id, revision, (SELECT count(*) FROM hub_card WHERE hub_card.record_id = errand.record_id
                AND hub_card.revision = errand.revision) FROM errand INDEXED BY errand_order
            WHERE batch_id IS NULL AND refusal IS NULL AND kind = ? AND lane = ?
            AND (reason IS 'again') = ? AND depart_at {when}
            AND NOT EXISTS (SELECT 1 FROM errand AS earlier
                WHERE earlier.record_id = errand.record_id AND earlier.revision < errand.revision)
            ORDER BY depart_at, rowid LIMIT ?
            """,  # noqa: S608
            (kind.value, lane.value, again, moment.isoformat(), limit - len(found)),
        )
        found += [Leaving(*row) for row in rows]
    return found


def without_cards(tx: Tx) -> list[Errand]:
    """Registrations whose every card went with an epoch: they cannot leave as they are."""
    rows = tx.all(
        f"SELECT {_ERRAND} FROM errand WHERE kind = 'register' AND NOT EXISTS (SELECT 1 FROM hub_card"  # noqa: S608
        " WHERE hub_card.record_id = errand.record_id AND hub_card.revision = errand.revision)"
    )
    return [_errand(row) for row in rows]


def set_aside(tx: Tx, record_id: UUID, revision: int, refusal: str, at: datetime) -> None:
    """The hub refuses this errand as it is: the operator retries or drops it."""
    tx.execute(
        "UPDATE errand SET refusal = ?, set_aside_at = ?, batch_id = NULL, position = NULL"
        " WHERE record_id = ? AND revision = ?",
        (refusal, at.isoformat(), str(record_id), revision),
    )


def supersede(tx: Tx, refused: Errand) -> bool:
    """Drop a refused errand when a later one about its record waits, and so takes its place; False when none does.

    A later registration says all that it said, and is as new as it was; a withdrawal makes it moot.
    """
    later = [each for each in of_record(tx, refused.record_id) if each.revision > refused.revision]
    if not later or later[0].refusal is not None:
        return False
    drop(tx, refused.record_id, refused.revision)
    if refused.reason is Reason.NEW and later[0].kind is Kind.REGISTER:
        tx.execute(
            "UPDATE errand SET reason = ? WHERE record_id = ? AND revision = ?",
            (Reason.NEW.value, str(refused.record_id), later[0].revision),
        )
    return True


def aside(tx: Tx) -> list[Errand]:
    """Errands that were set aside, for the operator."""
    rows = tx.all(f"SELECT {_ERRAND} FROM errand WHERE refusal IS NOT NULL ORDER BY set_aside_at")  # noqa: S608
    return [_errand(row) for row in rows]


def count(tx: Tx) -> tuple[int, int, int]:
    """How many errands wait, how many are in a batch without an answer, how many were set aside."""
    row = tx.one(
        "SELECT (SELECT count(*) FROM errand), (SELECT count(*) FROM errand WHERE batch_id > ''),"
        " (SELECT count(*) FROM errand WHERE refusal IS NOT NULL)"
    )
    return (row[0] - row[1] - row[2], row[1], row[2]) if row else (0, 0, 0)


def offer_again(tx: Tx) -> bool:
    """Whether an errand that tells something again has not been answered."""
    return tx.one("SELECT 1 FROM errand WHERE reason = 'again' AND refusal IS NULL LIMIT 1") is not None


def open_batches(tx: Tx) -> list[Batch]:
    """Batches without an answer yet, oldest first."""
    return [
        Batch(UUID(row["batch_id"]), Kind(row["kind"]), Lane(row["lane"]))
        for row in tx.all("SELECT batch_id, kind, lane FROM batch ORDER BY made_at, rowid")
    ]


def make_batch(tx: Tx, batch: Batch, errands: Sequence[Errand | Leaving], at: datetime) -> None:
    """Bind errands to a batch, in this order, before anything is sent."""
    tx.execute(
        "INSERT INTO batch (batch_id, kind, lane, made_at) VALUES (?, ?, ?, ?)",
        (str(batch.batch_id), batch.kind.value, batch.lane.value, at.isoformat()),
    )
    tx.many(
        "UPDATE errand SET batch_id = ?, position = ? WHERE record_id = ? AND revision = ?",
        [
            (str(batch.batch_id), position, str(errand.record_id), errand.revision)
            for position, errand in enumerate(errands)
        ],
    )


def in_batch(tx: Tx, batch_id: UUID) -> list[Errand]:
    """The errands of a batch, in the order in which they were bound."""
    rows = tx.all(f"SELECT {_ERRAND} FROM errand WHERE batch_id = ? ORDER BY position", (str(batch_id),))  # noqa: S608
    return [_errand(row) for row in rows]


def still_in_batch(tx: Tx, batch_id: UUID) -> set[tuple[UUID, int]]:
    """Record and revision of each errand that has not left the batch since."""
    rows = tx.all("SELECT record_id, revision FROM errand WHERE batch_id = ?", (str(batch_id),))
    return {(UUID(row["record_id"]), row["revision"]) for row in rows}


def close_batch(tx: Tx, batch_id: UUID) -> None:
    """The answer was applied; an errand that it did not mention is free to leave again."""
    tx.execute("UPDATE errand SET batch_id = NULL, position = NULL WHERE batch_id = ?", (str(batch_id),))
    tx.execute("DELETE FROM batch WHERE batch_id = ?", (str(batch_id),))


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _errand(row: sqlite3.Row) -> Errand:
    return Errand(
        UUID(row["record_id"]),
        row["revision"],
        Kind(row["kind"]),
        Lane(row["lane"]),
        date.fromisoformat(row["valid_until"]),
        _date(row["archive_until"]),
        RecordState(row["state"]) if row["state"] else None,
        Reason(row["reason"]) if row["reason"] else None,
        Ending(row["ending"]) if row["ending"] else None,
        datetime.fromisoformat(row["depart_at"]),
        UUID(row["batch_id"]) if row["batch_id"] else None,
        row["refusal"],
    )
