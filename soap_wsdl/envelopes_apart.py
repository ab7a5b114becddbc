"""Envelopes opened and signed in processes of their own, so that a busy server uses more than one processor.

Python runs one thread of a process at a time: a thread that verifies or signs waits for its turn again and again.
The other processes get requests and a key over a socket, keep nothing, and end with the socket. They are trusted as
this one is: same user, same code, same machine; so what goes between them is Python's own pickle.
"""

from __future__ import annotations

import asyncio
import pickle
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

from soap_wsdl.envelopes import LARGE_BODY, Crowded, Gone, OpeningFailed
from soap_wsdl.envelopes_process import OPEN, SIGN, OtherProcess
from soap_wsdl.wus.signing import Unsigned
from soap_wsdl.wus.verifying import RequestRefused, VerifiedRequest

LEAST = 2
"""Processes: one never opens what is large, so that small requests and signatures wait for no large one."""
SENDER_BYTES = 16 * 1024 * 1024
"""Of large requests of one sender that wait or are opened; a node sends them one after another."""
AGAIN_SECONDS = 1.0
"""After this long, a process that ended is started anew."""
STUCK_SECONDS = 30.0
"""A process that gave no answer for this long is ended; the largest envelope takes well under a second."""
LOOK_SECONDS = 5.0
"""Between two looks for one that is stuck."""


class Told(Protocol):
    """Hears when a process ended that should not."""

    def __call__(self, event: str, /, **fields: Any) -> None: ...


class NotStarted(Exception):
    """A process that opens and signs did not begin. Says which program, and why."""


class EnvelopesApart:
    """``Envelopes`` in other processes, for one event loop. Start it first; close it when done.

    ``program`` is the module that calls ``answer_all``, ``recipe`` what its ``begin`` is given. An envelope that ends
    a process is not opened anywhere else: whoever sent it, and whoever waited behind it, hears "not now".
    """

    def __init__(self, program: str, recipe: object, processes: int, told: Told) -> None:
        if processes < LEAST:
            raise ValueError(f"there must be at least {LEAST} processes")
        self._program = program
        self._recipe = pickle.dumps(recipe)
        self._told = told
        self._places: list[OtherProcess | None] = [None] * processes
        self._ended: list[OtherProcess] = []
        self._large = asyncio.Semaphore(processes - 1)
        self._of_sender: Counter[str | None] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def pids(self) -> tuple[int, ...]:
        """The numbers of the other processes."""
        return tuple(process.pid for process in self._working())

    async def start(self) -> None:
        """Start all. Raises NotStarted when one does not begin."""
        places = range(len(self._places))
        began = await asyncio.gather(*(self._start_at(place) for place in places), return_exceptions=True)
        for error in began:
            if error is not None:
                await self.close()
                raise NotStarted(f"{self._program} did not begin: {str(error) or type(error).__name__}") from error
        self._run(self._look_for_stuck())

    async def open(self, raw: bytes, now: datetime, connection_oin: str | None, soap_action: str) -> VerifiedRequest:
        """See ``Envelopes.open``."""
        if len(raw) <= LARGE_BODY:
            return await self._open(self._free(), raw, now, connection_oin, soap_action)
        if self._of_sender[connection_oin] + len(raw) > SENDER_BYTES:
            raise Crowded
        self._of_sender[connection_oin] += len(raw)
        try:
            async with self._large:
                process = self._free_for_large()
                process.at_large = True
                try:
                    return await self._open(process, raw, now, connection_oin, soap_action)
                finally:
                    process.at_large = False
        finally:
            self._of_sender[connection_oin] -= len(raw)
            if not self._of_sender[connection_oin]:
                del self._of_sender[connection_oin]

    async def sign(self, unsigned: Unsigned) -> bytes:
        """See ``Envelopes.sign``."""
        process = self._free()
        process.know(unsigned.signer.key)
        return await process.ask(SIGN, unsigned.signed_info)

    async def close(self) -> None:
        """End the other processes at once: nobody waits for an answer. Twice does nothing."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        working = self._working()
        self._places = [None] * len(self._places)
        for process in working:
            process.close()
        await asyncio.gather(*(asyncio.to_thread(process.wait) for process in (*working, *self._ended)))

    async def _open(
        self, process: OtherProcess, raw: bytes, now: datetime, connection_oin: str | None, soap_action: str
    ) -> VerifiedRequest:
        asked = pickle.dumps((raw, now, connection_oin, soap_action), pickle.HIGHEST_PROTOCOL)
        found = pickle.loads(await process.ask(OPEN, asked))  # noqa: S301  from our own process
        if isinstance(found, VerifiedRequest):
            return found
        if isinstance(found, str):
            raise OpeningFailed(found)
        raise RequestRefused(*found)

    def _working(self) -> list[OtherProcess]:
        return [process for process in self._places if process is not None]

    def _free(self) -> OtherProcess:
        """For what is quickly done: at nothing large, and the fewest before it."""
        working = self._working()
        if not working:
            raise Gone
        return min(working, key=lambda process: (process.at_large, len(process.waiting)))

    def _free_for_large(self) -> OtherProcess:
        free = [process for process in self._places[1:] if process is not None and not process.at_large]
        if not free:
            raise Gone
        return min(free, key=lambda process: len(process.waiting))

    async def _start_at(self, place: int) -> None:
        process = OtherProcess(self._program, self._lost)
        try:
            await process.begin(self._recipe)
            if process.gone:
                raise Gone
        except BaseException:
            process.close()
            await asyncio.to_thread(process.wait)
            raise
        self._places[place] = process

    def _lost(self, process: OtherProcess, waited: int) -> None:
        if process not in self._places:
            return
        place = self._places.index(process)
        self._places[place] = None
        self._ended.append(process)
        self._run(self._again(process, place))
        self._told("envelopes-gone", waited=waited)

    async def _again(self, ended: OtherProcess, place: int) -> None:
        code = await asyncio.to_thread(ended.wait)
        self._ended.remove(ended)
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            try:
                await self._start_at(place)
            except Exception as error:  # noqa: BLE001  whatever it is, the next second may be better
                self._told("envelopes-not-started", ended_with=code, kind=type(error).__name__)
            else:
                self._told("envelopes-again", ended_with=code)
                return

    async def _look_for_stuck(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for process in self._working():
                if process.quiet_seconds() > STUCK_SECONDS:
                    self._told("envelopes-stuck", waited=len(process.waiting))
                    with suppress(ProcessLookupError):
                        process.kill()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
