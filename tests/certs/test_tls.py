"""TLS between real sockets: who gets in, who does not, and what happens when files change under a running server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import pytest
from cryptography import x509

from certs.authority import PARTIES, DevPki, Hierarchy, Lifetimes, dev_pki
from certs.identity import IdentityFile, IdentityUnusable, replace_file
from certs.peer import CertificateRefused, Reason
from certs.tls import PeerRefused, client_context, server_context
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


# Who gets in


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_hub_and_region_meet(pki: DevPki, host: str) -> None:
    """Both show certificates; the server knows the region by its OIN."""
    with serving(hub(pki), store(pki, Use.TLS_CLIENT)) as echo:
        assert asked(echo, region(pki, expected_oin=HUB.oin), host) == UTRECHT.oin


@pytest.mark.parametrize(
    ("version", "name"), [(ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")]
)
def test_tls_1_2_and_1_3_are_spoken(pki: DevPki, version: ssl.TLSVersion, name: str) -> None:
    """With forward secrecy and authenticated encryption in both."""
    client = bare_client(pki)
    client.minimum_version = client.maximum_version = version
    with serving(hub(pki)) as echo, connected(echo, client) as connection:
        assert ask(connection) == "ok"
        cipher = connection.cipher()

        assert connection.version() == name
        assert cipher is not None
        assert "GCM" in cipher[0] or "CHACHA20" in cipher[0]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_tls_1_1_is_refused(pki: DevPki) -> None:
    """By the server, to a client that can do no better; the client lowers its own security level to try."""
    client = bare_client(pki)
    client.set_ciphers("ALL:@SECLEVEL=0")
    client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_1
    with serving(hub(pki)) as echo:
        shut_out(echo, client)

    assert "UNSUPPORTED_PROTOCOL" in str(echo.refusals[0])


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_our_client_does_not_speak_tls_1_1(pki: DevPki) -> None:
    """Also not with a server that asks for it."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pki.files("hub").tls_certificate, pki.files("hub").tls_key)
    server.set_ciphers("ALL:@SECLEVEL=0")
    server.minimum_version = server.maximum_version = ssl.TLSVersion.TLSv1_1
    with serving(server) as echo:
        shut_out(echo, region(pki))


@pytest.mark.parametrize("cipher", ["AES256-GCM-SHA384", "ECDHE-RSA-AES256-SHA384", "DHE-RSA-AES256-GCM-SHA384"])
def test_weak_ciphers_are_refused(pki: DevPki, cipher: str) -> None:
    """No key exchange without forward secrecy, no CBC."""
    client = bare_client(pki)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers(cipher)
    with serving(hub(pki)) as echo:
        shut_out(echo, client)


def test_a_client_without_a_certificate_is_refused(pki: DevPki) -> None:
    """Under both versions."""
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        client = bare_client(pki, None)
        client.minimum_version = client.maximum_version = version
        with serving(hub(pki)) as echo:
            shut_out(echo, client)

        assert "PEER_DID_NOT_RETURN_A_CERTIFICATE" in str(echo.refusals[0])


@pytest.fixture(scope="session")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> DevPki:
    """Another PKI, with the same names and OINs in it."""
    parties = [HUB, UTRECHT]
    return dev_pki(tmp_path_factory.mktemp("strangers") / "pki", parties, clock(), leaf_key_size=2048)


def test_a_stranger_with_our_oin_is_refused(pki: DevPki, strangers: DevPki) -> None:
    """As a client by our server, as a server by our client."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(pki.authority(Hierarchy.TLS).trust)
    files = strangers.files("utrecht")
    client.load_cert_chain(files.tls_certificate, files.tls_key)
    with serving(hub(pki)) as echo:
        shut_out(echo, client)

    with serving(hub(strangers)) as echo, pytest.raises(ssl.SSLCertVerificationError):
        asked(echo, region(pki))


def test_a_signing_certificate_opens_no_connection(pki: DevPki) -> None:
    """Not as a client, not as a server; each is in another tree and for another use."""
    files = pki.files("hub")
    client, server = bare_client(pki, None), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for context in (client, server):
        context.load_cert_chain(files.signing_certificate, files.signing_key)
    with serving(hub(pki)) as echo:
        shut_out(echo, client)
    with serving(server) as echo, pytest.raises(ssl.SSLCertVerificationError):
        asked(echo, region(pki))


def test_a_region_cannot_play_the_hub(pki: DevPki) -> None:
    """Its certificate is for clients only."""
    server = server_context(identity(pki, "utrecht"), store(pki, Use.TLS_CLIENT), clock)
    with serving(server) as echo, pytest.raises(ssl.SSLCertVerificationError):
        asked(echo, region(pki, "amsterdam"))


def test_another_server_than_the_settings_name_is_refused(pki: DevPki) -> None:
    """The pseudonym service has a good certificate for this host, and is not the hub."""
    server = server_context(identity(pki, "pseudonyms"), store(pki, Use.TLS_CLIENT), clock)
    with serving(server) as echo:
        with pytest.raises(PeerRefused) as caught:
            asked(echo, region(pki, expected_oin=HUB.oin))

        assert caught.value.refusal.reason is Reason.OTHER_PARTY


def test_the_host_name_is_checked(pki: DevPki) -> None:
    """A good certificate for another name will not do."""
    with serving(hub(pki)) as echo, pytest.raises(ssl.SSLCertVerificationError, match=r"Hostname mismatch"):
        asked(echo, region(pki), "hub.example")


def test_no_public_root_is_trusted(pki: DevPki) -> None:
    """Neither side loads the machine's authorities, whatever the environment says."""
    public = {each.subject for each in _roots(Path(certifi.where()))}
    ours = {each.subject for each in _roots(pki.authority(Hierarchy.TLS).trust)}
    server = hub(pki).wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True)
    client = region(pki).wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")
    for inner in (server.context, client.context):
        trusted = {x509.load_der_x509_certificate(der).subject for der in inner.get_ca_certs(True)}

        assert trusted <= ours
        assert not trusted & public


def test_what_others_set_on_our_context_reaches_no_connection(pki: DevPki, strangers: DevPki) -> None:
    """HTTP libraries switch checks off when asked; here that has no effect."""
    careless = region(pki)
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    with serving(hub(strangers)) as echo, pytest.raises(ssl.SSLCertVerificationError):
        asked(echo, careless)


# Revocation


def test_a_revoked_client_does_not_connect(own_pki: DevPki) -> None:
    """From the first connection after the list was replaced, on the same server."""
    client = bare_client(own_pki)
    with serving(hub(own_pki), store(own_pki, Use.TLS_CLIENT)) as echo:
        assert asked(echo, client) == UTRECHT.oin

        own_pki.revoke("utrecht", clock())
        shut_out(echo, client)

    assert isinstance(echo.refusals[-1], PeerRefused)
    assert echo.refusals[-1].refusal.reason is Reason.REVOKED


async def test_under_asyncio_the_same_holds(own_pki: DevPki) -> None:
    """The programs serve and connect through asyncio, which has a way of its own into TLS."""
    met: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        certificate = writer.get_extra_info("ssl_object").getpeercert(True)
        met.append(store(own_pki, Use.TLS_CLIENT).accept(certificate, clock()))
        writer.write(await reader.read(1))
        writer.close()

    async def question() -> bytes:
        context = region(own_pki, expected_oin=HUB.oin)
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
            try:
                writer.write(b"?")
                return await reader.read(1)
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=hub(own_pki))
    port = server.sockets[0].getsockname()[1]
    async with server:
        assert await question() == b"?"
        assert met == [UTRECHT.oin]

        own_pki.revoke("utrecht", clock())
        refused = b""
        with contextlib.suppress(OSError):
            refused = await question()
        assert refused == b""
        assert len(met) == 1

        own_pki.revoke("hub", clock())
        with pytest.raises(PeerRefused):
            await question()


def test_a_revoked_client_is_out_on_an_open_connection(own_pki: DevPki) -> None:
    """The next question on the connection that it had already is refused, and so is every one after it."""
    with (
        serving(hub(own_pki), store(own_pki, Use.TLS_CLIENT)) as echo,
        connected(echo, region(own_pki)) as open_connection,
    ):
        assert ask(open_connection) == UTRECHT.oin
        own_pki.revoke("utrecht", clock())

        assert [ask(open_connection) for _ in range(3)] == ["revoked"] * 3


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_nothing_is_resumed(own_pki: DevPki, version: ssl.TLSVersion) -> None:
    """A client that offers its session gets a full handshake, and once revoked, none at all."""
    client = bare_client(own_pki)
    client.minimum_version = client.maximum_version = version
    with serving(hub(own_pki), store(own_pki, Use.TLS_CLIENT)) as echo:
        with connected(echo, client) as first:
            ask(first)
            session = first.session
            assert session is None or not session.has_ticket

        def again() -> ssl.SSLSocket:
            raw = socket.create_connection(("127.0.0.1", echo.port), PATIENCE)
            return client.wrap_socket(raw, server_hostname="localhost", session=session)

        with again() as second:
            assert ask(second) == UTRECHT.oin
            assert not second.session_reused
        own_pki.revoke("utrecht", clock())
        with pytest.raises(OSError), again() as third:  # noqa: PT011 - reset, alert or end
            ask(third)


def test_a_revoked_hub_is_refused_by_the_region(own_pki: DevPki) -> None:
    """The client looks at the lists too, in the handshake: nothing is sent to a revoked server."""
    with serving(hub(own_pki)) as echo:
        context = region(own_pki)
        assert asked(echo, context) == "ok"

        own_pki.revoke("hub", clock())
        with pytest.raises(PeerRefused) as caught:
            asked(echo, context)

        assert caught.value.refusal.reason is Reason.REVOKED


# Files that change under a running program


def serial_shown(echo: Echo, context: ssl.SSLContext) -> int:
    with connected(echo, context) as connection:
        return x509.load_der_x509_certificate(connection.getpeercert(True) or b"").serial_number


def test_a_renewed_certificate_is_shown_without_a_restart(own_pki: DevPki) -> None:
    """By the server and by the client; an open connection goes on."""
    own = own_pki.files("hub").tls_certificate
    with serving(hub(own_pki), store(own_pki, Use.TLS_CLIENT)) as echo:
        client = region(own_pki)
        before = serial_shown(echo, client)
        with connected(echo, client) as open_connection:
            own_pki.renew(HUB, clock())
            own_pki.renew(UTRECHT, clock())

            after = serial_shown(echo, client)
            assert after != before
            assert after == x509.load_pem_x509_certificate(own.read_bytes()).serial_number
            assert ask(open_connection) == UTRECHT.oin
            assert asked(echo, client) == UTRECHT.oin


def test_between_two_renames_the_last_pair_that_fits_is_used(own_pki: DevPki) -> None:
    """A new key comes in two files; whoever connects in between notices nothing."""
    files, other = own_pki.files("hub"), own_pki.files("pseudonyms")
    old_certificate = files.tls_certificate.read_bytes()
    with serving(hub(own_pki)) as echo:
        before = serial_shown(echo, bare_client(own_pki))

        replace_file(files.tls_certificate, other.tls_certificate.read_bytes())
        assert serial_shown(echo, bare_client(own_pki)) == before

        replace_file(files.tls_certificate, old_certificate)
        assert serial_shown(echo, bare_client(own_pki)) == before


def test_a_new_root_is_trusted_without_a_restart(own_pki: DevPki, strangers: DevPki) -> None:
    """And an old one that is taken away no longer is."""
    ours, theirs = own_pki.authority(Hierarchy.TLS), strangers.authority(Hierarchy.TLS)
    client = bare_client(own_pki, None)
    client.load_cert_chain(strangers.files("utrecht").tls_certificate, strangers.files("utrecht").tls_key)
    old_trust = ours.trust.read_bytes()
    with serving(hub(own_pki), store(own_pki, Use.TLS_CLIENT)) as echo:
        shut_out(echo, client)

        for layer in ("root", "domain", "issuing"):
            replace_file(ours.crls / f"next-{layer}.crl", (theirs.crls / f"{layer}.crl").read_bytes())
        replace_file(ours.trust, old_trust + theirs.trust.read_bytes())
        assert asked(echo, client) == UTRECHT.oin

        replace_file(ours.trust, old_trust)
        shut_out(echo, client)


def test_a_certificate_that_cannot_be_used_stops_the_start(own_pki: DevPki) -> None:
    """Found when the program starts, and named."""
    own_pki.files("hub").tls_key.chmod(0o644)

    with pytest.raises(IdentityUnusable, match=r"tls.key: others than its owner may read this key"):
        hub(own_pki)


def test_an_expired_certificate_is_refused(pki: DevPki, tmp_path: Path) -> None:
    """By both clocks, OpenSSL's and ours."""
    long_ago = clock() - timedelta(days=30)
    lives = Lifetimes(leaf=timedelta(days=7), lists=timedelta(days=3650))
    old = dev_pki(tmp_path / "old", [HUB, UTRECHT], long_ago, lifetimes=lives, leaf_key_size=2048)
    with serving(hub(old)) as echo, pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        asked(echo, region(old))


def _roots(file: Path) -> list[x509.Certificate]:

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return x509.load_pem_x509_certificates(file.read_bytes())
