"""Who must be told of a signal, and where the telling stands: Jeugdwet 7.1.5.1, which follows AVG 14.

Pure. Under 12 the legal representative, from 12 to 15 the youth and the representative, from 16 the youth alone.
The age is that of the day of telling. There is no text in any of this: who, when, how, or why later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from node.domain.days import months_after, years_after
from node.domain.errors import FieldNotFit, NotToInform
from node.domain.person import BirthDate

YOUTH_FROM = 12
"""Jeugdwet 7.1.5.1(1): from this age the youth is told."""
ALONE_FROM = 16
"""Jeugdwet 7.1.5.1(1), the other way round: from this age nobody else is."""
WITHIN_MONTHS = 1
"""AVG 14(3)a: within a month after the data were obtained."""
LONGEST_POSTPONED_MONTHS = 3
"""A postponement is looked at again within this time; our own choice, the law names no term."""
LONGEST_BEFORE = timedelta(days=365)
"""Telling may come before signalling; a day further back is taken for a mistake."""


class Person(Enum):
    """Who can be told."""

    YOUTH = "youth"
    REPRESENTATIVE = "representative"


class Manner(Enum):
    """How somebody was told."""

    CONVERSATION = "conversation"
    TELEPHONE = "telephone"
    LETTER = "letter"
    DIGITAL = "digital"


class Ground(Enum):
    """Why telling waits, by class and no closer."""

    SAFETY = "safety"
    """Telling now would endanger the youth or somebody else: UAVG 41(1)i."""
    INVESTIGATION = "investigation"
    """Telling now would harm a criminal investigation: UAVG 41(1)d."""
    UNREACHABLE = "unreachable"
    """They cannot be reached, with the effort that can be asked: AVG 14(5)b."""


class Stand(Enum):
    """Where the telling of a signal stands."""

    DONE = "done"
    TO_DO = "to do"
    POSTPONED = "postponed"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Told:
    """That one person was told of a signal, on this day, in this manner."""

    day: date
    manner: Manner


@dataclass(frozen=True, slots=True)
class Postponed:
    """That telling waits, on this ground, until it is looked at again on this day."""

    ground: Ground
    review_on: date


def must_know(born: BirthDate | None, day: date) -> frozenset[Person]:
    """Who must be told on this day. An age that is not known, or may be on either side of a birthday: both."""
    if born is None:
        return frozenset(Person)
    oldest = date(born.year, born.month or 1, born.day or 1)
    found = {_by_age(oldest, day), _by_age(_youngest(born), day)}
    return found.pop() if len(found) == 1 else frozenset(Person)


def still_to_tell(born: BirthDate | None, told: Mapping[Person, Told], today: date) -> frozenset[Person]:
    """Who must still be told today; nobody once all whom a day's age asked for had been told on that day.

    Who was told at the age of eleven need not be told again at twelve.
    """
    for day in (*(one.day for one in told.values()), today):
        knew = {who for who, one in told.items() if one.day <= day}
        if must_know(born, day) <= knew:
            return frozenset()
    return must_know(born, today) - told.keys()


def stand(missing: frozenset[Person], postponed: Postponed | None, made_on: date, today: date) -> Stand:
    """Where the telling stands: overdue a month after the signal, or from the day a postponement was to be reviewed."""
    if not missing:
        return Stand.DONE
    if postponed is not None:
        return Stand.POSTPONED if today < postponed.review_on else Stand.OVERDUE
    return Stand.TO_DO if today < months_after(made_on, WITHIN_MONTHS) else Stand.OVERDUE


def require_told(born: BirthDate | None, who: frozenset[Person], day: date, made_on: date, today: date) -> None:
    """Raises FieldNotFit for a day to come or long before the signal, NotToInform for whom that age leaves out."""
    if not who:
        raise FieldNotFit("who", "somebody")
    if day > today:
        raise FieldNotFit("day", "still to come")
    if day < made_on - LONGEST_BEFORE:
        raise FieldNotFit("day", "more than a year before the signal")
    if not who <= must_know(born, day):
        raise NotToInform


def require_review(review_on: date, today: date) -> None:
    """Raises FieldNotFit for a review that is not to come, or further away than a postponement may last."""
    if review_on <= today:
        raise FieldNotFit("review", "not to come")
    if review_on > months_after(today, LONGEST_POSTPONED_MONTHS):
        raise FieldNotFit("review", f"more than {LONGEST_POSTPONED_MONTHS} months away")


def _by_age(born: date, day: date) -> frozenset[Person]:
    if day < years_after(born, YOUTH_FROM):
        return frozenset({Person.REPRESENTATIVE})
    if day < years_after(born, ALONE_FROM):
        return frozenset(Person)
    return frozenset({Person.YOUTH})


def _youngest(born: BirthDate) -> date:
    """The last day that the birth may have been on."""
    if born.month is None:
        return date(born.year, 12, 31)
    if born.day is None:
        return months_after(date(born.year, born.month, 1), 1) - timedelta(days=1)
    return date(born.year, born.month, born.day)
