"""A professional records who was told of a signal, when and how; or that telling waits, and until when.

1. The signal is one's own and active. Whom the age of that day asks for: Jeugdwet 7.1.5.1, ``domain.informing``.
2. In one write: the row, the postponement away once everyone was told, the audit line.

The list of what still has to be told is made anew each time it is asked for, so that a 12th or 16th birthday counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import rights
from node.domain.days import local_day
from node.domain.informing import (
    Ground,
    Manner,
    Person,
    Postponed,
    Stand,
    Told,
    must_know,
    require_review,
    require_told,
    stand,
    still_to_tell,
)
from node.domain.person import BirthDate
from node.domain.rights import Act
from node.domain.signal import Signal, SignalId
from node.flows.desk import Desk
from node.flows.end_signal import require_active
from node.store import informing, professionals, signals, youths


@dataclass(frozen=True, slots=True)
class Informing:
    """How the telling of one signal stands: who must know at today's age, who was told, who is still missing."""

    signal: SignalId
    must_know: frozenset[Person]
    told: Mapping[Person, Told]
    missing: frozenset[Person]
    stand: Stand
    postponed: Postponed | None


async def record_informed(
    desk: Desk, who: UUID, signal_id: UUID, told: frozenset[Person], day: date, manner: Manner
) -> Informing:
    """These were told of the signal, on that day. Said again about the same person, the later word counts.

    Raises ProfessionalUnknown, SignalUnknown, SignalOver, NotToInform, and FieldNotFit for a day that cannot be.
    """

    def change(tx: Tx) -> Informing:
        signal = _own(tx, desk, who, signal_id)
        require_told(_born(tx, desk, signal), told, day, local_day(signal.made_at), desk.today())
        for person in told:
            informing.tell(tx, signal.id, person, Told(day, manner))
        record(
            tx,
            audit.INFORMED,
            desk.clock(),
            by=str(who),
            signal=str(signal.id),
            told=",".join(sorted(person.value for person in told)),
            day=day.isoformat(),
            manner=manner.value,
        )
        now = _stands(tx, desk, signal)
        if now.stand is Stand.DONE:
            informing.settle(tx, signal.id)
        return _stands(tx, desk, signal)

    return await desk.db.write(change)


async def postpone_informing(desk: Desk, who: UUID, signal_id: UUID, ground: Ground, review_on: date) -> Informing:
    """Telling waits until that day, in place of an earlier postponement. Where all were told nothing waits.

    Raises ProfessionalUnknown, SignalUnknown, SignalOver, and FieldNotFit for a review not within three months.
    """

    def change(tx: Tx) -> Informing:
        signal = _own(tx, desk, who, signal_id)
        require_review(review_on, desk.today())
        now = _stands(tx, desk, signal)
        if now.stand is Stand.DONE:
            return now
        informing.postpone(tx, signal.id, Postponed(ground, review_on))
        record(
            tx,
            audit.INFORMING_POSTPONED,
            desk.clock(),
            by=str(who),
            signal=str(signal.id),
            ground=ground.value,
            reviewOn=review_on.isoformat(),
        )
        return _stands(tx, desk, signal)

    return await desk.db.write(change)


async def still_to_inform(desk: Desk, who: UUID) -> list[Informing]:
    """One's own active signals of which somebody must still be told: overdue first, then by the signal's making.

    Raises ProfessionalUnknown.
    """

    def question(tx: Tx) -> list[Informing]:
        professional = professionals.get(tx, who)
        own = reversed(signals.of_professional(tx, professional.id, desk.today()))
        found = [_stands(tx, desk, signal) for signal in own]
        return sorted(
            (one for one in found if one.stand is not Stand.DONE), key=lambda one: one.stand is not Stand.OVERDUE
        )

    return await desk.db.read(question)


def _own(tx: Tx, desk: Desk, who: UUID, signal_id: UUID) -> Signal:
    rights.require(professionals.get(tx, who), Act.INFORM, signals.get(tx, signal_id))
    return require_active(tx, desk, signal_id)


def _born(tx: Tx, desk: Desk, signal: Signal) -> BirthDate | None:
    return youths.get(tx, desk.vault, signal.youth).birth_date


def _stands(tx: Tx, desk: Desk, signal: Signal) -> Informing:
    born, today = _born(tx, desk, signal), desk.today()
    told, postponed = informing.told(tx, signal.id), informing.postponed(tx, signal.id)
    missing = still_to_tell(born, told, today)
    standing = stand(missing, postponed, local_day(signal.made_at), today)
    return Informing(signal.id, must_know(born, today), told, missing, standing, postponed)
