"""A wire between two programs that a test can cut, stall, or make swallow answers.

Real TLS runs through it untouched.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from enum import Enum


class Mood(Enum):
    """What the wire does with traffic, old connections included."""

    OPEN = "open"
    CUT = "cut"
    """Connections are dropped and new ones refused."""
    STALLED = "stalled"
    """Nothing moves and nothing is dropped."""
    SWALLOWS_ANSWERS = "swallows answers"
    """Requests arrive and are carried out; the connection drops when the answer to one comes back."""


class Wire:
    """A TCP proxy on loopback in a thread of its own. ``port`` is where to connect; stop it when done."""

    def __init__(self, upstream_port: int) -> None:
        self.port = 0
        self.swallowed = 0
        self._upstream_port = upstream_port
        self._mood = Mood.OPEN
        self._moving = asyncio.Event()
        self._moving.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wire", daemon=True)
        self._thread.start()
        self._ready.wait()

    def be(self, mood: Mood) -> None:
        """Change what the wire does, from now on."""

        def change() -> None:
            self._mood = mood
            if mood is Mood.STALLED:
                self._moving.clear()
            else:
                self._moving.set()
            if mood is Mood.CUT:
                self._drop_all()

        self._call(change)

    def stop(self) -> None:
        """Drop everything and end the thread."""
        self._call(self._drop_all)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, change: Callable[[], None]) -> None:
        done = threading.Event()

        def run() -> None:
            change()
            done.set()

        self._loop.call_soon_threadsafe(run)
        done.wait()

    def _drop_all(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._mood is Mood.CUT:
            writer.transport.abort()
            return
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, up_writer}
        self._writers |= ends
        asked = _Asked()
        try:
            await asyncio.gather(
                self._carry(reader, up_writer, asked, is_answer=False),
                self._carry(up_reader, writer, asked, is_answer=True),
            )
        finally:
            self._writers -= ends
            for end in ends:
                end.transport.abort()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: "_Asked", *, is_answer: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._moving.wait()
                if is_answer and self._mood is Mood.SWALLOWS_ANSWERS and asked.something:
                    self.swallowed += 1
                    break
                if not is_answer:
                    asked.carried += len(data)
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


class _Asked:
    """How much one connection has sent: more than a handshake means that a request is on its way."""

    _HANDSHAKE = 8192

    def __init__(self) -> None:
        self.carried = 0

    @property
    def something(self) -> bool:
        """True once more was sent than a mutual TLS handshake with its chain of certificates takes."""
        return self.carried > self._HANDSHAKE
