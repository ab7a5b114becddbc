"""A whole exchange for a module of tests: made, peopled, started, and gone afterwards whatever happened."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.faults.town import Town
from tests.pki import session_pki
from verwijsindex.demo.exchange import make_exchange


def now() -> datetime:
    """The time: programs run by the machine's clock, and so do these tests."""
    return datetime.now(UTC)


@contextmanager
def town_of(
    factory: pytest.TempPathFactory,
    *,
    workers: int = 3,
    lone: int = 20,
    siblings: int = 0,
    absent: Sequence[str] = (),
    start: bool = True,
    **wish: Any,
) -> Iterator[Town]:
    """An exchange as ``make_exchange`` makes it from ``wish``, with people; it runs, unless ``start`` is false."""
    with make_exchange(pki=session_pki(factory), **wish) as exchange:
        town = Town(exchange, workers, lone, siblings, absent=frozenset(absent))
        town.settle_in()
        if start:
            exchange.start(*(name for name in exchange.names if name not in absent))
        yield town
