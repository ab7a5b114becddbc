"""One other process that opens and signs: how it is started, asked and ended, and what it does itself."""

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
from pathlib import Path
from typing import IO, Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from soap_wsdl.envelopes import Gone, Opener
from soap_wsdl.wus.verifying import RequestRefused, VerifiedRequest

START_SECONDS = 60.0
"""A process that does not answer by then did not start."""
END_SECONDS = 1.0
"""A process that has not ended by then is killed."""
LATER_SECONDS = 60
"""Whoever's envelope was being worked on when a process ended hears to come back after this long."""
OPEN, SIGN = b"O", b"S"
_BEGIN, _KEY = b"B", b"K"
_HEAD = 5
_SIZE = 4
_PADDING, _SHA256 = padding.PKCS1v15(), SHA256()


class OtherProcess(asyncio.Protocol):
    """The process, and those who wait for its answers: it gives them in the order in which it was asked.

    ``lost`` is called when it ends, with how many waited, after they were told.
    """

    def __init__(self, program: str, lost: Callable[[OtherProcess, int], None]) -> None:
        self._program = program
        self._lost = lost
        self.waiting: deque[asyncio.Future[bytes]] = deque()
        self.at_large = False
        self.gone = False
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._came = bytearray()
        self._key: rsa.RSAPrivateKey | None = None
        self._transport: asyncio.Transport | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its number, once it was started."""
        return self._process.pid if self._process is not None else 0

    async def begin(self, recipe: bytes) -> None:
        """Start it and wait until it can be asked. Raises Gone, OSError, and RuntimeError with what it said."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = _started(self._program, theirs)
            self._transport, _ = await self._loop.create_unix_connection(lambda: self, sock=ours)
        except BaseException:
            ours.close()
            raise
        try:
            async with asyncio.timeout(START_SECONDS):
                refusal = await self.ask(_BEGIN, recipe)
        except TimeoutError:
            raise Gone from None
        if refusal:
            raise RuntimeError(refusal.decode())

    def know(self, key: rsa.RSAPrivateKey) -> None:
        """What is asked from now on is signed with this key. Raises Gone."""
        if key is not self._key:
            self._tell(_KEY, key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
            self._key = key

    async def ask(self, what: bytes, content: bytes) -> bytes:
        """Its answer. Raises Gone."""
        self._tell(what, content)
        if not self.waiting:
            self._heard = self._loop.time()
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self.waiting.append(answer)
        return await answer

    def quiet_seconds(self) -> float:
        """For how long somebody has waited without any answer coming."""
        return self._loop.time() - self._heard if self.waiting else 0.0

    def _tell(self, what: bytes, content: bytes) -> None:
        if self._transport is None or self.gone or self._transport.is_closing():
            raise Gone
        self._transport.writelines((what, len(content).to_bytes(_SIZE, "big"), content))

    def data_received(self, data: bytes) -> None:
        """Give each whole answer to whoever asked first."""
        came = self._came
        came += data
        while len(came) >= _SIZE and len(came) >= (end := _SIZE + int.from_bytes(came[:_SIZE], "big")):
            self._heard = self._loop.time()
            answer = self.waiting.popleft()
            if not answer.done():
                answer.set_result(bytes(came[_SIZE:end]))
            del came[:end]

    def connection_lost(self, _error: Exception | None) -> None:
        """It ended: nobody gets an answer any more, and the first is to come back later than those behind it."""
        self.gone = True
        waited = len(self.waiting)
        for place, answer in enumerate(self.waiting):
            if not answer.done():
                answer.set_exception(Gone() if place else Gone(LATER_SECONDS))
        self.waiting.clear()
        self._lost(self, waited)

    def kill(self) -> None:
        """End it, whatever it is at."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """Let it end; what it was asked is not answered any more."""
        if self._transport is not None:
            self._transport.abort()

    def wait(self) -> int | None:
        """Wait until it has ended, and kill it when it does not; what it ended with."""
        if self._process is None:
            return None
        try:
            return self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


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
        try:
            opener = begin(pickle.loads(recipe))  # noqa: S301  from the process that started us
        except Exception as error:  # noqa: BLE001  for the operator, whose settings it is about
            line.sendall(_framed(f"{type(error).__name__}: {error}".encode()))
            return
        line.sendall(_framed(b""))
        key: rsa.RSAPrivateKey | None = None
        while True:
            what, content = _told(told)
            if what == _KEY:
                loaded = load_der_private_key(content, None, unsafe_skip_rsa_key_validation=True)
                key = loaded if isinstance(loaded, rsa.RSAPrivateKey) else None
            elif what == SIGN and key is not None:
                line.sendall(_framed(key.sign(content, _PADDING, _SHA256)))
            elif what == OPEN:
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
