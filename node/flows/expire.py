"""The nightly run: what has reached its date is archived or destroyed, and matches end on theirs.

``retention.fate`` decides, from the dates in the row alone. Each signal is one write: archive or destroy, its matches,
the wish for the hub, the audit line. Run twice, or after a stop half-way, it goes on where it was; a signal that was
dealt with is not due any more.
"""

from dataclasses import dataclass
from datetime import date

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import retention
from node.domain.days import midnight
from node.domain.retention import Fate
from node.domain.signal import State
from node.flows.close import close
from node.flows.desk import Desk
from node.store import holds, mailbox, match_endings, signals

AT_ONCE = 100
"""Signals in one transaction: professionals who save a signal meanwhile wait no longer than for these."""


class ClockInDoubt(Exception):
    """Nothing is ended or destroyed by the calendar while the clock may be wrong."""


@dataclass(frozen=True, slots=True)
class Expired:
    """What a run did. It counts and names nothing."""

    archived: int = 0
    destroyed: int = 0
    matches_ended: int = 0


async def expire(desk: Desk) -> Expired:
    """Bring every signal and match to where the calendar says it is today, and write a line of proof with counts.

    Raises ClockInDoubt while a well-signed answer says that our clock is wrong: then nobody knows which day it is.
    """
    await require_sure_clock(desk)
    today = desk.today()
    done = Expired()
    while True:
        step = await desk.db.write(lambda tx: _some(tx, desk, today))
        done = Expired(
            done.archived + step.archived,
            done.destroyed + step.destroyed,
            done.matches_ended + step.matches_ended,
        )
        if step.archived + step.destroyed == 0:
            break
    done = await desk.db.write(lambda tx: _finish(tx, desk, today, done))
    desk.nudge()
    return done


async def require_sure_clock(desk: Desk) -> None:
    """Raises ClockInDoubt while our clock differs from that of another side: for whatever destroys by a date."""
    if await desk.db.read(holds.clock_differs) is not None:
        raise ClockInDoubt("The clock differs from that of the hub or the pseudonym service.")


def _some(tx: Tx, desk: Desk, today: date) -> Expired:
    archived = destroyed = ended = 0
    now = desk.clock()
    for signal in signals.due(tx, today, AT_ONCE):
        verdict = retention.fate(signal, today)
        was_active = signal.state is State.ACTIVE
        on = signal.valid_until if was_active else today
        ended += close(tx, desk, signal, verdict, on, midnight(on))
        about = {"signal": str(signal.id), "reason": verdict.reason and verdict.reason.value}
        if verdict.fate is Fate.ARCHIVE:
            archived += 1
            until = verdict.archive_until.isoformat() if verdict.archive_until else None
            record(tx, audit.SIGNAL_ENDED, now, article=verdict.article, archiveUntil=until, **about)
        else:
            destroyed += 1
            record(tx, audit.SIGNAL_DESTROYED, now, article=verdict.article, **about)
    return Expired(archived, destroyed, ended)


def _finish(tx: Tx, desk: Desk, today: date, done: Expired) -> Expired:
    ended = done.matches_ended + match_endings.end_due(tx, today)
    mailbox.end_due(tx, today)
    record(
        tx,
        audit.RETENTION_RUN,
        desk.clock(),
        day=today.isoformat(),
        archived=done.archived,
        destroyed=done.destroyed,
        matchesEnded=ended,
    )
    return Expired(done.archived, done.destroyed, ended)
