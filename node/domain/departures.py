"""When work leaves: family records at set moments and shuffled, work that was turned away later and later.

Pure: moments and random bytes in, moments and orders out.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from soap_wsdl.vocabulary import Oin

T = TypeVar("T")

Random = Callable[[int], bytes]
"""So many random bytes; ``os.urandom`` in the program."""

QUARTER_HOUR = 900
"""Seconds between two departures of family records."""
SHORTEST_INTERVAL = 10
"""No departures closer together than this: with one signal per departure, shuffling hides nothing."""
_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 900.0
_MOST_DOUBLINGS = 9


def departure(at: datetime, interval_seconds: int) -> datetime:
    """The first departure strictly after ``at``: departures stand on multiples of the interval since midnight UTC 1970.

    Raises ValueError when the interval is shorter than 10 seconds.
    """
    if interval_seconds < SHORTEST_INTERVAL:
        raise ValueError(f"Departures are at least {SHORTEST_INTERVAL} seconds apart.")
    passed = int(at.timestamp()) // interval_seconds
    return datetime.fromtimestamp((passed + 1) * interval_seconds, UTC)


def minute_of(oin: Oin) -> int:
    """The minute of the hour, 0 to 59, in which this region does its nightly work: its own, and the same every night.

    So the hub does not get every region's comparison in the same second.
    """
    return int.from_bytes(hashlib.sha256(f"minute|{oin}".encode()).digest()[:8], "big") % 60


def shuffled(things: Sequence[T], random: Random) -> list[T]:
    """The same things in a random order, every order equally likely (Fisher and Yates)."""
    order = list(things)
    for last in range(len(order) - 1, 0, -1):
        chosen = below(last + 1, random)
        order[last], order[chosen] = order[chosen], order[last]
    return order


def below(bound: int, random: Random) -> int:
    """A random whole number from 0 up to but not including ``bound``, without bias."""
    size = (bound.bit_length() + 7) // 8
    ceiling = (1 << (8 * size)) // bound * bound
    while True:
        drawn = int.from_bytes(random(size), "big")
        if drawn < ceiling:
            return drawn % bound


def pause(tries: int, retry_after: int | None, random: Random) -> timedelta:
    """How long to wait after this many failures in a row: doubling to a quarter of an hour, with jitter.

    Never shorter than what the other side asked for. The jitter keeps regions from coming back all at once.
    """
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(tries - 1, _MOST_DOUBLINGS))
    jitter = int.from_bytes(random(4), "big") / 2**32
    seconds = longest / 2 + longest / 2 * jitter
    if retry_after is not None and seconds < retry_after:
        seconds = retry_after + min(retry_after / 4, _LONGEST_PAUSE) * jitter
    return timedelta(seconds=seconds)
