"""A copy of the database to keep, and putting one back.

A backup opens nothing without the key-encrypting key, which is not in it. What was ended after a backup was made is
in the ledger of deletions, which is kept apart from it and replayed before the copy takes the database's place.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from config.node import NodeSettings
from ledger import Tx
from ledger.audit import record
from node import app, audit
from node.door_files import serving_lock
from node.flows.restore import read_ledger, replay
from node.store import deletion_lines, outbox


class BackupUnusable(Exception):
    """The file is no backup of a node, or is damaged. Nothing was changed."""


def copy(settings: NodeSettings, target: Path) -> None:
    """A consistent copy, also while the node serves. Raises FileExistsError."""
    db = app.open_database(settings)
    try:
        db.backup(target)
        db.write_now(lambda tx: record(tx, audit.BACKUP_MADE, app.clock()))
    finally:
        db.close()


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: endings done again, and where the database that was there is kept, if there was one.

    ``unread`` says that it could not be read, so that endings of its last moments may be missing from the ledger.
    """

    replayed: int
    kept: Path | None = None
    unread: bool = False


def restore(settings: NodeSettings, source: Path) -> Restored:
    """Put ``source`` in place, marked as restored; what was ended since it was made is ended again.

    Raises AlreadyServing, BackupUnusable, and KeysUnusable for a copy that our key does not open. What if we stop
    here? Endings that only the replaced database knew are in the ledger first. Mark and replay are done in a file
    beside before it takes the place of the database by one rename; before that rename nothing has changed but lines
    of what did happen, after it all has.
    """
    database = settings.database
    with serving_lock(database):
        beside = database.with_name(f"{database.name}.restoring")
        _remove(beside)
        _copy_whole(source, beside)
        unread = database.exists() and not _last_endings(settings)
        replayed = _mark(settings, beside)
        kept = None
        if database.exists():
            kept = database.with_name(f"{database.name}.replaced-{app.clock():%Y%m%dT%H%M%S}")
            os.link(database, kept)
        _remove_logs(database)
        beside.replace(database)
        return Restored(replayed, kept, unread)


def _last_endings(settings: NodeSettings) -> bool:
    """Endings that the ledger has not got go there from the database that is replaced. False if it cannot be read."""
    try:
        with closing(sqlite3.connect(settings.database)) as connection:
            # What the log beside it still holds goes into the file first: the log stays behind.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.row_factory = sqlite3.Row
            waiting = outbox.deletions_to_copy(Tx(connection))
    except sqlite3.Error:
        return False
    deletion_lines.append(settings.deletions, [deletion for _, deletion in waiting])
    return True


def _remove(file: Path) -> None:
    """A database with the logs beside it: those that a restore left when it was killed belong to no other copy."""
    _remove_logs(file)
    file.unlink(missing_ok=True)


def _remove_logs(file: Path) -> None:
    for log in ("-wal", "-shm"):
        file.with_name(file.name + log).unlink(missing_ok=True)


def _copy_whole(source: Path, target: Path) -> None:
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out, source.open("rb") as content:
        shutil.copyfileobj(content, out)
        out.flush()
        os.fsync(out.fileno())
    try:
        with closing(sqlite3.connect(target)) as connection:
            (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error:
        said = "unreadable"
    if said != "ok":
        _remove(target)
        raise BackupUnusable(f"{source} is damaged, or no database; nothing was changed.")


def _mark(settings: NodeSettings, file: Path) -> int:
    ledger = read_ledger(settings.deletions, app.clock())

    copied = settings.model_copy(update={"database": file})
    db = app.open_database(copied, migrate=True)
    try:
        desk = app.desk_of(copied, db)

        def change(tx: Tx) -> int:
            record(tx, audit.BACKUP_RESTORED, app.clock())
            return replay(tx, desk, ledger)

        return db.write_now(change)
    finally:
        db.close()
