"""What each job last did, so that a missed or failed run is seen."""

from dataclasses import dataclass
from datetime import datetime

from ledger import Tx


@dataclass(frozen=True, slots=True)
class JobState:
    """One job. ``outcome`` is done, failed, or None while its first run is under way; ``error`` names a kind only."""

    name: str
    started_at: datetime | None
    finished_at: datetime | None
    outcome: str | None
    error: str | None
    runs: int
    failures: int
    missed: int


def every(tx: Tx) -> list[JobState]:
    """All jobs that ever ran, by name."""
    return [
        JobState(
            row["name"],
            datetime.fromisoformat(row["started_at"]) if row["started_at"] else None,
            datetime.fromisoformat(row["finished_at"]) if row["finished_at"] else None,
            row["outcome"],
            row["error"],
            row["runs"],
            row["failures"],
            row["missed"],
        )
        for row in tx.all(
            "SELECT name, started_at, finished_at, outcome, error, runs, failures, missed FROM job ORDER BY name"
        )
    ]


def started(tx: Tx, name: str, at: datetime) -> None:
    """A run begins."""
    tx.execute(
        "INSERT INTO job (name, started_at, runs) VALUES (?, ?, 1)"
        " ON CONFLICT (name) DO UPDATE SET started_at = excluded.started_at, runs = runs + 1",
        (name, at.isoformat()),
    )


def finished(tx: Tx, name: str, at: datetime, error: str | None) -> None:
    """A run is over; ``error`` is the kind of what went wrong, or None."""
    tx.execute(
        "UPDATE job SET finished_at = ?, outcome = ?, error = ?, failures = failures + ? WHERE name = ?",
        (at.isoformat(), "failed" if error else "done", error, 1 if error else 0, name),
    )


def missed(tx: Tx, name: str) -> None:
    """A run did not happen at its time."""
    tx.execute(
        "INSERT INTO job (name, missed) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET missed = missed + 1", (name,)
    )
