"""Opening what a mailbox page brings sealed, cards and messages, before the write, verified by the region's own keys.

A key that is not in the directory makes us fetch it once; what then still does not open or verify is an alarm.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from certs.keyring import RegionSecret
from hub_connector.cards import Card, CardPlace, CardRefused, is_same_youth, open_card
from hub_connector.directory import Directory
from hub_connector.failures import Refused
from hub_connector.pseudonyms import Derived
from hub_connector.sealed import MessageRefused
from ledger import Tx
from node.exchange import Exchange
from node.flows.keys import directory_of, fetch_directory, scheme_of
from node.flows.open_sealed import SealedAnswer, SealedUnheard, open_sealed
from node.flows.sealing import number_of
from node.flows.subjects import facts
from node.store import records
from node.store.records import HubRecord
from soap_wsdl.vocabulary import EpochName, MailboxPage, Notice, NoticeKind, Purpose

WITH_CARD = frozenset({NoticeKind.MATCH, NoticeKind.CARD_UPDATED, NoticeKind.ARCHIVE_NOTICE})
"""Kinds of notices that bring a card."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A card that opened and verified. ``hidden``: about the very youth of our own family record, or our own person."""

    card: Card
    match_key: bytes | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class Unheard:
    """A card that did not open or verify; ``about`` says which, for the alarm."""

    about: str


CardAnswer = Heard | Unheard
Answer = CardAnswer | SealedAnswer


async def open_cards(exchange: Exchange, page: MailboxPage) -> dict[int, Answer]:
    """Open every card and sealed message of a page. A key that is not in the directory makes us fetch it once.

    Raises NotNow when the directory does not come now: the page is asked for again, rather than a match lost.
    """
    if not any(notice.card or notice.sealed_message for notice in page.notices):
        return {}
    answers, again = await exchange.db.read(lambda tx: _open_all(tx, exchange, page, directory_of(tx)))
    if again:
        try:
            newer = await fetch_directory(exchange)
        except Refused:
            # The directory of yesterday has to do; what it cannot verify is an alarm that the operator can settle.
            return answers
        answers, _ = await exchange.db.read(lambda tx: _open_all(tx, exchange, page, newer))
    return answers


def _open_all(tx: Tx, exchange: Exchange, page: MailboxPage, directory: Directory) -> tuple[dict[int, Answer], bool]:
    answers: dict[int, Answer] = {}
    again = False
    secrets = scheme_of(tx, exchange).secrets
    for notice in page.notices:
        if notice.sealed_message is not None:
            try:
                message = open_sealed(tx, exchange, notice, directory)
            except MessageRefused as why:
                again = again or why.newer_directory_may_help
                message = SealedUnheard(notice.sealed_message.message_id, str(why))
            if message is not None:
                answers[notice.number] = message
            continue
        if notice.kind not in WITH_CARD or notice.card is None:
            continue
        try:
            heard = _open(tx, exchange, notice, notice.card, directory, secrets)
        except CardRefused as refused:
            again = again or refused.newer_directory_may_help
            answers[notice.number] = Unheard(str(refused))
            continue
        if heard is not None:
            answers[notice.number] = heard
    return answers, again


def _open(
    tx: Tx,
    exchange: Exchange,
    notice: Notice,
    sealed: bytes,
    directory: Directory,
    secrets: Mapping[EpochName, RegionSecret],
) -> Heard | None:
    """The card of a notice; None when it is about a record that we do not have. Raises CardRefused."""
    own = records.get(tx, notice.own_record_id) if notice.own_record_id else None
    if own is None or notice.epoch is None or notice.peer_record_id is None or notice.purpose is None:
        return None
    if notice.revision is None or notice.valid_until is None:
        return None
    keys = _keys(tx, exchange, own, notice.epoch)
    if keys is None:
        return None
    place = CardPlace(
        notice.epoch,
        notice.purpose,
        notice.peer,
        notice.peer_record_id,
        notice.revision,
        notice.valid_until,
        keys.tag,
    )
    card = open_card(sealed, place, keys.card_key, directory).card
    hidden = own.signal_id is None
    if own.signal_id is not None:
        known = facts(tx, exchange, own.signal_id)
        secret = secrets.get(notice.epoch)
        hidden = known is not None and secret is not None and number_of(known, secret) == card.professional
        if card.family is not None:
            youth = _youth_keys(tx, exchange, own, notice.epoch)
            hidden = hidden or (youth is not None and is_same_youth(card.family, youth.same_key, notice.peer_record_id))
    return Heard(card, keys.match_key.reveal() if card.family is not None else None, hidden)


def _keys(tx: Tx, exchange: Exchange, own: HubRecord, epoch: EpochName) -> Derived | None:
    sealed = records.entries(tx, own.record_id).get(epoch)
    return exchange.open_keys(own.record_id, epoch, sealed) if sealed is not None else None


def _youth_keys(tx: Tx, exchange: Exchange, own: HubRecord, epoch: EpochName) -> Derived | None:
    """The keys of the one youth that our family record is about."""
    if own.signal_id is None:
        return None
    for record in records.of_signal(tx, own.signal_id):
        if record.purpose is Purpose.YOUTH and (keys := _keys(tx, exchange, record, epoch)):
            return keys
    return None
