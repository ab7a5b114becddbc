"""What a register of persons answers, whichever it is."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from node.domain.bsn import Bsn
from node.domain.description import Description
from node.domain.person import Person


class PeopleAway(Exception):
    """The register cannot be asked now. A signal is saved all the same, and completed later."""


class PersonUnfit(PeopleAway):
    """The register told of this person, and something in it does not fit: of this one nothing is known now."""


class KeyFileUnusable(Exception):
    """The file with the key of the register cannot be used; the text says why and names the file."""


class People(Protocol):
    """A register of persons."""

    async def find(self, bsn: Bsn) -> Person | None:
        """The person with this number; None when the register has none. Raises PersonUnfit, PeopleAway."""
        ...

    async def find_all(self, numbers: Sequence[Bsn]) -> Mapping[Bsn, Person | None]:
        """Those of these persons whom the register has; None for one of whom it tells what does not fit.

        Raises PeopleAway, about all of them.
        """
        ...

    async def search(self, described: Description, today: date) -> Person:
        """The one youth who fits a description on this local day, whom nobody finds by a secret address.

        Raises NobodyFound, SeveralFound, PeopleAway; PersonUnfit when somebody who might be meant does not fit.
        """
        ...
