"""A client believes one answer: to this request, confirming its signature, from the party that it asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from lxml import etree

from soap_wsdl.codec import encode
from soap_wsdl.vocabulary import (
    HUB,
    MailboxPage,
    MailboxStatus,
    Outcome,
    RecordOutcome,
    RegisterSignalsResponse,
)
from soap_wsdl.wus.demands import Demand
from soap_wsdl.wus.envelope import WSA
from soap_wsdl.wus.faults import TABLE, Code, WusFault, encode_fault
from soap_wsdl.wus.signing import sign_response
from soap_wsdl.wus.verifying import ClockDiffers, ResponseRefused, fault_action, verify_response
from tests.soap_wsdl.forging import add_header, body, closed, header, one, opened, security, sign_again
from tests.soap_wsdl.parties import HUB_OIN, NOW, REQUEST_ID, RESPONSE_ID, Known, Party, signed

SEED = UUID("8c0f6c4e-1d67-4f27-9f9a-6b0a3b0c8f01")
ANSWER = RegisterSignalsResponse(
    MailboxPage(MailboxStatus.CURRENT, SEED, 7, False), (RecordOutcome(UUID(int=1, version=4), Outcome.REGISTERED),)
)
RESPONSE_ACTION = HUB.operations["RegisterSignals"].response_action
FAULT_ACTION = fault_action(HUB)
ALL = ["Action", "MessageID", "RelatesTo", "Timestamp", "Confirmation", "Body"]


def response(
    by: Party,
    confirms: bytes | None,
    relates_to: str | None = REQUEST_ID,
    now: datetime = NOW,
    content: bytes = encode(ANSWER),
    action: str = RESPONSE_ACTION,
) -> bytes:
    """An answer of the hub."""
    return sign_response(content, action, relates_to, RESPONSE_ID, now, confirms, by)


def read(raw: bytes, request: Any, trust: Known, now: datetime = NOW) -> Any:
    """The answer as a region reads it."""
    return verify_response(
        raw, contract=HUB, operation="RegisterSignals", now=now, trust=trust, expected_oin=HUB_OIN, request=request
    )


@pytest.fixture
def request_(amsterdam: Party) -> Any:
    """The request that was sent."""
    return signed(amsterdam)


@pytest.fixture
def answer(hub: Party, request_: Any, trust: Known) -> bytes:
    """The hub's answer to it, shown to be believed as it is."""
    made = response(hub, request_.signature_value)
    assert read(made, request_, trust) == ANSWER
    assert read(sign_again(opened(made), hub), request_, trust) == ANSWER
    return made


def unbelieved(raw: bytes, request: Any, trust: Known) -> ResponseRefused:
    """Why an answer is not believed: the outcome is unknown."""
    with pytest.raises(ResponseRefused) as caught:
        read(raw, request, trust)
    return caught.value


def test_a_response_carries_what_the_profile_names(answer: bytes) -> None:
    """Action, MessageID, RelatesTo and a signed confirmation, all of them signed."""
    root = opened(answer)

    names = [etree.QName(block).localname for block in one(root, "soap:Header")]
    assert names == ["Action", "MessageID", "RelatesTo", "Security"]
    signed_ids = {each.get("URI") for each in root.iter("{*}Reference") if each.get("URI") != "#Token"}
    assert signed_ids == {"#Action", "#MessageID", "#RelatesTo", "#Timestamp", "#Confirmation", "#Body"}


def test_a_response_without_confirmation_is_not_believed(
    answer: bytes, hub: Party, request_: Any, trust: Known
) -> None:
    """Others forget it; without it, an answer to an altered request could pass."""
    assert unbelieved(response(hub, None), request_, trust).demand is Demand.CONFIRMATION


def test_a_confirmation_of_another_request_is_not_believed(
    answer: bytes, hub: Party, utrecht: Party, request_: Any, trust: Known
) -> None:
    """Also when RelatesTo is right."""
    made = response(hub, signed(utrecht).signature_value)

    assert unbelieved(made, request_, trust).demand is Demand.CONFIRMATION


def test_an_unsigned_confirmation_is_not_believed(answer: bytes, hub: Party, request_: Any, trust: Known) -> None:
    """Coverage includes it."""
    made = sign_again(opened(answer), hub, ids=[each for each in ALL if each != "Confirmation"])

    assert unbelieved(made, request_, trust).demand is Demand.COVERAGE


def test_two_confirmations_are_not_believed(answer: bytes, request_: Any, trust: Known) -> None:
    """One."""
    root = opened(answer)
    found = one(root, "//*[local-name() = 'SignatureConfirmation']")
    security(root).append(etree.Element(found.tag, Value="AAAA"))

    assert unbelieved(closed(root), request_, trust).demand is Demand.SECURITY


@pytest.mark.parametrize("value", ["", "Piet", "AAAA", None])
def test_a_spoiled_confirmation_is_not_believed(
    answer: bytes, hub: Party, request_: Any, trust: Known, value: str | None
) -> None:
    """Empty, not base64, another value, no value."""
    root = opened(answer)
    found = one(root, "//*[local-name() = 'SignatureConfirmation']")
    found.attrib.pop("Value")
    if value is not None:
        found.set("Value", value)

    assert unbelieved(sign_again(root, hub), request_, trust).demand is Demand.CONFIRMATION


def test_an_answer_to_another_request_is_not_believed(answer: bytes, hub: Party, request_: Any, trust: Known) -> None:
    """RelatesTo names the MessageID that was sent, or the outcome is unknown."""
    for other in ("urn:uuid:other", None):
        made = response(hub, request_.signature_value, other)
        assert unbelieved(made, request_, trust).demand is Demand.RELATES_TO


def test_a_response_of_another_hub_is_not_believed(
    answer: bytes, amsterdam: Party, utrecht: Party, request_: Any, trust: Known
) -> None:
    """A party that we trust for itself does not speak for the hub."""
    for party in (utrecht, amsterdam):
        made = response(party, request_.signature_value)
        assert unbelieved(made, request_, trust).demand is Demand.EXPECTED_PARTY


def test_a_response_by_an_unknown_certificate_is_not_believed(
    answer: bytes, stranger: Party, request_: Any, trust: Known
) -> None:
    """Nor one that nobody trusts."""
    made = response(stranger, request_.signature_value)

    assert unbelieved(made, request_, trust).demand is Demand.CERTIFICATE


@pytest.mark.parametrize("missing", ALL)
def test_an_unsigned_part_of_a_response_is_not_believed(
    answer: bytes, hub: Party, request_: Any, trust: Known, missing: str
) -> None:
    """Every part, each in its turn."""
    made = sign_again(opened(answer), hub, ids=[each for each in ALL if each != missing])

    assert unbelieved(made, request_, trust).demand is Demand.COVERAGE


def test_a_response_needs_its_headers(answer: bytes, hub: Party, request_: Any, trust: Known) -> None:
    """Action, and Digikoppeling's own MessageID; To may only be anonymous."""
    for name, demand in (("Action", Demand.ACTION), ("MessageID", Demand.MESSAGE_ID), ("RelatesTo", Demand.RELATES_TO)):
        root = opened(answer)
        header(root, name).getparent().remove(header(root, name))
        made = sign_again(root, hub, ids=[each for each in ALL if each != name])
        assert unbelieved(made, request_, trust).demand is demand
    root = opened(answer)
    add_header(root, "To", WSA + "/anonymous", "To")
    assert read(sign_again(root, hub, ids=[*ALL, "To"]), request_, trust) == ANSWER
    header(root, "To").text = "https://other.example/"
    assert unbelieved(sign_again(root, hub, ids=[*ALL, "To"]), request_, trust).demand is Demand.HEADER_FORM


def test_a_response_of_another_operation_is_not_believed(
    answer: bytes, hub: Party, request_: Any, trust: Known
) -> None:
    """By Action, and by what the Body holds."""
    value = request_.signature_value
    other = response(hub, value, action=HUB.operations["GetStatus"].response_action)
    assert unbelieved(other, request_, trust).demand is Demand.ACTION_OF_BODY
    content = b'<GetDirectoryResponse xmlns="urn:verwijsindex:hub:v1"></GetDirectoryResponse>'
    assert unbelieved(response(hub, value, content=content), request_, trust).demand is Demand.SCHEMA


def test_a_changed_response_is_not_believed(answer: bytes, request_: Any, trust: Known) -> None:
    """And a truncated one, and what a proxy says."""
    root = opened(answer)
    body(root)[0][0][2].text = "8"
    assert unbelieved(closed(root), request_, trust).demand is Demand.DIGEST
    assert unbelieved(answer[:-20], request_, trust).demand is Demand.WELL_FORMED
    assert unbelieved(b"<html><body>502</body></html>", request_, trust).demand is Demand.ENVELOPE
    assert unbelieved(b"", request_, trust).demand is Demand.WELL_FORMED


@pytest.mark.parametrize("seconds", [-3600, -361, 61, 600])
def test_a_well_signed_answer_outside_the_window_says_how_far_the_clocks_differ(
    answer: bytes, hub: Party, request_: Any, trust: Known, seconds: int
) -> None:
    """Positive when the other clock is ahead."""
    made = response(hub, request_.signature_value, now=NOW + timedelta(seconds=seconds))

    with pytest.raises(ClockDiffers) as caught:
        read(made, request_, trust)
    assert caught.value.seconds == seconds


def test_an_old_answer_to_another_request_is_no_clock_that_differs(
    answer: bytes, hub: Party, amsterdam: Party, request_: Any, trust: Known
) -> None:
    """What the hub once signed, sent again by whoever kept it, does not hold up a region's work."""
    yesterday = NOW - timedelta(days=1)
    of_another = response(hub, b"the signature of another request", now=yesterday)
    to_another = response(hub, request_.signature_value, "urn:uuid:00000000-0000-4000-8000-00000000000a", yesterday)

    assert unbelieved(of_another, request_, trust).demand is Demand.CONFIRMATION
    assert unbelieved(to_another, request_, trust).demand is Demand.RELATES_TO


def test_an_unsigned_clock_says_nothing(answer: bytes, request_: Any, trust: Known) -> None:
    """Whoever can change the Timestamp cannot stop a region that way."""
    root = opened(answer)
    stamp = one(root, "//wsu:Timestamp")
    stamp[0].text, stamp[1].text = "2026-11-24T08:30:15.123Z", "2026-11-24T08:35:15.123Z"

    assert unbelieved(closed(root), request_, trust).demand is Demand.DIGEST


def test_a_verified_fault_is_raised_as_it_was_given(answer: bytes, hub: Party, request_: Any, trust: Known) -> None:
    """Code, text, retryable and when."""
    for code in TABLE:
        if code == Code.CLOCK:
            continue
        fault = WusFault(code)
        made = response(hub, request_.signature_value, content=encode_fault(fault), action=FAULT_ACTION)
        with pytest.raises(WusFault) as caught:
            read(made, request_, trust)
        assert caught.value.__reduce__() == fault.__reduce__()


def test_a_fault_about_the_clock_is_a_clock_that_differs(
    answer: bytes, hub: Party, request_: Any, trust: Known
) -> None:
    """Our clock is 90 s ahead: inside our window for the answer, outside the hub's for our request."""
    content = encode_fault(WusFault(Code.CLOCK))
    now = NOW - timedelta(seconds=90)
    made = response(hub, request_.signature_value, now=now, content=content, action=FAULT_ACTION)

    with pytest.raises(ClockDiffers) as caught:
        read(made, request_, trust)
    assert caught.value.seconds == -90


def test_a_fault_that_names_no_request_explains_and_decides_nothing(
    answer: bytes, hub: Party, request_: Any, trust: Known
) -> None:
    """The hub could not read what it got: the outcome is unknown, with what it said beside it."""
    content = encode_fault(WusFault(Code.ENCODING))
    made = response(hub, None, None, content=content, action=FAULT_ACTION)

    refusal = unbelieved(made, request_, trust)
    assert refusal.demand is Demand.RELATES_TO
    assert refusal.said is not None
    assert refusal.said.code == "0009"


def test_an_unsigned_or_strange_fault_is_not_believed(answer: bytes, hub: Party, request_: Any, trust: Known) -> None:
    """A fault before verification, a fault under the wrong Action, and a fault of another shape."""
    value = request_.signature_value
    fault = encode_fault(WusFault(Code.NOT_AUTHORISED))
    unsigned = (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault/></s:Body></s:Envelope>'
    )
    assert unbelieved(unsigned, request_, trust).demand is Demand.ENVELOPE
    assert unbelieved(response(hub, value, content=fault), request_, trust).demand is Demand.ACTION_OF_BODY
    for content in (
        b"<soap:Fault><faultcode>soap:Server</faultcode></soap:Fault>",
        fault.replace(b"<code>0002</code>", b""),
        fault.replace(b"<detail>", b"<faultactor>x</faultactor><detail>"),
    ):
        made = response(hub, value, content=content, action=FAULT_ACTION)
        assert unbelieved(made, request_, trust).demand is Demand.SCHEMA
