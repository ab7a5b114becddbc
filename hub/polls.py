"""Open polls: who waits for a notice. The newest poll of a region wins; the one before it is answered at once."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from soap_wsdl.vocabulary import Oin


class Poll:
    """One open poll. It is over when there is something to read, when a newer one came, or when the hub stops."""

    def __init__(self) -> None:
        self._over = asyncio.Event()
        self.superseded = False

    def end(self, *, superseded: bool) -> None:
        """Let it be answered."""
        self.superseded = self.superseded or superseded
        self._over.set()

    async def wait(self, seconds: float) -> None:
        """Until it is over, or so long."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._over.wait()
        except TimeoutError:
            return


class Polls:
    """All open polls of this hub, in memory: a restart answers none of them, and nodes poll again."""

    def __init__(self) -> None:
        self._newest: dict[Oin, Poll] = {}
        self._open: dict[Oin, int] = {}
        self._stopped = False

    def open_by(self, oin: Oin) -> int:
        """How many polls of a region are not answered yet."""
        return self._open.get(oin, 0)

    @property
    def open_in_all(self) -> int:
        """How many polls are not answered yet."""
        return sum(self._open.values())

    @contextmanager
    def poll(self, oin: Oin) -> Iterator[Poll]:
        """Open a poll, before the mailbox is read: a notice that comes in between is not missed."""
        poll = Poll()
        if before := self._newest.get(oin):
            before.end(superseded=True)
        if self._stopped:
            poll.end(superseded=False)
        self._newest[oin] = poll
        self._open[oin] = self._open.get(oin, 0) + 1
        try:
            yield poll
        finally:
            if self._newest.get(oin) is poll:
                del self._newest[oin]
            self._open[oin] -= 1
            if not self._open[oin]:
                del self._open[oin]

    def wake(self, oins: Iterable[Oin]) -> None:
        """There is something to read for these regions."""
        for oin in oins:
            if poll := self._newest.get(oin):
                poll.end(superseded=False)

    def stop(self) -> None:
        """Answer all open polls, and those that still come, at once."""
        self._stopped = True
        for poll in self._newest.values():
            poll.end(superseded=False)
