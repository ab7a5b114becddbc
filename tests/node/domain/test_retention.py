"""How long a signal lives, each rule beside its article of the Jeugdwet."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.domain.days import years_after
from node.domain.errors import DurationNotOffered, TooSoonToRenew
from node.domain.person import BirthDate
from node.domain.retention import RULES, Fate, archive_until, ended, fate, reminder, require_renewable, term
from node.domain.signal import EndReason, ProfessionalId, Signal, SignalId, State, YouthKey

MADE = date(2026, 3, 10)
SIGNAL = Signal(
    SignalId(UUID(int=1)),
    YouthKey(bytes(32)),
    ProfessionalId(UUID(int=2)),
    datetime(2026, 3, 10, 9, 30, tzinfo=UTC),
    date(2027, 3, 10),
    date(2032, 3, 10),
)
ARCHIVED = replace(
    SIGNAL,
    state=State.ARCHIVED,
    ended_at=datetime(2027, 3, 9, 23, 0, tzinfo=UTC),
    end_reason=EndReason.TERMIJN,
)


@pytest.mark.parametrize(
    ("months", "adult_on", "until", "archive"),
    [
        (6, None, date(2026, 9, 10), date(2031, 9, 10)),
        (12, None, date(2027, 3, 10), date(2032, 3, 10)),
        (24, None, date(2028, 3, 10), date(2033, 3, 10)),
        (24, date(2040, 1, 1), date(2028, 3, 10), date(2033, 3, 10)),
        (24, date(2030, 6, 1), date(2028, 3, 10), date(2030, 6, 1)),
        (24, date(2027, 6, 1), date(2027, 6, 1), None),
        (12, date(2027, 3, 10), date(2027, 3, 10), None),
    ],
)
def test_a_term_ends_after_its_months_or_at_23(
    months: int, adult_on: date | None, until: date, archive: date | None
) -> None:
    """Jeugdwet 7.1.4.5(2)a and b; 7.1.4.6(1): the archive too is cut at 23."""
    found = term(MADE, months, adult_on)

    assert (found.valid_until, found.archive_until) == (until, archive)


def test_an_extension_never_passes_two_years_from_the_making() -> None:
    """Jeugdwet 7.1.4.5(2)a counts from when the signal was made."""
    found = term(MADE, 24, None, from_day=date(2027, 3, 1))

    assert found.valid_until == date(2028, 3, 10)


@pytest.mark.parametrize("months", [0, 1, 18, 25, 36, -6])
def test_only_offered_durations_are_taken(months: int) -> None:
    """6, 12 or 24 months."""
    with pytest.raises(DurationNotOffered):
        term(MADE, months, None)


@pytest.mark.parametrize(
    ("signal", "today", "expected", "reason", "article"),
    [
        (SIGNAL, date(2027, 3, 9), Fate.KEEP, None, ""),
        (SIGNAL, date(2027, 3, 10), Fate.ARCHIVE, EndReason.TERMIJN, "7.1.4.5(2)a"),
        (SIGNAL, date(2032, 3, 9), Fate.ARCHIVE, EndReason.TERMIJN, "7.1.4.5(2)a"),
        (SIGNAL, date(2032, 3, 10), Fate.DESTROY, EndReason.TERMIJN, "7.1.4.6(1)"),
        (replace(SIGNAL, archive_until=None), date(2027, 3, 9), Fate.KEEP, None, ""),
        (replace(SIGNAL, archive_until=None), date(2027, 3, 10), Fate.DESTROY, EndReason.LEEFTIJD23, "7.1.4.5(2)b"),
        (ARCHIVED, date(2032, 3, 9), Fate.KEEP, None, ""),
        (ARCHIVED, date(2032, 3, 10), Fate.DESTROY, None, "7.1.4.6(1)"),
    ],
)
def test_the_calendar_decides(
    signal: Signal, today: date, expected: Fate, reason: EndReason | None, article: str
) -> None:
    """Until the day before its date a signal stays; on its date it goes, at local midnight."""
    verdict = fate(signal, today)

    assert (verdict.fate, verdict.reason) == (expected, reason)
    assert article in verdict.article


@pytest.mark.parametrize(
    ("reason", "adult_on", "expected", "archive"),
    [
        (EndReason.ONTERECHT, None, Fate.DESTROY, None),
        (EndReason.RISICO_WEG, None, Fate.ARCHIVE, date(2031, 3, 10)),
        (EndReason.RISICO_WEG, date(2028, 1, 1), Fate.ARCHIVE, date(2028, 1, 1)),
        (EndReason.RISICO_WEG, MADE, Fate.DESTROY, None),
        (EndReason.LEEFTIJD23, MADE, Fate.DESTROY, None),
        (EndReason.OVERLEDEN, None, Fate.DESTROY, None),
        (EndReason.AVG16, None, Fate.DESTROY, None),
        (EndReason.AVG17, None, Fate.DESTROY, None),
        (EndReason.AVG21, None, Fate.DESTROY, None),
    ],
)
def test_the_reason_decides_between_archive_and_destruction(
    reason: EndReason, adult_on: date | None, expected: Fate, archive: date | None
) -> None:
    """Jeugdwet 7.1.4.6(1): five years from the actual removal, or not at all."""
    verdict = ended(reason, MADE, adult_on)

    assert (verdict.fate, verdict.archive_until) == (expected, archive)


@pytest.mark.parametrize(
    ("born", "adult_on"),
    [
        ("2004-02-29", date(2027, 3, 1)),
        ("2004-02-28", date(2027, 2, 28)),
        ("2004-05", date(2027, 5, 1)),
        ("2004", date(2027, 1, 1)),
    ],
)
def test_23_is_reached_on_the_earliest_possible_day(born: str, adult_on: date) -> None:
    """A leap-day birth on 1 March; a birth date that is not known whole on the first day it may be."""
    assert BirthDate.parse(born).adult_on() == adult_on


@pytest.mark.parametrize(
    ("left", "due", "renewable"),
    [(31, None, False), (30, 30, True), (8, 30, True), (7, 7, True), (1, 7, True), (0, None, True), (-3, None, True)],
)
def test_a_reminder_is_due_thirty_and_seven_days_before_the_end(left: int, due: int | None, renewable: bool) -> None:
    """Feature P7; in the same last thirty days a signal can be renewed."""
    until = MADE + timedelta(days=left)

    assert reminder(until, MADE) == due
    if renewable:
        require_renewable(until, MADE)
    else:
        with pytest.raises(TooSoonToRenew) as told:
            require_renewable(until, MADE)
        assert told.value.from_day == MADE + timedelta(days=1)


def test_every_end_reason_has_its_rule() -> None:
    """None can be given without saying what becomes of the signal, and by which article."""
    assert RULES.keys() == set(EndReason)
    assert all("7.1.4." in rule.article for rule in RULES.values())


DAYS = st.dates(date(2020, 1, 1), date(2060, 12, 31))


@given(
    made=DAYS,
    months=st.sampled_from([6, 12, 24]),
    born=st.one_of(st.none(), st.dates(date(2003, 1, 1), date(2045, 1, 1))),
    after=st.integers(0, 366 * 9),
)
def test_no_signal_outlives_the_law(made: date, months: int, born: date | None, after: int) -> None:
    """Nothing active past two years or 23, nothing archived past seven years or 23, and no step back."""
    adult_on = BirthDate(born.year, born.month, born.day).adult_on() if born else None
    if adult_on is not None and adult_on <= made:
        return
    found = term(made, months, adult_on)
    signal = replace(SIGNAL, valid_until=found.valid_until, archive_until=found.archive_until)
    today = made + timedelta(days=after)
    verdict = fate(signal, today)

    if verdict.fate is Fate.KEEP:
        assert today < years_after(made, 2)
        assert adult_on is None or today < adult_on
    if verdict.fate is Fate.ARCHIVE:
        assert verdict.archive_until is not None
        assert today < verdict.archive_until <= years_after(years_after(made, 2), 5)
        assert adult_on is None or verdict.archive_until <= adult_on
    assert archive_until(found.valid_until, adult_on) == found.archive_until
