"""From one pseudonym epoch to the next while regions work: side by side they meet, and a region that lags heals."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from certs.scheme_command import scheme
from node.domain.days import local_day
from tests.faults.started import now, town_of
from tests.faults.town import Given, Town
from tests.faults.waiting import soon
from tests.faults.wire import Mood
from tests.faults.wired import Wires, wires
from verwijsindex.demo import ceremony
from verwijsindex.demo.ceremony import Epoch

pytestmark = pytest.mark.xdist_group("epochs")

OLD, NEW, NEWEST = "eerste", "tweede", "derde"


@pytest.fixture(scope="module")
def today() -> date:
    """The local day: programs run by the machine's clock."""
    return local_day(now())


@pytest.fixture(scope="module")
def laid() -> Iterator[Wires]:
    """A wire from each region to hub and service."""
    with wires() as made:
        yield made


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, laid: Wires, today: date) -> Iterator[Town]:
    """Two regions in their first epoch."""
    first = Epoch(OLD, today - timedelta(days=300), today + timedelta(days=60))
    regions = ["amsterdam", "haaglanden"]
    with town_of(tmp_path_factory, workers=2, lone=6, regions=regions, epochs=[first], route=laid.route) as made:
        yield made


def epochs_of(town: Town, one: Given) -> set[str]:
    """The epochs in which a node holds tags for a signal."""
    rows = town.rows(
        one.region, "SELECT DISTINCT epoch FROM hub_entry JOIN hub_record USING (record_id) WHERE signal_id = ?", one.id
    )
    return {epoch for (epoch,) in rows}


def wait_until_in(town: Town, one: Given, *epochs: str) -> None:
    """Soon a signal is registered in exactly these epochs."""

    def there() -> None:
        held = epochs_of(town, one)
        assert held == set(epochs), f"{one.who} is registered in {held}"

    soon(there)


def test_a_region_that_knows_two_epochs_meets_one_that_knows_the_first(town: Town, laid: Wires, today: date) -> None:
    """The new epoch began; the line of one region to the service was cut before it heard. Nobody is told twice."""
    waiting = town.signal("haaglanden", 0, town.children[0])
    before = town.signal("amsterdam", 0, town.children[1])
    for one in (waiting, before):
        wait_until_in(town, one, OLD)
    laid["haaglanden", "pseudonyms"].be(Mood.CUT)
    ceremony.begin_epoch(town.exchange.places, Epoch(NEW, today - timedelta(days=1), today + timedelta(days=400)))
    rekey(town, "amsterdam")
    both = town.signal("amsterdam", 1, town.children[0])

    wait_until_in(town, both, OLD, NEW)
    wait_until_in(town, before, OLD, NEW)
    town.wait_until_met()

    assert epochs_of(town, waiting) == {OLD}
    laid["haaglanden", "pseudonyms"].be(Mood.OPEN)
    rekey(town, "haaglanden")
    wake(town, "haaglanden", 3)
    wait_until_in(town, waiting, OLD, NEW)
    town.wait_until_nothing_waits()
    town.wait_until_met()
    town.require_sound()


def test_an_epoch_that_ends_while_a_region_lags_loses_no_match(town: Town, today: date) -> None:
    """What was registered in epochs that are over follows when the region is back, and meets who came meanwhile."""
    lagging = town.signal("haaglanden", 0, town.children[2])
    wait_until_in(town, lagging, OLD, NEW)
    town.wait_until_nothing_waits()
    town.exchange.stop("haaglanden")
    end_today(town, OLD, today - timedelta(days=300))
    ceremony.begin_epoch(town.exchange.places, Epoch(NEWEST, today, today + timedelta(days=400)))
    end_today(town, NEW, today - timedelta(days=1))
    rekey(town, "amsterdam")
    fresh = town.signal("amsterdam", 0, town.children[2])
    for one in town.given:
        if one.region == "amsterdam":
            wait_until_in(town, one, NEWEST)
    # As the hub does by itself each night.
    town.command("hub", "sweep")
    assert town.rows("hub", "SELECT DISTINCT epoch FROM entry") == [(NEWEST,)]
    assert town.door("amsterdam", fresh.who).show(fresh.id)["matches"] == []

    town.exchange.start("haaglanden")
    rekey(town, "haaglanden")
    wake(town, "haaglanden", 4)

    for one in town.given:
        wait_until_in(town, one, NEWEST)
    town.wait_until_met()
    town.wait_until_nothing_waits()
    town.require_sound()


def end_today(town: Town, epoch: str, began: date) -> None:
    """As the scheme owner does: it is over today."""
    places = town.exchange.places
    ceremony.run(
        scheme, "epoch", epoch, "--state", str(places.scheme), "--out", str(places.bundle),
        "--begins", str(began), "--ends", str(local_day(now())),
    )  # fmt: skip


def wake(town: Town, region: str, serial: int) -> None:
    """A signal about a youth whom nobody else knows: what waits goes with it, instead of within the minute."""
    town.signal(region, 1, town.children[serial])


def rekey(town: Town, region: str) -> None:
    """As the node does each quarter of an hour, until nothing is behind."""

    def caught_up() -> None:
        said = town.try_command(region, "rekey")
        assert said.exit_code == 0, said.output
        assert "Not now" not in said.output
        assert ": 0 records behind." in said.output or "behind" not in said.output, said.output

    soon(caught_up)
