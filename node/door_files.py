"""The files by which commands on this machine find a node that serves: its lock, its address and its token.

A lock of the operating system falls away with the process, however it ends, so a stale file misleads nobody.
"""

import fcntl
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOKEN_BYTES = 32


class AlreadyServing(Exception):
    """A node serves this database: what was asked needs it to be stopped, or goes through its door."""


class TokenUnsafe(Exception):
    """The token file may be read by others than its owner, or is no token."""


@contextmanager
def serving_lock(database: Path) -> Iterator[None]:
    """Held by the one process that may serve, or replace, this database. Raises AlreadyServing."""
    database.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(_beside(database, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServing("A node is serving this database.") from None
        yield
    finally:
        os.close(handle)


def write_address(database: Path, address: str) -> None:
    """Tell commands on this machine where the door is."""
    write_whole(_beside(database, "door"), json.dumps({"address": address}))


def forget_address(database: Path) -> None:
    """The door is closed."""
    _beside(database, "door").unlink(missing_ok=True)


def read_address(database: Path) -> str | None:
    """Where the door of the node that serves this database is; None when none serves."""
    try:
        with serving_lock(database):
            return None
    except AlreadyServing:
        pass
    try:
        address = json.loads(_beside(database, "door").read_text())["address"]
    except (OSError, ValueError, KeyError):
        # It is starting or stopping: in a moment it has a door, or the lock is free.
        raise AlreadyServing("A node is starting or stopping; try again in a moment.") from None
    return str(address)


def token(file: Path) -> str:
    """The token in this file, made when the file is not there. Raises TokenUnsafe."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, secrets.token_urlsafe(TOKEN_BYTES))
    return read_token(file)


def read_token(file: Path) -> str:
    """The token in this file. Raises TokenUnsafe when others may read it."""
    try:
        with file.open() as opened:
            found = os.fstat(opened.fileno())
            if stat.S_IMODE(found.st_mode) & 0o077 or found.st_uid != os.geteuid():
                raise TokenUnsafe(f"{file}: others than its owner may read it; remove it and start again")
            text = opened.read().strip()
    except OSError as error:
        raise TokenUnsafe(f"{file}: cannot be read ({error.strerror})") from None
    if len(text) < TOKEN_BYTES:
        raise TokenUnsafe(f"{file}: is too short to be a token; remove it and start again")
    return text


def write_whole(file: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(text + "\n")
    beside.replace(file)


def _beside(database: Path, what: str) -> Path:
    return database.with_name(f"{database.name}.{what}")
