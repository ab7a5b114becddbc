"""Lines of an import become signals, a hundred at a time, each through the same door as any other signal.

1. May some go now? Not while the hub or the pseudonym service is left alone, not while so much is on its way that who
   signals by hand would have to wait, and no more than the budget has room for (``domain.importing``).
2. Ask the register of persons about all of them at once. If it is away, their signals are made all the same.
3. In one write: for each line the rights, the youth's age and death, a signal of the same professional that is there
   already (a double, no mistake), the day on which it began, then ``register_signal.enter``; the matches of all of
   them are told here, together; the lines go, and what is kept of the refused ones is their number and why.
4. Nudge the delivery.

What if we stop here? Lines and signals change in the same write: the next start goes on at the first line not done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import importing, rights
from node.domain.bsn import Bsn
from node.domain.errors import AlreadySignalled, NotDone
from node.domain.importing import AT_ONCE, MOST_ON_THEIR_WAY
from node.domain.person import Person, Youth
from node.domain.professional import Professional
from node.domain.rights import Act, Capacity
from node.domain.signal import SignalId
from node.flows.capacity import capacity
from node.flows.desk import Desk
from node.flows.register_signal import Registered, best_known, enter, require_first, require_youth
from node.flows.take_in_signals import rest_of
from node.people.lines import Line
from node.people.protocol import PeopleAway
from node.people.signal_lists import ListedSignal, read_written
from node.store import budget, holds, imports, professionals
from node.store.holds import Side
from node.store.imports import Block, LineTold, Outcome, RunState


class Held(Enum):
    """Why no line becomes a signal now."""

    NOTHING = "nothing to do"
    OUTBOX = "what was made is on its way to the hub"
    AWAY = "the hub or the pseudonym service is left alone for a while"
    BUDGET = "the budget that is left today is for the day's own work"


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did: so many lines of this run; or why none."""

    run: int | None = None
    lines: int = 0
    held: Held | None = None


@dataclass
class Tally:
    """What some lines became, or would become."""

    made: list[SignalId] = field(default_factory=list)
    told: list[LineTold] = field(default_factory=list)
    matches: int = 0
    elements: int = 0

    def count(self, outcome: Outcome) -> int:
        """How many lines met this."""
        return sum(each.outcome is outcome for each in self.told)


class _NothingKept(Exception):
    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self.tally = tally


async def work_on(desk: Desk) -> Step:
    """Let the next lines of the oldest import become signals, as many as may go now."""
    block, most, held = await desk.db.read(lambda tx: _next(tx, desk))
    if block is None or held is not None:
        return Step(held=held or Held.NOTHING)
    waiting = read_written(desk.vault.open("import_block", str(block.id), block.sealed))
    lines, later = waiting[:most], waiting[most:]
    rest = rest_of(desk, block, later)
    persons = await ask_register(desk, lines)

    def change(tx: Tx) -> int:
        if not imports.still_waits(tx, block):
            return 0
        tally = Tally()
        become_signals(tx, desk, lines, persons, block.run, tally)
        imports.came_with(tx, block.run, tally.made)
        imports.tell(tx, block.run, tally.told)
        imports.keep_rest(tx, rest)
        doubles, refused = tally.count(Outcome.DOUBLE), tally.count(Outcome.REFUSED)
        run = imports.count_up(
            tx,
            block.run,
            made=len(tally.made),
            doubles=doubles,
            refused=refused,
            matches=tally.matches,
            elements=tally.elements,
        )
        if run.left == 0:
            now = desk.clock()
            imports.set_state(tx, run.number, RunState.DONE, now)
            record(
                tx,
                audit.IMPORT_DONE,
                now,
                run=run.number,
                lines=run.lines,
                made=run.made,
                doubles=run.doubles,
                refused=run.refused,
                matches=run.matches,
            )
        return len(lines)

    done = await desk.db.write(change)
    if done:
        desk.nudge()
    return Step(block.run, done)


def held_now(tx: Tx, desk: Desk) -> Held | None:
    """Why an import makes no signal at this moment; None when it may."""
    return _room(tx, desk)[1]


def _next(tx: Tx, desk: Desk) -> tuple[Block | None, int, Held | None]:
    block = imports.next_block(tx)
    if block is None:
        return None, 0, Held.NOTHING
    most, held = _room(tx, desk)
    return block, most, held


def _room(tx: Tx, desk: Desk) -> tuple[int, Held | None]:
    now = desk.clock()
    for side in Side:
        hold = holds.hold(tx, side)
        if hold is not None and (hold.clock_seconds is not None or hold.since <= now < hold.not_before):
            return 0, Held.AWAY
    wishes, errands = imports.on_their_way(tx, MOST_ON_THEIR_WAY)
    if wishes + errands > MOST_ON_THEIR_WAY - AT_ONCE:
        return 0, Held.OUTBOX
    most = importing.room(budget.told(tx), wishes, desk.imports, now)
    return (most, None) if most else (0, Held.OUTBOX if wishes else Held.BUDGET)


async def ask_register(desk: Desk, lines: Sequence[Line[ListedSignal]]) -> dict[Bsn, Person]:
    """The persons whom the register knows, asked about once; nobody while it is away: their data follow later."""
    try:
        found = await desk.people.find_all(list(dict.fromkeys(line.what.bsn for line in lines)))
    except PeopleAway:
        return {}
    return {bsn: person for bsn, person in found.items() if person is not None}


def become_signals(
    tx: Tx, desk: Desk, lines: Sequence[Line[ListedSignal]], persons: Mapping[Bsn, Person], run: int, tally: Tally
) -> None:
    """Make what can be made, in the caller's transaction; what is refused or double is told by number and reason."""
    acting: dict[str, tuple[Professional, Capacity]] = {}
    for line in lines:
        try:
            if line.what.reference not in acting:
                professional = professionals.by_reference(tx, line.what.reference)
                acting[line.what.reference] = professional, capacity(tx, professional, desk.today())
            done = _become(tx, desk, line.what, persons.get(line.what.bsn), *acting[line.what.reference], run)
        except AlreadySignalled as why:
            tally.told.append(LineTold(line.number, Outcome.DOUBLE, type(why).__name__, why.words))
        except NotDone as why:
            tally.told.append(LineTold(line.number, Outcome.REFUSED, type(why).__name__, why.words))
        else:
            tally.made.append(done.signal.id)
            tally.matches += len(done.matches)
            parents = persons[line.what.bsn].parents if line.what.bsn in persons else ()
            tally.elements += 1 + len(parents)


def _become(
    tx: Tx, desk: Desk, listed: ListedSignal, person: Person | None, who: Professional, acting: Capacity, run: int
) -> Registered:
    rights.require(who, Act.SIGNAL, capacity=acting)
    importing.require_start(listed.started, desk.today(), desk.imports.days_back)
    youth = best_known(tx, desk, Youth(listed.bsn, person))
    require_youth(youth, desk)
    require_first(tx, youth, who, desk)
    return enter(tx, desk, who, youth, listed.months, acting, started=listed.started, run=run)


async def try_out(desk: Desk, lines: Sequence[Line[ListedSignal]], run: int = 0) -> Tally:
    """What these lines would become: everything is done as in earnest, and nothing of it is kept.

    Lines of one file that are tried in parts know of each other only within a part: the caller minds doubles.
    """
    persons = await ask_register(desk, lines)

    def change(tx: Tx) -> None:
        tally = Tally()
        become_signals(tx, desk, lines, persons, run, tally)
        raise _NothingKept(tally)

    try:
        await desk.db.write(change)
    except _NothingKept as nothing:
        return nothing.tally
    raise AssertionError  # pragma: no cover - the change always raises
