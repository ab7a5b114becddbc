"""The epochs as the scheme owner signed them: read from the bundle, and read again when the file is replaced."""

import threading
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certs.keyring import EpochFile, EpochFileRefused, verify_epoch_file
from hub.matching import EpochDates, Schedule
from hub.store import epochs
from ledger import Database, WriteFailed


class Epochs:
    """The schedule in effect. A file that is not believed is not used: the last good one stays and ``told`` hears why.

    A file takes effect only once its serial is in the database, so that no restart brings an older one back. Without
    any, the schedule is empty and every entry is of an unknown epoch: the hub may start before the bundle.
    """

    def __init__(
        self, directory: Path, scheme_key: Ed25519PublicKey, database: Database, told: Callable[[str], None]
    ) -> None:
        self._path = directory / "epochs.json"
        self._scheme_key = scheme_key
        self._database = database
        self._told = told
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._file: EpochFile | None = None
        self._serial = database.read_now(epochs.serial)
        self._schedule = Schedule(())

    def schedule(self) -> Schedule:
        """The epochs as the file has them now; one stat call when nothing changed."""
        with self._lock:
            try:
                found = self._path.stat()
                seen = (found.st_mtime_ns, found.st_ino, found.st_size)
                if seen != self._seen:
                    self._take(self._path.read_bytes())
                    self._seen = seen
            except OSError:
                if self._seen is not None:
                    self._seen = None
                    self._told("The epoch file is gone or cannot be read; the last good one stays in use.")
            except EpochFileRefused as refused:
                self._seen = seen
                self._told(str(refused))
            except WriteFailed:
                # Not remembered as seen: the next look tries again.
                self._told("A new epoch file is not in use yet: the database did not take its serial.")
            return self._schedule

    def _take(self, signed: bytes) -> None:
        file = verify_epoch_file(signed, self._scheme_key, self._file)
        if file.serial < self._serial:
            raise EpochFileRefused(
                f"Epoch file {file.serial} is older than {self._serial}, which was in use before: put that one back."
            )
        if file.serial > self._serial:
            self._database.write_now(lambda tx: epochs.put_serial(tx, file.serial))
        self._file, self._serial = file, file.serial
        self._schedule = Schedule(tuple(EpochDates(epoch.name, epoch.begins, epoch.ends) for epoch in file.epochs))
