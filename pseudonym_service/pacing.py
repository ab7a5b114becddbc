"""How fast and how much at once one region may ask, so that it cannot keep the others out. In memory.

Budgets say how much, and survive a restart; this only spreads it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil


class TooFast(Exception):
    """Not now: come back after ``retry_after`` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Come back after {retry_after} seconds.")
        self.retry_after = retry_after


@dataclass(slots=True)
class _Region:
    allowed: float
    filled_at: float
    under_way: int = 0


class Pacing:
    """A bucket for each region, of a minute's requests, that fills as time goes; and a count of what is under way."""

    def __init__(self, requests_a_minute: int, at_once: int) -> None:
        self._size = requests_a_minute
        self._at_once = at_once
        self._regions: dict[str, _Region] = {}

    @contextmanager
    def turn(self, region: str, elapsed: float) -> Iterator[None]:
        """One request of a region, at ``elapsed`` seconds on a clock that only goes forward. Raises TooFast."""
        known = self._regions.setdefault(region, _Region(float(self._size), elapsed))
        rate = self._size / 60
        known.allowed = min(self._size, known.allowed + (elapsed - known.filled_at) * rate)
        known.filled_at = elapsed
        if known.under_way >= self._at_once:
            raise TooFast(1)
        if known.allowed < 1:
            raise TooFast(max(1, ceil((1 - known.allowed) / rate)))
        known.allowed -= 1
        known.under_way += 1
        try:
            yield
        finally:
            known.under_way -= 1
