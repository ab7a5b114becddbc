"""An accounthouder keeps the agreements of organisations with a gemeente: Jeugdwet 7.1.3.1, G1 and G2.

Each way is one write: the right, the agreement, the audit line. Without one in force nobody of the organisation
signals; signals that were made stay with the gemeente that answers for them.
"""

from dataclasses import replace
from datetime import date
from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.errors import AlreadyHolds, CategoryNeeded, NothingToEnd
from node.domain.gemeenten import gemeente_on
from node.domain.organisation import Agreement, require_document
from node.domain.period import Period
from node.domain.professional import PersonNumber
from node.domain.rights import Act
from node.flows import authority
from node.flows.desk import Desk
from node.store import organisations


async def sign_agreement(
    desk: Desk, by: PersonNumber, organisation: str, gemeente: str, signed_on: date, period: Period, document: str
) -> UUID:
    """Keep agreements of this organisation with this gemeente; says under which id.

    Raises NotAllowed, OrganisationUnknown, GemeenteUnknown, CategoryNeeded, AlreadyHolds for a period in which there
    are agreements with this gemeente already, FieldNotFit for a document that cannot be found by its reference.
    """

    def change(tx: Tx) -> UUID:
        authority.require(tx, desk, by, Act.AGREE, authority.gemeente(gemeente, desk.today()))
        agreement = agree(tx, desk, organisation, gemeente, signed_on, period, document)
        record(
            tx,
            audit.AGREEMENT_SIGNED,
            desk.clock(),
            by=str(by),
            organisation=str(agreement.organisation),
            gemeente=gemeente,
            starts=period.starts.isoformat(),
            ends=period.ends.isoformat() if period.ends else None,
        )
        return agreement.id

    return await desk.db.write(change)


async def end_agreement(desk: Desk, by: PersonNumber, organisation: str, gemeente: str, on: date) -> None:
    """The agreements with this gemeente hold no more from this day on, which may lie ahead but not behind.

    Raises NotAllowed, OrganisationUnknown, GemeenteUnknown, NothingToEnd.
    """

    def change(tx: Tx) -> None:
        authority.require(tx, desk, by, Act.AGREE, authority.gemeente(gemeente, desk.today()))
        day = max(on, desk.today())
        found = organisations.named(tx, organisation)
        ended = 0
        for agreement in _with(tx, found.id, gemeente, desk.today()):
            if agreement.period.ends is not None and agreement.period.ends <= day:
                continue
            ended += 1
            if agreement.period.starts >= day:
                organisations.drop_agreement(tx, agreement)
            else:
                organisations.put_agreement(tx, replace(agreement, period=Period(agreement.period.starts, day)))
        if not ended:
            raise NothingToEnd
        record(
            tx,
            audit.AGREEMENT_ENDED,
            desk.clock(),
            by=str(by),
            organisation=str(found.id),
            gemeente=gemeente,
            ends=day.isoformat(),
        )

    await desk.db.write(change)


def agree(
    tx: Tx, desk: Desk, organisation: str, gemeente: str, signed_on: date, period: Period, document: str
) -> Agreement:
    """Keep the agreement in the caller's transaction, which has asked for the right and writes the audit line."""
    require_document(document)
    found = organisations.named(tx, organisation)
    if found.category is None:
        raise CategoryNeeded
    if any(period.meets(known.period) for known in _with(tx, found.id, gemeente, desk.today())):
        raise AlreadyHolds
    agreement = Agreement(desk.new_id(), found.id, gemeente, signed_on, period, document)
    organisations.put_agreement(tx, agreement)
    return agreement


def agrees_with(tx: Tx, organisation: UUID, gemeente: str, today: date) -> bool:
    """Whether there are agreements with this gemeente that hold today or will."""
    return any(
        known.period.ends is None or today < known.period.ends for known in _with(tx, organisation, gemeente, today)
    )


def _with(tx: Tx, organisation: UUID, gemeente: str, today: date) -> list[Agreement]:
    """Agreements with this gemeente, or with one that has been merged into it. Raises GemeenteUnknown."""
    now = gemeente_on(gemeente, today)
    return [
        known for known in organisations.agreements_of(tx, organisation) if gemeente_on(known.gemeente, today) == now
    ]
