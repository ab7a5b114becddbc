"""A message from region to region: signed inside by the sender's card key, sealed by HPKE to the recipient's own key.

Seal and signature both cover sender, recipient and message id, so that nobody who carries it can read it, forge it,
hand it to another, or pass it off as another message. What it weighs is rounded up.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certs import hpke
from certs.hpke import SealingKey, SealRefused
from certs.keyring import canonical
from certs.region_keys import RegionKey
from certs.statements import KeyEnding, KeyKind, StatedKey
from hub_connector.directory import Directory
from soap_wsdl.vocabulary import Oin

VERSION = 1
STEP = 4096
"""Bytes: what is sealed is a whole number of these, so that its size tells little of what it says."""
MOST_BODY = 60_000
"""Bytes of a body: sealed it stays under the 65,536 of the contract."""
_SIGNATURE = 64
_SIGNED = b"vir/sealed-message/v1\x00"
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


class BodyTooLarge(Exception):
    """More than one message holds: send several."""


class MessageReason(StrEnum):
    """Why a sealed message was refused."""

    LOCK = "it does not open"
    """Sealed to another key, for another region, by another sender, under another id, or changed."""
    CONTENT = "it is not laid out as a message"
    UNKNOWN_KEY = "its card key is unknown"
    """The directory has no such card key of the sender: fetch it anew and try again, then it is an alarm."""
    KEY_NOT_VALID = "its card key was not valid then"
    COMPROMISED = "its card key is compromised"
    SIGNATURE = "its signature does not hold"


class MessageRefused(Exception):
    """A message that does not open or verify: raise an alarm. The text names the sender it was said to have."""

    def __init__(self, reason: MessageReason, peer: Oin) -> None:
        super().__init__(f"A sealed message of region {peer} was refused: {reason.value}.")
        self.reason = reason
        self.peer = peer

    @property
    def newer_directory_may_help(self) -> bool:
        """Whether to fetch the directory and try once more before it is an alarm."""
        return self.reason in (MessageReason.UNKNOWN_KEY, MessageReason.KEY_NOT_VALID)


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom, to whom, under which id: what seal and signature both cover."""

    sender: Oin
    recipient: Oin
    message_id: UUID

    def bound(self) -> bytes:
        """The three, with the version, each with its length."""
        return _joined(bytes([VERSION]), self.sender.encode(), self.recipient.encode(), self.message_id.bytes)


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """A message that opened and verified; ``kind`` and ``body`` are the sender's word."""

    kind: str
    body: bytes = field(repr=False)
    key_id: str
    sealed_at: datetime


def seal_message(kind: str, body: bytes, envelope: Envelope, to: StatedKey, signing: RegionKey, now: datetime) -> bytes:
    """Random: seal once, keep the bytes, send those again. Raises BodyTooLarge, SealRefused."""
    if len(body) > MOST_BODY:
        raise BodyTooLarge(f"A sealed message holds at most {MOST_BODY} bytes.")
    # A clock that was set back since the key was made must not date the message before its key.
    sealed_at = max(now.astimezone(UTC).replace(microsecond=0), signing.stated.valid_from)
    head = canonical({"at": sealed_at.strftime(_INSTANT), "key": signing.id, "kind": kind})
    said = _joined(head, body)
    plain = signing.card_key.sign(_SIGNED + envelope.bound() + said) + said
    return hpke.seal(to.public, plain + bytes(-len(plain) % STEP), _SIGNED + envelope.bound())


def open_message(sealed: bytes, envelope: Envelope, key: SealingKey, directory: Directory) -> OpenedMessage:
    """Open a message and verify it by the sender's key, valid when it was sealed. Raises MessageRefused."""
    peer = envelope.sender
    try:
        plain = hpke.open_sealed(key, sealed, _SIGNED + envelope.bound())
    except SealRefused:
        raise MessageRefused(MessageReason.LOCK, peer) from None
    signature, rest = plain[:_SIGNATURE], plain[_SIGNATURE:]
    try:
        head, body, padding = _parted(rest)
        said = json.loads(head)
        if padding.strip(b"\x00") or set(said) != {"at", "key", "kind"}:
            raise ValueError
        kind, key_id = said["kind"], said["key"]
        if not isinstance(kind, str) or not isinstance(key_id, str):
            raise TypeError
        sealed_at = datetime.strptime(said["at"], _INSTANT).replace(tzinfo=UTC)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise MessageRefused(MessageReason.CONTENT, peer) from None
    _require_signed(peer, key_id, sealed_at, signature, _SIGNED + envelope.bound() + _joined(head, body), directory)
    return OpenedMessage(kind, body, key_id, sealed_at)


def _require_signed(
    peer: Oin, key_id: str, sealed_at: datetime, signature: bytes, content: bytes, directory: Directory
) -> None:
    key = directory.key(peer, KeyKind.CARD, key_id)
    if key is None:
        raise MessageRefused(MessageReason.UNKNOWN_KEY, peer)
    if key.ended is KeyEnding.COMPROMISED:
        raise MessageRefused(MessageReason.COMPROMISED, peer)
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, content)
    except (InvalidSignature, ValueError):
        raise MessageRefused(MessageReason.SIGNATURE, peer) from None
    if not key.valid_at(sealed_at):
        raise MessageRefused(MessageReason.KEY_NOT_VALID, peer)


def _joined(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _parted(content: bytes) -> tuple[bytes, bytes, bytes]:
    """Two parts with their lengths, and what follows. Raises ValueError."""
    parts, at = [], 0
    for _ in range(2):
        size = int.from_bytes(content[at : at + 4], "big")
        part = content[at + 4 : at + 4 + size]
        if len(content) < at + 4 or len(part) != size:
            raise ValueError
        parts.append(part)
        at += 4 + size
    return parts[0], parts[1], content[at:]
