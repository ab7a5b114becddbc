"""There is no oracle: who signals only to look, and then takes it back, is seen."""

from node.domain.signal import EndReason
from node.flows.end_signal import end_signal, undo_signal
from node.flows.register_signal import register_signal
from node.flows.taken_back import MOST_IN_ALL, MOST_OF_ONE
from node.store import holds
from tests.region import World, made_up_bsn


def alarms(world: World) -> list[str]:
    """What the open alarms say."""
    return [alarm.about for alarm in world.desk.db.read_now(holds.alarms) if alarm.kind is holds.AlarmKind.TAKEN_BACK]


async def test_a_professional_who_takes_back_many_in_a_day_is_an_alarm(world: World) -> None:
    """Protocol 1.5: counted per user; one alarm until it was settled, and no youth in it."""
    anna = world.professional("Anna")
    for serial in range(MOST_OF_ONE):
        signal = (await register_signal(world.desk, anna, made_up_bsn(serial))).signal
        await undo_signal(world.desk, anna, signal.id)
    before = alarms(world)
    for serial in range(2):
        signal = (await register_signal(world.desk, anna, made_up_bsn(serial))).signal
        world.later(hours=2)
        await end_signal(world.desk, anna, signal.id, EndReason.ONTERECHT)

    assert before == []
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
    for serial in range(8):
        signal = (await register_signal(world.desk, anna, made_up_bsn(serial))).signal
        world.later(hours=10 if serial % 2 else 25)
        await end_signal(world.desk, anna, signal.id, EndReason.ONTERECHT)

    assert alarms(world) == []
    assert world.rows("taken_back") <= MOST_OF_ONE
