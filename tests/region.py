"""A made-up region for tests of the node: its desk, professionals and persons, and a clock moved by hand."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from ledger import Tx
from node.domain.bsn import Bsn, passes_elfproef
from node.domain.description import Description
from node.domain.errors import PersonUnknown
from node.domain.organisation import Agreement, Category
from node.domain.period import Period
from node.domain.person import BirthDate, Person
from node.domain.professional import Contact, Domain, PersonNumber
from node.domain.rights import Role
from node.domain.signal import ProfessionalId
from node.flows.desk import Desk
from node.people.protocol import PeopleAway
from node.store import designations, humans, organisations, people, professionals, roles
from node.store.professionals import Profile

if TYPE_CHECKING:
    from tests.rehearsal import Party

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


def made_up_bsn(serial: int) -> Bsn:
    """A made-up number in 9999xxxxx that passes the elfproef; the same for the same serial."""
    found = (n for n in range(999900000, 1000000000) if passes_elfproef(str(n)))
    return Bsn(str(next(itertools.islice(found, serial, None))))


def confirmed(bsn: Bsn, born: str = "2010-05-01") -> dict[str, str]:
    """What a professional sends to signal a youth of ``World.person``, unless that was told otherwise."""
    return {"bsn": bsn.reveal(), "geboortedatum": born, "achternaam": "vri"}


SINCE = date(2020, 1, 1)
"""Since when agreements and designations in these made-up regions hold."""


def settled(
    tx: Tx,
    profile: Profile,
    new_id: Callable[[], UUID],
    *,
    gemeente: str = "0363",
    designated: bool = True,
    agreed: bool = True,
) -> ProfessionalId:
    """A profile that may signal: designated, at an organisation with agreements, as Jeugdwet 7.1.1.2 asks."""
    professionals.put(tx, profile, new_id)
    professional = professionals.by_reference(tx, profile.reference)
    if designated:
        designations.put(tx, professional.id, Period(SINCE))
    if agreed and not organisations.agreements_of(tx, professional.organisation):
        made = Agreement(new_id(), professional.organisation, gemeente, SINCE, Period(SINCE), "convenant 2020")
        organisations.put_agreement(tx, made)
    return professional.id


def granted(tx: Tx, desk: Desk, human: str, role: Role, place: str = "") -> PersonNumber:
    """A role that two others granted to this human, held from today."""
    asker, confirmer, holder = (humans.enter(tx, name, desk.new_id) for name in ("asker", "confirmer", human))
    number = roles.ask(tx, holder, role, place, asker, desk.clock())
    roles.confirm(tx, number, confirmer, desk.clock(), desk.today())
    return holder


def officer(region: "World | Party", gemeente: str = "0363") -> PersonNumber:
    """The privacy officer of a gemeente, granted the role by two others."""
    desk, name = region.desk, f"privacy officer {gemeente}"
    try:
        return desk.db.read_now(lambda tx: humans.find(tx, name))
    except PersonUnknown:
        return desk.db.write_now(lambda tx: granted(tx, desk, name, Role.PRIVACY_OFFICER, gemeente))


class RegisterAway:
    """A register of persons that cannot be asked."""

    async def find(self, bsn: Bsn) -> Person | None:
        """Never answers."""
        raise PeopleAway

    async def find_all(self, numbers: Sequence[Bsn]) -> dict[Bsn, Person]:
        """Never answers."""
        raise PeopleAway

    async def search(self, described: Description, today: date) -> Person:
        """Never answers."""
        raise PeopleAway


@dataclass
class World:
    """A desk, and how to people it."""

    desk: Desk
    moment: datetime = NOW
    nudges: list[datetime] = field(default_factory=list)

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**by)

    def with_rules(self, **rules: bool) -> Desk:
        """The same desk in a region with other rules."""
        return replace(self.desk, rules=replace(self.desk.rules, **rules))

    def professional(self, name: str, **other: object) -> ProfessionalId:
        """A professional at a location of their own, who may signal, unless told otherwise.

        ``designated=False``: nobody designated them. ``agreed=False``: the organisation has no agreement.
        """
        said = {
            "human": name,
            "organisation": f"Stichting {name}",
            "location": "Hoofdkantoor",
            "designated": True,
            "agreed": True,
            "months": 12,
            **other,
        }
        contact = Contact(
            str(said["organisation"]),
            Domain.JEUGDHULP,
            "wijkteam",
            str(said["location"]),
            "jeugdhulpverlener",
            name,
            str(said.get("phone", "020 1234567")),
            f"{name.lower()}@example.nl",
        )
        profile = Profile(name, str(said["human"]), contact, int(str(said["months"])), Category.JEUGDHULPAANBIEDER)
        designated, agreed = bool(said["designated"]), bool(said["agreed"])
        return self.desk.db.write_now(
            lambda tx: settled(tx, profile, self.desk.new_id, designated=designated, agreed=agreed)
        )

    def person(self, bsn: Bsn, born: str | None = "2010-05-01", **other: object) -> Bsn:
        """Put a person in the local register."""
        known = replace(Person(bsn, "Noor de Vries", BirthDate.parse(born) if born else None), **other)  # type: ignore[arg-type]
        self.desk.db.write_now(lambda tx: people.put(tx, self.desk.vault, [known]))
        return bsn

    def granted(self, human: str, role: Role, place: str = "") -> PersonNumber:
        """A role that two others granted to this human, who need not have a profile."""
        return self.desk.db.write_now(lambda tx: granted(tx, self.desk, human, role, place))

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.desk.db.read_now(lambda tx: tx.all(f"SELECT count(*) FROM {table}"))[0][0])  # noqa: S608

    def events(self) -> list[str]:
        """The names of all audit lines, in order."""
        return [row[0] for row in self.desk.db.read_now(lambda tx: tx.all("SELECT event FROM audit ORDER BY number"))]
