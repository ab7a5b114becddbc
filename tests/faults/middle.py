"""What wires and taps have in common: they stand on loopback between two programs, each in a thread of its own."""

import asyncio
import ssl
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Middle:
    """Listens on ``port`` from the start; ``stop`` drops everything and ends the thread."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.port = 0
        self._context = context
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Drop everything and end the thread."""
        self.call(self.drop_all)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(self, change: Callable[[], T]) -> T:
        """Do this in the thread, and wait for it."""

        async def run() -> T:
            return change()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()

    def drop_all(self) -> None:
        """Abort every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def passing(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; whatever it opens goes through ``keep``. To be overridden."""
        raise NotImplementedError

    def keep(self, *writers: asyncio.StreamWriter) -> None:
        """Abort these too when everything is dropped."""
        self._writers.update(writers)

    def let_go(self, *writers: asyncio.StreamWriter) -> None:
        """These are done with."""
        for writer in writers:
            writer.transport.abort()
        self._writers.difference_update(writers)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(_quiet)
        server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._context))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in self._tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        # Transports that were aborted close in the next rounds of the loop.
        self._loop.run_until_complete(asyncio.sleep(0.05))

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.keep(writer)
        try:
            await self.passing(reader, writer)
        except (OSError, EOFError):
            return
        finally:
            self.let_go(writer)


def _quiet(_loop: asyncio.AbstractEventLoop, _context: dict[str, Any]) -> None:
    """Connections that break are what these are for."""
