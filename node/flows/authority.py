"""Who asks, and whether a role of theirs allows it there: looked up in the transaction that acts."""

from datetime import date
from uuid import UUID

from ledger import Tx
from node.domain import rights
from node.domain.errors import NotAllowed, NotHereAnyMore, PersonUnknown, ProfessionalUnknown
from node.domain.gemeenten import codes_of, require_code
from node.domain.professional import PersonNumber, Professional
from node.domain.rights import Act, Held, Place, Role
from node.flows.desk import Desk
from node.store import humans, professionals, roles


def person_called(tx: Tx, said: str) -> PersonNumber:
    """The human known by this reference, or behind the profile of this reference or id. Raises PersonUnknown."""
    try:
        return humans.find(tx, said)
    except PersonUnknown:
        return profile_called(tx, said).person


def person_known(tx: Tx, by: str | PersonNumber) -> PersonNumber:
    """For whom a flow acts: a number that the door found, or a word from the command line. Raises PersonUnknown."""
    return person_called(tx, by) if isinstance(by, str) else by


def require_operator(tx: Tx, desk: Desk, by: str | PersonNumber) -> PersonNumber:
    """Somebody who runs the node. Raises PersonUnknown, NotAllowed."""
    person = person_known(tx, by)
    require(tx, desk, person, Act.RUN_NODE, Place())
    return person


def require_here(tx: Tx, desk: Desk, person: PersonNumber) -> None:
    """Raises NotHereAnyMore for who left every organisation of the region and holds no granted role."""
    left = professionals.had_profile(tx, person) and not professionals.of_person(tx, person)
    if left and not roles.held(tx, person, desk.today()):
        raise NotHereAnyMore


def profile_called(tx: Tx, said: str) -> Professional:
    """The profile of this reference or id. Raises PersonUnknown."""
    try:
        try:
            return professionals.get(tx, UUID(said))
        except ValueError:
            return professionals.by_reference(tx, said)
    except ProfessionalUnknown:
        raise PersonUnknown from None


def roles_of(tx: Tx, person: PersonNumber, desk: Desk) -> list[Held]:
    """What this human holds today: granted roles, and that of a professional for whoever has a profile."""
    granted = roles.held(tx, person, desk.today())
    return [*granted, Held(Role.PROFESSIONAL)] if professionals.of_person(tx, person) else granted


def require(tx: Tx, desk: Desk, by: PersonNumber, act: Act, place: Place, *, granting: Role | None = None) -> None:
    """Raises NotAllowed unless a role that ``by`` holds today allows this act there."""
    if not rights.allows(by, roles_of(tx, by, desk), act, place, granting=granting):
        raise NotAllowed


def gemeente(code: str, today: date) -> Place:
    """A gemeente as the place of an act: whoever has a role at one that was merged has it at the one that took over.

    Raises GemeenteUnknown.
    """
    require_code(code)
    return Place(gemeenten=codes_of(code, today))


def place_of(who: Professional) -> Place:
    """Where a profile works, and whose it is."""
    return Place(who.person, str(who.location), str(who.organisation))
