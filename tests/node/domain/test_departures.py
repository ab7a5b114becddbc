"""When work leaves."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from node.domain.departures import below, departure, minute_of, pause, shuffled
from soap_wsdl.vocabulary import Oin
from tests.draws import Draws

NOW = datetime(2026, 11, 24, 10, 7, 3, tzinfo=UTC)


def test_family_records_leave_at_the_next_quarter() -> None:
    """Protocol 1.4: quarter-hour departures."""
    assert departure(NOW, 900) == datetime(2026, 11, 24, 10, 15, tzinfo=UTC)
    assert departure(datetime(2026, 11, 24, 10, 15, tzinfo=UTC), 900) == datetime(2026, 11, 24, 10, 30, tzinfo=UTC)


def test_no_departures_closer_than_ten_seconds() -> None:
    """Protocol 1.4: floor 10 s."""
    assert departure(NOW, 10) == datetime(2026, 11, 24, 10, 7, 10, tzinfo=UTC)
    with pytest.raises(ValueError, match="at least 10"):
        departure(NOW, 9)


def test_every_order_is_as_likely() -> None:
    """Shuffling hides the order in which professionals signalled."""
    source = Draws(3)
    drawn = Counter(tuple(shuffled("abc", source)) for _ in range(6000))

    assert len(drawn) == 6
    assert all(850 < times < 1150 for times in drawn.values())


def test_a_random_number_stays_below_its_bound() -> None:
    """Also where the bound is no power of two."""
    source = Draws(4)
    assert {below(7, source) for _ in range(500)} == set(range(7))
    assert below(1, source) == 0


def test_pauses_double_with_jitter_up_to_a_quarter_of_an_hour() -> None:
    """No storm after an outage."""
    source = Draws(5)
    assert timedelta(seconds=1) <= pause(1, None, source) <= timedelta(seconds=2)
    assert timedelta(seconds=8) <= pause(4, None, source) <= timedelta(seconds=16)
    assert timedelta(seconds=450) <= pause(4000, None, source) <= timedelta(seconds=900)
    assert len({pause(9, None, source) for _ in range(20)}) == 20


def test_a_pause_is_never_shorter_than_asked() -> None:
    """The other side's wish counts when it said so."""
    assert pause(1, 60, Draws(6)) >= timedelta(seconds=60)


def test_a_long_pause_is_hardly_longer_than_asked() -> None:
    """Jitter spreads regions over minutes, not over days."""
    month = timedelta(days=28)

    assert pause(1, 28 * 86400, lambda size: b"\xff" * size) - month <= timedelta(minutes=15)


def test_each_region_has_a_minute_of_its_own_for_nightly_work() -> None:
    """The same every night, spread over the hour, so that no second has all regions."""
    regions = [Oin(f"00000099{number:012d}") for number in range(1, 43)]
    minutes = [minute_of(region) for region in regions]

    assert minutes == [minute_of(region) for region in regions]
    assert set(minutes) <= set(range(60))
    assert max(minutes.count(minute) for minute in minutes) <= 4
    assert len(set(minutes)) > 20
