"""A youth as a professional without the BSN describes one: surname, birth date, sex, postcode and house number.

Jeugdwet 7.1.4.2(3): the signal is about the BSN all the same, and the professional never learns it. Pure.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from node.domain.brp import Sex
from node.domain.errors import FieldNotFit, NobodyFound, SeveralFound
from node.domain.person import Person
from node.domain.spelling import LONGEST_SURNAME, plain, plain_surname

_POSTCODE = re.compile(r"[1-9][0-9]{3}[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Description:
    """What the professional knows. All of it must agree; letter and addition only where they are given."""

    surname: str = field(repr=False)
    born: date = field(repr=False)
    sex: Sex = field(repr=False)
    postcode: str = field(repr=False)
    number: int = field(repr=False)
    letter: str = field(default="", repr=False)
    addition: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Raises FieldNotFit, which names the field and never repeats it."""
        if len(self.surname) > LONGEST_SURNAME or not plain_surname(self.surname):
            raise FieldNotFit("achternaam", "a surname has letters")
        if not _POSTCODE.fullmatch(plain(self.postcode)):
            raise FieldNotFit("postcode", "four digits, the first not 0, and two letters")
        if not 1 <= self.number <= 99999:
            raise FieldNotFit("huisnummer", "1 to 99999")

    @property
    def key(self) -> str:
        """One text for everything that must agree whatever the spelling; to be made a blind index of."""
        return _key(self.surname, self.born.isoformat(), self.sex, self.postcode, self.number)

    def fits(self, person: Person) -> bool:
        """Whether this is the person. Never by a secret address: an answer would tell that somebody lives there."""
        home = person.home
        if home is None or key_of(person) != self.key:
            return False
        letter, addition = plain(self.letter), plain(self.addition)
        return letter in ("", plain(home.letter)) and addition in ("", plain(home.addition))


def key_of(person: Person) -> str | None:
    """The text under which a description finds this person; None for whom nobody can find by one."""
    home, born = person.home, person.birth_date
    if home is None or born is None or born.day is None or person.has_died or not plain_surname(person.surname):
        return None
    return _key(person.surname, born.write(), person.sex, home.postcode, home.number)


def the_one(described: Description, found: Iterable[Person], today: date) -> Person:
    """The one youth who fits. Raises NobodyFound, also for somebody dead or 23, and SeveralFound."""
    persons = {
        person.bsn: person
        for person in found
        if described.fits(person) and (person.adult_on is None or today < person.adult_on)
    }
    if not persons:
        raise NobodyFound
    if len(persons) > 1:
        raise SeveralFound
    return next(iter(persons.values()))


def _key(surname: str, born: str, sex: Sex, postcode: str, number: int) -> str:
    return f"{plain_surname(surname)}|{born}|{sex.value}|{plain(postcode)}|{number}"
