"""How many elements a region may ask for: a day, a month, allowances beside them, and what is worth an alarm. Pure.

Days and months are local ones in Europe/Amsterdam. An open allowance is used first, so that an import does not eat
the budget that ordinary work needs for the rest of the month.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from math import ceil
from uuid import UUID
from zoneinfo import ZoneInfo

from soap_wsdl.vocabulary import BudgetLeft

LOCAL = ZoneInfo("Europe/Amsterdam")
"""The time zone in which a day and a month begin."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one region may use outside allowances, and the share of a day that is too much for one hour."""

    day: int
    month: int
    hour_share: float = 0.25


@dataclass(frozen=True, slots=True)
class Periods:
    """The local day and month that a moment falls in, as moments in UTC; ``until`` is exclusive."""

    day: date
    day_from: datetime
    day_until: datetime
    month_from: datetime
    month_until: datetime


@dataclass(frozen=True, slots=True)
class Used:
    """Elements counted outside allowances: in the clock hour before this charge, the local day, the local month."""

    hour: int
    day: int
    month: int


@dataclass(frozen=True, slots=True)
class AllowanceLeft:
    """What an allowance still holds. It is open when ``opens <= now < closes``."""

    allowance_id: UUID
    left: int
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class Charge:
    """How a batch is paid for: so many elements from each allowance, the rest from the budget."""

    from_budget: int
    from_allowances: tuple[tuple[UUID, int], ...]
    left: BudgetLeft


@dataclass(frozen=True, slots=True)
class Spent:
    """The batch does not fit. Nothing is charged; it may fit from ``again`` on."""

    period: str
    again: datetime
    left: BudgetLeft


class AlarmKind(Enum):
    """What made an alarm. The value stands in log, audit and status."""

    HALF_DAY = "half-of-day"
    HALF_MONTH = "half-of-month"
    SPENT_DAY = "day-spent"
    SPENT_MONTH = "month-spent"
    STEEP_HOUR = "steep-hour"
    STEEP_MONTH = "steep-month"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something to look at, told once for each ``period`` (a local day or month, or an hour in UTC)."""

    kind: AlarmKind
    period: str
    used: int
    limit: int


def periods(now: datetime) -> Periods:
    """The local day and month around ``now``, whatever the clock does in them: a day has 23, 24 or 25 hours."""
    today = now.astimezone(LOCAL).date()
    first = today.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Periods(
        today, _midnight(today), _midnight(today + timedelta(days=1)), _midnight(first), _midnight(following)
    )


def charge(
    asked: int, used: Used, limits: Limits, allowances: Sequence[AllowanceLeft], now: datetime
) -> Charge | Spent:
    """Pay for ``asked`` elements, wholly or not at all. ``allowances`` may hold closed and future ones."""
    around = periods(now)
    opened = sorted(
        (one for one in allowances if one.opens <= now < one.closes and one.left > 0),
        key=lambda one: (one.closes, str(one.allowance_id)),
    )
    rest, taken = asked, []
    for one in opened:
        share = min(rest, one.left)
        if share:
            taken.append((one.allowance_id, share))
            rest -= share
    pool = sum(one.left for one in opened)
    day_left, month_left = max(0, limits.day - used.day), max(0, limits.month - used.month)
    if rest > min(day_left, month_left):
        period, again = ("month", around.month_until) if rest > month_left else ("day", around.day_until)
        sooner = [one.opens for one in allowances if now < one.opens < again and one.left > 0]
        left = BudgetLeft(today=min(day_left, month_left), this_month=month_left, allowance=pool)
        return Spent(period, min([again, *sooner]), left)
    left = BudgetLeft(
        today=min(day_left, month_left) - rest, this_month=month_left - rest, allowance=pool - (asked - rest)
    )
    return Charge(rest, tuple(taken), left)


def left_now(used: Used, limits: Limits, allowances: Sequence[AllowanceLeft], now: datetime) -> BudgetLeft:
    """What a region may still ask for at this moment."""
    decided = charge(0, used, limits, allowances, now)
    return decided.left


def retry_after(again: datetime, now: datetime) -> int:
    """Whole seconds until ``again``, rounded up, at least one."""
    return max(1, ceil((again - now).total_seconds()))


def alarms(used: Used, limits: Limits, now: datetime) -> tuple[Alarm, ...]:
    """What the use, this charge included, is worth telling. The caller tells each (kind, period) once."""
    around = periods(now)
    day, month = around.day.isoformat(), around.day.isoformat()[:7]
    hour = now.astimezone(UTC).strftime("%Y-%m-%dT%HZ")
    steep = max(1, int(limits.day * limits.hour_share))
    found = []
    if 2 * used.day >= limits.day:
        found.append(Alarm(AlarmKind.HALF_DAY, day, used.day, limits.day))
    if 2 * used.month >= limits.month:
        found.append(Alarm(AlarmKind.HALF_MONTH, month, used.month, limits.month))
    if used.hour >= steep:
        found.append(Alarm(AlarmKind.STEEP_HOUR, hour, used.hour, steep))
    if _outruns_month(used.month, limits.month, around, now):
        found.append(Alarm(AlarmKind.STEEP_MONTH, month, used.month, limits.month))
    return tuple(found)


def spent_alarm(spent: Spent, used: Used, limits: Limits, now: datetime) -> Alarm:
    """The alarm that goes with a hard stop."""
    day = periods(now).day.isoformat()
    if spent.period == "month":
        return Alarm(AlarmKind.SPENT_MONTH, day[:7], used.month, limits.month)
    return Alarm(AlarmKind.SPENT_DAY, day, used.day, limits.day)


def _outruns_month(used: int, limit: int, around: Periods, now: datetime) -> bool:
    """True when a quarter is gone and, going on like this, the budget ends before the month does."""
    if 4 * used < limit:
        return False
    elapsed = max(1.0, (now - around.month_from).total_seconds())
    whole = (around.month_until - around.month_from).total_seconds()
    return used * whole > limit * elapsed


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=LOCAL).astimezone(UTC)
