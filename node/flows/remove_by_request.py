"""A signal is removed because the AVG gives the one it is about that right: destroyed here, at the hub and with peers.

Jeugdwet 7.1.4.6(1): not archived, and taken out of the archive where it already was. A privacy officer decides; this
carries it out, and is the proof of it.

One write: destroy the signal, active or archived, annul its matches on both sides, the wish for the hub (annulled,
which empties its card in every mailbox), the line for the ledger of deletions, the audit line. Then a nudge.
"""

from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.errors import NotAllowed
from node.domain.retention import RULES, Verdict
from node.domain.signal import BY_REQUEST, EndReason
from node.flows.close import close
from node.flows.desk import Desk
from node.store import signals


async def remove_by_request(desk: Desk, signal_id: UUID, ground: EndReason) -> None:
    """Nothing of the signal remains but random ids in log and ledger, and a tombstone until its dates are past.

    Raises SignalUnknown, also the second time, and NotAllowed for a reason that is no right under the AVG.
    """
    if ground not in BY_REQUEST:
        raise NotAllowed

    def change(tx: Tx) -> None:
        signal, rule, now = signals.get(tx, signal_id), RULES[ground], desk.clock()
        ended = close(tx, desk, signal, Verdict(rule.fate, rule.article, ground), desk.today(), now)
        record(
            tx,
            audit.SIGNAL_REMOVED,
            now,
            signal=str(signal.id),
            reason=ground.value,
            article=rule.article,
            matchesEnded=ended,
        )

    await desk.db.write(change)
    desk.nudge()
