"""A role is granted by two people to a third: one asks, another confirms (B2). Ending it takes one.

Each way is one write: the right, the request or grant, the audit line. As long as a region has fewer than two
regiobeheerders, whoever works at its command line asks for and confirms one, since nobody else could. There a person
is a reference, ``str``; everywhere else a number that is known already, and that way is closed.
"""

from dataclasses import dataclass
from datetime import date

from ledger import Event, Tx
from ledger.audit import record
from node import audit
from node.domain import rights
from node.domain.errors import AlreadyHolds, FieldNotFit, RequestUnknown
from node.domain.gemeenten import gemeente_on
from node.domain.professional import PersonNumber
from node.domain.rights import FEWEST_REGIOBEHEERDERS, PLACE, Act, Place, Role, Scope
from node.flows import authority
from node.flows.desk import Desk
from node.store import humans, organisations, professionals, roles
from node.store.organisations import Unit
from node.store.roles import Grant


@dataclass(frozen=True, slots=True)
class Where:
    """For what place a role is: what it needs of these, and nothing else."""

    organisation: str | None = None
    location: str | None = None
    gemeente: str | None = None


async def ask_role(desk: Desk, by: str | PersonNumber, receiver: str, role: Role, where: Where) -> int:
    """Ask for a role for somebody; says under which number it is to be confirmed. Nothing is held yet.

    Raises NotAllowed, TwoPeopleNeeded, RolesClash, AlreadyHolds, OrganisationUnknown, GemeenteUnknown, PersonUnknown,
    and FieldNotFit for a role that is not granted, or a place that the role has not.
    """

    def change(tx: Tx) -> int:
        held_at, place = _place(tx, desk, role, where)
        asker = _grantor(tx, desk, by, role, place)
        person = humans.enter(tx, receiver, desk.new_id)
        rights.require_two_people(asker, None, person)
        _require_possible(tx, person, role, held_at)
        number = roles.ask(tx, person, role, held_at, asker, desk.clock())
        _log(tx, desk, audit.ROLE_ASKED, asker, number, roles.get(tx, number))
        return number

    return await desk.db.write(change)


async def confirm_role(desk: Desk, by: str | PersonNumber, number: int) -> None:
    """The role is held from today. The right is asked again, of who confirms, today.

    Raises RequestUnknown (also for what was confirmed before), NotAllowed, TwoPeopleNeeded, RolesClash.
    """

    def change(tx: Tx) -> None:
        grant = roles.get(tx, number)
        if grant.confirmed_by is not None:
            raise RequestUnknown
        confirmer = _grantor(tx, desk, by, grant.role, place_of_grant(tx, grant, desk.today()))
        rights.require_two_people(grant.asked_by, confirmer, grant.person)
        _require_possible(tx, grant.person, grant.role, grant.place, confirming=grant)
        roles.confirm(tx, number, confirmer, desk.clock(), desk.today())
        _log(tx, desk, audit.ROLE_GRANTED, confirmer, number, grant)

    await desk.db.write(change)


async def end_role(desk: Desk, by: str | PersonNumber, number: int) -> None:
    """From today the role is not held any more; a request that waits is withdrawn.

    Raises RequestUnknown, NotAllowed.
    """

    def change(tx: Tx) -> None:
        grant = roles.get(tx, number)
        who = _person(tx, by)
        authority.require(tx, desk, who, Act.GRANT_ROLE, place_of_grant(tx, grant, desk.today()), granting=grant.role)
        roles.end(tx, number, desk.today())
        _log(tx, desk, audit.ROLE_ENDED, who, number, grant)

    await desk.db.write(change)


def _grantor(tx: Tx, desk: Desk, by: str | PersonNumber, role: Role, place: Place) -> PersonNumber:
    few = roles.how_many(tx, Role.REGIOBEHEERDER, desk.today()) < FEWEST_REGIOBEHEERDERS
    if role is Role.REGIOBEHEERDER and few and isinstance(by, str):
        return humans.enter(tx, by, desk.new_id)
    who = _person(tx, by)
    authority.require(tx, desk, who, Act.GRANT_ROLE, place, granting=role)
    return who


def _person(tx: Tx, by: str | PersonNumber) -> PersonNumber:
    return authority.person_called(tx, by) if isinstance(by, str) else by


def _require_possible(tx: Tx, person: PersonNumber, role: Role, place: str, *, confirming: Grant | None = None) -> None:
    standing = [grant for grant in roles.standing(tx, person) if grant != confirming]
    if any((grant.role, grant.place) == (role, place) for grant in standing):
        raise AlreadyHolds
    also = [Role.PROFESSIONAL] if professionals.of_person(tx, person) else []
    rights.require_no_clash([role, *also, *(grant.role for grant in standing)])


def _place(tx: Tx, desk: Desk, role: Role, where: Where) -> tuple[str, Place]:
    """What the grant keeps as its place, and the place that the grantor must have a say over."""
    if role not in PLACE:
        raise FieldNotFit("role", "not one that is granted")
    match PLACE[role], where:
        case Scope.LOCATION, Where(str(name), str(location), None):
            organisation = organisations.named(tx, name).id
            found = organisations.find_unit(tx, Unit.LOCATION, location, organisation)
            return str(found), Place(location=str(found), organisation=str(organisation))
        case Scope.ORGANISATION, Where(str(name), None, None):
            organisation = organisations.named(tx, name).id
            return str(organisation), Place(organisation=str(organisation))
        case Scope.GEMEENTE, Where(None, None, str(code)):
            now = gemeente_on(code, desk.today()).code
            return now, authority.gemeente(now, desk.today())
        case Scope.REGION, Where(None, None, None):
            return "", Place()
    raise FieldNotFit("place", f"for this role it is: {PLACE[role].value}")


def place_of_grant(tx: Tx, grant: Grant, today: date) -> Place:
    """The place that who grants this role, or ends it, must have a say over."""
    match PLACE[grant.role]:
        case Scope.LOCATION:
            return Place(location=grant.place, organisation=organisations.organisation_of(tx, grant.place))
        case Scope.ORGANISATION:
            return Place(organisation=grant.place)
        case Scope.GEMEENTE:
            return authority.gemeente(grant.place, today)
        case _:
            return Place()


def _log(tx: Tx, desk: Desk, event: Event, by: PersonNumber, number: int, grant: Grant) -> None:
    record(
        tx,
        event,
        desk.clock(),
        by=str(by),
        request=number,
        role=grant.role.value,
        place=grant.place or None,
        holder=str(grant.person),
    )
