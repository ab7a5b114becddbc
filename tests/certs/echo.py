"""A server on loopback that echoes over TLS, and clients of every kind, for the tests of TLS."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from certs.authority import PARTIES, DevPki, Hierarchy
from certs.identity import IdentityFile
from certs.peer import CertificateRefused
from certs.tls import client_context, server_context
from certs.trust import TrustStore, Use

HUB, UTRECHT = PARTIES[0], PARTIES[4]
PATIENCE = 20.0


def clock() -> datetime:
    """OpenSSL asks the machine's clock, so these tests do too."""
    return datetime.now(UTC)


def identity(pki: DevPki, party: str) -> IdentityFile:
    files = pki.files(party)
    return IdentityFile(files.tls_certificate, files.tls_key)


def store(pki: DevPki, use: Use) -> TrustStore:
    authority = pki.authority(Hierarchy.TLS)
    return TrustStore(authority.trust, authority.crls, use)


def hub(pki: DevPki) -> ssl.SSLContext:
    return server_context(identity(pki, "hub"), store(pki, Use.TLS_CLIENT), clock)


def region(pki: DevPki, party: str = "utrecht", expected_oin: str | None = None) -> ssl.SSLContext:
    return client_context(identity(pki, party), store(pki, Use.TLS_SERVER), clock, expected_oin=expected_oin)


class Echo:
    """A server that says the client's OIN for each line it gets, asking the trust store anew each time."""

    def __init__(self, context: ssl.SSLContext, trust: TrustStore | None = None) -> None:
        self.context, self.trust = context, trust
        self.refusals: list[Exception] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.threads: list[threading.Thread] = []
        self.main = threading.Thread(target=self.accept)
        self.main.start()

    def accept(self) -> None:
        while True:
            raw, _ = self.listener.accept()
            raw.settimeout(PATIENCE)
            if self.main is None or raw.recv(1, socket.MSG_PEEK) == b"Q":
                raw.close()
                return
            thread = threading.Thread(target=self.serve, args=(raw,))
            thread.start()
            self.threads.append(thread)

    def serve(self, raw: socket.socket) -> None:
        try:
            with raw, self.context.wrap_socket(raw, server_side=True) as connection:
                while connection.recv(1):
                    answer = b"ok"
                    if self.trust is not None:
                        try:
                            answer = self.trust.accept(connection.getpeercert(True) or b"", clock()).encode()
                        except CertificateRefused as refusal:
                            answer = refusal.reason.encode()
                    connection.sendall(answer + b"\n")
        except OSError as error:
            self.refusals.append(error)

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as last:
            last.sendall(b"Q")
            self.main.join()
        for thread in self.threads:
            thread.join()
        self.listener.close()


@contextmanager
def serving(context: ssl.SSLContext, trust: TrustStore | None = None) -> Iterator[Echo]:
    echo = Echo(context, trust)
    try:
        yield echo
    finally:
        echo.close()


@contextmanager
def connected(echo: Echo, context: ssl.SSLContext, host: str = "localhost") -> Iterator[ssl.SSLSocket]:
    with (
        socket.create_connection(("127.0.0.1", echo.port), PATIENCE) as raw,
        context.wrap_socket(raw, server_hostname=host) as connection,
    ):
        yield connection


def ask(connection: ssl.SSLSocket) -> str:
    connection.sendall(b"?")
    text = b""
    while not text.endswith(b"\n"):
        more = connection.recv(100)
        if not more:
            raise ConnectionResetError("closed by the server")
        text += more
    return text.decode().strip()


def asked(echo: Echo, context: ssl.SSLContext, host: str = "localhost") -> str:
    with connected(echo, context, host) as connection:
        return ask(connection)


def bare_client(pki: DevPki, party: str | None = "utrecht") -> ssl.SSLContext:
    """A foreign client's context, without anything of ours."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pki.authority(Hierarchy.TLS).trust)
    if party is not None:
        context.load_cert_chain(pki.files(party).tls_certificate, pki.files(party).tls_key)
    return context


def shut_out(echo: Echo, context: ssl.SSLContext) -> None:
    """Under TLS 1.3 a client hears it on its first read."""
    with pytest.raises(OSError):  # noqa: PT011 - reset, alert or end: the client may see either
        asked(echo, context)
