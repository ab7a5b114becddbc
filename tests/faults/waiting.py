"""Waiting for what programs do in their own time: bounded, and with the last reason when it did not come."""

import time
from collections.abc import Callable
from typing import TypeVar

from node.door_client import DoorSilent

T = TypeVar("T")

LONG_ENOUGH = 240.0
"""Seconds. No test measures how fast anything is; this only ends a wait that would never end."""
_STEP = 0.2


def soon(check: Callable[[], T], seconds: float = LONG_ENOUGH) -> T:
    """What ``check`` returns once it no longer fails an assertion; at the end of our patience, why it still does.

    A node that does not answer at its door counts as not yet.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return check()
        except (AssertionError, DoorSilent):
            if time.monotonic() > deadline:
                raise
        time.sleep(_STEP)
