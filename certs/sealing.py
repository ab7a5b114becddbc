"""Sealing at rest: each field with AES-256-GCM bound to its table, row and key, under keys that are themselves wrapped.

What unwraps them (the key-encrypting key) lies outside the database: in a file that only its owner can read, in a
systemd credential, or behind a ``KeyProvider`` of your own for a KMS or a PKCS#11 token. A blind index finds a sealed
value without opening any.
"""

import base64
import binascii
import hmac
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from certs.secret import Secret

Random = Callable[[int], bytes]
KEY_SIZE = 32
_VERSION = 1
_NONCE = 12
_HEAD = 1 + 4 + _NONCE
_TAG = 16


class SealBroken(Exception):
    """A sealed field does not open: it was changed, moved to another row, or its key is not here."""


class KeysUnusable(Exception):
    """The keys at rest cannot be used. Says which file or key, and what to do; never what is in it."""


class KeyUse(StrEnum):
    """FIELD seals fields and may be renewed; ROOT is what blind indexes and other lasting keys follow from."""

    FIELD = "field"
    ROOT = "root"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """One key at rest, as a row in the database. ``provider_key`` names the key that wraps it."""

    key_id: int
    use: KeyUse
    provider_key: str
    wrapped: bytes = field(repr=False)


class KeyProvider(Protocol):
    """Wraps keys with one that never enters the database. A KMS or a PKCS#11 token fits here."""

    def current(self) -> str:
        """Name of the key that wraps from now on."""
        ...

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Wrap under the current key. Unwrapping needs the same context."""
        ...

    def unwrap(self, provider_key: str, wrapped: bytes, context: bytes) -> bytes:
        """Back. Raises KeysUnusable when that key is not here or the bytes were changed."""
        ...


class KeyEncryptingKey(Secret):
    """Wraps the keys of one database."""

    __slots__ = ()


class FileKeys:
    """Key-encrypting keys from a file: a line "name base64" for each, the current one first.

    To rotate, put a new line before the old ones, restart, re-wrap, and take the old lines out.
    """

    def __init__(self, keys: Mapping[str, KeyEncryptingKey], random: Random) -> None:
        if not keys:
            raise KeysUnusable("There is no key-encrypting key.")
        self._keys = dict(keys)
        self._random = random

    @classmethod
    def read(cls, file: Path, random: Random) -> "FileKeys":
        """From a file of mode 0400 (or 0600). Raises KeysUnusable."""
        try:
            if stat.S_IMODE(file.stat().st_mode) & 0o077:
                raise KeysUnusable(f"{file}: others than its owner may read it; chmod 400 it, or better, renew the key")
        except OSError as error:
            raise KeysUnusable(f"{file}: cannot be read ({error.strerror})") from None
        return cls._parse(file, random)

    @classmethod
    def from_credential(cls, name: str, environment: Mapping[str, str], random: Random) -> "FileKeys":
        """From systemd's LoadCredential: a file in $CREDENTIALS_DIRECTORY, which systemd keeps to the service."""
        directory = environment.get("CREDENTIALS_DIRECTORY")
        if not directory:
            raise KeysUnusable("There is no CREDENTIALS_DIRECTORY: is LoadCredential= in the unit?")
        if "/" in name or name in ("", ".", ".."):
            raise KeysUnusable("A credential is a name, not a path.")
        return cls._parse(Path(directory) / name, random)

    @classmethod
    def _parse(cls, file: Path, random: Random) -> "FileKeys":
        keys: dict[str, KeyEncryptingKey] = {}
        try:
            for line in file.read_text("ascii").splitlines():
                if line.strip():
                    name, text = line.split()
                    content = base64.b64decode(text, validate=True)
                    if len(content) != KEY_SIZE or name in keys:
                        raise ValueError
                    keys[name] = KeyEncryptingKey(content)
        except OSError as error:
            raise KeysUnusable(f"{file}: cannot be read ({error.strerror})") from None
        except (ValueError, binascii.Error):
            raise KeysUnusable(f'{file}: is not lines of "name base64", with 32 bytes each') from None
        if not keys:
            raise KeysUnusable(f"{file}: holds no key")
        return cls(keys, random)

    def current(self) -> str:
        """The name on the first line."""
        return next(iter(self._keys))

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """AES-256-GCM under the current key."""
        nonce = self._random(_NONCE)
        name = self.current()
        return nonce + AESGCM(self._keys[name].reveal()).encrypt(nonce, key, _wrapping(name, context))

    def unwrap(self, provider_key: str, wrapped: bytes, context: bytes) -> bytes:
        """Raises KeysUnusable, naming the key that is missing."""
        if provider_key not in self._keys:
            raise KeysUnusable(f"The key-encrypting key {provider_key} is not here.")
        try:
            return AESGCM(self._keys[provider_key].reveal()).decrypt(
                wrapped[:_NONCE], wrapped[_NONCE:], _wrapping(provider_key, context)
            )
        except (InvalidTag, ValueError):
            raise KeysUnusable(f"A key in the database does not open with {provider_key}: another file?") from None


def write_new_file(file: Path, name: str, random: Random) -> None:
    """A file with one new key-encrypting key, mode 0400. Never over one that is there."""
    if not name.isascii() or not name or any(sign.isspace() for sign in name):
        raise KeysUnusable("The name of a key is one word.")
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(handle, "wb") as out:
        out.write(name.encode() + b" " + base64.b64encode(random(KEY_SIZE)) + b"\n")
        out.flush()
        os.fsync(out.fileno())


def first_keys(provider: KeyProvider, random: Random) -> tuple[WrappedKey, ...]:
    """The keys of a new database, wrapped, to be stored before anything is sealed: one FIELD key and the ROOT."""
    return tuple(
        _wrapped(key_id, use, random(KEY_SIZE), provider) for key_id, use in ((1, KeyUse.FIELD), (2, KeyUse.ROOT))
    )


def next_field_key(known: Iterable[WrappedKey], provider: KeyProvider, random: Random) -> WrappedKey:
    """A newer FIELD key: what is sealed from now on is sealed with it, what was sealed before still opens."""
    return _wrapped(max(key.key_id for key in known) + 1, KeyUse.FIELD, random(KEY_SIZE), provider)


def rewrapped(known: Iterable[WrappedKey], provider: KeyProvider) -> tuple[WrappedKey, ...]:
    """The keys that are not under the provider's current key, wrapped anew: to replace their rows in one transaction.

    Twice does no harm, and neither does stopping half-way: both wrappings open as long as both keys are in the file.
    """
    return tuple(
        _wrapped(key.key_id, key.use, _unwrapped(key, provider), provider)
        for key in known
        if key.provider_key != provider.current()
    )


class Sealing:
    """The opened keys of one database. Seals, opens and finds; the newest FIELD key seals, all of them open."""

    def __init__(self, keys: Iterable[WrappedKey], provider: KeyProvider, random: Random) -> None:
        known = sorted(keys, key=lambda key: key.key_id)
        self._fields = {key.key_id: AESGCM(_unwrapped(key, provider)) for key in known if key.use is KeyUse.FIELD}
        roots = [_unwrapped(key, provider) for key in known if key.use is KeyUse.ROOT]
        if not self._fields or len(roots) != 1:
            raise KeysUnusable("The database has no keys of its own, or not the right ones.")
        self._newest = max(self._fields)
        self._root = roots[0]
        self._random = random
        self._indexes: dict[str, bytes] = {}

    def seal(self, table: str, row: object, plaintext: bytes) -> bytes:
        """Seal a field for one row of one table. ``row`` is the row's id; its text is what counts."""
        nonce = self._random(_NONCE)
        head = bytes([_VERSION]) + self._newest.to_bytes(4, "big") + nonce
        return head + self._fields[self._newest].encrypt(nonce, plaintext, _place(table, row, self._newest))

    def unseal(self, table: str, row: object, sealed: bytes) -> bytes:
        """Back. Raises SealBroken: the wrong row or table, changed bytes, or a key that is not here."""
        key_id = int.from_bytes(sealed[1:5], "big")
        key = self._fields.get(key_id)
        if len(sealed) < _HEAD + _TAG or sealed[0] != _VERSION or key is None:
            raise SealBroken(f"A field in {table} is not sealed with a key that is here.")
        try:
            return key.decrypt(sealed[5:_HEAD], sealed[_HEAD:], _place(table, row, key_id))
        except InvalidTag:
            raise SealBroken(f"A field in {table} was changed or belongs to another row.") from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether a field was sealed with the newest key."""
        return int.from_bytes(sealed[1:5], "big") == self._newest

    def index(self, name: str, value: bytes) -> bytes:
        """Blind index: HMAC-SHA256 with a key for each name. Equal values give equal bytes, and say nothing else."""
        key = self._indexes.get(name)
        if key is None:
            key = self._indexes[name] = self.derived(f"index/{name}")
        return hmac.digest(key, value, "sha256")

    def derived(self, label: str) -> bytes:
        """A lasting key of 32 bytes of its own for this label (HKDF-Expand), the same after every restart."""
        return hmac.digest(self._root, b"vir/at-rest/v1|" + label.encode() + b"\x01", "sha256")

    def __repr__(self) -> str:
        return "Sealing(hidden)"


def _wrapped(key_id: int, use: KeyUse, key: bytes, provider: KeyProvider) -> WrappedKey:
    return WrappedKey(key_id, use, provider.current(), provider.wrap(key, _context(key_id, use)))


def _unwrapped(key: WrappedKey, provider: KeyProvider) -> bytes:
    return provider.unwrap(key.provider_key, key.wrapped, _context(key.key_id, key.use))


def _context(key_id: int, use: KeyUse) -> bytes:
    return f"vir/wrapped-key/v1|{use.value}|{key_id}".encode()


def _wrapping(name: str, context: bytes) -> bytes:
    return context + b"|" + name.encode()


def _place(table: str, row: object, key_id: int) -> bytes:
    return f"{table}|{row}|{key_id}".encode()
