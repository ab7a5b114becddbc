"""A professional signals a youth: saved, matched inside the region and waiting to leave, in one transaction.

1. May this professional signal, and the organisation use the BSN (Jeugdwet 7.1.4.2(2))? If not, nobody is asked.
2. Ask the register of persons. If it is away or knows nobody, the signal is saved all the same.
3. In one write: rights (designated in person, agreements in force: Jeugdwet 7.1.1.2), the day's budget, age and
   death, an active signal of the same professional, the term, what follows for earlier signals if the register tells
   otherwise than before, the gemeente that answers for it, the insert with the number sealed, the matches inside the
   region, what its archive tells once, the wish for the hub, the audit line.
4. Nudge the delivery.

What if we stop here? Before the write nothing was done; after it the wish leaves at the next start by itself.
"""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import importing, retention, rights
from node.domain.bsn import Bsn
from node.domain.confirming import Confirmation, Stand
from node.domain.days import midnight
from node.domain.errors import AlreadySignalled, DoesNotAgree, NotDone, YouthDeceased, YouthTooOld
from node.domain.limits import require_room
from node.domain.matching import Match
from node.domain.organisation import require_category, responsible
from node.domain.person import Youth
from node.domain.professional import Professional
from node.domain.rights import Act, Capacity
from node.domain.signal import Signal, SignalId
from node.flows.capacity import capacity
from node.flows.close import close
from node.flows.desk import Desk
from node.flows.follow_person import follow
from node.flows.meet import meet
from node.flows.read_archive import let_archive_speak
from node.flows.searching import was_no_miss
from node.flows.taken_back import count_refused
from node.flows.use_bsn import require_right
from node.people.protocol import PeopleAway
from node.store import confirmations, counts, matches, outbox, professionals, signals, youths
from soap_wsdl.vocabulary import Reason


@dataclass(frozen=True, slots=True)
class Registered:
    """The signal, and the colleagues inside the region at once; those of other regions follow.

    ``told`` counts the pairs that it made inside the region. An import shows nobody its matches: it has ``told`` alone.
    """

    signal: Signal
    person_known: bool
    matches: list[Match]
    told: int = 0
    confirmed: Stand = Stand.CONFIRMED
    without_bsn: bool = False


async def register_signal(desk: Desk, who: UUID, bsn: Bsn, months: int | None = None) -> Registered:
    """Save a signal of ``who`` about this youth for so many months (the organisation's default if None).

    Raises ProfessionalUnknown, NotDesignated, NoAgreement, CategoryNotAllowed, NoBsnRight, TooManySignals, YouthTooOld,
    YouthDeceased, AlreadySignalled, DurationNotOffered; then nothing is kept but an audit line that says that it was
    refused, and why.
    """
    try:
        await desk.db.read(lambda tx: require_may_give_bsn(tx, desk, who))
    except NotDone as why:
        await log_refusal(desk, who, why)
        raise
    try:
        person = await desk.people.find(bsn)
    except PeopleAway:
        person = None
    return await register_youth(desk, who, Youth(bsn, person), months)


async def register_youth(
    desk: Desk, who: UUID, asked: Youth, months: int | None = None, said: Confirmation | None = None
) -> Registered:
    """Save a signal of ``who`` about a youth whom the register was asked about. Raises as ``register_signal`` does.

    With ``said`` also DoesNotAgree; where nobody knows the person it is kept, to be compared later. The question that
    was counted before (``flows.searching``) is none once the signal is there.
    """

    def change(tx: Tx) -> Registered:
        today = desk.today()
        professional = professionals.get(tx, who)
        acting = capacity(tx, professional, today)
        rights.require(professional, Act.SIGNAL, capacity=acting)
        require_category(professional.contact.domain, preventive_field=desk.preventive_field)
        require_room(counts.made_on(tx, professional.id, today), desk.limits, today)
        youth = best_known(tx, desk, asked)
        require_agreement(youth, said)
        require_youth(youth, desk)
        require_first(tx, youth, professional, desk)
        entered = enter(tx, desk, professional, youth, months, acting)
        if said is None:
            return entered
        was_no_miss(tx, desk, who)
        if youth.person is None:
            confirmations.wait(tx, desk.vault, entered.signal.id, said)
        return replace(entered, confirmed=confirmations.stand(tx, entered.signal.id))

    try:
        done = await desk.db.write(change)
    except NotDone as why:
        await log_refusal(desk, who, why)
        raise
    desk.nudge()
    return done


def enter(
    tx: Tx,
    desk: Desk,
    professional: Professional,
    youth: Youth,
    months: int | None,
    acting: Capacity,
    *,
    started: date | None = None,
    run: int | None = None,
) -> Registered:
    """A new signal, in the caller's transaction, once all that may refuse it was asked. Raises DurationNotOffered.

    With ``run`` an import makes it: it is no part of what the professional may make in a day. ``started`` is the day
    on which it began elsewhere, from which its term counts; raises TermOver when that is over.
    """
    now, today = desk.clock(), desk.today()
    term = retention.term(started or today, months or professional.default_months, youth.adult_on, terms=desk.terms)
    importing.require_not_over(term, today)
    if youth.person is not None:
        follow(tx, desk, youths.key(desk.vault, youth), youth.person)
    key = youths.put(tx, desk.vault, youth)
    # Not where somebody lives in secret: the gemeente that answers would tell it (P25, M3).
    residence = youth.person.shown_gemeente if youth.person is not None else None
    answers = responsible(residence, acting.standing.agreements, today)
    signal = Signal(
        SignalId(desk.new_id()),
        key,
        professional.id,
        importing.made_at(started, now),
        term.valid_until,
        term.archive_until,
        responsible=answers,
    )
    signals.put(tx, signal)
    if run is None:
        counts.made_one(tx, professional.id, today)
    told = meet(tx, desk, signal)
    let_archive_speak(tx, desk, signal)
    outbox.offer(tx, signal.id, Reason.NEW, now)
    shown = matches.of_signal(tx, desk.vault, signal.id, desk.region) if run is None else []
    known = youth.person is not None
    record(
        tx,
        audit.SIGNAL_REGISTERED,
        now,
        by=str(professional.id),
        signal=str(signal.id),
        validUntil=term.valid_until.isoformat(),
        personKnown=known,
        matches=told,
        withoutBsn=True if youth.bsn is None else None,
        importRun=run,
    )
    return Registered(signal, known, shown, told, without_bsn=youth.bsn is None)


async def log_refusal(desk: Desk, who: UUID, why: NotDone) -> None:
    """Write that a signal was not made, and the kind of refusal; count it if it told of the youth."""
    await desk.db.write(lambda tx: count_refused(tx, desk, who, why))


def require_may_give_bsn(tx: Tx, desk: Desk, who: UUID) -> Professional:
    """What can be refused before the register hears of the number.

    Raises ProfessionalUnknown, NotDesignated, NoAgreement, CategoryNotAllowed, NoBsnRight.
    """
    professional = professionals.get(tx, who)
    rights.require(professional, Act.SIGNAL, capacity=capacity(tx, professional, desk.today()))
    require_category(professional.contact.domain, preventive_field=desk.preventive_field)
    require_right(tx, professional)
    return professional


def best_known(tx: Tx, desk: Desk, asked: Youth) -> Youth:
    """What the register told just now, else what it told at an earlier signal about the same youth."""
    if asked.person is not None:
        return asked
    try:
        return youths.get(tx, desk.vault, youths.key(desk.vault, asked))
    except LookupError:
        return asked


def require_agreement(youth: Youth, said: Confirmation | None) -> None:
    """Raises DoesNotAgree where the person is known and is not whom the professional described."""
    if said is not None and youth.person is not None and not said.agrees(youth.person):
        raise DoesNotAgree


def require_youth(youth: Youth, desk: Desk) -> None:
    """Raises YouthDeceased, YouthTooOld."""
    if youth.person is not None and youth.person.has_died:
        raise YouthDeceased
    leaves_on = desk.terms.leaves_on(youth.adult_on)
    if leaves_on is not None and leaves_on <= desk.today():
        raise YouthTooOld


def require_first(tx: Tx, youth: Youth, professional: Professional, desk: Desk) -> None:
    """Raises AlreadySignalled; a signal of the same professional whose date has come is ended here and now instead."""
    today = desk.today()
    for signal in signals.active_about(tx, youths.key(desk.vault, youth)):
        if signal.professional != professional.id:
            continue
        if today < signal.valid_until:
            raise AlreadySignalled(signal.id, signal.valid_until)
        close(tx, desk, signal, retention.fate(signal, today), signal.valid_until, midnight(signal.valid_until))
