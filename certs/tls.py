"""TLS as the profile wants it: 1.2 and 1.3, a certificate from both sides, our own trust only, nothing resumed.

Each connection gets a context made from the files as they are at that moment. So a renewed certificate and a changed
trust store need no restart, and since a session lives in its context, there is none to resume: under TLS 1.2 a resumed
session would bring in a client that was revoked meanwhile.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from certs.identity import IdentityFile
from certs.peer import CertificateRefused, Reason
from certs.trust import TrustStore

# NCSC "good" for TLS 1.2; those of TLS 1.3 are all good. Security level 2 refuses keys under 2,048 bits and SHA-1.
CIPHERS = (
    "@SECLEVEL=2:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
)

Examine = Callable[[bytes | None], None]


class PeerRefused(ssl.SSLCertVerificationError):
    """The handshake held, but our trust store refuses the other side; `refusal` says why."""

    def __init__(self, refusal: CertificateRefused) -> None:
        super().__init__(f"the other side's certificate is refused: {refusal.text}")
        self.refusal = refusal


def server_context(identity: IdentityFile, trust: TrustStore, clock: Callable[[], datetime]) -> ssl.SSLContext:
    """For a server: every client must show a certificate that `trust` (of use TLS_CLIENT) accepts.

    This looks at the handshake; a connection that stays open is looked at again with `trust.accept` per request.
    """
    return _Living(ssl.PROTOCOL_TLS_SERVER, identity, trust, clock, None)


def client_context(
    identity: IdentityFile, trust: TrustStore, clock: Callable[[], datetime], *, expected_oin: str | None = None
) -> ssl.SSLContext:
    """For a client: shows its certificate, and wants one that `trust` (of use TLS_SERVER) accepts for the host's name.

    With `expected_oin` no other party will do, also when it holds a good certificate for that host.
    """
    return _Living(ssl.PROTOCOL_TLS_CLIENT, identity, trust, clock, expected_oin)


class _Examined:
    """Lets the trust store look at the other side as the last step of each handshake."""

    def do_handshake(self, *rest: Any) -> None:
        super().do_handshake(*rest)  # type: ignore[misc]
        self.context.examine(self.getpeercert(True))  # type: ignore[attr-defined]


class _ExaminedSocket(_Examined, ssl.SSLSocket):
    pass


class _ExaminedObject(_Examined, ssl.SSLObject):
    pass


class _Once(ssl.SSLContext):
    """The context of one connection."""

    sslsocket_class = _ExaminedSocket
    sslobject_class = _ExaminedObject
    examine: Examine


class _Living(ssl.SSLContext):
    """What callers hold: stands for the files, and hands each connection to a context made from them.

    Settings made on this object by others (urllib3 does) reach no connection, which is as it should be.
    """

    def __new__(cls, protocol: int, *_rest: object) -> _Living:
        return super().__new__(cls, protocol)

    def __init__(
        self,
        protocol: int,
        identity: IdentityFile,
        trust: TrustStore,
        clock: Callable[[], datetime],
        expected_oin: str | None,
    ) -> None:
        self._protocol = protocol
        self._identity = identity
        self._trust = trust
        self._clock = clock
        self._expected = expected_oin
        self._lock = threading.Lock()
        self._last: _Once | None = None
        self._fresh()  # a pair of files that cannot be used is found at start, not at the first connection

    def wrap_socket(self, sock: socket.socket, server_side: bool = False, *rest: Any, **named: Any) -> ssl.SSLSocket:
        return self._fresh().wrap_socket(sock, server_side, *rest, **named)

    def wrap_bio(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *rest: Any, **named: Any) -> ssl.SSLObject:
        return self._fresh().wrap_bio(incoming, outgoing, *rest, **named)

    def _fresh(self) -> _Once:
        self._identity.current()
        with self._lock:
            if self._identity.problem is not None and self._last is not None:
                return self._last  # what may not sign may not be shown either: the last good pair
        context = _Once(self._protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(CIPHERS)
        context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_SINGLE_ECDH_USE
        if self._protocol == ssl.PROTOCOL_TLS_SERVER:
            context.num_tickets = 0
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_TRUSTED_FIRST
        context.examine = self._examine
        try:
            # The empty passphrase keeps OpenSSL from asking one at the terminal.
            context.load_cert_chain(self._identity.certificate_file, self._identity.key_file, password="")
            anchors = self._trust.anchors()
            if anchors:  # none: nobody gets in, and the examination says why
                context.load_verify_locations(cadata=anchors)
        except (OSError, ssl.SSLError):
            # Between two renames key and certificate do not fit: until they do, the last pair that did.
            with self._lock:
                if self._last is None:
                    raise
                return self._last
        with self._lock:
            self._last = context
        return context

    def _examine(self, certificate: bytes | None) -> None:
        try:
            if certificate is None:
                raise CertificateRefused(Reason.UNREADABLE, "the other side showed no certificate")
            oin = self._trust.accept(certificate, self._clock())
            if self._expected not in (None, oin):
                text = "the other side's certificate is another party's than the settings name"
                raise CertificateRefused(Reason.OTHER_PARTY, text)
        except CertificateRefused as refusal:
            raise PeerRefused(refusal) from None
