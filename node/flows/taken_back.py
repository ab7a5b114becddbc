"""Signals taken back within a day: looking at who else is involved, and then saying that it was a mistake, shows.

Registering is the only question that the index answers, so whoever wants to ask without signalling must take back.
"""

from datetime import datetime, timedelta
from uuid import UUID

from ledger import Tx
from node.domain.signal import Signal
from node.store import holds
from node.store.holds import AlarmKind

WITHIN = timedelta(days=1)
"""Taken back sooner than this after it was made, it counts; and it counts this long."""
MOST_OF_ONE = 3
"""More of one professional in a day is an alarm."""
MOST_IN_ALL = 20
"""More in the whole region in a day is an alarm."""


def count_taken_back(tx: Tx, signal: Signal, now: datetime) -> None:
    """Count a signal that was a mistake, in the transaction that destroys it; alarm about too many. Names no youth."""
    if now - signal.made_at >= WITHIN:
        return
    tx.execute("DELETE FROM taken_back WHERE at <= ?", ((now - WITHIN).isoformat(),))
    tx.execute(
        "INSERT INTO taken_back (professional_id, at) VALUES (?, ?)", (str(signal.professional), now.isoformat())
    )
    if _count(tx, signal.professional) > MOST_OF_ONE:
        about = f"Professional {signal.professional} took back more than {MOST_OF_ONE} new signals within a day."
        holds.ring(tx, AlarmKind.TAKEN_BACK, about, None, now)
    if _count(tx, None) > MOST_IN_ALL:
        about = f"This region took back more than {MOST_IN_ALL} new signals within a day."
        holds.ring(tx, AlarmKind.TAKEN_BACK, about, None, now)


def _count(tx: Tx, professional: UUID | None) -> int:
    row = tx.one(
        "SELECT count(*) FROM taken_back WHERE ?1 IS NULL OR professional_id = ?1",
        (str(professional) if professional is not None else None,),
    )
    return int(row[0]) if row else 0
