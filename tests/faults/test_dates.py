"""Half a year later, by a clock that all programs share: what is not extended ends everywhere by its date."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from node.domain.days import AMSTERDAM, local_day
from tests.faults.clock import Clock
from tests.faults.started import now, town_of
from tests.faults.town import Given, Town
from tests.faults.waiting import soon
from verwijsindex.demo.ceremony import Epoch


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    """The clock of everyone."""
    return Clock(tmp_path / "clock")


@pytest.fixture
def town(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Town]:
    """Two regions, and an epoch that lasts."""
    today = local_day(now())
    epoch = Epoch("long", today - timedelta(days=30), today + timedelta(days=700))
    regions = ("amsterdam", "haaglanden")
    with town_of(tmp_path_factory, regions=regions, siblings=1, start=False, epochs=(epoch,)) as made:
        made.environment = clock.environment
        yield made


def test_an_extension_that_arrives_after_the_hubs_sweep_brings_the_match_back(town: Town, clock: Clock) -> None:
    """Protocol 2.2: a record swept by its date lives again by a higher revision; one not extended stays ended."""
    start(town, *town.exchange.names)
    extended, over = (town.signal("amsterdam", number, town.children[number], months=6) for number in range(2))
    others = [town.signal("haaglanden", number, town.children[number], months=24) for number in range(2)]
    town.wait_until_met()
    town.wait_until_nothing_waits()
    ends = date.fromisoformat(town.door("amsterdam", extended.who).show(extended.id)["geldigTot"])

    town.exchange.stop()
    clock.differ(at_noon(ends - timedelta(days=1)) - now())
    start(town, "amsterdam")
    town.door("amsterdam", extended.who).extend(extended.id, 12)
    town.exchange.stop()
    clock.differ(at_noon(ends) - now())
    start(town, "hub", "pseudonyms", "haaglanden")
    soon(lambda: require_ended(town, others))
    assert town.rows("hub", "SELECT count(*) FROM record WHERE standing = 'live'") == [(len(others),)]
    start(town, "amsterdam")
    over.ended = "by its date"

    town.wait_until_met()
    town.wait_until_nothing_waits()
    # Nobody has stated their keys anew for half a year, and whoever was up first says so.
    town.require_sound("statementOld")


def start(town: Town, *names: str) -> None:
    """Start these by the shared clock."""
    town.exchange.start(*names, environment=town.environment)


def at_noon(day: date) -> datetime:
    """Noon in Amsterdam on this day."""
    return datetime.combine(day, time(12), AMSTERDAM).astimezone(UTC)


def require_ended(town: Town, signals: list[Given]) -> None:
    """The matches of these signals are over, and no card is left of them."""
    for one in signals:
        [match] = town.door(one.region, one.who).show(one.id)["matches"]
        assert (match["status"], match["contact"]) == ("geëindigd", None)
