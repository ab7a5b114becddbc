"""Waiting in tests for what another process does, without asserting how long it takes."""

import time
from collections.abc import Callable

SECONDS = 240


def comes_true(question: Callable[[], object]) -> bool:
    """Whether the answer becomes yes within a time that is long enough on any machine."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if question():
            return True
        time.sleep(0.05)
    return False
