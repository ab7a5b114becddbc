"""The logbeheerder reads who did what and when; whom a signal is about does not stand there."""

import json
from datetime import date

import pytest

from node.domain.errors import NotAllowed, PersonUnknown
from node.domain.rights import Role
from node.domain.signal import EndReason
from node.flows.end_signal import end_signal
from node.flows.look import own_signals
from node.flows.read_log import Asked, read_log
from node.flows.register_signal import register_signal
from node.store.log import Line
from tests.region import World, made_up_bsn

YOUTH = made_up_bsn(0)


def told(lines: list[Line]) -> list[tuple[str, str | None]]:
    """Events, and who did them."""
    return [(line.event, line.by) for line in lines]


async def test_the_log_tells_who_signalled_looked_and_ended_and_not_about_whom(world: World) -> None:
    """NEN 7513, Jeugdwet 7.1.2.3(1)f: by reference, in order, for a signal that is gone as well."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    await register_signal(world.desk, bram, YOUTH)
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    await own_signals(world.desk, anna)
    await end_signal(world.desk, anna, signal.id, EndReason.ONTERECHT)

    found = await read_log(world.desk, world.granted("Lars", Role.LOGBEHEERDER), Asked(signal=signal.id))

    assert told(found) == [
        ("match.told", None),
        ("signal.registered", "Anna"),
        ("matches.read", "Anna"),
        ("signal.ended", "Anna"),
    ]
    assert YOUTH.reveal() not in json.dumps([line.fields for line in found])


async def test_a_person_is_found_under_every_profile_and_as_a_colleague(world: World) -> None:
    """P32: one human, two profiles; B10 asks for the human."""
    for profile in ("Anna", "Anna2"):
        await register_signal(world.desk, world.professional(profile, human="Anna"), YOUTH)
        world.later(days=400)
    await register_signal(world.desk, world.professional("Bram"), YOUTH)
    lars = world.granted("Lars", Role.LOGBEHEERDER)

    found = await read_log(world.desk, lars, Asked("Anna", event="signal.registered"))
    that_day = await read_log(world.desk, lars, Asked("Anna", since=date(2026, 3, 10), until=date(2026, 3, 11)))

    assert told(found) == [("signal.registered", "Anna"), ("signal.registered", "Anna2")]
    assert told(that_day) == [("signal.registered", "Anna")]


async def test_pages_follow_each_other(world: World) -> None:
    """After the last number that was seen comes the next page, and nothing is shown twice."""
    anna, lars = world.professional("Anna"), world.granted("Lars", Role.LOGBEHEERDER)
    for serial in range(5):
        await register_signal(world.desk, anna, made_up_bsn(serial))

    first = await read_log(world.desk, lars, Asked("Anna", most=3))
    second = await read_log(world.desk, lars, Asked("Anna", event="signal.registered", after=first[-1].number))

    assert (len(first), len(second)) == (3, 2)


async def test_reading_the_log_is_logged_with_what_was_asked(world: World) -> None:
    """Who reads the log is seen as well; a line by numbers alone."""
    anna, lars = world.professional("Anna"), world.granted("Lars", Role.LOGBEHEERDER)
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    await read_log(world.desk, lars, Asked("Anna", signal=signal.id, event="signal.registered"))

    [line] = await read_log(world.desk, lars, Asked(event="log.read"))

    assert line.by == "Lars"
    assert line.fields.items() >= {"signal": str(signal.id), "what": "signal.registered", "lines": 1}.items()
    assert "Anna" not in json.dumps(line.fields)


@pytest.mark.parametrize("role", [Role.REGIOBEHEERDER, Role.PRIVACY_OFFICER, Role.ACCOUNTHOUDER])
async def test_nobody_else_reads_the_log(world: World, role: Role) -> None:
    """B10: a manager of the log apart from who runs the node; a refused look leaves nothing."""
    who = world.granted("Rik", role, "" if role is Role.REGIOBEHEERDER else "0363")
    anna = world.professional("Anna")
    await register_signal(world.desk, anna, YOUTH)

    with pytest.raises(NotAllowed):
        await read_log(world.desk, who, Asked())
    with pytest.raises(PersonUnknown):
        await read_log(world.desk, world.granted("Lars", Role.LOGBEHEERDER), Asked("niemand"))

    assert "log.read" not in world.events()
