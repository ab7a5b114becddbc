"""How far back an imported signal may have begun, and how fast an import may go out, in tables."""

from datetime import UTC, date, datetime, timedelta

import pytest

from config.pseudonyms import Limits as PseudonymLimits
from node.domain.days import midnight
from node.domain.errors import FieldNotFit, TermOver
from node.domain.importing import (
    AT_ONCE,
    MOST_ON_THEIR_WAY,
    BudgetTold,
    Forecast,
    ImportRules,
    elements_to_come,
    forecast,
    made_at,
    may_wait,
    require_not_over,
    require_start,
    room,
    seconds_for,
)
from node.domain.retention import Term

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
TODAY = date(2026, 3, 10)
RULES = ImportRules(days_back=90, kept_share=0.25)


def told(today: int, *, most: int = 1000, month: int = 50_000, allowance: int = 0, ago: float = 0) -> BudgetTold:
    """What the service told so many hours ago."""
    return BudgetTold(NOW - timedelta(hours=ago), today, month, allowance, most)


@pytest.mark.parametrize("days", [0, 1, 90])
def test_a_signal_may_have_begun_some_days_ago(days: int) -> None:
    """B11: the first day of a catch-up lies in the past, within a limit that the region sets."""
    require_start(TODAY - timedelta(days=days), TODAY, RULES.days_back)
    require_start(None, TODAY, RULES.days_back)


@pytest.mark.parametrize("days", [-1, 91, 4000])
def test_no_signal_begins_later_or_long_ago(days: int) -> None:
    """B11: else it would be kept by the wrong dates."""
    with pytest.raises(FieldNotFit):
        require_start(TODAY - timedelta(days=days), TODAY, RULES.days_back)


@pytest.mark.parametrize(
    ("days_back", "ago", "waits"), [(90, 90, True), (90, 91, False), (365, 91, True), (0, 30, True), (0, 31, False)]
)
def test_no_line_waits_for_ever(days_back: int, ago: int, waits: bool) -> None:
    """As long as a signal may lie back; where that is a few days, a month still: large files take many days."""
    assert may_wait(TODAY - timedelta(days=ago), TODAY, days_back) is waits


def test_the_two_years_count_from_the_day_on_which_it_began() -> None:
    """Jeugdwet 7.1.4.5(2)a: made when it began elsewhere, at that day's first moment; today's at this very moment."""
    assert made_at(date(2026, 2, 1), NOW) == midnight(date(2026, 2, 1))
    assert made_at(TODAY, NOW) == NOW
    assert made_at(None, NOW) == NOW


def test_what_would_be_over_already_is_no_signal() -> None:
    """Jeugdwet 7.1.4.5(2): the last day is exclusive."""
    require_not_over(Term(TODAY + timedelta(days=1), None), TODAY)
    with pytest.raises(TermOver):
        require_not_over(Term(TODAY, None), TODAY)


@pytest.mark.parametrize(
    ("said", "waiting", "lines"),
    [
        (None, 0, AT_ONCE),
        (None, MOST_ON_THEIR_WAY - 30, 30),
        (None, MOST_ON_THEIR_WAY + 1, 0),
        (told(1000), 0, AT_ONCE),
        (told(550), 0, AT_ONCE),
        (told(280), 0, 10),
        (told(280), 4, 6),
        (told(250), 0, 0),
        (told(0), 0, 0),
        (told(0, allowance=600), 0, AT_ONCE),
        (told(100, allowance=9), 0, 3),
    ],
    ids=[
        *("nothing told", "nothing told, little room on the way", "nothing told, the way is full", "plenty", "enough"),
        *("thirty above what is kept", "some of that is asked for already", "down to what is kept", "nothing left"),
        *("an allowance goes first", "an allowance of three signals"),
    ],
)
def test_an_import_leaves_the_day_its_share(said: BudgetTold | None, waiting: int, lines: int) -> None:
    """A quarter of the day's thousand elements is not touched; a signal asks three at most."""
    assert room(said, waiting, RULES, NOW) == lines


@pytest.mark.parametrize(("hours", "lines"), [(0.5, 0), (1, 1), (9, 1), (24, AT_ONCE)])
def test_one_line_asks_now_and_then_whether_there_is_more(hours: float, lines: int) -> None:
    """An allowance that opened shows in an answer; a new day begins with a budget that nobody has told of yet."""
    assert room(told(250, ago=hours), 0, RULES, NOW) == lines
    assert room(told(250, ago=1), 1, RULES, NOW) == 0


def test_an_import_asks_no_more_often_than_one_region_may() -> None:
    """Four questions for a hundred lines while two epochs overlap, of the four a second that the service allows."""
    questions = 4 / seconds_for(AT_ONCE, RULES)

    assert questions < PseudonymLimits().requests_a_minute / 60


@pytest.mark.parametrize(
    ("elements", "said", "when"),
    [
        (0, None, Forecast(TODAY)),
        (10, None, Forecast()),
        (750, told(1000), Forecast(TODAY)),
        (751, told(1000), Forecast(date(2026, 3, 11))),
        (2250, told(1000), Forecast(date(2026, 3, 12))),
        (2250, told(1000, allowance=2000), Forecast(TODAY)),
        (750, told(200), Forecast(date(2026, 3, 11))),
        (750, told(200, ago=24), Forecast(TODAY)),
        (60_000, told(1000), Forecast(past_the_month=True)),
        (60_000, told(1000, allowance=60_000), Forecast(TODAY)),
        (1, told(0, most=0), Forecast(past_the_month=True)),
    ],
)
def test_an_import_tells_until_when_it_takes(elements: int, said: BudgetTold | None, when: Forecast) -> None:
    """From what the service told: what is left today first, then the same share of each day."""
    assert forecast(elements, said, RULES, TODAY) == when


def test_what_is_to_come_is_foretold_by_what_was() -> None:
    """Three elements a line, until enough signals showed how many parents are known."""
    assert elements_to_come(100, 10, 10) == 300
    assert elements_to_come(100, 50, 80) == 160
