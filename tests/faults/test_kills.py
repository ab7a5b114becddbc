"""kill -9 of any program at any moment, while three regions signal and end: nobody is missed, nobody is told twice."""

import os
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.started import town_of
from tests.faults.town import MISTAKE, RISK_OVER, Child, Town

SIGNALS = 216
KILLS = 12
WORKERS = 4
SEED = int(os.environ.get("KILLS_SEED", random.SystemRandom().randrange(2**32)))
"""Another one each time; a failing run prints it, and KILLS_SEED gives it again."""


class Work:
    """What the professionals of one region do, one thing after the other, in an order drawn beforehand."""

    def __init__(self, town: Town, region: str, chance: random.Random, wanted: Sequence[tuple[int, Child]]) -> None:
        self.town, self.region, self.chance, self.wanted = town, region, chance, wanted

    def do(self, tempo: float, stop: threading.Event) -> int:
        """Give every signal, and end one in eight; returns how many were given."""
        for number, child in self.wanted:
            stop.wait(self.chance.random() * tempo)
            given = self.town.signal(self.region, number, child)
            if self.chance.random() < 1 / 8:
                stop.wait(self.chance.random() * tempo)
                self.town.end(given, self.chance.choice((RISK_OVER, MISTAKE)))
        return len(self.wanted)


def works(town: Town, chance: random.Random) -> list[Work]:
    """The work of all regions: about every child that many professionals could signal."""
    each = SIGNALS // len(town.regions)
    made = []
    for region in town.regions:
        possible = [(number, child) for number in range(WORKERS) for child in town.children]
        own = random.Random(chance.random())  # noqa: S311  a run must come out the same again
        made.append(Work(town, region, own, chance.sample(possible, each)))
    return made


def kill_and_start(town: Town, names: Sequence[str], chance: random.Random) -> None:
    """kill -9 of these at one moment, and each up again after a while."""
    for name in names:
        town.exchange.kill(name)
    time.sleep(chance.random())
    town.exchange.start(*names)


def test_whoever_is_killed_whenever_every_pair_meets_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Over 200 signals, brothers and sisters among them; every program dies at least twice, and once all together."""
    print(f"seed {SEED}")
    chance = random.Random(SEED)  # noqa: S311  a run must come out the same again
    with town_of(tmp_path_factory, workers=WORKERS, lone=30, siblings=6) as town:
        victims = [*town.exchange.names] * 2
        chance.shuffle(victims)
        stop = threading.Event()
        with ThreadPoolExecutor(len(town.regions)) as people:
            done = [people.submit(work.do, 0.5, stop) for work in works(town, chance)]
            try:
                for victim in [*victims[:KILLS]]:
                    time.sleep(chance.random() * 1.5)
                    kill_and_start(town, [victim], chance)
                kill_and_start(town, town.exchange.names, chance)
            finally:
                stop.set()
            assert sum(each.result() for each in done) == SIGNALS

        town.wait_until_met()
        town.wait_until_nothing_waits()

        town.require_sound()
        assert sum(sum(town.should_see(one).values()) for one in town.living()) > SIGNALS
