"""The sweep: what dates demand, in many short transactions, so that nobody waits for it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from hub import audit
from hub.matching import Schedule, local_date
from hub.store import sweeping
from hub.store.ground import Ground
from hub.store.protocol import Swept
from ledger import Tx, record

T = TypeVar("T")
AT_ONCE = 500
"""Records in one transaction of the sweep."""


class Sweep:
    """Runs the steps of ``sweeping.py`` on a ground."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def run(self, now: datetime, schedule: Schedule) -> Swept:
        """See ``HubStore.sweep``. Dates first, so that an epoch's end finds no record that is gone already."""
        today, at = local_date(now), int(now.timestamp())
        archived = destroyed = 0
        for some in _parts(await self._ground.read(lambda tx: sweeping.due(tx, today))):
            here, gone = await self._ground.write(lambda tx, some=some: sweeping.settle(tx, some, today))  # type: ignore[misc]
            archived, destroyed = archived + here, destroyed + gone
        epochs_ended, waiting = await self._end_epochs(now, schedule)
        notices = await self._until_none(lambda tx: sweeping.clean_notices(tx, today, AT_ONCE))
        await self._ground.write(lambda tx: sweeping.note_acknowledged(tx, today))
        notices += await self._until_none(lambda tx: sweeping.clean_sealed(tx, today, AT_ONCE))
        tombstones = await self._until_none(lambda tx: sweeping.clean_tombstones(tx, today, AT_ONCE))

        def finish(tx: Tx) -> None:
            sweeping.forget_batches(tx, at)
            sweeping.forget_messages(tx, at)
            if archived or destroyed or notices or tombstones:
                record(
                    tx,
                    audit.SWEPT,
                    now,
                    archived=archived,
                    destroyed=destroyed,
                    notices=notices,
                    tombstones=tombstones,
                )

        await self._ground.write(finish)
        return Swept(archived, destroyed, epochs_ended, waiting, notices, tombstones)

    async def _end_epochs(self, now: datetime, schedule: Schedule) -> tuple[int, int]:
        over = schedule.over(local_date(now))
        ended = waiting = 0
        for epoch in over:
            entries = await self._ground.read(lambda tx, epoch=epoch: sweeping.behind(tx, [epoch]))  # type: ignore[misc]
            if not entries:
                continue
            waits = 0
            for some in _parts(entries):
                waits += await self._ground.write(lambda tx, some=some: sweeping.end_epoch(tx, some))  # type: ignore[misc]

            def note(tx: Tx, epoch: str = epoch, gone: int = len(entries), waits: int = waits) -> None:
                record(tx, audit.EPOCH_ENDED, now, epoch=epoch, entries=gone, waiting=waits)

            await self._ground.write(note)
            ended, waiting = ended + 1, waiting + waits
        return ended, waiting

    async def _until_none(self, clean: Callable[[Tx], int]) -> int:
        total = 0
        while some := await self._ground.write(clean):
            total += some
        return total


def _parts(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[at : at + AT_ONCE] for at in range(0, len(items), AT_ONCE)]
