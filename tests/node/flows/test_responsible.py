"""Which college answers for a signal is shown to who made it, and tells no secret address: Jeugdwet 7.1.2.2(3), M3."""

from datetime import date
from uuid import uuid4

from node.domain.organisation import Agreement
from node.domain.period import Period
from node.domain.signal import ProfessionalId
from node.flows.ask_again import ask_again
from node.flows.look import own_signal
from node.flows.register_signal import register_signal
from node.store import organisations, professionals, signals
from tests.region import World, made_up_bsn

YOUTH = made_up_bsn(0)
SINCE = date(2021, 1, 1)


def agreed_in_two(world: World) -> ProfessionalId:
    """A professional whose organisation has agreements with Amsterdam first, and with Zaanstad later."""
    anna = world.professional("Anna")
    place = world.desk.db.read_now(lambda tx: professionals.get(tx, anna).organisation)
    later = Agreement(uuid4(), place, "0479", SINCE, Period(SINCE), "convenant 2021")
    world.desk.db.write_now(lambda tx: organisations.put_agreement(tx, later))
    return anna


async def test_who_signals_sees_which_college_answers(world: World) -> None:
    """That of residence, where there are agreements: to it parents and youth turn."""
    anna = agreed_in_two(world)
    world.person(YOUTH, gemeente="0479")

    signal = (await register_signal(world.desk, anna, YOUTH)).signal

    assert (await own_signal(world.desk, anna, signal.id)).responsible == "0479"


async def test_with_a_secret_address_the_gemeente_says_nothing_of_where_the_youth_lives(world: World) -> None:
    """P25, M3: the first agreement answers, wherever home is; nothing stands out by being left away."""
    anna = agreed_in_two(world)
    world.person(YOUTH, gemeente="0479", address_secret=True)

    signal = (await register_signal(world.desk, anna, YOUTH)).signal

    assert world.desk.db.read_now(lambda tx: signals.get(tx, signal.id)).responsible == "0363"
    assert (await own_signal(world.desk, anna, signal.id)).responsible == "0363"


async def test_what_becomes_secret_is_not_shown_any_more(world: World) -> None:
    """The college that answers stays the same."""
    anna = agreed_in_two(world)
    world.person(YOUTH, gemeente="0479")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.person(YOUTH, gemeente="0479", address_secret=True)
    world.later(days=1)
    await ask_again(world.desk)

    assert (await own_signal(world.desk, anna, signal.id)).responsible == "0363"
    assert world.desk.db.read_now(lambda tx: signals.get(tx, signal.id)).responsible == "0479"
