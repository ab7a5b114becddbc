"""The XML signature of an envelope: an allow-list, coverage by element identity, then digests and the RSA value."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache
from hmac import compare_digest

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from soap_wsdl.wus.demands import Demand, NotInProfile
from soap_wsdl.wus.envelope import BASE64, DS, EXC_C14N, WSSE, WSU_ID, X509V3, Envelope, only_children

MIN_KEY_BITS = 2048
_MAX_REFERENCES = 10
_MAX_TOKEN = 16 * 1024
_MAX_PREFIXES = 32
_INCLUSIVE = f"{{{EXC_C14N}}}InclusiveNamespaces"
_HASHES: dict[str, type[hashes.SHA256] | type[hashes.SHA384] | type[hashes.SHA512]] = {
    "http://www.w3.org/2001/04/xmlenc#sha256": hashes.SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashes.SHA384,
    "http://www.w3.org/2001/04/xmlenc#sha512": hashes.SHA512,
}
_METHODS: dict[str, type[hashes.SHA256] | type[hashes.SHA384] | type[hashes.SHA512]] = {
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": hashes.SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": hashes.SHA384,
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": hashes.SHA512,
}


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference in SignedInfo: to which Id, how it is canonicalised, and the digest it should have."""

    id: str
    prefixes: tuple[str, ...]
    algorithm: hashes.HashAlgorithm
    digest: bytes


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature whose form holds; whether it is true is for ``require_digests`` and ``require_signature``."""

    signed_info: etree._Element
    prefixes: tuple[str, ...]
    algorithm: hashes.HashAlgorithm
    references: tuple[Reference, ...]
    value: bytes
    certificate: bytes


def read_signature(envelope: Envelope) -> Signature:
    """Demands 5.2, 7 and 9's form: only what the allow-list names, read once, for all later steps."""
    parts = _named(envelope.signature, ("SignedInfo", "SignatureValue", "KeyInfo"), attributes=("Id",))
    signed_info, value, _key_info = parts
    _require_attributes(value, ("Id",))
    children = only_children(signed_info, Demand.SIGNED_INFO)
    _require_attributes(signed_info, ("Id",))
    if not 3 <= len(children) <= 2 + _MAX_REFERENCES:
        raise NotInProfile(Demand.SIGNED_INFO)
    canonicalization, method, *references = children
    prefixes = _exclusive(canonicalization, "CanonicalizationMethod")
    algorithm = _METHODS.get(_algorithm(method, "SignatureMethod"))
    if algorithm is None or len(method):
        raise NotInProfile(Demand.SIGNED_INFO, "SignatureMethod")
    return Signature(
        signed_info,
        prefixes,
        algorithm(),
        tuple(_reference(each) for each in references),
        _base64(value, Demand.SIGNED_INFO, 2048),
        _certificate(envelope.token),
    )


def require_coverage(envelope: Envelope, signature: Signature) -> tuple[etree._Element, ...]:
    """Demand 8. The elements referred to, in the order of the references, found by identity and not by search.

    Only the parts that the profile knows can be referred to; an element elsewhere with the same Id cannot stand in.
    """
    wanted = [envelope.body, envelope.timestamp, *envelope.headers.values()]
    if envelope.confirmation is not None:
        wanted.append(envelope.confirmation)
    by_id: dict[str, etree._Element] = {}
    for element in (*wanted, envelope.token):
        id_ = element.get(WSU_ID)
        if id_ is not None:
            by_id[id_] = element
    covered: list[etree._Element] = []
    for reference in signature.references:
        found = by_id.pop(reference.id, None)  # popped: nothing is referred to twice
        if found is None:
            raise NotInProfile(Demand.COVERAGE)
        covered.append(found)
    if any(all(element is not other for other in covered) for element in wanted):
        raise NotInProfile(Demand.COVERAGE)
    return tuple(covered)


def require_key_reference(envelope: Envelope) -> None:
    """Demand 9: KeyInfo is one SecurityTokenReference with one direct Reference to the one token."""
    demand = Demand.KEY_REFERENCE
    key_info = envelope.signature[2]
    _require_attributes(key_info, ("Id",), demand)
    for name in ("SecurityTokenReference", "Reference"):
        children = only_children(key_info, demand)
        if len(children) != 1 or children[0].tag != f"{{{WSSE}}}{name}":
            raise NotInProfile(demand)
        key_info = children[0]
        _require_attributes(key_info, (WSU_ID,) if name == "SecurityTokenReference" else ("URI", "ValueType"), demand)
    if only_children(key_info, demand) or key_info.get("ValueType", X509V3) != X509V3:
        raise NotInProfile(demand)
    id_ = envelope.token.get(WSU_ID)
    if not id_ or key_info.get("URI") != f"#{id_}":
        raise NotInProfile(demand)


def require_digests(signature: Signature, covered: tuple[etree._Element, ...]) -> None:
    """Demand 11.1."""
    for reference, element in zip(signature.references, covered, strict=True):
        running = hashes.Hash(reference.algorithm)
        running.update(_canonical(element, reference.prefixes))
        if not compare_digest(running.finalize(), reference.digest):
            raise NotInProfile(Demand.DIGEST)


def require_signature(signature: Signature) -> None:
    """Demands 10.1 and 11.2."""
    key = _public_key(signature.certificate)
    if key is None:
        raise NotInProfile(Demand.KEY)
    signed = _canonical(signature.signed_info, signature.prefixes)
    try:
        key.verify(signature.value, signed, padding.PKCS1v15(), signature.algorithm)
    except InvalidSignature:
        raise NotInProfile(Demand.SIGNATURE) from None


@lru_cache(maxsize=256)
def _public_key(certificate: bytes) -> rsa.RSAPublicKey | None:
    """The key of this very certificate; None when it is not an RSA key of a size that we take."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_KEY_BITS else None


def _canonical(element: etree._Element, prefixes: tuple[str, ...]) -> bytes:
    try:
        return etree.tostring(
            element,
            method="c14n",
            exclusive=True,
            with_comments=False,
            inclusive_ns_prefixes=list(prefixes) if prefixes else None,
        )
    except etree.C14NError:  # a relative namespace name, which canonical XML does not know
        raise NotInProfile(Demand.WELL_FORMED) from None


def _reference(element: etree._Element) -> Reference:
    transforms, method, value = _named(element, ("Transforms", "DigestMethod", "DigestValue"), attributes=("URI",))
    (transform,) = _named(transforms, ("Transform",))
    prefixes = _exclusive(transform, "Transform")
    algorithm = _HASHES.get(_algorithm(method, "DigestMethod"))
    uri = element.get("URI", "")
    if algorithm is None or len(method) or len(uri) < 2 or uri[0] != "#":
        raise NotInProfile(Demand.SIGNED_INFO, "Reference")
    _require_attributes(value, ())
    return Reference(uri[1:], prefixes, algorithm(), _base64(value, Demand.SIGNED_INFO, 128))


def _exclusive(element: etree._Element, name: str) -> tuple[str, ...]:
    """The prefixes that an exclusive canonicalisation treats inclusively: none, or an InclusiveNamespaces list."""
    if _algorithm(element, name) != EXC_C14N:
        raise NotInProfile(Demand.SIGNED_INFO, name)
    children = only_children(element, Demand.SIGNED_INFO)
    if not children:
        return ()
    if len(children) != 1 or children[0].tag != _INCLUSIVE or only_children(children[0], Demand.SIGNED_INFO):
        raise NotInProfile(Demand.SIGNED_INFO, name)
    _require_attributes(children[0], ("PrefixList",))
    listed = (children[0].get("PrefixList") or "").split()
    if len(listed) > _MAX_PREFIXES:
        raise NotInProfile(Demand.SIGNED_INFO, name)
    # libxml2 knows the default namespace by the empty prefix, not by the standard's #default.
    return tuple("" if prefix == "#default" else prefix for prefix in listed)


def _named(
    element: etree._Element, names: tuple[str, ...], *, attributes: tuple[str, ...] = ()
) -> list[etree._Element]:
    """The children, which are exactly these elements of XML Signature, in this order."""
    children = only_children(element, Demand.SIGNED_INFO)
    if [child.tag for child in children] != [f"{{{DS}}}{name}" for name in names]:
        raise NotInProfile(Demand.SIGNED_INFO)
    _require_attributes(element, attributes)
    return children


def _algorithm(element: etree._Element, name: str) -> str:
    if element.tag != f"{{{DS}}}{name}":
        raise NotInProfile(Demand.SIGNED_INFO)
    _require_attributes(element, ("Algorithm",))
    return element.get("Algorithm", "")


def _require_attributes(element: etree._Element, allowed: tuple[str, ...], demand: Demand = Demand.SIGNED_INFO) -> None:
    for name in element.keys():  # noqa: SIM118  an element is not a mapping: iterating it gives its children
        if name not in allowed:
            raise NotInProfile(demand)


def _certificate(token: etree._Element) -> bytes:
    """Demand 5.2."""
    _require_attributes(token, (WSU_ID, "EncodingType", "ValueType"), Demand.TOKEN)
    if token.get("EncodingType", BASE64) != BASE64 or token.get("ValueType") != X509V3:
        raise NotInProfile(Demand.TOKEN)
    return _base64(token, Demand.TOKEN, _MAX_TOKEN)


def _base64(element: etree._Element, demand: Demand, most: int) -> bytes:
    text = "".join((element.text or "").split())
    if len(element) or not 0 < len(text) <= most * 2:
        raise NotInProfile(demand)
    try:
        value = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise NotInProfile(demand) from None
    if len(value) > most:
        raise NotInProfile(demand)
    return value
