"""Opening a sealed message, before the write: with our own sealing key, verified by its sender's card key."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from certs.region_keys import RegionKeyMissing
from hub_connector.directory import Directory
from hub_connector.sealed import Envelope, open_message
from ledger import Tx
from node.domain.sealed import Content, Message, MessageNotUnderstood, read
from node.exchange import Exchange
from node.store import sealed as store
from soap_wsdl.vocabulary import Notice


@dataclass(frozen=True, slots=True)
class SealedHeard:
    """A message that opened, verified and was understood. ``kind`` as it stood in it."""

    message_id: UUID
    kind: str
    message: Message
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class SealedUnheard:
    """A message that did not; ``about`` says why, for the alarm."""

    message_id: UUID
    about: str


SealedAnswer = SealedHeard | SealedUnheard


def open_sealed(tx: Tx, exchange: Exchange, notice: Notice, directory: Directory) -> SealedAnswer | None:
    """The message of a notice; None for one that took effect before. Raises MessageRefused."""
    sealed = notice.sealed_message
    if sealed is None or store.was_heard(tx, notice.peer, sealed.message_id):
        return None
    try:
        key = exchange.region_keys.find(sealed.key_id).sealing_key
    except RegionKeyMissing:
        about = f"A sealed message of region {notice.peer} is for a key that is not here: put our keys back."
        return SealedUnheard(sealed.message_id, about)
    envelope = Envelope(notice.peer, exchange.own, sealed.message_id)
    opened = open_message(sealed.sealed, envelope, key, directory)
    try:
        message = read(Content(opened.kind, opened.body))
    except MessageNotUnderstood as why:
        about = f"A sealed message of region {notice.peer} was not understood: {why}."
        return SealedUnheard(sealed.message_id, about)
    return SealedHeard(sealed.message_id, opened.kind, message, opened.sealed_at)
