"""Bringing signals in from a file, for tests: an operator, lines as in a file, and what the service told."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from node.domain.bsn import Bsn
from node.domain.confirming import Confirmation
from node.domain.person import BirthDate
from node.domain.rights import Role
from node.flows.desk import Desk
from node.flows.grant_role import Where, ask_role, confirm_role
from node.flows.take_in_signals import TakenIn, take_in
from node.flows.work_through import work_on
from node.people.lines import Line
from node.people.signal_lists import ListedSignal
from node.store import budget, outbox
from soap_wsdl.vocabulary import BudgetLeft
from tests.region import NOW, World


async def operator(desk: Desk) -> str:
    """Somebody who runs the node."""
    number = await ask_role(desk, "bouwer-een", "rik", Role.REGIOBEHEERDER, Where())
    await confirm_role(desk, "bouwer-twee", number)
    return "rik"


NOOR = Confirmation(BirthDate(2010, 5, 1), "Vries")
"""What agrees with a youth of ``World.person``, unless that was told otherwise."""


def listed(
    *signals: tuple[str, Bsn] | tuple[str, Bsn, date], said: Confirmation | None = NOOR
) -> list[Line[ListedSignal]]:
    """Lines from 2 on, as in a file; each says this of its youth."""
    return [
        Line(number, ListedSignal(one[0], one[1], None, one[2] if len(one) > 2 else None, said))
        for number, one in enumerate(signals, 2)
    ]


async def bring_in(world: World, lines: Sequence[Line[ListedSignal]]) -> TakenIn:
    """Take in and work through to the end, with everything that was made sent at once."""
    done = await take_in(world.desk, "rik", lines)
    while (await work_on(world.desk)).held is None:
        sent(world)
    return done


def sent(world: World) -> None:
    """What waits for the hub has left."""
    for wish in world.desk.db.read_now(outbox.every):
        world.desk.db.write_now(partial(outbox.fulfilled, number=wish.number))


def told(world: World, today: int, *, most: int = 0, allowance: int = 0, at: datetime = NOW) -> None:
    """The pseudonym service told what is left."""
    left = BudgetLeft(today=today, this_month=100_000, allowance=allowance)
    world.desk.db.write_now(lambda tx: budget.remember(tx, left, max(0, most - today), at))
