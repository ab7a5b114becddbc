"""What a sealed message does, in the transaction that moves the cursor: once by its sender and id.

It was opened before the write (``flows.open_sealed``). One that did not open, verify or make sense is an alarm.
"""

from dataclasses import replace
from datetime import timedelta

from ledger import Tx
from ledger.audit import record as audit_line
from node import exchange_audit as events
from node.domain.sealed import EndedUnheard, Moved, StillInvolved
from node.exchange import Exchange
from node.flows import hearing
from node.flows.leave_moves import correct_move
from node.flows.open_sealed import SealedAnswer, SealedUnheard
from node.flows.report_move import keep_move
from node.store import holds, mailbox
from node.store import sealed as store
from node.store.holds import AlarmKind
from node.store.mailbox import PairId, PairKind, PairStatus
from soap_wsdl.vocabulary import Notice, Oin

OLDEST = timedelta(days=365)
"""A message sealed longer ago is refused: ids are not kept for ever, so an old one could otherwise come twice."""
KEEP_IDS = timedelta(days=400)
"""How long the id of a message is kept: longer than the oldest that is let in."""


def hear(tx: Tx, exchange: Exchange, notice: Notice, answer: SealedAnswer | None) -> None:
    """Apply the sealed message of a notice. The same one again changes nothing."""
    if answer is None or store.was_heard(tx, notice.peer, answer.message_id):
        return
    now = exchange.clock()
    if isinstance(answer, SealedUnheard):
        _alarm(tx, exchange, notice, answer.about)
        return
    if now - answer.sealed_at > OLDEST:
        about = f"A sealed message of region {notice.peer} is older than {OLDEST.days} days and was not believed."
        _alarm(tx, exchange, notice, about)
        return
    store.remember_heard(tx, notice.peer, answer.message_id, answer.kind, now)
    audit_line(tx, events.SEALED_HEARD, now, peer=notice.peer, kind=answer.kind, message=str(answer.message_id))
    match answer.message:
        case EndedUnheard():
            _end(tx, exchange, notice.peer, answer.message)
        case Moved():
            keep_move(tx, exchange.vault, answer.message_id, notice.peer, answer.message, now)
        case StillInvolved():
            correct_move(tx, exchange.vault, notice.peer, answer.message, now)


def _end(tx: Tx, exchange: Exchange, peer: Oin, message: EndedUnheard) -> None:
    """Matches with records of this region that are over there. Only its own records: the peer is part of the key."""
    for ending in message.endings:
        known = mailbox.pair(tx, PairId(ending.peer_record_id, peer, ending.own_record_id, PairKind.MATCH))
        if known is None or (ending.revision < known.revision and known.heard != 0):
            continue  # Never heard of, or told anew since by the hub under a later revision: that one lives.
        known = replace(known, revision=max(known.revision, ending.revision))
        annuls = ending.annulled and known.status is PairStatus.ENDED
        if known.status is PairStatus.LIVING or annuls:
            hearing.end_pair(tx, exchange.today(), known, annulled=ending.annulled)


def _alarm(tx: Tx, exchange: Exchange, notice: Notice, about: str) -> None:
    now = exchange.clock()
    if holds.ring(tx, AlarmKind.SEALED_REFUSED, f"{about} It was notice {notice.number}.", notice.peer, now):
        message = str(notice.sealed_message.message_id) if notice.sealed_message else None
        audit_line(tx, events.SEALED_REFUSED, now, peer=notice.peer, message=message)
