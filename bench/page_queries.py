"""How long do the questions behind the pages take, with 100,000 and with 1,000,000 signals in the node?

Every question that a page or the exchange asks, as the program asks it, in one process on a database that was made
beforehand; the pages include opening the seals of what they show, and those that write who saw what, that write.
Beside them, in the same rounds: one row by its primary key, and one durable write of an empty change.
Run: python -m bench page_queries [--signals 100000 --signals 1000000] [--rounds 30]
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.life_store import Stored, make
from bench.measuring import machine
from ledger import Tx
from node.domain.records import Lane
from node.domain.signal import Signal
from node.flows.ending_soon import ending_soon
from node.flows.foresee import foresee
from node.flows.look import own_signal, own_signals
from node.flows.own_profile import own_profile
from node.flows.read_archive import list_archive
from node.flows.record_informed import still_to_inform
from node.status import counted
from node.store import errands, moves, outbox, professionals, signals, waking, youths
from node.store.errands import Kind

QUARTER = timedelta(minutes=15)
AIM = 10.0
"""Milliseconds."""


@dataclass
class Question:
    """One question, asked about another professional or signal each time."""

    name: str
    ask: Callable[[int], Awaitable[object]]
    taken: list[float] = field(default_factory=list)

    def line(self, reference: float) -> str:
        """For people."""
        half, most = statistics.median(self.taken), statistics.quantiles(self.taken, n=20)[18]
        over = "" if half < AIM else f"   over {AIM:.0f} ms"
        return f"  {self.name:<58}p50 {half:>8.2f} ms   p95 {most:>8.2f} ms   {half / reference:>6.0f} rows{over}"


def questions(stored: Stored) -> tuple[list[Question], Question]:
    """All of them, and the one that the others are compared with."""
    desk, who = stored.desk, stored.people
    own: list[list[Signal]] = [
        desk.db.read_now(lambda tx: signals.of_professional(tx, one.id, desk.today()))  # noqa: B023 - asked at once
        for one in who
    ]

    def signal(at: int) -> Signal:
        mine = own[at % len(who)]
        return mine[at % len(mine)]

    def read(question: Callable[[Tx, int], Any]) -> Callable[[int], Awaitable[object]]:
        return lambda at: desk.db.read(lambda tx: question(tx, at))

    def person(at: int) -> Any:
        return who[at % len(who)]

    asked = [
        Question("own signals with their matches (twenty), and the log", lambda at: own_signals(desk, person(at).id)),
        Question(
            "one signal with its matches, and the log",
            lambda at: own_signal(desk, signal(at).professional, signal(at).id),
        ),
        Question("what ends soon", lambda at: ending_soon(desk, person(at).id)),
        Question("who is still to be informed", lambda at: still_to_inform(desk, person(at).id)),
        Question("what the archive tells once", lambda at: list_archive(desk, signal(at).professional, signal(at).id)),
        Question("own profile", lambda at: own_profile(desk, person(at).id)),
        Question("colleagues of an organisation", read(lambda tx, at: professionals.colleagues(tx, person(at)))),
        Question("moves to a gemeente", read(lambda tx, at: moves.of_gemeenten(tx, ["0363"], desk.today()))),
        Question(
            "who is near a youth, at a registration",
            read(lambda tx, at: signals.near(tx, signal(at).youth, desk.today())),
        ),
        Question(
            "every signal about a youth, at a registration", read(lambda tx, at: signals.about(tx, signal(at).youth))
        ),
        Question("status of the node", read(lambda tx, at: counted(tx, desk))),
        Question("a page of the outbox", read(lambda tx, at: outbox.waiting(tx, 300))),
        Question("how much waits to leave", read(lambda tx, at: (outbox.count(tx), errands.count(tx)))),
        Question(
            "errands that may leave",
            read(
                lambda tx, at: errands.due(tx, Kind.REGISTER, Lane.FAMILY, desk.clock(), desk.clock() + QUARTER, 5000)
            ),
        ),
        Question("when there is work again", read(lambda tx, at: waking.next_moment(tx, desk.clock()))),
        Question("youths to ask the register about", read(lambda tx, at: youths.to_ask(tx, desk.today(), 20))),
        Question("what is due tonight (a hundred)", read(lambda tx, at: signals.due(tx, desk.today(), 100))),
        Question("foresight of the night", lambda at: foresee(desk)),
    ]
    bare = Question("one row by its primary key", read(lambda tx, at: signals.get(tx, signal(at).id)))
    return asked, bare


async def measure(stored: Stored, rounds: int) -> None:
    """Rounds in which every question takes its turn."""
    asked, bare = questions(stored)
    write = Question("one durable write of nothing", lambda at: stored.desk.db.write(lambda tx: None))
    for at in range(rounds + 1):
        for question in (bare, *asked, write):
            began = time.perf_counter()
            await question.ask(at)
            if at:
                question.taken.append((time.perf_counter() - began) * 1000)
    reference = statistics.median(bare.taken)
    print(f"{stored.signals:,} signals")
    for question in (bare, write, *asked):
        print(question.line(reference))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", type=int, action="append")
    parser.add_argument("--rounds", type=int, default=30)
    asked = parser.parse_args()
    print(machine())
    for many in asked.signals or [100_000, 1_000_000]:
        with tempfile.TemporaryDirectory() as directory:
            stored = make(Path(directory), many)
            try:
                asyncio.run(measure(stored, asked.rounds))
            finally:
                stored.desk.db.close()
    print(f"Aim: under {AIM:.0f} ms each, at both sizes.")


if __name__ == "__main__":
    main()
