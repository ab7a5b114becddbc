"""Whom a description fits, whatever the spelling, and whom it never finds."""

from dataclasses import replace
from datetime import date

import pytest

from node.domain.brp import Abroad, Address, BrpDate, Location, Sex
from node.domain.description import Description, the_one
from node.domain.errors import FieldNotFit, NobodyFound, SeveralFound
from node.domain.person import BirthDate, Person
from node.domain.spelling import plain_surname
from tests.region import made_up_bsn

TODAY = date(2026, 3, 10)
HOME = Address("1011AB", 12, "a", "hs")
NOOR = Person(made_up_bsn(0), "Noor", BirthDate(2010, 5, 1), address=HOME, surname="Velde", sex=Sex.FEMALE)
ASKED = Description("van der Velde", date(2010, 5, 1), Sex.FEMALE, "1011 ab", 12)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Velde", "VELDE"),
        ("van der Vèlde", "VELDE"),
        ("Velde, van der", "VELDE"),
        ("VELDE", "VELDE"),
        ("'t Hart", "HART"),
        ("in 't Veld", "VELD"),
        ("El Amrani", "AMRANI"),
        ("Øster-Ærø", "OSTERAERO"),
        ("Jansen de Boer", "JANSENDEBOER"),
        ("De", "DE"),
        ("d’Ancona", "ANCONA"),
    ],
)
def test_spellings_of_one_surname_are_one(typed: str, kept: str) -> None:
    """Capitals, marks and prefixes make no difference; a name that is only a prefix stays."""
    assert plain_surname(typed) == kept


@pytest.mark.parametrize(
    "other",
    [
        {"surname": "Velder"},
        {"born": date(2010, 5, 2)},
        {"sex": Sex.MALE},
        {"postcode": "1011AC"},
        {"number": 13},
        {"letter": "b"},
        {"addition": "2"},
    ],
)
def test_all_of_it_must_agree(other: dict[str, object]) -> None:
    """One part that differs, and nobody is found."""
    assert ASKED.fits(NOOR)
    assert replace(ASKED, letter="A", addition="HS").fits(NOOR)
    assert not replace(ASKED, **other).fits(NOOR)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "other",
    [
        {"address_secret": True},
        {"address": replace(HOME, lives_there=False)},
        {"address": Location("Woonboot")},
        {"address": Abroad()},
        {"address": None},
        {"died_on": BrpDate()},
        {"birth_date": BirthDate(2010, 5)},
        {"birth_date": None},
        {"surname": ""},
    ],
)
def test_some_persons_are_found_by_no_description(other: dict[str, object]) -> None:
    """A secret address is never used to find (AVG art. 5); the dead and the half known are not found either."""
    with pytest.raises(NobodyFound):
        the_one(ASKED, [replace(NOOR, **other)], TODAY)  # type: ignore[arg-type]


def test_exactly_one_youth_is_found() -> None:
    """None and several are told apart, and nothing else; who has reached 23 is none (Jeugdwet 7.1.1.1)."""
    twin = replace(NOOR, bsn=made_up_bsn(1), address=replace(HOME, letter="b"))

    assert the_one(ASKED, [NOOR, NOOR], TODAY) == NOOR
    assert the_one(replace(ASKED, letter="b"), [NOOR, twin], TODAY) == twin
    with pytest.raises(SeveralFound):
        the_one(ASKED, [NOOR, twin], TODAY)
    with pytest.raises(NobodyFound):
        the_one(ASKED, [NOOR], date(2033, 5, 1))


@pytest.mark.parametrize("wrong", [{"surname": "-"}, {"postcode": "0011AB"}, {"number": 0}, {"surname": "a" * 201}])
def test_a_description_that_can_fit_nobody_is_refused(wrong: dict[str, object]) -> None:
    """The field is named, and what stood there is not."""
    with pytest.raises(FieldNotFit) as refused:
        replace(ASKED, **wrong)  # type: ignore[arg-type]

    assert str(next(iter(wrong.values()))) not in str(refused.value)
