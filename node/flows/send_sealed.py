"""Sealed messages leave for other regions: part of a delivery, after the batches.

1. Endings that the hub cannot tell become messages, one write for all.
2. What has no bytes yet is sealed to the newest sealing key of its region; without a usable key it waits, and whatever
   comes after it for that region waits with it. What is under a key that is compromised now is sealed anew.
3. Each is sent under the next sequence; where the hub expects another, under that one.
4. The hub has it: it is kept thirty days, for a hub that forgets. The hub refuses it for good: it is set aside.

What if we stop here? The bytes are kept before they leave; the next round sends the same, and the hub knows its id.
"""

from dataclasses import dataclass
from datetime import timedelta

from certs.region_keys import RegionKeyMissing
from certs.statements import KeyEnding, KeyKind
from hub_connector.directory import Directory
from hub_connector.failures import Refused
from hub_connector.sealed import Envelope, seal_message
from ledger import Tx
from ledger.audit import record as audit_line
from node import exchange_audit as events
from node.domain.sealed import MOST_ENDINGS, EndedUnheard, write
from node.exchange import Exchange
from node.flows.keys import directory_of, make_keys_known
from node.store import sealed as store
from node.store.sealed import Outgoing
from soap_wsdl.vocabulary import Delivery, Oin, SealedMessage, SendSealedMessage, SendSealedMessageResponse

KEEP_SENT = timedelta(days=30)
"""How long what was sent is kept: as long as the hub keeps it after it was read."""
UNHEARD_WITHIN = timedelta(days=30)
"""How far back endings are told once more when the hub lost its memory: a backup older than this is no backup."""
_NO_KEY = "This region has no sealing key that we can use: wait until it publishes one."
_ABOUT_MESSAGE = frozenset({"0001", "0004", "0009", "0010", "0011", "ONTVANGER"})
"""Faults that say that this message cannot go; any other refusal is about us, and everything waits."""


@dataclass(frozen=True, slots=True)
class SealedReport:
    """How many messages the hub took, and how many were set aside."""

    sent: int = 0
    set_aside: int = 0


async def send_sealed(exchange: Exchange) -> SealedReport:
    """Send what may leave, for a caller that holds ``exchange.delivering``. Raises NotNow, and Refused about us."""
    if await exchange.db.read(store.unheard):
        await exchange.db.write(lambda tx: tell_unheard(tx, exchange))
    waiting = await exchange.db.read(store.waiting)
    if not waiting:
        return SealedReport()
    await make_keys_known(exchange)
    directory = await exchange.db.read(directory_of)
    if any(_wants_sealing(exchange, directory, each) for each in waiting):
        waiting = await exchange.db.write(lambda tx: _seal_all(tx, exchange))
    sent = aside = 0
    held: set[Oin] = set()
    for message in waiting:
        if message.sealed is None:
            held.add(message.peer)
        if message.peer in held:
            continue
        if await _send(exchange, message):
            sent += 1
        else:
            aside += 1
    return SealedReport(sent, aside)


def tell_unheard(tx: Tx, exchange: Exchange) -> None:
    """Endings that the hub cannot tell, as messages to the regions that they are about."""
    for peer, endings in store.unheard(tx).items():
        for start in range(0, len(endings), MOST_ENDINGS):
            some = endings[start : start + MOST_ENDINGS]
            store.put(tx, exchange.vault, exchange.new_id(), peer, write(EndedUnheard(tuple(some))), exchange.clock())
        store.unheard_told(tx, peer, endings)


def _wants_sealing(exchange: Exchange, directory: Directory, message: Outgoing) -> bool:
    """Whether it has no bytes yet, or bytes under a key, ours or theirs, that is compromised now."""
    if message.sealed is None or message.key_id is None or message.signed_with is None:
        return True
    theirs = directory.key(message.peer, KeyKind.SEALING, message.key_id)
    try:
        ours = exchange.region_keys.find(message.signed_with).stated
    except RegionKeyMissing:
        return True
    return any(key is not None and key.ended is KeyEnding.COMPROMISED for key in (theirs, ours))


def _seal_all(tx: Tx, exchange: Exchange) -> list[Outgoing]:
    """Seal what has no bytes that may leave; returns all that waits as it stands then."""
    directory, now = directory_of(tx), exchange.clock()
    signing = exchange.region_keys.current(KeyKind.CARD)
    for message in store.waiting(tx):
        if not _wants_sealing(exchange, directory, message):
            continue
        key = directory.sealing_key(message.peer, now)
        if key is None:
            store.wait(tx, message.number, _NO_KEY)
            continue
        content = store.content_of(tx, exchange.vault, message)
        envelope = Envelope(exchange.own, message.peer, message.message_id)
        closed = seal_message(content.kind, content.text, envelope, key, signing, now)
        store.seal(tx, message.number, key.id, signing.id, closed)
    return store.waiting(tx)


async def _send(exchange: Exchange, message: Outgoing) -> bool:
    """Send one; True when the hub has it, False when it was set aside."""
    sequence = await exchange.db.read(lambda tx: store.next_sequence(tx, message.peer))
    try:
        answer = await _sent_as(exchange, message, sequence)
        if answer.delivery is Delivery.REFUSED and answer.expected_sequence is not None:
            # The hub was put back, or we were: its number counts, because it says only in which order we speak.
            sequence = answer.expected_sequence
            answer = await _sent_as(exchange, message, sequence)
        refusal = "out of sequence" if answer.delivery is Delivery.REFUSED else None
    except Refused as refused:
        if refused.code not in _ABOUT_MESSAGE:
            raise
        refusal = f"{refused.code}: {refused.omschrijving}"
    now = exchange.clock()

    def change(tx: Tx) -> None:
        if refusal is not None:
            store.set_aside(tx, message.number, refusal, now)
            return
        store.sent(tx, message.number, now)
        store.expect(tx, message.peer, sequence + 1)
        audit_line(tx, events.SEALED_SENT, now, peer=message.peer, kind=message.kind, message=str(message.message_id))

    await exchange.db.write(change)
    return refusal is None


async def _sent_as(exchange: Exchange, message: Outgoing, sequence: int) -> SendSealedMessageResponse:
    assert message.sealed is not None and message.key_id is not None  # noqa: S101, PT018 - looked at before
    sealed = SealedMessage(message.message_id, sequence, message.key_id, message.sealed)
    return await exchange.hub.send_sealed_message(SendSealedMessage(message.peer, sealed))
