"""An allowance as two operators sign it: a small JSON document that opens a region's budget for a while.

One operator makes it, both read and sign it with their own key, either enters it. One key counts once: two
signatures by the same key, or under two names with the same key, are one.
"""

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from pseudonym_service.store import Allowance
from soap_wsdl.vocabulary import Oin

REASONS = ("rotation", "import", "recovery")
"""Why a region may need more than its budget."""

_SIGNED = b"vir/allowance/v1\n"
_FIELDS = {"version", "id", "service", "region", "reason", "elements", "from", "until"}


class AllowanceRefused(Exception):
    """The document cannot take effect. Says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Document:
    """An allowance with the signatures it carries so far, each under the name of its operator."""

    allowance: Allowance
    service: Oin
    signatures: tuple[tuple[str, bytes], ...] = ()

    def signed_bytes(self) -> bytes:
        """What an operator's signature is over."""
        return _SIGNED + json.dumps(_inner(self), sort_keys=True, separators=(",", ":")).encode()

    def text(self) -> bytes:
        """The document as a file, for people to read before they sign."""
        signatures = {name: base64.b64encode(signature).decode() for name, signature in self.signatures}
        return json.dumps({"allowance": _inner(self), "signatures": signatures}, indent=2).encode() + b"\n"


def read(text: bytes) -> Document:
    """A document from a file. Raises AllowanceRefused when it has another shape."""
    try:
        outer = json.loads(text)
        inner, signatures = outer["allowance"], outer["signatures"]
        if set(outer) != {"allowance", "signatures"} or set(inner) != _FIELDS or inner["version"] != 1:
            raise AllowanceRefused("The file is not an allowance of version 1: make it with allow make.")
        allowance = Allowance(
            UUID(inner["id"]),
            Oin(_digits(inner["region"])),
            inner["reason"],
            int(inner["elements"]),
            0,
            _moment(inner["from"]),
            _moment(inner["until"]),
        )
        signed = tuple((str(name), base64.b64decode(value, validate=True)) for name, value in signatures.items())
        document = Document(allowance, Oin(_digits(inner["service"])), signed)
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise AllowanceRefused("The file is not an allowance: make it with allow make.") from None
    if _inner(document) != inner:
        raise AllowanceRefused("The allowance is not written the one way it can be signed: make it with allow make.")
    _require_sense(allowance)
    return document


def sign(document: Document, operator: str, key: Ed25519PrivateKey) -> Document:
    """The document with this operator's signature; an earlier one under the same name is replaced."""
    others = tuple((name, signature) for name, signature in document.signatures if name != operator)
    signature = key.sign(document.signed_bytes())
    return Document(document.allowance, document.service, (*others, (operator, signature)))


def verify(
    document: Document, operators: Mapping[str, Ed25519PublicKey], service: Oin, now: datetime
) -> tuple[str, str]:
    """The names of two different operators who signed it.

    Raises AllowanceRefused for fewer than two, an unknown or wrong signature, another service, or one that is over.
    """
    if document.service != service:
        raise AllowanceRefused("The allowance is for another service.")
    if document.allowance.closes <= now:
        raise AllowanceRefused("The allowance is over: make a new one.")
    valid: dict[bytes, str] = {}
    for name, signature in sorted(document.signatures):
        public = operators.get(name)
        if public is None:
            raise AllowanceRefused("A signature is by someone who is no operator in the settings of this service.")
        try:
            public.verify(signature, document.signed_bytes())
        except InvalidSignature:
            raise AllowanceRefused(
                f"The signature of {name} is not over this allowance: let {name} read and sign it again."
            ) from None
        valid[public.public_bytes_raw()] = name
    if len(valid) < 2:
        raise AllowanceRefused("An allowance needs the signatures of two operators, each with a key of their own.")
    first, second, *_ = sorted(valid.values())
    return first, second


def new_operator_key(path: Path) -> str:
    """Draw an operator's key into a new file that only its owner reads; returns the public key for the settings."""
    key = Ed25519PrivateKey.generate()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def operator_key(path: Path) -> Ed25519PrivateKey:
    """An operator's key. Raises AllowanceRefused when others may read the file or it holds something else."""
    try:
        if path.stat().st_mode & 0o077:
            raise AllowanceRefused("Others than its owner may read the key file: chmod 600 it, or better, renew it.")
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        raise AllowanceRefused("The key file cannot be read as an operator's key.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise AllowanceRefused("The key file holds another kind of key: make one with allow key.")
    return key


def operator_public_key(text: str) -> Ed25519PublicKey:
    """A public key as it stands in the settings: 32 bytes in base64. Raises ValueError."""
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))


def _inner(document: Document) -> dict[str, Any]:
    allowance = document.allowance
    return {
        "version": 1,
        "id": str(allowance.allowance_id),
        "service": document.service,
        "region": allowance.oin,
        "reason": allowance.reason,
        "elements": allowance.elements,
        "from": _text(allowance.opens),
        "until": _text(allowance.closes),
    }


def _require_sense(allowance: Allowance) -> None:
    if allowance.reason not in REASONS:
        raise AllowanceRefused(f"The reason is one of {', '.join(REASONS)}.")
    if allowance.elements < 1:
        raise AllowanceRefused("An allowance holds at least one element.")
    if allowance.closes <= allowance.opens:
        raise AllowanceRefused("An allowance ends after it begins.")


def _digits(text: str) -> str:
    if len(text) != 20 or not (text.isascii() and text.isdigit()):
        raise ValueError
    return text


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
