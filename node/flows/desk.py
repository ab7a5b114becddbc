"""What the flows of a professional work with: the database, the seals, the register of persons, the region's rules."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from ledger import Database
from node.domain.days import local_day
from node.domain.importing import ImportRules
from node.domain.limits import Limits
from node.domain.matching import Rules
from node.domain.moves import Gemeenten
from node.people.protocol import People
from node.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Desk:
    """One region's desk. ``nudge`` is called after a commit that left something for the hub."""

    region: str
    db: Database
    vault: Vault
    people: People
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    rules: Rules = field(default_factory=Rules)
    limits: Limits = field(default_factory=Limits)
    nudge: Callable[[], None] = lambda: None
    gemeenten: Gemeenten = field(default_factory=Gemeenten)
    imports: ImportRules = field(default_factory=ImportRules)

    def today(self) -> date:
        """The local day."""
        return local_day(self.clock())
