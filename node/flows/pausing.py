"""When a call to the hub or the pseudonym service failed: how long that side is left alone, kept across a restart."""

from datetime import datetime, timedelta

from hub_connector.failures import ClockDiffers, NotNow, Refused
from ledger import Tx
from node.domain.departures import pause
from node.exchange import Exchange
from node.store import holds
from node.store.holds import Hold, Side

_REFUSED_PAUSE = timedelta(minutes=1)
"""A region that is not let in asks again once a minute: it is let in again by an operator, at a moment unknown."""


async def waits(exchange: Exchange, side: Side) -> Hold | None:
    """The hold on this side, while its time has not come. One from after now was reckoned by a clock put back since."""
    hold = await exchange.db.read(lambda tx: holds.hold(tx, side))
    return hold if hold is not None and hold.since <= exchange.clock() < hold.not_before else None


async def pause_side(exchange: Exchange, side: Side, why: NotNow | Refused) -> Hold:
    """Leave this side alone for a while: longer each time, with jitter, and as long as it asked for.

    The next attempt is written before anything else happens, so that a restart does not start a storm.
    """
    now = exchange.clock()
    reason = why.reason if isinstance(why, NotNow) else str(why)
    retry_after = why.retry_after if isinstance(why, NotNow) else None

    def change(tx: Tx) -> Hold:
        known = holds.hold(tx, side)
        tries = (known.tries if known else 0) + 1
        wait = pause(tries, retry_after, exchange.random)
        if isinstance(why, Refused):
            wait = max(wait, _REFUSED_PAUSE)
        seconds = _clock_seconds(why, known)
        hold = Hold(side, _since(known, seconds, now), tries, now + wait, reason, seconds)
        holds.put_hold(tx, hold)
        return hold

    return await exchange.db.write(change)


def _clock_seconds(why: NotNow | Refused, known: Hold | None) -> float | None:
    """The difference between the clocks, until an answer shows that there is none: a line that is cut shows nothing."""
    if isinstance(why, ClockDiffers):
        return why.seconds
    return known.clock_seconds if known is not None and isinstance(why, NotNow) else None


def _since(known: Hold | None, clock_seconds: float | None, now: datetime) -> datetime:
    """When this trouble began. Clocks that differ are a trouble of their own: what we noted before may be in doubt."""
    same = known is not None and (known.clock_seconds is None) == (clock_seconds is None)
    return min(known.since, now) if known is not None and same else now


async def answered(exchange: Exchange, side: Side) -> None:
    """This side answered: whatever waited for it may go on. Writes only when there was something to lift."""
    if await exchange.db.read(lambda tx: holds.hold(tx, side)) is not None:
        await exchange.db.write(lambda tx: holds.lift(tx, side))
