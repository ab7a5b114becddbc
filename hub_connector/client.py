"""The doors of ``doors.py`` over SOAP: zeep in a few threads of our own, each with its own connection.

Ordinary calls share a small pool; the long poll has a thread and a connection to itself, so that it never keeps a
registration waiting. More calls than threads wait their turn.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from certs.identity import IdentityFile
from certs.trust import TrustStore
from hub_connector.failures import NotNow
from hub_connector.soap import SoapCaller
from hub_connector.transport import HandshakeWatch, Line, Timeouts
from soap_wsdl.vocabulary import (
    HUB,
    PSEUDONYMS,
    CollectMatches,
    CollectMatchesResponse,
    CompareRegistrations,
    CompareRegistrationsResponse,
    Contract,
    EvaluateBlinded,
    EvaluateBlindedResponse,
    GetDirectory,
    GetDirectoryResponse,
    GetEpochs,
    GetEpochsResponse,
    GetStatistics,
    GetStatisticsResponse,
    GetStatus,
    GetStatusResponse,
    Oin,
    PublishKeys,
    PublishKeysResponse,
    RegisterSignals,
    RegisterSignalsResponse,
    SendSealedMessage,
    SendSealedMessageResponse,
    WithdrawSignals,
    WithdrawSignalsResponse,
)

T = TypeVar("T")

CALL_THREADS = 4
"""Ordinary calls under way at once to one party."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Who we are and whom we believe, for TLS and for signatures apart; all files are read again on change.

    ``tls_trust`` is of use TLS_SERVER, ``signing_trust`` of use SIGNING.
    """

    tls_identity: IdentityFile
    tls_trust: TrustStore
    signing_identity: IdentityFile
    signing_trust: TrustStore
    clock: Callable[[], datetime]


class _Threads:
    """A bounded pool of threads that each keep one line to the party."""

    def __init__(self, name: str, size: int, open_line: Callable[[], Line]) -> None:
        self._open_line = open_line
        self._here = threading.local()
        self._lock = threading.Lock()
        self._lines: list[Line] = []
        self._closed = False
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=name)

    async def run(self, call: Callable[[Line], T]) -> T:
        """Run ``call`` with the line of a free thread. Raises NotNow once closed."""

        def with_line() -> T:
            if self._closed:
                raise NotNow("The connection to the other side is being closed.")
            line: Line | None = getattr(self._here, "line", None)
            if line is None:
                line = self._here.line = self._open_line()
                with self._lock:
                    self._lines.append(line)
            return call(line)

        if self._closed:
            raise NotNow("The connection to the other side was closed.")
        return await asyncio.get_running_loop().run_in_executor(self._pool, with_line)

    def abort(self) -> None:
        """End what is under way: it raises NotNow in its thread."""
        with self._lock:
            for line in self._lines:
                line.abort()

    def close(self) -> None:
        """End what is under way and what waits, wait for the threads, close the connections."""
        self._closed = True
        self._pool.shutdown(wait=False)
        self.abort()
        self._pool.shutdown(wait=True)
        for line in self._lines:
            line.close()


class _Client:
    """One party at one address."""

    def __init__(
        self, contract: Contract, url: str, peer: Oin, ends: Ends, timeouts: Timeouts, connect_to: str | None
    ) -> None:
        self._ends = ends
        self._connect_to = connect_to
        self._peer = peer
        self._timeouts = timeouts
        self._watch = HandshakeWatch()
        self._caller = SoapCaller(contract, url, peer, ends.signing_identity, ends.signing_trust, ends.clock)
        self._calls = _Threads(f"call-{contract.name}", CALL_THREADS, self._open_line)

    async def close(self) -> None:
        """Abort what is under way and close the connections. Twice does nothing."""
        await asyncio.to_thread(self._calls.close)

    def _open_line(self) -> Line:
        ends = self._ends
        return Line(
            ends.tls_identity, ends.tls_trust, self._peer, ends.clock, self._watch, self._timeouts,
            connect_to=self._connect_to,
        )  # fmt: skip

    async def _call(self, message: object, response: type[T]) -> T:
        return await self._calls.run(lambda line: self._caller.call(message, response, line))


class HubClient(_Client):
    """The hub, as ``doors.HubDoor`` promises. Close it when done."""

    def __init__(
        self,
        url: str,
        hub: Oin,
        ends: Ends,
        timeouts: Timeouts = Timeouts(),  # noqa: B008  frozen
        connect_to: str | None = None,
    ) -> None:
        super().__init__(HUB, url, hub, ends, timeouts, connect_to)
        self._poll = _Threads("poll-hub", 1, self._open_line)

    async def close(self) -> None:
        """Abort what is under way, the long poll included, and close the connections."""
        await asyncio.to_thread(self._poll.close)
        await super().close()

    async def register_signals(self, message: RegisterSignals) -> RegisterSignalsResponse:
        return await self._call(message, RegisterSignalsResponse)

    async def withdraw_signals(self, message: WithdrawSignals) -> WithdrawSignalsResponse:
        return await self._call(message, WithdrawSignalsResponse)

    async def collect_matches(self, message: CollectMatches) -> CollectMatchesResponse:
        """A long poll runs on its own thread; cancelling the caller ends it there too."""
        if not message.wait_seconds:
            return await self._call(message, CollectMatchesResponse)
        wait = float(message.wait_seconds)
        try:
            return await self._poll.run(lambda line: self._caller.call(message, CollectMatchesResponse, line, wait))
        except asyncio.CancelledError:
            self._poll.abort()
            raise

    async def compare_registrations(self, message: CompareRegistrations) -> CompareRegistrationsResponse:
        return await self._call(message, CompareRegistrationsResponse)

    async def send_sealed_message(self, message: SendSealedMessage) -> SendSealedMessageResponse:
        return await self._call(message, SendSealedMessageResponse)

    async def publish_keys(self, message: PublishKeys) -> PublishKeysResponse:
        return await self._call(message, PublishKeysResponse)

    async def get_directory(self, message: GetDirectory) -> GetDirectoryResponse:
        return await self._call(message, GetDirectoryResponse)

    async def get_statistics(self, message: GetStatistics) -> GetStatisticsResponse:
        return await self._call(message, GetStatisticsResponse)

    async def get_status(self, message: GetStatus) -> GetStatusResponse:
        return await self._call(message, GetStatusResponse)


class PseudonymClient(_Client):
    """The pseudonym service, as ``doors.PseudonymDoor`` promises. Close it when done."""

    def __init__(
        self,
        url: str,
        service: Oin,
        ends: Ends,
        timeouts: Timeouts = Timeouts(),  # noqa: B008  frozen
        connect_to: str | None = None,
    ) -> None:
        super().__init__(PSEUDONYMS, url, service, ends, timeouts, connect_to)

    async def evaluate_blinded(self, message: EvaluateBlinded) -> EvaluateBlindedResponse:
        return await self._call(message, EvaluateBlindedResponse)

    async def get_epochs(self, message: GetEpochs) -> GetEpochsResponse:
        return await self._call(message, GetEpochsResponse)
