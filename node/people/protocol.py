"""What a register of persons answers, whichever it is."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from node.domain.bsn import Bsn
from node.domain.description import Description
from node.domain.person import Person


class PeopleAway(Exception):
    """The register cannot be asked now. A signal is saved all the same, and completed later."""


class KeyFileUnusable(Exception):
    """The file with the key of the register cannot be used; the text says why and names the file."""


class People(Protocol):
    """A register of persons."""

    async def find(self, bsn: Bsn) -> Person | None:
        """The person with this number; None when the register has none. Raises PeopleAway."""
        ...

    async def find_all(self, numbers: Sequence[Bsn]) -> dict[Bsn, Person]:
        """Those of these persons whom the register has. Raises PeopleAway."""
        ...

    async def search(self, described: Description, today: date) -> Person:
        """The one youth who fits a description on this local day, whom nobody finds by a secret address.

        Raises NobodyFound, SeveralFound, PeopleAway.
        """
        ...
