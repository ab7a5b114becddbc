"""Each move that the register tells is passed on: Jeugdwet 7.1.2.3(1)g, to the reporters and to a new regievoerder."""

from dataclasses import replace
from datetime import date

import pytest

from node.domain.brp import Abroad, Address, BrpDate, Suspension, SuspensionReason
from node.domain.moves import Gemeenten
from node.flows.ask_again import ask_again
from node.flows.look import own_signal
from node.flows.register_signal import register_signal
from node.store.moves import MoveTold
from soap_wsdl.vocabulary import Oin
from tests.region import World, made_up_bsn

YOUTH = made_up_bsn(0)
HOME, ELSEWHERE = Address("1011AB", 12), Address("1012AB", 1)


@pytest.mark.parametrize(("secret", "gemeente"), [(False, "0363"), (True, None)])
async def test_a_move_inside_the_gemeente_is_told_to_the_reporters_alone(
    world: World, secret: bool, gemeente: str | None
) -> None:
    """Jeugdwet 7.1.2.3(1)g: every move goes to the reporter, to a regievoerder only that of another gemeente."""
    anna = world.professional("Anna")
    world.person(YOUTH, address=HOME, gemeente="0363", address_secret=secret)
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.person(YOUTH, address=ELSEWHERE, gemeente="0363", address_secret=secret)
    await ask_again(world.desk)

    assert (await own_signal(world.desk, anna, signal.id)).moved == MoveTold(gemeente, date(2026, 3, 10))
    assert (world.rows("incoming_move"), world.events().count("move.reported")) == (0, 0)


async def test_a_move_has_the_day_of_the_brp_and_not_that_on_which_it_was_noticed(world: World) -> None:
    """For the reporters and for the regievoerder alike."""
    own = Oin("00000099000000000101")
    desk = replace(world.desk, gemeenten=Gemeenten(own, {"0363": own, "0479": own}))
    anna = world.professional("Anna")
    world.person(YOUTH, address=HOME, gemeente="0363", lives_since=BrpDate(2020, 5, 1))
    signal = (await register_signal(desk, anna, YOUTH)).signal
    world.person(YOUTH, address=ELSEWHERE, gemeente="0479", lives_since=BrpDate(2026, 3, 1))
    await ask_again(desk)

    assert (await own_signal(desk, anna, signal.id)).moved == MoveTold("0479", date(2026, 3, 1))
    assert world.desk.db.read_now(lambda tx: tx.all("SELECT moved_on FROM incoming_move"))[0][0] == "2026-03-01"
    assert world.events().count("youth.changed") == 1


async def test_a_return_from_abroad_is_a_move(world: World) -> None:
    """Jeugdwet 7.1.2.3(1)g: the regievoerder of the gemeente to which the youth comes back gets the list."""
    own = Oin("00000099000000000101")
    desk = replace(world.desk, gemeenten=Gemeenten(own, {"0363": own, "0479": own}))
    anna = world.professional("Anna")
    world.person(YOUTH, address=HOME, gemeente="0363")
    signal = (await register_signal(desk, anna, YOUTH)).signal
    world.person(YOUTH, address=Abroad(), suspension=Suspension(SuspensionReason.EMIGRATION))
    await ask_again(desk)
    gone = (await own_signal(desk, anna, signal.id)).moved
    world.person(YOUTH, address=ELSEWHERE, gemeente="0479")
    world.later(days=1)
    await ask_again(desk)

    assert gone == MoveTold(None, date(2026, 3, 10))
    assert (await own_signal(desk, anna, signal.id)).moved == MoveTold("0479", date(2026, 3, 11))
    assert (world.rows("incoming_move"), world.events().count("move.reported")) == (1, 1)


@pytest.mark.parametrize(
    "other",
    [
        {"address": HOME, "address_secret": True},
        {"address": replace(HOME, bag_id="0363200000000001")},
        {"address": replace(HOME, lives_there=False)},
        {"address": None},
    ],
)
async def test_secrecy_and_corrections_are_no_moves(world: World, other: dict[str, object]) -> None:
    """P24 speaks of a youth that moved, not of an address that is written otherwise or not told any more."""
    anna = world.professional("Anna")
    world.person(YOUTH, address=HOME, gemeente="0363")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.person(YOUTH, **{"gemeente": "0363", **other})  # type: ignore[arg-type]
    await ask_again(world.desk)

    assert (await own_signal(world.desk, anna, signal.id)).moved is None
