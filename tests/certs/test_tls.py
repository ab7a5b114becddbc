"""TLS between real sockets: who gets in and who does not."""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path

import certifi
import pytest
from cryptography import x509

from certs.authority import DevPki, Hierarchy
from certs.peer import Reason
from certs.tls import PeerRefused, server_context
from certs.trust import Use
from tests.certs.echo import (
    HUB,
    UTRECHT,
    ask,
    asked,
    bare_client,
    clock,
    connected,
    hub,
    identity,
    region,
    serving,
    shut_out,
    store,
)

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
    """Also not with a server that asks for it. The same server is spoken to as soon as it allows 1.2."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pki.files("hub").tls_certificate, pki.files("hub").tls_key)
    server.set_ciphers("ALL:@SECLEVEL=0")
    server.minimum_version = server.maximum_version = ssl.TLSVersion.TLSv1_1
    with serving(server) as echo:
        shut_out(echo, region(pki))
    server.maximum_version = ssl.TLSVersion.TLSv1_2

    with serving(server) as echo, connected(echo, region(pki)) as connection:
        assert ask(connection) == "ok"
        assert connection.version() == "TLSv1.2"


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


def _roots(file: Path) -> list[x509.Certificate]:

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return x509.load_pem_x509_certificates(file.read_bytes())
