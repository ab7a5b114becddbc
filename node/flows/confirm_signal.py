"""A professional says whom a signal is about, where an import did not say it, or what was said first waits for the
register or did not agree.

1. In one write: the right, an active signal that is not confirmed, room for a question; count it (``flows.searching``).
2. In one write: compare with what the register told of the youth; where it still knows nobody, keep the newer word.
3. Did it not agree: the question stays counted, and rings at the limit. Nothing else changes either way: whom a signal
   is about never does. One about the wrong youth is taken back as ONTERECHT.
"""

from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import rights
from node.domain.confirming import Confirmation, Stand
from node.domain.errors import DoesNotAgree
from node.domain.professional import Professional
from node.domain.rights import Act
from node.domain.signal import Signal
from node.flows.capacity import behalf, capacity
from node.flows.desk import Desk
from node.flows.end_signal import require_active
from node.flows.register_signal import log_refusal, require_agreement
from node.flows.searching import count_search, ring_if_often, was_no_miss
from node.store import confirmations, professionals, signals, youths


async def confirm_signal(desk: Desk, who: UUID, signal_id: UUID, said: Confirmation) -> Stand:
    """How the confirmation stands now; of a signal that was confirmed already nothing is asked.

    Raises ProfessionalUnknown, NotDesignated, NoAgreement, SignalUnknown, SignalOver, TooManyMissed, DoesNotAgree.
    """

    def begin(tx: Tx) -> Stand:
        professional, signal = _require(tx, desk, who, signal_id)
        standing = confirmations.stand(tx, signal.id)
        if standing is not Stand.CONFIRMED:
            count_search(tx, desk, professional.id)
        return standing

    def change(tx: Tx) -> Stand:
        professional, signal = _require(tx, desk, who, signal_id)
        youth = youths.get(tx, desk.vault, signal.youth)
        require_agreement(youth, said)
        was_no_miss(tx, desk, professional.id)
        if youth.person is None:
            confirmations.wait(tx, desk.vault, signal.id, said)
            return Stand.WAITS
        confirmations.compared(tx, signal.id, agrees=True)
        whose = behalf(professional, signal)
        record(
            tx,
            audit.SIGNAL_COMPARED,
            desk.clock(),
            by=str(professional.id),
            onBehalfOf=whose,
            signal=str(signal.id),
            agrees=True,
        )
        return Stand.CONFIRMED

    if await desk.db.write(begin) is Stand.CONFIRMED:
        return Stand.CONFIRMED
    try:
        return await desk.db.write(change)
    except DoesNotAgree as why:
        await log_refusal(desk, who, why)
        await desk.db.write(lambda tx: ring_if_often(tx, desk, who))
        raise


def _require(tx: Tx, desk: Desk, who: UUID, signal_id: UUID) -> tuple[Professional, Signal]:
    professional = professionals.get(tx, who)
    rights.require(professional, Act.GIVE_BSN, signals.get(tx, signal_id), capacity(tx, professional, desk.today()))
    return professional, require_active(tx, desk, signal_id)
