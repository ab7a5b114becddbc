"""An organisation, or a location, goes into another from today: people, signals, agreements and roles go along (O8).

1. The right to rename, at both.
2. Locations, teams, agreements and roles go over; what bears the same name becomes one. Earlier names lead to it.
3. Who meets whom is worked out anew for whoever moved, and their cards go to other regions anew.

All of it is one write, with its audit line. Then a nudge. Category, and the right to use the BSN, are those of the one
that stays. Signals keep their dates, and the gemeente that answers for them.
"""

from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.errors import FieldNotFit
from node.domain.professional import PersonNumber
from node.domain.rights import Act, Place
from node.domain.signal import ProfessionalId
from node.flows import authority
from node.flows.desk import Desk
from node.flows.meet import meet_anew
from node.flows.show_anew import show_anew
from node.store import merging, organisations, professionals, signals
from node.store.organisations import Unit


async def merge_organisations(desk: Desk, by: PersonNumber, ended: str, into: str) -> int:
    """``ended`` is ``into`` from today; says how many active signals went along.

    Who looks for a name of ``ended`` finds ``into``. Raises OrganisationUnknown, NotAllowed, and FieldNotFit for one
    and the same.
    """

    def change(tx: Tx) -> int:
        one, other = (organisations.named(tx, name).id for name in (ended, into))
        for each in (one, other):
            authority.require(tx, desk, by, Act.RENAME, Place(organisation=str(each)))
        _require_two(one, other)
        moved = merging.merge_organisations(tx, one, other, desk.today())
        return _settle(tx, desk, by, Unit.ORGANISATION, one, other, moved)

    done = await desk.db.write(change)
    desk.nudge()
    return done


async def merge_locations(desk: Desk, by: PersonNumber, organisation: str, ended: str, into: str) -> int:
    """The location ``ended`` of this organisation is ``into``, another of its locations, from today.

    Says how many active signals went along. Raises as ``merge_organisations`` does.
    """

    def change(tx: Tx) -> int:
        place = organisations.named(tx, organisation).id
        authority.require(tx, desk, by, Act.RENAME, Place(organisation=str(place)))
        one, other = (organisations.find_unit(tx, Unit.LOCATION, name, place) for name in (ended, into))
        _require_two(one, other)
        moved = merging.merge_locations(tx, one, other, desk.today())
        return _settle(tx, desk, by, Unit.LOCATION, one, other, moved)

    done = await desk.db.write(change)
    desk.nudge()
    return done


def _require_two(ended: UUID, into: UUID) -> None:
    if ended == into:
        raise FieldNotFit("into", "one and the same")


def _settle(
    tx: Tx, desk: Desk, by: PersonNumber, unit: Unit, ended: UUID, into: UUID, moved: list[ProfessionalId]
) -> int:
    for each in moved:
        who = professionals.get(tx, each)
        for signal in signals.of_professional(tx, each, desk.today()):
            meet_anew(tx, desk, signal, who)
    told = show_anew(tx, desk, moved)
    record(
        tx,
        audit.MERGED,
        desk.clock(),
        by=str(by),
        unit=unit.value,
        id=str(ended),
        into=str(into),
        professionals=len(moved),
        signals=told,
    )
    return told
