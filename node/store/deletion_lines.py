"""The ledger of deletions: a file beside the database, one line for each ending, which is not restored with it.

A line names a signal by its random id and says how it ended, nothing of whom it was about. What if we stop here? A
line that was left half is passed over, and never swallows the next one.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from node.store.outbox import Deletion
from soap_wsdl.vocabulary import Ending


def read(file: Path, since: datetime) -> list[Deletion]:
    """The endings since a moment, in the order in which they were written; none where there is no file."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [deletion for line in lines if (deletion := _deletion(line)) is not None and deletion.at >= since]


def append(file: Path, deletions: Sequence[Deletion]) -> None:
    """Write these, durably."""
    if not deletions:
        return
    text = "".join(map(_line, deletions))
    with _one_writer(file):
        handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b", buffering=0) as out:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                text = "\n" + text
            rest = text.encode()
            while rest:
                rest = rest[os.write(handle, rest) :]
            out.flush()
            os.fsync(handle)
        _keep_name(file)


def prune(file: Path, since: datetime) -> None:
    """Forget the endings before a moment."""
    if not file.exists():
        return
    with _one_writer(file):
        beside = file.with_name(f"{file.name}.new")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write("".join(map(_line, read(file, since))))
            out.flush()
            os.fsync(handle)
        beside.replace(file)
        _keep_name(file)


@contextmanager
def _one_writer(file: Path) -> Iterator[None]:
    """One at a time, in threads and processes: a line added to a file that is being replaced would be lost."""
    handle = os.open(file.with_name(f"{file.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _keep_name(file: Path) -> None:
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _line(deletion: Deletion) -> str:
    said = {
        "id": str(deletion.deletion_id),
        "signal": str(deletion.signal_id),
        "ending": deletion.ending.value,
        "archiveUntil": deletion.archive_until.isoformat() if deletion.archive_until else None,
        "at": deletion.at.isoformat(),
    }
    return json.dumps(said, separators=(",", ":")) + "\n"


def _deletion(line: str) -> Deletion | None:
    """None for a line that a power cut left half: its row is not marked as copied, so it is written again."""
    try:
        said = json.loads(line)
        return Deletion(
            UUID(said["id"]),
            UUID(said["signal"]),
            Ending(said["ending"]),
            date.fromisoformat(said["archiveUntil"]) if said["archiveUntil"] else None,
            datetime.fromisoformat(said["at"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
