"""Two regions with one hub and one register of persons each, for a model that drives them through years."""

import asyncio
import tempfile
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from hypothesis.stateful import RuleBasedStateMachine

from certs.authority import DevPki
from node.domain.days import local_day
from node.domain.errors import NotDone
from node.domain.matching import MatchKind
from node.domain.moves import Gemeenten
from node.domain.person import BirthDate, Person
from node.domain.rights import Role
from node.domain.signal import ProfessionalId, Signal
from node.flows.ask_again import ask_again
from node.flows.expire import expire
from node.flows.forgetting import forget
from node.store import people, signals, youths
from tests.leaks import Search
from tests.region import granted
from tests.rehearsal import OINS, Party, Rehearsal

T = TypeVar("T")
NAMES = ("amsterdam", "haaglanden")
HOMES = {"0363": OINS["amsterdam"], "0518": OINS["haaglanden"]}
CHILDREN, MOST_CHILDREN, PARENTS, PROFESSIONALS = 4, 12, 3, 2
LAST_YEAR = 2042
"""The epoch and the certificates of a rehearsal end after this."""


@dataclass(frozen=True)
class Standing:
    """A signal where it lies, and about which child."""

    party: str
    signal: Signal
    child: int
    who: str


class World(RuleBasedStateMachine):
    """Two regions, two professionals in each, children who may be brothers and sisters, one hub."""

    pki: ClassVar[DevPki]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.place = tempfile.TemporaryDirectory(prefix="regions-")
        self.rehearsal = Rehearsal(Path(self.place.name), self.pki)
        self.rehearsal.epoch("2026", date(2026, 1, 1), date(LAST_YEAR + 3, 1, 1))
        self.children = [self.rehearsal.bsn() for _ in range(CHILDREN)]
        self.parents_of_all = [self.rehearsal.bsn() for _ in range(PARENTS)]
        self.silent: set[str] = set()
        self.gone: set[str] = set()
        """Signals that must be destroyed at once: mistakes, and those removed at request."""
        self.fetched: set[tuple[UUID, UUID]] = set()
        self.search = Search()
        for number, bsn in enumerate((*self.children, *self.parents_of_all)):
            self.search.number(f"number {number}", bsn.reveal())

    def run(self, step: Awaitable[T]) -> T | None:
        """One step to its end; what the domain refuses is not done."""

        async def one() -> T | None:
            try:
                return await step
            except NotDone:
                return None

        return self.runner.run(one())

    @property
    def parties(self) -> dict[str, Party]:
        return self.rehearsal.parties

    @property
    def today(self) -> date:
        return local_day(self.rehearsal.moment)

    def join(self, births: list[BirthDate]) -> None:
        """Both regions know the same persons; the first two share two parents."""
        self.known: list[dict[str, Any]] = [{"birth_date": born, "gemeente": "0363"} for born in births]
        self.known[0]["parents"] = self.known[1]["parents"] = tuple(self.parents_of_all[:2])
        self.who: dict[tuple[str, int], ProfessionalId] = {}
        for name in NAMES:
            party = self.runner.run(self.rehearsal.region(name))
            party.desk = replace(party.desk, gemeenten=Gemeenten(party.oin, HOMES))
            for gemeente in HOMES:
                party.db.write_now(lambda tx: granted(tx, party.desk, "Coen", Role.COORDINATOR, gemeente))  # noqa: B023
            for number in range(PROFESSIONALS):
                self.who[name, number] = party.professional(f"{name}{number}")
        for number in range(CHILDREN):
            self.tell(number)

    def tell(self, number: int) -> None:
        """Put what is known of a child in both registers, which are asked once a day: it shows tomorrow."""
        person = Person(self.children[number], "Noor de Vries", **self.known[number])
        for party in self.parties.values():
            party.db.write_now(lambda tx: people.put(tx, party.desk.vault, [person]))  # noqa: B023
        self.rehearsal.later(days=1)

    def standing(self, party: Party) -> list[Standing]:
        """Every signal that this node has, active ones first."""
        number_of = {youths.key_of(party.desk.vault, bsn): number for number, bsn in enumerate(self.children)}
        name_of = {who: f"{name}{number}" for (name, number), who in self.who.items()}
        found = party.db.read_now(
            lambda tx: [signals.get(tx, each) for each in (*signals.active(tx), *signals.archived(tx))]
        )
        return [Standing(party.name, each, number_of[each.youth], name_of[each.professional]) for each in found]

    def chosen(self, pick: int) -> list[Standing]:
        """One signal, the same for the same ``pick`` and the same story; none where there is none."""
        found = [each for name in NAMES for each in self.standing(self.parties[name])]
        found.sort(key=lambda each: (each.signal.made_at, each.who, each.child))
        return [found[pick % len(found)]] if found else []

    def ground(self, one: Standing, other: Standing) -> MatchKind | None:
        """On what ground two signals meet."""
        if one.child == other.child:
            return MatchKind.CLIENT
        mine, theirs = (set(self.known[each.child].get("parents", ())) for each in (one, other))
        return MatchKind.FAMILY if mine & theirs else None

    async def night(self) -> None:
        """Every program's nightly work, and whatever travels after it."""
        for party in self.parties.values():
            await ask_again(party.desk)
            await expire(party.desk)
        await self.rehearsal.hub.sweep()
        await self.rehearsal.settle(4)
        await self.rehearsal.hub.sweep()
        for party in self.parties.values():
            await forget(party.exchange)

    def teardown(self) -> None:
        """The last word: no number anywhere at the hub or the service, nor in the clear at a node."""
        try:
            if self.parties:
                places = [self.rehearsal.hub.directory / "hub.db", self.rehearsal.service.directory / "service.db"]
                places += [party.directory / "node.db" for party in self.parties.values()]
                assert [self.search.cells(place) for place in places] == [{}] * len(places)
        finally:
            self.rehearsal.close()
            self.runner.close()
            self.place.cleanup()
