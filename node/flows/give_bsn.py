"""The BSN of a youth who was signalled without one becomes known: the signal becomes one as any other.

1. In one write: the right, an active signal without a BSN, room for a question; count it (``flows.searching``).
2. Ask the register who has the number. It may be away.
3. In one write: compare what the professional says of the youth, age and death; the signal is about the BSN from now
   on, in this region and at the hub. Possible matches are annulled on both sides; who signalled the same BSN is met;
   its archive speaks. When it was made and how long it may last stay; an earlier 23rd birthday shortens it.
4. Where the professional has an active signal about that BSN already, that one stays, and this one is over by its term
   (Jeugdwet 7.1.4.5(2)a) and rests in the archive of that youth: nobody has two, and nothing is lost.
5. Nudge the delivery.

Possible matches that turn out to be certain are told again as such once the other signal gets the same BSN: until then
nobody knows. What if we stop here? Before 3 nothing was done but the count.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import mutations, retention, rights
from node.domain.bsn import Bsn
from node.domain.confirming import Confirmation, Stand
from node.domain.days import midnight
from node.domain.errors import DoesNotAgree, HasBsn, NotDone
from node.domain.matching import Match
from node.domain.organisation import require_category
from node.domain.person import Youth
from node.domain.professional import Professional
from node.domain.rights import Act
from node.domain.signal import EndReason, Signal
from node.flows.capacity import behalf, capacity
from node.flows.close import close
from node.flows.desk import Desk
from node.flows.end_signal import require_active
from node.flows.follow_person import follow
from node.flows.hearing import annul_pairs_of
from node.flows.meet import meet
from node.flows.read_archive import let_archive_speak
from node.flows.register_confirmed import asked
from node.flows.register_signal import best_known, log_refusal, require_agreement, require_youth
from node.flows.searching import count_search, ring_if_often, was_no_miss
from node.flows.use_bsn import require_right
from node.store import confirmations, match_endings, matches, outbox, professionals, records, signals, youths
from node.store.records import Wanted
from soap_wsdl.vocabulary import Ending, Purpose, Reason


@dataclass(frozen=True, slots=True)
class BsnGiven:
    """The signal that goes on: the same one, or one about the BSN that there was already (``merged``)."""

    signal: Signal
    person_known: bool
    matches: list[Match]
    merged: bool = False
    confirmed: Stand = Stand.CONFIRMED


async def give_bsn(desk: Desk, who: UUID, signal_id: UUID, bsn: Bsn, said: Confirmation) -> BsnGiven:
    """The signal is about this BSN from now on.

    Raises ProfessionalUnknown, NotDesignated, NoAgreement, CategoryNotAllowed, NoBsnRight, SignalUnknown, SignalOver,
    HasBsn, TooManyMissed, DoesNotAgree, YouthTooOld, YouthDeceased; then nothing has changed but counts and a line in
    the log.
    """

    def begin(tx: Tx) -> None:
        professional, _ = _require(tx, desk, who, signal_id)
        count_search(tx, desk, professional.id)

    def change(tx: Tx) -> BsnGiven:
        professional, signal = _require(tx, desk, who, signal_id)
        youth = best_known(tx, desk, Youth(bsn, person))
        require_agreement(youth, said)
        require_youth(youth, desk)
        done = _be_about(tx, desk, professional, signal, youth)
        if youth.person is None and not done.merged:
            confirmations.wait(tx, desk.vault, done.signal.id, said)
        return replace(done, confirmed=confirmations.stand(tx, done.signal.id))

    await desk.db.write(begin)
    person = await asked(desk, bsn)
    try:
        done = await desk.db.write(change)
    except NotDone as why:
        await log_refusal(desk, who, why)
        wrong = isinstance(why, DoesNotAgree)
        await desk.db.write(lambda tx: (ring_if_often if wrong else was_no_miss)(tx, desk, who))
        raise
    await desk.db.write(lambda tx: was_no_miss(tx, desk, who))
    desk.nudge()
    return done


def _require(tx: Tx, desk: Desk, who: UUID, signal_id: UUID) -> tuple[Professional, Signal]:
    professional = professionals.get(tx, who)
    rights.require(professional, Act.GIVE_BSN, signals.get(tx, signal_id), capacity(tx, professional, desk.today()))
    require_category(professional.contact.domain, preventive_field=desk.preventive_field)
    require_right(tx, professional)
    signal = require_active(tx, desk, signal_id)
    if not youths.without_bsn(tx, signal.youth):
        raise HasBsn
    return professional, signal


def _be_about(tx: Tx, desk: Desk, by: Professional, signal: Signal, youth: Youth) -> BsnGiven:
    known, key = youth.person is not None, youths.key(desk.vault, youth)
    if youth.person is not None:
        follow(tx, desk, key, youth.person)
    kept = _own_already(tx, desk, signal, youth)
    youths.put(tx, desk.vault, youth)
    if kept is None:
        now_about, told, annulled = _move(tx, desk, signal, youth)
    else:
        now_about, told, annulled = kept, 0, _end(tx, desk, signal, youth)
    youths.forget_if_unused(tx, signal.youth)
    record(
        tx,
        audit.BSN_GIVEN,
        desk.clock(),
        by=str(by.id),
        onBehalfOf=behalf(by, signal),
        signal=str(signal.id),
        kept=str(kept.id) if kept else None,
        personKnown=known,
        matches=told,
        matchesEnded=annulled,
    )
    shown = matches.of_signal(tx, desk.vault, now_about.id, desk.region)
    return BsnGiven(now_about, known, shown, kept is not None)


def _move(tx: Tx, desk: Desk, signal: Signal, youth: Youth) -> tuple[Signal, int, int]:
    """The signal with all that hangs from it; how many pairs were told here, and sides of matches annulled."""
    now, today = desk.clock(), desk.today()
    signals.be_about(tx, signal.id, youths.key(desk.vault, youth))
    moved = mutations.with_dates(signals.get(tx, signal.id), youth.adult_on, desk.terms)
    signals.put(tx, moved)
    over = [
        each.record_id
        for each in records.of_signal(tx, signal.id)
        if each.purpose is Purpose.VSN and each.wanted is not Wanted.GONE
    ]
    annulled = match_endings.annul_possible(tx, signal.id, today) + annul_pairs_of(tx, today, over)
    for record_id in over:
        # Apart from what follows: taking back asks for no new tag, and so waits for nobody.
        outbox.withdraw(tx, record_id, signal.id, Ending.ANNULLED, None, now)
    outbox.offer(tx, signal.id, Reason.NEW, now)
    told = meet(tx, desk, moved)
    let_archive_speak(tx, desk, moved)
    return moved, told, annulled


def _own_already(tx: Tx, desk: Desk, signal: Signal, youth: Youth) -> Signal | None:
    """The active signal of the same professional about the BSN; one whose date has come is ended here instead."""
    today = desk.today()
    for other in signals.active_about(tx, youths.key(desk.vault, youth)):
        if other.professional == signal.professional:
            if today < other.valid_until:
                return other
            close(tx, desk, other, retention.fate(other, today), other.valid_until, midnight(other.valid_until))
    return None


def _end(tx: Tx, desk: Desk, signal: Signal, youth: Youth) -> int:
    """Over by its term, in the archive of the youth that it was about; says how many sides of matches ended."""
    now, today = desk.clock(), desk.today()
    verdict = retention.ended(EndReason.TERMIJN, today, youth.adult_on, desk.terms)
    ended = close(tx, desk, signal, verdict, today, now)
    if signals.find(tx, signal.id) is not None:
        signals.be_about(tx, signal.id, youths.key(desk.vault, youth))
    return ended
