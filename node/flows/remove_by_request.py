"""A signal is removed because the AVG gives the one it is about that right: destroyed here, at the hub and with peers.

Jeugdwet 7.1.4.6(1): not archived, and taken out of the archive where it already was. A privacy officer of the gemeente
that answers for the signal decides (7.1.2.2(3)); this carries it out, and is the proof of it.

One write: the right, destroy the signal, active or archived, annul its matches on both sides, the wish for the hub
(annulled, which empties its card in every mailbox), the line for the ledger of deletions, the audit line. Then a nudge.
"""

from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.errors import NotAllowed
from node.domain.gemeenten import codes_of
from node.domain.professional import PersonNumber
from node.domain.retention import RULES, Verdict
from node.domain.rights import Act, Place
from node.domain.signal import BY_REQUEST, EndReason, Signal
from node.flows import authority
from node.flows.close import close
from node.flows.desk import Desk
from node.store import organisations, professionals, signals


async def remove_by_request(desk: Desk, by: PersonNumber, signal_id: UUID, ground: EndReason) -> None:
    """Nothing of the signal remains but random ids in log and ledger, and a tombstone until its dates are past.

    Raises SignalUnknown, also the second time, and NotAllowed for a reason that is no right under the AVG, or for who
    handles no requests for the gemeente that answers.
    """
    if ground not in BY_REQUEST:
        raise NotAllowed

    def change(tx: Tx) -> None:
        signal, rule, now = signals.get(tx, signal_id), RULES[ground], desk.clock()
        authority.require(tx, desk, by, Act.HANDLE_REQUEST, _answering(tx, desk, signal))
        ended = close(tx, desk, signal, Verdict(rule.fate, rule.article, ground), desk.today(), now)
        record(
            tx,
            audit.SIGNAL_REMOVED,
            now,
            by=str(by),
            signal=str(signal.id),
            reason=ground.value,
            article=rule.article,
            matchesEnded=ended,
        )

    await desk.db.write(change)
    desk.nudge()


def _answering(tx: Tx, desk: Desk, signal: Signal) -> Place:
    """The gemeente that answers; of an older signal, every one that its organisation has agreements with."""
    if signal.responsible is not None:
        return authority.gemeente(signal.responsible, desk.today())
    organisation = professionals.get(tx, signal.professional).organisation
    codes = (codes_of(each.gemeente, desk.today()) for each in organisations.agreements_of(tx, organisation))
    return Place(gemeenten=frozenset().union(*codes))
