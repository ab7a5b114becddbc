"""From when until when something holds: local days, the first one in, the last one out."""

from dataclasses import dataclass
from datetime import date

from node.domain.errors import FieldNotFit


@dataclass(frozen=True, slots=True)
class Period:
    """From ``starts`` until ``ends``: on that day it holds no more. Without an end it holds until further notice."""

    starts: date
    ends: date | None = None

    def __post_init__(self) -> None:
        """Raises FieldNotFit for an end that does not come after the start."""
        if self.ends is not None and self.ends <= self.starts:
            raise FieldNotFit("end", "not after the start")

    def covers(self, day: date) -> bool:
        """Whether it holds on this day."""
        return self.starts <= day and (self.ends is None or day < self.ends)

    def meets(self, other: "Period") -> bool:
        """Whether there is a day on which both hold."""
        return (self.ends is None or other.starts < self.ends) and (other.ends is None or self.starts < other.ends)
