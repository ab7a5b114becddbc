"""The card of a record, sealed for whoever derives the same tag: once for each (record, revision, epoch)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from certs.keyring import RegionSecret
from certs.region_keys import RegionKey
from hub_connector.cards import Card, CardPlace, WrittenCard, same_youth_mark, write_card
from hub_connector.pseudonyms import Derived, Tag, professional_number
from node.exchange import Exchange
from node.flows.subjects import Facts
from node.store.records import HubRecord, SealedCard
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


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A card that is written and not locked yet, with the entry it is for."""

    epoch: EpochName
    tag: Tag
    written: WrittenCard

    def sealed(self, content: bytes) -> SealedCard:
        """The card once it is locked."""
        return SealedCard.of(Entry(self.epoch, self.tag.reveal(), content))


def write_revision(
    exchange: Exchange,
    signing: RegionKey,
    record: HubRecord,
    valid_until: date,
    cards: Mapping[EpochName, Card] | None,
    keys: Mapping[EpochName, Derived],
    youth_keys: Mapping[EpochName, Derived],
    now: datetime,
) -> list[Unsealed]:
    """The cards of ``record.revision``, one for each epoch of ``keys``; ``cards`` is None for a canary.

    ``valid_until`` is what the hub is told. A family card needs the keys of its own youth in the same epoch; an epoch
    without them gets no card.
    """
    unsealed = []
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
        written = write_card(card, place, derived.card_key, signing, now)
        unsealed.append(Unsealed(epoch, derived.tag, written))
    return unsealed


def number_of(known: Facts, secret: RegionSecret) -> bytes:
    """The pseudonymous number of the professional, in one epoch."""
    # The e-mail address names the human behind a profile in every region alike.
    return professional_number(secret, known.professional.contact.email.strip().lower())


def _canary(exchange: Exchange, record: HubRecord) -> Card:
    since = record.made_at.replace(microsecond=0)
    return Card("", "", "", "", "", "", "", "", exchange.region, _NOBODY, since, record.valid_until)
