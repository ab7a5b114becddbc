"""Person data that follow: youths whom the register did not know, or could not be asked about, are asked for again.

Who turns out to have died or to be 23 leads to destruction; a 23rd birthday shortens the term; parents that become
known lead to family matches and to new records at the hub.
"""

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.person import Person
from node.domain.signal import YouthKey
from node.flows.desk import Desk
from node.flows.follow_person import follow
from node.people.protocol import PeopleAway
from node.store import youths

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
    if youth.bsn is None:
        return False
    person = await desk.people.find(youth.bsn)
    if person is not None:
        await desk.db.write(lambda tx: _complete(tx, desk, key, person))
    return person is not None


def _complete(tx: Tx, desk: Desk, key: YouthKey, person: Person) -> None:
    followed = follow(tx, desk, key, person)
    if followed.signals:
        record(tx, audit.YOUTH_COMPLETED, desk.clock(), signals=followed.signals, matches=followed.told)
