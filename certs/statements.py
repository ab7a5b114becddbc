"""A region's key statement: all its card and sealing keys, signed by the region's own signing certificate.

Canonical JSON, so that one content has one signature. The hub only passes it on: whoever reads it verifies it.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from certs import hpke
from certs.keyring import canonical

MOST_STATEMENT = 131072
"""Bytes of a statement: room for about seventy sealing keys."""
CARD_KEY_SIZE = 32
_ID = re.compile(r"[a-z0-9-]{1,64}")
_OIN = re.compile(r"[0-9]{20}")
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


class StatementRefused(Exception):
    """This key statement is not believed. The text says why, and nothing of what was in it."""


class KeyKind(StrEnum):
    """CARD: Ed25519, signs cards. SEALING: HPKE MLKEM768-X25519, opens what is sealed to the region."""

    CARD = "card"
    SEALING = "sealing"


class KeyEnding(StrEnum):
    """ROTATED: what it signed before its end stands. COMPROMISED: nothing that it signed stands."""

    ROTATED = "rotated"
    COMPROMISED = "compromised"


@dataclass(frozen=True, slots=True)
class StatedKey:
    """One public key of a region. Moments are UTC, whole seconds; valid_from <= moment < valid_until."""

    id: str
    kind: KeyKind
    public: bytes = field(repr=False)
    valid_from: datetime
    valid_until: datetime | None
    ended: KeyEnding | None

    def valid_at(self, moment: datetime) -> bool:
        """Whether the key may have signed at this moment. Never, once it is compromised."""
        if self.ended is KeyEnding.COMPROMISED or moment < self.valid_from:
            return False
        return self.valid_until is None or moment < self.valid_until

    def to_json(self) -> dict[str, str | None]:
        """As it stands in a statement."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "public": base64.b64encode(self.public).decode(),
            "from": self.valid_from.strftime(_INSTANT),
            "until": self.valid_until.strftime(_INSTANT) if self.valid_until else None,
            "ended": self.ended.value if self.ended else None,
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "StatedKey":
        """Back from ``to_json``. Raises ValueError, KeyError or TypeError."""
        if set(said) != {"id", "kind", "public", "from", "until", "ended"} or not _ID.fullmatch(said["id"]):
            raise ValueError
        key = cls(
            id=said["id"],
            kind=KeyKind(said["kind"]),
            public=base64.b64decode(said["public"], validate=True),
            valid_from=_instant(said["from"]),
            valid_until=_instant(said["until"]) if said["until"] is not None else None,
            ended=KeyEnding(said["ended"]) if said["ended"] is not None else None,
        )
        if len(key.public) != (CARD_KEY_SIZE if key.kind is KeyKind.CARD else hpke.PUBLIC_SIZE):
            raise ValueError
        if key.valid_until is not None and key.valid_until < key.valid_from:
            raise ValueError
        if key.ended is not None and key.valid_until is None:
            raise ValueError
        return key


@dataclass(frozen=True, slots=True)
class StatedKeys:
    """What a statement says, once it is verified."""

    oin: str
    serial: int
    made_at: datetime
    keys: tuple[StatedKey, ...]

    def find(self, kind: KeyKind, key_id: str) -> StatedKey | None:
        """The key of this kind and id, ended or not."""
        return next((key for key in self.keys if key.kind is kind and key.id == key_id), None)

    def sealing_key(self, now: datetime) -> StatedKey | None:
        """The newest key to seal to now."""
        usable = [key for key in self.keys if key.kind is KeyKind.SEALING and key.ended is None and key.valid_at(now)]
        return max(usable, key=lambda key: (key.valid_from, key.id), default=None)


class StatementSigner(Protocol):
    """Who signs: an identity with the signing certificate's key."""

    @property
    def key(self) -> RSAPrivateKey: ...
    @property
    def certificate(self) -> bytes: ...
    @property
    def chain(self) -> tuple[bytes, ...]: ...


class StatementTrust(Protocol):
    """Who is believed: gives the OIN that a signing certificate speaks for, or raises PermissionError."""

    def accept(self, certificate: bytes, now: datetime) -> str: ...


def make_statement(
    oin: str, serial: int, keys: Iterable[StatedKey], now: datetime, identity: StatementSigner
) -> tuple[bytes, bytes, tuple[bytes, ...]]:
    """Statement, signature and certificates (leaf first). ``serial`` is higher than that of any statement before."""
    said = {
        "version": 1,
        "oin": oin,
        "serial": serial,
        "madeAt": now.astimezone(UTC).strftime(_INSTANT),
        "keys": [key.to_json() for key in sorted(keys, key=lambda key: (key.valid_from, key.id))],
    }
    statement = canonical(said)
    read_statement(statement)
    return statement, identity.key.sign(statement, PKCS1v15(), SHA256()), (identity.certificate, *identity.chain)


def verify_statement(
    statement: bytes, signature: bytes, certificates: Sequence[bytes], trust: StatementTrust, now: datetime
) -> StatedKeys:
    """Believe a statement: its certificate is trusted now, its signature holds, and it is about the signer itself.

    Raises StatementRefused. Whether the serial went back, whoever keeps the last statement must say.
    """
    if not certificates:
        raise StatementRefused("The statement comes without a certificate.")
    try:
        oin = trust.accept(certificates[0], now)
        public = x509.load_der_x509_certificate(certificates[0]).public_key()
    except PermissionError as refusal:
        raise StatementRefused(f"The certificate under the statement is not accepted: {refusal}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise StatementRefused("The certificate under the statement cannot be read.") from None
    if not isinstance(public, RSAPublicKey):
        raise StatementRefused("The certificate under the statement is not an RSA certificate.")
    try:
        public.verify(signature, statement, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise StatementRefused("The signature under the statement does not hold.") from None
    stated = read_statement(statement)
    if stated.oin != oin:
        raise StatementRefused("The statement is about another region than the one that signed it.")
    return stated


def read_statement(statement: bytes) -> StatedKeys:
    """What a statement says, without believing it: for one that was verified before it was stored.

    Raises StatementRefused when it is not canonical JSON of version 1.
    """
    if len(statement) > MOST_STATEMENT:
        raise StatementRefused("The statement is too large.")
    try:
        said = json.loads(statement)
        if canonical(said) != statement or set(said) != {"version", "oin", "serial", "madeAt", "keys"}:
            raise ValueError
        if said["version"] != 1 or type(said["serial"]) is not int or said["serial"] < 1:
            raise ValueError
        if not _OIN.fullmatch(said["oin"]):
            raise ValueError
        keys = tuple(StatedKey.from_json(each) for each in said["keys"])
        stated = StatedKeys(said["oin"], said["serial"], _instant(said["madeAt"]), keys)
        if len({key.id for key in keys}) != len(keys):
            raise ValueError
        for key in keys:
            if key.kind is KeyKind.SEALING:
                hpke.require_public(key.public)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error, hpke.SealRefused):
        raise StatementRefused("The statement is not laid out as version 1 lays it out.") from None
    return stated


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A statement as a file, for the scheme owner: statement, signature and certificates in base64."""

    statement: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)

    def to_file(self) -> bytes:
        """Canonical JSON."""
        said = {
            "statement": base64.b64encode(self.statement).decode(),
            "signature": base64.b64encode(self.signature).decode(),
            "certificates": [base64.b64encode(each).decode() for each in self.certificates],
        }
        return canonical(said) + b"\n"

    @classmethod
    def from_file(cls, content: bytes) -> "SignedStatement":
        """Back from ``to_file``, still to be verified. Raises StatementRefused."""
        try:
            said = json.loads(content)
            return cls(
                base64.b64decode(said["statement"], validate=True),
                base64.b64decode(said["signature"], validate=True),
                tuple(base64.b64decode(each, validate=True) for each in said["certificates"]),
            )
        except (ValueError, KeyError, TypeError, binascii.Error, RecursionError):
            raise StatementRefused("This is not a file with a key statement.") from None

    def verify(self, trust: StatementTrust, now: datetime) -> StatedKeys:
        """As ``verify_statement``."""
        return verify_statement(self.statement, self.signature, self.certificates, trust, now)


def _instant(text: str) -> datetime:
    return datetime.strptime(text, _INSTANT).replace(tzinfo=UTC)
