"""A region's own card and sealing keys, each in a file that only its owner can read.

A card key (Ed25519) signs cards; a sealing key (HPKE) opens what is sealed to this region. No key is ever deleted:
an ended sealing key still opens what was sent before, and an ended card key stays in the statement.
"""

import base64
import binascii
import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs.hpke import SealingKey
from certs.keyring import canonical
from certs.secret import Secret, SecretRefused
from certs.statements import KeyEnding, KeyKind, StatedKey

INSTANT = "%Y-%m-%dT%H:%M:%SZ"
Random = Callable[[int], bytes]


class RegionKeyMissing(Exception):
    """There is no such key in this directory, or none that may be used now. The text says how to make one."""


class RegionKeyUnusable(Exception):
    """A key file cannot be used: others may read it, or it is damaged. Names the file, never what is in it."""


class CardSigningKey(Secret):
    """The private half of a card key: an Ed25519 seed."""

    __slots__ = ("_key",)

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        # Making it from the seed costs as much as a signature.
        self._key = Ed25519PrivateKey.from_private_bytes(content)

    def sign(self, content: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes."""
        return self._key.sign(content)

    def public(self) -> bytes:
        """The public half, 32 bytes."""
        return self._key.public_key().public_bytes_raw()


@dataclass(frozen=True, slots=True)
class RegionKey:
    """One key with its private half. ``stated`` is what the directory says of it."""

    stated: StatedKey
    private: CardSigningKey | SealingKey = field(repr=False)

    @property
    def id(self) -> str:
        return self.stated.id

    @property
    def card_key(self) -> CardSigningKey:
        """The private half of a card key."""
        if not isinstance(self.private, CardSigningKey):
            raise RegionKeyMissing(f"{self.id} is no card key.")
        return self.private

    @property
    def sealing_key(self) -> SealingKey:
        """The private half of a sealing key."""
        if not isinstance(self.private, SealingKey):
            raise RegionKeyMissing(f"{self.id} is no sealing key.")
        return self.private


class RegionKeys:
    """The keys in one directory.

    Each call looks whether a file has changed, so that a key made by the command line counts at once; what has not
    changed is not read again. Safe for several threads.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._known: tuple[object, tuple[RegionKey, ...]] = ((), ())

    def new(self, kind: KeyKind, now: datetime, random: Random) -> RegionKey:
        """A new key, valid from now. Others of its kind go on until they are ended."""
        private = CardSigningKey(random(32)) if kind is KeyKind.CARD else SealingKey(random(SealingKey.SIZE))
        start = now.astimezone(UTC).replace(microsecond=0)
        name = f"{kind.value}-{start:%Y%m%d}-{random(4).hex()}"
        key = RegionKey(StatedKey(name, kind, private.public(), start, None, None), private)
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write(key, fresh=True)
        return key

    def end(self, key_id: str, how: KeyEnding, now: datetime) -> RegionKey:
        """End a key. Twice changes nothing, but that a rotated key may still turn out compromised, never back."""
        key = self.find(key_id)
        if key.stated.ended is KeyEnding.COMPROMISED or key.stated.ended is how:
            return key
        end = max(now.astimezone(UTC).replace(microsecond=0), key.stated.valid_from)
        ended = replace(key, stated=replace(key.stated, valid_until=key.stated.valid_until or end, ended=how))
        self._write(ended, fresh=False)
        return ended

    def every(self) -> tuple[RegionKey, ...]:
        """All keys, ended ones too, oldest first."""
        seen = _state(self.directory)
        known_as, keys = self._known
        if seen != known_as:
            # The state from before the reading is remembered: a file replaced meanwhile is read at the next call.
            read = [_read(Path(path)) for path, *_ in seen]
            keys = tuple(sorted(read, key=lambda key: (key.stated.valid_from, key.id)))
            self._known = (seen, keys)
        return keys

    def find(self, key_id: str) -> RegionKey:
        """The key of this id. Raises RegionKeyMissing."""
        for key in self.every():
            if key.id == key_id:
                return key
        raise RegionKeyMissing("There is no key of this id here.")

    def current(self, kind: KeyKind) -> RegionKey:
        """The newest key of this kind that has not ended. Raises RegionKeyMissing."""
        usable = [key for key in self.every() if key.stated.kind is kind and key.stated.ended is None]
        if not usable:
            raise RegionKeyMissing(f"This region has no {kind.value} key: make one with `verwijsindex node keys new`.")
        return usable[-1]

    def stated(self) -> tuple[StatedKey, ...]:
        """What goes into the key statement."""
        return tuple(key.stated for key in self.every())

    def _write(self, key: RegionKey, *, fresh: bool) -> None:
        content = canonical({**key.stated.to_json(), "private": base64.b64encode(key.private.reveal()).decode()})
        write_private(self.directory / f"{key.id}.json", content + b"\n", fresh=fresh)


def write_private(file: Path, content: bytes, *, fresh: bool = False, mode: int = 0o600) -> None:
    """Write a file that only its owner can read, whole or not at all. ``fresh``: never over one that is there."""
    if fresh and file.exists():
        raise FileExistsError(f"{file} exists already")
    beside = file.with_name(f".{file.name}.{os.getpid()}.new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(file)
    # The rename itself must survive a power cut too.
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_private(file: Path) -> bytes:
    """Read a file that nobody but its owner may read. Raises RegionKeyUnusable."""
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise RegionKeyUnusable(
                f"{file}: others than its owner may read this key; chmod 600 it, or better, renew it"
            )
        return file.read_bytes()
    except OSError as error:
        raise RegionKeyUnusable(f"{file}: cannot be read ({error.strerror})") from None


def _state(directory: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Each key file with what changes when it is replaced or its mode is changed."""
    try:
        with os.scandir(directory) as entries:
            files = [(entry.path, entry.stat()) for entry in entries if entry.name.endswith(".json")]
    except FileNotFoundError:
        return ()
    return tuple(sorted((path, found.st_ino, found.st_size, found.st_ctime_ns) for path, found in files))


def _read(file: Path) -> RegionKey:
    try:
        said: dict[str, Any] = json.loads(read_private(file))
        raw = base64.b64decode(said.pop("private"), validate=True)
        stated = StatedKey.from_json(said)
        private = CardSigningKey(raw) if stated.kind is KeyKind.CARD else SealingKey(raw)
        if private.public() != stated.public:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error, SecretRefused):
        raise RegionKeyUnusable(f"{file}: is not a key file of this program, or is damaged") from None
    return RegionKey(stated, private)
