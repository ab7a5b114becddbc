"""Budgets as tables: days of 23 and 25 hours, month ends, allowances first, alarms once they are due."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from pseudonym_service.budgets import (
    AlarmKind,
    AllowanceLeft,
    Charge,
    Limits,
    Spent,
    Used,
    alarms,
    charge,
    left_now,
    periods,
    retry_after,
    spent_alarm,
)

NOON = datetime(2026, 5, 20, 10, 0, tzinfo=UTC)
LIMITS = Limits(day=1000, month=10_000)
ONE = UUID("00000000-0000-4000-8000-000000000001")
TWO = UUID("00000000-0000-4000-8000-000000000002")


def allowance(
    allowance_id: UUID, left: int, opens: datetime = NOON - timedelta(hours=1), closes: datetime | None = None
) -> AllowanceLeft:
    """An allowance that is open at NOON unless told otherwise."""
    return AllowanceLeft(allowance_id, left, opens, closes or NOON + timedelta(days=3))


@pytest.mark.parametrize(
    ("now", "day", "hours"),
    [
        (datetime(2026, 5, 20, 21, 59, 59, tzinfo=UTC), date(2026, 5, 20), 24),
        (datetime(2026, 5, 20, 22, 0, tzinfo=UTC), date(2026, 5, 21), 24),
        (datetime(2026, 1, 20, 22, 59, 59, tzinfo=UTC), date(2026, 1, 20), 24),
        (datetime(2026, 1, 20, 23, 0, tzinfo=UTC), date(2026, 1, 21), 24),
        (datetime(2026, 3, 29, 12, 0, tzinfo=UTC), date(2026, 3, 29), 23),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), date(2026, 10, 25), 25),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), date(2026, 10, 25), 25),
    ],
)
def test_a_day_is_a_local_day_also_when_the_clock_changes(now: datetime, day: date, hours: int) -> None:
    """Local midnight to local midnight: 23, 24 or 25 hours."""
    around = periods(now)

    assert around.day == day
    assert around.day_until - around.day_from == timedelta(hours=hours)
    assert around.day_from <= now < around.day_until


@pytest.mark.parametrize(
    ("now", "begins", "ends"),
    [
        (datetime(2026, 1, 31, 23, 30, tzinfo=UTC), "2026-01-31T23:00", "2026-02-28T23:00"),
        (datetime(2026, 1, 31, 22, 30, tzinfo=UTC), "2025-12-31T23:00", "2026-01-31T23:00"),
        (datetime(2028, 2, 29, 12, 0, tzinfo=UTC), "2028-01-31T23:00", "2028-02-29T23:00"),
        (datetime(2026, 3, 31, 12, 0, tzinfo=UTC), "2026-02-28T23:00", "2026-03-31T22:00"),
        (datetime(2026, 10, 31, 12, 0, tzinfo=UTC), "2026-09-30T22:00", "2026-10-31T23:00"),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "2026-12-31T23:00", "2027-01-31T23:00"),
    ],
)
def test_a_month_ends_at_local_midnight_of_the_first(now: datetime, begins: str, ends: str) -> None:
    """Short months, leap years, the turn of the year, and months in which the clock changes."""
    around = periods(now)

    assert around.month_from == datetime.fromisoformat(f"{begins}+00:00")
    assert around.month_until == datetime.fromisoformat(f"{ends}+00:00")


@pytest.mark.parametrize(
    ("asked", "day", "month", "left_today", "left_month"),
    [(1, 0, 0, 999, 9999), (1000, 0, 0, 0, 9000), (1, 999, 999, 0, 9000), (10, 0, 9990, 0, 0), (5, 0, 9990, 5, 5)],
)
def test_what_fits_is_charged_to_the_budget(asked: int, day: int, month: int, left_today: int, left_month: int) -> None:
    """Both limits count; what is left today is never more than what is left this month."""
    decided = charge(asked, Used(0, day, month), LIMITS, (), NOON)

    assert isinstance(decided, Charge)
    assert (decided.from_budget, decided.from_allowances) == (asked, ())
    assert (decided.left.today, decided.left.this_month, decided.left.allowance) == (left_today, left_month, 0)


@pytest.mark.parametrize(
    ("asked", "day", "month", "period", "again"),
    [
        (1, 1000, 1000, "day", "2026-05-20T22:00"),
        (2, 999, 1000, "day", "2026-05-20T22:00"),
        (1, 10, 10_000, "month", "2026-05-31T22:00"),
        (1, 1000, 10_000, "month", "2026-05-31T22:00"),
        (1, 5000, 20_000, "month", "2026-05-31T22:00"),
    ],
)
def test_what_does_not_fit_is_refused_whole_and_says_when(
    asked: int, day: int, month: int, period: str, again: str
) -> None:
    """The month's end is told when the month is what is spent, else local midnight."""
    decided = charge(asked, Used(0, day, month), LIMITS, (), NOON)

    assert isinstance(decided, Spent)
    assert decided.period == period
    assert decided.again == datetime.fromisoformat(f"{again}+00:00")


def test_an_open_allowance_is_used_before_the_budget() -> None:
    """An import leaves the ordinary budget alone as far as its allowance reaches."""
    decided = charge(300, Used(0, 0, 0), LIMITS, [allowance(ONE, 200)], NOON)

    assert isinstance(decided, Charge)
    assert decided.from_allowances == ((ONE, 200),)
    assert decided.from_budget == 100
    assert decided.left.allowance == 0


def test_the_allowance_that_closes_first_is_used_first() -> None:
    """Two open allowances: nothing is lost to the clock that need not be."""
    later = allowance(ONE, 50, closes=NOON + timedelta(days=9))
    sooner = allowance(TWO, 50, closes=NOON + timedelta(days=1))

    decided = charge(70, Used(0, 0, 0), LIMITS, [later, sooner], NOON)

    assert isinstance(decided, Charge)
    assert decided.from_allowances == ((TWO, 50), (ONE, 20))
    assert decided.left.allowance == 30


@pytest.mark.parametrize(
    "closed",
    [
        allowance(ONE, 500, opens=NOON + timedelta(seconds=1)),
        allowance(ONE, 500, closes=NOON),
        allowance(ONE, 0),
    ],
)
def test_an_allowance_that_is_not_open_gives_nothing(closed: AllowanceLeft) -> None:
    """From is inclusive, until exclusive, and an empty one is empty."""
    assert isinstance(charge(1, Used(0, 1000, 1000), LIMITS, [closed], NOON), Spent)


def test_an_allowance_works_when_the_budget_is_spent() -> None:
    """That is what it is for."""
    decided = charge(500, Used(0, 1000, 10_000), LIMITS, [allowance(ONE, 500)], NOON)

    assert isinstance(decided, Charge)
    assert decided.from_budget == 0


def test_a_coming_allowance_is_when_to_come_back() -> None:
    """If an allowance opens before midnight, the stop says so."""
    opens = NOON + timedelta(hours=2)

    decided = charge(10, Used(0, 1000, 1000), LIMITS, [allowance(ONE, 500, opens=opens)], NOON)

    assert isinstance(decided, Spent)
    assert decided.again == opens


def test_lowered_limits_leave_nothing_rather_than_less_than_nothing() -> None:
    """An operator who lowers a limit below what was used stops the region; no number turns negative."""
    left = left_now(Used(0, 5000, 50_000), LIMITS, (), NOON)

    assert (left.today, left.this_month, left.allowance) == (0, 0, 0)


@pytest.mark.parametrize(("seconds", "told"), [(0.2, 1), (1.0, 1), (1.1, 2), (-5.0, 1)])
def test_retry_after_is_never_too_early(seconds: float, told: int) -> None:
    """Rounded up: whoever waits that long does not come a moment too soon."""
    assert retry_after(NOON + timedelta(seconds=seconds), NOON) == told


@pytest.mark.parametrize(
    ("used", "kinds"),
    [
        (Used(0, 499, 499), set()),
        (Used(0, 500, 500), {AlarmKind.HALF_DAY}),
        (Used(0, 0, 5000), {AlarmKind.HALF_MONTH}),
        (Used(249, 249, 249), set()),
        (Used(250, 250, 250), {AlarmKind.STEEP_HOUR}),
        (Used(0, 0, 6500), {AlarmKind.HALF_MONTH, AlarmKind.STEEP_MONTH}),
    ],
)
def test_half_and_steep_use_are_alarms(used: Used, kinds: set[AlarmKind]) -> None:
    """Half of a day or month, a quarter of a day in one hour, a pace that outruns the month."""
    assert {alarm.kind for alarm in alarms(used, LIMITS, NOON)} == kinds


def test_a_quarter_in_the_first_days_outruns_the_month() -> None:
    """2,500 of 10,000 on the third is too fast; on the twentieth it is not."""
    third = datetime(2026, 5, 3, 10, 0, tzinfo=UTC)

    assert AlarmKind.STEEP_MONTH in {alarm.kind for alarm in alarms(Used(0, 0, 2500), LIMITS, third)}
    assert AlarmKind.STEEP_MONTH not in {alarm.kind for alarm in alarms(Used(0, 0, 2500), LIMITS, NOON)}


def test_an_alarm_is_named_after_its_period() -> None:
    """Day, month and hour: each (kind, period) is told once."""
    late = datetime(2026, 5, 31, 22, 30, tzinfo=UTC)

    told = {alarm.kind: alarm.period for alarm in alarms(Used(900, 900, 9000), LIMITS, late)}

    assert told[AlarmKind.HALF_DAY] == "2026-06-01"
    assert told[AlarmKind.HALF_MONTH] == "2026-06"
    assert told[AlarmKind.STEEP_HOUR] == "2026-05-31T22Z"


@pytest.mark.parametrize(
    ("day", "month", "kind", "period"),
    [(1000, 1000, AlarmKind.SPENT_DAY, "2026-05-20"), (0, 10_000, AlarmKind.SPENT_MONTH, "2026-05")],
)
def test_a_hard_stop_is_an_alarm_of_its_own(day: int, month: int, kind: AlarmKind, period: str) -> None:
    """Which limit stopped the region stands in the alarm."""
    used = Used(0, day, month)
    spent = charge(1, used, LIMITS, (), NOON)
    assert isinstance(spent, Spent)

    alarm = spent_alarm(spent, used, LIMITS, NOON)

    assert (alarm.kind, alarm.period) == (kind, period)
