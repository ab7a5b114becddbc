"""Asking a running exchange and waiting for what must come, with an eye on every program meanwhile."""

import time
from collections.abc import Callable
from typing import TypeVar

from node.door_client import DoorSilent
from verwijsindex.demo.processes import Processes

T = TypeVar("T")
PATIENCE_SECONDS = 120.0
"""Far longer than anything takes; a machine may be busy with other things."""
_LOOK_SECONDS = 0.005
_FALL_SECONDS = 1.0
"""A door that closes is this much ahead, at most, of the process that ends."""


class StoryBroken(Exception):
    """Something did not happen, or happened otherwise; the text says what."""


class Stopwatch:
    """Milliseconds since it was made."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def __call__(self) -> float:
        return round((time.monotonic() - self._begun) * 1000, 1)


def require(holds: bool, otherwise: str) -> None:
    """Raises StoryBroken with what is the matter."""
    if not holds:
        raise StoryBroken(f"Dit klopt niet: {otherwise}.")


def ask(processes: Processes, question: Callable[[], T]) -> T:
    """Ask a node. When it is silent because it fell, Crashed tells so; otherwise DoorSilent."""
    try:
        return question()
    except DoorSilent:
        watch = Stopwatch()
        while watch() < _FALL_SECONDS * 1000:
            processes.look()
            time.sleep(_LOOK_SECONDS)
        raise


def wait(processes: Processes, what: str, question: Callable[[], T | None]) -> T:
    """Ask until there is an answer that is not None. Raises StoryBroken when it takes too long, Crashed at once."""
    watch = Stopwatch()
    while True:
        answer = ask(processes, question)
        if answer is not None:
            return answer
        processes.look()
        if watch() > PATIENCE_SECONDS * 1000:
            raise StoryBroken(f"Dit gebeurde niet binnen {PATIENCE_SECONDS:.0f} seconden: {what}.")
        time.sleep(_LOOK_SECONDS)
