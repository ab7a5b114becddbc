"""The shapes in which the BRP tells about a person: partial dates, sex, where somebody lives, why it stopped.

Pure values. Codes are those of the BRP's own tables (Logisch Ontwerp BRP).
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Self

from node.domain.errors import FieldNotFit

UNKNOWN_DATE = "onbekend"
"""How a date of which nothing is known is written."""


class Sex(Enum):
    """As registered. UNKNOWN is a value of the BRP, and what we say when nobody told."""

    MALE = "M"
    FEMALE = "V"
    UNKNOWN = "O"


class SuspensionReason(Enum):
    """Why a person's data are not kept up any more (BRP 67.20)."""

    DEATH = "O"
    EMIGRATION = "E"
    MINISTERIAL = "M"
    NON_RESIDENT = "R"
    MISTAKE = "F"
    UNKNOWN = "."

    @classmethod
    def _missing_(cls, _value: object) -> "SuspensionReason":
        return cls.UNKNOWN


def day_parts(field_name: str, text: str) -> tuple[int, int | None, int | None]:
    """Year, month and day of ``2009-05-17``, ``2009-05`` or ``2009``. Raises FieldNotFit."""
    found = re.fullmatch(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", text, re.ASCII)
    if found is None:
        raise FieldNotFit(field_name, "write it as 2009-05-17, 2009-05 or 2009")
    year, month, day = found.groups()
    return int(year), int(month) if month else None, int(day) if day else None


def require_day(field_name: str, year: int, month: int | None, day: int | None) -> None:
    """Raises FieldNotFit for a date that does not exist, or a day without its month."""
    if month is None and day is not None:
        raise FieldNotFit(field_name, "a day needs a month")
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        raise FieldNotFit(field_name, "no such day") from None


def write_parts(*parts: int | None) -> str:
    """The text that ``day_parts`` reads."""
    return "-".join(f"{part:0{4 if at == 0 else 2}d}" for at, part in enumerate(parts) if part is not None)


def gemeente_code(text: str) -> str:
    """The four digits of a gemeente, from those or from how CBS writes them (``GM0363``). Raises FieldNotFit."""
    digits = text.upper().removeprefix("GM")
    if re.fullmatch(r"\d{4}", digits, re.ASCII) is None:
        raise FieldNotFit("gemeente", "a code of four digits, as 0363")
    return digits


@dataclass(frozen=True, slots=True)
class BrpDate:
    """A day of which the day, or day and month, or everything may be unknown."""

    year: int | None = None
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        """Raises FieldNotFit for a date that does not exist."""
        if self.year is not None:
            require_day("date", self.year, self.month, self.day)
        elif self.month is not None or self.day is not None:
            raise FieldNotFit("date", "a month or day needs a year")

    @classmethod
    def parse(cls, text: str) -> Self:
        """``2009-05-17``, ``2009-05``, ``2009`` or ``onbekend``; raises FieldNotFit."""
        return cls() if text == UNKNOWN_DATE else cls(*day_parts("date", text))

    def write(self) -> str:
        """The text that ``parse`` reads."""
        return UNKNOWN_DATE if self.year is None else write_parts(self.year, self.month, self.day)


@dataclass(frozen=True, slots=True)
class Suspension:
    """The person's data are not kept up any more: why, and since when."""

    reason: SuspensionReason
    since: BrpDate = field(default=BrpDate(), repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """A Dutch address: the BAG nummeraanduiding, or postcode and house number.

    ``lives_there`` is false for a correspondence address, and where the BRP has found that the person does not live.
    """

    postcode: str
    number: int
    letter: str = ""
    addition: str = ""
    bag_id: str | None = None
    lives_there: bool = True


@dataclass(frozen=True, slots=True)
class Location:
    """A place without an address, in words: a houseboat, a caravan site. No two people need write it alike."""

    description: str
    lives_there: bool = True


@dataclass(frozen=True, slots=True)
class Abroad:
    """Somewhere outside the Netherlands. Only that is kept: nothing is ever done with where."""


Residence = Address | Location | Abroad
"""Where the BRP says that somebody lives; None where it does not know."""
