"""The card of a record, sealed for whoever derives the same tag: once for each (record, revision, epoch)."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from certs.keyring import RegionSecret
from certs.region_keys import RegionKey
from hub_connector.cards import Card, CardPlace, same_youth_mark, seal_card
from hub_connector.pseudonyms import Derived, professional_number
from node.exchange import Exchange
from node.flows.subjects import Facts
from node.store.records import HubRecord, SealedCard
from soap_wsdl.digests import entry_digest
from soap_wsdl.vocabulary import Entry, EpochName

_NOBODY = bytes(16)
"""The professional's number on a canary's card."""


def cards_of(exchange: Exchange, secrets: Mapping[EpochName, RegionSecret], known: Facts) -> dict[EpochName, Card]:
    """Who signalled, as it stands on the card of every record of a signal, in each epoch."""
    contact, signal = known.professional.contact, known.signal
    return {
        epoch: Card(
            contact.organisation,
            contact.domain.value,
            contact.kind,
            contact.location,
            contact.function,
            contact.name,
            contact.phone,
            contact.email,
            exchange.region,
            number_of(known, secret),
            signal.made_at.replace(microsecond=0),
            signal.valid_until,
            UUID(str(signal.id)),
        )
        for epoch, secret in secrets.items()
    }


def seal_revision(
    exchange: Exchange,
    signing: RegionKey,
    record: HubRecord,
    valid_until: date,
    cards: Mapping[EpochName, Card] | None,
    keys: Mapping[EpochName, Derived],
    youth_keys: Mapping[EpochName, Derived],
    now: datetime,
) -> list[SealedCard]:
    """The cards of ``record.revision``, one for each epoch of ``keys``; ``cards`` is None for a canary.

    ``valid_until`` is what the hub is told. A family card needs the keys of its own youth in the same epoch; an epoch
    without them gets no card.
    """
    sealed = []
    for epoch, derived in sorted(keys.items()):
        card = _canary(exchange, record) if cards is None else cards[epoch]
        if record.family_reference is not None:
            if epoch not in youth_keys:
                continue
            mark = same_youth_mark(youth_keys[epoch].same_key, record.record_id)
            card = card.for_family(record.family_reference, mark)
        place = CardPlace(
            epoch, record.purpose, exchange.own, record.record_id, record.revision, valid_until, derived.tag
        )
        content = seal_card(card, place, derived.card_key, signing, now, exchange.random)
        sealed.append(SealedCard(epoch, content, entry_digest(Entry(epoch, derived.tag.reveal(), content))))
    return sealed


def number_of(known: Facts, secret: RegionSecret) -> bytes:
    """The pseudonymous number of the professional, in one epoch."""
    # The e-mail address names the human behind a profile in every region alike.
    return professional_number(secret, known.professional.contact.email.strip().lower())


def _canary(exchange: Exchange, record: HubRecord) -> Card:
    since = record.made_at.replace(microsecond=0)
    return Card("", "", "", "", "", "", "", "", exchange.region, _NOBODY, since, record.valid_until)
