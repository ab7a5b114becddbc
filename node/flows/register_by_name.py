"""A professional who may not know the BSN signals a youth by name: the number is found here and shown to nobody.

1. In one write: may this professional signal, is there room today, did not too many searches miss; count this one.
2. Ask the register for the one youth who fits. Without the register nothing is saved: nobody knows whom it is about.
3. None or several: one write logs the refusal, and rings once for a professional who reached the limit.
4. One found: the search is not counted any more, and it is registered as any other signal, in its own write.

Jeugdwet 7.1.4.2(3). A miss is counted because it is an answer too, for which no signal was made; and before it is
answered, so that asking many at once brings no more. What if we stop here? Before 4 nothing was done but the count.
"""

from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import rights
from node.domain.description import Description
from node.domain.errors import NobodyFound, NotDone, RegisterAway, SeveralFound
from node.domain.limits import require_room
from node.domain.person import Person, Youth
from node.domain.rights import Act
from node.flows.capacity import capacity
from node.flows.desk import Desk
from node.flows.register_signal import Registered, log_refusal, register_youth
from node.flows.searching import count_search, ring_if_often, was_no_miss
from node.people.protocol import PeopleAway
from node.store import counts, professionals


async def register_by_name(desk: Desk, who: UUID, described: Description, months: int | None = None) -> Registered:
    """Save a signal of ``who`` about the one youth who fits, for so many months.

    Raises NobodyFound (also for somebody dead or 23, and for a secret address), SeveralFound, RegisterAway,
    TooManyMissed, and what ``register_signal`` raises. What is returned holds no number.
    """

    def begin(tx: Tx) -> None:
        today = desk.today()
        professional = professionals.get(tx, who)
        rights.require(professional, Act.SIGNAL, capacity=capacity(tx, professional, today))
        require_room(counts.made_on(tx, professional.id, today), desk.limits, today)
        count_search(tx, desk, professional.id)

    try:
        await desk.db.write(begin)
        person = await _found(desk, described)
    except (NobodyFound, SeveralFound) as why:
        reason = type(why).__name__
        await desk.db.write(lambda tx: _missed(tx, desk, who, reason))
        raise
    except NotDone as why:
        if isinstance(why, RegisterAway):
            await desk.db.write(lambda tx: was_no_miss(tx, desk, who))
        await log_refusal(desk, who, why)
        raise
    await desk.db.write(lambda tx: was_no_miss(tx, desk, who))
    return await register_youth(desk, who, Youth(person.bsn, person), months)


async def _found(desk: Desk, described: Description) -> Person:
    try:
        return await desk.people.search(described, desk.today())
    except PeopleAway:
        raise RegisterAway from None


def _missed(tx: Tx, desk: Desk, who: UUID, reason: str) -> None:
    record(tx, audit.SIGNAL_REFUSED, desk.clock(), by=str(who), why=reason)
    ring_if_often(tx, desk, who)
