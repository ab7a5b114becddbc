"""How many elements a second does an import bring through to the hub, with proofs, on this machine's cores?

Signals about youths with two parents are entered a hundred to a transaction, and then delivered: three elements each
at the pseudonym service, three records each at the hub. Hub and service run as they do in production, as processes of
their own with mutual TLS and RSA-3072; this bench is the node, in a process of its own. The budget of the region is
small, and an allowance for an import is open, signed by two operators.
Youths and parents have the numbers that belong to nobody (9999xxxxx), of which there are enough for 3,030 youths: each
wave is about the same youths by other professionals of one location, who do not meet each other.
Family records leave when they would: the bench moves the node's own clock to their departure instead of waiting.

Beside it, in the same run: the bare primitive for one element (blind, evaluate with proof, verify and finalize).
Run: python -m bench import_to_hub [--signals 100000]
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil

from bench.life_world import add_professionals, numbers_of_nobody
from bench.measuring import family, machine, processor_seconds
from certs.oprf import VOPRF, random_scalar
from config.memory import collect_seldom
from config.node import NodeSettings
from config.reading import read
from ledger import Tx
from node.app import Node, build
from node.domain.person import BirthDate, Person, Youth
from node.domain.professional import Professional
from node.flows.capacity import capacity
from node.flows.deliver import deliver
from node.flows.keys import refresh
from node.flows.register_signal import enter
from node.store import errands, outbox
from pseudonym_service.commands import pseudonyms
from verwijsindex.demo import ceremony
from verwijsindex.demo.exchange import Exchange, make_exchange

AIM = 2500
"""Elements a second on two cores."""
AT_ONCE = 100
"""Signals in one transaction."""
WAVE = 3000
"""Signals that are entered before they are delivered."""
ELEMENTS = 3
"""Of a signal about a youth with two parents."""
OPERATORS = ("first", "second")


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and of the processor for each program."""

    clock: float
    node: float
    service: float
    hub: float

    def line(self, name: str, done: int, what: str) -> str:
        """For people."""
        each = ", ".join(
            f"{program} {seconds / done * 1e6:,.0f}"
            for program, seconds in (("node", self.node), ("service", self.service), ("hub", self.hub))
        )
        used = self.node + self.service + self.hub
        return (
            f"  {name:<34}{done / self.clock:>8,.0f} {what}/s by the clock, {done / used:>6,.0f} for each second of one"
            f" core; microseconds for each: {each}; {used / self.clock:.2f} cores busy"
        )


def _own() -> float:
    """Of this process and of those that it started and that have ended: the node, with what blinds and verifies."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


class Meter:
    """What the three programs use."""

    def __init__(self, exchange: Exchange) -> None:
        self._families = [family(exchange.processes.pid(name)) for name in ("pseudonyms", "hub")]
        self.spent: Spent | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Measure the block."""
        before = self._now()
        yield
        after = self._now()
        self.spent = Spent(*(late - early for early, late in zip(before, after, strict=True)))

    def _now(self) -> list[float]:
        return [time.perf_counter(), _own(), *(processor_seconds(*pids) for pids in self._families)]


def open_allowance(exchange: Exchange, elements: int) -> None:
    """As two operators do it, with the service's own commands."""
    home, settings = exchange.places.home("pseudonyms"), str(exchange.settings("pseudonyms"))
    document, today = str(home / "import.json"), datetime.now()  # noqa: DTZ005  the command wants local time
    ceremony.run(
        pseudonyms, "allow", "make", document, "--config", settings, "--region", exchange.region("amsterdam").oin,
        "--reason", "import", "--elements", str(elements), "--from", f"{today - timedelta(days=1):%Y-%m-%d}",
        "--until", f"{today + timedelta(days=2):%Y-%m-%d}",
    )  # fmt: skip
    for name in OPERATORS:
        ceremony.run(pseudonyms, "allow", "sign", document, "--operator", name, "--key", str(home / f"{name}.key"))
    ceremony.run(pseudonyms, "allow", "enter", document, "--config", settings)


def make_operators(exchange: Exchange) -> None:
    """Two keys, and their public halves in the settings of the service."""
    home, settings = exchange.places.home("pseudonyms"), exchange.settings("pseudonyms")
    keys = {name: ceremony.run(pseudonyms, "allow", "key", str(home / f"{name}.key")).split()[-1] for name in OPERATORS}
    lines = [f"{name} = {json.dumps(key)}" for name, key in keys.items()]
    with settings.open("a") as file:
        file.write("\n[operators]\n" + "\n".join(lines) + "\n")


def youths(count: int) -> list[Youth]:
    """Made-up youths, each with two parents of their own."""
    numbers = numbers_of_nobody()
    return [
        Youth(bsn, Person(bsn, "Noor de Vries", BirthDate(2012, 1 + at % 12, 1 + at % 28), (one, other), None))
        for at in range(count)
        for bsn, one, other in [(next(numbers), next(numbers), next(numbers))]
    ]


def primitive(count: int = 1000) -> dict[str, float]:
    """Seconds of one core for one element, of each step that cannot be done without."""
    inputs = [os.urandom(32) for _ in range(count)]
    blinds = [random_scalar(os.urandom) for _ in range(count)]
    key = VOPRF.derive_key(os.urandom(32), b"bench")
    taken = [time.process_time()]
    blinded = VOPRF.blind(inputs, blinds)
    taken.append(time.process_time())
    evaluation = VOPRF.evaluate(key, blinded, os.urandom)
    taken.append(time.process_time())
    VOPRF.verify_and_finalize(inputs, blinds, blinded, evaluation, key.public())
    taken.append(time.process_time())
    steps = ("blind", "evaluate with proof", "verify and finalize")
    return {step: (taken[at + 1] - taken[at]) / count for at, step in enumerate(steps)}


def enter_all(node: Node, who: list[Professional], about: list[Youth]) -> None:
    """All signals, so many to a transaction; the professionals take turns."""

    def change(tx: Tx, first: int) -> None:
        today = node.desk.today()
        for at in range(first, min(first + AT_ONCE, len(about))):
            professional = who[at % len(who)]
            enter(tx, node.desk, professional, about[at], 12, capacity(tx, professional, today))

    for first in range(0, len(about), AT_ONCE):
        node.db.write_now(lambda tx: change(tx, first))  # noqa: B023 - done before the next


async def deliver_all(node: Node) -> None:
    """Until nothing waits. The clock of the node runs to the departure of the family records."""
    ahead = timedelta(0)
    while True:
        moved = replace(node.exchange, clock=lambda: datetime.now(UTC) + ahead)  # noqa: B023 - awaited here
        report = await deliver(moved)
        if report.holding is not None:
            raise SystemExit(f"the node waits: {report.holding}")
        if await node.db.read(lambda tx: outbox.count(tx)[0] + errands.count(tx)[0]) == 0:
            return
        ahead += timedelta(seconds=node.exchange.settings.departure_seconds)


async def measure(exchange: Exchange, settings: NodeSettings, asked: argparse.Namespace) -> None:
    """The waves."""
    node = build(settings)
    try:
        if not await refresh(node.exchange):
            raise SystemExit("hub or service did not answer")
        waves = ceil(asked.signals / WAVE)
        collect_seldom()  # As a node that serves.
        # Of one location, so that they do not meet each other over the same youths.
        who = add_professionals(node.desk, 60 * waves, team=60 * waves)
        everybody = youths(min(asked.signals, WAVE))
        meter, total = Meter(exchange), Spent(0.0, 0.0, 0.0, 0.0)
        for wave in range(waves):
            wave_of = who[60 * wave : 60 * (wave + 1)]
            about = everybody[: asked.signals - wave * WAVE]
            with meter.running():
                await asyncio.to_thread(enter_all, node, wave_of, about)
            entered = meter.spent
            with meter.running():
                await deliver_all(node)
            delivered = meter.spent
            assert entered is not None and delivered is not None  # noqa: PT018
            whole = Spent(*(getattr(entered, name) + getattr(delivered, name) for name in Spent.__annotations__))
            done = len(about)
            print(f"wave {wave + 1}: {done:,} signals")
            print(entered.line("entering", done, "signals"))
            print(delivered.line("to the hub", done * ELEMENTS, "elements"))
            print(whole.line("both, one after the other", done * ELEMENTS, "elements"), flush=True)
            total = Spent(*(getattr(total, name) + getattr(delivered, name) for name in Spent.__annotations__))
        print(f"together: {asked.signals:,} signals")
        print(total.line("to the hub", asked.signals * ELEMENTS, "elements"))
    finally:
        await node.close()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", type=int, default=100_000)
    asked = parser.parse_args()
    print(machine())
    before = primitive()
    with make_exchange(
        regions=("amsterdam",), more={"pseudonyms": {"budget": {"day": 1000, "month": 1000}}}
    ) as exchange:
        make_operators(exchange)
        exchange.start("hub", "pseudonyms")
        open_allowance(exchange, asked.signals * ELEMENTS)
        asyncio.run(measure(exchange, read(exchange.settings("amsterdam"), NodeSettings), asked))
    after = primitive()
    bare = {step: (before[step] + after[step]) / 2 for step in before}
    print(
        "Bare primitive, microseconds of one core for each element: "
        + ", ".join(f"{step} {seconds * 1e6:.0f}" for step, seconds in bare.items())
        + f"; {1 / sum(bare.values()):,.0f} elements for each second of one core"
    )
    print(f"Aim: {AIM:,} elements/s on two cores.")


if __name__ == "__main__":
    main()
