"""One connection to one party: mutual TLS from our own files, time limits, and what a broken line means.

Sync, for one thread at a time. Nothing that was sent or received shows in a log, an error or a repr.
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from socket import SHUT_RDWR, socket
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import HTTPError, ReadTimeoutError

from certs.identity import IdentityFile, IdentityUnusable
from certs.peer import CertificateRefused
from certs.tls import PeerRefused, client_context
from certs.trust import TrustStore
from hub_connector.failures import CertificateNotAccepted, NotNow
from soap_wsdl.vocabulary import Oin

MAX_AGE_SECONDS = 15 * 60.0
"""A connection lives this long at most, the answer that it still waits for included."""
MAX_ANSWER_BYTES = 24 * 1024 * 1024
"""Larger than any answer of the contracts: 200 notices that each bring a full sealed message are 17 MiB."""
CLOSED_UNANSWERED = 3
"""After so many new connections in a row that were closed before any answer, our certificate is the suspect."""

_ALERTS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, and from the request to the end of the answer, beside what a long poll waits."""

    connect: float = 5.0
    answer: float = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, believed by nobody yet."""

    status: int
    content_type: str
    body: bytes = field(repr=False)


class HandshakeWatch:
    """Counts new connections that were closed before any answer, over all connections to one party.

    Under TLS 1.3 a server refuses a client's certificate after the client's handshake is done: the client sees a
    reset at its first read and nothing else.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed = 0

    def answered(self) -> None:
        """The party answered: it accepts our certificate."""
        with self._lock:
            self._closed = 0

    def closed_unanswered(self) -> bool:
        """One more; True when it is no longer likely to be the network."""
        with self._lock:
            self._closed += 1
            return self._closed >= CLOSED_UNANSWERED


class Line:
    """A connection that is opened when needed, reused, and replaced in time or when our certificate was renewed.

    ``connect_to`` is the host and port of a forwarder that stands in between, if one does.
    """

    def __init__(
        self,
        identity: IdentityFile,
        trust: TrustStore,
        peer: Oin,
        clock: Callable[[], datetime],
        watch: HandshakeWatch,
        timeouts: Timeouts,
        elapsed: Callable[[], float] = time.monotonic,
        connect_to: str | None = None,
    ) -> None:
        self._connect_to = connect_to
        self._identity = identity
        self._trust = trust
        self._peer = peer
        self._clock = clock
        self._watch = watch
        self._timeouts = timeouts
        self._elapsed = elapsed
        self._session: requests.Session | None = None
        self._adapter: _PrivateAdapter | None = None
        self._opened = 0.0
        self._shown = b""
        self._answered = False

    def post(self, url: str, body: bytes, headers: Mapping[str, str], wait_seconds: float = 0.0) -> Answer:
        """Send and read the whole answer; the other side may think for ``wait_seconds`` beside the ordinary limit.

        Raises NotNow, or CertificateNotAccepted, for everything that is not an answer. The connection is then closed:
        what was under way on it may or may not have been done.
        """
        limit = self._timeouts.answer + wait_seconds
        try:
            session = self._session_for(limit)
            answer = self._exchange(session, url, body, headers, limit)
        except IdentityUnusable as unusable:
            raise NotNow(f"Our own certificate cannot be used: {unusable}") from None
        except NotNow:
            self.close()
            raise
        except (requests.RequestException, HTTPError, OSError) as error:
            fresh = not self._answered
            self.close()
            # The cause is left out on purpose: requests keeps the whole request, body included, in its exceptions.
            raise self._failure(error, fresh) from None
        self._answered = True
        self._watch.answered()
        return answer

    def close(self) -> None:
        """Close the connection; the next post opens another."""
        session, self._session, self._adapter = self._session, None, None
        if session is not None:
            session.close()

    def abort(self) -> None:
        """From another thread: end a post that is waiting. It then raises NotNow."""
        adapter = self._adapter
        if adapter is not None:
            adapter.abort()

    def _session_for(self, limit: float) -> requests.Session:
        shown = self._identity.current().certificate
        if self._session is not None:
            old = self._elapsed() - self._opened + limit > MAX_AGE_SECONDS
            if old or shown != self._shown:
                self.close()
        if self._session is None:
            context = client_context(self._identity, self._trust, self._clock, expected_oin=self._peer)
            self._adapter = _PrivateAdapter(context, self._examine, self._connect_to)
            self._session = _private_session(self._adapter)
            self._opened, self._shown, self._answered = self._elapsed(), shown, False
        return self._session

    def _exchange(
        self, session: requests.Session, url: str, body: bytes, headers: Mapping[str, str], limit: float
    ) -> Answer:
        deadline = self._elapsed() + limit
        response = session.post(
            url,
            data=body,
            headers=dict(headers),
            timeout=(self._timeouts.connect, limit),
            allow_redirects=False,
            stream=True,
        )
        try:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise NotNow("The answer was compressed on its way: something between us changes messages.")
            parts, size = [], 0
            while part := response.raw.read1(65536, decode_content=False):
                parts.append(part)
                size += len(part)
                if size > MAX_ANSWER_BYTES:
                    raise NotNow("The answer was larger than any answer can be.")
                if self._elapsed() > deadline:
                    raise NotNow(f"The answer was not complete after {limit:.0f} seconds.")
        finally:
            response.close()
        return Answer(response.status_code, response.headers.get("Content-Type", ""), b"".join(parts))

    def _examine(self, certificate: bytes | None) -> None:
        """Before each request on an open connection: a certificate that was revoked meanwhile gets nothing more."""
        try:
            accepted = certificate is not None and self._trust.accept(certificate, self._clock()) == self._peer
        except CertificateRefused as refusal:
            raise PeerRefused(refusal) from None
        if not accepted:
            raise NotNow("The other side of the connection is not the party that the settings name.")

    def _failure(self, error: Exception, fresh: bool) -> NotNow:
        causes = list(_causes(error))
        for cause in causes:
            if isinstance(cause, PeerRefused):
                return NotNow(f"The other side's certificate was not accepted here: {cause.refusal.text}.")
            if isinstance(cause, ssl.SSLCertVerificationError):
                return NotNow("The other side's certificate was not accepted here: it does not fit our trust store.")
            if isinstance(cause, ssl.SSLError) and _is_certificate_alert(cause):
                self._watch.closed_unanswered()
                return CertificateNotAccepted(
                    f"The other side does not accept our TLS certificate ({cause.reason}). "
                    "Look at it with: verwijsindex certs check"
                )
        kinds = {type(cause).__name__ for cause in causes}
        if "NewConnectionError" in kinds or "NameResolutionError" in kinds:
            return NotNow("The other side cannot be reached: no connection was made.")
        if kinds & {"ConnectTimeoutError", "ConnectTimeout"}:
            return NotNow(f"No connection was made within {self._timeouts.connect:.0f} seconds.")
        if any(isinstance(cause, ReadTimeoutError | requests.ReadTimeout | TimeoutError) for cause in causes):
            return NotNow("The answer did not come in time.")
        if fresh and self._watch.closed_unanswered():
            return CertificateNotAccepted(
                f"The other side closed {CLOSED_UNANSWERED} or more new connections in a row before any answer: "
                "most likely it does not accept our TLS certificate. Look at it with: verwijsindex certs check"
            )
        if "IncompleteRead" in kinds:
            return NotNow("The connection broke in the middle of the answer.")
        return NotNow("The connection broke before the answer.")


class _ExaminedConnection(HTTPSConnection):
    """A connection whose other side is looked at again before each request."""

    examine: Callable[[bytes | None], None]
    opened: Callable[[Any], None]
    connect_to: str | None

    def _new_conn(self) -> socket:
        """A plain connection, to the forwarder if there is one; TLS then still asks for the host of the address."""
        host, port = self._dns_host, self.port
        if self.connect_to is not None:
            forwarder = urlsplit(f"//{self.connect_to}")
            self._dns_host, self.port = forwarder.hostname or "", forwarder.port or 0
        try:
            return super()._new_conn()
        finally:
            self._dns_host, self.port = host, port

    def connect(self) -> None:
        super().connect()
        self.opened(self)

    def request(self, *arguments: Any, **named: Any) -> None:
        if self.sock is None:
            self.connect()
        sock: Any = self.sock
        self.examine(sock.getpeercert(True))
        super().request(*arguments, **named)


class _PrivateAdapter(HTTPAdapter):
    """Speaks TLS with our context and nothing else: no public roots, no proxy, no retries behind our back."""

    def __init__(
        self, context: ssl.SSLContext, examine: Callable[[bytes | None], None], connect_to: str | None
    ) -> None:
        self._context = context
        self._connect_to = connect_to
        self._examine = examine
        self._open: _ExaminedConnection | None = None
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0, pool_block=True)

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named, ssl_context=self._context)
        adapter = self

        class Connection(_ExaminedConnection):
            examine = staticmethod(adapter._examine)
            opened = staticmethod(adapter._note)
            connect_to = adapter._connect_to

        class Pool(HTTPSConnectionPool):
            ConnectionCls = Connection

        # No pool for plain HTTP: such an address fails instead of going out in the clear.
        self.poolmanager.pool_classes_by_scheme = {"https": Pool}

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        """Whatever the session says about verifying, the answer is: with our context."""
        return super().build_connection_pool_key_attributes(request, True)

    def cert_verify(self, conn: Any, url: str | None, verify: Any, cert: Any) -> None:
        """Leave the context alone: requests would add all public roots to it."""

    def abort(self) -> None:
        connection = self._open
        sock = connection.sock if connection is not None else None
        if isinstance(sock, socket):
            with suppress(OSError):
                # The plain shutdown wakes the thread that waits in read; that of SSLSocket would take its TLS away.
                socket.shutdown(sock, SHUT_RDWR)

    def _note(self, connection: "_ExaminedConnection") -> None:
        self._open = connection


def _private_session(adapter: HTTPAdapter) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.adapters.clear()
    session.mount("https://", adapter)
    session.headers.clear()
    session.headers["Accept-Encoding"] = "identity"
    return session


def _is_certificate_alert(error: ssl.SSLError) -> bool:
    reason = error.reason or ""
    return "ALERT" in reason and any(word in reason for word in _ALERTS)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it wraps: requests and urllib3 put the cause in the arguments, Python in the chain."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
