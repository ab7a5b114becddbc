"""Contact data of one profile change: by its owner, or by who coordinates there (Jeugdwet 7.1.3.3, O3).

One write: the right, the data, a wish for each active signal, the audit line. Then a nudge. Matches inside the region
show the new data at once, those in other regions when the hub has told.
"""

from dataclasses import dataclass, replace

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.errors import ProfessionalLeft
from node.domain.professional import PersonNumber, Professional, require_fit
from node.domain.rights import Act
from node.flows import authority
from node.flows.desk import Desk
from node.flows.show_anew import show_anew
from node.store import professionals


@dataclass(frozen=True, slots=True)
class NewContact:
    """What changes; None stays as it is."""

    function: str | None = None
    name: str | None = None
    phone: str | None = None
    email: str | None = None


async def change_contact(desk: Desk, by: PersonNumber, who: str, new: NewContact) -> Professional:
    """The profile as it is now. What is the same already tells nobody anything.

    Raises PersonUnknown, NotAllowed, ProfessionalLeft, FieldNotFit.
    """

    def change(tx: Tx) -> Professional:
        before = authority.profile_called(tx, who)
        authority.require(tx, desk, by, Act.CHANGE_CONTACT, authority.place_of(before))
        if before.left_on is not None:
            raise ProfessionalLeft
        old = before.contact
        contact = replace(
            old,
            function=old.function if new.function is None else new.function,
            name=old.name if new.name is None else new.name,
            phone=old.phone if new.phone is None else new.phone,
            email=old.email if new.email is None else new.email,
        )
        require_fit(contact)
        if contact == old:
            return before
        professionals.set_contact(tx, before.id, contact.function, contact.name, contact.phone, contact.email)
        told = show_anew(tx, desk, [before.id])
        record(tx, audit.CONTACT_CHANGED, desk.clock(), by=str(by), professional=str(before.id), signals=told)
        return replace(before, contact=contact)

    changed = await desk.db.write(change)
    desk.nudge()
    return changed
