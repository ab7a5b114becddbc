"""The epochs as the scheme owner signed them: read from the bundle, and read again when the file is replaced."""

import threading
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certs.keyring import EpochFile, EpochFileRefused, verify_epoch_file
from hub.matching import EpochDates, Schedule


class Epochs:
    """The schedule in effect. A file that is not believed is not used: the last good one stays and ``told`` hears why.

    Without any, the schedule is empty and every entry is of an unknown epoch: the hub may start before the bundle.
    """

    def __init__(self, directory: Path, scheme_key: Ed25519PublicKey, told: Callable[[str], None]) -> None:
        self._path = directory / "epochs.json"
        self._scheme_key = scheme_key
        self._told = told
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._file: EpochFile | None = None
        self._schedule = Schedule(())

    def schedule(self) -> Schedule:
        """The epochs as the file has them now; one stat call when nothing changed."""
        with self._lock:
            try:
                found = self._path.stat()
                seen = (found.st_mtime_ns, found.st_ino, found.st_size)
                if seen != self._seen:
                    self._seen = seen
                    self._file = verify_epoch_file(self._path.read_bytes(), self._scheme_key, self._file)
                    self._schedule = Schedule(
                        tuple(EpochDates(epoch.name, epoch.begins, epoch.ends) for epoch in self._file.epochs)
                    )
            except OSError:
                if self._seen is not None:
                    self._seen = None
                    self._told("The epoch file is gone or cannot be read; the last good one stays in use.")
            except EpochFileRefused as refused:
                self._told(str(refused))
            return self._schedule
