"""Laying out a wish: which records of a signal it is about, under which next revision, with which dates.

A subject that has a record keeps it. A parent or home that is not there any more has its record annulled, and so has
a youth without a BSN once the BSN is known: the tag of a record never changes. Nothing is asked of anybody here; what
is missing is listed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from hub_connector.inputs import InputRefused
from hub_connector.pseudonyms import Derived
from ledger import Tx
from node.domain.records import HubDates, youth_dates
from node.domain.signal import State
from node.exchange import Exchange
from node.flows.keys import Scheme
from node.flows.subjects import Facts, Subject, dates_for, facts, family_subjects, kept_subject, youth_subject
from node.store import records
from node.store.outbox import Intent, Wish
from node.store.records import HubRecord, SealedCard, Wanted
from soap_wsdl.vocabulary import FAMILY_PURPOSES, Ending, EpochName, Purpose, Reason

REFERENCE_SIZE = 16
"""Bytes of a family reference."""


@dataclass(slots=True)
class Plan:
    """One record on its way to an errand. ``dates`` is None where nothing is to be told; then only keys are kept."""

    record: HubRecord
    subject: Subject
    reason: Reason
    dates: HubDates | None
    fresh: bool
    epochs: tuple[EpochName, ...]
    keys: dict[EpochName, Derived] = field(default_factory=dict, repr=False)
    cards: list[SealedCard] = field(default_factory=list, repr=False)

    def missing(self) -> list[EpochName]:
        """Epochs in force for which there are no keys yet."""
        return [epoch for epoch in self.epochs if epoch not in self.keys]


@dataclass(slots=True)
class Work:
    """A wish with what it asks: records to register, records to withdraw. ``facts`` is None for a canary."""

    wish: Wish
    facts: Facts | None = None
    plans: list[Plan] = field(default_factory=list)
    endings: list[HubRecord] = field(default_factory=list)
    youth_keys: dict[EpochName, Derived] = field(default_factory=dict, repr=False)
    refusal: str | None = None

    def complete(self) -> bool:
        """Whether it can become errands now: a change makes do with one epoch, all else wants every one in force."""
        if self.wish.intent is Intent.CHANGE:
            return all(plan.keys for plan in self.plans)
        return all(plan.epochs and not plan.missing() for plan in self.plans)


def lay_out(tx: Tx, exchange: Exchange, scheme: Scheme, wish: Wish) -> Work:
    """What a wish asks, as the database stands now."""
    work = Work(wish)
    try:
        if wish.intent is Intent.END:
            _lay_out_ending(tx, exchange, work)
        elif wish.record_id is not None:
            _lay_out_record(tx, exchange, scheme, work, wish.record_id)
        elif wish.signal_id is not None:
            _lay_out_signal(tx, exchange, scheme, work, wish.signal_id)
    except InputRefused as refusal:
        work.refusal = str(refusal)
    return work


def _lay_out_signal(tx: Tx, exchange: Exchange, scheme: Scheme, work: Work, signal_id: UUID) -> None:
    known = facts(tx, exchange, signal_id)
    if known is None:
        return
    work.facts = known
    kept = {
        (record.purpose, record.subject): record
        for record in records.of_signal(tx, signal_id)
        if record.wanted is not Wanted.GONE
    }
    # Keyed, not drawn: to others it looks random, and a node that was restored comes to the same one.
    reference = exchange.vault.blind("family_reference", str(signal_id))[:REFERENCE_SIZE]
    subjects = [youth_subject(exchange, known), *family_subjects(exchange, known)]
    for subject in {each.key: each for each in subjects}.values():
        record = kept.pop((subject.purpose, subject.key), None)
        if record is None:
            _plan_new(tx, exchange, scheme, work, known, subject, reference)
        else:
            _plan_next(tx, exchange, scheme, work, known, subject, record)
    named_otherwise = [
        record for (purpose, _), record in kept.items() if purpose is Purpose.VSN and known.youth.bsn is not None
    ]
    work.endings += [_ending(record, Ending.ANNULLED, None) for record in named_otherwise]
    if known.signal.state is State.ACTIVE and known.youth.person is not None:
        gone = [record for (purpose, _), record in kept.items() if purpose in FAMILY_PURPOSES]
        work.endings += [_ending(record, Ending.ANNULLED, None) for record in gone]


def _lay_out_record(tx: Tx, exchange: Exchange, scheme: Scheme, work: Work, record_id: UUID) -> None:
    record = records.get(tx, record_id)
    subject = kept_subject(exchange, record) if record is not None else None
    if record is None or subject is None or record.wanted is Wanted.GONE:
        return
    if record.signal_id is None:
        today = exchange.today()
        dates = HubDates(record.valid_until, None) if record.valid_until > today else None
        if dates is not None:
            work.plans.append(_plan(tx, exchange, scheme, work.wish, record, subject, dates))
        return
    known = facts(tx, exchange, record.signal_id)
    if known is None or (known.signal.state is not State.ACTIVE and record.purpose in FAMILY_PURPOSES):
        return
    work.facts = known
    for other in records.of_signal(tx, record.signal_id):
        if other.purpose is Purpose.YOUTH and other.record_id != record_id:
            work.youth_keys |= _keys(tx, exchange, scheme, other)
    _plan_next(tx, exchange, scheme, work, known, subject, record)
    if record.purpose in FAMILY_PURPOSES:
        # A family card needs its youth's key in the same epoch: it follows once the youth's record has gone before.
        for plan in work.plans:
            plan.epochs = tuple(epoch for epoch in plan.epochs if epoch in work.youth_keys)
            plan.keys = {epoch: keys for epoch, keys in plan.keys.items() if epoch in work.youth_keys}
        work.plans = [plan for plan in work.plans if plan.epochs]


def _lay_out_ending(tx: Tx, exchange: Exchange, work: Work) -> None:
    wish = work.wish
    assert wish.ending is not None  # noqa: S101 - the table sees to it
    about: Iterable[HubRecord | None]
    if wish.record_id is not None:
        about = [records.get(tx, wish.record_id)]
    else:
        about = records.of_signal(tx, wish.signal_id) if wish.signal_id else []
    known = facts(tx, exchange, wish.signal_id) if wish.signal_id else None
    for record in about:
        if record is None or (record.wanted is Wanted.GONE and wish.record_id is None):
            continue
        until = wish.archive_until if record.purpose is Purpose.YOUTH and wish.ending is Ending.ENDED else None
        if until is not None:
            until = youth_dates(until, None, known.leaves_on if known else None).valid_until
            until = until if until > exchange.today() else None
        work.endings.append(_ending(record, wish.ending, until))


def _plan_new(
    tx: Tx, exchange: Exchange, scheme: Scheme, work: Work, known: Facts, subject: Subject, reference: bytes
) -> None:
    today = exchange.today()
    dates = dates_for(subject.purpose, known, today)
    family = subject.purpose in FAMILY_PURPOSES
    if dates is None and subject.purpose is not Purpose.YOUTH:
        return
    record = HubRecord(
        _new_record_id(tx, exchange, known, subject),
        known.signal.id,
        subject.purpose,
        subject.key,
        None,
        reference if family else None,
        Wanted.LIVE if known.signal.state is State.ACTIVE else Wanted.ARCHIVED,
        dates.valid_until if dates else known.signal.valid_until,
        dates.archive_until if dates else None,
        1,
        exchange.clock(),
    )
    epochs = scheme.usable(today)
    reason = Reason.NEW if dates and dates.valid_until > today else Reason.AGAIN
    work.plans.append(Plan(record, subject, reason, dates, True, epochs))


def _new_record_id(tx: Tx, exchange: Exchange, known: Facts, subject: Subject) -> UUID:
    """An id that looks random to others; a node that was restored comes to the same one for the same subject."""
    for number in range(1000):
        text = f"{known.signal.id}|{subject.key.hex()}|{number}"
        record_id = UUID(bytes=exchange.vault.blind("record_id", text)[:16], version=4)
        if records.get(tx, record_id) is None:
            return record_id
    return exchange.new_id()


def _plan_next(
    tx: Tx, exchange: Exchange, scheme: Scheme, work: Work, known: Facts, subject: Subject, record: HubRecord
) -> None:
    dates = dates_for(subject.purpose, known, exchange.today())
    if record.wanted is Wanted.ARCHIVED and dates is not None and dates.archive_until is None:
        dates = None
    work.plans.append(_plan(tx, exchange, scheme, work.wish, record, subject, dates))


def _plan(
    tx: Tx,
    exchange: Exchange,
    scheme: Scheme,
    wish: Wish,
    record: HubRecord,
    subject: Subject,
    dates: HubDates | None,
) -> Plan:
    today = exchange.today()
    live = dates is not None and dates.valid_until > today and record.wanted is Wanted.LIVE
    reason = {Intent.OFFER: Reason.NEW, Intent.CHANGE: Reason.CHANGE}.get(wish.intent, Reason.AGAIN)
    if live and record.told is None:
        reason = Reason.NEW
    elif not live:
        reason = Reason.AGAIN
    # Where nothing can be told, nothing changes but keys: the revision stays behind what the hub knows.
    following = replace(
        record,
        revision=record.revision + 1,
        valid_until=dates.valid_until if dates else record.valid_until,
        archive_until=dates.archive_until if dates else record.archive_until,
    )
    epochs = scheme.usable(today)
    keys = _keys(tx, exchange, scheme, record)
    return Plan(following, subject, reason, dates, False, epochs, keys)


def _keys(tx: Tx, exchange: Exchange, scheme: Scheme, record: HubRecord) -> dict[EpochName, Derived]:
    """The keys that we have of a record in the epochs in force."""
    usable = scheme.usable(exchange.today())
    return {
        epoch: exchange.open_keys(record.record_id, epoch, sealed)
        for epoch, sealed in records.entries(tx, record.record_id).items()
        if epoch in usable
    }


def _ending(record: HubRecord, ending: Ending, archive_until: date | None) -> HubRecord:
    """The record as it will stand once withdrawn, under its next revision."""
    kept = ending is Ending.ENDED and archive_until is not None
    return replace(
        record,
        wanted=Wanted.ARCHIVED if kept else Wanted.GONE,
        archive_until=archive_until if kept else None,
        revision=record.revision + 1,
    )
