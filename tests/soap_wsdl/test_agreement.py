"""SOAPAction, Action, Body, To and schema say the same, and a refusal says what it may."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree

from soap_wsdl.codec import encode
from soap_wsdl.vocabulary import HUB, PSEUDONYMS, GetStatus
from soap_wsdl.wus.demands import Demand
from soap_wsdl.wus.envelope import DS, WSU, WSU_ID
from soap_wsdl.wus.signing import sign_request
from soap_wsdl.wus.verifying import RequestRefused, verify_request
from tests.soap_wsdl.forging import body, closed, one, opened, security
from tests.soap_wsdl.parties import (
    ACTION,
    AMSTERDAM_OIN,
    NOW,
    REQUEST_ID,
    TO,
    Known,
    Party,
    refused,
    registration,
    signed,
    verified,
)

# --- Agreement ---------------------------------------------------------------------------------------


def ask(raw: bytes, trust: Known, **more: Any) -> Any:
    """The verifier with other surroundings than usual."""
    usual: dict[str, Any] = {"contract": HUB, "to": TO, "now": NOW, "trust": trust}
    usual |= {"connection_oin": AMSTERDAM_OIN, "soap_action": ""}
    return verify_request(raw, **(usual | more))


@pytest.mark.parametrize("soap_action", ["", '""', ACTION, f'"{ACTION}"'])
def test_soap_action_is_empty_or_the_action(raw: bytes, trust: Known, soap_action: str) -> None:
    """Empty or equal, quoted or not."""
    assert ask(raw, trust, soap_action=soap_action).operation.name == "RegisterSignals"


@pytest.mark.parametrize("soap_action", ["urn:x", '"urn:x"', f"{ACTION},{ACTION}", '"'])
def test_another_soap_action_fails(raw: bytes, trust: Known, soap_action: str) -> None:
    """A gateway that routes by it must not be led astray."""
    with pytest.raises(RequestRefused) as caught:
        ask(raw, trust, soap_action=soap_action)

    assert (caught.value.demand, caught.value.fault.code) == (Demand.SOAP_ACTION, "0003")


def test_a_message_to_another_endpoint_fails(raw: bytes, trust: Known) -> None:
    """A message for one hub cannot be brought to another."""
    with pytest.raises(RequestRefused) as caught:
        ask(raw, trust, to="https://other.example/hub/v1")

    assert caught.value.demand is Demand.ADDRESSED


def test_action_and_body_say_the_same(trust: Known, amsterdam: Party) -> None:
    """The operation is that of the Body, and the Action agrees."""
    made = sign_request(encode(GetStatus()), ACTION, TO, REQUEST_ID, NOW, amsterdam)

    assert refused(made.raw, trust).demand is Demand.ACTION_OF_BODY


def test_a_body_of_no_operation_fails(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """Nor a message of another contract, nor a response where a request belongs."""
    with pytest.raises(RequestRefused) as caught:
        ask(raw, trust, contract=PSEUDONYMS)
    assert caught.value.fault.code == "0004"
    for name in (b"Unknown", b"RegisterSignalsResponse"):
        content = b'<%b xmlns="urn:verwijsindex:hub:v1"></%b>' % (name, name)
        made = sign_request(content, ACTION, TO, REQUEST_ID, NOW, amsterdam)
        assert refused(made.raw, trust).demand is Demand.SCHEMA


def test_a_body_against_the_schema_names_rule_and_place_only(trust: Known, amsterdam: Party) -> None:
    """0004, with words of ours: what was sent is not repeated."""
    content = encode(registration(3)).replace(b"<state>live</state>", b"<state>Piet 999990019</state>")
    made = sign_request(content, ACTION, TO, REQUEST_ID, NOW, amsterdam)

    refusal = refused(made.raw, trust)
    assert refusal.demand is Demand.SCHEMA
    assert refusal.place == "cvc-enumeration-valid, RegisterSignals/record[1]/state"
    assert "Piet" not in refusal.fault.omschrijving


def test_a_refusal_names_what_the_answer_may_confirm(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """As far as the examination got: nothing, the MessageID, or the signature too."""
    value = signed(amsterdam).signature_value
    stale = refused(raw, trust, now=NOW + timedelta(hours=1))
    assert (stale.message_id, stale.signature_value) == (REQUEST_ID, value)
    root = opened(raw)
    security(root).remove(one(root, "//wsu:Timestamp"))
    early = refused(closed(root), trust)
    assert (early.message_id, early.signature_value) == (REQUEST_ID, None)
    assert refused(b"words", trust).message_id is None


def test_the_trust_is_asked_only_after_the_form_held(raw: bytes, trust: Known) -> None:
    """An unsigned flood costs no path building."""
    before = trust.asked
    root = opened(raw)
    body(root).attrib.pop(WSU_ID)
    assert refused(closed(root), trust).demand is Demand.COVERAGE
    assert trust.asked == before


def test_the_signature_value_may_be_wrapped_in_lines(raw: bytes, trust: Known) -> None:
    """As Java writes it; it is not signed, and not content."""
    root = opened(raw)
    value = one(root, "//ds:SignatureValue")
    value.text = base64.encodebytes(base64.b64decode(value.text)).decode()

    assert verified(closed(root), trust)
    assert etree.QName(value).namespace == DS
    assert one(root, "//wsu:Timestamp").tag == f"{{{WSU}}}Timestamp"
