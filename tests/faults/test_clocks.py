"""A node whose clock is ten minutes off is told so, holds what depends on time, and goes on when the clock is right."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.faults.clock import Clock
from tests.faults.speaker import events
from tests.faults.started import town_of
from tests.faults.town import Town
from tests.faults.waiting import soon

OFF = timedelta(minutes=10)
ROOM = timedelta(minutes=1)
"""Between the question and what we read of it."""


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    """The clock of Haaglanden."""
    return Clock(Path(tmp_path_factory.mktemp("clock")) / "haaglanden")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Town]:
    """Amsterdam, where the time is right, and Haaglanden."""
    with town_of(tmp_path_factory, regions=("amsterdam", "haaglanden"), siblings=3, start=False) as made:
        made.exchange.start("hub", "pseudonyms", "amsterdam")
        made.exchange.start("haaglanden", environment=clock.environment)
        yield made


@pytest.mark.parametrize("off", [OFF, -OFF], ids=["ahead", "behind"])
def test_a_node_whose_clock_is_off_holds_and_goes_on_when_it_is_right(town: Town, clock: Clock, off: timedelta) -> None:
    """Protocol 2.1: nothing is set aside, the difference shows in status, the retention run waits."""
    first = 0 if off > timedelta() else 4
    lone, siblings = town.children[first : first + 3], town.children[-6:][first : first + 2]
    for number, child in enumerate([*lone, siblings[0]]):
        town.signal("amsterdam", number % 3, child)
    town.signal("haaglanden", 0, lone[0])
    town.wait_until_met()

    clock.differ(off)
    town.signal("haaglanden", 1, lone[1])
    town.signal("haaglanden", 2, siblings[1])
    seen = soon(lambda: difference(town))
    town.exchange.restart("haaglanden", environment=clock.environment)
    held = soon(lambda: retention(town))
    aside = town.exchange.door("haaglanden").status()["uitgaand"]["terzijde"]
    codes = refusals(town)
    clock.differ(timedelta())
    town.signal("haaglanden", 0, lone[2])

    town.wait_until_met()
    town.wait_until_nothing_waits()
    town.require_sound()
    assert abs(seen + off) < ROOM
    assert "clock differs" in held
    assert aside == 0
    assert "KLOK" in codes
    assert town.exchange.door("haaglanden").status()["klokverschilSeconden"] is None


def difference(town: Town) -> timedelta:
    """By how much the other side's clock is ahead, as the operator sees it; it must be seen."""
    seconds = town.exchange.door("haaglanden").status()["klokverschilSeconden"]
    assert seconds is not None, "Haaglanden has not noticed that its clock is off"
    return timedelta(seconds=seconds)


def retention(town: Town) -> str:
    """Why the retention run is held; it must be."""
    [job] = [each for each in town.exchange.door("haaglanden").status()["taken"] if each["naam"] == "retention"]
    assert job["fout"], "the retention run was not held"
    return str(job["fout"])


def refusals(town: Town) -> set[str]:
    """The codes with which the hub refused Haaglanden."""
    oin = town.exchange.region("haaglanden").oin
    return {str(line.get("code")) for line in events(town.exchange.log("hub").read_text()) if line.get("oin") == oin}
