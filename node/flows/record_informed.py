"""A professional records who was told of a signal, when and how; or that telling waits, and until when.

1. The signal is active, and one's own or of a colleague for whom one stands in. Whom the age of that day asks for:
   Jeugdwet 7.1.5.1, ``domain.informing``. Of a signal that is not confirmed no age is known.
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
from node.domain.professional import Professional
from node.domain.rights import Act
from node.domain.signal import Signal, SignalId
from node.flows.capacity import absent_name, acts_for, behalf, capacity
from node.flows.desk import Desk
from node.flows.end_signal import require_active
from node.store import confirmations, informing, professionals, signals, youths


@dataclass(frozen=True, slots=True)
class Informing:
    """How the telling of one signal stands: who must know at today's age, who was told, who is still missing."""

    signal: SignalId
    must_know: frozenset[Person]
    told: Mapping[Person, Told]
    missing: frozenset[Person]
    stand: Stand
    postponed: Postponed | None
    on_behalf_of: str | None = None
    """The name of the absent colleague whose signal it is, for a substitute."""


async def record_informed(
    desk: Desk, who: UUID, signal_id: UUID, told: frozenset[Person], day: date, manner: Manner
) -> Informing:
    """These were told of the signal, on that day. Said again about the same person, the later word counts.

    Raises ProfessionalUnknown, SignalUnknown, SignalOver, NotToInform, and FieldNotFit for a day that cannot be.
    """

    def change(tx: Tx) -> Informing:
        professional, signal = _own(tx, desk, who, signal_id)
        require_told(_born(tx, desk, signal), told, day, local_day(signal.made_at), desk.today())
        for person in told:
            informing.tell(tx, signal.id, person, Told(day, manner))
        record(
            tx,
            audit.INFORMED,
            desk.clock(),
            by=str(who),
            onBehalfOf=behalf(professional, signal),
            signal=str(signal.id),
            told=",".join(sorted(person.value for person in told)),
            day=day.isoformat(),
            manner=manner.value,
        )
        now = _stands(tx, desk, signal, professional)
        if now.stand is Stand.DONE:
            informing.settle(tx, signal.id)
        return _stands(tx, desk, signal, professional)

    return await desk.db.write(change)


async def postpone_informing(desk: Desk, who: UUID, signal_id: UUID, ground: Ground, review_on: date) -> Informing:
    """Telling waits until that day, in place of an earlier postponement. Where all were told nothing waits.

    Raises ProfessionalUnknown, SignalUnknown, SignalOver, and FieldNotFit for a review not within three months.
    """

    def change(tx: Tx) -> Informing:
        professional, signal = _own(tx, desk, who, signal_id)
        require_review(review_on, desk.today())
        now = _stands(tx, desk, signal, professional)
        if now.stand is Stand.DONE:
            return now
        informing.postpone(tx, signal.id, Postponed(ground, review_on))
        record(
            tx,
            audit.INFORMING_POSTPONED,
            desk.clock(),
            by=str(who),
            onBehalfOf=behalf(professional, signal),
            signal=str(signal.id),
            ground=ground.value,
            reviewOn=review_on.isoformat(),
        )
        return _stands(tx, desk, signal, professional)

    return await desk.db.write(change)


async def still_to_inform(desk: Desk, who: UUID) -> list[Informing]:
    """Active signals of which somebody must still be told, one's own and those of whom one stands in for: overdue
    first, then by the signal's making.

    Raises ProfessionalUnknown.
    """

    def question(tx: Tx) -> list[Informing]:
        professional = professionals.get(tx, who)
        today = desk.today()
        found = [
            _stands(tx, desk, signal, professional)
            for whose in acts_for(tx, professional, today)
            for signal in reversed(signals.of_professional(tx, whose, today))
        ]
        return sorted(
            (one for one in found if one.stand is not Stand.DONE), key=lambda one: one.stand is not Stand.OVERDUE
        )

    return await desk.db.read(question)


def _own(tx: Tx, desk: Desk, who: UUID, signal_id: UUID) -> tuple[Professional, Signal]:
    professional = professionals.get(tx, who)
    rights.require(professional, Act.INFORM, signals.get(tx, signal_id), capacity(tx, professional, desk.today()))
    return professional, require_active(tx, desk, signal_id)


def _born(tx: Tx, desk: Desk, signal: Signal) -> BirthDate | None:
    if confirmations.stand(tx, signal.id).hides:
        # Whom the register has under the number may be a stranger: that age tells nothing, and is not told.
        return None
    return youths.get(tx, desk.vault, signal.youth).birth_date


def _stands(tx: Tx, desk: Desk, signal: Signal, reader: Professional) -> Informing:
    born, today = _born(tx, desk, signal), desk.today()
    told, postponed = informing.told(tx, signal.id), informing.postponed(tx, signal.id)
    missing = still_to_tell(born, told, today)
    standing = stand(missing, postponed, local_day(signal.made_at), today)
    absent = absent_name(tx, reader, signal)
    return Informing(signal.id, must_know(born, today), told, missing, standing, postponed, absent)
