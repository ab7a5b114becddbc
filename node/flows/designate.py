"""An organisation designates who signals, and ends that: Jeugdwet 7.1.1.2(1)c, O2.

Each way is one write: the right, the designation, the audit line. Without one in force somebody can still read and
end own signals.
"""

from datetime import date

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.errors import AlreadyHolds, NothingToEnd, ProfessionalLeft
from node.domain.period import Period
from node.domain.professional import PersonNumber, Professional
from node.domain.rights import Act
from node.flows import authority
from node.flows.desk import Desk
from node.store import designations


async def designate(desk: Desk, by: PersonNumber, who: str, period: Period) -> None:
    """This profile may signal in this period, at an organisation that has agreements.

    Raises PersonUnknown, NotAllowed, ProfessionalLeft, and AlreadyHolds where it is designated already.
    """

    def change(tx: Tx) -> None:
        professional = authority.profile_called(tx, who)
        authority.require(tx, desk, by, Act.DESIGNATE, authority.place_of(professional))
        begin(tx, professional, period)
        record(
            tx,
            audit.PROFESSIONAL_DESIGNATED,
            desk.clock(),
            by=str(by),
            professional=str(professional.id),
            starts=period.starts.isoformat(),
            ends=period.ends.isoformat() if period.ends else None,
        )

    await desk.db.write(change)


async def end_designation(desk: Desk, by: PersonNumber, who: str, on: date) -> None:
    """From this day on, which may lie ahead but not behind, nothing designates this profile.

    Raises PersonUnknown, NotAllowed, NothingToEnd.
    """

    def change(tx: Tx) -> None:
        professional = authority.profile_called(tx, who)
        authority.require(tx, desk, by, Act.DESIGNATE, authority.place_of(professional))
        day = max(on, desk.today())
        if not designations.end_by(tx, professional.id, day):
            raise NothingToEnd
        record(
            tx,
            audit.DESIGNATION_ENDED,
            desk.clock(),
            by=str(by),
            professional=str(professional.id),
            ends=day.isoformat(),
        )

    await desk.db.write(change)


def begin(tx: Tx, who: Professional, period: Period) -> None:
    """Designate in the caller's transaction, which has asked for the right and writes the audit line."""
    if who.left_on is not None:
        raise ProfessionalLeft
    if any(period.meets(known) for known in designations.of(tx, who.id)):
        raise AlreadyHolds
    designations.put(tx, who.id, period)
