"""What confirms a BSN, and what does not."""

import pytest

from node.domain.confirming import Confirmation
from node.domain.errors import FieldNotFit
from node.domain.person import BirthDate, Person
from tests.region import made_up_bsn

BORN = BirthDate(2010, 5, 1)
NOOR = Person(made_up_bsn(0), "Noor van der Vèlde", BORN, surname="Vèlde")
BA = Person(made_up_bsn(0), "Kim Ba", BORN, surname="Ba")
ONE_NAME = Person(made_up_bsn(0), "Noor van der Vèlde", BORN)
NAMELESS = Person(made_up_bsn(0), "", BORN)


@pytest.mark.parametrize(
    ("person", "born", "surname", "agrees"),
    [
        (NOOR, BORN, "van der Velde", True),
        (NOOR, BORN, "vel", True),
        (NOOR, BORN, "Velde, van der", True),
        (NOOR, BORN, "ve", False),
        (NOOR, BORN, "Velden", False),
        (NOOR, BORN, "Noor", False),
        (NOOR, BirthDate(2010, 5, 2), "Velde", False),
        (NOOR, BirthDate(2010, 5), "Velde", False),
        (NOOR, BirthDate(2010), "Velde", False),
        (BA, BORN, "ba", True),
        (BA, BORN, "b", False),
        (ONE_NAME, BORN, "vel", True),
        (ONE_NAME, BORN, "van der vel", True),
        (ONE_NAME, BORN, "and", False),
        (NAMELESS, BORN, "whoever", True),
    ],
)
def test_both_must_agree(person: Person, born: BirthDate, surname: str, agrees: bool) -> None:
    """Three letters of the surname do, or the whole of a shorter one; spelling and prefixes make no difference."""
    assert Confirmation(born, surname).agrees(person) is agrees


@pytest.mark.parametrize(
    ("known", "said", "agrees"),
    [
        (None, BORN, True),
        (BirthDate(2010), BORN, True),
        (BirthDate(2010), BirthDate(2010), True),
        (BirthDate(2010, 5), BirthDate(2010, 6, 1), False),
        (BirthDate(2010, 5), BirthDate(2010), False),
    ],
)
def test_what_the_register_does_not_know_cannot_disagree(
    known: BirthDate | None, said: BirthDate, agrees: bool
) -> None:
    """Of a birth date every part that the BRP has must be right."""
    assert Confirmation(said, "Velde").agrees(Person(made_up_bsn(0), "Noor Velde", known)) is agrees


def test_a_confirmation_hides_what_it_holds_and_needs_letters() -> None:
    """It is kept under seal while it waits; an error names the field."""
    assert "Velde" not in repr(Confirmation(BORN, "Velde"))
    with pytest.raises(FieldNotFit) as caught:
        Confirmation(BORN, "12345")
    assert "12345" not in caught.value.words
