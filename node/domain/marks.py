"""What each party says of a match: that there was contact, that it was settled who does what, and since which day.

Pure. Jeugdwet 7.1.3.2 has someone see to it that matched professionals reach each other; these two facts, with their
days and nothing of what was said, are what can be seen of it.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from node.domain.errors import FieldNotFit


class Mark(Enum):
    """The two things a party can say of a match."""

    CONTACT = "contact"
    """Contact opgenomen: this party reached the other, or was reached."""
    AGREED = "agreed"
    """Afgestemd: it was settled between them who does what."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What one party says of a match; None is nothing said."""

    contact: date | None = None
    agreed: date | None = None

    def day_of(self, mark: Mark) -> date | None:
        """Since when this is said."""
        return self.contact if mark is Mark.CONTACT else self.agreed


NOTHING_SAID = Marks()


def require_day(day: date, told_on: date, today: date) -> None:
    """Raises FieldNotFit for a day before the match was told, or one that is still to come."""
    if day < told_on:
        raise FieldNotFit("day", "before the match was told")
    if day > today:
        raise FieldNotFit("day", "still to come")
