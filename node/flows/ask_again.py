"""Each night the register is asked again about everyone whom a signal is about, and what changed is applied (B6).

1. Some youths who were not asked about today, the longest unasked first.
2. Ask the register for them. It may be away: then the run stops, and goes on where it was when it is tried again.
3. One write for these youths: what follows from each answer (``flows.follow_person``), and that they were asked.
4. A line of proof with counts.

Also about those with archived signals only: those are destroyed at death (Jeugdwet 7.1.4.6(1)), and nobody else would
tell us. Somebody whom the register does not know any more stays as known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.bsn import Bsn
from node.domain.person import Person
from node.domain.signal import YouthKey
from node.flows.desk import Desk
from node.flows.expire import ClockInDoubt
from node.flows.follow_person import follow
from node.people.protocol import PeopleAway
from node.store import holds, youths

AT_ONCE = 20
"""Youths in one question and one write: professionals who save a signal meanwhile wait no longer than for these."""


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """What a run did. ``away`` is whether it stopped because the register cannot be asked."""

    youths: int = 0
    changed: int = 0
    away: bool = False


async def ask_again(desk: Desk) -> AskedAgain:
    """Ask about everyone who was not asked about today, and apply what changed. A second run today asks nobody.

    Raises ClockInDoubt while a well-signed answer says that our clock is wrong: who is 23 is a question of the day.
    """
    if await desk.db.read(holds.clock_differs) is not None:
        raise ClockInDoubt("The clock differs from that of the hub or the pseudonym service.")
    today, asked, changed, away = desk.today(), 0, 0, False
    while numbers := await desk.db.read(lambda tx: _next(tx, desk, today)):
        try:
            persons = await desk.people.find_all([bsn for _, bsn in numbers])
        except PeopleAway:
            away = True
            break
        changed += await desk.db.write(lambda tx: _apply(tx, desk, today, numbers, persons))  # noqa: B023
        asked += len(numbers)
    if asked:
        day = today.isoformat()
        await desk.db.write(
            lambda tx: record(tx, audit.PEOPLE_ASKED_AGAIN, desk.clock(), day=day, youths=asked, changed=changed)
        )
    if changed:
        desk.nudge()
    return AskedAgain(asked, changed, away)


def _next(tx: Tx, desk: Desk, today: date) -> list[tuple[YouthKey, Bsn]]:
    found = [(key, youths.get(tx, desk.vault, key).bsn) for key in youths.to_ask(tx, today, AT_ONCE)]
    return [(key, bsn) for key, bsn in found if bsn is not None]


def _apply(tx: Tx, desk: Desk, today: date, asked: Sequence[tuple[YouthKey, Bsn]], persons: dict[Bsn, Person]) -> int:
    changed = 0
    for key, bsn in asked:
        if bsn in persons:
            changed += follow(tx, desk, key, persons[bsn]).changed
        youths.was_asked(tx, key, today)
    return changed
