"""Local days: when a day begins in Europe/Amsterdam, and what a month or a year later is."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def local_day(moment: datetime) -> date:
    """The calendar day in Amsterdam at this moment. Raises ValueError for a moment without a zone."""
    if moment.tzinfo is None:
        raise ValueError("A moment needs a time zone.")
    return moment.astimezone(AMSTERDAM).date()


def midnight(day: date) -> datetime:
    """The moment at which this day begins in Amsterdam, in UTC."""
    return datetime.combine(day, time(), AMSTERDAM).astimezone(UTC)


def months_after(day: date, months: int) -> date:
    """The same day so many months on; where that day does not exist, the first of the month after it.

    So 29 February plus 24 months is 1 March: a term that runs through 28 February has lasted two whole years.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        # Only days 29 to 31 can be missing, so a month after it always exists: December has 31 days.
        return date(year, month + 2, 1)


def years_after(day: date, years: int) -> date:
    """The same day so many years on; 29 February gives 1 March in a year without it."""
    return months_after(day, 12 * years)
