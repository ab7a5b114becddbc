"""Who may use the BSN and see it, and an accounthouder who says so of an organisation: Jeugdwet 7.1.4.2(2) and (3).

Asked by every flow that takes a number, and by every one that would show it. Saying otherwise than the category does
is one write: the right, the organisation, the audit line. Signals that were made stay as they are.
"""

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.bsn_right import may_use
from node.domain.errors import NoBsnRight, NotAllowed
from node.domain.gemeenten import gemeente_on
from node.domain.professional import PersonNumber, Professional
from node.domain.rights import Act, Place
from node.flows import authority
from node.flows.desk import Desk
from node.store import organisations, professionals


def may_give(tx: Tx, who: Professional) -> bool:
    """Whether this profile may give a BSN with a signal: as its organisation may."""
    organisation = organisations.get(tx, who.organisation)
    return may_use(organisation.category, organisation.bsn_right)


def require_right(tx: Tx, who: Professional) -> None:
    """Raises NoBsnRight for who must signal by name."""
    if not may_give(tx, who):
        raise NoBsnRight


def may_see(tx: Tx, person: PersonNumber) -> bool:
    """Whether this human may be shown a BSN: not who works here for organisations only that may not use it.

    Who has no profile and holds a role acts for the college that named them, which may (Jeugdwet 7.2.1).
    """
    profiles = professionals.of_person(tx, person)
    return not profiles or any(may_give(tx, one) for one in profiles)


async def set_bsn_right(desk: Desk, by: PersonNumber, organisation: str, said: bool | None) -> bool:
    """From now on this organisation may use the BSN, or may not; None: as its category says. False: it was so already.

    Raises OrganisationUnknown, and NotAllowed for who keeps no agreement of a gemeente with this organisation.
    """

    def change(tx: Tx) -> bool:
        found = organisations.named(tx, organisation)
        today = desk.today()
        codes = {known.gemeente for known in organisations.agreements_of(tx, found.id) if known.in_force(today)}
        codes |= {gemeente_on(code, today).code for code in codes}
        if not codes:
            raise NotAllowed
        authority.require(tx, desk, by, Act.AGREE, Place(gemeenten=frozenset(codes)))
        if found.bsn_right is said:
            return False
        organisations.set_bsn_right(tx, found.id, said)
        record(
            tx,
            audit.BSN_RIGHT_SET,
            desk.clock(),
            by=str(by),
            organisation=str(found.id),
            may=may_use(found.category, said),
            saidSo=said is not None,
        )
        return True

    return await desk.db.write(change)
