"""What wakes the delivery."""

import asyncio
from datetime import timedelta

from node.loops import Nudge, patience
from node.store import holds
from node.store.holds import Hold, Side
from node.store.waking import next_moment
from tests.region import NOW, World


async def test_a_nudge_wakes_at_once_and_is_used_up() -> None:
    """Two nudges are one; the next wait runs its full time."""
    nudge = Nudge()
    nudge()
    nudge()
    await asyncio.wait_for(nudge.wait(3600), 30)
    waiting = asyncio.create_task(nudge.wait(3600))
    await asyncio.sleep(0)

    assert not waiting.done()
    nudge()
    await asyncio.wait_for(waiting, 30)


async def test_a_wait_ends_by_itself() -> None:
    """The outbox is looked at now and then whatever happens."""
    await asyncio.wait_for(Nudge().wait(0), 30)


async def test_a_nudge_during_the_work_is_not_lost() -> None:
    """It comes between two waits."""
    nudge = Nudge()
    await nudge.wait(0)
    nudge()

    await asyncio.wait_for(nudge.wait(3600), 30)


def test_the_end_of_a_pause_is_a_moment_to_wake(world: World) -> None:
    """Nothing waits: no moment. A pause of the hub: its end."""
    db = world.desk.db
    assert db.read_now(lambda tx: next_moment(tx, NOW)) is None
    end = NOW + timedelta(minutes=4)
    db.write_now(lambda tx: holds.put_hold(tx, Hold(Side.HUB, NOW, 1, end, "away", None)))

    assert db.read_now(lambda tx: next_moment(tx, NOW)) == end
    assert db.read_now(lambda tx: next_moment(tx, end)) is None


def test_a_poll_that_comes_back_empty_at_once_is_repeated_soon_and_then_ever_later() -> None:
    """A match must not wait a second because an answer overtook a poll; and nobody storms a busy hub."""
    assert [patience(empty) for empty in (1, 2, 3, 4, 5, 6, 50)] == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
