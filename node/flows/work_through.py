"""Lines of an import become signals, a hundred at a time, each through the same door as any other signal.

1. May some go now? Not while the hub or the pseudonym service is left alone, not while so much is on its way that who
   signals by hand would have to wait, and no more than the budget has room for (``domain.importing``).
2. Ask the register of persons about all of them at once. If it is away, their signals are made all the same.
3. In one write: for each line the rights, whether what it says of the youth agrees, the youth's age and death, a
   signal of the same professional that is there already (a double, no mistake), the day on which it began, then
   ``register_signal.enter``; a line that says nothing of the youth leaves the confirming to its professional. The
   matches of all of them are told here, together; the lines go, and what is kept of the refused ones is their number
   and why.
4. Nudge the delivery.

What if we stop here? Lines and signals change in the same write: the next start goes on at the first line not done.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import importing, rights
from node.domain.bsn import Bsn
from node.domain.errors import AlreadySignalled, NotDone
from node.domain.importing import AT_ONCE, MOST_ON_THEIR_WAY
from node.domain.organisation import require_category
from node.domain.person import Person, Youth
from node.domain.professional import Professional
from node.domain.rights import Act, Capacity
from node.domain.signal import SignalId
from node.flows import use_bsn
from node.flows.capacity import capacity
from node.flows.desk import Desk
from node.flows.register_signal import Registered, best_known, enter, require_agreement, require_first, require_youth
from node.flows.take_in_signals import rest_of
from node.people.lines import Line
from node.people.protocol import PeopleAway
from node.people.signal_lists import ListedSignal, read_written
from node.store import budget, confirmations, holds, imports, professionals
from node.store.holds import Side
from node.store.imports import Block, LineTold, Outcome, RunState

ASKED_TOGETHER = 20
"""Persons in one question to the register; the questions about the lines of one step are asked at the same time."""


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
    """The persons whom the register knows, asked about once; nobody while it is away: their data follow later.

    It hears of no number that its professional may not give.
    """
    numbers = await desk.db.read(lambda tx: _may_be_asked(tx, desk, lines))
    groups = [numbers[at : at + ASKED_TOGETHER] for at in range(0, len(numbers), ASKED_TOGETHER)]
    found: dict[Bsn, Person] = {}
    for persons in await asyncio.gather(*(_known(desk, group) for group in groups)):
        found |= persons
    return found


async def _known(desk: Desk, numbers: Sequence[Bsn]) -> dict[Bsn, Person]:
    try:
        found = await desk.people.find_all(numbers)
    except PeopleAway:
        return {}
    return {bsn: person for bsn, person in found.items() if person is not None}


class Standings:
    """Who may signal with a number today, within one transaction: looked up once for each professional."""

    def __init__(self, tx: Tx, desk: Desk) -> None:
        self._tx, self._desk = tx, desk
        self._known: dict[str, tuple[Professional, Capacity] | NotDone] = {}

    def of(self, reference: str) -> tuple[Professional, Capacity]:
        """The professional and the standing. Raises what signalling raises of who may: a right, a category, the BSN."""
        if reference not in self._known:
            try:
                self._known[reference] = self._look_up(reference)
            except NotDone as why:
                self._known[reference] = why
        found = self._known[reference]
        if isinstance(found, NotDone):
            raise found
        return found

    def _look_up(self, reference: str) -> tuple[Professional, Capacity]:
        who = professionals.by_reference(self._tx, reference)
        acting = capacity(self._tx, who, self._desk.today())
        rights.require(who, Act.SIGNAL, capacity=acting)
        require_category(who.contact.domain, preventive_field=self._desk.preventive_field)
        use_bsn.require_right(self._tx, who)
        return who, acting


def _may_be_asked(tx: Tx, desk: Desk, lines: Sequence[Line[ListedSignal]]) -> list[Bsn]:
    """The numbers of those lines whose professional may give one: of no other the register hears."""
    standings = Standings(tx, desk)
    numbers: dict[Bsn, None] = {}
    for line in lines:
        with suppress(NotDone):
            standings.of(line.what.reference)
            numbers[line.what.bsn] = None
    return list(numbers)


def become_signals(
    tx: Tx, desk: Desk, lines: Sequence[Line[ListedSignal]], persons: Mapping[Bsn, Person], run: int, tally: Tally
) -> None:
    """Make what can be made, in the caller's transaction; what is refused or double is told by number and reason."""
    standings = Standings(tx, desk)
    for line in lines:
        try:
            who, acting = standings.of(line.what.reference)
            done = _become(tx, desk, line.what, persons.get(line.what.bsn), who, acting, run)
        except AlreadySignalled as why:
            tally.told.append(LineTold(line.number, Outcome.DOUBLE, type(why).__name__, why.words))
        except NotDone as why:
            tally.told.append(LineTold(line.number, Outcome.REFUSED, type(why).__name__, why.words))
        else:
            tally.made.append(done.signal.id)
            tally.matches += done.told
            parents = persons[line.what.bsn].parents if line.what.bsn in persons else ()
            tally.elements += 1 + len(parents)


def _become(
    tx: Tx, desk: Desk, listed: ListedSignal, person: Person | None, who: Professional, acting: Capacity, run: int
) -> Registered:
    importing.require_start(listed.started, desk.today(), desk.imports.days_back)
    youth = best_known(tx, desk, Youth(listed.bsn, person))
    require_agreement(youth, listed.said)
    require_youth(youth, desk)
    require_first(tx, youth, who, desk)
    done = enter(tx, desk, who, youth, listed.months, acting, started=listed.started, run=run)
    if listed.said is None:
        confirmations.leave_open(tx, done.signal.id)
    elif youth.person is None:
        confirmations.wait(tx, desk.vault, done.signal.id, listed.said)
    return done


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
