"""Lines that are cut, stall, or lose the answer after the work was done: all arrives once, and without a storm."""

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.faults.started import town_of
from tests.faults.town import MISTAKE, Town
from tests.faults.waiting import soon
from tests.faults.wire import Mood
from tests.faults.wired import Wires, wires

OUTAGE_SECONDS = 20.0
MOST_ATTEMPTS = 14
"""For one region and one other side in the outage: a pause that doubles from two seconds, and the jobs of a minute."""
MOST_REQUESTS = 40
"""Of one region at one other side from when it is back until nothing waits any more."""


@pytest.fixture(scope="module")
def lines() -> Iterator[Wires]:
    """A wire for each region to hub and to service."""
    with wires() as laid:
        yield laid


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, lines: Wires) -> Iterator[Town]:
    """Three regions at the end of their wires."""
    with town_of(tmp_path_factory, lone=40, siblings=4, route=lines.route) as made:
        yield made


@pytest.fixture(autouse=True)
def mended(town: Town, lines: Wires) -> Iterator[None]:
    """After each test the wires are whole, everything has arrived, and nothing was told twice."""
    yield
    lines.be(Mood.OPEN)
    town.wait_until_met()
    town.wait_until_nothing_waits()
    town.require_sound()


def test_what_was_signalled_while_a_line_was_cut_arrives_when_it_is_whole(town: Town, lines: Wires) -> None:
    """Cut off from the hub, then from the service, a node goes on as if nothing were the matter."""
    children = town.children[:6]
    for party in ("hub", "pseudonyms"):
        before = town.exchange.door("amsterdam").status()["signalen"]["actief"]
        lines["amsterdam", party].be(Mood.CUT)
        for number, child in enumerate(children[:3]):
            town.signal("amsterdam", number, child)
            town.signal("haaglanden", number, child)
        assert town.exchange.door("amsterdam").status()["signalen"]["actief"] == before + len(children[:3])
        lines["amsterdam", party].be(Mood.OPEN)
        town.wait_until_met()
        children = children[3:]
        if not children:
            break


def test_a_line_on_which_nothing_moves_keeps_no_one_waiting(town: Town, lines: Wires) -> None:
    """Connections stay open and silent, then they break; the door of the node answers meanwhile."""
    for wire in lines.of("utrecht"):
        wire.be(Mood.STALLED)
    siblings = town.children[-4:]
    given = [town.signal("utrecht", 0, siblings[0]), town.signal("haaglanden", 0, siblings[1])]
    given += [town.signal("utrecht", 1, siblings[2]), town.signal("amsterdam", 1, siblings[3])]
    assert town.door("utrecht", given[0].who).show(given[0].id)["landelijk"] == "onderweg"
    for wire in lines.of("utrecht"):
        wire.be(Mood.CUT)
    town.end(given[2], MISTAKE)
    for wire in lines.of("utrecht"):
        wire.be(Mood.OPEN)

    town.wait_until_met()


def test_an_answer_that_is_lost_after_the_commit_is_asked_for_again(town: Town, lines: Wires) -> None:
    """Hub and service have done the work; the node does not know, says the same again, and nothing happens twice."""
    for wire in lines.of("haaglanden"):
        wire.be(Mood.SWALLOWS_ANSWERS)
    for number, child in enumerate(town.children[6:14]):
        town.signal("haaglanden", number % 3, child)
        town.signal("utrecht", number % 3, child)
    soon(lambda: _require(lines["haaglanden", "pseudonyms"].swallowed >= 1, "no answer of the service was lost"))
    lines["haaglanden", "pseudonyms"].be(Mood.OPEN)
    soon(lambda: _require(lines["haaglanden", "hub"].swallowed >= 3, "hardly an answer of the hub was lost"))
    lines["haaglanden", "hub"].be(Mood.OPEN)

    town.wait_until_met()


def test_hub_and_service_that_were_away_for_long_meet_no_storm(town: Town, lines: Wires) -> None:
    """The attempts of a node grow rare while nobody answers, and what waited comes in few messages afterwards."""
    for number, child in enumerate(town.children[14:20]):
        town.signal("amsterdam", number % 3, child)
    town.wait_until_nothing_waits()
    before = {(region, party): lines[region, party].attempts for region in town.regions for party in PARTIES}
    town.exchange.kill("hub")
    town.exchange.kill("pseudonyms")
    until = time.monotonic() + OUTAGE_SECONDS
    for number, child in enumerate(town.children[14:38]):
        for region in ("haaglanden", "utrecht"):
            town.signal(region, number % 3, child)
        time.sleep(max(0.0, (until - time.monotonic()) / (24 - number)))
    attempts = {ends: lines[ends].attempts - count for ends, count in before.items()}
    asked = requests(town)
    town.exchange.start("hub", "pseudonyms")

    town.wait_until_met()
    town.wait_until_nothing_waits()

    assert all(attempts[region, "hub"] > 0 for region in town.regions)
    assert max(attempts.values()) <= MOST_ATTEMPTS, attempts
    came = requests(town) - asked
    assert max(came.values()) <= MOST_REQUESTS, came


PARTIES = ("hub", "pseudonyms")


def requests(town: Town) -> Counter[tuple[str, str]]:
    """How many requests each region has made at each party, out of the logs of those."""
    counted: Counter[tuple[str, str]] = Counter()
    for party in PARTIES:
        text = town.exchange.log(party).read_text()
        for region in town.exchange.regions:
            counted[region.name, party] = text.count(f'"oin": "{region.oin}"')
    return counted


def _require(holds: bool, why: str) -> None:
    assert holds, why
