"""Believing a message: the numbered demands in their order, each of which ends the examination when it is not met."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any, NoReturn, Protocol

from lxml import etree

from soap_wsdl.codec import SchemaFault, decode
from soap_wsdl.vocabulary import Contract, Oin, Operation
from soap_wsdl.wus.demands import Demand, NotInProfile
from soap_wsdl.wus.envelope import (
    SOAP,
    WSU,
    WSU_ID,
    Envelope,
    message_id_of,
    only_children,
    open_request,
    open_response,
    parse,
    require_unique_ids,
)
from soap_wsdl.wus.faults import Code, WusFault, decode_fault
from soap_wsdl.wus.signature import (
    Signature,
    read_signature,
    require_coverage,
    require_digests,
    require_key_reference,
    require_signature,
)
from soap_wsdl.wus.signing import LIFETIME, SignedRequest

SKEW = timedelta(seconds=60)
"""How far two clocks may differ before a message is outside its window."""


class Trust(Protocol):
    """Whom we believe. ``certs.trust.TrustStore`` is one."""

    def accept(self, certificate: bytes, now: datetime) -> str:
        """The OIN that this certificate (DER) speaks for now; PermissionError when it speaks for nobody here."""
        ...


@dataclass(frozen=True, slots=True)
class VerifiedRequest:
    """A request that satisfied every demand but replay, which belongs inside the operation's own transaction."""

    oin: Oin
    operation: Operation
    message: Any = field(repr=False)
    message_id: str
    signature_value: bytes = field(repr=False)
    certificate: bytes = field(repr=False)


class RequestRefused(Exception):
    """A request that is answered with a fault; with what the fault may name, as far as the examination got."""

    def __init__(
        self, fault: WusFault, demand: Demand, place: str, message_id: str | None, signature_value: bytes | None
    ) -> None:
        super().__init__(f"{demand.value.number} {demand.key}" + (f": {place}" if place else ""))
        self.fault = fault
        self.demand = demand
        self.place = place
        self.message_id = message_id
        self.signature_value = signature_value


class ResponseRefused(Exception):
    """What came back is not a believable answer to this request: the outcome is unknown.

    ``said`` is a fault that the expected party signed but that does not name our request; it may explain, no more.
    """

    def __init__(self, demand: Demand, place: str = "", said: WusFault | None = None) -> None:
        super().__init__(f"{demand.value.number} {demand.key}" + (f": {place}" if place else ""))
        self.demand = demand
        self.said = said


class ClockDiffers(Exception):
    """A well-signed answer to this request, outside the time window. Its clock is ``seconds`` ahead of ours."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the clocks differ by {seconds:.0f} seconds")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class _Window:
    created: datetime
    expires: datetime

    def holds(self, now: datetime) -> bool:
        return self.created - SKEW <= now < self.expires + SKEW


def verify_request(
    raw: bytes,
    *,
    contract: Contract,
    to: str,
    now: datetime,
    trust: Trust,
    connection_oin: str | None,
    soap_action: str,
) -> VerifiedRequest:
    """Demands 3 to 15. ``soap_action`` is the HTTP header as it came, ``connection_oin`` that of the TLS certificate.

    Raises RequestRefused. Replay, demand 16, is for the operation: by (oin, message_id), in its own transaction.
    """
    root: etree._Element | None = None
    value: bytes | None = None
    try:
        root = parse(raw)
        envelope = open_request(root)
        require_unique_ids(root)
        signature = read_signature(envelope)
        value = signature.value
        oin = _signed_by(envelope, signature, trust, now)
        if not _window(envelope.timestamp).holds(now):
            raise NotInProfile(Demand.CLOCK)
        if connection_oin is None or oin != connection_oin:
            raise NotInProfile(Demand.SAME_PARTY)
        operation = _operation(envelope, contract, to, soap_action)
        message = _message(envelope.content, operation.request)
        return VerifiedRequest(
            Oin(oin), operation, message, envelope.header("MessageID"), signature.value, signature.certificate
        )
    except NotInProfile as broken:
        _refuse(broken, None if root is None else message_id_of(root), value)


def verify_response(
    raw: bytes,
    *,
    contract: Contract,
    operation: str,
    now: datetime,
    trust: Trust,
    expected_oin: str,
    request: SignedRequest,
) -> Any:
    """The message that answers ``request``, from ``expected_oin`` and nobody else.

    Raises WusFault for a fault that satisfies every demand itself, ClockDiffers, and for all else ResponseRefused:
    then the outcome is unknown, and the same message may be sent again in a new envelope.
    """
    try:
        root = parse(raw)
        envelope = open_response(root)
        require_unique_ids(root)
        signature = read_signature(envelope)
        if _signed_by(envelope, signature, trust, now) != expected_oin:
            raise NotInProfile(Demand.EXPECTED_PARTY)
        window = _window(envelope.timestamp)
        ahead = (window.created - now).total_seconds()
        if not window.holds(now):
            # Only about this very request: an old answer that someone kept says nothing about anybody's clock.
            _require_answer(envelope, request, None)
            raise ClockDiffers(ahead)
        fault = _fault(envelope, contract)
        _require_answer(envelope, request, fault)
        if fault is None:
            expected = contract.operations[operation]
            if envelope.header("Action") != expected.response_action:
                raise NotInProfile(Demand.ACTION_OF_BODY)
            return _message(envelope.content, expected.response)
    except NotInProfile as broken:
        raise ResponseRefused(broken.demand, broken.place) from None
    if fault.code == Code.CLOCK:
        raise ClockDiffers(ahead)
    raise fault


def fault_action(contract: Contract) -> str:
    """The WS-Addressing action of every fault of a contract."""
    return f"{contract.namespace}:Fault"


def _signed_by(envelope: Envelope, signature: Signature, trust: Trust, now: datetime) -> str:
    """Demands 8 to 11: the OIN of who signed exactly what the profile wants signed."""
    covered = require_coverage(envelope, signature)
    require_key_reference(envelope)
    try:
        oin = trust.accept(signature.certificate, now)
    except PermissionError:
        raise NotInProfile(Demand.CERTIFICATE) from None
    require_digests(signature, covered)
    require_signature(signature)
    return oin


_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?Z")


def _window(timestamp: etree._Element) -> _Window:
    """Demand 12.1."""
    children = only_children(timestamp, Demand.TIMESTAMP_FORM)
    if [child.tag for child in children] != [f"{{{WSU}}}Created", f"{{{WSU}}}Expires"]:
        raise NotInProfile(Demand.TIMESTAMP_FORM)
    if set(timestamp.attrib) - {WSU_ID}:
        raise NotInProfile(Demand.TIMESTAMP_FORM)
    created, expires = (_instant(child) for child in children)
    if not timedelta(0) < expires - created <= LIFETIME:
        raise NotInProfile(Demand.TIMESTAMP_FORM)
    return _Window(created, expires)


def _instant(element: etree._Element) -> datetime:
    text = element.text or ""
    if len(element) or len(element.attrib) or not _INSTANT.fullmatch(text):
        raise NotInProfile(Demand.TIMESTAMP_FORM)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotInProfile(Demand.TIMESTAMP_FORM) from None


def _operation(envelope: Envelope, contract: Contract, to: str, soap_action: str) -> Operation:
    """Demand 14: SOAPAction, To, Action and the Body's name all say the same."""
    action = envelope.header("Action")
    said = soap_action.strip()
    if len(said) >= 2 and said[0] == said[-1] == '"':
        said = said[1:-1]
    if said not in ("", action):
        raise NotInProfile(Demand.SOAP_ACTION)
    if envelope.header("To") != to:
        raise NotInProfile(Demand.ADDRESSED)
    name = etree.QName(envelope.content)
    operation = contract.operations.get(name.localname) if name.namespace == contract.namespace else None
    if operation is None:
        raise NotInProfile(Demand.SCHEMA, "Body")
    if action != operation.action:
        raise NotInProfile(Demand.ACTION_OF_BODY)
    return operation


def _message(content: etree._Element, cls: type) -> Any:
    """Demand 15."""
    try:
        return decode(content, cls)
    except SchemaFault as fault:
        raise NotInProfile(Demand.SCHEMA, f"{fault.rule}, {fault.place}") from None


def _fault(envelope: Envelope, contract: Contract) -> WusFault | None:
    """The fault that an answer is, if it is one."""
    if envelope.content.tag != f"{{{SOAP}}}Fault":
        return None
    if envelope.header("Action") != fault_action(contract):
        raise NotInProfile(Demand.ACTION_OF_BODY)
    try:
        return decode_fault(envelope.content)
    except SchemaFault as broken:
        raise NotInProfile(Demand.SCHEMA, f"{broken.rule}, {broken.place}") from None


def _require_answer(envelope: Envelope, request: SignedRequest, fault: WusFault | None) -> None:
    """Demands 17.1 and 17.2: without both, anyone's answer to anything could be taken for this one's."""
    if envelope.header("RelatesTo") != request.message_id:
        raise ResponseRefused(Demand.RELATES_TO, said=fault)
    if envelope.confirmation is None:
        raise ResponseRefused(Demand.CONFIRMATION, said=fault)
    if set(envelope.confirmation.attrib) != {WSU_ID, "Value"} or only_children(
        envelope.confirmation, Demand.CONFIRMATION
    ):
        raise ResponseRefused(Demand.CONFIRMATION)
    try:
        confirmed = base64.b64decode("".join(envelope.confirmation.get("Value", "").split()), validate=True)
    except (ValueError, binascii.Error):
        raise ResponseRefused(Demand.CONFIRMATION) from None
    if not compare_digest(confirmed, request.signature_value):
        raise ResponseRefused(Demand.CONFIRMATION, said=fault)


def _refuse(broken: NotInProfile, message_id: str | None, value: bytes | None) -> NoReturn:
    kind = broken.demand
    fault = WusFault(kind.value.code)
    text = f"{fault.omschrijving} (eis {kind.value.number}, {kind.key}" + (
        f": {broken.place})" if broken.place else ")"
    )
    said = WusFault(fault.code, text[:500], fault.retryable, fault.retry_after)
    raise RequestRefused(said, kind, broken.place, message_id, value) from None
