"""One connection over real TLS: who is let in, how long it lives, and what each kind of broken line is called."""

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from certs.authority import PARTIES, DevPki, dev_pki
from certs.trust import Use
from hub_connector.failures import CertificateNotAccepted, NotNow
from hub_connector.transport import MAX_AGE_SECONDS, HandshakeWatch, Line, Timeouts
from tests.hub_connector.loopback import (
    HUB,
    QUICK,
    SERVICE,
    answering,
    clock,
    line,
    served,
    tls_identity,
    tls_trust,
)

HEADERS = {"Content-Type": "text/xml; charset=utf-8"}


async def echo(request: web.Request) -> web.Response:
    """The body back, and the client's port, so that a test sees whether a connection was reused."""
    transport = request.transport
    assert transport is not None
    port = transport.get_extra_info("peername")[1]
    return web.Response(body=await request.read(), headers={"Content-Type": f"text/plain; port={port}"})


def test_a_region_and_the_hub_speak_over_mutual_tls(pki: DevPki) -> None:
    """The plain good case."""
    with served(answering(echo), pki) as url:
        answer = line(pki).post(url, b"hello", HEADERS)

    assert (answer.status, answer.body) == (200, b"hello")


def test_a_forwarder_may_stand_in_between(pki: DevPki) -> None:
    """We connect to it, and TLS still asks for the host of the address: for another name nothing is sent."""
    own, trust = tls_identity(pki, "amsterdam"), tls_trust(pki, Use.TLS_SERVER)
    with served(answering(echo), pki) as url:
        to = urlsplit(url).netloc
        through = Line(own, trust, HUB, clock, HandshakeWatch(), QUICK, connect_to=to)
        answer = through.post("https://localhost:1/hub/v1", b"hello", HEADERS)
        with pytest.raises(NotNow, match="certificate was not accepted"):
            through.post("https://hub.example.nl/hub/v1", b"secret", HEADERS)

    assert answer.body == b"hello"


def test_a_connection_is_used_again(pki: DevPki) -> None:
    """Two requests, one handshake."""
    with served(answering(echo), pki) as url:
        amsterdam = line(pki)
        ports = {amsterdam.post(url, b"x", HEADERS).content_type for _ in range(3)}

    assert len(ports) == 1


def test_a_connection_is_replaced_before_it_is_fifteen_minutes_old(pki: DevPki) -> None:
    """The time that the answer may take counts as well: a long poll does not outlive its connection."""
    now = [0.0]
    with served(answering(echo), pki) as url:
        amsterdam = line(pki, elapsed=lambda: now[0])
        first = amsterdam.post(url, b"x", HEADERS).content_type
        now[0] = MAX_AGE_SECONDS - 60
        kept = amsterdam.post(url, b"x", HEADERS).content_type
        replaced = amsterdam.post(url, b"x", HEADERS, wait_seconds=60).content_type

    assert first == kept
    assert replaced != kept


def test_a_renewed_certificate_is_shown_at_the_next_request(pki: DevPki, tmp_path: Path) -> None:
    """No restart, and no waiting for the old connection to grow old."""
    own = pki.copy(tmp_path / "pki")
    amsterdam = next(party for party in PARTIES if party.name == "amsterdam")
    with served(answering(echo), own) as url:
        door = line(own)
        first = door.post(url, b"x", HEADERS).content_type
        own.renew(amsterdam, clock())
        second = door.post(url, b"x", HEADERS).content_type

    assert first != second


def test_a_server_of_another_authority_gets_nothing(pki: DevPki, tmp_path: Path) -> None:
    """Our private trust store decides, and the reason says whose certificate it was."""
    stranger = dev_pki(tmp_path / "stranger", PARTIES[:1], clock(), leaf_key_size=2048)
    seen: list[bytes] = []

    async def listen(request: web.Request) -> web.Response:
        seen.append(await request.read())
        return web.Response()

    with served(answering(listen), stranger) as url, pytest.raises(NotNow, match="other side's certificate") as failure:
        line(pki).post(url, b"secret", HEADERS)

    assert not isinstance(failure.value, CertificateNotAccepted)
    assert seen == []


def test_another_party_in_the_place_of_the_hub_gets_nothing(pki: DevPki) -> None:
    """A good certificate of the wrong OIN is not the hub."""
    with (
        served(answering(echo), pki, "pseudonyms") as url,
        pytest.raises(NotNow, match="another party's than the settings name"),
    ):
        line(pki).post(url, b"secret", HEADERS)
    with served(answering(echo), pki, "pseudonyms") as url:
        assert line(pki, peer=SERVICE).post(url, b"x", HEADERS).status == 200


def test_a_hub_that_was_revoked_gets_nothing_more_on_an_open_connection(pki: DevPki, tmp_path: Path) -> None:
    """Looked at before each request, not only at the handshake."""
    own = pki.copy(tmp_path / "pki")
    with served(answering(echo), own) as url:
        amsterdam = line(own)
        amsterdam.post(url, b"x", HEADERS)
        own.revoke("hub", clock())

        with pytest.raises(NotNow, match="revoked"):
            amsterdam.post(url, b"secret", HEADERS)


def test_a_refused_client_certificate_is_named_after_some_resets(pki: DevPki, tmp_path: Path) -> None:
    """Under TLS 1.3 it only shows as a reset at the first read; the operator must not be told 'network' for ever."""
    own = pki.copy(tmp_path / "pki")
    own.revoke("amsterdam", clock())
    failures: list[NotNow] = []
    with served(answering(echo), own) as url:
        amsterdam = line(own)
        for _ in range(4):
            with pytest.raises(NotNow) as failure:
                amsterdam.post(url, b"x", HEADERS)
            failures.append(failure.value)

    assert isinstance(failures[-1], CertificateNotAccepted)
    assert "our TLS certificate" in failures[-1].reason


def test_a_client_certificate_of_another_authority_is_named(pki: DevPki, tmp_path: Path) -> None:
    """OpenSSL's own alert, where it arrives, is named at once; a reset after a few."""
    stranger = dev_pki(tmp_path / "stranger", PARTIES[2:3], clock(), leaf_key_size=2048)
    with served(answering(echo), pki) as url:
        amsterdam = line(pki)
        amsterdam._identity = tls_identity(stranger, PARTIES[2].name)
        for _ in range(3):
            with pytest.raises(NotNow) as failure:
                amsterdam.post(url, b"x", HEADERS)

    assert isinstance(failure.value, CertificateNotAccepted)


def test_an_answer_clears_the_suspicion(pki: DevPki) -> None:
    """Two resets, an answer, two resets: that is the network."""
    resets = [True, True, False, True, True]

    async def sometimes(request: web.Request) -> web.Response:
        await request.read()
        transport = request.transport
        if resets.pop(0) and transport is not None:
            transport.abort()
        return web.Response()

    outcomes: list[type[BaseException] | None] = []
    with served(answering(sometimes), pki) as url:
        amsterdam = line(pki)
        for _ in range(5):
            try:
                amsterdam.post(url, b"x", HEADERS)
                outcomes.append(None)
            except NotNow as failure:
                outcomes.append(type(failure))

    assert outcomes == [NotNow, NotNow, None, NotNow, NotNow]


def test_nobody_listens(pki: DevPki) -> None:
    """Connection refused."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]

    with pytest.raises(NotNow, match="cannot be reached"):
        line(pki).post(f"https://127.0.0.1:{port}", b"x", HEADERS)


def test_an_address_in_the_clear_is_never_used(pki: DevPki) -> None:
    """http:// is no way out, whatever the settings say."""
    with pytest.raises(NotNow):
        line(pki).post("http://127.0.0.1:9", b"x", HEADERS)


def test_a_server_that_thinks_too_long_is_left(pki: DevPki) -> None:
    """The time limit of the answer; a long poll gets its waiting time beside it."""

    async def slow(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.sleep(0.6)
        return web.Response()

    with served(answering(slow), pki) as url:
        hasty = line(pki, timeouts=Timeouts(connect=5.0, answer=0.2))
        with pytest.raises(NotNow, match="in time"):
            hasty.post(url, b"x", HEADERS)
        assert hasty.post(url, b"x", HEADERS, wait_seconds=20).status == 200


def test_an_answer_that_drips_is_left(pki: DevPki) -> None:
    """Each byte comes within the time-out, the whole does not."""

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b"x")
            await asyncio.sleep(0.05)
        return response

    with served(answering(drip), pki) as url, pytest.raises(NotNow, match="not complete"):
        line(pki, timeouts=Timeouts(connect=5.0, answer=0.5)).post(url, b"x", HEADERS)


@contextmanager
def endless(pki: DevPki) -> Iterator[str]:
    """A server whose answer has no end."""

    async def pour(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(1024 * 1024))
            # A write to a lost connection returns at once: without this the loop would never hear of the loss.
            await asyncio.sleep(0)

    with served(answering(pour), pki) as url:
        yield url


def test_an_endless_answer_is_left(pki: DevPki) -> None:
    """Memory is bounded whatever the other side sends."""
    with endless(pki) as url, pytest.raises(NotNow, match="larger"):
        line(pki, timeouts=Timeouts(connect=5.0, answer=60.0)).post(url, b"x", HEADERS)


def test_a_truncated_answer_is_no_answer(pki: DevPki) -> None:
    """The body is shorter than its length says."""

    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        transport = request.transport
        assert transport is not None
        await asyncio.sleep(0.1)
        transport.close()
        return response

    with served(answering(half), pki) as url, pytest.raises(NotNow, match="middle of the answer"):
        line(pki).post(url, b"x", HEADERS)


def test_a_redirect_is_not_followed(pki: DevPki) -> None:
    """What it is, the caller decides; nothing is sent anywhere else."""

    async def elsewhere(_request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "https://127.0.0.1:9/"})

    with served(answering(elsewhere), pki) as url:
        assert line(pki).post(url, b"x", HEADERS).status == 307


def test_a_compressed_answer_is_refused(pki: DevPki) -> None:
    """We never ask for it, so somebody on the way made it."""

    async def squeezed(_request: web.Request) -> web.Response:
        return web.Response(body=b"x", headers={"Content-Encoding": "gzip"})

    with served(answering(squeezed), pki) as url, pytest.raises(NotNow, match="compressed"):
        line(pki).post(url, b"x", HEADERS)


def test_cookies_are_not_kept(pki: DevPki) -> None:
    """A proxy cannot make regions recognisable."""
    sent: list[str | None] = []

    async def cookie(request: web.Request) -> web.Response:
        sent.append(request.headers.get("Cookie"))
        return web.Response(headers={"Set-Cookie": "track=1"})

    with served(answering(cookie), pki) as url:
        amsterdam = line(pki)
        amsterdam.post(url, b"x", HEADERS)
        amsterdam.post(url, b"x", HEADERS)

    assert sent == [None, None]


def test_the_environment_has_no_say(pki: DevPki, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy or a certificate bundle in the environment changes nothing."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")

    with served(answering(echo), pki) as url:
        assert line(pki).post(url, b"x", HEADERS).status == 200


def test_a_waiting_poll_can_be_ended_from_outside(pki: DevPki) -> None:
    """When a node stops, it does not wait for the hub."""
    waiting = threading.Event()

    async def poll(request: web.Request) -> web.Response:
        await request.read()
        waiting.set()
        await asyncio.sleep(20)
        return web.Response()

    outcome: list[BaseException] = []
    with served(answering(poll), pki) as url:
        amsterdam = line(pki, timeouts=Timeouts(connect=5.0, answer=60.0))

        def post() -> None:
            try:
                amsterdam.post(url, b"x", HEADERS)
            except NotNow as failure:
                outcome.append(failure)

        thread = threading.Thread(target=post)
        thread.start()
        assert waiting.wait(10)
        amsterdam.abort()
        thread.join(5)

    assert not thread.is_alive()
    assert len(outcome) == 1


def test_nothing_that_is_sent_stands_in_a_log_or_an_error(pki: DevPki, caplog: pytest.LogCaptureFixture) -> None:
    """With every logger at its loudest."""
    caplog.set_level(logging.DEBUG)

    async def reset(request: web.Request) -> web.Response:
        await request.read()
        transport = request.transport
        assert transport is not None
        transport.abort()
        return web.Response()

    with served(answering(reset), pki) as url, pytest.raises(NotNow) as failure:
        line(pki).post(url, b"very-secret", HEADERS)

    assert "very-secret" not in caplog.text
    chain: list[BaseException | None] = [failure.value, failure.value.__cause__]
    assert all("very-secret" not in repr(error) for error in chain)


def test_expired_certificates_are_found_before_anything_is_sent(tmp_path: Path) -> None:
    """A hub whose certificate ended."""
    old = dev_pki(tmp_path / "old", PARTIES[:3], clock() - timedelta(days=4000), leaf_key_size=2048)
    with served(answering(echo), old) as url, pytest.raises(NotNow, match="other side's certificate"):
        line(old).post(url, b"x", HEADERS)
