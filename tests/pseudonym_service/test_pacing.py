"""One region that hurries waits; the others do not notice."""

from contextlib import ExitStack

import pytest

from pseudonym_service.pacing import Pacing, TooFast

ONE, OTHER = "00000099000000000101", "00000099000000000102"


def ask(pacing: Pacing, region: str, elapsed: float) -> int:
    """0 when there was a turn, else the seconds to wait."""
    try:
        with pacing.turn(region, elapsed):
            return 0
    except TooFast as stop:
        return stop.retry_after


def test_a_minute_holds_so_many_requests_and_fills_again() -> None:
    """Three a minute: the fourth waits a third of a minute."""
    pacing = Pacing(3, 10)

    waits = [ask(pacing, ONE, at) for at in (0.0, 0.0, 0.0, 0.0, 19.0, 20.0, 20.0, 80.0, 80.0, 80.0, 80.0)]

    assert waits == [0, 0, 0, 20, 1, 0, 20, 0, 0, 0, 20]


def test_one_region_does_not_keep_another_out() -> None:
    """Each has its own bucket."""
    pacing = Pacing(1, 1)
    ask(pacing, ONE, 0.0)

    assert ask(pacing, ONE, 0.0) == 60
    assert ask(pacing, OTHER, 0.0) == 0


def test_so_many_at_once() -> None:
    """Turns are given back, also after a failure."""
    pacing = Pacing(100, 2)
    with ExitStack() as held:
        held.enter_context(pacing.turn(ONE, 0.0))
        held.enter_context(pacing.turn(ONE, 0.0))
        assert ask(pacing, ONE, 0.0) == 1
        assert ask(pacing, OTHER, 0.0) == 0
    with pytest.raises(LookupError), pacing.turn(ONE, 0.0):
        raise LookupError

    assert ask(pacing, ONE, 0.0) == 0
