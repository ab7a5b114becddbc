"""What the profile accepts from honest parties, and the forms that it holds them to."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from soap_wsdl.codec import encode
from soap_wsdl.wus.demands import Demand
from soap_wsdl.wus.envelope import EXC_C14N, SOAP, WSA
from soap_wsdl.wus.faults import Code
from soap_wsdl.wus.signing import LIFETIME, canonical, sign_request
from tests.soap_wsdl.forging import add_header, body, closed, header, one, opened, security, sign_again
from tests.soap_wsdl.parties import (
    ACTION,
    NOW,
    TO,
    Known,
    Party,
    refused,
    registration,
    signed,
    verified,
)

IDS = ["To", "Action", "MessageID", "Timestamp", "Body"]


# --- What we send ------------------------------------------------------------------------------------


def test_every_signed_part_is_written_in_its_canonical_form(raw: bytes) -> None:
    """The bytes that were hashed are the bytes in the document."""
    root = opened(raw)
    parts = [body(root), one(root, "//wsu:Timestamp"), one(root, "//ds:SignedInfo")]
    parts += [header(root, name) for name in ("To", "Action", "MessageID")]

    for part in parts:
        assert canonical(part) in raw


def test_a_request_carries_what_the_profile_names_and_nothing_else(raw: bytes) -> None:
    """To, Action, MessageID and Security; SHA-256 throughout; one token before the reference to it."""
    root = opened(raw)

    names = [etree.QName(block).localname for block in one(root, "soap:Header")]
    assert names == ["To", "Action", "MessageID", "Security"]
    assert [etree.QName(block).localname for block in security(root)] == [
        "BinarySecurityToken",
        "Timestamp",
        "Signature",
    ]
    algorithms = {each.get("Algorithm") for each in root.iter() if each.get("Algorithm")}
    assert algorithms == {
        EXC_C14N,
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "http://www.w3.org/2001/04/xmlenc#sha256",
    }


def test_the_timestamp_is_utc_with_three_decimals(raw: bytes) -> None:
    """Created is the moment of signing, Expires five minutes later."""
    created, expires = one(opened(raw), "//wsu:Timestamp")

    assert (created.text, expires.text) == ("2026-11-24T09:30:15.123Z", "2026-11-24T09:35:15.123Z")


def test_a_local_time_is_written_as_utc(amsterdam: Party, trust: Known) -> None:
    """Whatever zone the clock speaks in."""
    made = signed(amsterdam, now=NOW.astimezone(ZoneInfo("Europe/Amsterdam")))

    assert one(opened(made.raw), "//wsu:Created").text == "2026-11-24T09:30:15.123Z"


def test_a_resend_is_another_message(amsterdam: Party, trust: Known) -> None:
    """Same content, other MessageID: another signature, and both are accepted."""
    first = signed(amsterdam)
    second = sign_request(encode(registration()), ACTION, TO, "urn:uuid:other", NOW, amsterdam)

    assert first.signature_value != second.signature_value
    assert verified(second.raw, trust).message == verified(first.raw, trust).message


def test_nothing_secret_shows_in_a_repr(amsterdam: Party, trust: Known) -> None:
    """Neither the bytes of a message nor what it says."""
    made = signed(amsterdam)
    shown = repr(made) + repr(verified(made.raw, trust))

    assert "Envelope" not in shown
    assert "1b9d6bcd" not in shown


# --- What we take ------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefixes", ["", "soap", "soap wsa", "#default soap wsu ds", "unused", "nowhere"])
def test_both_forms_of_inclusive_namespaces_are_taken(
    raw: bytes, trust: Known, amsterdam: Party, prefixes: str
) -> None:
    """An empty list and a list, on CanonicalizationMethod and on Transform alike, as WSS4J sends them."""
    root = etree.fromstring(
        raw.replace(b"<soap:Envelope", b'<soap:Envelope xmlns="urn:default" xmlns:unused="urn:unused"', 1)
    )

    made = sign_again(root, amsterdam, prefixes=prefixes)

    assert b"InclusiveNamespaces" in made
    assert verified(made, trust).message == registration()


def test_too_many_or_misplaced_prefixes_fail(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """The list has a bound, and is the only child."""
    many = " ".join(f"p{number}" for number in range(33))
    assert refused(sign_again(opened(raw), amsterdam, prefixes=many), trust).demand is Demand.SIGNED_INFO

    def twice(info: Any) -> None:
        info[0].append(etree.fromstring(etree.tostring(info[0][0])))

    made = sign_again(opened(raw), amsterdam, prefixes="soap", change=twice)
    assert refused(made, trust).demand is Demand.SIGNED_INFO


@pytest.mark.parametrize(
    ("digest", "method"),
    [
        ("http://www.w3.org/2001/04/xmldsig-more#sha384", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"),
        ("http://www.w3.org/2001/04/xmlenc#sha512", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
    ],
)
def test_better_than_sha256_is_taken(raw: bytes, trust: Known, amsterdam: Party, digest: str, method: str) -> None:
    """SHA-384 and SHA-512."""
    assert verified(sign_again(opened(raw), amsterdam, digest=digest, method=method), trust)


def test_white_space_between_elements_is_taken(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """A client may indent what it sends, SignedInfo included."""
    root = opened(raw)
    etree.indent(root)

    def indent(info: Any) -> None:
        etree.indent(info)

    assert verified(sign_again(root, amsterdam, change=indent), trust).message == registration()


def test_words_between_elements_fail(raw: bytes, trust: Known) -> None:
    """Text that nobody signs and nobody reads has no place."""
    for path in ("soap:Header", "soap:Header/wsa:To", "soap:Header/wsse:Security/wsu:Timestamp"):
        root = opened(raw)
        one(root, path).tail = "words"
        assert refused(closed(root), trust).demand in (Demand.ENVELOPE, Demand.SECURITY)


def test_an_envelope_of_soap_12_or_with_attributes_fails(raw: bytes, trust: Known) -> None:
    """SOAP 1.1, Header and Body, without attributes but the Body's Id."""
    for path in ("/soap:Envelope", "soap:Header", "soap:Body"):
        root = opened(raw)
        one(root, path).set(f"{{{SOAP}}}encodingStyle", "x")
        assert refused(closed(root), trust).demand is Demand.ENVELOPE
    made = raw.replace(SOAP.encode(), b"http://www.w3.org/2003/05/soap-envelope")
    assert refused(made, trust).demand is Demand.ENVELOPE


def test_the_body_has_one_child(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """None and two are refused, signed or not."""
    root = opened(raw)
    etree.SubElement(body(root), "{urn:x}Other")
    assert refused(sign_again(root, amsterdam), trust).demand is Demand.BODY
    root = opened(raw)
    body(root).remove(body(root)[0])
    assert refused(sign_again(root, amsterdam), trust).demand is Demand.BODY


@pytest.mark.parametrize("name", ["From", "FaultTo", "RelatesTo", "ReferenceParameters"])
def test_another_header_fails(raw: bytes, trust: Known, amsterdam: Party, name: str) -> None:
    """Also when it is signed and of WS-Addressing."""
    root = opened(raw)
    add_header(root, name, "urn:x", "Extra")

    refusal = refused(sign_again(root, amsterdam, ids=[*IDS, "Extra"]), trust)
    assert (refusal.demand, refusal.fault.code) == (Demand.OTHER_HEADERS, Code.OTHER_HEADERS)


def test_a_header_that_must_be_understood_fails(raw: bytes, trust: Known) -> None:
    """A header of a standard that we do not know is never skipped."""
    root = opened(raw)
    etree.SubElement(one(root, "soap:Header"), "{urn:x}Transaction").set(f"{{{SOAP}}}mustUnderstand", "1")

    assert refused(closed(root), trust).demand is Demand.OTHER_HEADERS


@pytest.mark.parametrize(
    ("name", "demand", "code"),
    [("To", Demand.TO, "0005"), ("Action", Demand.ACTION, "0006"), ("MessageID", Demand.MESSAGE_ID, "0007")],
)
def test_a_missing_header_has_a_code_of_its_own(
    raw: bytes, trust: Known, amsterdam: Party, name: str, demand: Demand, code: str
) -> None:
    """0005, 0006 and 0007."""
    root = opened(raw)
    header(root, name).getparent().remove(header(root, name))

    refusal = refused(sign_again(root, amsterdam, ids=[each for each in IDS if each != name]), trust)
    assert (refusal.demand, refusal.fault.code) == (demand, code)


@pytest.mark.parametrize("path", ["wsse:BinarySecurityToken", "wsu:Timestamp", "ds:Signature", "."])
def test_missing_security_has_a_code_of_its_own(raw: bytes, trust: Known, path: str) -> None:
    """0008, whichever part is missing; a Signature without a token before it is out of order."""
    root = opened(raw)
    part = one(security(root), path)
    part.getparent().remove(part)

    refusal = refused(closed(root), trust)
    assert refusal.demand is (Demand.TOKEN if path == "wsse:BinarySecurityToken" else Demand.SECURITY)


def test_the_token_comes_before_the_signature(raw: bytes, trust: Known) -> None:
    """One pass suffices to verify."""
    root = opened(raw)
    security(root).append(one(root, "//wsse:BinarySecurityToken"))

    assert refused(closed(root), trust).demand is Demand.TOKEN


def test_reply_to_is_anonymous_or_absent(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """Nothing is ever sent anywhere but back."""
    for address, taken in ((WSA + "/anonymous", True), (WSA + "/none", False), ("https://x/", False)):
        root = opened(raw)
        block = add_header(root, "ReplyTo", "", "ReplyTo")
        etree.SubElement(block, f"{{{WSA}}}Address").text = address
        made = sign_again(root, amsterdam, ids=[*IDS, "ReplyTo"])
        if taken:
            assert verified(made, trust)
        else:
            assert refused(made, trust).demand is Demand.REPLY_TO


def test_a_header_is_plain_text_without_actor(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """mustUnderstand may be there, nothing else may; a value is a URI of bounded length."""
    root = opened(raw)
    header(root, "To").set(f"{{{SOAP}}}mustUnderstand", "1")
    assert verified(sign_again(root, amsterdam), trust)

    for name, value in ((f"{{{SOAP}}}actor", "urn:x"), (f"{{{WSA}}}IsReferenceParameter", "true")):
        root = opened(raw)
        header(root, "To").set(name, value)
        assert refused(sign_again(root, amsterdam), trust).demand is Demand.HEADER_FORM
    for text in ("", "a b", "x" * 256, "urn:é"):
        root = opened(raw)
        header(root, "MessageID").text = text
        assert refused(sign_again(root, amsterdam), trust).demand is Demand.HEADER_FORM


@pytest.mark.parametrize(
    ("created", "expires"),
    [
        ("2026-11-24T09:30:15.1234Z", "2026-11-24T09:35:15Z"),
        ("2026-11-24T10:30:15+01:00", "2026-11-24T09:35:15Z"),
        ("2026-11-24T09:30:15", "2026-11-24T09:35:15"),
        ("2026-11-24T09:30:15Z", "2026-11-24T09:35:16Z"),
        ("2026-11-24T09:30:15Z", "2026-11-24T09:30:15Z"),
        ("2026-11-31T09:30:15Z", "2026-11-31T09:35:15Z"),
    ],
)
def test_a_timestamp_in_another_form_fails(
    raw: bytes, trust: Known, amsterdam: Party, created: str, expires: str
) -> None:
    """UTC, three decimals at most, five minutes at most, and a time that exists."""
    root = opened(raw)
    stamp = one(root, "//wsu:Timestamp")
    stamp[0].text, stamp[1].text = created, expires

    assert refused(sign_again(root, amsterdam), trust).demand is Demand.TIMESTAMP_FORM


def test_a_timestamp_without_expires_fails(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """Both moments, once, in order."""
    for order in ([0], [1, 0], [0, 1, 1]):
        root = opened(raw)
        stamp = one(root, "//wsu:Timestamp")
        stamp[:] = [copy.deepcopy(stamp[index]) for index in order]
        assert refused(sign_again(root, amsterdam), trust).demand is Demand.TIMESTAMP_FORM


def test_whole_seconds_are_taken(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """Decimals may be left out."""
    root = opened(raw)
    stamp = one(root, "//wsu:Timestamp")
    stamp[0].text, stamp[1].text = "2026-11-24T09:30:15Z", "2026-11-24T09:35:15.5Z"
    stamp[1].text = "2026-11-24T09:35:14.5Z"

    assert verified(sign_again(root, amsterdam), trust)
    assert timedelta(minutes=5) == LIFETIME
