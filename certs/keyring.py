"""Pseudonym epochs: their dates, public keys and secrets, and the file in which the scheme owner signs them.

The file is canonical JSON, signed with Ed25519, in an envelope {"file", "signature"} in base64. Whoever reads it pins
the scheme owner's public key in its settings; nothing in the file counts before that signature holds.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from certs import ristretto
from certs.secret import Secret

PURPOSES = ("youth", "parent", "address", "vsn")
"""One key for each of these in every epoch; the names are those of the wire."""
MOST_IN_FORCE = 2
"""A record has at most two entries, so no day has more epochs."""
MOST_FILE = 262144
"""Bytes of a signed file."""
_SIGNED = b"vir/epoch-file/v1\x00"
_CHECKED = b"vir/s-check/v1"
_NAME = re.compile(r"[a-z0-9-]{1,16}")
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


class EpochFileRefused(Exception):
    """This epoch file is not believed: not signed by the pinned key, older than the one known, or not well made."""


class EpochUnknown(Exception):
    """The epoch file knows no epoch of this name: fetch it anew."""


class RegionSecret(Secret):
    """s: the regions' shared secret of one epoch, known to nodes and the scheme owner only."""

    __slots__ = ()

    def check(self) -> bytes:
        """What the epoch file says of it: SHA-256("vir/s-check/v1" || s)."""
        return hashlib.sha256(_CHECKED + self.reveal()).digest()


@dataclass(frozen=True, slots=True)
class Epoch:
    """A period with its own keys. In force on a day when begins <= day < ends, in local days."""

    name: str
    begins: date
    ends: date
    keys: Mapping[str, bytes]
    """Public key of the pseudonym service, by purpose."""
    secret_check: bytes

    def fits(self, secret: RegionSecret) -> bool:
        """Whether this is the secret that the scheme owner drew for this epoch."""
        return secret.check() == self.secret_check


@dataclass(frozen=True, slots=True)
class EpochFile:
    """What the scheme owner signed. ``signed`` is the file with its signature, byte for byte, to keep or hand out."""

    serial: int
    made_at: datetime
    service: str
    """URL of the pseudonym service."""
    regie_rules: tuple[str, ...]
    """The national order by which a matchregisseur between regions is named."""
    epochs: tuple[Epoch, ...]
    """In order of their beginnings."""
    signed: bytes = field(repr=False, compare=False)

    def in_force(self, day: date) -> tuple[Epoch, ...]:
        """The epochs in force on this local day: none, one, or two in an overlap, the newest last."""
        return tuple(epoch for epoch in self.epochs if epoch.begins <= day < epoch.ends)

    def epoch(self, name: str) -> Epoch:
        """The epoch of this name, over or not. Raises EpochUnknown."""
        for epoch in self.epochs:
            if epoch.name == name:
                return epoch
        raise EpochUnknown("The epoch file knows no epoch of this name; fetch it anew.")


def read_scheme_key(text: str) -> Ed25519PublicKey:
    """The scheme owner's public key as it stands in settings: 32 bytes in base64. Raises EpochFileRefused."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text.strip(), validate=True))
    except (ValueError, binascii.Error):
        raise EpochFileRefused("The scheme key in the settings is not 32 bytes in base64.") from None


def sign_epoch_file(
    key: Ed25519PrivateKey,
    *,
    serial: int,
    made_at: datetime,
    service: str,
    regie_rules: Sequence[str],
    epochs: Iterable[Epoch],
) -> EpochFile:
    """Sign a new file. Raises EpochFileRefused when what it says cannot be."""
    content = canonical(
        {
            "version": 1,
            "serial": serial,
            "madeAt": made_at.astimezone(UTC).strftime(_INSTANT),
            "service": service,
            "regieRules": list(regie_rules),
            "epochs": [
                {
                    "name": epoch.name,
                    "begins": epoch.begins.isoformat(),
                    "ends": epoch.ends.isoformat(),
                    "keys": {purpose: _base64(public) for purpose, public in epoch.keys.items()},
                    "secretCheck": _base64(epoch.secret_check),
                }
                for epoch in sorted(epochs, key=lambda epoch: (epoch.begins, epoch.name))
            ],
        }
    )
    signed = canonical({"file": _base64(content), "signature": _base64(key.sign(_SIGNED + content))})
    return verify_epoch_file(signed, key.public_key())


def verify_epoch_file(signed: bytes, scheme_key: Ed25519PublicKey, known: EpochFile | None = None) -> EpochFile:
    """Read an epoch file whose signature holds under the pinned key.

    ``known`` is the file believed so far: an older serial is refused, and so is the same serial with other content.
    Raises EpochFileRefused.
    """
    if len(signed) > MOST_FILE:
        raise EpochFileRefused("The epoch file is larger than any that the scheme owner makes.")
    try:
        envelope = json.loads(signed)
        content = base64.b64decode(envelope["file"], validate=True)
        scheme_key.verify(base64.b64decode(envelope["signature"], validate=True), _SIGNED + content)
    except InvalidSignature:
        raise EpochFileRefused("The epoch file is not signed by the scheme key in the settings.") from None
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError):
        raise EpochFileRefused("This is not an epoch file.") from None
    try:
        file = _file(json.loads(content), signed)
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise EpochFileRefused("The epoch file is signed but not as version 1 lays it out.") from None
    _require_sound(file)
    if known is not None and file.serial < known.serial:
        raise EpochFileRefused(f"Epoch file {file.serial} is older than {known.serial}, which is known already.")
    if known is not None and file.serial == known.serial and file != known:
        raise EpochFileRefused(f"There are two different epoch files with serial {file.serial}.")
    return file


def _file(said: Mapping[str, Any], signed: bytes) -> EpochFile:
    if said["version"] != 1 or type(said["serial"]) is not int or not isinstance(said["service"], str):
        raise ValueError
    rules = said["regieRules"]
    if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
        raise ValueError
    return EpochFile(
        serial=said["serial"],
        made_at=datetime.strptime(said["madeAt"], _INSTANT).replace(tzinfo=UTC),
        service=said["service"],
        regie_rules=tuple(rules),
        epochs=tuple(
            Epoch(
                name=each["name"],
                begins=date.fromisoformat(each["begins"]),
                ends=date.fromisoformat(each["ends"]),
                keys={purpose: base64.b64decode(key, validate=True) for purpose, key in each["keys"].items()},
                secret_check=base64.b64decode(each["secretCheck"], validate=True),
            )
            for each in said["epochs"]
        ),
        signed=signed,
    )


def _require_sound(file: EpochFile) -> None:
    seen: set[str] = set()
    publics: set[bytes] = set()
    for epoch in file.epochs:
        if not _NAME.fullmatch(epoch.name) or epoch.name in seen:
            raise EpochFileRefused("An epoch's name is 1 to 16 of a-z, 0-9 and -, and no two are equal.")
        if epoch.begins >= epoch.ends:
            raise EpochFileRefused(f"Epoch {epoch.name} ends before it begins.")
        if len(file.in_force(epoch.begins)) > MOST_IN_FORCE:
            raise EpochFileRefused(f"On {epoch.begins} more than two epochs would be in force.")
        require_public_keys(epoch.keys)
        if publics & set(epoch.keys.values()):
            raise EpochFileRefused(f"Epoch {epoch.name} has a public key that another epoch has too.")
        if len(epoch.secret_check) != hashlib.sha256().digest_size:
            raise EpochFileRefused(f"The check value of epoch {epoch.name} is not 32 bytes.")
        seen.add(epoch.name)
        publics |= set(epoch.keys.values())


def require_public_keys(keys: Mapping[str, bytes]) -> None:
    """One good public key for each purpose, no two equal. Raises EpochFileRefused."""
    if set(keys) != set(PURPOSES) or len(set(keys.values())) != len(PURPOSES):
        raise EpochFileRefused(f"An epoch has one key of its own for each of {', '.join(PURPOSES)}.")
    try:
        for public in keys.values():
            ristretto.require_element(public)
    except ristretto.ElementRefused:
        raise EpochFileRefused("A public key is not a ristretto255 element.") from None


def write_public_keys(epoch: str, keys: Mapping[str, bytes]) -> bytes:
    """The file that the pseudonym service gives the scheme owner: the public keys of one new epoch."""
    require_public_keys(keys)
    said = {"version": 1, "epoch": epoch, "keys": {purpose: _base64(public) for purpose, public in keys.items()}}
    return canonical(said) + b"\n"


def read_public_keys(content: bytes) -> tuple[str, dict[str, bytes]]:
    """The epoch's name and the public keys from such a file. Raises EpochFileRefused."""
    try:
        said = json.loads(content)
        if said["version"] != 1 or not _NAME.fullmatch(said["epoch"]):
            raise ValueError
        keys = {str(purpose): base64.b64decode(key, validate=True) for purpose, key in said["keys"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise EpochFileRefused("This is not a file of public keys from the pseudonym service.") from None
    require_public_keys(keys)
    return said["epoch"], keys


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: object) -> bytes:
    """JSON with sorted keys and no spaces, in UTF-8: the same value is the same bytes."""
    return _CANONICAL.encode(value).encode()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
