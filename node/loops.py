"""The loops of a node: one delivers when nudged, one waits at the hub, one works through imports. None gives up."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from node.domain.importing import seconds_for
from node.exchange import Exchange
from node.flows.collect import collect
from node.flows.desk import Desk
from node.flows.exchange import exchange_now
from node.flows.pausing import waits
from node.flows.work_through import Held, work_on
from node.store.holds import Side
from node.store.waking import next_moment

T = TypeVar("T")

log = structlog.get_logger("node")

LONGEST_SLEEP = 60.0
"""Seconds: the outbox is looked at once a minute whatever happens."""
SHORTEST_SLEEP = 0.2
"""Seconds between two looks, so that a moment that has just passed does not make a busy loop."""
WAIT_SECONDS = 45
"""How long a poll waits at the hub."""
TOO_SOON = 1.0
"""A poll that brought nothing in less than these seconds came back empty at once."""
SHORTEST_PATIENCE = 0.05
"""Seconds before the next poll after the first that came back empty at once."""
AFTER_A_FAILURE = 5.0
"""Seconds before a loop goes on after something that nobody foresaw."""
LOOK_FOR_IMPORTS = {Held.OUTBOX: 0.05, Held.NOTHING: 1.0, Held.AWAY: 1.0, Held.BUDGET: 10.0}
"""Seconds until the next look at what an import waits for."""


class Nudge:
    """Wakes the delivery. Setting it twice is setting it once."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def __call__(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Until nudged, at most so many seconds."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return
        finally:
            self._event.clear()


async def keep_delivering(exchange: Exchange, nudge: Nudge) -> None:
    """Deliver now, when nudged, when family records depart, when a pause ends, and every minute."""
    while True:
        began = exchange.clock()
        await _guarded("deliver", lambda: exchange_now(exchange))
        seconds = await _guarded("deliver", lambda: _sleep(exchange, began))  # noqa: B023 - awaited here
        await nudge.wait(SHORTEST_SLEEP if seconds is None else seconds)


async def keep_collecting(exchange: Exchange, collected: Callable[[], None]) -> None:
    """Wait at the hub for notices, all the time. ``collected`` is called after each that brought something."""
    empty = 0
    while True:
        at_once = await _guarded("collect", lambda: _collect_once(exchange, collected))
        empty = empty + 1 if at_once else 0
        if empty:
            await asyncio.sleep(patience(empty))


def patience(empty: int) -> float:
    """Seconds to wait after so many polls in a row that came back empty at once: doubled each time, up to TOO_SOON.

    The first is common, because an answer to a registration may bring what the poll waited for; only a hub that is
    busy, or somebody else who polls for this region, makes it many.
    """
    return float(min(TOO_SOON, SHORTEST_PATIENCE * 2 ** min(empty - 1, 10)))


async def keep_importing(desk: Desk) -> None:
    """Let the lines of imports become signals, as fast as they may, and look again when they may not."""
    while True:
        step = await _guarded("import", lambda: work_on(desk))
        if step is None or step.held is None:
            await asyncio.sleep(seconds_for(step.lines if step is not None else 1, desk.imports))
        else:
            await asyncio.sleep(LOOK_FOR_IMPORTS[step.held])


async def _collect_once(exchange: Exchange, collected: Callable[[], None]) -> bool:
    """Whether it came back empty at once."""
    if hold := await waits(exchange, Side.HUB):
        pause = (hold.not_before - exchange.clock()).total_seconds()
        await asyncio.sleep(min(max(pause, SHORTEST_SLEEP), LONGEST_SLEEP))
        return False
    began = asyncio.get_running_loop().time()
    report = await collect(exchange, WAIT_SECONDS)
    if report.applied:
        collected()
        return False
    return asyncio.get_running_loop().time() - began < TOO_SOON


async def _guarded(name: str, step: Callable[[], Awaitable[T]]) -> T | None:
    try:
        return await step()
    except Exception as broken:  # noqa: BLE001  the next round tries again; the operator sees that this one failed
        log.error("loop-failed", loop=name, kind=type(broken).__name__)  # noqa: TRY400  its text may say too much
        await asyncio.sleep(AFTER_A_FAILURE)
        return None


async def _sleep(exchange: Exchange, since: datetime) -> float:
    moment = await exchange.db.read(lambda tx: next_moment(tx, since))
    if moment is None:
        return LONGEST_SLEEP
    seconds = (moment - exchange.clock()) / timedelta(seconds=1)
    return min(max(seconds, SHORTEST_SLEEP), LONGEST_SLEEP)
