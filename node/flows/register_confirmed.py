"""A professional gives a BSN and two attributes of the youth; a signal is saved once the register agrees with both.

Who has the number is not shown first: that would let anybody who may signal look up anybody by number. The professional
says what they know, and hears that it agrees or that it does not; never which of the two, nor who it is instead.

1. In one write: may this professional signal, is there room today, did not too much miss; count this question.
2. Ask the register. It may be away, or not know the number.
3. In the write that saves the signal: compare with the register, or with what it told at an earlier signal. Where
   neither knows the person, keep what was said under seal: ``flows.follow_person`` compares it once the register does.
4. Did it not agree: nothing is saved, the question stays counted, and rings at the limit. Else it is not counted.

Jeugdwet 7.1.4.2(2) has the professional supply the number; P13 has no looking without a signal. What if we stop here?
Before 3 nothing was done but the count.
"""

from uuid import UUID

from ledger import Tx
from node.domain.bsn import Bsn
from node.domain.confirming import Confirmation
from node.domain.errors import DoesNotAgree, NotDone
from node.domain.limits import require_room
from node.domain.person import Person, Youth
from node.flows.desk import Desk
from node.flows.register_signal import Registered, log_refusal, register_youth, require_may_give_bsn
from node.flows.searching import count_search, ring_if_often, was_no_miss
from node.people.protocol import PeopleAway
from node.store import counts


async def register_confirmed(
    desk: Desk, who: UUID, bsn: Bsn, said: Confirmation, months: int | None = None
) -> Registered:
    """Save a signal of ``who`` about the youth with this number, for so many months, once ``said`` agrees.

    Raises DoesNotAgree, TooManyMissed, and what ``register_signal`` raises. Then nothing is kept but counts and a line.
    """

    def begin(tx: Tx) -> None:
        today = desk.today()
        professional = require_may_give_bsn(tx, desk, who)
        require_room(counts.made_on(tx, professional.id, today), desk.limits, today)
        count_search(tx, desk, professional.id)

    try:
        await desk.db.write(begin)
    except NotDone as why:
        await log_refusal(desk, who, why)
        raise
    try:
        return await register_youth(desk, who, Youth(bsn, await asked(desk, bsn)), months, said)
    except DoesNotAgree:
        await desk.db.write(lambda tx: ring_if_often(tx, desk, who))
        raise
    except NotDone:
        await desk.db.write(lambda tx: was_no_miss(tx, desk, who))
        raise


async def asked(desk: Desk, bsn: Bsn) -> Person | None:
    """Who has this number; None where the register does not know, or is away."""
    try:
        return await desk.people.find(bsn)
    except PeopleAway:
        return None
