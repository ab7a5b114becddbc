"""What the pseudonym service keeps: use per region and hour, batches, message ids, allowances. Never an element.

Everything that decides about one batch happens in one transaction: it is remembered and charged, or neither.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ledger import Steps, Tx
from pseudonym_service.budgets import AllowanceLeft, Used, periods
from soap_wsdl.vocabulary import EvaluateBlinded, Oin

STEPS = Steps.of("pseudonym_service.migrations")
"""The database of this program."""

REMEMBER_BATCH = timedelta(hours=48)
"""How long the same batch id with the same elements counts once."""
REMEMBER_MESSAGE = timedelta(minutes=30)
"""How long a message id is known. A message outside its window of minutes is refused by its timestamp."""
REMEMBER_USE = timedelta(days=400)
"""How long the use per hour and the alarms are kept, for the operator."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """An entered allowance, and how much of it was used."""

    allowance_id: UUID
    oin: Oin
    reason: str
    elements: int
    used: int
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class ToldAlarm:
    """An alarm as it stands in status."""

    oin: Oin
    kind: str
    period: str
    told_at: datetime
    used: int
    limit: int


def digest(message: EvaluateBlinded) -> bytes:
    """SHA-256 over what makes a batch the same batch: epoch, purpose and the elements in order."""
    running = hashlib.sha256(f"batch/v1|{message.epoch}|{message.purpose.value}|{len(message.blinded)}|".encode())
    for element in message.blinded:
        running.update(element)
    return running.digest()


def note_message(tx: Tx, oin: Oin, message_id: str, now: datetime) -> bool:
    """Remember a message id; False when this region used it before."""
    return (
        tx.execute(
            "INSERT OR IGNORE INTO message (oin, message_id, seen_at) VALUES (?, ?, ?)",
            (oin, message_id, _seconds(now)),
        ).rowcount
        == 1
    )


def remembered_batch(tx: Tx, oin: Oin, batch_id: UUID, now: datetime) -> bytes | None:
    """The digest under which this batch id was counted in the last 48 hours."""
    row = tx.one(
        "SELECT digest FROM batch WHERE oin = ? AND batch_id = ? AND counted_at > ?",
        (oin, str(batch_id), _seconds(now - REMEMBER_BATCH)),
    )
    return bytes(row["digest"]) if row else None


def remember_batch(tx: Tx, oin: Oin, batch_id: UUID, digest: bytes, now: datetime) -> None:
    """Count this batch id as seen now; a memory older than 48 hours is replaced."""
    tx.execute(
        "INSERT INTO batch (oin, batch_id, digest, counted_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (oin, batch_id) DO UPDATE SET digest = excluded.digest, counted_at = excluded.counted_at",
        (oin, str(batch_id), digest, _seconds(now)),
    )


def used(tx: Tx, oin: Oin, now: datetime) -> Used:
    """What a region used outside allowances in this clock hour, local day and local month."""
    around = periods(now)
    row = tx.one(
        "SELECT coalesce(sum(elements), 0) AS month, "
        "coalesce(sum(CASE WHEN hour >= :day THEN elements END), 0) AS day, "
        "coalesce(sum(CASE WHEN hour >= :now THEN elements END), 0) AS hour "
        "FROM usage WHERE oin = :oin AND hour >= :month",
        {"oin": oin, "month": _hour(around.month_from), "day": _hour(around.day_from), "now": _hour(now)},
    )
    return Used(row["hour"], row["day"], row["month"]) if row else Used(0, 0, 0)


def use(tx: Tx, oin: Oin, elements: int, now: datetime) -> None:
    """Count elements to the budget."""
    if elements:
        tx.execute(
            "INSERT INTO usage (oin, hour, elements) VALUES (?, ?, ?) "
            "ON CONFLICT (oin, hour) DO UPDATE SET elements = elements + excluded.elements",
            (oin, _hour(now), elements),
        )


def open_allowances(tx: Tx, oin: Oin, now: datetime) -> tuple[AllowanceLeft, ...]:
    """The allowances of a region that are open or still to open."""
    rows = tx.all(
        "SELECT allowance_id, elements - used AS left_over, opens_at, closes_at FROM allowance "
        "WHERE oin = ? AND closes_at > ? ORDER BY allowance_id",
        (oin, _seconds(now)),
    )
    return tuple(
        AllowanceLeft(UUID(row["allowance_id"]), row["left_over"], _moment(row["opens_at"]), _moment(row["closes_at"]))
        for row in rows
    )


def use_allowances(tx: Tx, shares: Sequence[tuple[UUID, int]]) -> None:
    """Count elements to allowances."""
    tx.many(
        "UPDATE allowance SET used = used + ? WHERE allowance_id = ?",
        [(elements, str(allowance_id)) for allowance_id, elements in shares],
    )


def put_allowance(tx: Tx, allowance: Allowance, document: bytes) -> bool:
    """Enter an allowance; False when its id was entered before, and then nothing changes."""
    return (
        tx.execute(
            "INSERT OR IGNORE INTO allowance (allowance_id, oin, reason, elements, opens_at, closes_at, document) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                str(allowance.allowance_id),
                allowance.oin,
                allowance.reason,
                allowance.elements,
                _seconds(allowance.opens),
                _seconds(allowance.closes),
                document,
            ),
        ).rowcount
        == 1
    )


def allowances(tx: Tx, now: datetime) -> tuple[Allowance, ...]:
    """Every allowance that has not closed, for status."""
    rows = tx.all(
        "SELECT allowance_id, oin, reason, elements, used, opens_at, closes_at FROM allowance "
        "WHERE closes_at > ? ORDER BY oin, closes_at, allowance_id",
        (_seconds(now),),
    )
    return tuple(
        Allowance(
            UUID(row["allowance_id"]),
            Oin(row["oin"]),
            row["reason"],
            row["elements"],
            row["used"],
            _moment(row["opens_at"]),
            _moment(row["closes_at"]),
        )
        for row in rows
    )


def tell_alarm(tx: Tx, oin: Oin, kind: str, period: str, used: int, limit: int, now: datetime) -> bool:
    """Remember that an alarm was told; False when it was told before in this period."""
    return (
        tx.execute(
            "INSERT OR IGNORE INTO alarm (oin, kind, period, told_at, used, elements_limit) VALUES (?, ?, ?, ?, ?, ?)",
            (oin, kind, period, _seconds(now), used, limit),
        ).rowcount
        == 1
    )


def alarms_since(tx: Tx, since: datetime) -> tuple[ToldAlarm, ...]:
    """The alarms told since a moment, newest first."""
    rows = tx.all(
        "SELECT oin, kind, period, told_at, used, elements_limit FROM alarm "
        "WHERE told_at >= ? ORDER BY told_at DESC, oin, kind",
        (_seconds(since),),
    )
    return tuple(
        ToldAlarm(
            Oin(row["oin"]), row["kind"], row["period"], _moment(row["told_at"]), row["used"], row["elements_limit"]
        )
        for row in rows
    )


def epoch_serial(tx: Tx) -> int:
    """The highest serial of an epoch file accepted so far; 0 before the first."""
    row = tx.one("SELECT serial FROM epoch_file")
    return int(row["serial"]) if row else 0


def put_epoch_serial(tx: Tx, serial: int) -> None:
    """Remember an accepted serial; it never goes down."""
    tx.execute(
        "INSERT INTO epoch_file (only, serial) VALUES (1, ?) "
        "ON CONFLICT (only) DO UPDATE SET serial = max(serial, excluded.serial)",
        (serial,),
    )


def forget(tx: Tx, now: datetime) -> None:
    """Drop what is older than it is remembered."""
    tx.execute("DELETE FROM message WHERE seen_at <= ?", (_seconds(now - REMEMBER_MESSAGE),))
    tx.execute("DELETE FROM batch WHERE counted_at <= ?", (_seconds(now - REMEMBER_BATCH),))
    tx.execute("DELETE FROM usage WHERE hour < ?", (_hour(now - REMEMBER_USE),))
    tx.execute("DELETE FROM alarm WHERE told_at < ?", (_seconds(now - REMEMBER_USE),))


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _hour(moment: datetime) -> int:
    return _seconds(moment) // 3600


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
