"""There is no oracle: who signals only to look, and then takes it back, is seen."""

import pytest

from node.domain.brp import BrpDate
from node.domain.errors import AlreadySignalled, DurationNotOffered, YouthDeceased, YouthTooOld
from node.domain.limits import Limits
from node.domain.signal import EndReason, ProfessionalId
from node.flows.end_signal import end_signal, undo_signal
from node.flows.register_signal import register_signal
from node.store import holds
from tests.region import World, made_up_bsn

MOST_REFUSED = Limits().refused_of_one
MOST_OF_ONE, MOST_IN_ALL = Limits().taken_back_of_one, Limits().taken_back_in_all


def alarms(world: World) -> list[str]:
    """What the open alarms say."""
    return [alarm.about for alarm in world.desk.db.read_now(holds.alarms) if alarm.kind is holds.AlarmKind.TAKEN_BACK]


async def test_a_professional_who_takes_back_many_in_a_day_is_an_alarm(world: World) -> None:
    """Protocol 1.5: counted per user; one alarm until it was settled, and no youth in it."""
    anna = world.professional("Anna")
    for serial in range(MOST_OF_ONE):
        signal = (await register_signal(world.desk, anna, made_up_bsn(serial))).signal
        await undo_signal(world.desk, anna, signal.id)
    before = alarms(world) + [event for event in world.events() if event == "signals.takenBackOften"]
    for serial in range(2):
        signal = (await register_signal(world.desk, anna, made_up_bsn(serial))).signal
        world.later(hours=2)
        await end_signal(world.desk, anna, signal.id, EndReason.ONTERECHT)

    assert before == []
    assert world.events().count("signals.takenBackOften") == 1
    assert alarms(world) == [f"Professional {anna} took back more than {MOST_OF_ONE} new signals within a day."]


async def test_a_region_that_takes_back_many_in_a_day_is_an_alarm(world: World) -> None:
    """Protocol 1.5: counted per region."""
    for serial in range(MOST_IN_ALL + 1):
        who = world.professional(f"P{serial}")
        signal = (await register_signal(world.desk, who, made_up_bsn(0))).signal
        await undo_signal(world.desk, who, signal.id)

    assert alarms(world) == [f"This region took back more than {MOST_IN_ALL} new signals within a day."]


async def test_honest_mistakes_over_the_days_are_none(world: World) -> None:
    """What is older than a day does not count, nor does a signal that stood for a day."""
    anna = world.professional("Anna")
    for serial in range(20):
        signal = (await register_signal(world.desk, anna, made_up_bsn(serial))).signal
        world.later(hours=10 if serial % 2 else 25)
        await end_signal(world.desk, anna, signal.id, EndReason.ONTERECHT)

    assert alarms(world) == []
    assert world.rows("taken_back") <= MOST_OF_ONE


async def test_one_mistake_is_no_alarm(world: World) -> None:
    """Taking a signal back is a right; the count alone speaks."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, made_up_bsn(0))).signal
    await undo_signal(world.desk, anna, signal.id)

    assert alarms(world) == []
    assert "signals.takenBackOften" not in world.events()
    assert world.rows("taken_back") == 1


async def test_an_old_signal_that_ended_because_the_risk_is_gone_does_not_count(world: World) -> None:
    """Without a match just before, an ending is an ending."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, made_up_bsn(0))).signal
    await end_signal(world.desk, anna, signal.id, EndReason.RISICO_WEG)

    assert world.rows("taken_back") == 0


async def test_signals_ended_right_after_a_match_count_whatever_the_reason(world: World) -> None:
    """P13: who ends because the risk is gone, hours after seeing who else is involved, may have come to look."""
    anna = world.professional("Anna")
    for serial in range(MOST_OF_ONE + 1):
        await register_signal(world.desk, world.professional(f"P{serial}"), made_up_bsn(serial))
        signal = (await register_signal(world.desk, anna, made_up_bsn(serial))).signal
        await end_signal(world.desk, anna, signal.id, EndReason.RISICO_WEG)

    assert alarms(world) == [f"Professional {anna} took back more than {MOST_OF_ONE} new signals within a day."]


async def test_a_signal_that_stood_for_more_than_a_day_after_its_match_does_not_count(world: World) -> None:
    """They have talked, and the case is closed: that is what a match is for."""
    anna = world.professional("Anna")
    await register_signal(world.desk, world.professional("Bram"), made_up_bsn(0))
    signal = (await register_signal(world.desk, anna, made_up_bsn(0))).signal
    world.later(hours=25)
    await end_signal(world.desk, anna, signal.id, EndReason.RISICO_WEG)

    assert world.rows("taken_back") == 0


def refusals(world: World) -> list[str]:
    """What the open alarms say of refused signals."""
    return [alarm.about for alarm in world.desk.db.read_now(holds.alarms) if alarm.kind is holds.AlarmKind.REFUSED]


async def ask(world: World, who: ProfessionalId, times: int) -> None:
    """Signal people who turn out to be too old, dead, or signalled already by oneself; all are refused."""
    for serial in range(times):
        with pytest.raises((YouthTooOld, YouthDeceased, AlreadySignalled)):
            await register_signal(world.desk, who, made_up_bsn(serial % 3))


async def asking_about(world: World) -> ProfessionalId:
    """Anna, and three people of whom a signal is refused."""
    anna = world.professional("Anna")
    world.person(made_up_bsn(0), "1990-01-01")
    world.person(made_up_bsn(1), died_on=BrpDate(2026, 1, 1))
    await register_signal(world.desk, anna, made_up_bsn(2))
    return anna


async def test_a_professional_who_is_refused_often_on_a_day_is_an_alarm(world: World) -> None:
    """Feature P13: registering is the only question, and a refusal answers one about age, death or one's own."""
    anna = await asking_about(world)
    await ask(world, anna, MOST_REFUSED)
    before = refusals(world)
    await ask(world, anna, 3)

    assert before == []
    [said] = refusals(world)
    assert said.startswith(f"Professional {anna} had more than {MOST_REFUSED} signals refused on one day")
    assert world.events().count("signals.refusedOften") == 1


async def test_refusals_of_another_day_or_another_kind_do_not_count(world: World) -> None:
    """A local day begins anew; a duration that is not offered tells nothing of the youth."""
    anna = await asking_about(world)
    await ask(world, anna, MOST_REFUSED)
    for _ in range(5):
        with pytest.raises(DurationNotOffered):
            await register_signal(world.desk, anna, made_up_bsn(4), 18)
    world.later(days=1)
    await ask(world, anna, MOST_REFUSED)

    assert refusals(world) == []
    assert world.rows("signals_refused") == 1


async def test_refusals_of_two_professionals_are_not_added_up(world: World) -> None:
    """Each is asked for himself."""
    anna = await asking_about(world)
    bram = world.professional("Bram")
    await register_signal(world.desk, bram, made_up_bsn(2))
    for who in (anna, bram):
        await ask(world, who, MOST_REFUSED)

    assert refusals(world) == []
