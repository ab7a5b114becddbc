"""Who was told of a signal, and what waits, as it lies in the database."""

from datetime import date
from uuid import UUID

from ledger import Tx
from node.domain.informing import Ground, Manner, Person, Postponed, Told


def tell(tx: Tx, signal_id: UUID, who: Person, told: Told) -> None:
    """This person was told; said again, the later word counts."""
    tx.execute(
        "INSERT INTO informed (signal_id, who, day, manner) VALUES (?, ?, ?, ?) ON CONFLICT (signal_id, who)"
        " DO UPDATE SET day = excluded.day, manner = excluded.manner",
        (str(signal_id), who.value, told.day.isoformat(), told.manner.value),
    )


def told(tx: Tx, signal_id: UUID) -> dict[Person, Told]:
    """Who was told of this signal."""
    rows = tx.all("SELECT who, day, manner FROM informed WHERE signal_id = ?", (str(signal_id),))
    return {Person(row["who"]): Told(date.fromisoformat(row["day"]), Manner(row["manner"])) for row in rows}


def postpone(tx: Tx, signal_id: UUID, postponed: Postponed) -> None:
    """Telling waits; in place of an earlier postponement."""
    tx.execute(
        "INSERT INTO informing_postponed (signal_id, ground, review_on) VALUES (?, ?, ?) ON CONFLICT (signal_id)"
        " DO UPDATE SET ground = excluded.ground, review_on = excluded.review_on",
        (str(signal_id), postponed.ground.value, postponed.review_on.isoformat()),
    )


def postponed(tx: Tx, signal_id: UUID) -> Postponed | None:
    """Why telling waits, if it does."""
    row = tx.one("SELECT ground, review_on FROM informing_postponed WHERE signal_id = ?", (str(signal_id),))
    return Postponed(Ground(row["ground"]), date.fromisoformat(row["review_on"])) if row else None


def settle(tx: Tx, signal_id: UUID) -> None:
    """Nothing waits any more: the ground of a postponement is of no use to anybody then."""
    tx.execute("DELETE FROM informing_postponed WHERE signal_id = ?", (str(signal_id),))


def forget(tx: Tx, signal_id: UUID) -> None:
    """Delete who was told and what waits: the archive has no use for either."""
    settle(tx, signal_id)
    tx.execute("DELETE FROM informed WHERE signal_id = ?", (str(signal_id),))
