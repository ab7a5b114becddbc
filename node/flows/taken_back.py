"""Signals that look like a question are counted: taken back after a look at who else is involved, or refused again and
again for what the youth turned out to be.
"""

from datetime import datetime
from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.errors import NotDone
from node.domain.limits import WITHIN, looks_like_a_question, tells_of_the_youth
from node.domain.signal import EndReason, Signal
from node.flows.desk import Desk
from node.store import counts, holds, matches
from node.store.holds import AlarmKind


def count_taken_back(tx: Tx, desk: Desk, signal: Signal, reason: EndReason, now: datetime) -> None:
    """Count a signal that its professional ends, if it looks like a question; alarm about too many. Names no youth.

    In the transaction that ends the signal, before its matches are ended or destroyed. One alarm until it was settled.
    """
    if not looks_like_a_question(reason, signal.made_at, matches.last_met(tx, signal.id), now):
        return
    of_one, in_all = counts.took_back(tx, signal.professional, now, now - WITHIN)
    limits, who = desk.limits, str(signal.professional)
    if of_one > limits.taken_back_of_one:
        about = f"Professional {who} took back more than {limits.taken_back_of_one} new signals within a day."
        _ring(tx, about, who, of_one, now)
    if in_all > limits.taken_back_in_all:
        about = f"This region took back more than {limits.taken_back_in_all} new signals within a day."
        _ring(tx, about, None, in_all, now)


def count_refused(tx: Tx, desk: Desk, who: UUID, refusal: NotDone) -> None:
    """Write down that a signal was refused, and why; count it if that told of the youth; alarm about too many on a day.

    One alarm until it was settled. Nothing says who the youth was.
    """
    now = desk.clock()
    record(tx, audit.SIGNAL_REFUSED, now, by=str(who), why=type(refusal).__name__)
    if not tells_of_the_youth(refusal):
        return
    refused, most = counts.refused_one(tx, who, desk.today()), desk.limits.refused_of_one
    about = f"Professional {who} had more than {most} signals refused on one day for what the youth turned out to be."
    if refused > most and holds.ring(tx, AlarmKind.REFUSED, about, None, now):
        record(tx, audit.REFUSED_OFTEN, now, by=str(who), signals=refused)


def _ring(tx: Tx, about: str, by: str | None, signals: int, now: datetime) -> None:
    if holds.ring(tx, AlarmKind.TAKEN_BACK, about, None, now):
        record(tx, audit.TAKEN_BACK_OFTEN, now, by=by, signals=signals)
