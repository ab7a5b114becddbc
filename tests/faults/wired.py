"""A wire for every region and party, where an exchange lets one stand in between."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.wire import Mood, Wire


class Wires:
    """One wire for each (region, party); hand ``route`` to ``make_exchange``. Stop them when done."""

    def __init__(self) -> None:
        self._wires: dict[tuple[str, str], Wire] = {}

    def route(self, region: str, party: str, port: int) -> int:
        """Lay a wire to this port; where the region is to connect instead."""
        wire = self._wires[region, party] = Wire(port)
        return wire.port

    def __getitem__(self, ends: tuple[str, str]) -> Wire:
        """The wire from a region to "hub" or "pseudonyms"."""
        return self._wires[ends]

    def of(self, region: str) -> tuple[Wire, ...]:
        """Both wires of a region."""
        return tuple(wire for (own, _), wire in self._wires.items() if own == region)

    def be(self, mood: Mood) -> None:
        """Every wire changes what it does."""
        for wire in self._wires.values():
            wire.be(mood)

    def stop(self) -> None:
        """End them all."""
        for wire in self._wires.values():
            wire.stop()


@contextmanager
def wires() -> Iterator[Wires]:
    """Wires to lay, and gone afterwards."""
    laid = Wires()
    try:
        yield laid
    finally:
        laid.stop()
