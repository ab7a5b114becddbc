"""The canaries that this region has out: with whom, until when, and whether they met."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ledger import Tx
from soap_wsdl.vocabulary import Oin


@dataclass(frozen=True, slots=True)
class Canary:
    """One canary. ``met_at`` is set once its twin was told."""

    record_id: UUID
    day: date
    peer: Oin
    ends_on: date
    met_at: datetime | None = None


def put(tx: Tx, canary: Canary) -> bool:
    """Note a new canary; False when this day and peer have one."""
    cursor = tx.execute(
        "INSERT INTO canary (record_id, day, peer, ends_on) VALUES (?, ?, ?, ?) ON CONFLICT (day, peer) DO NOTHING",
        (str(canary.record_id), canary.day.isoformat(), canary.peer, canary.ends_on.isoformat()),
    )
    return cursor.rowcount == 1


def peers_of(tx: Tx, day: date) -> set[Oin]:
    """The regions with whom a canary of this day is out or was."""
    return {Oin(row["peer"]) for row in tx.all("SELECT peer FROM canary WHERE day = ?", (day.isoformat(),))}


def meet(tx: Tx, record_id: UUID, at: datetime) -> None:
    """The hub told the match. The first time counts."""
    tx.execute("UPDATE canary SET met_at = ? WHERE record_id = ? AND met_at IS NULL", (at.isoformat(), str(record_id)))


def alone(tx: Tx, today: date) -> list[Canary]:
    """Canaries that ended without their twin, of which nobody was told yet."""
    rows = tx.all(
        "SELECT record_id, day, peer, ends_on FROM canary"
        " WHERE met_at IS NULL AND alarmed_at IS NULL AND ends_on <= ? ORDER BY day",
        (today.isoformat(),),
    )
    return [
        Canary(
            UUID(row["record_id"]),
            date.fromisoformat(row["day"]),
            Oin(row["peer"]),
            date.fromisoformat(row["ends_on"]),
        )
        for row in rows
    ]


def alarmed(tx: Tx, record_id: UUID, at: datetime) -> None:
    """The operator was told of this one."""
    tx.execute("UPDATE canary SET alarmed_at = ? WHERE record_id = ?", (at.isoformat(), str(record_id)))


def count(tx: Tx) -> tuple[int, int]:
    """How many canaries are out, and how many of all kept ones met."""
    row = tx.one("SELECT count(*) FILTER (WHERE met_at IS NULL AND alarmed_at IS NULL), count(met_at) FROM canary")
    return (row[0], row[1]) if row else (0, 0)
