"""How long does the night take with a million signals in the node, and how long does anybody wait for it meanwhile?

The nightly run that ends, archives and destroys (about one signal in a thousand falls due each day), the foresight of
it, the daily forgetting at the exchange, and then the same after a month in which the node was off. Beside each, in the
same run: the bare SQL that changes or deletes the same rows, in one transaction, without law, log, hub and matches.
For each write it is noted how long it held the writer: that is what a professional who saves a signal waits at most.
Run: python -m bench retention [--signals 1000000]
"""

import argparse
import asyncio
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from bench.life_store import NOW, Stored, make
from bench.measuring import machine, megabytes
from ledger import Database, Tx
from node.exchange import Exchange
from node.flows.expire import expire
from node.flows.foresee import foresee
from node.flows.forgetting import forget

T = TypeVar("T")
MONTH = 31
"""Days that the node was off."""


@dataclass
class Watched:
    """A database that notes how long each change held the writer: seconds by the clock, and of the processor."""

    db: Database
    held: list[tuple[float, float]] = field(default_factory=list)

    async def write(self, change: Callable[[Tx], T]) -> T:
        """``Database.write``, timed from when the change has its turn until it is done; the commit comes on top."""

        def timed(tx: Tx) -> T:
            began, used = time.perf_counter(), time.thread_time()
            try:
                return change(tx)
            finally:
                self.held.append((time.perf_counter() - began, time.thread_time() - used))

        return await self.db.write(timed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.db, name)


@dataclass(frozen=True)
class Night:
    """Where the flows of a night work: the parts of an exchange that they use."""

    db: Database
    clock: Callable[[], Any]
    today: Callable[[], date]
    delivering: asyncio.Lock


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock and of the processor."""

    clock: float
    processor: float


@contextmanager
def spending() -> Iterator[list[Spent]]:
    """Measure the block."""
    found: list[Spent] = []
    clock, processor = time.perf_counter(), time.process_time()
    yield found
    found.append(Spent(time.perf_counter() - clock, time.process_time() - processor))


async def timed(name: str, work: Callable[[], Awaitable[object]], watched: Watched, done: Callable[[Any], int]) -> int:
    """Run one step of the night and say what it took; returns how many rows it was about."""
    watched.held.clear()
    with spending() as spent:
        report = await work()
    many, (took,) = done(report), spent
    line = f"  {name:<34}{many:>8,} rows  {took.clock:>7.2f} s ({took.processor:.2f} s of one core)"
    if watched.held:
        clock, used = (max(each) * 1000 for each in zip(*watched.held, strict=True))
        line += f"  longest of {len(watched.held):,} writes {clock:.0f} ms ({used:.0f} ms of one core)"
    print(line)
    return many


def bare(copy: Path, today: date) -> None:
    """What cannot be done without: the same rows changed and deleted by SQL, in one durable transaction."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        for pragma in ("foreign_keys = ON", "synchronous = FULL", "secure_delete = ON", "cache_size = -16000"):
            connection.execute(f"PRAGMA {pragma}")
        day = today.isoformat()
        with spending() as spent:
            connection.execute("BEGIN IMMEDIATE")
            ended = connection.execute(
                "UPDATE match SET card = NULL, match_key = NULL, ended_on = valid_until, how = 'ended'"
                " WHERE ended_on IS NULL AND valid_until <= ?",
                (day,),
            ).rowcount
            gone = connection.execute("DELETE FROM signal WHERE state = 'archived' AND archive_until <= ?", (day,))
            ended += gone.rowcount
            ended += connection.execute(
                "UPDATE signal SET state = 'archived', ended_at = valid_until, end_reason = 'TERMIJN'"
                " WHERE state = 'active' AND valid_until <= ?",
                (day,),
            ).rowcount
            connection.execute("COMMIT")
        (took,) = spent
        print(
            f"  {'bare SQL for signals and matches':<34}{ended:>8,} rows  {took.clock:>7.2f} s"
            f" ({took.processor:.2f} s of one core)"
        )
        with spending() as spent:
            connection.execute("BEGIN IMMEDIATE")
            last = "max(valid_until, coalesce(archive_until, valid_until)) <= ?"
            over = f"SELECT record_id FROM hub_record WHERE wanted <> 'gone' AND {last}"  # noqa: S608 - ours
            for table in ("hub_entry", "hub_card"):
                connection.execute(f"DELETE FROM {table} WHERE record_id IN ({over})", (day,))  # noqa: S608 - ours
            let_go = connection.execute(
                "UPDATE hub_record SET wanted = 'gone', input = NULL, subject = NULL"  # noqa: S608 - words of our own
                f" WHERE wanted <> 'gone' AND {last}",
                (day,),
            ).rowcount
            connection.execute("COMMIT")
        (took,) = spent
        print(
            f"  {'bare SQL for records':<34}{let_go:>8,} rows  {took.clock:>7.2f} s"
            f" ({took.processor:.2f} s of one core)"
        )


async def night(stored: Stored, directory: Path, title: str) -> None:
    """All that a night does with what fell due, beside bare SQL on a copy."""
    desk, watched = stored.desk, Watched(stored.desk.db)
    today = desk.today()
    copy = directory / f"{today}.db"
    desk.db.backup(copy)
    print(title)
    bare(copy, today)
    before = megabytes(os.getpid())[0]
    slow = cast(Database, watched)
    looked = replace(desk, db=slow)
    exchange = cast(Exchange, Night(slow, desk.clock, desk.today, asyncio.Lock()))
    over = desk.db.read_now(
        lambda tx: tx.all(
            "SELECT count(*) FROM hub_record WHERE wanted <> 'gone'"
            " AND max(valid_until, coalesce(archive_until, valid_until)) <= ?",
            (today.isoformat(),),
        )
    )[0][0]
    await timed("foresight", lambda: foresee(looked), watched, lambda seen: sum(one.signals for one in seen.fates))
    await timed(
        "ending, archiving, destroying", lambda: expire(looked), watched, lambda done: done.archived + done.destroyed
    )
    await timed("forgetting at the exchange", lambda: forget(exchange), watched, lambda gone: over + gone)
    await timed("the whole once more", lambda: expire(looked), watched, lambda done: done.archived + done.destroyed)
    print(f"  memory {before:,.0f} MB before, {megabytes(os.getpid())[0]:,.0f} MB after")


async def measure(directory: Path, signals: int) -> None:
    """A night, and a night after a month."""
    stored = make(directory, signals)
    try:
        stored.later(timedelta(days=1))
        await night(stored, directory, f"One day's due of {signals:,} signals")
        stored.later(timedelta(days=MONTH))
        await night(stored, directory, f"After {MONTH} days off")
    finally:
        stored.desk.db.close()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", type=int, default=1_000_000)
    signals: int = parser.parse_args().signals
    print(machine(), f"at {NOW:%Y-%m-%d}")
    directory = Path(tempfile.mkdtemp(prefix="retention-"))
    try:
        asyncio.run(measure(directory, signals))
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
