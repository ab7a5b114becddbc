"""What a professional shows to others fits, and is what it says."""

from dataclasses import asdict

import pytest

from hub_connector.cards import FIELD_BYTES
from node.domain.errors import FieldNotFit
from node.domain.professional import LONGEST, Contact, Domain, require_fit

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
    require_fit(with_field(field, "é" * (LONGEST[field] // 2)))

    with pytest.raises(FieldNotFit, match=field):
        require_fit(with_field(field, "é" * (LONGEST[field] // 2) + "e"))


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
        require_fit(with_field(field, text))


def test_what_fits_here_fits_a_card() -> None:
    """The bounds of this region are those of the card."""
    assert all(FIELD_BYTES[field] == longest for field, longest in LONGEST.items())
    assert all(len(domain.value) <= FIELD_BYTES["domain"] for domain in Domain)


def test_a_domain_that_only_another_region_knows_is_shown_as_other() -> None:
    """A card of a newer region must not stop the mailbox."""
    assert Domain("ruimtevaart") is Domain.OTHER
