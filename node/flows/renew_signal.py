"""A professional who is still involved when a signal runs out makes a new one in its place.

A renewal is a fresh report under Jeugdwet 7.1.4.1: weighed anew, with a term of its own from today, and told anew to
youth or parents (7.1.5.1). Nothing of the earlier one goes over to it: not who was told, not what was said of matches.

The earlier one is removed at that moment. Its risk is not gone and it was no mistake, so neither reason of 7.1.4.5(1)
is true of it; what the law leaves is the term. Two years are the most that a report may stand (7.1.4.5(2)a), and the
day of removal is its professional's to set within them (7.1.4.3(1)c): here that day becomes today. So it ends by its
term, and rests in the archive five years from its actual removal (7.1.4.6(1)). A professional never has two active
signals about one youth.

1. Read the number behind the earlier signal; ask the register of persons, as for any new signal.
2. In one write: rights, in the last thirty days or on its date, the day's budget, age and death, the earlier one ended
   with its matches, the new one with its own, both wishes for the hub, the audit lines.
3. Nudge the delivery.

One that is in the archive already is not renewed by its id: the archive is no place to look a youth up (7.1.4.6(2)).
Then the professional signals as for the first time. Undoing the new one does not bring the earlier one back.
"""

from dataclasses import replace
from datetime import date
from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import retention, rights
from node.domain.confirming import Stand
from node.domain.days import midnight
from node.domain.errors import SignalOver
from node.domain.limits import require_room
from node.domain.organisation import require_category
from node.domain.person import Youth
from node.domain.rights import Act
from node.domain.signal import EndReason, Signal, State
from node.flows.capacity import capacity
from node.flows.close import close
from node.flows.desk import Desk
from node.flows.register_signal import Registered, best_known, enter, require_agreement, require_youth
from node.people.protocol import PeopleAway
from node.store import confirmations, counts, professionals, signals, youths


async def renew_signal(desk: Desk, who: UUID, signal_id: UUID, months: int | None = None) -> Registered:
    """A new signal about the same youth for so many months (the organisation's default if None); the earlier one ends.

    Raises ProfessionalUnknown, NotDesignated, NoAgreement, SignalUnknown, SignalOver, NotConfirmed, TooSoonToRenew,
    TooManySignals, DoesNotAgree, YouthTooOld, YouthDeceased, DurationNotOffered; then nothing has changed.
    """

    def earlier(tx: Tx) -> Youth:
        return youths.get(tx, desk.vault, _renewable(tx, desk, who, signal_id).youth)

    known = await desk.db.read(earlier)
    person = None
    if known.bsn is not None:
        try:
            person = await desk.people.find(known.bsn)
        except PeopleAway:
            person = None

    def change(tx: Tx) -> Registered:
        old, today = _renewable(tx, desk, who, signal_id), desk.today()
        professional = professionals.get(tx, who)
        require_room(counts.made_on(tx, professional.id, today), desk.limits, today)
        youth = best_known(tx, desk, replace(known, person=person))
        said = confirmations.waiting(tx, desk.vault, old.id)
        require_agreement(youth, said)
        require_youth(youth, desk)
        _end(tx, desk, old, youth.adult_on)
        done = enter(tx, desk, professional, youth, months, capacity(tx, professional, today))
        if said is not None and youth.person is None:
            # A renewal confirms nobody: what waits for the register waits on.
            confirmations.wait(tx, desk.vault, done.signal.id, said)
            done = replace(done, confirmed=Stand.WAITS)
        record(tx, audit.SIGNAL_RENEWED, desk.clock(), by=str(who), signal=str(done.signal.id), earlier=str(old.id))
        return done

    done = await desk.db.write(change)
    desk.nudge()
    return done


def _renewable(tx: Tx, desk: Desk, who: UUID, signal_id: UUID) -> Signal:
    signal = signals.get(tx, signal_id)
    professional = professionals.get(tx, who)
    # In person: a new signal is a weighing of one's own, which no substitute makes for somebody else.
    acting = replace(capacity(tx, professional, desk.today()), stands_in_for=frozenset())
    rights.require(professional, Act.RENEW, signal, acting)
    require_category(professional.contact.domain, preventive_field=desk.preventive_field)
    if signal.state is not State.ACTIVE:
        raise SignalOver
    confirmations.require_told_of(tx, signal.id)
    retention.require_renewable(signal.valid_until, desk.today())
    return signal


def _end(tx: Tx, desk: Desk, old: Signal, adult_on: date | None) -> None:
    """By its term: today, or on its date where the nightly run has not come by yet."""
    today, now = desk.today(), desk.clock()
    if old.valid_until <= today:
        verdict, on, at = retention.fate(old, today), old.valid_until, midnight(old.valid_until)
    else:
        verdict, on, at = retention.ended(EndReason.TERMIJN, today, adult_on, desk.terms), today, now
    ended = close(tx, desk, old, verdict, on, at)
    record(
        tx,
        audit.SIGNAL_ENDED,
        now,
        signal=str(old.id),
        reason=verdict.reason and verdict.reason.value,
        article=verdict.article,
        archiveUntil=verdict.archive_until.isoformat() if verdict.archive_until else None,
        matchesEnded=ended,
    )
