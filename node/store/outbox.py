"""What a signal still asks of the exchange: one row for each wish, written in the same transaction as the signal.

A row names a signal and a wish, nothing of whom it is about. ``flows.derive`` turns wishes into errands, in order of
their numbers; a later wish of a signal never overtakes an earlier one.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from uuid import UUID, uuid4

from ledger import Tx
from node.store import sealed
from soap_wsdl.vocabulary import Ending, Reason


class Intent(Enum):
    """What the hub should come to hear about a signal."""

    OFFER = "offer"
    CHANGE = "change"
    AGAIN = "again"
    END = "end"


INTENTS = {Reason.NEW: Intent.OFFER, Reason.CHANGE: Intent.CHANGE, Reason.AGAIN: Intent.AGAIN}
"""The wish that sends a record for each reason."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One row. With ``record_id`` it is about that record alone; ``signal_id`` is None for a canary.

    ``ending`` and ``archive_until`` belong to END; ``refusal`` says why it was set aside.
    """

    number: int
    signal_id: UUID | None
    record_id: UUID | None
    intent: Intent
    ending: Ending | None
    archive_until: date | None
    written_at: datetime
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Deletion:
    """An ending as the ledger beside the database keeps it. ``deletion_id`` makes a replay happen once."""

    deletion_id: UUID
    signal_id: UUID
    ending: Ending
    archive_until: date | None
    at: datetime


_ABOUT = "coalesce(signal_id, record_id) = :signal AND signal_id = :signal"
"""Every wish of a signal, by the index that keeps them in order."""
_COLUMNS = "number, signal_id, record_id, intent, ending, archive_until, written_at, refusal"


def offer(tx: Tx, signal_id: UUID, reason: Reason, at: datetime) -> None:
    """Tell the hub of this signal. Only NEW makes the archive speak; AGAIN is for re-key, repair and restore."""
    if reason is Reason.AGAIN and _waits(tx, signal_id):
        return  # Whatever waits brings the same content.
    _put(tx, signal_id, None, INTENTS[reason], None, None, at)


def change(tx: Tx, signal_id: UUID, at: datetime) -> None:
    """Something on the card or a date has changed: tell the hub the new content."""
    _put(tx, signal_id, None, Intent.CHANGE, None, None, at)


def change_unless_waiting(tx: Tx, signal_id: UUID, at: datetime) -> bool:
    """``change``, unless a wish of this signal waits that brings the same content; says whether it was written."""
    if _waits(tx, signal_id):
        return False
    change(tx, signal_id, at)
    return True


def end(tx: Tx, signal_id: UUID, ending: Ending, archive_until: date | None, at: datetime) -> None:
    """The signal is over. ENDED goes to the archive until the date given; ANNULLED is destroyed everywhere.

    Also writes the line that the ledger of deletions needs, and takes the archive notices of this signal away. Matches
    that the hub has forgotten are ended by a sealed message.
    """
    # An ending never waits behind a re-key or a change; nobody may hear at all of a signal that was a mistake.
    moot = "('again', 'change')" if ending is Ending.ENDED else "('again', 'change', 'offer')"
    tx.execute(f"DELETE FROM outbox WHERE {_ABOUT} AND intent IN {moot}", {"signal": str(signal_id)})  # noqa: S608
    _put(tx, signal_id, None, Intent.END, ending, archive_until, at)
    tx.execute("DELETE FROM archive_notice WHERE signal_id = ?", (str(signal_id),))
    sealed.note_unheard(tx, signal_id, ending.value)
    if archive_until is None:
        tx.execute(
            "DELETE FROM peer_mark WHERE own_record_id IN (SELECT record_id FROM hub_record WHERE signal_id = ?)",
            (str(signal_id),),
        )
    tx.execute(
        "UPDATE foreign_pair SET status = 'ended', match_key = NULL WHERE signal_id = ? AND status = 'living'",
        (str(signal_id),),
    )
    _remember(tx, Deletion(uuid4(), signal_id, ending, archive_until, at), copied=False)


def again(tx: Tx, record_id: UUID, signal_id: UUID | None, reason: Reason, at: datetime) -> None:
    """Tell the hub once more of this one record, under its next revision."""
    _put(tx, signal_id, record_id, INTENTS[reason], None, None, at)


def withdraw(
    tx: Tx, record_id: UUID, signal_id: UUID | None, ending: Ending, archive_until: date | None, at: datetime
) -> None:
    """Take this one record back at the hub, under its next revision."""
    _put(tx, signal_id, record_id, Intent.END, ending, archive_until, at)


def everything_again(tx: Tx, at: datetime) -> int:
    """Every record that should stand at the hub is told once more, unless a wish about it waits already; how many."""
    return tx.execute(
        """
        INSERT INTO outbox (signal_id, record_id, intent, written_at)
        SELECT signal_id, record_id, 'again', ? FROM hub_record
        WHERE wanted <> 'gone' AND input IS NOT NULL AND told_state IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.refusal IS NULL AND (outbox.record_id = hub_record.record_id
            OR (outbox.record_id IS NULL AND outbox.signal_id = hub_record.signal_id)))
        """,
        (at.isoformat(),),
    ).rowcount


def everything_changed(tx: Tx, at: datetime) -> int:
    """Every record at the hub gets new cards, and the peers of living pairs hear of it; says how many."""
    return tx.execute(
        "INSERT INTO outbox (signal_id, record_id, intent, written_at) SELECT signal_id, record_id, 'change', ?"
        " FROM hub_record WHERE wanted <> 'gone' AND input IS NOT NULL AND told_state IS NOT NULL",
        (at.isoformat(),),
    ).rowcount


def waiting(tx: Tx, limit: int, after: Wish | None = None) -> list[Wish]:
    """The oldest wish of each signal, unless it was set aside; what is offered again comes after all else.

    ``after`` is the last wish of the page before.
    """
    later, number = (int(after.intent is Intent.AGAIN), after.number) if after is not None else (0, 0)
    found: list[Wish] = []
    for again in range(later, 2):
        rows = tx.all(
            f"""
            SELECT {_COLUMNS} FROM outbox AS wish
            WHERE refusal IS NULL AND (intent = 'again') = ? AND number > ? AND NOT EXISTS (
                SELECT 1 FROM outbox AS earlier
                WHERE coalesce(earlier.signal_id, earlier.record_id) = coalesce(wish.signal_id, wish.record_id)
                AND earlier.number < wish.number
            )
            ORDER BY number LIMIT ?
            """,  # noqa: S608
            (again, number if again == later else 0, limit - len(found)),
        )
        found += [_wish(row) for row in rows]
    return found


def still_waits(tx: Tx, number: int) -> bool:
    """False once an ending took the wish away."""
    return tx.one("SELECT 1 FROM outbox WHERE number = ? AND refusal IS NULL", (number,)) is not None


def count(tx: Tx) -> tuple[int, int]:
    """How many wishes wait, and how many were set aside."""
    row = tx.one("SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM outbox WHERE refusal IS NOT NULL)")
    return (row[0] - row[1], row[1]) if row else (0, 0)


def offers_again(tx: Tx) -> bool:
    """Whether anything still waits to be told again."""
    return tx.one("SELECT 1 FROM outbox WHERE (intent = 'again') = 1 AND refusal IS NULL LIMIT 1") is not None


def anything_new(tx: Tx) -> bool:
    """Whether a signal that the hub has not heard of waits to be told."""
    return tx.one("SELECT 1 FROM outbox WHERE intent = 'offer' AND refusal IS NULL LIMIT 1") is not None


def newest(tx: Tx) -> int:
    """The number of the wish that was written last; 0 when none waits."""
    row = tx.one("SELECT max(number) FROM outbox")
    return int(row[0] or 0) if row else 0


def came_since(tx: Tx, number: int) -> bool:
    """Whether a wish that is more than telling again was written after this one."""
    row = tx.one(
        "SELECT 1 FROM outbox WHERE refusal IS NULL AND (intent = 'again') = 0 AND number > ? LIMIT 1", (number,)
    )
    return row is not None


def every(tx: Tx) -> list[Wish]:
    """All wishes, for the operator."""
    return [_wish(row) for row in tx.all(f"SELECT {_COLUMNS} FROM outbox ORDER BY number")]  # noqa: S608


def fulfilled(tx: Tx, number: int) -> None:
    """This wish has become errands."""
    tx.execute("DELETE FROM outbox WHERE number = ?", (number,))


def set_aside(tx: Tx, number: int, refusal: str, at: datetime) -> None:
    """This wish cannot be met as it is: the operator retries or drops it."""
    tx.execute("UPDATE outbox SET refusal = ?, set_aside_at = ? WHERE number = ?", (refusal, at.isoformat(), number))


def retry(tx: Tx, number: int) -> bool:
    """Put a wish that was set aside back in the queue; False when there is none."""
    cursor = tx.execute(
        "UPDATE outbox SET refusal = NULL, set_aside_at = NULL WHERE number = ? AND refusal IS NOT NULL", (number,)
    )
    return cursor.rowcount == 1


def drop(tx: Tx, number: int) -> bool:
    """Give up a wish that was set aside; False when there is none."""
    return tx.execute("DELETE FROM outbox WHERE number = ? AND refusal IS NOT NULL", (number,)).rowcount == 1


def deletions_to_copy(tx: Tx) -> list[tuple[int, Deletion]]:
    """Endings that the ledger beside the database has not got yet, with their row numbers."""
    return [
        (row["number"], _deletion(row))
        for row in tx.all(
            "SELECT number, deletion_id, signal_id, ending, archive_until, at FROM deletion"
            " WHERE copied = 0 ORDER BY number"
        )
    ]


def deletions_copied(tx: Tx, numbers: Sequence[int]) -> None:
    """The ledger has these."""
    tx.many("UPDATE deletion SET copied = 1 WHERE number = ?", [(number,) for number in numbers])


def known_deletions(tx: Tx) -> frozenset[UUID]:
    """Every ending that was done in this database, as far as it still keeps them."""
    return frozenset(UUID(row["deletion_id"]) for row in tx.execute("SELECT deletion_id FROM deletion"))


def remember_deletion(tx: Tx, deletion: Deletion) -> bool:
    """An ending from the ledger is done again, after a restore. False when it was already done in this database."""
    return _remember(tx, deletion, copied=True)


def has_deletions(tx: Tx, before: datetime) -> bool:
    """Whether there are endings from before this moment that the ledger has."""
    row = tx.one("SELECT 1 FROM deletion WHERE copied = 1 AND at < ? LIMIT 1", (before.isoformat(),))
    return row is not None


def forget_deletions(tx: Tx, before: datetime) -> int:
    """Drop endings from before this moment that the ledger has; returns how many."""
    return tx.execute("DELETE FROM deletion WHERE copied = 1 AND at < ?", (before.isoformat(),)).rowcount


def _remember(tx: Tx, deletion: Deletion, *, copied: bool) -> bool:
    cursor = tx.execute(
        "INSERT INTO deletion (deletion_id, signal_id, ending, archive_until, at, copied) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (
            str(deletion.deletion_id),
            str(deletion.signal_id),
            deletion.ending.value,
            _day(deletion.archive_until),
            deletion.at.isoformat(),
            int(copied),
        ),
    )
    return cursor.rowcount == 1


def _waits(tx: Tx, signal_id: UUID) -> bool:
    row = tx.one(
        f"SELECT 1 FROM outbox WHERE {_ABOUT} AND record_id IS NULL AND refusal IS NULL LIMIT 1",  # noqa: S608
        {"signal": str(signal_id)},
    )
    return row is not None


def _put(
    tx: Tx,
    signal_id: UUID | None,
    record_id: UUID | None,
    intent: Intent,
    ending: Ending | None,
    archive_until: date | None,
    at: datetime,
) -> None:
    tx.execute(
        "INSERT INTO outbox (signal_id, record_id, intent, ending, archive_until, written_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            signal_id and str(signal_id),
            record_id and str(record_id),
            intent.value,
            ending and ending.value,
            _day(archive_until),
            at.isoformat(),
        ),
    )


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _wish(row: sqlite3.Row) -> Wish:
    return Wish(
        row["number"],
        UUID(row["signal_id"]) if row["signal_id"] else None,
        UUID(row["record_id"]) if row["record_id"] else None,
        Intent(row["intent"]),
        Ending(row["ending"]) if row["ending"] else None,
        date.fromisoformat(row["archive_until"]) if row["archive_until"] else None,
        datetime.fromisoformat(row["written_at"]),
        row["refusal"],
    )


def _deletion(row: sqlite3.Row) -> Deletion:
    return Deletion(
        UUID(row["deletion_id"]),
        UUID(row["signal_id"]),
        Ending(row["ending"]),
        date.fromisoformat(row["archive_until"]) if row["archive_until"] else None,
        datetime.fromisoformat(row["at"]),
    )
