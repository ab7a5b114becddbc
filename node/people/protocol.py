"""What a register of persons answers, whichever it is."""

from typing import Protocol

from node.domain.bsn import Bsn
from node.domain.person import Person


class PeopleAway(Exception):
    """The register cannot be asked now. A signal is saved all the same, and completed later."""


class People(Protocol):
    """A register of persons."""

    async def find(self, bsn: Bsn) -> Person | None:
        """The person with this number; None when the register has none. Raises PeopleAway."""
        ...
