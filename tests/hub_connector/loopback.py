"""A server on loopback with real mutual TLS that answers, or misbehaves, as a test asks."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from aiohttp import web

from certs.authority import DevPki
from certs.identity import IdentityFile
from certs.tls import server_context
from certs.trust import TrustStore, Use
from hub_connector.client import Ends
from hub_connector.transport import HandshakeWatch, Line, Timeouts
from soap_wsdl.codec import encode
from soap_wsdl.vocabulary import HUB as HUB_CONTRACT
from soap_wsdl.vocabulary import Contract, Oin
from soap_wsdl.wus.faults import WusFault, encode_fault
from soap_wsdl.wus.signing import sign_response
from soap_wsdl.wus.verifying import VerifiedRequest, verify_request

HUB = Oin("00000099000000000001")
SERVICE = Oin("00000099000000000002")
AMSTERDAM = Oin("00000099000000000101")
QUICK = Timeouts(connect=5.0, answer=5.0)


def clock() -> datetime:
    """OpenSSL judges a real connection by the real clock, so these tests use it too."""
    return datetime.now(UTC)


def tls_identity(pki: DevPki, party: str) -> IdentityFile:
    """A party's TLS certificate and key."""
    return IdentityFile(pki.files(party).tls_certificate, pki.files(party).tls_key)


def tls_trust(pki: DevPki, use: Use) -> TrustStore:
    """Whom a party of this PKI believes at the other end of a connection."""
    files = pki.files("hub")
    return TrustStore(files.tls_trust, files.tls_crls, use)


def line(
    pki: DevPki,
    party: str = "amsterdam",
    peer: Oin = HUB,
    timeouts: Timeouts = QUICK,
    elapsed: Callable[[], float] | None = None,
) -> Line:
    """A line of a region to the hub."""
    own, trust = tls_identity(pki, party), tls_trust(pki, Use.TLS_SERVER)
    if elapsed is None:
        return Line(own, trust, peer, clock, HandshakeWatch(), timeouts)
    return Line(own, trust, peer, clock, HandshakeWatch(), timeouts, elapsed)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def answering(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.Application:
    """An application that answers every post with ``handler``."""
    application = web.Application(client_max_size=32 * 1024 * 1024)
    application.router.add_post("/{tail:.*}", handler)
    return application


@contextmanager
def served(application: web.Application, pki: DevPki, party: str = "hub", port: int = 0) -> Iterator[str]:
    """Serve over mutual TLS from a thread of its own; gives the address."""
    address: list[str] = []
    ready, stopping = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        context = server_context(tls_identity(pki, party), tls_trust(pki, Use.TLS_CLIENT), clock)
        assert runner.server is not None
        # A short goodbye: a test that still holds its connection open must not hold up the server's end.
        server = await loop.create_server(runner.server, "127.0.0.1", port, ssl=context, ssl_shutdown_timeout=0.05)
        address.append(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        ready.set()
        await stopping.wait()
        server.close()
        await runner.cleanup()
        await asyncio.sleep(0.1)

    loop.set_exception_handler(lambda _loop, _context: None)
    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    try:
        assert ready.wait(20)
        yield address[0]
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(10)
        loop.close()


class Party:
    """The other side of a contract, as honest as a test wants: verifies what it gets, signs what it answers."""

    def __init__(self, pki: DevPki, contract: Contract = HUB_CONTRACT, name: str = "hub") -> None:
        files = pki.files(name)
        self.contract = contract
        self.identity = IdentityFile(files.signing_certificate, files.signing_key)
        self.trust = TrustStore(files.signing_trust, files.signing_crls, Use.SIGNING)
        self.seen: list[VerifiedRequest] = []
        self.now: Callable[[], datetime] = clock

    def read(self, raw: bytes, url: str, oin: str = AMSTERDAM) -> VerifiedRequest:
        """Verify a request and keep it."""
        request = verify_request(
            raw, contract=self.contract, to=url, now=clock(), trust=self.trust, connection_oin=oin, soap_action='""'
        )
        self.seen.append(request)
        return request

    def answer(
        self, request: VerifiedRequest, message: object, *, confirms: bytes | None = None, relates_to: str | None = None
    ) -> bytes:
        """A signed answer to a request, or to whatever a test says."""
        return sign_response(
            encode(message),
            f"{self.contract.namespace}:{type(message).__name__}",
            relates_to or request.message_id,
            f"urn:uuid:{uuid4()}",
            self.now(),
            confirms or request.signature_value,
            self.identity.current(),
        )

    def fault(self, request: VerifiedRequest, fault: WusFault) -> bytes:
        """A signed fault about a request."""
        return sign_response(
            encode_fault(fault),
            f"{self.contract.namespace}:Fault",
            request.message_id,
            f"urn:uuid:{uuid4()}",
            self.now(),
            request.signature_value,
            self.identity.current(),
        )


def ends(pki: DevPki, party: str = "amsterdam") -> Ends:
    """Who a region is and whom it believes."""
    files = pki.files(party)
    return Ends(
        tls_identity(pki, party),
        tls_trust(pki, Use.TLS_SERVER),
        IdentityFile(files.signing_certificate, files.signing_key),
        TrustStore(files.signing_trust, files.signing_crls, Use.SIGNING),
        clock,
    )
