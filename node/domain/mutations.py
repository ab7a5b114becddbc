"""What the register tells otherwise than before, and what that does to signals: death, a birth date, parents, a move.

Pure: two times the same person, a signal and a day in; kinds of change and new dates out. None of the kinds tells data.
"""

from dataclasses import replace
from datetime import date
from enum import Enum

from node.domain import retention
from node.domain.brp import Abroad, Address, BrpDate, Location, Residence, SuspensionReason
from node.domain.person import Person
from node.domain.retention import RULES, Fate, Verdict
from node.domain.signal import EndReason, Signal, State


class Change(Enum):
    """A kind of change, as the audit log names it."""

    DEATH = "death"
    EMIGRATION = "emigration"
    BIRTH_DATE = "birthDate"
    PARENTS = "parents"
    SECRECY = "secrecy"
    MOVE = "move"
    MOVE_WITHIN = "moveWithin"
    HOME = "home"
    DETAILS = "details"


def changes(before: Person, after: Person) -> frozenset[Change]:
    """Every kind of change between two answers of the register about one person.

    MOVE is to a gemeente (Jeugdwet 7.1.2.3(1)g): another than is known from before, or any for who comes back from
    abroad or from where the BRP did not keep them up. MOVE_WITHIN is any other move: to another
    place, both known, secret or not, unless the BRP says that the youth has lived there as long as at the one before.
    HOME is the address that may be matched: it also changes when an address becomes
    secret or is secret no more, or is written otherwise.
    """
    since = before.lives_since != after.lives_since
    to_gemeente = _to_gemeente(before, after)
    within = (
        not to_gemeente
        and after.suspension is None
        and _elsewhere(before.address, after.address)
        and (since or before.lives_since is None)
    )
    emigrated = _left(after) and not _left(before)
    found = {
        Change.DEATH: after.has_died and not before.has_died,
        Change.EMIGRATION: emigrated,
        Change.BIRTH_DATE: before.birth_date != after.birth_date,
        Change.PARENTS: (set(before.parents), before.other_parents) != (set(after.parents), after.other_parents),
        Change.SECRECY: before.address_secret != after.address_secret,
        Change.MOVE: to_gemeente,
        Change.MOVE_WITHIN: within,
        Change.HOME: before.home != after.home,
        # A gemeente that becomes known is no move, and is kept: without it the next move would not show. So is the day
        # since which an address holds.
        Change.DETAILS: (before.name, before.surname, before.sex) != (after.name, after.surname, after.sex)
        or (before.gemeente is None and after.gemeente is not None)
        or (since and not (to_gemeente or within or emigrated)),
    }
    return frozenset(change for change, true in found.items() if true)


def moved(found: frozenset[Change]) -> bool:
    """Whether the professionals should see that the youth lives elsewhere: each move is passed on to them."""
    return bool(found & {Change.MOVE, Change.MOVE_WITHIN, Change.EMIGRATION})


def moved_on(before: Person, after: Person, noticed: date) -> date:
    """The day of a move: since when the BRP says that the youth lives there, else the day on which we noticed.

    Where that day is not known whole, is to come, or is that of before (a gemeente that merged), we know no other.
    """
    since = after.lives_since
    if since is None or since == before.lives_since or None in (since.year, since.month, since.day):
        return noticed
    return min(_day(since), noticed)


def regroups(found: frozenset[Change]) -> bool:
    """Whether other signals may be near now, or some no longer: parents, or the home."""
    return bool(found & {Change.PARENTS, Change.HOME})


def tells_hub(found: frozenset[Change], *, address: bool) -> bool:
    """Whether the hub must hear: of parents and dates, and of the home where addresses are matched."""
    return bool(found & {Change.PARENTS, Change.BIRTH_DATE}) or (address and Change.HOME in found)


def destroyed(person: Person, today: date) -> Verdict | None:
    """What ends every signal about this person at once, active or archived: death or the 23rd birthday.

    None for anybody else. Emigration and any other suspension end nothing: the law names no such ground.
    """
    if person.has_died:
        reason = EndReason.OVERLEDEN
    elif person.adult_on is not None and person.adult_on <= today:
        reason = EndReason.LEEFTIJD23
    else:
        return None
    return Verdict(Fate.DESTROY, RULES[reason].article, reason)


def with_dates(signal: Signal, adult_on: date | None) -> Signal:
    """The signal with its dates by this 23rd birthday. A later birthday makes no signal last longer than it did.

    Only the archive that an active signal would go to follows a later one, because its five years have not begun.
    """
    if adult_on is None:
        return signal
    if signal.state is State.ARCHIVED and signal.archive_until is not None:
        return replace(signal, archive_until=min(signal.archive_until, adult_on))
    until = min(signal.valid_until, adult_on)
    return replace(signal, valid_until=until, archive_until=retention.archive_until(until, adult_on))


def _day(known: BrpDate) -> date:
    return date(known.year or 1, known.month or 1, known.day or 1)


def _to_gemeente(before: Person, after: Person) -> bool:
    if after.gemeente is None or after.suspension is not None or isinstance(after.address, Abroad):
        return False
    if _left(before):
        return True
    known = before.gemeente is not None or before.suspension is not None
    return known and before.gemeente != after.gemeente


def _elsewhere(before: Residence | None, after: Residence | None) -> bool:
    """Whether these are two places in the Netherlands. One address that is renumbered or gets its BAG stays one."""
    match before, after:
        case Address(), Address():
            same_house = before.bag_id is not None and before.bag_id == after.bag_id
            return not same_house and _written(before) != _written(after)
        case ((Address() | Location()), (Address() | Location())):
            return _written(before) != _written(after)
        case _:
            return False


def _written(place: Address | Location) -> tuple[str, ...]:
    parts: tuple[str, ...]
    if isinstance(place, Address):
        parts = (place.postcode, str(place.number), place.letter, place.addition)
    else:
        parts = (place.description,)
    return tuple("".join(part.split()).upper() for part in parts)


def _left(person: Person) -> bool:
    suspended = person.suspension is not None and person.suspension.reason is SuspensionReason.EMIGRATION
    return suspended or isinstance(person.address, Abroad)
