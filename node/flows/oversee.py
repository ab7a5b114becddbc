"""What who holds a granted role oversees: organisations with their agreements, colleagues, and who holds which role.

Each is one look at the database, of one moment. Nothing here is about youths, so nothing is written of it in the log.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ledger import Tx
from node.domain import rights
from node.domain.errors import NotAllowed
from node.domain.organisation import Agreement
from node.domain.professional import PersonNumber, Professional
from node.domain.rights import Act, Held, Role
from node.flows import authority
from node.flows.capacity import standing_of
from node.flows.desk import Desk
from node.flows.grant_role import place_of_grant
from node.store import humans, organisations, professionals, roles
from node.store.organisations import Named, Organisation, Unit
from node.store.roles import Grant

_UNITS = {Role.INSTELLINGSCOORDINATOR: Unit.ORGANISATION, Role.LOCATIEBEHEERDER: Unit.LOCATION}
"""Who coordinates people, and where."""


@dataclass(frozen=True, slots=True)
class Overseen:
    """An organisation with the agreements that hold today or will, and the names that it had before."""

    organisation: Organisation
    agreements: tuple[Agreement, ...]
    earlier_names: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class KnownGrant:
    """A role that is held or was asked for, and the reference of the person who holds or would hold it."""

    grant: Grant
    holder: str


async def list_organisations(desk: Desk, by: PersonNumber) -> list[Overseen]:
    """Every organisation of the region. Raises NotAllowed for who holds no granted role today."""

    def look(tx: Tx) -> list[Overseen]:
        today = desk.today()
        if not roles.held(tx, by, today):
            raise NotAllowed
        return [
            Overseen(
                one,
                tuple(
                    known
                    for known in organisations.agreements_of(tx, one.id)
                    if known.period.ends is None or today < known.period.ends
                ),
                tuple(
                    named
                    for named in organisations.names(tx, Unit.ORGANISATION, one.id)
                    if named.valid_until is not None
                ),
            )
            for one in organisations.every(tx)
        ]

    return await desk.db.read(look)


async def list_staff(desk: Desk, by: PersonNumber) -> list[tuple[Professional, bool]]:
    """Everybody whom one coordinates, by name, and whether they may signal today. Raises NotAllowed for others."""

    def look(tx: Tx) -> list[tuple[Professional, bool]]:
        held, today = authority.roles_of(tx, by, desk), desk.today()
        places = [(_UNITS[one.role], UUID(one.place)) for one in held if one.role in _UNITS]
        if not places:
            raise NotAllowed
        ids = {who for unit, place in places for who in professionals.at_unit(tx, unit, place)}
        staff = [one for who in ids if (one := professionals.get(tx, who)).left_on is None]
        staff.sort(key=lambda one: (one.contact.name, str(one.id)))
        found = []
        for one in staff:
            standing = standing_of(tx, one, today)
            found.append((one, standing.designated and bool(standing.agreements)))
        return found

    return await desk.db.read(look)


async def list_roles(desk: Desk, by: PersonNumber) -> list[KnownGrant]:
    """Requests that wait and roles that are held: one's own, and those that one could grant. Others are not told."""

    def look(tx: Tx) -> list[KnownGrant]:
        held = authority.roles_of(tx, by, desk)
        return [
            KnownGrant(grant, humans.reference_of(tx, grant.person))
            for grant in roles.every(tx)
            if grant.ends_on is None and (grant.person == by or _could_grant(tx, by, held, grant, desk.today()))
        ]

    return await desk.db.read(look)


def _could_grant(tx: Tx, by: PersonNumber, held: Iterable[Held], grant: Grant, today: date) -> bool:
    return rights.allows(by, held, Act.GRANT_ROLE, place_of_grant(tx, grant, today), granting=grant.role)
