"""Envelopes opened and signed in processes of their own, so that a busy server uses more than one processor.

Python runs one thread of a process at a time: a thread that verifies or signs waits for its turn again and again.
The other processes get requests and a key over a socket, keep nothing, and end with the socket. They are trusted as
this one is: same user, same code, same machine; so what goes between them is Python's own pickle.
"""

from __future__ import annotations

import asyncio
import pickle
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Protocol

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from soap_wsdl.envelopes import Opener
from soap_wsdl.wus.signing import Unsigned
from soap_wsdl.wus.verifying import RequestRefused, VerifiedRequest

START_SECONDS = 60.0
"""A process that does not answer by then did not start."""
AGAIN_SECONDS = 1.0
"""After this long, one that ended is started anew."""
END_SECONDS = 5.0
"""A process that has not ended by then is killed."""
_BEGIN, _KEY, _OPEN, _SIGN = b"B", b"K", b"O", b"S"
_HEAD = 5
_SIZE = 4
_PADDING, _SHA256 = padding.PKCS1v15(), SHA256()


class Told(Protocol):
    """Hears when a process ended that should not."""

    def __call__(self, event: str, /, **fields: Any) -> None: ...


class Gone(Exception):
    """The process that had this envelope ended before it answered, or there is none: nothing is known of it."""


class OpeningFailed(Exception):
    """The other process failed at this envelope, by a mistake of ours. Says the kind of error and nothing of it."""


class EnvelopesApart:
    """``Envelopes`` in other processes, for one event loop. Start it first; close it when done.

    ``program`` is the module that calls ``answer_all``, ``recipe`` what its ``begin`` is given. An envelope goes to
    whoever has the fewest. One that ends a process is not opened anywhere else: whoever sent it hears "not now".
    """

    def __init__(self, program: str, recipe: object, processes: int, told: Told) -> None:
        self._program = program
        self._recipe = pickle.dumps(recipe)
        self._count = processes
        self._told = told
        self._working: list[_Process] = []
        self._starting: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The numbers of the other processes."""
        return tuple(process.pid for process in self._working)

    async def start(self) -> None:
        """Start all. Raises Gone when one does not begin."""
        try:
            await asyncio.gather(*(self._start_one() for _ in range(self._count)))
        except BaseException:
            await self.close()
            raise

    async def open(self, raw: bytes, now: datetime, connection_oin: str | None, soap_action: str) -> VerifiedRequest:
        """See ``Envelopes.open``. Raises Gone and OpeningFailed too."""
        asked = pickle.dumps((raw, now, connection_oin, soap_action), pickle.HIGHEST_PROTOCOL)
        found = pickle.loads(await self._free().ask(_OPEN, asked))  # noqa: S301  from our own process
        if isinstance(found, VerifiedRequest):
            return found
        if isinstance(found, str):
            raise OpeningFailed(found)
        raise RequestRefused(*found)

    async def sign(self, unsigned: Unsigned) -> bytes:
        """See ``Envelopes.sign``. Raises Gone."""
        process = self._free()
        process.know(unsigned.signer.key)
        return await process.ask(_SIGN, unsigned.signed_info)

    async def close(self) -> None:
        """End the other processes. Twice does nothing."""
        self._closed = True
        for task in self._starting:
            task.cancel()
        working, self._working = self._working, []
        for process in working:
            process.close()
        await asyncio.gather(*(asyncio.to_thread(process.wait) for process in working))

    def _free(self) -> _Process:
        if not self._working:
            raise Gone
        return min(self._working, key=lambda process: len(process.waiting))

    async def _start_one(self) -> None:
        process = _Process(self._program, self._lost)
        try:
            await process.begin(self._recipe)
        except BaseException:
            process.close()
            await asyncio.to_thread(process.wait)
            raise
        self._working.append(process)

    def _lost(self, process: _Process) -> None:
        if process not in self._working:
            return
        self._working.remove(process)
        self._told("envelopes-gone", waited=len(process.waiting))
        task = asyncio.get_running_loop().create_task(self._again(process))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _again(self, ended: _Process) -> None:
        await asyncio.to_thread(ended.wait)
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            try:
                return await self._start_one()
            except (Gone, OSError) as error:
                self._told("envelopes-not-started", kind=type(error).__name__)


class _Process(asyncio.Protocol):
    """One other process, and those who wait for its answers: it gives them in the order in which it was asked."""

    def __init__(self, program: str, lost: Callable[[_Process], None]) -> None:
        self._program = program
        self._lost = lost
        self.waiting: deque[asyncio.Future[bytes]] = deque()
        self._came = bytearray()
        self._key: rsa.RSAPrivateKey | None = None
        self._transport: asyncio.Transport | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its number, once it was started."""
        return self._process.pid if self._process is not None else 0

    async def begin(self, recipe: bytes) -> None:
        """Start it and wait until it can be asked. Raises Gone and OSError."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = _started(self._program, theirs)
        self._transport, _ = await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=ours)
        try:
            async with asyncio.timeout(START_SECONDS):
                await self.ask(_BEGIN, recipe)
        except TimeoutError:
            raise Gone from None

    def know(self, key: rsa.RSAPrivateKey) -> None:
        """What is asked from now on is signed with this key."""
        if key is not self._key:
            self._key = key
            self._tell(_KEY, key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))

    async def ask(self, what: bytes, content: bytes) -> bytes:
        """Its answer. Raises Gone."""
        self._tell(what, content)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.waiting.append(answer)
        return await answer

    def _tell(self, what: bytes, content: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            raise Gone
        self._transport.writelines((what, len(content).to_bytes(_SIZE, "big"), content))

    def data_received(self, data: bytes) -> None:
        """Give each whole answer to whoever asked first."""
        came = self._came
        came += data
        while len(came) >= _SIZE and len(came) >= (end := _SIZE + int.from_bytes(came[:_SIZE], "big")):
            answer = self.waiting.popleft()
            if not answer.done():
                answer.set_result(bytes(came[_SIZE:end]))
            del came[:end]

    def connection_lost(self, _error: Exception | None) -> None:
        """It ended: nobody gets an answer any more."""
        self._lost(self)
        for answer in self.waiting:
            if not answer.done():
                answer.set_exception(Gone())
        self.waiting.clear()

    def close(self) -> None:
        """Let it end."""
        if self._transport is not None:
            self._transport.close()

    def wait(self) -> None:
        """Wait until it has ended."""
        if self._process is None:
            return
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _started(program: str, line: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  a module of our own, by the name that our own code gives
        [sys.executable, "-m", program],
        stdin=line.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).resolve().parent.parent,
    )


def answer_all(begin: Callable[[Any], Opener]) -> None:
    """The other process: begin with the recipe, then answer until the socket ends. For a program's ``__main__``.

    Signals to end are for who asks: it still has answers to sign, and ends us by ending the socket.
    """
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.SIG_IGN)
    with socket.socket(fileno=0) as line, line.makefile("rb") as told, suppress(EOFError, OSError):
        what, recipe = _told(told)
        if what != _BEGIN:
            return
        opener = begin(pickle.loads(recipe))  # noqa: S301  from the process that started us
        line.sendall(_framed(b""))
        key: rsa.RSAPrivateKey | None = None
        while True:
            what, content = _told(told)
            if what == _KEY:
                loaded = load_der_private_key(content, None, unsafe_skip_rsa_key_validation=True)
                key = loaded if isinstance(loaded, rsa.RSAPrivateKey) else None
            elif what == _SIGN and key is not None:
                line.sendall(_framed(key.sign(content, _PADDING, _SHA256)))
            elif what == _OPEN:
                line.sendall(_framed(pickle.dumps(_opened(opener, content), pickle.HIGHEST_PROTOCOL)))
            else:
                return


def _opened(opener: Opener, asked: bytes) -> VerifiedRequest | tuple[object, ...] | str:
    """What was found; what RequestRefused is made of; or the kind of an error that is ours."""
    raw, now, connection_oin, soap_action = pickle.loads(asked)  # noqa: S301  from the process that started us
    try:
        return opener.open(raw, now, connection_oin, soap_action)
    except RequestRefused as refused:
        return refused.fault, refused.demand, refused.place, refused.message_id, refused.signature_value
    except Exception as error:  # noqa: BLE001  one envelope must not end the process; its text may quote what was sent
        return type(error).__name__


def _told(pipe: IO[bytes]) -> tuple[bytes, bytes]:
    head = _exactly(pipe, _HEAD)
    return head[:1], _exactly(pipe, int.from_bytes(head[1:], "big"))


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    content = pipe.read(size)
    if len(content) != size:
        raise EOFError
    return content


def _framed(content: bytes) -> bytes:
    return len(content).to_bytes(_SIZE, "big") + content
