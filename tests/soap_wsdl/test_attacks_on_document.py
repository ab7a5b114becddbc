"""What an attacker may try with keys, headers, the document and the clock, and which demand stops it.

Every test begins by showing that the message is accepted when nobody touched it.
"""

from __future__ import annotations

import base64
import copy
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256 as HASH
from lxml import etree

from soap_wsdl.wus.demands import Demand
from soap_wsdl.wus.envelope import DS, SOAP, WSSE, WSSE11, WSU, WSU_ID
from soap_wsdl.wus.faults import Code
from soap_wsdl.wus.verifying import RequestRefused
from tests.soap_wsdl.forging import (
    add_header,
    body,
    changed_body,
    closed,
    one,
    opened,
    security,
    sign_again,
)
from tests.soap_wsdl.parties import (
    AMSTERDAM_OIN,
    NOW,
    REQUEST_ID,
    UTRECHT_OIN,
    Known,
    Party,
    certificate_for,
    refused,
    signed,
    verified,
)

# --- Whose key ---------------------------------------------------------------------------------------


def test_an_unknown_authority_fails(raw: bytes, trust: Known, stranger: Party) -> None:
    """The right OIN in a certificate that nobody here trusts."""
    made = refused(signed(stranger).raw, trust)

    assert (made.demand, made.fault.code) == (Demand.CERTIFICATE, Code.NOT_AUTHORISED)


def test_a_signature_by_another_regions_certificate_fails(raw: bytes, trust: Known, utrecht: Party) -> None:
    """Utrecht is trusted, but this is Amsterdam's connection; a region speaks for itself alone."""
    assert verified(signed(utrecht).raw, trust, UTRECHT_OIN).oin == UTRECHT_OIN

    assert refused(signed(utrecht).raw, trust).demand is Demand.SAME_PARTY
    assert refused(raw, trust, UTRECHT_OIN).demand is Demand.SAME_PARTY


def test_a_connection_without_a_known_party_fails(raw: bytes, trust: Known) -> None:
    """A good signature does not help over a connection whose certificate no longer holds."""
    with pytest.raises(RequestRefused) as caught:
        verified(raw, trust, None)

    assert caught.value.demand is Demand.SAME_PARTY


def test_a_certificate_swapped_for_another_fails(raw: bytes, trust: Known, utrecht: Party) -> None:
    """The token is Utrecht's, the signature is not."""
    root = opened(raw)
    one(root, "//wsse:BinarySecurityToken").text = base64.b64encode(utrecht.certificate).decode()

    assert refused(closed(root), trust, UTRECHT_OIN).demand is Demand.SIGNATURE


def test_a_second_token_fails(raw: bytes, trust: Known, utrecht: Party) -> None:
    """One token: the key cannot be another than that of the certificate that was examined."""
    root = opened(raw)
    extra = copy.deepcopy(one(root, "//wsse:BinarySecurityToken"))
    extra.set(WSU_ID, "Extra")
    security(root).insert(0, extra)

    assert refused(closed(root), trust).demand is Demand.SECURITY


@pytest.mark.parametrize("what", ["URI", "ValueType", "KeyValue", "Two", "KeyIdentifier"])
def test_another_key_reference_fails(raw: bytes, trust: Known, what: str) -> None:
    """KeyInfo is not signed, so it may say one thing only."""
    root = opened(raw)
    key_info = one(root, "//ds:KeyInfo")
    reference = key_info[0][0]
    if what in ("URI", "ValueType"):
        reference.set(what, "#Elsewhere")
    elif what == "KeyValue":
        etree.SubElement(key_info, f"{{{DS}}}KeyValue")
    elif what == "Two":
        key_info[0].append(copy.deepcopy(reference))
    else:
        key_info[0].replace(reference, etree.Element(f"{{{WSSE}}}KeyIdentifier"))

    assert refused(closed(root), trust).demand is Demand.KEY_REFERENCE


def test_a_small_or_another_kind_of_key_fails(raw: bytes, trust: Known) -> None:
    """RSA of 2,048 bits at least; the certificate being trusted does not help."""
    small = rsa.generate_private_key(65537, 1024)  # noqa: S505  the point of the test
    curve = ec.generate_private_key(ec.SECP256R1())
    party = Party(AMSTERDAM_OIN, small, certificate_for(AMSTERDAM_OIN, small))
    other = Party(AMSTERDAM_OIN, small, certificate_for(AMSTERDAM_OIN, curve))
    known = Known(party, other)

    assert refused(signed(party).raw, known).demand is Demand.KEY
    assert refused(signed(other).raw, known).demand is Demand.KEY


def test_a_signature_in_another_padding_fails(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """The method that SignedInfo names is the one that is verified."""
    root = opened(raw)
    info = etree.tostring(one(root, "//ds:SignedInfo"), method="c14n", exclusive=True)
    value = amsterdam.key.sign(info, padding.PSS(padding.MGF1(HASH()), 32), HASH())
    one(root, "//ds:SignatureValue").text = base64.b64encode(value).decode()

    assert refused(closed(root), trust).demand is Demand.SIGNATURE


# --- Headers -----------------------------------------------------------------------------------------


def test_duplicate_headers_fail(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """Two Actions, both signed by an honest key: which would be meant?"""
    for name in ("To", "Action", "MessageID"):
        root = opened(raw)
        add_header(root, name, "urn:other", "Second")
        ids = ["To", "Action", "MessageID", "Timestamp", "Body", "Second"]

        assert refused(sign_again(root, amsterdam, ids=ids), trust).demand is Demand.HEADER_ONCE


def test_a_second_security_header_fails(raw: bytes, trust: Known) -> None:
    """Also for another actor."""
    root = opened(raw)
    extra = etree.SubElement(one(root, "soap:Header"), f"{{{WSSE}}}Security")
    extra.set(f"{{{SOAP}}}actor", "urn:other")

    assert refused(closed(root), trust).demand is Demand.HEADER_ONCE


def test_a_second_timestamp_or_signature_fails(raw: bytes, trust: Known) -> None:
    """One of each."""
    for path in ("//wsu:Timestamp", "//wsse:Security/ds:Signature"):
        root = opened(raw)
        extra = copy.deepcopy(one(root, path))
        extra.attrib.pop(WSU_ID, None)
        security(root).append(extra)

        assert refused(closed(root), trust).demand is Demand.SECURITY


def test_a_confirmation_in_a_request_fails(raw: bytes, trust: Known) -> None:
    """Only an answer confirms."""
    root = opened(raw)
    etree.SubElement(security(root), f"{{{WSSE11}}}SignatureConfirmation", Value="AAAA")

    assert refused(closed(root), trust).demand is Demand.SECURITY


# --- The document ------------------------------------------------------------------------------------


def test_a_comment_in_a_value_fails(raw: bytes, trust: Known) -> None:
    """Canonicalisation drops it, so the signature holds, while a reader sees half the value."""
    root = opened(raw)
    batch = body(root)[0][0]
    batch.text, rest = batch.text[:8], batch.text[8:]
    comment = etree.Comment("x")
    batch.insert(0, comment)
    comment.tail = rest

    assert refused(closed(root), trust).demand is Demand.MARKUP


@pytest.mark.parametrize("markup", [b"<?x y?>", b"<![CDATA[]]>", b"<!---->"])
def test_other_markup_fails(raw: bytes, trust: Known, markup: bytes) -> None:
    """Before, inside and after the envelope."""
    for place in (raw.find(b"<soap:Envelope"), raw.find(b"</batchId>"), len(raw)):
        made = raw[:place] + markup + raw[place:]
        demand = refused(made, trust).demand
        assert demand is Demand.MARKUP


def test_an_entity_bomb_fails_before_it_is_parsed(raw: bytes, trust: Known) -> None:
    """A billion laughs."""
    entities = b"".join(b'<!ENTITY l%d "%b">' % (n + 1, b"&l%d;" % n * 10) for n in range(9))
    bomb = b'<!DOCTYPE x [<!ENTITY l0 "ha">' + entities + b"]>" + raw.replace(b"<batchId>", b"<batchId>&l9;")

    assert refused(bomb, trust).demand is Demand.MARKUP


def test_an_external_entity_fails(raw: bytes, trust: Known) -> None:
    """Nothing is read from a file or fetched."""
    for source in (b"file:///etc/passwd", b"http://attacker.example/"):
        made = b'<!DOCTYPE x [<!ENTITY e SYSTEM "' + source + b'">]>' + raw.replace(b"<batchId>", b"<batchId>&e;")
        assert refused(made, trust).demand is Demand.MARKUP
    undeclared = raw.replace(b"<batchId>", b"<batchId>&e;")
    assert refused(undeclared, trust).demand is Demand.WELL_FORMED


def test_utf16_fails(raw: bytes, trust: Known) -> None:
    """With and without a byte order mark, and in any encoding that only claims to be another."""
    text = raw.decode()
    assert verified(b"\xef\xbb\xbf" + raw, trust)
    assert verified(b'<?xml version="1.0" encoding="utf-8"?>' + raw, trust)

    for made in (
        text.encode("utf-16"),
        text.encode("utf-16-le"),
        text.encode("utf-32"),
        b'<?xml version="1.0" encoding="UTF-16"?>' + raw,
        b'<?xml version="1.0" encoding="ISO-8859-1"?>' + raw,
        b"<?xml version='1.0' encoding='utf-7'?>" + raw,
        raw.replace(b"</batchId>", b"\xff</batchId>"),
    ):
        refusal = refused(made, trust)
        assert (refusal.demand, refusal.fault.code) == (Demand.ENCODING, Code.ENCODING)


@pytest.mark.parametrize(
    "crowd",
    [
        b"<a " + b" ".join(b'n%d=""' % number for number in range(300)) + b"/>",
        b"<a " + b" ".join(b'xmlns:n%d="urn:n"' % number for number in range(300)) + b"/>",
    ],
    ids=["attributes", "prefixes"],
)
def test_a_crowd_of_attributes_or_prefixes_fails_before_anything_is_canonicalised(
    raw: bytes, trust: Known, crowd: bytes
) -> None:
    """Canonical XML compares them all with each other: four megabytes of them would take minutes."""
    made = raw.replace(b"</batchId>", crowd + b"</batchId>")
    assert made != raw

    assert refused(made, trust).demand is Demand.WELL_FORMED


def test_deep_nesting_and_truncation_fail(raw: bytes, trust: Known) -> None:
    """The parser's own limits stay on."""
    deep = raw.replace(b"</batchId>", b"<a>" * 300 + b"</a>" * 300 + b"</batchId>")

    for made in (deep, raw[:-10], raw[: len(raw) // 2], b"", b"words", b"<a/>" + raw):
        assert refused(made, trust).demand is Demand.WELL_FORMED


def test_a_type_override_fails(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """xsi:type, xsi:nil and a schema location of the sender's are attributes, and the contract has none."""
    for name, value in (("type", "x"), ("nil", "false"), ("schemaLocation", "urn:x http://attacker.example/x.xsd")):
        root = opened(raw)
        body(root)[0].set(f"{{http://www.w3.org/2001/XMLSchema-instance}}{name}", value)

        refusal = refused(sign_again(root, amsterdam), trust)
        assert (refusal.demand, refusal.place) == (Demand.SCHEMA, "attribute, RegisterSignals")


# --- Time --------------------------------------------------------------------------------------------


def test_a_stale_timestamp_fails(raw: bytes, trust: Known) -> None:
    """Five minutes and the skew of a minute; it is said to be the clock, and to be worth another try."""
    assert verified(raw, trust, now=NOW + timedelta(minutes=5, seconds=59))

    refusal = refused(raw, trust, now=NOW + timedelta(minutes=6))
    assert (refusal.demand, refusal.fault.code, refusal.fault.retryable) == (Demand.CLOCK, Code.CLOCK, True)


def test_a_future_timestamp_fails(raw: bytes, trust: Known) -> None:
    """A minute ahead is a clock, more is not."""
    assert verified(raw, trust, now=NOW - timedelta(seconds=60))

    assert refused(raw, trust, now=NOW - timedelta(seconds=61)).demand is Demand.CLOCK


def test_a_clock_is_only_spoken_of_when_the_signature_held(raw: bytes, trust: Known) -> None:
    """A stale message that nobody signed is no clock that differs."""
    root = opened(raw)
    root.replace(body(root), changed_body(root))

    assert refused(closed(root), trust, now=NOW + timedelta(hours=1)).demand is Demand.DIGEST


def test_a_replay_carries_the_same_message_id(raw: bytes, trust: Known) -> None:
    """The verifier keeps nothing; the operation gets the pair by which it refuses the second, in its transaction."""
    first, second = verified(raw, trust), verified(raw, trust)

    assert (first.oin, first.message_id) == (second.oin, second.message_id) == (AMSTERDAM_OIN, REQUEST_ID)


@pytest.mark.parametrize(
    ("old", "new", "demand"),
    [
        (WSU.encode(), b"urn:other", Demand.HEADER_FORM),
        (SOAP.encode(), b"http://www.w3.org/2003/05/soap-envelope", Demand.ENVELOPE),
        (b'mustUnderstand="1"', b'actor="urn:x"', Demand.SECURITY),
        (b"#X509v3", b"#X509PKIPathv1", Demand.TOKEN),
        (b"#Base64Binary", b"#HexBinary", Demand.TOKEN),
    ],
)
def test_a_part_in_another_dress_fails(raw: bytes, trust: Known, old: bytes, new: bytes, demand: Demand) -> None:
    """Another version, namespace, actor or encoding is not guessed at."""
    assert old in raw

    assert refused(raw.replace(old, new, 1), trust).demand is demand
