"""What the hub gets to know of a signal: a record for the youth and one for each parent, with dates that tell little.

Pure: dates and outcomes in, decisions out. Days are local days in Europe/Amsterdam and exclusive, as on the wire.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Protocol, TypeVar

from soap_wsdl.vocabulary import FAMILY_PURPOSES, LeafState, Outcome, Purpose, RecordOutcome, Refusal

MOST_RECORDS = 250
"""Records that this node puts in one message."""
MOST_BYTES = 4 * 1024 * 1024
"""Bytes of one message; the hub's own limit."""
_ENVELOPE_BYTES = 64 * 1024
"""Generous room for headers, signature and certificate."""
_RECORD_BYTES = 700
"""Markup, ids and dates of one record or withdrawal, rounded up."""
_ENTRY_BYTES = 1900
"""A sealed card and a tag in base64 with their markup, rounded up."""


class Lane(Enum):
    """Youth and family records never share a message."""

    YOUTH = "youth"
    FAMILY = "family"


def lane(purpose: Purpose) -> Lane:
    """The lane in which records of this purpose travel."""
    return Lane.FAMILY if purpose in FAMILY_PURPOSES else Lane.YOUTH


@dataclass(frozen=True, slots=True)
class HubDates:
    """The dates that the hub gets: until when a record matches, and until when it may speak from the archive."""

    valid_until: date
    archive_until: date | None


def youth_dates(valid_until: date, archive_until: date | None, adult_on: date | None) -> HubDates:
    """Dates of a youth record. Where the 23rd birthday sets a date, the hub gets the first day of that month.

    ``adult_on`` is the 23rd birthday where it is known; the node itself keeps to the exact day.
    """
    return HubDates(_veiled(valid_until, adult_on), archive_until and _veiled(archive_until, adult_on))


def family_until(valid_until: date, made_on: date, adult_on: date | None) -> date:
    """The valid-until of a family record: rounded up to the first of a month, or down where up would pass a limit.

    The limits are two years from ``made_on`` and the 23rd birthday. The exact end stands in the card.
    """
    if valid_until.day == 1:
        return valid_until
    up = first_of_next_month(valid_until)
    limit = two_years_after(made_on)
    if up > limit or (adult_on is not None and up > adult_on):
        return valid_until.replace(day=1)
    return up


def first_of_next_month(day: date) -> date:
    """The first day of the month after this one."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def two_years_after(day: date) -> date:
    """The same day two years on; 29 February gives 1 March."""
    try:
        return day.replace(year=day.year + 2)
    except ValueError:
        return date(day.year + 2, 3, 1)


def _veiled(day: date, adult_on: date | None) -> date:
    return day.replace(day=1) if adult_on is not None and day >= adult_on else day


def leaf_state(
    as_of: date, told: LeafState, valid_until: date, archive_until: date | None, *, epochs_left: bool
) -> LeafState | None:
    """How a record stands in a comparison on ``as_of``, by its own dates; None when it takes no part.

    ``told`` is what the hub acknowledged: LIVE, HELD, or ARCHIVED when it was ended before its date.
    ``epochs_left`` is false when every epoch it was registered under is over.
    """
    archived = told is LeafState.ARCHIVED or as_of >= valid_until
    if archived and (archive_until is None or as_of >= archive_until):
        return None
    if not epochs_left:
        return LeafState.WAITING
    return LeafState.ARCHIVED if archived else told


class Next(Enum):
    """What to do after the hub's answer for one record."""

    DONE = "done"
    NEXT_REVISION = "nextRevision"
    DERIVE_ANEW = "deriveAnew"
    SET_ASIDE = "setAside"


def after(outcome: RecordOutcome) -> Next:
    """What the hub's outcome asks of the node; what it cannot mend by itself is set aside for the operator."""
    if outcome.outcome is not Outcome.REFUSED:
        return Next.DONE
    match outcome.refusal:
        case Refusal.OLDER_REVISION | Refusal.OTHER_CONTENT:
            return Next.NEXT_REVISION
        case Refusal.EPOCH_OVER | Refusal.EPOCH_UNKNOWN:
            # An epoch the hub has not read yet is retried as well; the delivery pauses for it.
            return Next.DERIVE_ANEW
        case _:
            return Next.SET_ASIDE


class Sized(Protocol):
    """Something that travels in a message: how many entries it carries decides how large it is."""

    @property
    def entry_count(self) -> int:
        """Sealed cards that travel with it."""
        ...


S = TypeVar("S", bound=Sized)


def cut(things: Iterable[S], most_records: int = MOST_RECORDS, most_bytes: int = MOST_BYTES) -> Iterator[list[S]]:
    """Messages of at most ``most_records`` things that stay under ``most_bytes``, in the order given."""
    message: list[S] = []
    size = _ENVELOPE_BYTES
    for thing in things:
        weight = _RECORD_BYTES + thing.entry_count * _ENTRY_BYTES
        if message and (len(message) == most_records or size + weight > most_bytes):
            yield message
            message, size = [], _ENVELOPE_BYTES
        message.append(thing)
        size += weight
    if message:
        yield message


def smaller_key(keys: Sequence[bytes]) -> bytes | None:
    """The matchsleutel that both sides keep when two parents give two: the smaller one. None without any."""
    return min(keys, default=None)
