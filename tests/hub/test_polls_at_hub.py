"""Protocol 2.3, CollectMatches: the long poll, who may open one, and what one region may ask."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hub.limits import Bucket, Limits, take
from hub.store import regions
from soap_wsdl.vocabulary import (
    CollectMatches,
    CollectMatchesResponse,
    Cursor,
    GetDirectory,
    GetStatus,
    NoticeKind,
    Oin,
    RegionStatus,
    RegisterSignals,
)
from soap_wsdl.wus.faults import Code, WusFault
from tests.hub.world import RegionAtHub, World, fresh_id, signal

MATCH = NoticeKind.MATCH


async def _open_poll(region: RegionAtHub, seconds: int = 30) -> asyncio.Task[CollectMatchesResponse]:
    page = await region.page()
    request = CollectMatches(Cursor(page.seed, page.number), 200, seconds, retell=False)
    task = asyncio.ensure_future(region.world.hub.handlers()["CollectMatches"](region.caller(), request))
    # Until it waits: its own reading of the mailbox is done then.
    while not region.world.hub.open_polls(region.oin):  # noqa: ASYNC110
        await asyncio.sleep(0)
    await region.page()
    return task


async def test_a_poll_waits_until_there_is_something(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """And answers at once then."""
    await haaglanden.register(signal("child"))
    poll = await _open_poll(haaglanden)
    assert not poll.done()

    await amsterdam.register(signal("child"))

    assert [notice.kind for notice in (await asyncio.wait_for(poll, 5)).mailbox.notices] == [MATCH]


async def test_a_poll_answers_at_once_when_there_is_something(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """It waits only for an empty mailbox."""
    await haaglanden.register(signal("child"))
    await amsterdam.register(signal("child"))

    page = await asyncio.wait_for(haaglanden.page(wait=50), 5)
    assert [notice.kind for notice in page.notices] == [MATCH]


async def test_the_newest_poll_of_a_region_wins_an_older_one_is_answered_empty_at_once(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """A node that reconnected is not kept waiting behind itself, and the notice goes to the newest."""
    await haaglanden.register(signal("child"))
    older = await _open_poll(haaglanden)
    newer = await _open_poll(haaglanden)

    assert (await asyncio.wait_for(older, 5)).mailbox.notices == ()
    await amsterdam.register(signal("child"))
    assert len((await asyncio.wait_for(newer, 5)).mailbox.notices) == 1


async def test_a_poll_waits_less_than_what_its_connection_has_left(amsterdam: RegionAtHub) -> None:
    """Two seconds are left for the answer."""
    request = CollectMatches(None, 200, 50, retell=False)
    caller = amsterdam.caller(seconds_left=2.01)

    response = await asyncio.wait_for(amsterdam.world.hub.handlers()["CollectMatches"](caller, request), 5)
    assert response.mailbox.notices == ()


async def test_the_certificate_is_looked_at_again_just_before_a_waiting_poll_is_answered(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """A region revoked while it waited gets no card any more."""
    await haaglanden.register(signal("child"))
    revoked = False

    def check_again() -> None:
        if revoked:
            raise WusFault(Code.NOT_AUTHORISED)

    caller = replace(haaglanden.caller(), check_again=check_again)
    request = CollectMatches(haaglanden.cursor, 200, 30, retell=False)
    poll = asyncio.ensure_future(haaglanden.world.hub.handlers()["CollectMatches"](caller, request))
    while not haaglanden.world.hub.open_polls(haaglanden.oin):  # noqa: ASYNC110
        await asyncio.sleep(0)
    revoked = True
    await amsterdam.register(signal("child"))

    with pytest.raises(WusFault) as refused:
        await asyncio.wait_for(poll, 5)
    assert refused.value.code == Code.NOT_AUTHORISED


async def test_a_region_suspended_while_it_waited_gets_nothing(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """The registry counts when the answer is read, not only when the poll began."""
    await haaglanden.register(signal("child"))
    poll = await _open_poll(haaglanden)
    await world.database.write(lambda tx: regions.set_status(tx, haaglanden.oin, RegionStatus.SUSPENDED))
    await amsterdam.register(signal("child"))

    with pytest.raises(WusFault) as refused:
        await asyncio.wait_for(poll, 5)
    assert refused.value.code == Code.NOT_AUTHORISED


async def test_a_hub_that_stops_answers_its_polls(world: World, haaglanden: RegionAtHub) -> None:
    """So that it can stop at once."""
    poll = await _open_poll(haaglanden)
    world.hub.stop()

    assert (await asyncio.wait_for(poll, 5)).mailbox.notices == ()


# --- Who may, and how much -----------------------------------------------------------------------------


async def test_a_region_that_is_not_registered_is_not_heard(world: World) -> None:
    """A good certificate is not enough."""
    stranger = RegionAtHub(world, Oin("00000099000000009999"))

    with pytest.raises(WusFault) as refused:
        await stranger.page()
    assert refused.value.code == Code.NOT_AUTHORISED


@pytest.mark.parametrize("status", [RegionStatus.SUSPENDED, RegionStatus.DEPARTED])
async def test_a_region_that_is_not_active_is_not_heard(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub, status: RegionStatus
) -> None:
    """Nor can it register; but the directory goes on to list it, so that its old cards verify."""
    world.database.write_now(lambda tx: regions.set_status(tx, amsterdam.oin, status))

    with pytest.raises(WusFault) as refused:
        await amsterdam.register(signal("child"))
    assert refused.value.code == Code.NOT_AUTHORISED
    directory = await world.hub.handlers()["GetDirectory"](haaglanden.caller(), GetDirectory())
    assert [(region.oin, region.status) for region in directory.regions] == [
        (amsterdam.oin, status),
        (haaglanden.oin, RegionStatus.ACTIVE),
    ]


@pytest.mark.parametrize("operation", ["GetStatus", "GetDirectory", "RegisterSignals"])
async def test_a_repeated_message_id_is_fault_replay(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub, operation: str
) -> None:
    """By (OIN, MessageID), in the transaction; another region may use the same one."""
    message = {
        "GetStatus": GetStatus(),
        "GetDirectory": GetDirectory(),
        "RegisterSignals": RegisterSignals(fresh_id(), None, (signal("child"),)),
    }[operation]
    caller = amsterdam.caller()
    handler = world.hub.handlers()[operation]
    await handler(caller, message)

    with pytest.raises(WusFault) as refused:
        await handler(caller, message)
    assert refused.value.code == Code.REPLAY
    await handler(replace(caller, oin=haaglanden.oin), message)


async def test_a_repeated_message_changes_nothing(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Twenty of the same at once: one counts."""
    await haaglanden.register(signal("child"))
    caller, message = amsterdam.caller(), RegisterSignals(fresh_id(), None, (signal("child"),))

    answers = await asyncio.gather(
        *(world.hub.handlers()["RegisterSignals"](caller, message) for _ in range(20)), return_exceptions=True
    )

    assert sum(isinstance(answer, WusFault) and answer.code == Code.REPLAY for answer in answers) == 19
    assert [notice.kind for notice in await haaglanden.collect()] == [MATCH]


async def test_limits_per_region_on_requests_and_records_are_fault_limiet_with_when(tmp_path: Path) -> None:
    """One region's flood leaves the others alone; the fault says after how many seconds to come again."""
    world = World(
        tmp_path, limits=Limits(requests_per_second=1, requests_burst=3, records_per_second=1, records_burst=4)
    )
    amsterdam, haaglanden = world.region("Amsterdam"), world.region("Haaglanden")
    for _ in range(3):
        await amsterdam.page()

    with pytest.raises(WusFault) as requests:
        await amsterdam.page()
    await haaglanden.send(signal("a"), signal("b"), signal("c"))
    with pytest.raises(WusFault) as records:
        await haaglanden.send(signal("d"), signal("e"), signal("f"))

    assert (requests.value.code, requests.value.retry_after) == (Code.LIMIT, 1)
    assert (records.value.code, records.value.retry_after) == (Code.LIMIT, 2)
    world.close()


async def test_limit_per_region_on_bytes_is_fault_limiet_with_when(tmp_path: Path) -> None:
    """Whatever the operation; the requests of another region do not count."""
    world = World(tmp_path, limits=Limits(bytes_per_second=1000, bytes_burst=5000))
    amsterdam, haaglanden = world.region("Amsterdam"), world.region("Haaglanden")
    ask = world.hub.handlers()["GetStatus"]
    await ask(replace(amsterdam.caller(), size=4000), GetStatus())

    with pytest.raises(WusFault) as refused:
        await ask(replace(amsterdam.caller(), size=3500), GetStatus())
    await ask(replace(haaglanden.caller(), size=3500), GetStatus())
    world.clock.now += timedelta(seconds=3)
    await ask(replace(amsterdam.caller(), size=3500), GetStatus())

    assert (refused.value.code, refused.value.retry_after) == (Code.LIMIT, 3)
    world.close()


async def test_limit_per_region_on_open_polls(tmp_path: Path) -> None:
    """Polls that were superseded but not answered yet count until they are."""
    world = World(tmp_path, limits=Limits(open_polls=1))
    amsterdam = world.region("Amsterdam")
    poll = await _open_poll(amsterdam)

    with pytest.raises(WusFault) as refused:
        await amsterdam.page(wait=5)
    assert refused.value.code == Code.LIMIT
    world.hub.stop()
    await asyncio.wait_for(poll, 5)
    world.close()


@pytest.mark.parametrize(
    ("bucket", "amount", "now", "left", "wait"),
    [
        (None, 3, 0.0, 7, 0),
        (Bucket(0, 0.0), 3, 1.0, 2, 1),
        (Bucket(0, 0.0), 3, 1.5, 0, 0),
        (Bucket(10, 0.0), 3, 100.0, 7, 0),
        (Bucket(5, 10.0), 3, 5.0, 2, 0),
        (Bucket(10, 0.0), 25, 0.0, -15, 0),
        (Bucket(-15, 0.0), 1, 0.0, -15, 8),
    ],
)
def test_a_bucket_fills_with_time_and_empties_with_use(
    bucket: Bucket | None, amount: float, now: float, left: float, wait: int
) -> None:
    """Two a second, at most ten; more than the whole bucket passes when it is full, and is paid back."""
    after, seconds = take(bucket, amount, now, 2.0, 10)

    assert (after.left, seconds) == (left, wait)
