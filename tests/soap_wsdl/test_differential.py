"""xmlsec and signxml as oracles: they accept what we sign, and we accept what they sign under the profile."""

from __future__ import annotations

import base64
import importlib
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import SignatureReference

from soap_wsdl.codec import encode
from soap_wsdl.vocabulary import HUB, PSEUDONYMS
from soap_wsdl.wus.envelope import BASE64, DS, SOAP, WSA, WSSE, WSU, WSU_ID, X509V3
from soap_wsdl.wus.signing import sign_request
from soap_wsdl.wus.verifying import RequestRefused, verify_request
from tests.soap_wsdl.forging import sign_again
from tests.soap_wsdl.messages import message
from tests.soap_wsdl.parties import AMSTERDAM_OIN, NOW, REQUEST_ID, TO, Known, Party

# Neither library's type hints tell what it exports.
xmlsec: Any = importlib.import_module("xmlsec")
signxml: Any = importlib.import_module("signxml")

OPERATIONS = [(contract, operation) for contract in (HUB, PSEUDONYMS) for operation in contract.operations.values()]
IDS = ("To", "Action", "MessageID", "Timestamp", "Body")
slow = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
requests = st.sampled_from(OPERATIONS).flatmap(
    lambda pair: st.tuples(st.just(pair[0]), st.just(pair[1]), message(pair[1].request))
)


def verify(raw: bytes, contract: Any, trust: Known) -> Any:
    """Our verifier."""
    return verify_request(
        raw, contract=contract, to=TO, now=NOW, trust=trust, connection_oin=AMSTERDAM_OIN, soap_action=""
    ).message


def pem(party: Party) -> bytes:
    """The private key, for a library that wants it so."""
    return party.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def xmlsec_accepts(raw: bytes, party: Party) -> None:
    """Raises when xmlsec does not agree with the signature."""
    root = etree.fromstring(raw)
    context = xmlsec.SignatureContext()
    certificate = x509.load_der_x509_certificate(party.certificate).public_bytes(Encoding.PEM)
    context.key = xmlsec.Key.from_memory(certificate, xmlsec.KeyFormat.CERT_PEM)
    for element in root.iter():
        if element.get(WSU_ID):
            context.register_id(element, "Id", WSU)
    context.verify(root.find(f".//{{{DS}}}Signature"))


def signxml_accepts(raw: bytes, party: Party) -> None:
    """Raises when signxml does not agree with the signature over the five parts."""
    root = etree.fromstring(raw)
    expected = signxml.SignatureConfiguration(require_x509=False, location=".//", expect_references=len(IDS))
    signature: Any = root.find(f".//{{{DS}}}Signature")
    signature.remove(signature.find(f"{{{DS}}}KeyInfo"))  # it knows no direct references; it is given the certificate
    signxml.XMLVerifier().verify(
        root,
        x509_cert=x509.load_der_x509_certificate(party.certificate),
        expect_config=expected,
        id_attribute="Id",
        validate_schema=False,
    )


_C14N = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0


@slow
@given(requests)
def test_xmlsec_and_signxml_accept_what_we_sign(amsterdam: Party, trust: Known, request_: Any) -> None:
    """Any message of either contract."""
    contract, operation, sent = request_
    raw = sign_request(encode(sent), operation.action, TO, REQUEST_ID, NOW, amsterdam).raw

    xmlsec_accepts(raw, amsterdam)
    signxml_accepts(raw, amsterdam)
    assert verify(raw, contract, trust) == sent


def unsigned(sent: Any, action: str, party: Party, indent: bool, namespaces: dict[str | None, str]) -> Any:
    """An envelope built element by element, as another stack would, with an empty Signature."""
    root: Any = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP, **namespaces})
    header = etree.SubElement(root, f"{{{SOAP}}}Header")
    security = etree.SubElement(header, f"{{{WSSE}}}Security", nsmap={"wsse": WSSE, "wsu": WSU})
    token = etree.SubElement(security, f"{{{WSSE}}}BinarySecurityToken", EncodingType=BASE64, ValueType=X509V3)
    token.set(WSU_ID, "Token")
    token.text = base64.b64encode(party.certificate).decode()
    stamp = etree.SubElement(security, f"{{{WSU}}}Timestamp")
    stamp.set(WSU_ID, "Timestamp")
    for name, moment in (("Created", NOW), ("Expires", NOW + timedelta(minutes=5))):
        etree.SubElement(stamp, f"{{{WSU}}}{name}").text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    for name, text in (("To", TO), ("Action", action), ("MessageID", REQUEST_ID)):
        block = etree.SubElement(header, f"{{{WSA}}}{name}", nsmap={"a": WSA})
        block.set(WSU_ID, name)
        block.text = text
    body = etree.SubElement(root, f"{{{SOAP}}}Body")
    body.set(WSU_ID, "Body")
    body.append(etree.fromstring(encode(sent)))
    if indent:
        etree.indent(root)
    return root


styles = st.fixed_dictionaries(
    {
        "indent": st.booleans(),
        "namespaces": st.sampled_from(
            [{}, {"x": "urn:unused"}, {None: "urn:default"}, {"t": "urn:verwijsindex:hub:v1", "w": WSU, "d": DS}]
        ),
    }
)


def with_key_info(signature: Any) -> None:
    """A direct reference to the token."""
    key_info = etree.SubElement(signature, f"{{{DS}}}KeyInfo")
    inner = etree.SubElement(key_info, f"{{{WSSE}}}SecurityTokenReference", nsmap={"wsse": WSSE})
    etree.SubElement(inner, f"{{{WSSE}}}Reference", URI="#Token", ValueType=X509V3)


@slow
@given(requests, styles)
def test_we_accept_what_xmlsec_signs(amsterdam: Party, trust: Known, request_: Any, style: Any) -> None:
    """Other prefixes, other order, white space, namespaces declared elsewhere."""
    contract, operation, sent = request_
    root = unsigned(sent, operation.action, amsterdam, **style)
    security = root[0][0]
    signature = xmlsec.template.create(root, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256, ns="ds")
    security.append(signature)
    for id_ in IDS:
        reference = xmlsec.template.add_reference(signature, xmlsec.Transform.SHA256, uri=f"#{id_}")
        xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    with_key_info(signature)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pem(amsterdam), xmlsec.KeyFormat.PEM)
    for element in root.iter():
        if element.get(WSU_ID):
            context.register_id(element, "Id", WSU)
    context.sign(signature)

    assert verify(etree.tostring(root), contract, trust) == sent


@slow
@given(requests, styles)
def test_we_accept_what_signxml_signs(amsterdam: Party, trust: Known, request_: Any, style: Any) -> None:
    """The same documents by a third implementation."""
    contract, operation, sent = request_
    # It signs the Signature apart; lxml would rename its prefix when it moves under another one for the same name.
    namespaces = {prefix: uri for prefix, uri in style["namespaces"].items() if uri != DS}
    root = unsigned(sent, operation.action, amsterdam, style["indent"], namespaces)
    placeholder = etree.SubElement(root[0][0], f"{{{DS}}}Signature", Id="placeholder")
    signer = signxml.XMLSigner(
        method=signxml.methods.detached,
        signature_algorithm="rsa-sha256",
        digest_algorithm="sha256",
        c14n_algorithm=_C14N,
    )
    signature = signer.sign(
        root,
        key=pem(amsterdam),
        reference_uri=[SignatureReference(URI=f"#{id_}", c14n_method=_C14N) for id_ in IDS],
        id_attribute="Id",
        always_add_key_value=False,
        exclude_c14n_transform_element=False,
    )
    for key_info in signature.findall(f"{{{DS}}}KeyInfo"):
        signature.remove(key_info)
    with_key_info(signature)
    placeholder.getparent().replace(placeholder, signature)

    assert verify(etree.tostring(root), contract, trust) == sent


@slow
@given(requests, st.sampled_from(["", "s", "soap wsu", "soap t unused", "wsa wsu ds"]))
def test_xmlsec_agrees_about_inclusive_namespaces(amsterdam: Party, trust: Known, request_: Any, prefixes: str) -> None:
    """What we take with a list of prefixes, it takes too."""
    contract, operation, sent = request_
    raw = sign_request(encode(sent), operation.action, TO, REQUEST_ID, NOW, amsterdam).raw
    root = etree.fromstring(raw.replace(b"<soap:Envelope", b'<soap:Envelope xmlns:unused="urn:u" xmlns:t="urn:t"', 1))
    made = sign_again(root, amsterdam, prefixes=prefixes)

    xmlsec_accepts(made, amsterdam)
    assert verify(made, contract, trust) == sent


@slow
@given(requests, st.data())
def test_a_changed_byte_is_refused_by_both_or_means_nothing(
    amsterdam: Party, trust: Known, request_: Any, data: Any
) -> None:
    """One character changed anywhere: refused, or the message that comes out is the one that went in."""
    contract, operation, sent = request_
    raw = sign_request(encode(sent), operation.action, TO, REQUEST_ID, NOW, amsterdam).raw
    place = data.draw(st.integers(0, len(raw) - 1))
    changed = raw[:place] + bytes([data.draw(st.integers(0, 255))]) + raw[place + 1 :]

    try:
        accepted = verify(changed, contract, trust)
    except RequestRefused:
        return
    assert accepted == sent


def test_the_oracles_refuse_what_was_changed(amsterdam: Party, raw: bytes) -> None:
    """They are awake."""
    changed = raw.replace(b"<revision>1<", b"<revision>2<")
    with pytest.raises(xmlsec.Error):
        xmlsec_accepts(changed, amsterdam)
    with pytest.raises(signxml.InvalidSignature):
        signxml_accepts(changed, amsterdam)
