"""What one region may ask of the hub: a bucket that fills with time and empties with use. Pure; the clock is given."""

from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Limits:
    """Per region. A burst is what may come at once after a quiet time."""

    requests_per_second: float = 50.0
    requests_burst: int = 500
    records_per_second: float = 4000.0
    records_burst: int = 200_000
    bytes_per_second: float = 10_000_000.0
    bytes_burst: int = 500_000_000
    open_polls: int = 4
    open_polls_in_all: int = 512


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is left, and since when: ``left`` at ``at`` seconds."""

    left: float
    at: float


def take(bucket: Bucket | None, amount: float, now: float, per_second: float, burst: float) -> tuple[Bucket, int]:
    """The bucket after taking ``amount``, and 0; or the bucket untouched, and after how many seconds to come again.

    An amount larger than the whole burst is let through when the bucket is full: it could never come otherwise.
    """
    full = Bucket(burst, now)
    if bucket is not None:
        full = Bucket(min(burst, bucket.left + max(0.0, now - bucket.at) * per_second), max(now, bucket.at))
    need = min(amount, burst)
    if full.left >= need:
        return Bucket(full.left - amount, full.at), 0
    return full, max(1, ceil((need - full.left) / per_second))
