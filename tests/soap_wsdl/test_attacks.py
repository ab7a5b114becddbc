"""What an attacker may try with what is signed, and which demand stops it.

Every test begins by showing that the message is accepted when nobody touched it.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from soap_wsdl.wus.demands import Demand
from soap_wsdl.wus.envelope import DS, EXC_C14N, SOAP, WSA, WSU_ID
from tests.soap_wsdl.forging import (
    HMAC_SHA256,
    RSA_SHA1,
    SHA1,
    add_header,
    body,
    changed_body,
    closed,
    header,
    one,
    opened,
    security,
    sign_again,
)
from tests.soap_wsdl.parties import (
    AMSTERDAM_OIN,
    Known,
    Party,
    refused,
    verified,
)

# --- Wrapping and duplicate Ids ----------------------------------------------------------------------


def test_wrapping_the_signed_body_in_a_header_fails(raw: bytes, trust: Known) -> None:
    """The signed Body moves into a header block; another Body takes its place."""
    root = opened(raw)
    evil, old = changed_body(root), body(root)
    evil.set(WSU_ID, "Other")
    root.replace(old, evil)
    etree.SubElement(one(root, "soap:Header"), "{urn:x}Wrapper").append(old)

    assert refused(closed(root), trust).demand is Demand.OTHER_HEADERS


def test_wrapping_the_signed_body_in_the_signature_fails(raw: bytes, trust: Known) -> None:
    """The signed Body moves into a ds:Object inside the Signature."""
    root = opened(raw)
    evil, old = changed_body(root), body(root)
    evil.set(WSU_ID, "Other")
    root.replace(old, evil)
    etree.SubElement(one(root, "//ds:Signature"), f"{{{DS}}}Object").append(old)

    assert refused(closed(root), trust).demand is Demand.SIGNED_INFO


def test_wrapping_the_signed_body_in_security_fails(raw: bytes, trust: Known) -> None:
    """The signed Body moves into the Security header."""
    root = opened(raw)
    evil, old = changed_body(root), body(root)
    evil.set(WSU_ID, "Other")
    root.replace(old, evil)
    security(root).append(old)

    assert refused(closed(root), trust).demand is Demand.SECURITY


def test_wrapping_the_signed_body_in_another_body_fails(raw: bytes, trust: Known) -> None:
    """The signed Body becomes the child of a Body without an Id."""
    root = opened(raw)
    old = body(root)
    wrapper = etree.Element(f"{{{SOAP}}}Body")
    root.replace(old, wrapper)
    wrapper.append(old)

    assert refused(closed(root), trust).demand is Demand.COVERAGE


def test_a_second_body_fails(raw: bytes, trust: Known) -> None:
    """Two Bodies side by side, in either order."""
    for place in (1, 2):
        root = opened(raw)
        evil = changed_body(root)
        evil.set(WSU_ID, "Other")
        root.insert(place, evil)

        assert refused(closed(root), trust).demand is Demand.ENVELOPE


def test_wrapping_a_signed_header_fails(raw: bytes, trust: Known) -> None:
    """The signed Action hides in Security while another Action stands in the Header."""
    root = opened(raw)
    old = header(root, "Action")
    evil = copy.deepcopy(old)
    evil.text = "urn:verwijsindex:hub:v1:WithdrawSignals"
    evil.set(WSU_ID, "Other")
    old.getparent().replace(old, evil)
    evil.append(old)

    assert refused(closed(root), trust).demand is Demand.HEADER_FORM


def test_duplicate_ids_fail(raw: bytes, trust: Known) -> None:
    """A Body with the Id of the signed one, in every spelling of Id."""
    for attribute in (WSU_ID, "Id", "ID", "id", "{http://www.w3.org/XML/1998/namespace}id"):
        root = opened(raw)
        body(root)[0].set(attribute, "Timestamp")

        assert refused(closed(root), trust).demand is Demand.IDS


def test_a_signed_body_beside_its_twin_with_the_same_id_fails(raw: bytes, trust: Known) -> None:
    """The classic: the same Id twice, the verifier finds one and the application reads the other."""
    root = opened(raw)
    old = body(root)
    evil = changed_body(root)
    root.replace(old, evil)
    evil[0].append(old)

    assert refused(closed(root), trust).demand is Demand.IDS


# --- What is signed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["Body", "Timestamp", "Action", "To", "MessageID"])
def test_an_unsigned_part_fails(raw: bytes, trust: Known, amsterdam: Party, missing: str) -> None:
    """Everything that the profile names is signed: an honest key that leaves one part out is refused."""
    root = opened(raw)
    ids = [each for each in ("To", "Action", "MessageID", "Timestamp", "Body") if each != missing]

    assert refused(sign_again(root, amsterdam, ids=ids), trust).demand is Demand.COVERAGE


def test_an_unsigned_reply_to_fails(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """A header that need not be there is signed when it is."""
    root = opened(raw)
    block = add_header(root, "ReplyTo", "", "ReplyTo")
    etree.SubElement(block, f"{{{WSA}}}Address").text = WSA + "/anonymous"
    ids = ["To", "Action", "MessageID", "Timestamp", "Body"]
    assert verified(sign_again(copy.deepcopy(root), amsterdam, ids=[*ids, "ReplyTo"]), trust)

    assert refused(sign_again(root, amsterdam, ids=ids), trust).demand is Demand.COVERAGE


def test_a_reference_twice_fails(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """Nothing is referred to twice."""
    ids = ["To", "Action", "MessageID", "Timestamp", "Body", "Body"]

    assert refused(sign_again(opened(raw), amsterdam, ids=ids), trust).demand is Demand.COVERAGE


def test_a_reference_to_something_else_fails(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """Nothing beside the parts that the profile names may be referred to, save the token."""
    ids = ["To", "Action", "MessageID", "Timestamp", "Body"]
    root = opened(raw)
    body(root)[0].set(WSU_ID, "Content")

    assert verified(sign_again(opened(raw), amsterdam, ids=[*ids, "Token"]), trust)
    assert refused(sign_again(root, amsterdam, ids=[*ids, "Content"]), trust).demand is Demand.COVERAGE


@pytest.mark.parametrize(
    "uri", ["", "#", "http://attacker.example/x.xml", "#xpointer(id('Body'))", "cid:1", "file:///x"]
)
def test_a_reference_elsewhere_fails(raw: bytes, trust: Known, amsterdam: Party, uri: str) -> None:
    """Only an Id in this very message can be referred to; nothing is ever fetched."""
    made = sign_again(opened(raw), amsterdam, change=lambda info: info[2].set("URI", uri))

    assert refused(made, trust).demand in (Demand.SIGNED_INFO, Demand.COVERAGE)


def test_no_reference_fails(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """A signature over nothing."""
    assert refused(sign_again(opened(raw), amsterdam, ids=[]), trust).demand is Demand.SIGNED_INFO


def test_many_references_fail(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """Each reference costs a canonicalisation: more than the profile can need are refused unread."""
    made = sign_again(opened(raw), amsterdam, ids=["Body"] * 11)

    assert refused(made, trust).demand is Demand.SIGNED_INFO


def test_a_changed_body_fails(raw: bytes, trust: Known) -> None:
    """The digest is that of the bytes that are read."""
    root = opened(raw)
    root.replace(body(root), changed_body(root))

    assert refused(closed(root), trust).demand is Demand.DIGEST


def test_a_changed_digest_fails(raw: bytes, trust: Known) -> None:
    """A digest that fits the changed Body no longer fits the signature."""
    root, other = opened(raw), opened(raw)
    other.replace(body(other), changed_body(other))
    root.replace(body(root), changed_body(root))
    donor = opened(sign_again(other, Party(AMSTERDAM_OIN, rsa.generate_private_key(65537, 2048), b"")))
    old, new = one(root, "//ds:SignedInfo"), one(donor, "//ds:SignedInfo")
    old.getparent().replace(old, new)

    assert refused(closed(root), trust).demand is Demand.SIGNATURE


# --- Algorithms --------------------------------------------------------------------------------------


def test_sha1_as_digest_fails(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """SHA-256 or better, for the digests."""
    assert refused(sign_again(opened(raw), amsterdam, digest=SHA1), trust).demand is Demand.SIGNED_INFO


def test_sha1_in_the_signature_fails(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """SHA-256 or better, for the signature."""
    assert refused(sign_again(opened(raw), amsterdam, method=RSA_SHA1), trust).demand is Demand.SIGNED_INFO


def test_hmac_with_the_public_key_fails(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """A key that everyone knows, used as a secret."""
    assert refused(sign_again(opened(raw), amsterdam, method=HMAC_SHA256), trust).demand is Demand.SIGNED_INFO


def test_an_xslt_transform_fails(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """A transform is a program of the sender's: only exclusive canonicalisation is known."""

    def change(signed_info: Any) -> None:
        transforms = signed_info[2][0]
        xslt = etree.SubElement(
            transforms, f"{{{DS}}}Transform", Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"
        )
        etree.SubElement(xslt, "{http://www.w3.org/1999/XSL/Transform}stylesheet", version="1.0")

    assert refused(sign_again(opened(raw), amsterdam, change=change), trust).demand is Demand.SIGNED_INFO


@pytest.mark.parametrize(
    "algorithm",
    [
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform",
        EXC_C14N + "WithComments",
    ],
)
def test_another_transform_fails(raw: bytes, trust: Known, amsterdam: Party, algorithm: str) -> None:
    """Also those that are no program: what is signed must be what is read."""
    made = sign_again(opened(raw), amsterdam, change=lambda info: info[2][0][0].set("Algorithm", algorithm))

    assert refused(made, trust).demand is Demand.SIGNED_INFO


def test_an_unknown_element_or_attribute_in_signed_info_fails(raw: bytes, trust: Known, amsterdam: Party) -> None:
    """The allow-list has no room for extensions."""

    def element(info: Any) -> None:
        etree.SubElement(info[2], "{urn:x}Extra")

    def attribute(info: Any) -> None:
        info[2].set("Type", "urn:x")

    def truncation(info: Any) -> None:
        etree.SubElement(info[1], f"{{{DS}}}HMACOutputLength").text = "1"

    def text(info: Any) -> None:
        info[2].tail = "words"

    for change in (element, attribute, truncation, text):
        assert refused(sign_again(opened(raw), amsterdam, change=change), trust).demand is Demand.SIGNED_INFO
