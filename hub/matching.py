"""Who meets whom and what a message may change: the hub's rules as pure functions of values and a date.

Dates are local dates in Europe/Amsterdam and exclusive. Nothing here knows a database, a clock or a secret.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from uuid import UUID
from zoneinfo import ZoneInfo

from soap_wsdl.digests import record_digest
from soap_wsdl.vocabulary import (
    FAMILY_PURPOSES,
    SEALED_CARD_SIZE,
    Ending,
    LeafState,
    Outcome,
    Purpose,
    Reason,
    Record,
    RecordState,
    Refusal,
    Withdrawal,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
"""Where all dates are local."""
ROUNDING = timedelta(days=31)
"""Valid-until may be rounded to the first of a month, so two years may seem this much longer."""
CLOCK = timedelta(days=1)
"""A region's date may be one ahead of the hub's around midnight."""
KEEP = timedelta(days=30)
"""How long notices of an ended pair, and tombstones after the last date known, are kept."""


def local_date(moment: datetime) -> date:
    """The date in Europe/Amsterdam at an aware moment."""
    return moment.astimezone(AMSTERDAM).date()


class Standing(Enum):
    """Where a record stands at the hub. DESTROYED keeps id, revision and dates: the tombstone."""

    LIVE = "live"
    HELD = "held"
    ARCHIVED = "archived"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class EpochDates:
    """A pseudonym epoch, in force while ``begins <= day < ends``."""

    name: str
    begins: date
    ends: date


@dataclass(frozen=True, slots=True)
class Schedule:
    """The epochs that the scheme owner signed."""

    epochs: tuple[EpochDates, ...]

    def refusal(self, name: str, day: date) -> Refusal | None:
        """Why an entry of this epoch may not come in today, or None."""
        for epoch in self.epochs:
            if epoch.name == name:
                if day >= epoch.ends:
                    return Refusal.EPOCH_OVER
                return None if day >= epoch.begins else Refusal.EPOCH_UNKNOWN
        return Refusal.EPOCH_UNKNOWN

    def over(self, day: date) -> tuple[str, ...]:
        """The epochs that have ended."""
        return tuple(epoch.name for epoch in self.epochs if day >= epoch.ends)

    def newest(self, names: Collection[str]) -> str | None:
        """The epoch among these that began last; one that is not in the file counts as older than all in it."""
        begins = {epoch.name: epoch.begins for epoch in self.epochs}
        return max(names, key=lambda name: (begins.get(name, date.min), name), default=None)


@dataclass(frozen=True, slots=True)
class HeldEntry:
    """An entry as the store gets it: the tag already peppered, the digest over what was sent."""

    epoch: str
    held_tag: bytes = field(repr=False)
    digest: bytes = field(repr=False)
    card: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """A record as it was sent, ready to be weighed. ``digest`` covers everything but state and revision."""

    record_id: UUID
    purpose: Purpose
    state: RecordState
    revision: int
    valid_until: date
    archive_until: date | None
    reason: Reason
    digest: bytes = field(repr=False)
    entries: tuple[HeldEntry, ...] = field(repr=False)

    @classmethod
    def of(cls, record: Record, entries: tuple[HeldEntry, ...]) -> "Offer":
        """The offer that a record makes once its entries are peppered."""
        return cls(
            record.record_id,
            record.purpose,
            record.state,
            record.revision,
            record.valid_until,
            record.archive_until,
            record.reason,
            record_digest(
                record.purpose, record.valid_until, record.archive_until, [(e.epoch, e.digest) for e in entries]
            ),
            entries,
        )


@dataclass(frozen=True, slots=True)
class Known:
    """A record as the hub has it. ``number`` is the hub's own; ``ending`` is set once it was withdrawn.

    ``waiting``: its only epoch is over. ``old``: it comes from before the seed and was not confirmed since.
    """

    number: int
    record_id: UUID
    purpose: Purpose | None
    standing: Standing
    ending: Ending | None
    revision: int
    digest: bytes = field(repr=False)
    valid_until: date
    archive_until: date | None
    waiting: bool
    old: bool
    held_tags: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one record: its outcome, and where it stands afterwards (None: it stays as it is)."""

    outcome: Outcome
    refusal: Refusal | None = None
    hub_revision: int | None = None
    standing: Standing | None = None
    archive_until: date | None = None


def mixes_family_and_youth(purposes: Iterable[Purpose]) -> bool:
    """True when one message holds family records and others: it would tell the hub which parents are whose."""
    kinds = {purpose in FAMILY_PURPOSES for purpose in purposes}
    return len(kinds) > 1


def years_after(day: date, years: int) -> date:
    """The same day some years on; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def archived_until(purpose: Purpose | None, until: date | None, today: date) -> date | None:
    """The date until which the archive keeps it, or None: only youth records are archived, and no longer than it."""
    return until if until is not None and purpose in (Purpose.YOUTH, None) and until > today else None


def standing_on(offer: Offer, today: date) -> Standing | None:
    """Where an accepted offer stands by its own dates; None when they leave it no place.

    A record past its valid-until comes in only as AGAIN and only into the archive: a re-key or a repair of history.
    """
    if offer.valid_until > today:
        return Standing.LIVE if offer.state is RecordState.LIVE else Standing.HELD
    if offer.reason is Reason.AGAIN and archived_until(offer.purpose, offer.archive_until, today):
        return Standing.ARCHIVED
    return None


def _refusal_of_epochs(offer: Offer, schedule: Schedule, today: date) -> Refusal | None:
    return next(filter(None, (schedule.refusal(entry.epoch, today) for entry in offer.entries)), None)


def _refusal_of_content(offer: Offer, schedule: Schedule, today: date) -> Refusal | None:
    epochs = [entry.epoch for entry in offer.entries]
    if len(set(epochs)) != len(epochs) or any(len(entry.card) != SEALED_CARD_SIZE for entry in offer.entries):
        return Refusal.NOT_ALLOWED
    if offer.archive_until is not None and offer.purpose is not Purpose.YOUTH:
        return Refusal.NOT_ALLOWED
    if refusal := _refusal_of_epochs(offer, schedule, today):
        return refusal
    if offer.valid_until > years_after(today, 2) + ROUNDING:
        return Refusal.DATE_OUT_OF_RANGE
    if offer.archive_until is not None and offer.archive_until > years_after(offer.valid_until, 5):
        return Refusal.DATE_OUT_OF_RANGE
    return None


def weigh_offer(offer: Offer, known: Known | None, schedule: Schedule, today: date) -> Verdict:
    """What a registration does to what the hub has, by revision, digest, tags, epochs and dates.

    Twice the same is UNCHANGED. A withdrawn record never revives; AGAIN brings its entries back into the archive
    until the date that its withdrawal gave. A record swept by its date does revive, by a higher revision.
    """
    if known is None:
        refusal = _refusal_of_content(offer, schedule, today)
        standing = None if refusal else standing_on(offer, today)
        if standing is None:
            return Verdict(Outcome.REFUSED, refusal or Refusal.DATE_OUT_OF_RANGE)
        return Verdict(Outcome.REGISTERED, standing=standing, archive_until=offer.archive_until)

    def refused(why: Refusal) -> Verdict:
        return Verdict(Outcome.REFUSED, why, known.revision)

    # Withdrawn is final, and says so at once; only what may go back into the archive is asked for its next revision.
    closed = known.ending is not None and not _returns_to_archive(offer, known, today)
    if offer.revision < known.revision:
        return refused(Refusal.WITHDRAWN if closed else Refusal.OLDER_REVISION)
    if offer.revision == known.revision:
        if known.ending is None and _same(offer, known):
            return Verdict(Outcome.UNCHANGED)
        if known.ending is Ending.ENDED and offer.digest == known.digest:
            return Verdict(Outcome.UNCHANGED)
        if closed:
            return refused(Refusal.WITHDRAWN)
        return refused(_refusal_of_epochs(offer, schedule, today) or Refusal.OTHER_CONTENT)
    if closed:
        return refused(Refusal.WITHDRAWN)
    if known.purpose not in (offer.purpose, None) or any(
        known.held_tags.get(entry.epoch, entry.held_tag) != entry.held_tag for entry in offer.entries
    ):
        return refused(Refusal.TAG_CHANGED)
    if refusal := _refusal_of_content(offer, schedule, today):
        return refused(refusal)
    standing = Standing.ARCHIVED if known.ending else standing_on(offer, today)
    if standing is None:
        return refused(Refusal.DATE_OUT_OF_RANGE)
    return Verdict(Outcome.UPDATED, standing=standing, archive_until=offer.archive_until)


def _same(offer: Offer, known: Known) -> bool:
    if offer.digest != known.digest:
        return False
    # Swept by its date, it no longer says whether it was held; the dates in the digest say the rest.
    return known.standing in (Standing.ARCHIVED, Standing.DESTROYED) or known.standing.value == offer.state.value


def _returns_to_archive(offer: Offer, known: Known, today: date) -> bool:
    """A withdrawn record may get its entries back only where its withdrawal left it a place in the archive."""
    until = archived_until(known.purpose, known.archive_until, today)
    return (
        known.ending is Ending.ENDED
        and offer.reason is Reason.AGAIN
        and until is not None
        and offer.archive_until is not None
        and today < offer.archive_until <= until
    )


def weigh_withdrawal(withdrawal: Withdrawal, known: Known | None, today: date) -> Verdict:
    """What a withdrawal does. One that overtook its registration leaves a tombstone that refuses it.

    Annulled is final and also empties the archive; ended may be followed by annulled, and by an earlier archive end.
    """
    purpose = known.purpose if known else None
    ended = withdrawal.ending is Ending.ENDED
    hub_revision = known.revision if known else None
    until = withdrawal.archive_until if ended else None
    if withdrawal.archive_until is not None and (not ended or purpose not in (Purpose.YOUTH, None)):
        return Verdict(Outcome.REFUSED, Refusal.NOT_ALLOWED, hub_revision)
    if until is not None and until > years_after(today, 5) + CLOCK:
        return Verdict(Outcome.REFUSED, Refusal.DATE_OUT_OF_RANGE, hub_revision)
    if known is not None:
        if withdrawal.revision < known.revision:
            return Verdict(Outcome.REFUSED, Refusal.OLDER_REVISION, hub_revision)
        if withdrawal.revision == known.revision:
            same = known.ending is withdrawal.ending and (not ended or known.archive_until == until)
            return Verdict(Outcome.UNCHANGED) if same else Verdict(Outcome.REFUSED, Refusal.OTHER_CONTENT, hub_revision)
        if known.ending is Ending.ANNULLED and ended:
            return Verdict(Outcome.REFUSED, Refusal.WITHDRAWN, hub_revision)
        if known.ending is Ending.ENDED and ended and known.archive_until is not None and until is not None:
            until = min(until, known.archive_until)
        elif known.ending is Ending.ENDED and ended and known.archive_until is None:
            until = None
    has_content = known is not None and known.standing is not Standing.DESTROYED
    standing = Standing.ARCHIVED if has_content and archived_until(purpose, until, today) else Standing.DESTROYED
    return Verdict(Outcome.WITHDRAWN, standing=standing, archive_until=until)


def fate(known: Known, today: date) -> Standing:
    """Where a record stands today by its own dates, swept or not: archived at valid-until, destroyed after that."""
    if known.standing is Standing.DESTROYED or known.ending is Ending.ANNULLED:
        return Standing.DESTROYED
    if known.ending is None and known.valid_until > today:
        return known.standing
    return Standing.ARCHIVED if archived_until(known.purpose, known.archive_until, today) else Standing.DESTROYED


def tombstone_until(valid_until: date | None, archive_until: date | None, today: date) -> date:
    """How long id and revision outlive a destroyed record: 30 days past every date that an old message may carry."""
    last = valid_until or years_after(today, 2) + ROUNDING
    return max(last, archive_until or last, today) + KEEP


def leaf_state(known: Known, as_of: date) -> LeafState | None:
    """How a record takes part in a comparison on a date, by its own dates, whether or not it was swept since."""
    if known.ending is Ending.ANNULLED or known.purpose is None:
        return None
    if known.ending is None and known.valid_until > as_of:
        state = LeafState.HELD if known.standing is Standing.HELD else LeafState.LIVE
    elif archived_until(known.purpose, known.archive_until, as_of):
        state = LeafState.ARCHIVED
    else:
        return None
    return LeafState.WAITING if known.waiting else state


class PairKind(Enum):
    """LIVING: two live records of one youth, parent or address. ARCHIVE: an archived record and a new one."""

    LIVING = "living"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Other:
    """A record of another region under the same tag and epoch."""

    number: int
    region: int
    purpose: Purpose
    standing: Standing
    valid_until: date
    archive_until: date | None
    ending: Ending | None
    old: bool


def will_speak(purpose: Purpose, reason: Reason | None, other: Other, today: date) -> bool:
    """Whether a newcomer is to hear of a record that is silent since the seed, from the archive, when that ends."""
    return (
        other.old
        and reason is Reason.NEW
        and other.purpose is purpose
        and archived_until(other.purpose, other.archive_until, today) is not None
    )


def meets(purpose: Purpose, reason: Reason | None, other: Other, today: date) -> PairKind | None:
    """Whether a record that is live now meets another region's record, and how.

    A record from before the seed meets nobody until its region's comparison has finished: see ``will_speak``.
    Only NEW makes the archive speak; family and address records have no archive.
    """
    if other.purpose is not purpose or other.old:
        return None
    if other.ending is None and other.valid_until > today:
        return PairKind.LIVING if other.standing is Standing.LIVE else None
    archived = other.standing is not Standing.DESTROYED and archived_until(other.purpose, other.archive_until, today)
    return PairKind.ARCHIVE if archived and reason is Reason.NEW else None
