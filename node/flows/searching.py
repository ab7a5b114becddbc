"""Questions about persons are counted before they are answered: by name, or whether a BSN is of somebody described.

A miss is an answer too, for which no signal was made; what turns out to be no miss is taken off again. So asking many
at once brings no more answers than asking one by one.
"""

from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.limits import require_searches
from node.flows.desk import Desk
from node.store import counts, holds
from node.store.holds import AlarmKind


def count_search(tx: Tx, desk: Desk, who: UUID) -> None:
    """Count a question as a miss, until it is answered. Raises TooManyMissed, and then counts nothing."""
    today = desk.today()
    require_searches(counts.missed_on(tx, who, today), desk.limits, today)
    counts.missed_one(tx, who, today)


def was_no_miss(tx: Tx, desk: Desk, who: UUID) -> None:
    """It told nothing that may not be known, or a signal was made of it."""
    counts.missed_none(tx, who, desk.today())


def ring_if_often(tx: Tx, desk: Desk, who: UUID) -> None:
    """An alarm, once until it was settled, for who reached the limit of misses of a day. It names no youth."""
    now, most = desk.clock(), desk.limits.searches_missed_per_day
    missed = counts.missed_on(tx, who, desk.today())
    about = f"Professional {who} asked for youths by name, or confirmed a BSN, and missed {most} times within a day."
    if missed >= most and holds.ring(tx, AlarmKind.SEARCHES_MISSED, about, None, now):
        record(tx, audit.SEARCHES_MISSED_OFTEN, now, by=str(who), searches=missed)
