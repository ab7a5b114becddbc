"""A wire between two programs that a test can cut, stall, or make swallow answers.

Real TLS runs through it untouched.
"""

import asyncio
import contextlib
from enum import Enum

from tests.faults.middle import Middle


class Mood(Enum):
    """What the wire does with traffic, old connections included."""

    OPEN = "open"
    CUT = "cut"
    """Connections are dropped and new ones refused."""
    STALLED = "stalled"
    """Nothing moves and nothing is dropped."""
    SWALLOWS_ANSWERS = "swallows answers"
    """Requests arrive and are carried out; the connection drops when the answer to one comes back."""


class Wire(Middle):
    """A TCP proxy on loopback. ``port`` is where to connect; stop it when done."""

    def __init__(self, upstream_port: int) -> None:
        self.attempts = 0
        """Connections that were asked for, in whatever mood."""
        self.swallowed = 0
        """Answers that were lost."""
        self._upstream_port = upstream_port
        self._mood = Mood.OPEN
        self._moving = asyncio.Event()
        self._moving.set()
        super().__init__()

    def be(self, mood: Mood) -> None:
        """Change what the wire does, from now on."""

        def change() -> None:
            self._mood = mood
            if mood is Mood.STALLED:
                self._moving.clear()
            else:
                self._moving.set()
            if mood is Mood.CUT:
                self.drop_all()

        self.call(change)

    async def passing(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry both ways."""
        self.attempts += 1
        if self._mood is Mood.CUT:
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        self.keep(up_writer)
        asked = _Asked()
        try:
            await asyncio.gather(
                self._carry(reader, up_writer, asked, is_answer=False),
                self._carry(up_reader, writer, asked, is_answer=True),
            )
        finally:
            self.let_go(up_writer)

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
