"""A professional ends a signal, with the reason that decides between archive and destruction, or takes it back.

One write: rights, archive or destroy, its matches on both sides, the wish for the hub, the audit line. Then a nudge.
"""

from datetime import timedelta
from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import retention, rights
from node.domain.errors import NotAllowed, SignalOver, TooLateToUndo
from node.domain.rights import Act
from node.domain.signal import BY_PROFESSIONAL, EndReason, Signal, State
from node.flows.capacity import behalf, capacity
from node.flows.close import close
from node.flows.desk import Desk
from node.flows.taken_back import count_taken_back
from node.store import professionals, signals, youths

UNDO_WITHIN = timedelta(minutes=15)
"""How long a signal can be taken back as if it had not been made."""


async def end_signal(desk: Desk, who: UUID, signal_id: UUID, reason: EndReason) -> None:
    """The signal is over. ONTERECHT destroys it everywhere; RISICO_WEG keeps it five years, never past 23.

    Raises ProfessionalUnknown, SignalUnknown, SignalOver, and NotAllowed for a reason that only dates can give.
    """
    if reason not in BY_PROFESSIONAL:
        raise NotAllowed
    await _end(desk, who, signal_id, reason)


async def undo_signal(desk: Desk, who: UUID, signal_id: UUID) -> None:
    """Take a signal back within fifteen minutes: the same as ONTERECHT. Later raises TooLateToUndo."""
    await _end(desk, who, signal_id, EndReason.ONTERECHT, undo=True)


async def _end(desk: Desk, who: UUID, signal_id: UUID, reason: EndReason, *, undo: bool = False) -> None:
    def change(tx: Tx) -> None:
        now, today = desk.clock(), desk.today()
        professional = professionals.get(tx, who)
        rights.require(professional, Act.END, signals.get(tx, signal_id), capacity(tx, professional, today))
        signal = require_active(tx, desk, signal_id)
        if undo and now - signal.made_at > UNDO_WITHIN:
            raise TooLateToUndo
        verdict = retention.ended(reason, today, youths.get(tx, desk.vault, signal.youth).adult_on)
        count_taken_back(tx, desk, signal, reason, now)
        ended = close(tx, desk, signal, verdict, today, now)
        record(
            tx,
            audit.SIGNAL_UNDONE if undo else audit.SIGNAL_ENDED,
            now,
            by=str(professional.id),
            onBehalfOf=behalf(professional, signal),
            signal=str(signal.id),
            reason=None if undo else reason.value,
            article=None if undo else verdict.article,
            archiveUntil=verdict.archive_until.isoformat() if verdict.archive_until else None,
            matchesEnded=ended,
        )

    await desk.db.write(change)
    desk.nudge()


def require_active(tx: Tx, desk: Desk, signal_id: UUID) -> Signal:
    """The signal, if it is active today. Raises SignalUnknown, SignalOver."""
    signal = signals.get(tx, signal_id)
    if signal.state is not State.ACTIVE or signal.valid_until <= desk.today():
        raise SignalOver
    return signal
