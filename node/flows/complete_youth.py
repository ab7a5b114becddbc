"""Person data that follow: youths whom the register did not know, or could not be asked about, are asked for again.

Who turns out to have died or to be 23 leads to destruction; a 23rd birthday shortens the term; parents that become
known lead to family matches and to new records at the hub.
"""

from dataclasses import replace
from datetime import date

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import retention
from node.domain.person import Person, Youth
from node.domain.retention import RULES, Fate, Verdict
from node.domain.signal import EndReason, Signal, State, YouthKey
from node.flows.close import close
from node.flows.desk import Desk
from node.flows.meet import meet
from node.people.protocol import PeopleAway
from node.store import matches, outbox, signals, youths

AT_ONCE = 500
"""Youths asked for in one run."""


async def complete_youths(desk: Desk) -> int:
    """Ask the register for everyone whose data are still missing; says how many it knew. Stops when it is away."""
    known = 0
    for key in await desk.db.read(lambda tx: youths.unknown(tx, AT_ONCE)):
        try:
            known += await _ask(desk, key)
        except PeopleAway:
            break
    if known:
        desk.nudge()
    return known


async def _ask(desk: Desk, key: YouthKey) -> bool:
    try:
        youth = await desk.db.read(lambda tx: youths.get(tx, desk.vault, key))
    except LookupError:
        return False  # The last signal about this youth ended meanwhile.
    person = await desk.people.find(youth.bsn)
    if person is not None:
        await desk.db.write(lambda tx: _complete(tx, desk, key, person))
    return person is not None


def _complete(tx: Tx, desk: Desk, key: YouthKey, person: Person) -> None:
    about = signals.about(tx, key)
    if not about:
        return
    youth = Youth(person.bsn, person)
    youths.put(tx, desk.vault, youth)
    told = sum(_bring_up_to_date(tx, desk, signal, youth) for signal in about)
    record(tx, audit.YOUTH_COMPLETED, desk.clock(), signals=len(about), matches=told)


def _bring_up_to_date(tx: Tx, desk: Desk, signal: Signal, youth: Youth) -> int:
    now, today, adult_on = desk.clock(), desk.today(), youth.adult_on
    reason = None
    if youth.person is not None and youth.person.has_died:
        reason = EndReason.OVERLEDEN
    elif adult_on is not None and adult_on <= today:
        reason = EndReason.LEEFTIJD23
    if reason is not None:
        verdict = Verdict(Fate.DESTROY, RULES[reason].article, reason)
        close(tx, signal, verdict, today, now)
        record(tx, audit.SIGNAL_DESTROYED, now, signal=str(signal.id), reason=reason.value, article=verdict.article)
        return 0
    shortened = _within(signal, adult_on)
    signals.put(tx, shortened)
    if signal.state is State.ARCHIVED:
        if shortened != signal:
            outbox.change(tx, signal.id, now)
        return 0
    matches.move_end(tx, signal.id)
    outbox.change(tx, signal.id, now)
    return meet(tx, desk, shortened) if today < shortened.valid_until else 0


def _within(signal: Signal, adult_on: date | None) -> Signal:
    """The signal with every date cut at the 23rd birthday."""
    if adult_on is None:
        return signal
    if signal.state is State.ARCHIVED and signal.archive_until is not None:
        return replace(signal, archive_until=min(signal.archive_until, adult_on))
    until = min(signal.valid_until, adult_on)
    return replace(signal, valid_until=until, archive_until=retention.archive_until(until, adult_on))
