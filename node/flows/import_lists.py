"""An operator brings in the lists of a region: organisations, agreements, professionals, designations, persons.

Each list is one write, all of it or nothing. A dry run does everything and keeps nothing, so that it finds every line
that would be refused, with what is known here taken into account as well as the lines before it.
``by`` is who runs the node, where it is asked from afar: the right is asked in the same write, and the log has it. At
the machine's own command line it is None, because whoever has that account runs the node.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ledger import Event, Tx
from ledger.audit import record
from node import audit
from node.domain import rights
from node.domain.bsn_right import said_as
from node.domain.errors import AnotherProfile, NotDone, OrganisationUnknown, ProfessionalLeft, ProfessionalUnknown
from node.domain.period import Period
from node.domain.person import Person
from node.domain.professional import PersonNumber, Professional
from node.domain.rights import Role
from node.flows import agree, authority, designate
from node.flows.complete_youth import complete_youths
from node.flows.desk import Desk
from node.flows.expire import require_sure_clock
from node.flows.meet import meet_anew
from node.flows.show_anew import show_anew
from node.people.lines import Line, LineRefused
from node.people.organisation_lists import ListedAgreement, ListedDesignation, ListedOrganisation
from node.people.profiles import ListedProfile
from node.store import designations, humans, organisations, people, professionals, roles, signals

W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class ListReport:
    """What a list brought, or would bring: how many lines changed something, and which lines were refused.

    With a refused line nothing was kept.
    """

    lines: int
    changed: int
    refused: tuple[LineRefused, ...] = ()


class _NothingKept(Exception):
    def __init__(self, report: ListReport) -> None:
        super().__init__()
        self.report = report


async def import_organisations(
    desk: Desk, lines: Sequence[Line[ListedOrganisation]], *, dry_run: bool = False, by: PersonNumber | None = None
) -> ListReport:
    """Keep these organisations with their category; one that has or had this name is changed."""

    def bring_in(tx: Tx, listed: ListedOrganisation) -> bool:
        before = organisations.every(tx)
        name, category = listed.name, listed.category
        organisation = organisations.put(tx, name, category.domain, category, listed.kind, listed.months, desk.new_id)
        if listed.bsn is not None:
            organisations.set_bsn_right(tx, organisation.id, said_as(listed.bsn))
        if organisations.get(tx, organisation.id) in before:
            return False
        show_anew(tx, desk, professionals.at_unit(tx, organisations.Unit.ORGANISATION, organisation.id))
        return True

    return await _bring_in(desk, lines, bring_in, audit.ORGANISATIONS_IMPORTED, dry_run, by)


async def import_agreements(
    desk: Desk, lines: Sequence[Line[ListedAgreement]], *, dry_run: bool = False, by: PersonNumber | None = None
) -> ListReport:
    """Keep these agreements. A line that is known already to the letter changes nothing."""

    def bring_in(tx: Tx, listed: ListedAgreement) -> bool:
        known = organisations.agreements_of(tx, organisations.named(tx, listed.organisation).id)
        if any(
            (each.gemeente, each.signed_on, each.period, each.document)
            == (listed.gemeente, listed.signed_on, listed.period, listed.document)
            for each in known
        ):
            return False
        agree.agree(tx, desk, listed.organisation, listed.gemeente, listed.signed_on, listed.period, listed.document)
        return True

    return await _bring_in(desk, lines, bring_in, audit.AGREEMENTS_IMPORTED, dry_run, by)


async def import_designations(
    desk: Desk, lines: Sequence[Line[ListedDesignation]], *, dry_run: bool = False, by: PersonNumber | None = None
) -> ListReport:
    """Keep these designations. A line that is known already changes nothing."""

    def bring_in(tx: Tx, listed: ListedDesignation) -> bool:
        professional = professionals.by_reference(tx, listed.reference)
        if listed.period in designations.of(tx, professional.id):
            return False
        designate.begin(tx, professional, listed.period)
        return True

    return await _bring_in(desk, lines, bring_in, audit.DESIGNATIONS_IMPORTED, dry_run, by)


async def import_professionals(
    desk: Desk, lines: Sequence[Line[ListedProfile]], *, dry_run: bool = False, by: PersonNumber | None = None
) -> ListReport:
    """Keep these profiles; says how many are new or look different to others.

    Contact data that changed reach every match: inside the region at once, in other regions through the outbox.
    A new profile is designated from today unless its line says otherwise; of one that was known, the designation
    changes only when its line says so. A gemeente on the line makes an agreement from today if there is none.

    A profile that is known stays of its human and at its organisation: its signals are theirs, and who designated it
    was that organisation (Jeugdwet 7.1.1.2(1)c, O4). Within it the location may change;
    who meets whom follows.
    """

    def bring_in(tx: Tx, listed: ListedProfile) -> bool:
        try:
            before: Professional | None = professionals.by_reference(tx, listed.profile.reference)
        except ProfessionalUnknown:
            before = None
        if before is not None and before.left_on is not None:
            raise ProfessionalLeft
        if before is not None:
            _require_same(tx, before, listed)
        changed = professionals.put(tx, listed.profile, desk.new_id) is not None
        now = professionals.by_reference(tx, listed.profile.reference)
        rights.require_no_clash([Role.PROFESSIONAL, *(grant.role for grant in roles.standing(tx, now.person))])
        if changed:
            show_anew(tx, desk, [now.id])
        if before is not None and before.location != now.location:
            for signal in signals.of_professional(tx, now.id, desk.today()):
                meet_anew(tx, desk, signal, now)
        _designate(tx, desk, listed, now, new=before is None)
        _agree(tx, desk, listed, now)
        return changed

    return await _bring_in(desk, lines, bring_in, audit.PROFESSIONALS_IMPORTED, dry_run, by)


async def import_people(desk: Desk, persons: Sequence[Person], by: PersonNumber | None = None) -> int:
    """Keep these persons, then complete signals that waited for one of them; says how many signals' youths it knew.

    Raises ClockInDoubt while our clock may be wrong; then nothing is kept.
    """
    await require_sure_clock(desk)

    def change(tx: Tx) -> None:
        if by is not None:
            authority.require_operator(tx, desk, by)
        people.put(tx, desk.vault, persons)
        record(tx, audit.PEOPLE_IMPORTED, desk.clock(), by=str(by) if by else None, persons=len(persons))

    await desk.db.write(change)
    return await complete_youths(desk)


async def _bring_in(
    desk: Desk,
    lines: Sequence[Line[W]],
    bring_in: Callable[[Tx, W], bool],
    event: Event,
    dry_run: bool,
    by: PersonNumber | None,
) -> ListReport:
    def change(tx: Tx) -> ListReport:
        if by is not None:
            authority.require_operator(tx, desk, by)
        changed, refused = 0, []
        for line in lines:
            try:
                changed += bring_in(tx, line.what)
            except NotDone as why:
                # What this line had begun goes with all the rest: with one refused line nothing is kept.
                refused.append(LineRefused(line.number, why.words))
        report = ListReport(len(lines), changed, tuple(refused))
        if dry_run or refused:
            raise _NothingKept(report)
        record(tx, event, desk.clock(), by=str(by) if by else None, lines=len(lines), changed=changed)
        return report

    try:
        report = await desk.db.write(change)
    except _NothingKept as nothing:
        return nothing.report
    desk.nudge()
    return report


def _require_same(tx: Tx, before: Professional, listed: ListedProfile) -> None:
    """Raises AnotherProfile for a line that would hand this profile, with its signals, to another human or place."""
    human = listed.profile.human
    if human is not None and human != humans.reference_of(tx, before.person):
        raise AnotherProfile
    try:
        organisation = organisations.named(tx, listed.profile.contact.organisation).id
    except OrganisationUnknown:
        raise AnotherProfile from None
    if organisation != before.organisation:
        raise AnotherProfile


def _designate(tx: Tx, desk: Desk, listed: ListedProfile, who: Professional, *, new: bool) -> None:
    today = desk.today()
    known = designations.of(tx, who.id)
    if listed.active is False:
        designations.end_by(tx, who.id, today)
    elif listed.starts is not None:
        period = Period(listed.starts, listed.ends)
        if any(period.starts == each.starts for each in known):
            designations.put(tx, who.id, period)
        else:
            designate.begin(tx, who, period)
    elif (new or listed.active) and not any(each.covers(today) for each in known):
        designate.begin(tx, who, Period(today))


def _agree(tx: Tx, desk: Desk, listed: ListedProfile, who: Professional) -> None:
    if listed.gemeente is None or agree.agrees_with(tx, who.organisation, listed.gemeente, desk.today()):
        return
    today = desk.today()
    agree.agree(tx, desk, who.contact.organisation, listed.gemeente, today, Period(today), listed.document)
