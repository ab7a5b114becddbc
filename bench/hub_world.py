"""A hub for the benches: a fresh store, eight regions, and records with full cards made beforehand."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from uuid import UUID

from hub import registry
from hub.intake import offer
from hub.matching import EpochDates, Offer, Schedule
from hub.outside import Outside, Pepper
from hub.store.protocol import Sender
from hub.store.sqlite import begin, open_database, store_on
from soap_wsdl.vocabulary import (
    SEALED_CARD_SIZE,
    TAG_SIZE,
    Entry,
    EpochName,
    Oin,
    Purpose,
    Reason,
    Record,
    RecordState,
)

BATCH = 250
"""Records in one message, as nodes send them."""
NOW = datetime.now(UTC)
EPOCH = EpochName(str(NOW.year))
SCHEDULE = Schedule((EpochDates(EPOCH, date(NOW.year - 1, 12, 1), date(NOW.year + 1, 2, 1)),))
REGIONS = tuple(Oin(f"00000099{101 + place:012d}") for place in range(8))


class HubBench:
    """A hub on a fresh SQLite store, with regions that take turns."""

    def __init__(self, directory: Path) -> None:
        outside = Outside.make(directory / "outside")
        self.database = open_database(directory / "hub.db", migrate=True)
        begin(self.database, outside, NOW, self.id(), "bench")
        for oin in REGIONS:
            registry.add(self.database, outside, oin, f"Region {oin[-3:]}", NOW)
        self.store = store_on(self.database, outside)
        self.pepper = outside.pepper()
        self._messages = count()

    def close(self) -> None:
        """Stop."""
        self.database.close()

    @staticmethod
    def id() -> UUID:
        """A random id."""
        return UUID(bytes=os.urandom(16), version=4)

    def sender(self, number: int) -> Sender:
        """The regions take turns."""
        return Sender(REGIONS[number % len(REGIONS)], f"urn:uuid:{next(self._messages)}", NOW)

    @classmethod
    def record(cls, tag: bytes | None = None) -> Record:
        """A youth record with a full card."""
        entry = Entry(EPOCH, tag or os.urandom(TAG_SIZE), os.urandom(SEALED_CARD_SIZE))
        until = date(NOW.year + 1, 1 + os.urandom(1)[0] % 12, 1 + os.urandom(1)[0] % 28)
        return Record(
            cls.id(),
            Purpose.YOUTH,
            RecordState.LIVE,
            1,
            until,
            until.replace(year=until.year + 5),
            Reason.NEW,
            (entry,),
        )

    @classmethod
    def batches(cls, records: int, children: int | None = None) -> Iterator[list[Record]]:
        """Full batches; with ``children``, the second half is about the same children as the first."""
        tags = [os.urandom(TAG_SIZE) for _ in range(children)] if children else None
        for start in range(0, records, BATCH):
            yield [cls.record(_tag(tags, start + number, records)) for number in range(min(BATCH, records - start))]


def _tag(tags: Sequence[bytes] | None, number: int, records: int) -> bytes | None:
    if tags is None:
        return None
    # Shifted by one batch, so that the other region's turn brings the same child.
    second = number >= records // 2
    return tags[(number + (BATCH if second else 0)) % len(tags)]


def offers_of(pepper: Pepper, records: Sequence[Record]) -> list[Offer]:
    """What the hub hands its store."""
    return [offer(record, pepper) for record in records]
