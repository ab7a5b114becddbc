"""What a professional shows to others fits, and is what it says."""

from dataclasses import asdict

import pytest

from node.domain.errors import FieldNotFit
from node.domain.professional import LONGEST, Contact, Domain

CONTACT = Contact(
    "Stichting Jeugd",
    Domain.JEUGDHULP,
    "wijkteam",
    "Noord",
    "jeugdhulpverlener",
    "Sanne Bakker",
    "020 1234567",
    "sanne@example.nl",
)


def with_field(field: str, text: str) -> Contact:
    """The same contact with one other field."""
    return Contact(**{**asdict(CONTACT), field: text})


@pytest.mark.parametrize("field", ["organisation", "kind", "location", "function", "name"])
def test_a_field_that_is_too_long_is_refused_by_name(field: str) -> None:
    """Bytes count, not letters: an accent takes two."""
    with_field(field, "é" * (LONGEST[field] // 2))

    with pytest.raises(FieldNotFit, match=field):
        with_field(field, "é" * (LONGEST[field] // 2) + "e")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", ""),
        ("name", " Sanne"),
        ("name", "Sanne\nBakker"),
        ("name", "Sanne\u202eBakker"),
        ("phone", "bel maar"),
        ("email", "sanne"),
    ],
)
def test_what_does_not_belong_in_a_field_is_refused(field: str, text: str) -> None:
    """Empty, with blanks around, not on one line, or not of its kind."""
    with pytest.raises(FieldNotFit):
        with_field(field, text)
