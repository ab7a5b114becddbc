"""The hub put back from yesterday, and the hub put back twice: nodes notice, tell all again, and nobody meets twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.started import town_of
from tests.faults.town import MISTAKE, RISK_OVER, Given, Town
from tests.faults.waiting import soon


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Three regions, brothers and sisters."""
    with town_of(tmp_path_factory, lone=20, siblings=6) as made:
        yield made


def test_a_hub_from_yesterday_hears_everything_again(town: Town, tmp_path: Path) -> None:
    """Protocol 2.2, Restore: what was ended since stays ended, what was made since is made again, all meet once."""
    before = [pair(town, number) for number in range(6)]
    town.signal("utrecht", 0, town.children[-2])
    town.signal("haaglanden", 0, town.children[-1])
    town.wait_until_met()
    town.wait_until_nothing_waits()
    copy = tmp_path / "yesterday.db"
    town.command("hub", "backup", str(copy))
    town.end(before[0][0], RISK_OVER)
    town.end(before[1][1], MISTAKE)
    after = [pair(town, number) for number in range(6, 10)]
    town.signal("amsterdam", 0, town.children[-4])
    town.signal("utrecht", 1, town.children[-3])
    town.wait_until_met()
    town.end(after[0][0], MISTAKE)
    town.wait_until_met()
    town.wait_until_nothing_waits()
    told = heard(town)

    put_back(town, copy)
    town.signal("utrecht", 2, town.children[10])
    town.signal("amsterdam", 2, town.children[10])

    soon(lambda: noticed(town, 1))
    town.wait_until_met()
    town.wait_until_nothing_waits()
    town.require_sound()
    assert {region: heard(town)[region] - told[region] for region in town.regions} == {
        "amsterdam": 1, "haaglanden": 0, "utrecht": 1,
    }  # fmt: skip


def test_a_hub_put_back_while_nobody_was_looking_and_once_more_heals_as_well(town: Town, tmp_path: Path) -> None:
    """Nodes that did not run meanwhile find another seed when they come; one had something to tell."""
    given = pair(town, 11)
    town.wait_until_met()
    town.wait_until_nothing_waits()
    copy = tmp_path / "yesterday.db"
    town.command("hub", "backup", str(copy))
    pair(town, 13)
    town.wait_until_met()
    town.wait_until_nothing_waits()
    town.exchange.stop("haaglanden", "hub")
    town.command("hub", "restore", str(copy))
    town.end(given[0])
    town.signal("amsterdam", 0, town.children[12])
    town.command("hub", "restore", str(copy))
    town.exchange.start("hub", "haaglanden")
    town.signal("haaglanden", 0, town.children[12])

    soon(lambda: noticed(town, 2))
    town.wait_until_met()
    town.wait_until_nothing_waits()
    town.require_sound()


def pair(town: Town, number: int) -> tuple[Given, Given]:
    """Two regions signal the same child."""
    child = town.children[number]
    return town.signal("amsterdam", number % 3, child), town.signal("haaglanden", number % 3, child)


def put_back(town: Town, copy: Path) -> None:
    """What the operator does with a backup; the nodes go on meanwhile."""
    town.exchange.stop("hub")
    assert "new seed" in town.command("hub", "restore", str(copy)).output
    town.exchange.start("hub")


def heard(town: Town) -> dict[str, int]:
    """How often each region was told of a match."""
    return {
        region: town.rows(region, "SELECT count(*) FROM audit WHERE event = 'match.heard'")[0][0]
        for region in town.regions
    }


def noticed(town: Town, times: int) -> None:
    """Every region has noticed so often that the hub's memory is another."""
    for region in town.regions:
        [(count,)] = town.rows(region, "SELECT count(*) FROM audit WHERE event = 'mailbox.beganAnew'")
        assert count == times, f"{region} noticed {count} times"
