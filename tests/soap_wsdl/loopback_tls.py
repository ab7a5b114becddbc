"""A contract served on loopback over real mutual TLS, with a small authority of these tests' own."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from soap_wsdl.serving import Caller, Handler, soap_application, soap_runner
from soap_wsdl.vocabulary import HUB, GetStatusResponse
from soap_wsdl.wus.faults import Code, WusFault
from tests.soap_wsdl.parties import AMSTERDAM_OIN, HUB_OIN, NOW, UTRECHT_OIN, Known, Party
from tests.soap_wsdl.test_responses import ANSWER, SEED


@dataclass(frozen=True)
class TlsFiles:
    """The authority, and for each party a certificate with its key in one PEM."""

    directory: Path
    certificates: Mapping[str, bytes]

    def server(self) -> ssl.SSLContext:
        """The hub's side: every client shows a certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / f"{HUB_OIN}.pem")
        context.load_verify_locations(self.directory / "authority.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client(self, oin: str | None = AMSTERDAM_OIN) -> ssl.SSLContext:
        """A region's side; None shows no certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.directory / "authority.pem")
        if oin is not None:
            context.load_cert_chain(self.directory / f"{oin}.pem")
        return context


def make_tls(directory: Path) -> TlsFiles:
    """Certificates for the hub and two regions, valid around the machine's own clock."""
    now = datetime.now(UTC)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test authority")])

    def issue(subject: x509.Name, key: ec.EllipticCurvePrivateKey, ca: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
        )
        if not ca:
            address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        return builder.sign(authority_key, hashes.SHA256())

    root = issue(authority, authority_key, True)
    (directory / "authority.pem").write_bytes(root.public_bytes(Encoding.PEM))
    certificates = {}
    for oin in (HUB_OIN, AMSTERDAM_OIN, UTRECHT_OIN):
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = issue(x509.Name([x509.NameAttribute(x509.NameOID.SERIAL_NUMBER, oin)]), key, False)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (directory / f"{oin}.pem").write_bytes(leaf.public_bytes(Encoding.PEM) + secret)
        certificates[oin] = leaf.public_bytes(Encoding.DER)
    return TlsFiles(directory, certificates)


class Revocable:
    """A Trust over TLS certificates from which one can be taken away."""

    def __init__(self, files: TlsFiles) -> None:
        self.known = {der: oin for oin, der in files.certificates.items()}

    def accept(self, certificate: bytes, now: datetime) -> str:
        """The OIN of a certificate that was not revoked."""
        if certificate not in self.known:
            raise PermissionError("revoked")
        return self.known[certificate]

    def revoke(self, oin: str) -> None:
        """From now on this party is refused."""
        self.known = {der: each for der, each in self.known.items() if each != oin}


@dataclass
class Served:
    """A running endpoint and what it noted."""

    address: str
    files: TlsFiles
    tls_trust: Revocable
    signing_trust: Known
    port: int
    callers: list[Caller]
    events: list[tuple[str, dict[str, Any]]]
    now: list[datetime] = field(default_factory=lambda: [NOW])

    def client(self, oin: str | None = AMSTERDAM_OIN) -> aiohttp.ClientSession:
        """A session of one party, on one connection."""
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self.files.client(oin), limit=1))


HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}


@asynccontextmanager
async def served(
    files: TlsFiles, hub: Party, signing_trust: Known, handlers: Mapping[str, Handler] | None = None, **more: Any
) -> AsyncIterator[Served]:
    """The hub's contract on a free port, until the block ends."""
    tls_trust = Revocable(files)
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    found = Served(f"https://127.0.0.1:{port}{HUB.path}", files, tls_trust, signing_trust, port, callers=[], events=[])

    async def register(caller: Caller, _message: Any) -> Any:
        found.callers.append(caller)
        return ANSWER

    async def status(_caller: Caller, _message: Any) -> Any:
        return GetStatusResponse(NOW, "1.0", SEED, 1, 1, False)

    async def unavailable(_caller: Caller, _message: Any) -> Any:
        raise WusFault(Code.NOT_AVAILABLE)

    usual: dict[str, Handler] = dict.fromkeys(HUB.operations, unavailable)
    usual |= {"RegisterSignals": register, "GetStatus": status, **(handlers or {})}
    application = soap_application(
        HUB,
        usual,
        signer=lambda: hub,
        signing_trust=signing_trust,
        tls_trust=tls_trust,
        clock=lambda: found.now[0],
        public_url=found.address,
        max_bytes=more.pop("max_bytes", 4 * 1024 * 1024),
        on_event=lambda event, /, **fields: found.events.append((event, fields)),
        **more,
    )
    runner = soap_runner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=files.server()).start()
        yield found
    finally:
        await runner.cleanup()
