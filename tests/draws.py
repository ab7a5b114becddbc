"""Random bytes that are the same in every run of a test."""

import hashlib
from dataclasses import dataclass


@dataclass
class Draws:
    """A source of bytes with a seed; call it as ``os.urandom``."""

    seed: int
    drawn: int = 0

    def __call__(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        self.drawn += 1
        return hashlib.shake_256(f"{self.seed}|{self.drawn}".encode()).digest(size)
