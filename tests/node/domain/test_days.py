"""Local days, months that are too short, and the nights on which the clock changes."""

from datetime import UTC, date, datetime

import pytest

from node.domain.days import local_day, midnight, months_after, years_after


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 1, 31, 22, 59, 59, tzinfo=UTC), date(2026, 1, 31)),
        (datetime(2026, 1, 31, 23, 0, tzinfo=UTC), date(2026, 2, 1)),
        (datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), date(2026, 7, 1)),
    ],
)
def test_a_day_begins_at_local_midnight(moment: datetime, day: date) -> None:
    """In winter at 23:00 UTC, in summer at 22:00 UTC."""
    assert local_day(moment) == day


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 3, 30), date(2026, 10, 25), date(2026, 10, 26)])
def test_midnight_is_the_first_moment_of_its_day(day: date) -> None:
    """Also around the nights on which the clock changes."""
    first = midnight(day)

    assert local_day(first) == day
    assert local_day(datetime.fromtimestamp(first.timestamp() - 1, UTC)) < day


def test_a_moment_needs_a_zone() -> None:
    """A moment without a zone has no day."""
    with pytest.raises(ValueError, match="zone"):
        local_day(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 3, 10), 6, date(2026, 9, 10)),
        (date(2026, 8, 31), 6, date(2027, 3, 1)),
        (date(2027, 8, 31), 6, date(2028, 3, 1)),
        (date(2027, 8, 29), 6, date(2028, 2, 29)),
        (date(2026, 12, 31), 6, date(2027, 7, 1)),
        (date(2024, 2, 29), 24, date(2026, 3, 1)),
        (date(2026, 12, 10), 12, date(2027, 12, 10)),
    ],
)
def test_a_day_that_does_not_exist_becomes_the_next_first(day: date, months: int, then: date) -> None:
    """A term that would end on a day that its month lacks runs to the end of that month."""
    assert months_after(day, months) == then


def test_a_birthday_on_29_february_falls_on_1_march() -> None:
    """In a year without that day."""
    assert years_after(date(2004, 2, 29), 23) == date(2027, 3, 1)
