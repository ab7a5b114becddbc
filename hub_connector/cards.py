"""A card says who to call: signed inside by the region's card key, sealed for whoever derived the same tag.

The lock proves "someone who knows this youth", the signature which region. Every sealed card has the same size, and
stands or falls with the record it belongs to. A card that does not open or verify is an alarm, never a silent drop.
"""

import base64
import binascii
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from certs.keyring import canonical
from certs.oprf import Random
from certs.region_keys import CardSigningKey, RegionKey
from certs.statements import KeyEnding, KeyKind
from hub_connector.directory import Directory
from hub_connector.pseudonyms import CardKey, SameKey, Tag
from soap_wsdl.vocabulary import SEALED_CARD_SIZE, EpochName, Oin, Purpose

VERSION = 1
PADDED = 1024
NUMBER_SIZE = 16
"""Bytes of a professional's number, a family reference and a same-youth mark."""
_SALT, _NONCE, _SIGNATURE, _LENGTH = 16, 12, 64, 2
_ROOM = PADDED - _SIGNATURE - _LENGTH
_SIGNED = b"vir/card/v1\x00"
_LOCKED = b"vir/card-lock/v1"
_AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"
_NOT_ON_A_CARD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

FIELD_BYTES: Mapping[str, int] = {
    "organisation": 110,
    "domain": 40,
    "kind": 50,
    "location": 80,
    "function": 50,
    "name": 70,
    "phone": 20,
    "email": 90,
    "region": 50,
}
"""How long each text on a card may be, in bytes of UTF-8 with JSON's escapes: so every card fits its 1,024 bytes."""


class CardFieldRefused(Exception):
    """A text is too long for a card or has control characters. ``field`` names it; the text itself stays out."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field = field


class CardReason(StrEnum):
    """Why a card was refused."""

    SIZE = "size"
    """Not 1,069 bytes of version 1."""
    LOCK = "lock"
    """It does not open: another youth, epoch, record, revision or date than the notice says, or changed."""
    CONTENT = "content"
    """It opens but is not laid out as a card."""
    UNKNOWN_KEY = "unknown key"
    """The directory has no such card key of this region: fetch it anew and try again, then it is an alarm."""
    KEY_NOT_VALID = "key not valid"
    """The key was not valid when the card was sealed."""
    COMPROMISED = "compromised"
    """The region has said that this key is compromised."""
    SIGNATURE = "signature"
    """The region did not sign this card for this record."""


class CardRefused(Exception):
    """A card that does not open or verify: raise an alarm. ``reason`` says why, ``peer`` whose it was said to be."""

    def __init__(self, reason: CardReason, peer: Oin) -> None:
        super().__init__(f"A card of region {peer} was refused: {reason.value}.")
        self.reason = reason
        self.peer = peer

    @property
    def newer_directory_may_help(self) -> bool:
        """Whether to fetch the directory and try once more before it is an alarm."""
        return self.reason in (CardReason.UNKNOWN_KEY, CardReason.KEY_NOT_VALID)


@dataclass(frozen=True, slots=True)
class FamilyPart:
    """What only a family card carries. ``reference`` joins the cards of one signal and is unlike any other id.

    ``same_youth`` is recognised with the key of the one youth that the receiver's own record is about, if it is the
    same youth; otherwise it says nothing.
    """

    reference: bytes
    same_youth: bytes


@dataclass(frozen=True, slots=True)
class Card:
    """Who to call. On a family card ``since`` is the first of a month and ``signal`` is absent."""

    organisation: str
    domain: str
    kind: str
    location: str
    function: str
    name: str
    phone: str
    email: str
    region: str
    professional: bytes = field(repr=False)
    """Pseudonymous number of the professional, 16 bytes."""
    since: datetime
    ends: date
    """The exact end, exclusive; the hub may have been told another."""
    signal: UUID | None = None
    family: FamilyPart | None = None

    def __post_init__(self) -> None:
        for name in FIELD_BYTES:
            require_fits(name, getattr(self, name))
        numbers = (self.professional, *((self.family.reference, self.family.same_youth) if self.family else ()))
        if any(len(number) != NUMBER_SIZE for number in numbers):
            raise CardFieldRefused("professional", "a number on a card is 16 bytes")
        if self.family is not None and self.signal is not None:
            raise CardFieldRefused("signal", "a family card leaves out the signal")
        if self.since.tzinfo is None:
            raise CardFieldRefused("since", "a moment has a time zone")

    def for_family(self, reference: bytes, same_youth: bytes) -> "Card":
        """The card for a family or address record: without the signal, since by month, with the family part."""
        month = self.since.astimezone(_AMSTERDAM)
        since = datetime(month.year, month.month, 1, tzinfo=UTC)
        return replace(self, since=since, signal=None, family=FamilyPart(reference, same_youth))

    def to_json(self) -> dict[str, Any]:
        """As it stands inside the sealed card; empty texts are left out."""
        said: dict[str, Any] = {name: getattr(self, name) for name in FIELD_BYTES if getattr(self, name)}
        said["professional"] = _encode(self.professional)
        said["since"] = self.since.astimezone(UTC).strftime("%Y-%m" if self.family else _INSTANT)
        said["ends"] = self.ends.isoformat()
        if self.signal is not None:
            said["signal"] = _encode(self.signal.bytes)
        if self.family is not None:
            said["family"] = [_encode(self.family.reference), _encode(self.family.same_youth)]
        return said

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Card":
        """Back from ``to_json``. Raises ValueError, KeyError, TypeError or CardFieldRefused."""
        if set(said) - {each.name for each in fields(cls)}:
            raise ValueError
        family = said.get("family")
        since = datetime.strptime(said["since"], "%Y-%m" if family else _INSTANT).replace(tzinfo=UTC)
        texts = {name: said.get(name, "") for name in FIELD_BYTES}
        if not all(isinstance(text, str) for text in texts.values()):
            raise TypeError
        return cls(
            **texts,
            professional=_decode(said["professional"]),
            since=since,
            ends=date.fromisoformat(said["ends"]),
            signal=UUID(bytes=_decode(said["signal"])) if "signal" in said else None,
            family=FamilyPart(*(_decode(each) for each in family)) if family else None,
        )


@dataclass(frozen=True, slots=True)
class CardPlace:
    """Where a card belongs: the record, revision and date that brought it, in one epoch, and the tag."""

    epoch: EpochName
    purpose: Purpose
    region: Oin
    record_id: UUID
    revision: int
    valid_until: date
    tag: Tag

    def bound(self) -> bytes:
        """What lock and signature both cover."""
        parts = (
            bytes([VERSION]),
            self.epoch.encode(),
            self.purpose.value.encode(),
            self.region.encode(),
            self.record_id.bytes,
            str(self.revision).encode(),
            self.valid_until.isoformat().encode(),
            self.tag.reveal(),
        )
        return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


@dataclass(frozen=True, slots=True)
class OpenedCard:
    """A card that opened and verified."""

    card: Card
    key_id: str
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class WrittenCard:
    """A card that is ready to be signed and locked: what it says, where it belongs, and the key of its lock."""

    payload: bytes = field(repr=False)
    bound: bytes = field(repr=False)
    card_key: CardKey


def write_card(card: Card, place: CardPlace, card_key: CardKey, signing: RegionKey, now: datetime) -> WrittenCard:
    """The first half of sealing. Raises CardFieldRefused."""
    # A clock that was set back since the key was made must not date the card before its key.
    sealed_at = max(now.astimezone(UTC).replace(microsecond=0), signing.stated.valid_from)
    payload = canonical({"card": card.to_json(), "key": signing.id, "at": sealed_at.strftime(_INSTANT)})
    if len(payload) > _ROOM:
        raise CardFieldRefused("card", f"a card is at most {_ROOM} bytes")
    return WrittenCard(payload, place.bound(), card_key)


def lock_card(written: WrittenCard, signing: CardSigningKey, random: Random) -> bytes:
    """The second half: sign and lock; 1,069 bytes.

    Random: seal once per record, revision and epoch, and keep the bytes until the next revision.
    """
    payload, bound = written.payload, written.bound
    signature = signing.sign(_SIGNED + bound + payload)
    plain = signature + len(payload).to_bytes(_LENGTH, "big") + payload.ljust(_ROOM, b"\x00")
    salt, nonce = random(_SALT), random(_NONCE)
    locked = AESGCM(_lock(written.card_key, salt)).encrypt(nonce, plain, bound)
    return bytes([VERSION]) + salt + nonce + locked


def open_card(sealed: bytes, place: CardPlace, card_key: CardKey, directory: Directory) -> OpenedCard:
    """Open a peer's card and verify it by that region's key. Raises CardRefused; never returns half a card."""
    peer = place.region
    if len(sealed) != SEALED_CARD_SIZE or sealed[0] != VERSION:
        raise CardRefused(CardReason.SIZE, peer)
    salt, nonce = sealed[1 : 1 + _SALT], sealed[1 + _SALT : 1 + _SALT + _NONCE]
    bound = place.bound()
    try:
        plain = AESGCM(_lock(card_key, salt)).decrypt(nonce, sealed[1 + _SALT + _NONCE :], bound)
    except InvalidTag:
        raise CardRefused(CardReason.LOCK, peer) from None
    signature, length = plain[:_SIGNATURE], int.from_bytes(plain[_SIGNATURE : _SIGNATURE + _LENGTH], "big")
    rest = plain[_SIGNATURE + _LENGTH :]
    payload = rest[:length]
    if len(payload) != length or rest[length:].strip(b"\x00"):
        raise CardRefused(CardReason.CONTENT, peer)
    try:
        said = json.loads(payload)
        key_id = str(said["key"])
        sealed_at = datetime.strptime(said["at"], _INSTANT).replace(tzinfo=UTC)
        card = Card.from_json(said["card"])
        if (card.family is not None) != (place.purpose in (Purpose.PARENT, Purpose.ADDRESS)):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error, CardFieldRefused):
        raise CardRefused(CardReason.CONTENT, peer) from None
    _require_signed(peer, key_id, sealed_at, signature, _SIGNED + bound + payload, directory)
    return OpenedCard(card, key_id, sealed_at)


def same_youth_mark(same_key: SameKey, record_id: UUID) -> bytes:
    """HMAC(same_key of the youth, the family record's id)[:16], in the card's epoch."""
    return hmac.digest(same_key.reveal(), record_id.bytes, "sha256")[:NUMBER_SIZE]


def is_same_youth(family: FamilyPart, own_youth: SameKey, peer_record_id: UUID) -> bool:
    """Whether a peer's family card is about the very youth of the receiver's own record: then no family match."""
    return hmac.compare_digest(family.same_youth, same_youth_mark(own_youth, peer_record_id))


@lru_cache(maxsize=4096)
def require_fits(name: str, text: str) -> None:
    """Whether a text may stand on a card: for the place where it enters. Raises CardFieldRefused."""
    if _NOT_ON_A_CARD.search(text):
        raise CardFieldRefused(name, "no control characters, please")
    most = FIELD_BYTES[name]
    # Without control characters, JSON escapes nothing but these two.
    if len(text.encode()) + text.count('"') + text.count("\\") > most:
        raise CardFieldRefused(name, f"at most {most} bytes on a card")


def _require_signed(
    peer: Oin, key_id: str, sealed_at: datetime, signature: bytes, content: bytes, directory: Directory
) -> None:
    key = directory.key(peer, KeyKind.CARD, key_id)
    if key is None:
        raise CardRefused(CardReason.UNKNOWN_KEY, peer)
    if key.ended is KeyEnding.COMPROMISED:
        raise CardRefused(CardReason.COMPROMISED, peer)
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, content)
    except (InvalidSignature, ValueError):
        raise CardRefused(CardReason.SIGNATURE, peer) from None
    if not key.valid_at(sealed_at):
        raise CardRefused(CardReason.KEY_NOT_VALID, peer)


def _lock(card_key: CardKey, salt: bytes) -> bytes:
    # HKDF-SHA256 (RFC 5869): extract with the salt, expand by one block.
    extracted = hmac.digest(salt, card_key.reveal(), "sha256")
    return hmac.digest(extracted, _LOCKED + b"\x01", "sha256")


def _encode(number: bytes) -> str:
    return base64.urlsafe_b64encode(number).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")
