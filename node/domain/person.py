"""Whom a signal is about, as the register of persons knows them: birth date, parents, home address."""

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

__all__ = ["ADULT_AT", "Address", "BirthDate", "Person", "Youth"]

ADULT_AT = 23
"""Jeugdwet 7.1.1.1: a jeugdige is a person who has not reached this age."""


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
class Youth:
    """Whom a signal is about. ``person`` is None as long as the register did not know or could not be asked."""

    bsn: Bsn
    person: Person | None

    @property
    def adult_on(self) -> date | None:
        """The 23rd birthday, where known."""
        return self.person.adult_on if self.person else None

    @property
    def parents(self) -> tuple[Bsn, ...]:
        """The parents that are known, never the youth itself, each once."""
        return tuple(dict.fromkeys(p for p in self.person.parents if p != self.bsn)) if self.person else ()

    @property
    def address(self) -> Address | None:
        """The home address where it is known and not secret: a secret address is never used to match."""
        return self.person.home if self.person else None
