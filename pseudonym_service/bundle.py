"""What the scheme owner handed over: the signed epoch file and each region's sealed secrets, read again on change.

Replace a file by renaming a new one over it. An epoch file that is not believed is not used: the last good one stays,
and the operator hears of it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certs.keyring import EpochFile, EpochFileRefused, verify_epoch_file
from certs.scheme import SealedSecretRefused, read_sealed_secrets
from soap_wsdl.vocabulary import EpochName, Oin, SealedSecret

EPOCH_FILE = "epochs.json"
SEALED = "sealed"


class BundleMissing(Exception):
    """There is no epoch file to work with yet. Says what to do."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a look at the files found: a newly accepted file, or why a new one was refused."""

    accepted: EpochFile | None
    refused: str | None


class Bundle:
    """The bundle directory as it is now. Safe for several threads."""

    def __init__(self, directory: Path, scheme_key: Ed25519PublicKey, lowest_serial: int) -> None:
        """``lowest_serial`` is the highest serial ever accepted here: a restart does not bring an older file back."""
        self._directory = directory
        self._scheme_key = scheme_key
        self._lowest = lowest_serial
        self._lock = threading.Lock()
        self._seen: object = None
        self._file: EpochFile | None = None

    def look(self, told: Callable[[Change], None] = lambda _change: None) -> EpochFile:
        """The epoch file in effect; one stat call when nothing changed. ``told`` hears of a newer or a refused one.

        Raises BundleMissing when there has never been a good one.
        """
        path = self._directory / EPOCH_FILE
        with self._lock:
            seen = _state(path)
            if seen != self._seen or seen is None:
                change = self._read(path)
                if change.refused or (change.accepted is not None and change.accepted.serial > self._lowest):
                    told(change)  # before it takes effect: what cannot be noted is tried again at the next look
                self._seen = seen
                if change.accepted is not None:
                    self._file, self._lowest = change.accepted, change.accepted.serial
            if self._file is None:
                raise BundleMissing(f"{path} holds no epoch file of the scheme owner: put the bundle there.")
            return self._file

    def sealed_for(self, oin: Oin) -> tuple[SealedSecret, ...]:
        """This region's sealed secrets; none when it was not admitted, or its file cannot be read."""
        try:
            found = read_sealed_secrets((self._directory / SEALED / f"{oin}.json").read_bytes())
        except (OSError, SealedSecretRefused):
            return ()
        return tuple(SealedSecret(EpochName(one.epoch), one.key_id, one.sealed) for one in found)

    def _read(self, path: Path) -> Change:
        try:
            file = verify_epoch_file(path.read_bytes(), self._scheme_key, self._file)
        except OSError:
            return Change(None, None if self._seen is None else "The epoch file is gone or cannot be read.")
        except EpochFileRefused as refused:
            return Change(None, str(refused))
        if file.serial < self._lowest:
            return Change(None, f"Epoch file {file.serial} is older than {self._lowest}, which was accepted before.")
        if self._file is not None and file.serial == self._file.serial:
            return Change(None, None)
        return Change(file, None)


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
