"""The logbeheerder's route: what is asked in the body, lines in the answer, for that role alone."""

from collections.abc import AsyncIterator

import pytest

from node.domain.rights import Role
from node.flows.register_signal import register_signal
from tests.open_door import Door, headers, open_door
from tests.region import World, made_up_bsn


@pytest.fixture
async def client(world: World) -> AsyncIterator[Door]:
    """Anna signalled; Lars is logbeheerder."""
    await register_signal(world.desk, world.professional("Anna"), made_up_bsn(0))
    world.granted("Lars", Role.LOGBEHEERDER)
    async with open_door(world.desk) as opened:
        yield opened


async def test_a_logbeheerder_reads_lines_by_person_and_day(client: Door) -> None:
    """B10."""
    asked = {"professional": "Anna", "gebeurtenis": "signal.registered", "van": "2026-03-10", "tot": "2026-03-11"}
    answer = await client.post("/api/logboek", json=asked, headers=headers("Lars"))

    assert answer.status == 200
    [line] = (await answer.json())["regels"]
    assert (line["gebeurtenis"], line["door"], line["velden"]["matches"]) == ("signal.registered", "Anna", 0)


@pytest.mark.parametrize(
    "asked", [{"signaal": "geen-id"}, {"van": "gisteren"}, {"na": "-1"}, {"bsn": "1"}, {"professional": "x" * 101}]
)
async def test_what_cannot_be_asked_is_refused_without_an_echo(client: Door, asked: dict[str, str]) -> None:
    """Nothing of the question comes back."""
    answer = await client.post("/api/logboek", json=asked, headers=headers("Lars"))

    assert answer.status == 400
    told = await answer.text()
    assert not any(value in told for value in asked.values() if len(value) > 2)


async def test_for_anyone_else_there_is_no_log(client: Door) -> None:
    """A profile gives no right to it."""
    assert (await client.post("/api/logboek", json={}, headers=headers("Anna"))).status == 403
