"""All regions signal the same youth at the same moment, again and again: each time all meet, once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.started import town_of
from tests.faults.town import Child, Town

TIMES = 60


def test_regions_that_signal_the_same_youth_at_the_same_moment_all_meet(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Architecture 6: without a lock on the tag half of such pairs were missed; brothers and sisters come along."""
    with town_of(tmp_path_factory, lone=TIMES, siblings=6) as town:
        together = threading.Barrier(len(town.regions))
        with ThreadPoolExecutor(len(town.regions)) as regions:
            done = [regions.submit(all_of, town, region, together) for region in town.regions]
            for each in done:
                each.result()

        town.wait_until_met()
        town.wait_until_nothing_waits()

        town.require_sound()
        assert len(town.given) == len(town.regions) * (TIMES + 6)


def all_of(town: Town, region: str, together: threading.Barrier) -> None:
    """Every lone child, and one or the other of brother and sister, each when the other regions do."""
    for serial, child in enumerate(asked(town, region)):
        together.wait(timeout=60)
        town.signal(region, serial % town.workers, child)


def asked(town: Town, region: str) -> list[Child]:
    """The lone children, and of each pair of siblings the one that this region knows."""
    which = town.regions.index(region) % 2
    return town.children[:TIMES] + town.children[TIMES + which :: 2]
