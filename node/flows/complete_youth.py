"""Person data that follow: youths whom the register did not know, or could not be asked about, are asked for again.

Who turns out to have died or to be 23 leads to destruction; a 23rd birthday shortens the term; parents that become
known lead to family matches and to new records at the hub. Somebody of whom the register tells what does not fit is
left out, with an alarm. The longest unasked come first: those whom the register never knows keep nobody waiting.
"""

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.person import Person
from node.domain.signal import YouthKey
from node.flows.desk import Desk
from node.flows.doubt_person import UNFIT, doubt_person
from node.flows.expire import require_sure_clock
from node.flows.follow_person import follow
from node.people.protocol import PeopleAway, PersonUnfit
from node.store import youths

AT_ONCE = 500
"""Youths asked for in one run."""


async def complete_youths(desk: Desk) -> int:
    """Ask the register for everyone whose data are still missing; says how many it knew. Stops when it is away.

    Raises ClockInDoubt while our clock may be wrong: who turns out to be 23 is destroyed.
    """
    await require_sure_clock(desk)
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
    if youth.bsn is None:
        return False
    try:
        person = await desk.people.find(youth.bsn)
    except PersonUnfit:
        await desk.db.write(lambda tx: doubt_person(tx, desk, key, UNFIT, desk.today()))
        return False
    await desk.db.write(lambda tx: _complete(tx, desk, key, person))
    return person is not None


def _complete(tx: Tx, desk: Desk, key: YouthKey, person: Person | None) -> None:
    youths.was_asked(tx, key, desk.today())
    followed = follow(tx, desk, key, person) if person is not None else None
    if followed is not None and followed.signals:
        record(tx, audit.YOUTH_COMPLETED, desk.clock(), signals=followed.signals, matches=followed.told)
