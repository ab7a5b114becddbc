"""Imports of signals: runs, the lines that wait (sealed), those that became none, and which signals came with one."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from uuid import UUID

from ledger import Tx
from node.domain.errors import ImportUnknown
from node.domain.professional import PersonNumber
from node.domain.signal import ProfessionalId, SignalId


class RunState(Enum):
    """Where an import stands."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"


class Outcome(Enum):
    """Why a line became no signal: there is one already, or something forbids it."""

    DOUBLE = "double"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Run:
    """One import. ``elements`` is what its signals ask of the pseudonym service in one epoch; ``matches`` counts
    pairs inside the region.
    """

    number: int
    by: PersonNumber
    taken_in_at: datetime
    lines: int
    state: RunState
    made: int
    doubles: int
    refused: int
    matches: int
    elements: int
    finished_at: datetime | None

    @property
    def done(self) -> int:
        """Lines that were dealt with."""
        return self.made + self.doubles + self.refused

    @property
    def left(self) -> int:
        """Lines that wait; those of a cancelled import never will be dealt with."""
        return self.lines - self.done


@dataclass(frozen=True, slots=True)
class LineTold:
    """A line that became no signal. ``kind`` is the name of the refusal, ``why`` says it in words."""

    line: int
    outcome: Outcome
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that wait, sealed under the name of the block."""

    id: UUID
    run: int
    first: int
    lines: int
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FromImport:
    """What one import brought a professional: own signals, and the living matches that came of it."""

    run: int
    taken_in_at: datetime
    signals: int
    matches: tuple[UUID, ...]


_RUN = "number, taken_in_by, taken_in_at, lines, state, made, doubles, refused, matches, elements, finished_at"


def put(tx: Tx, digest: bytes, by: PersonNumber, lines: int, at: datetime) -> Run:
    """A new run, which begins at once."""
    row = tx.one(
        "INSERT INTO import_run (digest, taken_in_by, taken_in_at, lines, state)"  # noqa: S608
        f" VALUES (?, ?, ?, ?, 'running') RETURNING {_RUN}",
        (digest, str(by), at.isoformat(), lines),
    )
    assert row is not None  # noqa: S101 - RETURNING
    return _run(row)


def put_block(tx: Tx, block: Block) -> None:
    """Keep lines that wait."""
    tx.execute(
        "INSERT INTO import_block (block_id, run, first, lines, sealed) VALUES (?, ?, ?, ?, ?)",
        (str(block.id), block.run, block.first, block.lines, block.sealed),
    )


def with_digest(tx: Tx, digest: bytes) -> Run | None:
    """The run that brought in the same lines, unless it was cancelled."""
    row = tx.one(f"SELECT {_RUN} FROM import_run WHERE digest = ? AND state <> 'cancelled'", (digest,))  # noqa: S608
    return _run(row) if row else None


def get(tx: Tx, number: int) -> Run:
    """A run; raises ImportUnknown."""
    row = tx.one(f"SELECT {_RUN} FROM import_run WHERE number = ?", (number,))  # noqa: S608
    if row is None:
        raise ImportUnknown
    return _run(row)


def every(tx: Tx) -> list[Run]:
    """All runs, newest first."""
    return [_run(row) for row in tx.all(f"SELECT {_RUN} FROM import_run ORDER BY number DESC")]  # noqa: S608


def next_block(tx: Tx) -> Block | None:
    """The first lines of the oldest run that is neither paused nor over."""
    row = tx.one(
        "SELECT block_id, run, first, import_block.lines AS lines, sealed FROM import_run"
        " JOIN import_block ON run = number WHERE state = 'running' ORDER BY run, first LIMIT 1"
    )
    return Block(UUID(row["block_id"]), row["run"], row["first"], row["lines"], row["sealed"]) if row else None


def still_waits(tx: Tx, block: Block) -> bool:
    """Whether these very lines are still to be done: nobody paused, cancelled or did them meanwhile."""
    row = tx.one(
        "SELECT 1 FROM import_block JOIN import_run ON number = run"
        " WHERE block_id = ? AND first = ? AND state = 'running'",
        (str(block.id), block.first),
    )
    return row is not None


def keep_rest(tx: Tx, block: Block) -> None:
    """The lines of this block that still wait, in place of all of them; without any the block is gone."""
    if not block.lines:
        tx.execute("DELETE FROM import_block WHERE block_id = ?", (str(block.id),))
        return
    tx.execute(
        "UPDATE import_block SET first = ?, lines = ?, sealed = ? WHERE block_id = ?",
        (block.first, block.lines, block.sealed, str(block.id)),
    )


def came_with(tx: Tx, run: int, made: Iterable[SignalId]) -> None:
    """These signals came with this run."""
    tx.many("INSERT INTO import_signal (signal_id, run) VALUES (?, ?)", [(str(each), run) for each in made])


def tell(tx: Tx, run: int, told: Sequence[LineTold]) -> None:
    """Keep for the report which lines became no signal."""
    tx.many(
        "INSERT INTO import_line (run, line, outcome, kind, why) VALUES (?, ?, ?, ?, ?)",
        [(run, each.line, each.outcome.value, each.kind, each.why) for each in told],
    )


def lines_told(tx: Tx, run: int) -> list[LineTold]:
    """The lines that became no signal, in the order of the file."""
    return [
        LineTold(row["line"], Outcome(row["outcome"]), row["kind"], row["why"])
        for row in tx.all("SELECT line, outcome, kind, why FROM import_line WHERE run = ? ORDER BY line", (run,))
    ]


def count_up(tx: Tx, run: int, *, made: int, doubles: int, refused: int, matches: int, elements: int) -> Run:
    """Add what some lines became."""
    tx.execute(
        "UPDATE import_run SET made = made + ?, doubles = doubles + ?, refused = refused + ?,"
        " matches = matches + ?, elements = elements + ? WHERE number = ?",
        (made, doubles, refused, matches, elements, run),
    )
    return get(tx, run)


def set_state(tx: Tx, run: int, state: RunState, at: datetime) -> None:
    """From now on it stands like this. A run that is over has no lines any more that wait."""
    over = state in (RunState.DONE, RunState.CANCELLED)
    tx.execute(
        "UPDATE import_run SET state = ?, finished_at = ? WHERE number = ?",
        (state.value, at.isoformat() if over else None, run),
    )
    if over:
        tx.execute("DELETE FROM import_block WHERE run = ?", (run,))


def on_their_way(tx: Tx, most: int) -> tuple[int, int]:
    """Wishes that wait, and records of youths that the hub has not confirmed; each counted up to ``most``."""
    row = tx.one(
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE refusal IS NULL LIMIT ?1)),"
        " (SELECT count(*) FROM (SELECT 1 FROM errand WHERE lane = 'youth' AND refusal IS NULL LIMIT ?1))",
        (most,),
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)


def of_professional(tx: Tx, who: ProfessionalId, today: date) -> list[FromImport]:
    """What each import brought this professional, newest first: living matches in which a signal of it has part."""
    rows = tx.all(
        """
        WITH own AS (
            SELECT signal_id FROM signal WHERE professional_id = ?1 AND state = 'active' AND valid_until > ?2
        ), met AS (
            SELECT match_id, signal_id, other_signal_id FROM match JOIN own USING (signal_id)
            WHERE ended_on IS NULL AND match.valid_until > ?2
        ), brought AS (
            SELECT run, match_id FROM met JOIN import_signal USING (signal_id)
            UNION
            SELECT run, match_id FROM met JOIN import_signal ON import_signal.signal_id = met.other_signal_id
            UNION
            SELECT run, NULL FROM own JOIN import_signal USING (signal_id)
        )
        SELECT brought.run AS run, taken_in_at, match_id,
            (SELECT count(*) FROM own JOIN import_signal USING (signal_id) WHERE import_signal.run = brought.run) AS own
        FROM brought JOIN import_run ON number = brought.run ORDER BY brought.run DESC, match_id
        """,
        (str(who), today.isoformat()),
    )
    found: dict[int, FromImport] = {}
    for row in rows:
        one = found.get(row["run"]) or FromImport(
            row["run"], datetime.fromisoformat(row["taken_in_at"]), row["own"], ()
        )
        more = (UUID(row["match_id"]),) if row["match_id"] else ()
        found[row["run"]] = FromImport(one.run, one.taken_in_at, one.signals, one.matches + more)
    return list(found.values())


def forget(tx: Tx, before: datetime) -> int:
    """Delete runs that were over before then, with all that was kept of them; returns how many."""
    return tx.execute(
        "DELETE FROM import_run WHERE finished_at IS NOT NULL AND finished_at < ?", (before.isoformat(),)
    ).rowcount


def _run(row: sqlite3.Row) -> Run:
    return Run(
        row["number"],
        PersonNumber(UUID(row["taken_in_by"])),
        datetime.fromisoformat(row["taken_in_at"]),
        row["lines"],
        RunState(row["state"]),
        row["made"],
        row["doubles"],
        row["refused"],
        row["matches"],
        row["elements"],
        datetime.fromisoformat(row["finished_at"]) if row["finished_at"] else None,
    )
