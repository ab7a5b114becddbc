"""The secret keys of the service: a sealed file of mode 0600 for each epoch, with a key for each purpose.

A key is drawn here and leaves only as its public half. It is destroyed when its epoch ends: after that, nobody can
derive a tag of that epoch any more, whatever else he has.
"""

import base64
import binascii
import json
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from certs.keyring import PURPOSES, Epoch, canonical, write_public_keys
from certs.oprf import SecretKey, random_scalar
from certs.ristretto import ScalarRefused
from certs.sealing import KeyProvider, KeysUnusable

_NAME = re.compile(r"[a-z0-9-]{1,16}")
_SUFFIX = ".keys.json"


class KeyMissing(Exception):
    """The secret key of an epoch in force cannot be used. Says what the operator should do."""


class KeysRefused(Exception):
    """These keys are not made or destroyed. Says why."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """The keys of one epoch in memory, and the state of the file they came from."""

    state: object
    keys: dict[str, SecretKey] = field(repr=False)


class SecretKeys:
    """The directory as it is now: a key made or destroyed by the command line counts at once. Safe for threads."""

    def __init__(self, directory: Path, provider: KeyProvider) -> None:
        self._directory = directory
        self._provider = provider
        self._lock = threading.Lock()
        self._opened: dict[str, _Opened] = {}

    def key(self, epoch: Epoch, purpose: str) -> SecretKey:
        """The key of one epoch and purpose, whose public half is the one that the scheme owner signed.

        Raises KeyMissing when it is not here, does not open, or is another.
        """
        with self._lock:
            key = self._open(epoch.name).get(purpose)
        if key is None or key.public() != epoch.keys[purpose]:
            raise KeyMissing(f"The key here for {epoch.name} is not the one in the epoch file: restore the right file.")
        return key

    def drop_destroyed(self) -> tuple[str, ...]:
        """Keep no keys in memory of which the file is gone, whoever removed it; returns the names of their epochs."""
        with self._lock:
            gone = tuple(sorted(name for name in self._opened if not _path(self._directory, name).exists()))
            for name in gone:
                del self._opened[name]
            return gone

    def _open(self, epoch: str) -> dict[str, SecretKey]:
        path = _path(self._directory, epoch)
        try:
            found = path.stat()
        except OSError:
            self._opened.pop(epoch, None)
            raise KeyMissing(f"There is no secret key for {epoch} here: restore {path.name} into its place.") from None
        state = (found.st_mtime_ns, found.st_ino, found.st_size)
        opened = self._opened.get(epoch)
        if opened is None or opened.state != state:
            if found.st_mode & 0o077:
                raise KeyMissing(f"Others than its owner may read {path.name}: renew the epoch, then chmod 600.")
            opened = self._opened[epoch] = _Opened(state, _read(path, epoch, self._provider))
        return opened.keys


def make(directory: Path, epoch: str, provider: KeyProvider, random: Callable[[int], bytes]) -> bytes:
    """Draw a key for each purpose into a new sealed file; returns the public keys file for the scheme owner.

    Raises KeysRefused when there are keys of this name: they are never replaced.
    """
    if not _NAME.fullmatch(epoch):
        raise KeysRefused("An epoch's name is 1 to 16 of a-z, 0-9 and -.")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = {purpose: SecretKey(random_scalar(random).reveal()) for purpose in PURPOSES}
    public = {purpose: key.public() for purpose, key in keys.items()}
    sealed = {purpose: _text(provider.wrap(key.reveal(), _context(epoch, purpose))) for purpose, key in keys.items()}
    content = canonical(
        {
            "version": 1,
            "epoch": epoch,
            "sealedBy": provider.current(),
            "keys": sealed,
            "public": {purpose: _text(key) for purpose, key in public.items()},
        }
    )
    try:
        handle = os.open(_path(directory, epoch), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeysRefused(f"There are keys for {epoch} already: they are never replaced. Take another name.") from None
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    _sync(directory)
    return write_public_keys(epoch, public)


def public_keys(directory: Path, epoch: str) -> bytes:
    """The public keys file once more. Raises KeysRefused when there are no such keys."""
    try:
        said = json.loads(_path(directory, epoch).read_bytes())
        public = {purpose: base64.b64decode(said["public"][purpose], validate=True) for purpose in PURPOSES}
    except (OSError, ValueError, KeyError, TypeError, binascii.Error):
        raise KeysRefused(f"There are no keys for {epoch} here.") from None
    return write_public_keys(epoch, public)


def names(directory: Path) -> tuple[str, ...]:
    """The epochs that there are secret keys for, by name."""
    return tuple(sorted(path.name.removesuffix(_SUFFIX) for path in directory.glob(f"*{_SUFFIX}")))


def destroy(directory: Path, epoch: str) -> None:
    """Overwrite and remove the secret keys of an epoch. Raises KeysRefused when there are none.

    A file system may keep old blocks: what is left there is sealed, and useless without the key-encrypting key.
    """
    path = _path(directory, epoch)
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except OSError:
        raise KeysRefused(f"There are no keys for {epoch} here that can be destroyed.") from None
    _sync(directory)


def _read(path: Path, epoch: str, provider: KeyProvider) -> dict[str, SecretKey]:
    try:
        said = json.loads(path.read_bytes())
        sealed_by, sealed = said["sealedBy"], said["keys"]
        return {
            purpose: SecretKey(
                provider.unwrap(sealed_by, base64.b64decode(sealed[purpose], validate=True), _context(epoch, purpose))
            )
            for purpose in PURPOSES
        }
    except KeysUnusable:
        raise KeyMissing(f"{path.name} does not open with the key-encrypting key in the settings.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, binascii.Error, ScalarRefused):
        raise KeyMissing(f"{path.name} is damaged: restore it.") from None


def _path(directory: Path, epoch: str) -> Path:
    if not _NAME.fullmatch(epoch):
        raise KeysRefused("An epoch's name is 1 to 16 of a-z, 0-9 and -.")
    return directory / f"{epoch}{_SUFFIX}"


def _context(epoch: str, purpose: str) -> bytes:
    return f"vir/epoch-key/v1|{epoch}|{purpose}".encode()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
