"""Signed envelopes: each signed part is written in its canonical form, so that its bytes are what is hashed."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree

from soap_wsdl.codec import escape
from soap_wsdl.wus.envelope import BASE64, DS, EXC_C14N, SOAP, WSA, WSSE, WSSE11, WSU, X509V3

LIFETIME = timedelta(minutes=5)
"""From Created to Expires."""
_PADDING, _SHA256 = padding.PKCS1v15(), SHA256()


class Signer(Protocol):
    """Who signs: an RSA key and its certificate. ``certs.identity.Identity`` is one."""

    @property
    def key(self) -> rsa.RSAPrivateKey:
        """The private key; signing with it releases the GIL."""
        ...

    @property
    def certificate(self) -> bytes:
        """The leaf certificate, DER."""
        ...


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request ready to send, and what its response must name and confirm."""

    raw: bytes = field(repr=False)
    message_id: str
    signature_value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unsigned:
    """An envelope that lacks its signature value, so that the RSA operation alone can be done elsewhere."""

    signer: Signer = field(repr=False)
    signed_info: bytes = field(repr=False)
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)

    def signature(self) -> bytes:
        """The signature value: nearly all of the work, during which other threads run."""
        return self.signer.key.sign(self.signed_info, _PADDING, _SHA256)

    def signed_with(self, value: bytes) -> bytes:
        """The whole envelope."""
        return b"".join((self.before, self.signed_info, _VALUE, base64.b64encode(value), _VALUE_ENDS, self.after))


def sign_request(body: bytes, action: str, to: str, message_id: str, now: datetime, signer: Signer) -> SignedRequest:
    """``body`` is the Body's child in exclusive canonical form: from ``codec.encode``, or from ``canonical``.

    ``message_id`` is a URI that was never used before (``urn:uuid:…``); a resend is a new message with a new one.
    """
    headers = [_addressing("To", to), _addressing("Action", action), _addressing("MessageID", message_id)]
    unsigned = _unsigned(body, headers, None, now, signer)
    value = unsigned.signature()
    return SignedRequest(unsigned.signed_with(value), message_id, value)


def sign_response(
    body: bytes,
    action: str,
    relates_to: str | None,
    message_id: str,
    now: datetime,
    confirms: bytes | None,
    signer: Signer,
) -> bytes:
    """The answer, or a fault: ``unsigned_response``, signed at once."""
    unsigned = unsigned_response(body, action, relates_to, message_id, now, confirms, signer)
    return unsigned.signed_with(unsigned.signature())


def unsigned_response(
    body: bytes,
    action: str,
    relates_to: str | None,
    message_id: str,
    now: datetime,
    confirms: bytes | None,
    signer: Signer,
) -> Unsigned:
    """The answer, or a fault. ``relates_to`` and ``confirms`` are the request's MessageID and signature value.

    They are None only in a fault about a request that did not get far enough to have them.
    """
    headers = [_addressing("Action", action), _addressing("MessageID", message_id)]
    if relates_to is not None:
        headers.append(_addressing("RelatesTo", relates_to))
    return _unsigned(body, headers, confirms, now, signer)


def canonical(element: etree._Element) -> bytes:
    """The element by itself in exclusive canonical form, for a Body that another library made."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


@dataclass(frozen=True, slots=True)
class _Part:
    id: str
    content: bytes

    def reference(self) -> bytes:
        """Its ds:Reference inside SignedInfo."""
        digest = base64.b64encode(hashlib.sha256(self.content).digest())
        return _REFERENCE % (self.id.encode(), digest)


_ENVELOPE = f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Header>'.encode()
_BODY = f'<soap:Body xmlns:soap="{SOAP}" xmlns:wsu="{WSU}" wsu:Id="Body">'.encode()
_SECURITY = f'<wsse:Security xmlns:wsse="{WSSE}" soap:mustUnderstand="1">'.encode()
_TOKEN = (
    f'<wsse:BinarySecurityToken xmlns:wsu="{WSU}" EncodingType="{BASE64}" ValueType="{X509V3}" wsu:Id="Token">'.encode()
)
_SIGNED_INFO = (
    f'<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{EXC_C14N}"></ds:CanonicalizationMethod>'
    '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod>'
).encode()
_REFERENCE = (
    f'<ds:Reference URI="#%b"><ds:Transforms><ds:Transform Algorithm="{EXC_C14N}"></ds:Transform></ds:Transforms>'
    '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>'
    "<ds:DigestValue>%b</ds:DigestValue></ds:Reference>"
).encode()
_SIGNATURE = f'<ds:Signature xmlns:ds="{DS}">'.encode()
_VALUE, _VALUE_ENDS = b"<ds:SignatureValue>", b"</ds:SignatureValue>"
_KEY_INFO = (
    f'<ds:KeyInfo><wsse:SecurityTokenReference><wsse:Reference URI="#Token" ValueType="{X509V3}">'
    "</wsse:Reference></wsse:SecurityTokenReference></ds:KeyInfo>"
).encode()


def _addressing(name: str, value: str) -> _Part:
    opened = f'<wsa:{name} xmlns:wsa="{WSA}" xmlns:wsu="{WSU}" wsu:Id="{name}">'.encode()
    return _Part(name, b"%b%b</wsa:%b>" % (opened, escape(value), name.encode()))


def _timestamp(now: datetime) -> _Part:
    created, expires = _instant(now).encode(), _instant(now + LIFETIME).encode()
    opened = f'<wsu:Timestamp xmlns:wsu="{WSU}" wsu:Id="Timestamp">'.encode()
    content = b"%b<wsu:Created>%b</wsu:Created><wsu:Expires>%b</wsu:Expires></wsu:Timestamp>"
    return _Part("Timestamp", content % (opened, created, expires))


def _confirmation(value: bytes) -> _Part:
    text = base64.b64encode(value).decode()
    return _Part(
        "Confirmation",
        f'<wsse11:SignatureConfirmation xmlns:wsse11="{WSSE11}" xmlns:wsu="{WSU}" Value="{text}" wsu:Id="Confirmation">'
        "</wsse11:SignatureConfirmation>".encode(),
    )


def _instant(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@lru_cache(maxsize=8)
def _token(certificate: bytes) -> bytes:
    return _TOKEN + base64.b64encode(certificate) + b"</wsse:BinarySecurityToken>"


def _unsigned(body: bytes, headers: list[_Part], confirms: bytes | None, now: datetime, signer: Signer) -> Unsigned:
    content = _Part("Body", b"".join((_BODY, body, b"</soap:Body>")))
    security = [_timestamp(now)]
    if confirms is not None:
        security.append(_confirmation(confirms))
    references = (part.reference() for part in (*headers, *security, content))
    return Unsigned(
        signer,
        b"".join((_SIGNED_INFO, *references, b"</ds:SignedInfo>")),
        b"".join(
            (
                _ENVELOPE,
                *(part.content for part in headers),
                _SECURITY,
                _token(signer.certificate),
                *(part.content for part in security),
                _SIGNATURE,
            )
        ),
        b"".join((_KEY_INFO, b"</ds:Signature></wsse:Security></soap:Header>", content.content, b"</soap:Envelope>")),
    )
