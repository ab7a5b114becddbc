"""Whom a signal is about, as the register of persons knows them: birth date, parents, home address."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from node.domain.bsn import Bsn
from node.domain.days import years_after
from node.domain.errors import FieldNotFit

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
        if self.month is None and self.day is not None:
            raise FieldNotFit("birth date", "a day needs a month")
        try:
            date(self.year, self.month or 1, self.day or 1)
        except ValueError:
            raise FieldNotFit("birth date", "no such day") from None

    @classmethod
    def parse(cls, text: str) -> Self:
        """``2009-05-17``, ``2009-05`` or ``2009``; raises FieldNotFit."""
        found = re.fullmatch(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", text, re.ASCII)
        if found is None:
            raise FieldNotFit("birth date", "write it as 2009-05-17, 2009-05 or 2009")
        year, month, day = found.groups()
        return cls(int(year), int(month) if month else None, int(day) if day else None)

    def write(self) -> str:
        """The text that ``parse`` reads."""
        parts = [f"{self.year:04d}", *(f"{part:02d}" for part in (self.month, self.day) if part is not None)]
        return "-".join(parts)

    def adult_on(self) -> date:
        """The 23rd birthday; the earliest day it may be when the day is not known whole.

        Who was born on 29 February turns 23 on 1 March. Counting from the earliest day keeps nobody too long.
        """
        return years_after(date(self.year, self.month or 1, self.day or 1), ADULT_AT)


@dataclass(frozen=True, slots=True)
class Address:
    """A home address: the BAG nummeraanduiding, or postcode and house number."""

    postcode: str
    number: int
    letter: str = ""
    addition: str = ""
    bag_id: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A person in the register. Parents are those the BRP names and that have a BSN."""

    bsn: Bsn
    name: str = field(repr=False)
    birth_date: BirthDate | None = field(repr=False)
    parents: tuple[Bsn, ...] = ()
    address: Address | None = field(default=None, repr=False)
    address_secret: bool = False
    died_on: date | None = field(default=None, repr=False)

    @property
    def adult_on(self) -> date | None:
        """The 23rd birthday, where a birth date is known."""
        return self.birth_date.adult_on() if self.birth_date else None


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
        return self.person.address if self.person and not self.person.address_secret else None
