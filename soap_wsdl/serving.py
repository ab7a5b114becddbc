"""A contract behind mutual TLS: who is calling, is it true, which operation, and a signed answer.

No identity comes from anything but the certificate of this very connection, and it is asked again for each request.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Protocol, cast
from xml.sax.saxutils import quoteattr

from aiohttp import hdrs, web

from soap_wsdl.codec import encode
from soap_wsdl.envelopes import Envelopes, EnvelopesHere, Opener, Unanswered
from soap_wsdl.schemas import HERE, schema_files
from soap_wsdl.vocabulary import Contract, Oin
from soap_wsdl.wus.faults import Code, WusFault, encode_fault
from soap_wsdl.wus.signing import Signer, unsigned_response
from soap_wsdl.wus.verifying import RequestRefused, Trust, VerifiedRequest, fault_action

MAX_CONNECTION_SECONDS = 15 * 60.0
"""A connection is ended at this age, whatever it is doing; a minute before, an answer asks the client to close."""
LAST_MINUTE = 60.0
READ_SECONDS = 30.0
"""A body that is not complete by then is given up: aiohttp has no limit of its own."""
SLOW_SECONDS = 1.0
"""An operation that took longer is answered only after the certificates were looked at once more."""
ANSWER_TYPE = "text/xml; charset=utf-8"


class OnEvent(Protocol):
    """Hears of every request, once: its name and fields, none of which was chosen by the caller."""

    def __call__(self, event: str, /, **fields: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, proven by the connection and the signature alike."""

    oin: Oin
    message_id: str
    """For the replay memory: the operation refuses a pair (oin, message_id) that it has seen, in its transaction."""
    received_at: datetime
    check_again: Callable[[], None]
    """Raises WusFault 0002 when the caller's certificates no longer hold; for long polls, just before answering."""
    seconds_left: float
    """What is left of this connection: a long poll waits less than this."""
    size: int = 0
    """Bytes of the request, for a limit on them."""


Handler = Callable[[Caller, Any], Awaitable[Any]]
"""An operation: takes the caller and the request, returns the response message or raises WusFault."""


def soap_application(
    contract: Contract,
    handlers: Mapping[str, Handler],
    *,
    signer: Callable[[], Signer],
    signing_trust: Trust,
    tls_trust: Trust,
    clock: Callable[[], datetime],
    public_url: str,
    max_bytes: int,
    on_event: OnEvent,
    read_seconds: float = READ_SECONDS,
    envelopes: Envelopes | None = None,
) -> web.Application:
    """Serves POST at the contract's path, its WSDL at ``?wsdl`` and the schemas beside it.

    ``public_url`` is the whole address that callers use and put in wsa:To; it ends in the contract's path.
    Run it with ``soap_runner`` and a TLS context that wants client certificates; without one, nobody is let in.
    ``envelopes`` open and sign elsewhere than in this process, under the same contract, address and trust; they are
    closed with the application.
    """
    if set(handlers) != set(contract.operations):
        raise LookupError("there must be a handler for each operation of the contract, and no other")
    if not public_url.endswith(contract.path):
        raise ValueError(f"the public address must end in {contract.path}")
    endpoint = _Endpoint(
        contract,
        handlers,
        signer,
        signing_trust,
        tls_trust,
        clock,
        public_url,
        on_event,
        max_bytes,
        read_seconds,
        envelopes or EnvelopesHere(Opener(contract, public_url, signing_trust)),
    )
    application = web.Application(client_max_size=max_bytes)
    application[_BIRTHS] = endpoint.births
    application.router.add_post(contract.path, endpoint.post)
    application.router.add_get(contract.path, endpoint.wsdl, allow_head=False)
    for name in schema_files(contract):
        place = str(PurePosixPath(contract.path).parent / name)
        application.router.add_get(place, endpoint.schema(name), allow_head=False)
    application.on_cleanup.append(endpoint.close)
    return application


def soap_runner(application: web.Application) -> web.AppRunner:
    """What an application of ours runs in: no access log, no unpacking of bodies, no cancelled operations.

    A client that hangs up does not stop an operation half-way: it is carried out or not, as if the answer got lost.
    """
    return _Runner(
        application,
        access_log=None,
        auto_decompress=False,
        handler_cancellation=False,
        lingering_time=2.0,
        shutdown_timeout=5.0,
    )


class _Runner(web.AppRunner):
    """Counts the age of a connection from its handshake: aiohttp never ends one on which no request came."""

    async def _make_server(self) -> web.Server:
        server: Any = await super()._make_server()
        accepted, gone, births = server.connection_made, server.connection_lost, self.app[_BIRTHS]

        def made(handler: object, transport: asyncio.Transport) -> None:
            accepted(handler, transport)
            births.of(handler, transport)

        def lost(handler: object, error: BaseException | None = None) -> None:
            births.forget(handler)
            gone(handler, error)

        server.connection_made, server.connection_lost = made, lost
        return cast(web.Server, server)


class _Births:
    """When each open connection began, on the loop's clock, by aiohttp's handler of it; and what will end it."""

    def __init__(self) -> None:
        self._known: dict[object, tuple[float, asyncio.TimerHandle]] = {}

    def of(self, handler: object, transport: asyncio.Transport) -> float:
        """The moment at which this connection began; seeing one for the first time sets its end."""
        if (known := self._known.get(handler)) is None:
            loop = asyncio.get_running_loop()
            end = loop.call_later(MAX_CONNECTION_SECONDS, self._end, handler, transport)
            known = self._known[handler] = loop.time(), end
        return known[0]

    def forget(self, handler: object) -> None:
        """It has ended."""
        if (known := self._known.pop(handler, None)) is not None:
            known[1].cancel()

    def _end(self, handler: object, transport: asyncio.Transport) -> None:
        self.forget(handler)
        transport.abort()


_BIRTHS = web.AppKey("births", _Births)


def wsdl_with_address(contract: Contract, public_url: str) -> bytes:
    """The contract's WSDL with the address at which it is served here."""
    text = (HERE / contract.wsdl).read_text("utf-8")
    located, count = re.subn(r'(<soap:address location=)"[^"]*"', lambda m: m[1] + quoteattr(public_url), text)
    if count != 1:
        raise LookupError(f"{contract.wsdl} must hold one address")
    return located.encode()


@dataclass(frozen=True, slots=True)
class _Echo:
    """What an answer names of its request, as far as the request got."""

    message_id: str | None
    signature_value: bytes | None


@dataclass(frozen=True, slots=True)
class _Connection:
    """The connection of one request."""

    certificate: bytes | None
    seconds_left: float


@dataclass(frozen=True, slots=True)
class _Endpoint:
    contract: Contract
    handlers: Mapping[str, Handler]
    signer: Callable[[], Signer]
    signing_trust: Trust
    tls_trust: Trust
    clock: Callable[[], datetime]
    public_url: str
    on_event: OnEvent
    max_bytes: int
    read_seconds: float
    envelopes: Envelopes
    births: _Births = field(default_factory=_Births)

    async def close(self, _application: web.Application) -> None:
        """Nothing is opened or signed any more."""
        await self.envelopes.close()

    async def wsdl(self, request: web.Request) -> web.Response:
        """The contract at ``?wsdl``, for a caller that we know."""
        if request.query_string.lower() != "wsdl":
            raise web.HTTPMethodNotAllowed(request.method, [hdrs.METH_POST])
        self._require_known(request)
        body = wsdl_with_address(self.contract, self.public_url)
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: ANSWER_TYPE})

    def schema(self, name: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Gives out one schema, for a caller that we know."""
        content = (HERE / name).read_bytes()

        async def give(request: web.Request) -> web.Response:
            self._require_known(request)
            return web.Response(body=content, headers={hdrs.CONTENT_TYPE: ANSWER_TYPE})

        return give

    async def post(self, request: web.Request) -> web.Response:
        """One request, one signed answer."""
        started = asyncio.get_running_loop().time()
        connection = self._connection(request)
        raw = await _read(request, self.max_bytes, self.read_seconds)
        now = self.clock()
        tls_oin = self._tls_oin(connection, now)
        about: dict[str, Any] = {"oin": tls_oin}
        try:
            soap_action = ",".join(request.headers.getall("SOAPAction", [""]))
            verified = await self.envelopes.open(raw, now, tls_oin, soap_action)
        except RequestRefused as refused:
            about |= {"code": refused.fault.code, "demand": refused.demand.key, "place": refused.place}
            answer = await self._say_no(refused.fault, _Echo(refused.message_id, refused.signature_value))
            self._note("refused", started, about)
        except Unanswered as error:
            self._note("failed", started, about | {"kind": type(error).__name__, "at": str(error) or "unknown"})
            raise web.HTTPServiceUnavailable(headers={hdrs.RETRY_AFTER: str(error.retry_after)}) from None
        else:
            about |= {"operation": verified.operation.name}
            answer = await self._answer(connection, verified, len(raw), now, started, about)
        if tls_oin is None or connection.seconds_left < LAST_MINUTE:
            answer.force_close()
        return answer

    async def _answer(
        self,
        connection: _Connection,
        verified: VerifiedRequest,
        size: int,
        now: datetime,
        started: float,
        about: dict[str, Any],
    ) -> web.Response:
        echo = _Echo(verified.message_id, verified.signature_value)

        def check_again() -> None:
            at = self.clock()
            try:
                accepted = {
                    self.tls_trust.accept(connection.certificate or b"", at),
                    self.signing_trust.accept(verified.certificate, at),
                }
            except PermissionError:
                raise WusFault(Code.NOT_AUTHORISED) from None
            if accepted != {verified.oin}:
                raise WusFault(Code.NOT_AUTHORISED)

        caller = Caller(verified.oin, verified.message_id, now, check_again, connection.seconds_left, size)
        loop = asyncio.get_running_loop()
        try:
            message = await self.handlers[verified.operation.name](caller, verified.message)
            if not isinstance(message, verified.operation.response):
                raise TypeError("an operation returned something else than its response")
            if loop.time() - started > SLOW_SECONDS:
                check_again()
            body = encode(message)
        except WusFault as fault:
            self._note("faulted", started, about | {"code": fault.code})
            return await self._say_no(fault, echo)
        except Exception as error:  # noqa: BLE001  the caller gets 0051 and nothing else; we get type and place
            self._note("failed", started, about | {"kind": type(error).__name__, "at": _place_of(error)})
            return await self._say_no(WusFault(Code.NOT_AVAILABLE), echo)
        answer = await self._signed(body, verified.operation.response_action, echo, 200)
        self._note("answered", started, about)
        return answer

    async def _say_no(self, fault: WusFault, echo: _Echo) -> web.Response:
        return await self._signed(encode_fault(fault), fault_action(self.contract), echo, 500)

    async def _signed(self, body: bytes, action: str, echo: _Echo, status: int) -> web.Response:
        try:
            message_id = f"urn:uuid:{uuid.uuid4()}"
            unsigned = unsigned_response(
                body, action, echo.message_id, message_id, self.clock(), echo.signature_value, self.signer()
            )
            raw = unsigned.signed_with(await self.envelopes.sign(unsigned))
        except Exception as error:  # noqa: BLE001  without a usable identity there is no answer that anyone may believe
            self.on_event("cannot-sign", kind=type(error).__name__, at=_place_of(error))
            later = error.retry_after if isinstance(error, Unanswered) else 60
            raise web.HTTPServiceUnavailable(headers={hdrs.RETRY_AFTER: str(later)}) from None
        return web.Response(body=raw, status=status, headers={hdrs.CONTENT_TYPE: ANSWER_TYPE})

    def _connection(self, request: web.Request) -> _Connection:
        transport = request.transport
        if transport is None:
            raise web.HTTPBadRequest
        ends = self.births.of(request.protocol, transport) + MAX_CONNECTION_SECONDS
        tls = transport.get_extra_info("ssl_object")
        certificate = tls.getpeercert(binary_form=True) if tls is not None else None
        return _Connection(certificate, ends - asyncio.get_running_loop().time())

    def _tls_oin(self, connection: _Connection, now: datetime) -> str | None:
        """The OIN of the connection, asked anew: a revoked party is out on an open connection too."""
        if connection.certificate is None:
            return None
        try:
            return self.tls_trust.accept(connection.certificate, now)
        except PermissionError:
            return None

    def _require_known(self, request: web.Request) -> None:
        if self._tls_oin(self._connection(request), self.clock()) is None:
            raise web.HTTPForbidden

    def _note(self, event: str, started: float, about: dict[str, Any]) -> None:
        took = asyncio.get_running_loop().time() - started
        self.on_event(event, milliseconds=round(took * 1000, 1), **about)


async def _read(request: web.Request, max_bytes: int, seconds: float) -> bytes:
    """The body within its limits. Raises the HTTP errors 408, 413 and 415."""
    charset = (request.charset or "utf-8").strip("\"'").lower()
    if request.content_type != "text/xml" or charset not in ("utf-8", "utf8"):
        raise web.HTTPUnsupportedMediaType
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise web.HTTPUnsupportedMediaType
    if request.content_length is not None and request.content_length > max_bytes:
        refused = web.HTTPRequestEntityTooLarge(max_bytes, request.content_length)
        refused.force_close()
        raise refused
    try:
        async with asyncio.timeout(seconds):
            return await request.read()
    except TimeoutError:
        late = web.HTTPRequestTimeout()
        late.force_close()
        raise late from None


def _place_of(error: BaseException) -> str:
    """File and line where an error arose; its text may quote what was sent and stays out."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown"
    return f"{PurePosixPath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
