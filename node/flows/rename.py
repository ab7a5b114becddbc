"""An organisation, location or team gets another name from today; its id and its earlier names stay (O8).

One write: the right, the name and its history, a wish for each active signal on whose card it stands, the audit line.
"""

from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.professional import PersonNumber, fits
from node.domain.rights import Act, Place
from node.flows import authority
from node.flows.desk import Desk
from node.flows.show_anew import show_anew
from node.store import organisations, professionals
from node.store.organisations import Unit


async def rename(desk: Desk, by: PersonNumber, path: tuple[str, ...], name: str) -> None:
    """What stands at the end of ``path`` (organisation, location, team) is called ``name`` from today.

    Matches and cards show the new name; who looks for the old one still finds it. The name it has already changes
    nothing. Raises NotAllowed, OrganisationUnknown, NameTaken, FieldNotFit.
    """

    def change(tx: Tx) -> None:
        unit = (Unit.ORGANISATION, Unit.LOCATION, Unit.TEAM)[len(path) - 1]
        organisation = organisations.named(tx, path[0]).id
        found: UUID = organisation
        for level, part in zip((Unit.LOCATION, Unit.TEAM), path[1:], strict=False):
            found = organisations.find_unit(tx, level, part, found)
        authority.require(tx, desk, by, Act.RENAME, Place(organisation=str(organisation)))
        fits("organisation" if unit is Unit.ORGANISATION else "location", name)
        if not organisations.rename(tx, unit, found, name, desk.today()):
            return
        told = show_anew(tx, desk, professionals.at_unit(tx, unit, found))
        record(tx, audit.RENAMED, desk.clock(), by=str(by), unit=unit.value, id=str(found), signals=told)

    await desk.db.write(change)
    desk.nudge()
