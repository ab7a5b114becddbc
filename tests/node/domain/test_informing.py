"""Who must be told of a signal, by the age of the day: Jeugdwet 7.1.5.1."""

from datetime import date

import pytest

from node.domain.errors import FieldNotFit, NotToInform
from node.domain.informing import (
    Ground,
    Manner,
    Person,
    Postponed,
    Stand,
    Told,
    must_know,
    require_review,
    require_told,
    stand,
    still_to_tell,
)
from node.domain.person import BirthDate

YOUTH, PARENT = Person.YOUTH, Person.REPRESENTATIVE
BOTH = frozenset({YOUTH, PARENT})
TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("born", "who"),
    [
        ("2026-03-10", {PARENT}),
        ("2014-03-11", {PARENT}),
        ("2014-03-10", BOTH),
        ("2010-03-11", BOTH),
        ("2010-03-10", {YOUTH}),
        ("2003-04-01", {YOUTH}),
    ],
)
def test_the_age_of_the_day_says_who_must_be_told(born: str, who: set[Person]) -> None:
    """Jeugdwet 7.1.5.1(1): the day before the 12th and the 16th birthday, and the birthdays themselves."""
    assert must_know(BirthDate.parse(born), TODAY) == who


@pytest.mark.parametrize(
    ("born", "day", "who"),
    [
        ("2016-02-29", date(2028, 2, 28), {PARENT}),
        ("2016-02-29", date(2028, 2, 29), BOTH),
        ("2016-02-29", date(2032, 2, 28), BOTH),
        ("2016-02-29", date(2032, 2, 29), {YOUTH}),
        ("2092-02-29", date(2103, 12, 31), {PARENT}),
        ("2084-02-29", date(2100, 2, 28), BOTH),
        ("2084-02-29", date(2100, 3, 1), {YOUTH}),
    ],
)
def test_who_was_born_on_a_leap_day(born: str, day: date, who: set[Person]) -> None:
    """12 and 16 years on there is a leap day again, but for 2100: then 1 March."""
    assert must_know(BirthDate.parse(born), day) == who


@pytest.mark.parametrize(
    ("born", "who"),
    [
        (None, BOTH),
        ("2020", {PARENT}),
        ("2014", BOTH),
        ("2012", BOTH),
        ("2010", BOTH),
        ("2009", {YOUTH}),
        ("2014-02", BOTH),
        ("2014-03", BOTH),
        ("2014-04", {PARENT}),
        ("2010-02", {YOUTH}),
        ("2010-03", BOTH),
    ],
)
def test_an_age_that_is_not_known_asks_for_both(born: str | None, who: set[Person]) -> None:
    """Where the birth date leaves open on which side of a birthday the day lies, nobody is left out."""
    assert must_know(BirthDate.parse(born) if born else None, TODAY) == who


def told(**days: date) -> dict[Person, Told]:
    """Who was told on which day."""
    return {Person(who): Told(day, Manner.CONVERSATION) for who, day in days.items()}


@pytest.mark.parametrize(
    ("born", "known", "today", "missing"),
    [
        pytest.param("2015-01-01", {}, TODAY, {PARENT}, id="under 12, nobody told"),
        pytest.param("2015-01-01", told(representative=TODAY), TODAY, set(), id="under 12, told"),
        pytest.param("2015-01-01", {}, date(2027, 1, 1), BOTH, id="turned 12 while it waited"),
        pytest.param(
            "2015-01-01", told(representative=TODAY), date(2027, 1, 1), set(), id="told at 11: done, also at 12"
        ),
        pytest.param("2012-01-01", told(youth=TODAY), TODAY, {PARENT}, id="14, one of both told"),
        pytest.param("2012-01-01", told(representative=TODAY), TODAY, {YOUTH}, id="14, the other of both told"),
        pytest.param("2012-01-01", told(representative=TODAY), date(2028, 1, 1), {YOUTH}, id="turned 16: the youth"),
        pytest.param("2012-01-01", told(youth=TODAY), date(2028, 1, 1), set(), id="turned 16, youth told: done"),
        pytest.param(
            "2012-01-01", told(youth=TODAY, representative=date(2026, 4, 1)), date(2026, 4, 1), set(), id="one by one"
        ),
        pytest.param(None, told(youth=TODAY), TODAY, {PARENT}, id="age unknown: both"),
    ],
)
def test_who_is_still_to_be_told(
    born: str | None, known: dict[Person, Told], today: date, missing: set[Person]
) -> None:
    """Jeugdwet 7.1.5.1(1) at the day of telling; a birthday afterwards asks for nobody else."""
    assert still_to_tell(BirthDate.parse(born) if born else None, known, today) == missing


LATER = Postponed(Ground.SAFETY, date(2026, 6, 1))


@pytest.mark.parametrize(
    ("missing", "postponed", "today", "expected"),
    [
        (set(), None, date(2027, 1, 1), Stand.DONE),
        (set(), LATER, date(2027, 1, 1), Stand.DONE),
        ({PARENT}, None, date(2026, 4, 9), Stand.TO_DO),
        ({PARENT}, None, date(2026, 4, 10), Stand.OVERDUE),
        ({PARENT}, LATER, date(2026, 5, 31), Stand.POSTPONED),
        ({PARENT}, LATER, date(2026, 6, 1), Stand.OVERDUE),
    ],
)
def test_telling_is_overdue_after_a_month_or_on_the_day_of_its_review(
    missing: set[Person], postponed: Postponed | None, today: date, expected: Stand
) -> None:
    """AVG 14(3)a; a postponement has a day on which it is looked at again."""
    assert stand(frozenset(missing), postponed, TODAY, today) is expected


def test_only_whom_the_age_of_that_day_names_is_recorded() -> None:
    """Jeugdwet 7.1.5.1(1): at 16 the representative is not told, and under 12 the youth is not asked for."""
    young, grown = BirthDate.parse("2020-01-01"), BirthDate.parse("2009-01-01")
    for born, who in ((young, YOUTH), (grown, PARENT)):
        with pytest.raises(NotToInform):
            require_told(born, frozenset({who}), TODAY, TODAY, TODAY)

    require_told(young, frozenset({PARENT}), TODAY, TODAY, TODAY)
    require_told(grown, frozenset({YOUTH}), TODAY, TODAY, TODAY)


@pytest.mark.parametrize(
    ("day", "fits"),
    [(date(2026, 3, 11), False), (TODAY, True), (date(2025, 3, 10), True), (date(2025, 3, 9), False)],
)
def test_telling_was_today_or_before_and_not_long_before_the_signal(day: date, fits: bool) -> None:
    """Parents may be told first; a day to come, or of another year, is a slip of the hand."""
    asked = (BirthDate.parse("2012-01-01"), BOTH, day, TODAY, TODAY)
    if fits:
        require_told(*asked)
    else:
        with pytest.raises(FieldNotFit):
            require_told(*asked)


@pytest.mark.parametrize(
    ("day", "fits"),
    [(TODAY, False), (date(2026, 3, 11), True), (date(2026, 6, 10), True), (date(2026, 6, 11), False)],
)
def test_a_postponement_is_looked_at_again_within_three_months(day: date, fits: bool) -> None:
    """Postponing is no way to forget."""
    if fits:
        require_review(day, TODAY)
    else:
        with pytest.raises(FieldNotFit):
            require_review(day, TODAY)
