"""A profile leaves its organisation, once each active signal goes over to a colleague or ends (O4).

1. The right, and a plan for each active signal.
2. Each transfer: the colleague may signal and has no signal about this youth; the dates stay; nobody meets himself
   or, unless the rules say so, somebody of the same location; what the colleague signalled before is not offered to
   them; the cards in other regions are sent anew.
3. Each ending, with its reason, as its professional would have done.
4. Designation, absences and roles at that organisation end; the profile has left; the audit lines.

All of it is one write. Then a nudge. What rests in the archive keeps the name of who made it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import retention, rights
from node.domain.days import local_day
from node.domain.errors import AlreadySignalled, NotAColleague, NotAllowed, ProfessionalLeft, SignalsLeft, SignalUnknown
from node.domain.organisation import require_category
from node.domain.professional import PersonNumber, Professional
from node.domain.rights import Act
from node.domain.signal import BY_PROFESSIONAL, EndReason, Signal, SignalId
from node.flows import authority
from node.flows.capacity import capacity
from node.flows.close import close
from node.flows.desk import Desk
from node.flows.meet import meet_anew
from node.flows.taken_back import count_taken_back
from node.store import archive_here, designations, matches, outbox, professionals, roles, signals, youths

Plan = Mapping[UUID, str | EndReason]
"""For active signals: the colleague, by reference or id, or the reason for which it ends."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A signal as who coordinates sees it: since when, until when, and whether it matched; never about whom (O5)."""

    signal: SignalId
    made_on: str
    valid_until: str
    matched: bool


async def list_signals(desk: Desk, by: PersonNumber, who: str) -> list[Entry]:
    """The active signals of a profile, to plan with. The look is logged. Raises PersonUnknown, NotAllowed."""

    def look(tx: Tx) -> list[Entry]:
        professional = authority.profile_called(tx, who)
        authority.require(tx, desk, by, Act.LIST_SIGNALS, authority.place_of(professional))
        found = [
            Entry(
                signal.id,
                local_day(signal.made_at).isoformat(),
                signal.valid_until.isoformat(),
                matches.any_living(tx, signal.id),
            )
            for signal in signals.of_professional(tx, professional.id, desk.today())
        ]
        record(
            tx, audit.SIGNALS_LISTED, desk.clock(), by=str(by), professional=str(professional.id), signals=len(found)
        )
        return found

    return await desk.db.write(look)


async def depart(desk: Desk, by: PersonNumber, who: str, plan: Plan, others_to: str | None = None) -> None:
    """The profile has left, and none of its signals is left behind: those that ``plan`` does not name go over to
    ``others_to``, a colleague, by reference or id.

    Raises PersonUnknown, NotAllowed, ProfessionalLeft, SignalsLeft for signals that nothing is said of, SignalUnknown
    for what is no active signal of this profile; and for a transfer NotAColleague, NotDesignated, NoAgreement,
    CategoryNotAllowed, AlreadySignalled. Then nothing at all has changed.
    """

    def change(tx: Tx) -> None:
        now, today = desk.clock(), desk.today()
        leaving = authority.profile_called(tx, who)
        authority.require(tx, desk, by, Act.DEPART, authority.place_of(leaving))
        if leaving.left_on is not None:
            raise ProfessionalLeft
        active = {UUID(str(one.id)): one for one in signals.of_professional(tx, leaving.id, today)}
        forgotten = active.keys() - plan.keys()
        if forgotten and others_to is None:
            raise SignalsLeft(len(forgotten))
        if plan.keys() - active.keys():
            raise SignalUnknown
        transferred = 0
        for signal_id, signal in active.items():
            fate = plan.get(signal_id, others_to)
            assert fate is not None  # noqa: S101 - of every signal something is said
            if isinstance(fate, EndReason):
                _end(tx, desk, by, signal, fate)
            else:
                _transfer(tx, desk, by, leaving, signal, authority.profile_called(tx, fate))
                transferred += 1
        designations.end_by(tx, leaving.id, today)
        for known in designations.substitutions(tx, leaving.id):
            if known.period.ends is not None and today < known.period.ends:
                designations.end_substitution(tx, known.number, known.period, today)
        professionals.leave(tx, leaving.id, today)
        _end_roles(tx, desk, by, leaving)
        record(
            tx,
            audit.PROFESSIONAL_LEFT,
            now,
            by=str(by),
            professional=str(leaving.id),
            transferred=transferred,
            ended=len(active) - transferred,
        )

    await desk.db.write(change)
    desk.nudge()


def _transfer(tx: Tx, desk: Desk, by: PersonNumber, leaving: Professional, signal: Signal, to: Professional) -> None:
    today, now = desk.today(), desk.clock()
    if to not in professionals.colleagues(tx, leaving):
        raise NotAColleague
    rights.require(to, Act.SIGNAL, capacity=capacity(tx, to, today))
    require_category(to.contact.domain, preventive_field=desk.preventive_field)
    for other in signals.active_about(tx, signal.youth):
        if other.professional == to.id:
            raise AlreadySignalled(other.id, other.valid_until)
    signals.transfer(tx, signal.id, to.id)
    ended = meet_anew(tx, desk, replace(signal, professional=to.id), to)
    archive_here.forget_own(tx, signal.id, to.person)
    outbox.change(tx, signal.id, now)
    record(
        tx,
        audit.SIGNAL_TRANSFERRED,
        now,
        by=str(by),
        signal=str(signal.id),
        to=str(to.id),
        matchesEnded=ended,
        **{"from": str(leaving.id)},
    )


def _end(tx: Tx, desk: Desk, by: PersonNumber, signal: Signal, reason: EndReason) -> None:
    if reason not in BY_PROFESSIONAL:
        raise NotAllowed
    now, today = desk.clock(), desk.today()
    verdict = retention.ended(reason, today, youths.get(tx, desk.vault, signal.youth).adult_on, desk.terms)
    count_taken_back(tx, desk, signal, reason, now)
    ended = close(tx, desk, signal, verdict, today, now)
    record(
        tx,
        audit.SIGNAL_ENDED,
        now,
        by=str(by),
        onBehalfOf=str(signal.professional),
        signal=str(signal.id),
        reason=reason.value,
        article=verdict.article,
        archiveUntil=verdict.archive_until.isoformat() if verdict.archive_until else None,
        matchesEnded=ended,
    )


def _end_roles(tx: Tx, desk: Desk, by: PersonNumber, left: Professional) -> None:
    """Roles at an organisation where this human has no profile any more."""
    if any(other.organisation == left.organisation for other in professionals.of_person(tx, left.person)):
        return
    for grant in roles.standing(tx, left.person):
        if grant.place in (str(left.location), str(left.organisation)):
            roles.end(tx, grant.number, desk.today())
            record(
                tx,
                audit.ROLE_ENDED,
                desk.clock(),
                by=str(by),
                request=grant.number,
                role=grant.role.value,
                place=grant.place,
                holder=str(grant.person),
            )
