"""A youth as a professional without the BSN describes one: surname, birth date, sex, postcode and house number.

Jeugdwet 7.1.4.2(3): the signal is about the BSN all the same, and the professional never learns it. Pure.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from node.domain.brp import Sex
from node.domain.errors import FieldNotFit, NobodyFound, SeveralFound
from node.domain.person import Person

LONGEST_SURNAME = 200
"""Characters of a surname in the BRP."""
_POSTCODE = re.compile(r"[1-9][0-9]{3}[A-Z]{2}")
_LETTERS = str.maketrans(
    {"Æ": "AE", "Œ": "OE", "Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "TH", "ẞ": "SS", "Ħ": "H", "Ŋ": "N", "Ŧ": "T"}
)
"""Letters of the BRP that Unicode does not take apart."""
_PREFIX_WORDS = """
A AAN AF AL AM AUF AUS BEN BIJ D DA DAL DALLA DE DEGLI DEI DEL DELLA DEN DER DES DI DO DOS DU EL EN HET I IM IN L LA
LAS LE LES LO LOS ONDER OP OVER S T TE TEN TER THOE TOE TOT UIJT UIT VAN VER VOM VON VOOR VOR ZU ZUM ZUR
"""
_PREFIXES = frozenset(_PREFIX_WORDS.split())
"""Words that stand before a surname without being part of it (BRP table 36)."""


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


def plain(text: str) -> str:
    """Capitals and digits only: marks, spaces and signs fall away."""
    capitals = unicodedata.normalize("NFKD", text.upper()).translate(_LETTERS)
    return "".join(sign for sign in capitals if sign.isalnum() and not unicodedata.combining(sign))


def plain_surname(surname: str) -> str:
    """A surname without its prefixes, plain: "van der Vèlde", "Velde, van der" and "VELDE" are one."""
    name, _, after = surname.partition(",")
    words = [word for part in re.split(r"[\s'’`\-]+", name) if (word := plain(part))]
    if after.strip() and not all(word in _PREFIXES for word in map(plain, after.split()) if word):
        words += [word for part in after.split() if (word := plain(part))]
    while len(words) > 1 and words[0] in _PREFIXES:
        del words[0]
    return "".join(words)


def without_prefix(surname: str) -> str:
    """A surname as typed, without the prefix before it: how the BRP keeps most of them."""
    words = surname.split()
    while len(words) > 1 and plain(words[0]) in _PREFIXES:
        del words[0]
    return " ".join(words)


def _key(surname: str, born: str, sex: Sex, postcode: str, number: int) -> str:
    return f"{plain_surname(surname)}|{born}|{sex.value}|{plain(postcode)}|{number}"
