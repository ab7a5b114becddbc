"""A registration as it comes in: its tags are peppered, and whoever goes on with it has them no more."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from hub.matching import HeldEntry, Offer
from hub.outside import Pepper
from soap_wsdl.digests import entry_digest
from soap_wsdl.vocabulary import Cursor, Purpose, Reason, Record, RecordState, RegisterSignals


@dataclass(frozen=True, slots=True)
class Intake:
    """``RegisterSignals`` without tags: what the hub's operation goes on with."""

    batch_id: UUID
    cursor: Cursor | None
    offers: tuple[Offer, ...] = field(repr=False)

    def __reduce__(self) -> tuple[object, ...]:
        """Between processes as plain values: pickling each offer by its fields takes five times as long."""
        plain = [
            (
                offer.record_id.bytes,
                offer.purpose,
                offer.state,
                offer.revision,
                offer.valid_until,
                offer.archive_until,
                offer.reason,
                offer.digest,
                [(entry.epoch, entry.held_tag, entry.digest, entry.card) for entry in offer.entries],
            )
            for offer in self.offers
        ]
        return _whole, (self.batch_id, self.cursor, plain)


def _whole(batch_id: UUID, cursor: Cursor | None, plain: list[tuple[Any, ...]]) -> Intake:
    return Intake(batch_id, cursor, tuple(_offer(*each) for each in plain))


def _offer(
    record_id: bytes,
    purpose: Purpose,
    state: RecordState,
    revision: int,
    valid_until: date,
    archive_until: date | None,
    reason: Reason,
    digest: bytes,
    entries: list[tuple[str, bytes, bytes, bytes]],
) -> Offer:
    held = tuple(HeldEntry(*entry) for entry in entries)
    return Offer(UUID(bytes=record_id), purpose, state, revision, valid_until, archive_until, reason, digest, held)


def take_in(request: RegisterSignals, pepper: Pepper) -> Intake:
    """Pepper every tag."""
    return Intake(request.batch_id, request.cursor, tuple(offer(record, pepper) for record in request.records))


def offer(record: Record, pepper: Pepper) -> Offer:
    """The offer that a record makes."""
    return Offer.of(
        record,
        tuple(
            HeldEntry(entry.epoch, pepper.hold(entry.tag), entry_digest(entry), entry.card) for entry in record.entries
        ),
    )
