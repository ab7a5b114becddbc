"""What an attacker, or an odd but honest client, can make of a signed message. Written apart from our own signer."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from soap_wsdl.wus.envelope import DS, EXC_C14N, SOAP, WSA, WSSE, WSU, WSU_ID
from tests.soap_wsdl.parties import Party

NAMES = {"soap": SOAP, "wsa": WSA, "wsse": WSSE, "wsu": WSU, "ds": DS}
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
HMAC_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
DIGESTS: dict[str, Any] = {
    SHA256: hashlib.sha256,
    SHA1: hashlib.sha1,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashlib.sha384,
    "http://www.w3.org/2001/04/xmlenc#sha512": hashlib.sha512,
}
METHODS: dict[str, hashes.HashAlgorithm] = {
    RSA_SHA256: hashes.SHA256(),
    RSA_SHA1: hashes.SHA1(),  # noqa: S303  what an attacker would like us to take
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": hashes.SHA384(),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": hashes.SHA512(),
}


def opened(raw: bytes) -> Any:
    """The document as an attacker reads it."""
    return etree.fromstring(raw)


def closed(root: Any) -> bytes:
    """The document as bytes."""
    return etree.tostring(root)


def one(root: Any, path: str) -> Any:
    """The one element at a path."""
    (found,) = root.xpath(path, namespaces=NAMES)
    return found


def header(root: Any, name: str) -> Any:
    """A WS-Addressing header block."""
    return one(root, f"soap:Header/wsa:{name}")


def security(root: Any) -> Any:
    """The Security header."""
    return one(root, "soap:Header/wsse:Security")


def body(root: Any) -> Any:
    """The Body."""
    return one(root, "soap:Body")


def changed_body(root: Any) -> Any:
    """A copy of the Body that says something else."""
    evil = copy.deepcopy(body(root))
    evil[0][0].text = "00000000-0000-4000-8000-000000000000"
    return evil


def add_header(root: Any, name: str, text: str, id_: str) -> Any:
    """Another WS-Addressing header block."""
    block = etree.SubElement(one(root, "soap:Header"), f"{{{WSA}}}{name}")
    block.set(WSU_ID, id_)
    block.text = text
    return block


def sign_again(
    root: Any,
    party: Party,
    *,
    ids: Sequence[str] | None = None,
    digest: str = SHA256,
    method: str = RSA_SHA256,
    prefixes: str | None = None,
    change: Callable[[Any], None] = lambda signed_info: None,
) -> bytes:
    """Sign the document as it is now, over the elements with these Ids; default: those that were signed before.

    ``prefixes`` adds InclusiveNamespaces everywhere; ``change`` may spoil SignedInfo before it is signed.
    """
    signature = one(root, "//wsse:Security/ds:Signature")
    old = signature[0]
    wanted = ids if ids is not None else [each.get("URI")[1:] for each in old.iter(f"{{{DS}}}Reference")]
    listed = None if prefixes is None else ["" if each == "#default" else each for each in prefixes.split()]
    signed_info = etree.Element(f"{{{DS}}}SignedInfo", nsmap={"ds": DS})
    _algorithm(signed_info, "CanonicalizationMethod", EXC_C14N, prefixes)
    _algorithm(signed_info, "SignatureMethod", method, None)
    for id_ in wanted:
        target = root.xpath("//*[@wsu:Id = $id or @Id = $id]", namespaces=NAMES, id=id_)[0]
        reference = etree.SubElement(signed_info, f"{{{DS}}}Reference", URI=f"#{id_}")
        _algorithm(etree.SubElement(reference, f"{{{DS}}}Transforms"), "Transform", EXC_C14N, prefixes)
        _algorithm(reference, "DigestMethod", digest, None)
        value = DIGESTS[digest](canonical(target, listed)).digest()
        etree.SubElement(reference, f"{{{DS}}}DigestValue").text = base64.b64encode(value).decode()
    change(signed_info)
    signature.replace(old, signed_info)
    signature[1].text = base64.b64encode(_value(canonical(signed_info, listed), party, method)).decode()
    return closed(root)


def canonical(element: Any, prefixes: list[str] | None = None) -> bytes:
    """Exclusive canonical form."""
    return etree.tostring(
        element, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=prefixes or None
    )


def _algorithm(parent: Any, name: str, uri: str, prefixes: str | None) -> None:
    element = etree.SubElement(parent, f"{{{DS}}}{name}", Algorithm=uri)
    if prefixes is not None:
        inner = etree.SubElement(element, f"{{{EXC_C14N}}}InclusiveNamespaces", nsmap={"ec": EXC_C14N})
        inner.set("PrefixList", prefixes)


def _value(signed: bytes, party: Party, method: str) -> bytes:
    if method == HMAC_SHA256:
        public = x509.load_der_x509_certificate(party.certificate).public_key()
        return hmac.digest(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), signed, "sha256")
    return party.key.sign(signed, padding.PKCS1v15(), METHODS[method])
