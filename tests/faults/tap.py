"""A tap on the plaintext between a region and another party, holding the keys of both: it reads every message.

It can say a message twice, hold one back and let it arrive late, or lose an answer; message by message, by operation.
"""

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from enum import Enum

from certs.authority import Files
from tests.faults.middle import Middle

_OPERATION = re.compile(rb"<(?:\w+:)?Body[^>]*><(?:\w+:)?(\w+)")
_CODE = re.compile(rb"<(?:\w+:)?code>(\w+)<")
_LENGTH = re.compile(rb"(?im)^content-length:\s*(\d+)")


class Trick(Enum):
    """What to do with a message instead of passing it on."""

    TWICE = "twice"
    """The same bytes arrive twice; the sender gets the second answer."""
    HOLD = "hold"
    """The sender's connection breaks; the message arrives when it is released."""
    LOSE_ANSWER = "lose answer"
    """The message is carried out; the sender's connection breaks."""


@dataclass(frozen=True, slots=True)
class Passed:
    """One message that arrived, and what came back."""

    operation: str
    request: bytes = field(repr=False)
    answer: bytes = field(repr=False)

    @property
    def fault(self) -> str | None:
        """The code of the fault that came back, if it was one."""
        found = _CODE.search(self.answer)
        return found[1].decode() if found else None


class Tap(Middle):
    """Speaks TLS as ``server`` to the region and as the region to the server. ``passed`` is all that arrived."""

    def __init__(self, upstream_port: int, server: Files, region: Files) -> None:
        self.passed: list[Passed] = []
        self._upstream_port = upstream_port
        self._upstream = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._upstream.load_cert_chain(region.tls_certificate, region.tls_key)
        self._upstream.load_verify_locations(region.tls_trust)
        self._tricks: dict[str, list[Trick]] = {}
        self._held: list[bytes] = []
        here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        here.load_cert_chain(server.tls_certificate, server.tls_key)
        here.load_verify_locations(server.tls_trust)
        here.verify_mode = ssl.CERT_REQUIRED
        super().__init__(here)

    def play(self, operation: str, trick: Trick, times: int = 1) -> None:
        """Do this with the next messages of this operation."""
        self.call(lambda: self._tricks.setdefault(operation, []).extend([trick] * times))

    def held(self) -> int:
        """How many messages are held back."""
        return self.call(lambda: len(self._held))

    def release(self) -> list[Passed]:
        """Let what is held arrive now, the last one first; what came back, which nobody waits for any more."""
        return asyncio.run_coroutine_threadsafe(self._release(), self._loop).result()

    def arrived(self, operation: str) -> list[Passed]:
        """The messages of one operation that arrived, in order."""
        return self.call(lambda: [each for each in self.passed if each.operation == operation])

    def say(self, request: bytes) -> Passed:
        """Send these bytes in the name of the region, on a connection of their own."""
        return asyncio.run_coroutine_threadsafe(self._alone(request), self._loop).result()

    async def _release(self) -> list[Passed]:
        late, self._held = self._held[::-1], []
        return [await self._alone(request) for request in late]

    async def _alone(self, request: bytes) -> Passed:
        reader, writer = await self._connect()
        try:
            return await self._ask(request, reader, writer)
        finally:
            self.let_go(writer)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._upstream_port, ssl=self._upstream)
        self.keep(writer)
        return reader, writer

    async def passing(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Request by request, on one connection to the other side."""
        up_reader, up_writer = await self._connect()
        gone = asyncio.ensure_future(writer.wait_closed())
        gone.add_done_callback(lambda _: up_writer.transport.abort())
        try:
            while request := await _message(reader):
                tricks = self._tricks.get(operation_of(request))
                trick = tricks.pop(0) if tricks else None
                if trick is Trick.HOLD:
                    self._held.append(request)
                    return
                passed = await self._ask(request, up_reader, up_writer)
                if trick is Trick.TWICE:
                    passed = await self._ask(request, up_reader, up_writer)
                if trick is Trick.LOSE_ANSWER:
                    return
                writer.write(passed.answer)
                await writer.drain()
        finally:
            gone.cancel()
            self.let_go(up_writer)

    async def _ask(self, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Passed:
        writer.write(request)
        await writer.drain()
        passed = Passed(operation_of(request), request, await _message(reader))
        self.passed.append(passed)
        return passed


def operation_of(request: bytes) -> str:
    """The name of the Body's one child."""
    found = _OPERATION.search(request)
    return found[1].decode() if found else ""


async def _message(reader: asyncio.StreamReader) -> bytes:
    """One HTTP message, head and body; empty at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    length = _LENGTH.search(head)
    return head + (await reader.readexactly(int(length[1])) if length else b"")
