"""A contract over real mutual TLS: who gets in, what is answered, and what is noted about it."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from soap_wsdl import envelopes, serving
from soap_wsdl.codec import encode
from soap_wsdl.schemas import HERE
from soap_wsdl.serving import Caller, soap_application, soap_runner
from soap_wsdl.vocabulary import HUB, GetDirectory, GetStatus, GetStatusResponse
from soap_wsdl.wus.demands import Demand
from soap_wsdl.wus.faults import Code, WusFault
from soap_wsdl.wus.signing import SignedRequest, sign_request
from soap_wsdl.wus.verifying import ClockDiffers, ResponseRefused, verify_response
from tests.soap_wsdl.loopback_tls import HEADERS, Served, TlsFiles, served
from tests.soap_wsdl.parties import (
    AMSTERDAM_OIN,
    HUB_OIN,
    NOW,
    REQUEST_ID,
    UTRECHT_OIN,
    Known,
    Party,
    registration,
)
from tests.soap_wsdl.test_responses import ANSWER


def asked(where: Served, party: Party, message: Any, now: Any = NOW) -> SignedRequest:
    """A signed request to where it is served."""
    action = HUB.operations[type(message).__name__].action
    return sign_request(encode(message), action, where.address, REQUEST_ID, now, party)


async def post(
    where: Served, raw: bytes, oin: str | None = AMSTERDAM_OIN, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Status and body of one request over a connection of its own."""
    async with where.client(oin) as session, session.post(where.address, data=raw, headers=headers or HEADERS) as got:
        return got.status, await got.read()


def believed(where: Served, raw: bytes, request: SignedRequest, operation: str) -> Any:
    """The answer as a region reads it."""
    return verify_response(
        raw,
        contract=HUB,
        operation=operation,
        now=NOW,
        trust=where.signing_trust,
        expected_oin=HUB_OIN,
        request=request,
    )


def fault_of(where: Served, raw: bytes, request: SignedRequest) -> WusFault:
    """The verified fault that an answer is: it names and confirms the request."""
    with pytest.raises(WusFault) as caught:
        believed(where, raw, request, "GetStatus")
    return caught.value


async def test_a_request_is_answered_over_mutual_tls(
    files: TlsFiles, hub: Party, amsterdam: Party, trust: Known
) -> None:
    """Verified on both sides, and the operation hears who asked and under which message id, and how large it was."""
    async with served(files, hub, trust) as where:
        request = asked(where, amsterdam, registration())
        status, raw = await post(where, request.raw)

        assert status == 200
        assert believed(where, raw, request, "RegisterSignals") == ANSWER
        (caller,) = where.callers
        assert (caller.oin, caller.message_id, caller.received_at) == (AMSTERDAM_OIN, REQUEST_ID, NOW)
        assert caller.size == len(request.raw)
        assert 890 < caller.seconds_left <= 900
        assert [name for name, _ in where.events] == ["answered"]
        assert where.events[0][1].keys() == {"oin", "operation", "milliseconds"}


async def test_a_large_request_is_answered_too(files: TlsFiles, hub: Party, amsterdam: Party, trust: Known) -> None:
    """Above the size at which verifying moves to a thread."""
    async with served(files, hub, trust) as where:
        request = asked(where, amsterdam, registration(250))
        assert len(request.raw) > envelopes.LARGE_BODY
        _, raw = await post(where, request.raw)

        assert believed(where, raw, request, "RegisterSignals") == ANSWER


async def test_many_requests_share_a_connection_and_several_run_at_once(
    files: TlsFiles, hub: Party, amsterdam: Party, trust: Known
) -> None:
    """Each gets the answer to its own question."""
    async with served(files, hub, trust) as where:
        connector = aiohttp.TCPConnector(ssl=files.client(), limit=3)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def one(number: int) -> Any:
                action = HUB.operations["GetStatus"].action
                made = sign_request(encode(GetStatus()), action, where.address, f"urn:x:{number}", NOW, amsterdam)
                async with session.post(where.address, data=made.raw, headers=HEADERS) as got:
                    return believed(where, await got.read(), made, "GetStatus")

            answers = await asyncio.gather(*(one(number) for number in range(12)))
        assert all(isinstance(answer, GetStatusResponse) for answer in answers)


async def test_without_a_client_certificate_nobody_gets_in(files: TlsFiles, hub: Party, trust: Known) -> None:
    """The handshake, or under TLS 1.3 the first read, fails."""
    async with served(files, hub, trust) as where:
        with pytest.raises((aiohttp.ClientError, ssl.SSLError, ConnectionError)):
            await post(where, b"", None)
        assert where.events == []


async def test_without_tls_nobody_is_believed(hub: Party, amsterdam: Party, trust: Known) -> None:
    """An endpoint that was started without TLS by mistake refuses every request."""

    async def never(_caller: Caller, _message: Any) -> Any:
        raise AssertionError

    url = "https://hub.example/hub/v1"
    application = soap_application(
        HUB,
        dict.fromkeys(HUB.operations, never),
        signer=lambda: hub,
        signing_trust=trust,
        tls_trust=trust,
        clock=lambda: NOW,
        public_url=url,
        max_bytes=10**6,
        on_event=lambda event, /, **fields: None,
    )
    request = sign_request(encode(GetStatus()), HUB.operations["GetStatus"].action, url, REQUEST_ID, NOW, amsterdam)
    runner = soap_runner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        here = f"http://127.0.0.1:{runner.addresses[0][1]}/hub/v1"
        async with aiohttp.ClientSession() as client:
            got = await client.post(here, data=request.raw, headers=HEADERS)
            assert got.status == 500
            assert b"<code>0002</code>" in await got.read()
            assert (await client.get(f"{here}?wsdl")).status == 403
    finally:
        await runner.cleanup()


async def test_another_regions_connection_does_not_carry_this_regions_message(
    files: TlsFiles, hub: Party, amsterdam: Party, trust: Known
) -> None:
    """Signed by Amsterdam, brought by Utrecht."""
    async with served(files, hub, trust) as where:
        request = asked(where, amsterdam, GetStatus())
        status, raw = await post(where, request.raw, UTRECHT_OIN)

        assert (status, fault_of(where, raw, request).code) == (500, "0002")
        assert where.events[0][0] == "refused"
        assert where.events[0][1]["demand"] == "same-party"


async def test_a_revoked_region_is_out_on_an_open_connection(
    files: TlsFiles, hub: Party, amsterdam: Party, trust: Known
) -> None:
    """The next request on the same connection is refused, by a fault that the region can believe."""
    async with served(files, hub, trust) as where, where.client() as session:
        for code in (None, "0002"):
            request = asked(where, amsterdam, GetStatus())
            async with session.post(where.address, data=request.raw, headers=HEADERS) as got:
                raw = await got.read()
                if code is None:
                    assert believed(where, raw, request, "GetStatus")
                else:
                    assert fault_of(where, raw, request).code == code
                    assert got.headers["Connection"] == "close"
            where.tls_trust.revoke(AMSTERDAM_OIN)


async def test_a_waiting_poll_of_a_region_revoked_meanwhile_gets_nothing(
    files: TlsFiles, hub: Party, amsterdam: Party, trust: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked by the operation just before it answers, and by us when it took long."""
    monkeypatch.setattr(serving, "SLOW_SECONDS", 0.0)

    for asks in (True, False):

        async def wait(caller: Caller, _message: Any, asks: bool = asks) -> Any:
            caller.check_again()
            where.tls_trust.revoke(AMSTERDAM_OIN)
            if asks:
                caller.check_again()
                raise AssertionError("the operation goes on after its caller was refused")
            return GetStatusResponse(NOW, "1.0", ANSWER.mailbox.seed, 1, 1, False)

        async with served(files, hub, trust, {"GetStatus": wait}) as where:
            request = asked(where, amsterdam, GetStatus())
            status, raw = await post(where, request.raw)
            assert (status, fault_of(where, raw, request).code) == (500, "0002")


async def test_check_again_looks_at_the_signing_certificate_too(files: TlsFiles, hub: Party, amsterdam: Party) -> None:
    """Two certificates, two lists."""
    known = Known(hub, amsterdam)

    async def wait(caller: Caller, _message: Any) -> Any:
        del known.oins[amsterdam.certificate]
        caller.check_again()

    async with served(files, hub, known, {"GetStatus": wait}) as where:
        request = asked(where, amsterdam, GetStatus())
        _, raw = await post(where, request.raw)
        assert fault_of(where, raw, request).code == "0002"


async def test_a_fault_of_an_operation_is_signed_and_confirmed(
    files: TlsFiles, hub: Party, amsterdam: Party, trust: Known
) -> None:
    """With the code and time that the operation gave."""

    async def busy(_caller: Caller, _message: Any) -> Any:
        raise WusFault(Code.LIMIT, retry_after=7)

    async with served(files, hub, trust, {"GetStatus": busy}) as where:
        request = asked(where, amsterdam, GetStatus())
        status, raw = await post(where, request.raw)
        fault = fault_of(where, raw, request)
        assert (status, fault.code, fault.retry_after) == (500, "LIMIET", 7)
        assert where.events[0][0] == "faulted"


@pytest.mark.parametrize("wrong", ["raises", "returns"])
async def test_an_unexpected_exception_tells_the_caller_nothing(
    files: TlsFiles, hub: Party, amsterdam: Party, trust: Known, wrong: str
) -> None:
    """0051 and no text of ours or theirs; one event with type and place."""

    async def broken(_caller: Caller, _message: Any) -> Any:
        if wrong == "raises":
            raise RuntimeError("999990019 is in this text")
        return "something else"

    async with served(files, hub, trust, {"GetStatus": broken}) as where:
        request = asked(where, amsterdam, GetStatus())
        status, raw = await post(where, request.raw)
        fault = fault_of(where, raw, request)
        assert (status, fault.code, fault.omschrijving) == (500, "0051", WusFault(Code.NOT_AVAILABLE).omschrijving)
        assert b"999990019" not in raw
        ((name, fields),) = where.events
        assert (name, fields["kind"]) == ("failed", "RuntimeError" if wrong == "raises" else "TypeError")
        assert "999990019" not in repr(fields)


async def test_a_clock_that_differs_is_told_to_the_region(
    files: TlsFiles, hub: Party, amsterdam: Party, trust: Known
) -> None:
    """The hub's clock is ten minutes ahead: its fault KLOK is itself outside the region's window."""
    async with served(files, hub, trust) as where:
        where.now[0] = NOW + timedelta(minutes=10)
        request = asked(where, amsterdam, GetStatus())
        status, raw = await post(where, request.raw)
        assert status == 500
        with pytest.raises(ClockDiffers) as caught:
            believed(where, raw, request, "GetStatus")
        assert caught.value.seconds == 600


async def test_a_request_that_cannot_be_read_gets_a_signed_fault_without_a_name(
    files: TlsFiles, hub: Party, amsterdam: Party, trust: Known
) -> None:
    """Signed by the hub, relating to nothing, repeating nothing."""
    async with served(files, hub, trust) as where:
        status, raw = await post(where, b"<Piet>999990019</Piet>")
        assert status == 500
        assert b"999990019" not in raw
        assert b"Piet" not in raw
        with pytest.raises(ResponseRefused) as caught:
            believed(where, raw, asked(where, amsterdam, GetStatus()), "GetStatus")
        assert caught.value.demand is Demand.RELATES_TO
        assert caught.value.said is not None


async def test_http_limits(files: TlsFiles, hub: Party, amsterdam: Party, trust: Known) -> None:
    """405, 413 and 415 where they belong, not swallowed into 500."""
    async with served(files, hub, trust, max_bytes=20_000) as where:
        raw = asked(where, amsterdam, GetStatus()).raw
        assert (await post(where, raw))[0] == 200

        for content_type in ("application/soap+xml", "text/plain", "text/xml; charset=utf-16", "application/json"):
            assert (await post(where, raw, headers=HEADERS | {"Content-Type": content_type}))[0] == 415
        for encoding in ("gzip", "deflate", "br", "x"):
            assert (await post(where, raw, headers=HEADERS | {"Content-Encoding": encoding}))[0] == 415
        assert (await post(where, b" " * 20_001))[0] == 413
        async with where.client() as session:

            async def chunks() -> Any:
                for _ in range(30):
                    yield b" " * 1000

            async with session.post(where.address, data=chunks(), headers=HEADERS) as got:
                assert got.status == 413
            for method in ("GET", "PUT", "DELETE", "HEAD"):
                async with session.request(method, where.address) as got:
                    assert got.status == 405
            async with session.get(where.address + "/other") as got:
                assert got.status == 404


async def test_a_body_that_does_not_come_is_given_up(files: TlsFiles, hub: Party, trust: Known) -> None:
    """408, and the connection is closed."""
    async with served(files, hub, trust, read_seconds=0.05) as where:
        reader, writer = await asyncio.open_connection("127.0.0.1", where.port, ssl=files.client())
        head = f"POST {HUB.path} HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 1000\r\n\r\n<a>"
        writer.write(head.encode())
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 408")


async def test_a_connection_ends_in_time(
    files: TlsFiles, hub: Party, amsterdam: Party, trust: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its last minute an answer asks to close; at its age it is cut, whatever it waits for."""
    monkeypatch.setattr(serving, "MAX_CONNECTION_SECONDS", 59.0)
    async with served(files, hub, trust) as where, where.client() as session:
        request = asked(where, amsterdam, GetStatus())
        async with session.post(where.address, data=request.raw, headers=HEADERS) as got:
            assert got.headers["Connection"] == "close"
            assert believed(where, await got.read(), request, "GetStatus")

    monkeypatch.setattr(serving, "MAX_CONNECTION_SECONDS", 0.3)

    async def forever(_caller: Caller, _message: Any) -> Any:
        await asyncio.sleep(1)

    async with served(files, hub, trust, {"GetStatus": forever}) as where:
        with pytest.raises(aiohttp.ClientError):
            await post(where, asked(where, amsterdam, GetStatus()).raw)


async def test_the_contract_is_given_out_with_its_address(files: TlsFiles, hub: Party, trust: Known) -> None:
    """The WSDL at ?wsdl, the schemas beside it, and to known parties only."""
    async with served(files, hub, trust) as where, where.client() as session:
        async with session.get(where.address + "?wsdl") as got:
            assert f'location="{where.address}"' in await got.text()
            assert got.content_type == "text/xml"
        for name in ("hub_v1.xsd", "fault_v1.xsd"):
            async with session.get(where.address.removesuffix("v1") + name) as got:
                assert (got.status, await got.read()) == (200, (HERE / name).read_bytes())
        where.tls_trust.revoke(AMSTERDAM_OIN)
        async with session.get(where.address + "?wsdl") as got:
            assert got.status == 403


async def test_without_a_usable_key_nothing_is_answered(
    files: TlsFiles, hub: Party, amsterdam: Party, trust: Known
) -> None:
    """503, and the operator hears of it; an unsigned answer would be believed by nobody."""
    broken = replace(hub, key=None)  # type: ignore[arg-type]
    async with served(files, broken, trust) as where:
        status, raw = await post(where, asked(where, amsterdam, GetStatus()).raw)
        assert status == 503
        assert b"Envelope" not in raw
        assert "cannot-sign" in [name for name, _ in where.events]


def test_every_operation_has_a_handler_and_the_address_its_path(hub: Party, trust: Known) -> None:
    """Found at the start, not at the first request."""

    async def handler(_caller: Caller, _message: Any) -> Any:
        return None

    usual: dict[str, Any] = {
        "signer": lambda: hub,
        "signing_trust": trust,
        "tls_trust": trust,
        "clock": lambda: NOW,
        "public_url": "https://x/hub/v1",
        "max_bytes": 1,
        "on_event": lambda event, /, **fields: None,
    }
    handlers = dict.fromkeys(HUB.operations, handler)
    with pytest.raises(LookupError):
        soap_application(HUB, {GetDirectory.__name__: handler}, **usual)
    with pytest.raises(ValueError, match="/hub/v1"):
        soap_application(HUB, handlers, **(usual | {"public_url": "https://x/"}))
