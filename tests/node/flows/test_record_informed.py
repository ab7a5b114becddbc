"""A professional records that parents or youth were told of a signal, or that it waits."""

from datetime import date
from uuid import UUID

import pytest

from node.domain.errors import NotToInform, SignalUnknown
from node.domain.informing import Ground, Manner, Person, Stand
from node.domain.signal import EndReason
from node.flows.end_signal import end_signal
from node.flows.record_informed import postpone_informing, record_informed, still_to_inform
from node.flows.register_signal import register_signal
from tests.region import World, made_up_bsn

YOUTH = made_up_bsn(0)
TODAY = date(2026, 3, 10)
PARENT = frozenset({Person.REPRESENTATIVE})
BOTH = frozenset(Person)


async def test_a_signal_asks_to_be_told_until_everyone_was(world: World) -> None:
    """Jeugdwet 7.1.5.1(1): at thirteen, youth and representative."""
    anna = world.professional("Anna")
    world.person(YOUTH, "2013-01-01")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    [before] = await still_to_inform(world.desk, anna)
    half = await record_informed(world.desk, anna, signal.id, PARENT, TODAY, Manner.TELEPHONE)
    whole = await record_informed(world.desk, anna, signal.id, BOTH, TODAY, Manner.CONVERSATION)

    assert (before.signal, before.missing, before.stand) == (signal.id, BOTH, Stand.TO_DO)
    assert (half.missing, whole.stand) == (frozenset({Person.YOUTH}), Stand.DONE)
    assert await still_to_inform(world.desk, anna) == []
    assert world.events().count("signal.informed") == 2


async def test_a_postponement_is_listed_from_its_day_on_before_what_is_not_late(world: World) -> None:
    """Feature P11: a postponement that nobody looks at again is none."""
    anna = world.professional("Anna")
    world.person(YOUTH, "2013-01-01")
    first = (await register_signal(world.desk, anna, made_up_bsn(1))).signal
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    now = await postpone_informing(world.desk, anna, signal.id, Ground.SAFETY, date(2026, 4, 1))
    assert now.stand is Stand.POSTPONED
    world.later(days=22)

    found = await still_to_inform(world.desk, anna)
    assert [(one.signal, one.stand) for one in found] == [(signal.id, Stand.OVERDUE), (first.id, Stand.TO_DO)]


async def test_a_birthday_while_it_waits_changes_who_must_be_told(world: World) -> None:
    """Jeugdwet 7.1.5.1(1), at 12 and at 16: the age of the day of telling counts."""
    anna = world.professional("Anna", months=24)
    world.person(YOUTH, "2014-04-01")
    other = world.person(made_up_bsn(1), "2010-04-01")
    young = (await register_signal(world.desk, anna, YOUTH)).signal
    grown = (await register_signal(world.desk, anna, other)).signal
    for signal in (young, grown):
        await postpone_informing(world.desk, anna, signal.id, Ground.UNREACHABLE, date(2026, 5, 1))
    before = {one.signal: one.missing for one in await still_to_inform(world.desk, anna)}
    world.later(days=30)

    after = {one.signal: one.missing for one in await still_to_inform(world.desk, anna)}
    assert before == {young.id: PARENT, grown.id: BOTH}
    assert after == {young.id: BOTH, grown.id: {Person.YOUTH}}
    with pytest.raises(NotToInform):
        await record_informed(world.desk, anna, grown.id, PARENT, date(2026, 4, 2), Manner.LETTER)
    await record_informed(world.desk, anna, grown.id, PARENT, date(2026, 3, 31), Manner.LETTER)


async def test_the_ground_of_a_postponement_goes_once_everyone_was_told(world: World) -> None:
    """Why it waited is of no use to anybody then."""
    anna = world.professional("Anna")
    world.person(YOUTH, "2013-01-01")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    await postpone_informing(world.desk, anna, signal.id, Ground.INVESTIGATION, date(2026, 4, 1))
    await record_informed(world.desk, anna, signal.id, BOTH, TODAY, Manner.DIGITAL)
    again = await postpone_informing(world.desk, anna, signal.id, Ground.SAFETY, date(2026, 4, 1))

    assert again.stand is Stand.DONE
    assert world.rows("informing_postponed") == 0


@pytest.mark.parametrize("reason", [EndReason.RISICO_WEG, EndReason.ONTERECHT])
async def test_nothing_of_the_telling_is_kept_in_the_archive_or_after_destruction(
    world: World, reason: EndReason
) -> None:
    """Jeugdwet 7.1.4.3(1) and 7.1.4.6: what is archived is the report; the log has the proof that it was told."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    await record_informed(world.desk, anna, signal.id, PARENT, TODAY, Manner.LETTER)
    await postpone_informing(world.desk, anna, signal.id, Ground.SAFETY, date(2026, 4, 1))
    await end_signal(world.desk, anna, signal.id, reason)

    assert (world.rows("informed"), world.rows("informing_postponed")) == (0, 0)
    assert "signal.informed" in world.events()


async def test_only_its_own_professional_records(world: World) -> None:
    """Another's signal is not told to exist."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    for signal_id in (signal.id, UUID(int=77)):
        with pytest.raises(SignalUnknown):
            await record_informed(world.desk, bram, signal_id, PARENT, TODAY, Manner.LETTER)
        with pytest.raises(SignalUnknown):
            await postpone_informing(world.desk, bram, signal_id, Ground.SAFETY, date(2026, 4, 1))

    assert await still_to_inform(world.desk, bram) == []
