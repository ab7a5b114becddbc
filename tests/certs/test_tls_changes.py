"""TLS between real sockets: revocation, and what happens when files change under a running server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from certs.authority import DevPki, Hierarchy, Lifetimes, dev_pki
from certs.identity import IdentityUnusable, replace_file
from certs.peer import Reason
from certs.tls import PeerRefused, server_context
from certs.trust import Use
from tests.certs.echo import (
    HUB,
    PATIENCE,
    UTRECHT,
    Echo,
    ask,
    asked,
    bare_client,
    clock,
    connected,
    hub,
    region,
    serving,
    shut_out,
    store,
)
from tests.certs.echo import identity as identity_of

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


def test_a_new_pair_whose_key_others_may_read_is_not_shown(own_pki: DevPki) -> None:
    """The same rule while running as at the start: the last good pair goes on, and the problem can be asked for."""
    files, identity = own_pki.files("hub"), identity_of(own_pki, "hub")
    with serving(server_context(identity, store(own_pki, Use.TLS_CLIENT), clock)) as echo:
        before = serial_shown(echo, bare_client(own_pki))

        own_pki.renew(HUB, clock())
        files.tls_key.chmod(0o644)
        assert serial_shown(echo, bare_client(own_pki)) == before
        assert identity.problem is not None

        files.tls_key.chmod(0o600)
        assert serial_shown(echo, bare_client(own_pki)) != before
        assert identity.problem is None


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
