"""Whom a signal is about: somebody with a BSN as the register of persons has them, or three attributes without one."""

from dataclasses import dataclass, field
from datetime import date
from typing import Self

from node.domain.brp import (
    Address,
    BrpDate,
    Residence,
    Sex,
    Suspension,
    SuspensionReason,
    day_parts,
    require_day,
    write_parts,
)
from node.domain.bsn import Bsn
from node.domain.days import years_after
from node.domain.errors import FieldNotFit
from node.domain.spelling import LONGEST_SURNAME, plain_surname

__all__ = ["ADULT_AT", "Address", "BirthDate", "Person", "Vsn", "Youth"]

ADULT_AT = 23
"""Jeugdwet 7.1.1.1: a jeugdige is a person who has not reached this age."""
_FIRST_YEAR = 1900


@dataclass(frozen=True, slots=True)
class BirthDate:
    """A day of birth of which the day, or day and month, may be unknown, as the BRP allows."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        """Raises FieldNotFit for a date that does not exist."""
        require_day("birth date", self.year, self.month, self.day)

    @classmethod
    def parse(cls, text: str) -> Self:
        """``2009-05-17``, ``2009-05`` or ``2009``; raises FieldNotFit."""
        return cls(*day_parts("birth date", text))

    def write(self) -> str:
        """The text that ``parse`` reads."""
        return write_parts(self.year, self.month, self.day)

    def adult_on(self) -> date:
        """The 23rd birthday; the earliest day it may be when the day is not known whole.

        Who was born on 29 February turns 23 on 1 March. Counting from the earliest day keeps nobody too long.
        """
        return years_after(date(self.year, self.month or 1, self.day or 1), ADULT_AT)


@dataclass(frozen=True, slots=True)
class Person:
    """A person in the register. Parents are those the BRP names and that have a BSN: none, one or two, of any sex.

    ``other_parents`` counts parents without a BSN, registered or not: they are there, and match nobody.
    ``address_secret`` is the BRP's secrecy (geheimhouding). ``died_on`` may have every part unknown and still says
    that the person has died. ``gemeente`` is the four digits of the municipality of residence. ``surname`` has no
    prefix; it is empty where the register tells one name only. ``lives_since`` is the day from which ``address`` holds.
    """

    bsn: Bsn
    name: str = field(repr=False)
    birth_date: BirthDate | None = field(repr=False)
    parents: tuple[Bsn, ...] = ()
    address: Residence | None = field(default=None, repr=False)
    address_secret: bool = False
    died_on: BrpDate | None = field(default=None, repr=False)
    surname: str = field(default="", repr=False)
    sex: Sex = field(default=Sex.UNKNOWN, repr=False)
    gemeente: str | None = field(default=None, repr=False)
    suspension: Suspension | None = field(default=None, repr=False)
    other_parents: int = field(default=0, repr=False)
    lives_since: BrpDate | None = field(default=None, repr=False)

    @property
    def adult_on(self) -> date | None:
        """The 23rd birthday, where a birth date is known."""
        return self.birth_date.adult_on() if self.birth_date else None

    @property
    def has_died(self) -> bool:
        """Whether the register says so, by a date or by the reason for which it stopped."""
        stopped = self.suspension is not None and self.suspension.reason is SuspensionReason.DEATH
        return stopped or self.died_on is not None

    @property
    def was_mistake(self) -> bool:
        """Whether the register says that this record should not have been: somebody else's, or one of two."""
        return self.suspension is not None and self.suspension.reason is SuspensionReason.MISTAKE

    @property
    def home(self) -> Address | None:
        """The address at which the person lives, for matching: never a secret one, nor one for letters only."""
        if self.address_secret or not isinstance(self.address, Address) or not self.address.lives_there:
            return None
        return self.address

    @property
    def shown_gemeente(self) -> str | None:
        """The municipality as a professional may see it: none with a secret address, or for who is not kept up."""
        return None if self.address_secret or self.suspension is not None else self.gemeente


@dataclass(frozen=True, slots=True)
class Vsn:
    """What stands for a youth without a BSN: surname, birth date and sex (Besluit Jeugdwet 7.3.1).

    The surname is kept in its plain form only, so that two regions come to the same and nobody sees how somebody else
    typed it. Two children may share all three: whoever meets over them meets possibly.
    """

    surname: str = field(repr=False)
    born: BirthDate = field(repr=False)
    sex: Sex = field(repr=False)

    @classmethod
    def of(cls, surname: str, born: BirthDate, sex: Sex, today: date) -> Self:
        """From what a professional knows. Raises FieldNotFit, which names the field and never repeats it.

        The birth date may lack its day, or day and month. Somebody of 23 or more is refused where signals are made.
        """
        name = plain_surname(surname)
        if len(surname) > LONGEST_SURNAME or not name.isascii() or not any(sign.isalpha() for sign in name):
            raise FieldNotFit("achternaam", "letters of the Latin alphabet, 200 at most")
        if born.year < _FIRST_YEAR or date(born.year, born.month or 1, born.day or 1) > today:
            raise FieldNotFit("geboortedatum", "a day that has been, after 1900")
        return cls(name, born, sex)

    @property
    def partial_born(self) -> str:
        """The birth date with 00 for what is not known, as in the BRP."""
        return f"{self.born.year:04d}-{self.born.month or 0:02d}-{self.born.day or 0:02d}"

    @property
    def key(self) -> str:
        """One text for the three; to be made a blind index of."""
        return f"{self.surname}|{self.partial_born}|{self.sex.value}"


@dataclass(frozen=True, slots=True)
class Youth:
    """Whom a signal is about, by ``bsn`` or by ``vsn``: one of the two.

    ``person`` is None as long as the register did not know or could not be asked, and always without a BSN.
    """

    bsn: Bsn | None
    person: Person | None
    vsn: Vsn | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for what is about nobody, or in two ways about somebody."""
        if (self.bsn is None) is (self.vsn is None) or (self.vsn is not None and self.person is not None):
            raise ValueError("A youth is named by a BSN or by a VSN.")

    @property
    def birth_date(self) -> BirthDate | None:
        """As the register has it, or as it was given for a youth without a BSN."""
        if self.vsn is not None:
            return self.vsn.born
        return self.person.birth_date if self.person else None

    @property
    def name(self) -> str | None:
        """What the professional may see: the name in the register, or the surname that was given, in its plain form."""
        if self.vsn is not None:
            return self.vsn.surname
        return self.person.name if self.person else None

    @property
    def adult_on(self) -> date | None:
        """The 23rd birthday, where known."""
        return self.birth_date.adult_on() if self.birth_date else None

    @property
    def parents(self) -> tuple[Bsn, ...]:
        """The parents that are known, never the youth itself, each once."""
        return tuple(dict.fromkeys(p for p in self.person.parents if p != self.bsn)) if self.person else ()

    @property
    def address(self) -> Address | None:
        """The home address where it is known and not secret: a secret address is never used to match."""
        return self.person.home if self.person else None
