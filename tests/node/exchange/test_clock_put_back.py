"""A clock that was ahead and is put back: what was reckoned by it does not keep anything waiting."""

from datetime import timedelta

from hub_connector.failures import NotNow
from node.domain.signal import EndReason
from node.flows.pausing import pause_side, waits
from node.store.holds import Side
from tests.rehearsal import Rehearsal

AHEAD = timedelta(hours=10)


async def test_a_pause_reckoned_by_a_clock_that_was_ahead_is_over_when_it_is_put_back(rehearsal: Rehearsal) -> None:
    """Protocol 2.1: it goes on by itself when the clock is right, and not ten hours later."""
    amsterdam = await rehearsal.region("amsterdam")
    await amsterdam.signal(amsterdam.professional("Visser"), rehearsal.bsn())
    amsterdam.hub.trouble.cut = 1
    await amsterdam.deliver()
    amsterdam.behind = -AHEAD
    amsterdam.hub.trouble.clock_differs = amsterdam.service.trouble.clock_differs = -AHEAD.total_seconds()
    held = await amsterdam.deliver()

    amsterdam.behind = timedelta()
    amsterdam.hub.trouble.clock_differs = amsterdam.service.trouble.clock_differs = 0.0
    after = await amsterdam.deliver()

    assert held.holding is not None
    assert (after.holding, after.sent) == (None, 1)


async def test_what_was_to_leave_by_a_clock_that_was_ahead_leaves_now(rehearsal: Rehearsal) -> None:
    """An ending needs no tag: it was made ready while the clock was wrong; family records keep to their departures."""
    amsterdam = await rehearsal.region("amsterdam")
    who, child = amsterdam.professional("Visser"), rehearsal.bsn()
    amsterdam.person(child, parents=(rehearsal.bsn(),))
    ours = await amsterdam.signal(who, child)
    await rehearsal.settle()
    amsterdam.behind = -AHEAD
    amsterdam.hub.trouble.clock_differs = -AHEAD.total_seconds()
    await amsterdam.end(who, ours, EndReason.ONTERECHT)
    await amsterdam.deliver()

    amsterdam.behind = timedelta()
    amsterdam.hub.trouble.clock_differs = 0.0
    await amsterdam.deliver()

    assert amsterdam.rows("SELECT DISTINCT told_state FROM hub_record") == [("gone",)]


async def test_a_pause_in_good_time_is_kept(rehearsal: Rehearsal) -> None:
    """Also in the second in which it began."""
    amsterdam = await rehearsal.region("amsterdam")

    await pause_side(amsterdam.exchange, Side.HUB, NotNow("The line is cut."))

    assert await waits(amsterdam.exchange, Side.HUB) is not None
    rehearsal.later(seconds=3)
    assert await waits(amsterdam.exchange, Side.HUB) is None
