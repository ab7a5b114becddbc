"""What who holds a granted role oversees: the organisations with their agreements, and who holds which role.

Each is one look at the database, of one moment. Nothing here is about youths, so nothing is written of it in the log.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ledger import Tx
from node.domain import rights
from node.domain.errors import NotAllowed
from node.domain.organisation import Agreement
from node.domain.professional import PersonNumber
from node.domain.rights import Act, Held
from node.flows import authority
from node.flows.desk import Desk
from node.flows.grant_role import place_of_grant
from node.store import humans, organisations, roles
from node.store.organisations import Named, Organisation, Unit
from node.store.roles import Grant


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
