"""Categories and agreements: who may be connected, and which college answers for a signal."""

from datetime import date
from uuid import UUID

import pytest

from node.domain.errors import FieldNotFit
from node.domain.organisation import Agreement, Category, responsible, standing
from node.domain.period import Period
from node.domain.professional import Domain, OrganisationId

TODAY = date(2026, 3, 10)
ORGANISATION = OrganisationId(UUID(int=1))


def agreement(gemeente: str, signed_on: date, starts: date | None = None, ends: date | None = None) -> Agreement:
    """Agreements that begin when they are signed, unless told otherwise."""
    period = Period(starts or signed_on, ends)
    return Agreement(UUID(int=2), ORGANISATION, gemeente, signed_on, period, "convenant")


def test_every_domain_of_the_law_has_a_category_and_every_category_one_domain() -> None:
    """Besluit Jeugdwet 7.1.1 to 7.1.7; the preventive field stands beside them without an article."""
    domains = {category.domain for category in Category}

    assert domains == set(Domain) - {Domain.OTHER}
    assert {category for category in Category if not category.article} == {Category.PREVENTIEF_VELD}
    assert {category.article for category in Category} - {""} == {f"7.1.{n}" for n in range(1, 8)}


@pytest.mark.parametrize(
    ("made", "holds"),
    [
        (agreement("0363", date(2020, 1, 1)), True),
        (agreement("0363", date(2020, 1, 1), ends=date(2026, 3, 10)), False),
        (agreement("0363", date(2020, 1, 1), ends=date(2026, 3, 11)), True),
        (agreement("0363", date(2020, 1, 1), starts=date(2026, 3, 11)), False),
        (agreement("0363", date(2026, 3, 11), starts=date(2020, 1, 1)), False),
    ],
)
def test_an_agreement_holds_from_signing_and_start_until_its_end(made: Agreement, holds: bool) -> None:
    """Jeugdwet 7.1.3.1(2): written agreements; nothing holds before it was signed."""
    assert made.in_force(TODAY) is holds


def test_a_standing_counts_only_what_holds_today() -> None:
    """Jeugdwet 7.1.1.2(1): designation and agreement, both on the day itself."""
    past, now = Period(date(2020, 1, 1), date(2026, 3, 10)), agreement("0363", date(2020, 1, 1))

    assert not standing([past], [now], TODAY).designated
    assert standing([past, Period(TODAY)], [now], TODAY).designated
    assert standing([], [now, agreement("0479", date(2027, 1, 1))], TODAY).agreements == (now,)


@pytest.mark.parametrize(
    ("residence", "gemeenten", "answers"),
    [
        ("0479", {"0363": date(2019, 1, 1), "0479": date(2021, 1, 1)}, "0479"),
        ("0362", {"0363": date(2021, 1, 1), "0479": date(2019, 1, 1)}, "0479"),
        (None, {"0479": date(2020, 1, 1), "0363": date(2020, 1, 1)}, "0363"),
        ("0457", {"0479": date(2019, 1, 1), "0363": date(2021, 1, 1)}, "0363"),
        ("0363", {"0479": date(2019, 1, 1), "0457": date(2021, 1, 1)}, "0363"),
        ("1234", {"0479": date(2019, 1, 1)}, "0479"),
        (None, {}, None),
    ],
)
def test_the_college_that_answers_follows_from_agreement_and_residence(
    residence: str | None, gemeenten: dict[str, date], answers: str | None
) -> None:
    """Jeugdwet 7.1.2.2(3): residence if there are agreements there, else signed first, then the lowest code."""
    in_force = [agreement(code, signed_on) for code, signed_on in gemeenten.items()]

    assert responsible(residence, in_force, TODAY) == answers


def test_a_period_ends_after_it_began_and_its_last_day_is_not_in_it() -> None:
    """Two periods that touch do not meet."""
    first, next_one = Period(date(2026, 1, 1), date(2026, 2, 1)), Period(date(2026, 2, 1))

    assert not first.meets(next_one)
    assert next_one.meets(Period(date(2025, 1, 1)))
    assert (first.covers(date(2026, 1, 31)), first.covers(date(2026, 2, 1))) == (True, False)
    with pytest.raises(FieldNotFit):
        Period(date(2026, 1, 1), date(2026, 1, 1))
