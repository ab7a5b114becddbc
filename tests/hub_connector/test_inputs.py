"""What a tag is made of: two regions that mean the same arrive at the same text, and nothing else gets in."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_connector.inputs import (
    InputRefused,
    PseudonymInput,
    address,
    address_without_bag,
    canary,
    parent,
    vsn,
    youth,
)
from soap_wsdl.vocabulary import Purpose

PUBLISHED = "999993653"
"""A published test person."""


def test_a_bsn_is_nine_digits_that_pass_the_elfproef() -> None:
    """For youths and parents alike, each with its own purpose."""
    assert (youth(PUBLISHED).purpose, youth(PUBLISHED).reveal()) == (Purpose.YOUTH, PUBLISHED)
    assert (parent(PUBLISHED).purpose, parent(PUBLISHED).reveal()) == (Purpose.PARENT, PUBLISHED)
    assert youth(PUBLISHED) != parent(PUBLISHED)


@pytest.mark.parametrize("make", [youth, parent])
@pytest.mark.parametrize(
    "digits", ["", "99999365", "9999936530", "999993654", "000000000", "99999365a", " 999993653", "९९९९९३६५३"]
)
def test_anything_else_is_refused_and_not_repeated(make: Callable[[str], PseudonymInput], digits: str) -> None:
    """The error does not tell which digits they were."""
    with pytest.raises(InputRefused) as refused:
        make(digits)
    assert not digits or digits not in str(refused.value)


@given(st.integers(0, 99999))
def test_one_number_in_eleven_passes(tail: int) -> None:
    """Nine weights, the last one negative; the reference is the definition."""
    digits = f"9999{tail:05d}"
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    passes = sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11 == 0

    try:
        youth(digits)
    except InputRefused:
        assert not passes
    else:
        assert passes


def test_an_input_does_not_show() -> None:
    """Not in a repr."""
    assert PUBLISHED not in repr(youth(PUBLISHED))


def test_an_address_is_its_bag_id() -> None:
    """A nummeraanduiding, not a building."""
    assert address("0363200000123456").reveal() == "0363200000123456"
    for wrong in ("0363100000123456", "036320000012345", "", "0363200000123456 "):
        with pytest.raises(InputRefused):
            address(wrong)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("1011 ab", 1, "", ""), "1011AB|1||"),
        (("1011AB", 12, "a", ""), "1011AB|12|A|"),
        (("1011AB", 12, "", "3-hoog".replace("-", "")[:4]), "1011AB|12||3HOO"),
        (("1011AB", 12, "B", " 2 / "), "1011AB|12|B|2"),
    ],
)
def test_an_address_without_bag_id_is_normalised(parts: tuple[str, int, str, str], text: str) -> None:
    """Spaces, signs and case do not matter."""
    assert address_without_bag(*parts).reveal() == text


@pytest.mark.parametrize(
    "parts",
    [
        ("0011AB", 1, "", ""),
        ("1011A", 1, "", ""),
        ("1011AB", 0, "", ""),
        ("1011AB", 100000, "", ""),
        ("1011AB", 1, "AB", ""),
        ("1011AB", 1, "1", ""),
        ("1011AB", 1, "", "12345"),
    ],
)
def test_an_address_that_cannot_be_is_refused(parts: tuple[str, int, str, str]) -> None:
    """Postcode, number, letter, addition."""
    with pytest.raises(InputRefused):
        address_without_bag(*parts)


@pytest.mark.parametrize(
    ("surname", "text"),
    [
        ("Jansen", "JANSEN"),
        ("de la Croix-Müller", "DELACROIXMULLER"),
        ("Ørsted", "ORSTED"),
        ("Łukasz", "LUKASZ"),
        ("Weiß", "WEISS"),
        ("O'Brien", "OBRIEN"),
        ("Şahin", "SAHIN"),
        ("Nguyễn", "NGUYEN"),
        ("ĲSSEL", "IJSSEL"),
        ("Zo\u0308e", "ZOE"),
    ],
)
def test_a_surname_is_reduced_to_its_letters(surname: str, text: str) -> None:
    """However it was typed, composed or decomposed."""
    assert vsn(surname, date(2012, 3, 4), "V").reveal() == f"{text}|2012-03-04|V"


def test_a_partial_birth_date_has_zeros() -> None:
    """As in the BRP."""
    assert vsn("Jansen", "2012-00-00", "O").reveal() == "JANSEN|2012-00-00|O"


@pytest.mark.parametrize(
    ("surname", "born", "sex"),
    [("", "2012-01-01", "M"), ("李", "2012-01-01", "M"), ("Jansen", "1-1-2012", "M"), ("Jansen", "2012-01-01", "X")],
)
def test_a_vsn_that_cannot_be_is_refused(surname: str, born: str, sex: str) -> None:
    """Name, date, sex."""
    with pytest.raises(InputRefused):
        vsn(surname, born, sex)


def test_a_canary_runs_on_purpose_youth_and_is_never_a_bsn() -> None:
    """Nobody but the regions can tell it from a youth; no youth can be mistaken for it."""
    assert canary("C" + "0f" * 32).purpose is Purpose.YOUTH
    for wrong in (PUBLISHED, "C", "C" + "0F" * 32, "c" + "0f" * 32):
        with pytest.raises(InputRefused):
            canary(wrong)
    with pytest.raises(InputRefused):
        youth("C" + "0f" * 32)
