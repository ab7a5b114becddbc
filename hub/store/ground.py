"""What the hub's SQL stands on: a database that writes durably and reads consistently."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from ledger import Tx

T = TypeVar("T")


class Ground(Protocol):
    """A database: durable writes one after the other, or as if; consistent reads. ``ledger.Database`` is one."""

    async def write(self, change: Callable[[Tx], T]) -> T:
        """Run a change; what it returns is durable, what it raises undoes it."""
        ...

    async def read(self, question: Callable[[Tx], T]) -> T:
        """Run a question on one state."""
        ...
