"""The terms of a region: those of the law, or shorter."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from node.domain.errors import CategoryNotAllowed
from node.domain.mutations import destroyed, with_dates
from node.domain.organisation import require_category
from node.domain.person import BirthDate, Person
from node.domain.professional import Domain
from node.domain.retention import LEGAL, Fate, Terms, archive_until, ended, term
from node.domain.signal import EndReason, ProfessionalId, Signal, SignalId, YouthKey
from tests.region import made_up_bsn

MADE = date(2026, 3, 10)
ADULT = date(2028, 6, 1)
SHORT = Terms(active_months=12, archive_years=2, age=21)


@pytest.mark.parametrize(
    "longer", [{"active_months": 25}, {"archive_years": 6}, {"age": 24}, {"active_months": 0}, {"archive_years": 0}]
)
def test_a_term_longer_than_the_law_allows_is_none(longer: dict[str, int]) -> None:
    """Jeugdwet 7.1.4.5(2)a and b, 7.1.4.6(1): two years, 23 and five years are maxima."""
    with pytest.raises(ValueError, match="shorter"):
        Terms(**longer)


def test_without_settings_the_terms_are_those_of_the_law() -> None:
    """Jeugdwet 7.1.4.5(2), 7.1.4.6(1), 7.1.1.1."""
    assert (LEGAL.active_months, LEGAL.archive_years, LEGAL.age) == (24, 5, 23)
    assert LEGAL.leaves_on(ADULT) == ADULT


@pytest.mark.parametrize(
    ("adult_on", "until", "archive"),
    [
        (None, date(2027, 3, 10), date(2029, 3, 10)),
        (date(2040, 1, 1), date(2027, 3, 10), date(2029, 3, 10)),
        (date(2030, 6, 1), date(2027, 3, 10), date(2028, 6, 1)),
        (ADULT, date(2026, 6, 1), None),
    ],
)
def test_a_shorter_term_cuts_every_date(adult_on: date | None, until: date, archive: date | None) -> None:
    """Active, archive and age alike, whatever duration is chosen."""
    found = term(MADE, 24, adult_on, terms=SHORT)

    assert (found.valid_until, found.archive_until) == (until, archive)


def test_a_signal_that_ends_rests_for_the_regions_years() -> None:
    """From its actual removal; past the region's age it is destroyed."""
    assert ended(EndReason.RISICO_WEG, MADE, None, SHORT).archive_until == date(2028, 3, 10)
    assert ended(EndReason.RISICO_WEG, MADE, date(2028, 3, 1), SHORT).fate is Fate.DESTROY
    assert archive_until(MADE, date(2028, 3, 1)) == date(2028, 3, 1)


@pytest.mark.parametrize(("age", "day"), [(18, date(2022, 3, 1)), (20, date(2024, 3, 1)), (23, date(2027, 3, 1))])
def test_the_age_is_counted_back_from_the_23rd_birthday(age: int, day: date) -> None:
    """Born on 29 February 2004: 1 March of every year, and never later than the law allows."""
    assert Terms(age=age).leaves_on(BirthDate(2004, 2, 29).adult_on()) == day
    assert Terms(age=age).leaves_on(None) is None


def test_what_the_register_tells_cuts_at_the_regions_age() -> None:
    """A birth date that becomes known ends what the region would not have begun."""
    signal = Signal(
        SignalId(UUID(int=1)),
        YouthKey(bytes(32)),
        ProfessionalId(UUID(int=2)),
        datetime(2026, 3, 10, 9, 30, tzinfo=UTC),
        date(2027, 3, 10),
        date(2029, 3, 10),
    )
    person = Person(made_up_bsn(0), "Noor de Vries", BirthDate(2005, 5, 1))
    verdict = destroyed(person, date(2026, 5, 1), SHORT)
    cut = replace(signal, valid_until=date(2026, 5, 1), archive_until=None)

    assert with_dates(signal, person.adult_on, SHORT) == cut
    assert verdict is not None
    assert (verdict.fate, verdict.reason) == (Fate.DESTROY, EndReason.LEEFTIJD23)
    assert destroyed(person, date(2026, 4, 30), SHORT) is None


def test_the_preventive_field_signals_unless_it_is_switched_off() -> None:
    """Jeugdwet 7.1.1.2(1)a: no article of the Besluit names it; every other domain is not touched by the switch."""
    require_category(Domain.PREVENTIEF_VELD, preventive_field=True)
    for domain in Domain:
        if domain is not Domain.PREVENTIEF_VELD:
            require_category(domain, preventive_field=False)

    with pytest.raises(CategoryNotAllowed):
        require_category(Domain.PREVENTIEF_VELD, preventive_field=False)
