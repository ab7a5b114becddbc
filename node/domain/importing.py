"""Signals brought in from a file: how far back they may have begun, and how fast they may go out.

Pure. An import leaves the day its own work: a share of what the pseudonym service allows for the day is not touched,
unless an allowance is open. What counts is what the service last told, not what we think that we used.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

from node.domain.days import local_day, midnight
from node.domain.errors import FieldNotFit, TermOver
from node.domain.retention import Term

AT_ONCE = 100
"""Lines in one transaction: a professional who signals meanwhile waits no longer than for these."""
MOST_ON_THEIR_WAY = 200
"""So many signals at most are on their way to the hub before an import adds to them: whoever signals by hand is behind
no more than these."""
ELEMENTS_OF_A_SIGNAL = 3
"""A youth and two parents: what one signal asks of the pseudonym service at most, in one epoch."""
FEWEST_COUNTED = 50
"""Of fewer signals who runs the node is told no count of matches: of one, it would say whether others signalled."""
SURE_FROM = 50
"""From so many signals on, what they asked on average foretells what the rest will ask."""
LOOK_AGAIN = timedelta(hours=1)
"""Where the budget holds an import, one line goes through after this long: its answer tells of a new allowance."""

LEAST_WAIT_DAYS = 30
"""So many days the lines of an import may wait in any region."""


@dataclass(frozen=True, slots=True)
class ImportRules:
    """What a region sets: how many days ago a signal may have begun, the share of a day's budget that is kept, and how
    many lines become signals in a second at most.
    """

    days_back: int = 90
    kept_share: float = 0.25
    lines_a_second: int = 80


USUAL = ImportRules()
"""What holds where a region sets nothing."""


@dataclass(frozen=True, slots=True)
class BudgetTold:
    """What the service told: elements left today, this month and in open allowances, and the most it told that day."""

    at: datetime
    today: int
    this_month: int
    allowance: int
    most_today: int

    def kept(self, share: float) -> int:
        """The elements of a day that an import leaves alone."""
        return ceil(self.most_today * share)


@dataclass(frozen=True, slots=True)
class Forecast:
    """When so much can have gone out: on ``day``, or not within what is left of this month (``past_the_month``).

    Both are empty as long as the service has told nothing.
    """

    day: date | None = None
    past_the_month: bool = False


def require_start(started: date | None, today: date, days_back: int) -> None:
    """Raises FieldNotFit for a day to come, and for one so long ago that it is taken for a mistake (B11)."""
    if started is None:
        return
    if started > today:
        raise FieldNotFit("gestart", "still to come")
    if started < today - timedelta(days=days_back):
        raise FieldNotFit("gestart", f"more than {days_back} days ago")


def may_wait(taken_in: date, today: date, days_back: int) -> bool:
    """Whether lines that came in on that day may wait on: as long as a signal may lie back, and a month at least.

    A file that is larger than what a day's budget has room for goes on for days, whatever a region sets.
    """
    return today - taken_in <= timedelta(days=max(days_back, LEAST_WAIT_DAYS))


def require_not_over(term: Term, today: date) -> None:
    """Raises TermOver for a signal whose last day has passed: it would be kept longer than Jeugdwet 7.1.4.5(2)."""
    if term.valid_until <= today:
        raise TermOver


def made_at(started: date | None, now: datetime) -> datetime:
    """When a signal counts as made: at the start of the day on which it began elsewhere, else now.

    So two years (Jeugdwet 7.1.4.5(2)a) are never counted twice.
    """
    return midnight(started) if started is not None and started < local_day(now) else now


def tells_matches(made: int, *, over: bool) -> bool:
    """Whether who runs the node is told how many matches so many signals made: not of few, nor line by line."""
    return over and made >= FEWEST_COUNTED


def room(told: BudgetTold | None, waiting: int, rules: ImportRules, now: datetime) -> int:
    """How many lines may become signals now, with so many signals ``waiting`` to ask of the service already.

    As long as the service told nothing today, what may be on its way at once is the measure.
    """
    free = MOST_ON_THEIR_WAY - waiting
    if told is not None and local_day(told.at) == local_day(now):
        elements = told.allowance + max(0, told.today - told.kept(rules.kept_share))
        paid = elements // ELEMENTS_OF_A_SIGNAL - waiting
        # An hour after the last word, one signal asks whether there is more: an allowance may have opened.
        free = min(free, 1 if paid < 1 and not waiting and now - told.at >= LOOK_AGAIN else paid)
    return max(0, min(AT_ONCE, free))


def seconds_for(lines: int, rules: ImportRules) -> float:
    """How long so many lines take at least, so that the service is not asked more often than it lets one region ask.

    A hundred lines are a question about youths and one about parents, twice that while two epochs overlap; were they
    too many, whoever signals by hand would be told to wait as well.
    """
    return lines / rules.lines_a_second


def forecast(elements: int, told: BudgetTold | None, rules: ImportRules, today: date) -> Forecast:
    """When so many elements can have been asked for, beside the day's own work."""
    if elements <= 0:
        return Forecast(today)
    if told is None:
        return Forecast()
    same_day = local_day(told.at) == today
    of_a_day = told.most_today - told.kept(rules.kept_share)
    of_today = max(0, told.today - told.kept(rules.kept_share)) if same_day else of_a_day
    rest = elements - told.allowance
    if rest > told.this_month:
        return Forecast(past_the_month=True)
    rest -= of_today
    if rest <= 0:
        return Forecast(today)
    if of_a_day <= 0:
        return Forecast(past_the_month=True)
    return Forecast(today + timedelta(days=ceil(rest / of_a_day)))


def elements_to_come(lines: int, made: int, elements: int) -> int:
    """What so many lines will ask: by what those before asked on average, once there were enough, else at most."""
    return ceil(lines * (elements / made if made >= SURE_FROM else ELEMENTS_OF_A_SIGNAL))
