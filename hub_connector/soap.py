"""zeep between our messages and our signatures: it writes the envelope from the WSDL, we sign, send and verify.

The body of a message with many records is written by our own codec, in a tenth of the time: zeep gets the same message
with the first of each list. zeep reads no answer. The bytes go to ``verify_response``, and only what that returns is
believed by anyone.
"""

import base64
import dataclasses
import functools
import threading
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

import zeep
from lxml import etree
from zeep.transports import Transport
from zeep.xsd.types.builtins import Base64Binary

from certs.identity import IdentityFile, IdentityUnusable
from certs.trust import TrustStore
from hub_connector.failures import ClockDiffers, NotNow, Refused
from hub_connector.transport import Answer, Line
from soap_wsdl.codec import encode
from soap_wsdl.vocabulary import Contract, Oin
from soap_wsdl.wus.faults import Code, WusFault
from soap_wsdl.wus.signing import SignedRequest, sign_request
from soap_wsdl.wus.verifying import ClockDiffers as AnswerOutsideWindow
from soap_wsdl.wus.verifying import ResponseRefused, verify_response

T = TypeVar("T")

LONG = 10
"""A message with more than this many of anything has its body written by our own codec."""
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_WSA = "http://www.w3.org/2005/08/addressing"
_NOT_SOAP = (
    "The answer is not SOAP but {kind} with HTTP status {status}: they cannot now, or something between us spoke."
)


class Signing:
    """What zeep calls its wsse object: validates the Body, signs, and keeps the result under its MessageID.

    State per MessageID, never on the object: one client serves several threads at once.
    """

    def __init__(self, contract: Contract, signer: IdentityFile, clock: Callable[[], datetime]) -> None:
        self._signer = signer
        self._clock = clock
        self._schema = etree.XMLSchema(etree.parse(_package_file(contract.schema)))
        self._lock = threading.Lock()
        self._signed: dict[str, SignedRequest] = {}
        self._here = threading.local()

    def long_body(self, body: bytes | None) -> None:
        """What the next envelope of this thread has for a body, in canonical form; None: what zeep wrote."""
        self._here.body = body

    def apply(self, envelope: Any, headers: dict[str, str]) -> tuple[Any, dict[str, str]]:
        """Called by zeep with the whole envelope. Raises Refused when our own message does not fit the schema."""
        written: bytes | None = getattr(self._here, "body", None)
        body = envelope.find(f"{{{_SOAP}}}Body")[0] if written is None else etree.fromstring(written)
        with self._lock:
            # The schema object keeps its last errors: one thread at a time.
            if not self._schema.validate(body):
                # Rule and place; the error's own text quotes the value.
                broken = self._schema.error_log[0]
                place = (broken.path or "").rpartition("/")[2].partition(":")[2]
                text = f"Our own message does not fit the schema ({broken.type_name} at {place}); it was not sent."
                raise Refused(Code.SCHEMA.value, text)
        message_id = _header(envelope, "MessageID")
        signed = sign_request(
            written or etree.tostring(body, method="c14n", exclusive=True, with_comments=False),
            action=_header(envelope, "Action"),
            to=_header(envelope, "To"),
            message_id=message_id,
            now=self._clock(),
            signer=self._signer.current(),
        )
        with self._lock:
            self._signed[message_id] = signed
        return envelope, headers

    def verify(self, envelope: Any) -> None:
        """zeep would ask this about an answer it parsed; it parses none."""
        raise NotNow("An answer came past our own verification and is not believed.")

    def take(self, envelope: Any) -> SignedRequest:
        """The signed request of this envelope, once."""
        with self._lock:
            return self._signed.pop(_header(envelope, "MessageID"))


class _SignedTransport(Transport):
    """Sends the signed bytes over the calling thread's line and returns what came back, unread."""

    def __init__(self, signing: Signing) -> None:
        super().__init__(session=_NoSession())  # type: ignore[no-untyped-call]
        self._signing = signing
        self.here = threading.local()

    def post_xml(self, address: str, envelope: Any, headers: dict[str, str]) -> tuple[SignedRequest, Answer]:
        """Called by zeep; its own ``post`` is never reached, because that logs whole bodies."""
        signed = self._signing.take(envelope)
        line: Line = self.here.line
        sent = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        return signed, line.post(address, signed.raw, sent, self.here.wait_seconds)

    def load(self, url: str) -> bytes:
        """The WSDL and its schemas lie in our package; nothing is ever fetched."""
        name = Path(url).name
        if Path(url) != Path(_package_file(name)):
            raise LookupError("Only the contracts in the package are loaded.")
        return Path(url).read_bytes()


class _NoSession:
    """zeep wants a session to load documents with; ours are in the package."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}

    def mount(self, _prefix: str, _adapter: object) -> None:
        """Nothing to mount."""

    def close(self) -> None:
        """Nothing to close."""


class SoapCaller:
    """Calls the operations of one contract at one address. Safe for several threads, each with a line of its own."""

    def __init__(
        self,
        contract: Contract,
        url: str,
        peer: Oin,
        signer: IdentityFile,
        signing_trust: TrustStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._contract = contract
        self._peer = peer
        self._trust = signing_trust
        self._clock = clock
        self._signing = Signing(contract, signer, clock)
        self._transport = _SignedTransport(self._signing)
        settings = zeep.Settings(
            strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True, raw_response=True
        )
        self._zeep = zeep.Client(  # type: ignore[no-untyped-call]
            _package_file(contract.wsdl), wsse=self._signing, transport=self._transport, settings=settings
        )
        name = Path(contract.wsdl).stem
        binding = f"{{{contract.namespace}}}{name[0].upper()}{name[1:]}Binding"
        self._service = self._zeep.create_service(binding, url)  # type: ignore[no-untyped-call]

    def call(self, message: object, response: type[T], line: Line, wait_seconds: float = 0.0) -> T:
        """One operation, named by its message: a new signed request, and the verified response.

        Raises NotNow, ClockDiffers (a NotNow) or Refused. After NotNow the work may or may not have been done.
        """
        operation = type(message).__name__
        self._transport.here.line, self._transport.here.wait_seconds = line, wait_seconds
        short = shortened(message)
        self._signing.long_body(None if short is message else _written(message))
        try:
            request, answer = self._service[operation](**self._arguments(short))
        except IdentityUnusable as unusable:
            raise NotNow(f"Our own signing certificate cannot be used: {unusable}") from None
        _require_soap(answer)
        try:
            answered = verify_response(
                answer.body,
                contract=self._contract,
                operation=operation,
                now=self._clock(),
                trust=self._trust,
                expected_oin=self._peer,
                request=request,
            )
        except AnswerOutsideWindow as differs:
            raise ClockDiffers(differs.seconds) from None
        except WusFault as fault:
            if fault.retryable:
                raise NotNow(f"{fault.code}: {fault.omschrijving}", fault.retry_after, fault.code) from None
            raise Refused(fault.code, fault.omschrijving) from None
        except ResponseRefused as refused:
            hint = f"; it says {refused.said.code}: {refused.said.omschrijving}" if refused.said else ""
            raise NotNow(f"The answer (HTTP status {answer.status}) is not believed, demand {refused}{hint}") from None

        if not isinstance(answered, response):
            raise NotNow("The answer is a verified message of another operation.")
        return answered

    def _arguments(self, message: Any) -> dict[str, Any]:
        name = f"{{{self._contract.namespace}}}{type(message).__name__}"
        element = self._zeep.get_element(name)  # type: ignore[no-untyped-call]
        arguments: dict[str, Any] = _plain(message, element.type)
        return arguments


def shortened(message: T) -> T:
    """The message itself, or, when a list in it is long, the message with the first of that list alone."""
    kept: Any = message
    long = {
        field.name: getattr(kept, field.name)[:1]
        for field in dataclasses.fields(kept)
        if isinstance(getattr(kept, field.name), tuple) and len(getattr(kept, field.name)) > LONG
    }
    return cast(T, dataclasses.replace(kept, **long)) if long else message


def _written(message: object) -> bytes:
    try:
        return encode(message)
    except ValueError as mistake:
        # Its text names a field and never the value.
        raise Refused(Code.SCHEMA.value, f"Our own message cannot be written ({mistake}); it was not sent.") from None


def _require_soap(answer: Answer) -> None:
    kind = answer.content_type.partition(";")[0].strip().lower()
    if kind != "text/xml" or answer.status not in (200, 500):
        raise NotNow(_NOT_SOAP.format(kind=kind if kind.isascii() and kind else "nothing", status=answer.status))


def _plain(value: Any, zeep_type: Any) -> Any:
    """What zeep writes for a value: bytes as the schema's own type or as base64 text, no tuples, no None."""
    if isinstance(value, bytes):
        return value if isinstance(zeep_type, Base64Binary) else base64.b64encode(value).decode()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(one, zeep_type) for one in value]
    if not dataclasses.is_dataclass(value):
        return value
    types = {name: element.type for name, element in zeep_type.elements}
    kind: Any = type(value)
    return {
        element: _plain(inner, types[element])
        for field, element in _elements(kind)
        if (inner := getattr(value, field)) is not None
    }


@functools.cache
def _elements(cls: Any) -> tuple[tuple[str, str], ...]:
    """The fields of a message and the names of their elements."""

    def camel(name: str) -> str:
        first, *rest = name.split("_")
        return first + "".join(part.capitalize() for part in rest)

    return tuple((field.name, field.metadata.get("element", camel(field.name))) for field in dataclasses.fields(cls))


def _header(envelope: Any, name: str) -> str:
    return str(envelope.findtext(f"{{{_SOAP}}}Header/{{{_WSA}}}{name}"))


def _package_file(name: str) -> str:
    return str(files("soap_wsdl") / name)
