"""Each night the register is asked again about everyone whom a signal is about, and what changed is applied (B6).

1. Some youths who were not asked about today, the longest unasked first.
2. Ask the register for them. It may be away: then the run stops, and goes on where it was when it is tried again.
3. One write for these youths: what follows from each answer (``flows.follow_person``), and that they were asked.
4. A line of proof with counts.

Somebody of whom it tells what does not fit is left out, with an alarm, and keeps nobody else from being followed.
Also about those with archived signals only: those are destroyed at death (Jeugdwet 7.1.4.6(1)), and nobody else would
tell us. Somebody whom the register does not know any more under that number stays as known, with an alarm: it may have
got another one, and the register does not tell which (B6).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.bsn import Bsn
from node.domain.person import Person
from node.domain.signal import YouthKey
from node.flows.desk import Desk
from node.flows.doubt_person import GONE, UNFIT, doubt_person
from node.flows.expire import require_sure_clock
from node.flows.follow_person import follow
from node.people.protocol import PeopleAway
from node.store import youths

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
    await require_sure_clock(desk)
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


def _apply(
    tx: Tx, desk: Desk, today: date, asked: Sequence[tuple[YouthKey, Bsn]], persons: Mapping[Bsn, Person | None]
) -> int:
    changed = 0
    for key, bsn in asked:
        person = persons.get(bsn)
        if person is not None and not person.was_mistake:
            changed += follow(tx, desk, key, person).changed
        else:
            unfit = bsn in persons and person is None
            doubt_person(tx, desk, key, UNFIT if unfit else GONE, today)
        youths.was_asked(tx, key, today)
    return changed
