"""An operator brings in the register of excluded addresses: homes of institutions and shelters, which never match.

Jeugdwet 7.1.2.3(1)d: youths at one home address match, institutions excepted. The file is the whole register: what
stands in it is excluded from now on, what stands in it no more matches again.

1. Youths kept before every way of writing their home was: write those, in chunks.
2. Compare the register with what was known.
3. For each chunk one write: the list, the grounds of every youth who lives there, address matches inside the region
   that are annulled or come back, the wish for the hub (which annuls or makes the address record), the audit line.

What if we stop here? What was written is whole; bringing in the same file again does the rest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.person import Address
from node.domain.professional import PersonNumber
from node.domain.signal import YouthKey
from node.flows import authority
from node.flows.desk import Desk
from node.flows.meet import meet
from node.store import homes, match_endings, outbox, signals, youths

AT_ONCE = 200
"""Homes, or youths, in one transaction."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a register changes, in ways of writing a home: one with a BAG id and a postcode counts twice."""

    added: int
    removed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Excluded:
    """What bringing it in did. Matches are counted inside the region: sides annulled, and pairs told (again)."""

    added: int = 0
    removed: int = 0
    youths: int = 0
    matches_ended: int = 0
    matches_told: int = 0


async def compare_excluded(desk: Desk, register: Sequence[Address], by: PersonNumber | None = None) -> Difference:
    """What bringing in this register would change. Nothing is changed. Raises as ``exclude_addresses``."""
    await _require(desk, by)
    wanted = _wanted(desk, register)
    known = await desk.db.read(homes.excluded)
    return Difference(len(wanted - known), len(known - wanted), len(wanted & known))


async def exclude_addresses(desk: Desk, register: Sequence[Address], by: PersonNumber | None = None) -> Excluded:
    """From now on exactly these homes are excluded. Twice does nothing more.

    ``by`` is who runs the node, where it is asked from afar: raises NotAllowed for who does not. At the machine's own
    command line it is None.
    """
    await _require(desk, by)
    while await desk.db.write(lambda tx: _write_homes(tx, desk)):
        pass
    wanted = _wanted(desk, register)
    known = await desk.db.read(homes.excluded)
    done = Excluded()
    for chunk in _chunks(sorted(wanted - known)):
        done = _sum(done, await desk.db.write(partial(_change, desk=desk, by=by, added=chunk)))
    for chunk in _chunks(sorted(known - wanted)):
        done = _sum(done, await desk.db.write(partial(_change, desk=desk, by=by, removed=chunk)))
    desk.nudge()
    return done


def _wanted(desk: Desk, register: Sequence[Address]) -> set[bytes]:
    return {key for home in register for key in homes.ways(desk.vault, home)}


def _write_homes(tx: Tx, desk: Desk) -> int:
    found = homes.unwritten(tx, AT_ONCE)
    for key in found:
        home = youths.get(tx, desk.vault, key).address
        homes.lives(tx, key, homes.ways(desk.vault, home) if home is not None else frozenset())
    return len(found)


async def _require(desk: Desk, by: PersonNumber | None) -> None:
    if by is not None:
        await desk.db.read(lambda tx: authority.require_operator(tx, desk, by))


def _change(
    tx: Tx, desk: Desk, by: PersonNumber | None, added: Sequence[bytes] = (), removed: Sequence[bytes] = ()
) -> Excluded:
    homes.exclude(tx, added)
    homes.allow(tx, removed)
    there = homes.of(tx, [*added, *removed])
    ended = told = 0
    for youth in there:
        one = _bring_up_to_date(tx, desk, youth)
        ended, told = ended + one[0], told + one[1]
    done = Excluded(len(added), len(removed), len(there), ended, told)
    record(
        tx,
        audit.ADDRESSES_EXCLUDED,
        desk.clock(),
        by=str(by) if by else None,
        added=done.added,
        removed=done.removed,
        youths=done.youths,
        matchesEnded=done.matches_ended,
        matchesTold=done.matches_told,
    )
    return done


def _bring_up_to_date(tx: Tx, desk: Desk, youth: YouthKey) -> tuple[int, int]:
    """The grounds of this youth, and the matches and wishes that follow: sides annulled, pairs that were told."""
    youths.relate(tx, desk.vault, youth, youths.get(tx, desk.vault, youth))
    ended = told = 0
    for signal in signals.active_about(tx, youth):
        if signal.valid_until <= desk.today():
            continue
        ended += match_endings.annul_groundless(tx, signal.id, desk.today())
        # A pair that was told as neighbours and has a parent in common by now stays matched, on that ground.
        told += meet(tx, desk, signal)
        if desk.rules.address:
            outbox.change(tx, signal.id, desk.clock())
    return ended, told


def _chunks(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))


def _sum(one: Excluded, other: Excluded) -> Excluded:
    return Excluded(
        one.added + other.added,
        one.removed + other.removed,
        one.youths + other.youths,
        one.matches_ended + other.matches_ended,
        one.matches_told + other.matches_told,
    )
