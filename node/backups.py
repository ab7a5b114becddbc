"""A copy of the database to keep, and putting one back.

A backup opens nothing without the key-encrypting key, which is not in it. What was ended after a backup was made is
in the ledger of deletions, which is kept apart from it and replayed at the start after a restore.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from config.node import NodeSettings
from ledger import Tx
from ledger.audit import record
from node import app, audit
from node.door_files import serving_lock
from node.store import mailbox


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


def restore(settings: NodeSettings, source: Path) -> Path | None:
    """Put ``source`` in place, marked as restored; returns where the database that was there is kept, if there was one.

    Raises AlreadyServing, BackupUnusable. What if we stop here? The mark is set in a file beside before it takes the
    place of the database by one rename; before that rename nothing has changed, after it all has.
    """
    database = settings.database
    with serving_lock(database):
        beside = database.with_name(f"{database.name}.restoring")
        beside.unlink(missing_ok=True)
        _copy_whole(source, beside)
        _mark(settings, beside)
        kept = None
        if database.exists():
            # What the log beside it still holds goes into the file first: the log stays behind.
            with closing(sqlite3.connect(database)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            kept = database.with_name(f"{database.name}.replaced-{app.clock():%Y%m%dT%H%M%S}")
            os.link(database, kept)
        for log in ("-wal", "-shm"):
            database.with_name(database.name + log).unlink(missing_ok=True)
        beside.replace(database)
        return kept


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
        target.unlink()
        raise BackupUnusable(f"{source} is damaged, or no database; nothing was changed.")


def _mark(settings: NodeSettings, file: Path) -> None:
    def change(tx: Tx) -> None:
        mailbox.mark_restored(tx, restored=True)
        record(tx, audit.BACKUP_RESTORED, app.clock())

    db = app.open_database(settings.model_copy(update={"database": file}), migrate=True)
    try:
        db.write_now(change)
    finally:
        db.close()
