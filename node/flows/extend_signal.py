"""A professional stays involved for longer: the end of the signal moves, within what the law allows.

One write: rights, the new term, the end of its matches inside the region, the wish for the hub, the audit line.
"""

from dataclasses import replace
from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import retention, rights
from node.domain.days import local_day
from node.domain.errors import NoLaterEnd
from node.domain.organisation import require_category
from node.domain.rights import Act
from node.domain.signal import Signal
from node.flows.capacity import behalf, capacity
from node.flows.desk import Desk
from node.flows.end_signal import require_active
from node.store import confirmations, matches, outbox, professionals, signals, youths


async def extend_signal(desk: Desk, who: UUID, signal_id: UUID, months: int) -> Signal:
    """Move the end to so many months from today; never past two years from when it was made, or the 23rd birthday.

    Raises ProfessionalUnknown, NotDesignated, NoAgreement, SignalUnknown, SignalOver, NotConfirmed, DurationNotOffered,
    NoLaterEnd.
    """

    def change(tx: Tx) -> Signal:
        now = desk.clock()
        professional = professionals.get(tx, who)
        acting = capacity(tx, professional, desk.today())
        rights.require(professional, Act.EXTEND, signals.get(tx, signal_id), acting)
        require_category(professional.contact.domain, preventive_field=desk.preventive_field)
        signal = require_active(tx, desk, signal_id)
        confirmations.require_told_of(tx, signal.id)
        adult_on = youths.get(tx, desk.vault, signal.youth).adult_on
        term = retention.term(local_day(signal.made_at), months, adult_on, from_day=desk.today(), terms=desk.terms)
        if term.valid_until <= signal.valid_until:
            raise NoLaterEnd
        extended = replace(signal, valid_until=term.valid_until, archive_until=term.archive_until)
        signals.put(tx, extended)
        matches.move_end(tx, signal.id)
        outbox.change(tx, signal.id, now)
        record(
            tx,
            audit.SIGNAL_EXTENDED,
            now,
            by=str(professional.id),
            onBehalfOf=behalf(professional, signal),
            signal=str(signal.id),
            validUntil=term.valid_until.isoformat(),
        )
        return extended

    extended = await desk.db.write(change)
    desk.nudge()
    return extended
