"""Putting a backup back: checked first, then swapped in by renames, the old database kept beside it."""

import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from hub.outside import Outside
from hub.store.sqlite import STEPS
from ledger import SchemaDiffers

_LOGS = ("-wal", "-shm")


class BackupUnusable(Exception):
    """This file is no whole database of a hub. Nothing was changed."""


def restore_database(source: Path, target: Path, outside: Outside, now: datetime) -> Path | None:
    """Make ``source`` the hub's database, migrated to this version; returns where the one before went, if any.

    The generation outside rises first, so that whatever stands at ``target`` afterwards is known as old: stopped
    half-way, the same again finishes it. Raises BackupUnusable and changes nothing when the backup is damaged.
    """
    fresh = target.with_name(f".{target.name}.restoring")
    for suffix in ("", *_LOGS):
        Path(f"{fresh}{suffix}").unlink(missing_ok=True)
    try:
        fresh.touch(mode=0o600)
        shutil.copyfile(source, fresh)
        with closing(sqlite3.connect(fresh, isolation_level=None)) as copy:
            if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise BackupUnusable(f"{source} is damaged.")
            generation = copy.execute("SELECT generation FROM house").fetchone()
            STEPS.apply(copy)
    except (OSError, sqlite3.Error, SchemaDiffers) as error:
        fresh.unlink(missing_ok=True)
        raise BackupUnusable(f"{source} is not a backup of this hub that this version can use.") from error
    outside.set_generation(max(outside.generation(), generation[0] if generation else 0) + 1)
    aside = None
    if target.exists():
        aside = target.with_name(f"{target.name}.before-{now:%Y%m%dT%H%M%SZ}")
        for suffix in _LOGS:
            # The log of the old database must never be read into the new one.
            log = Path(f"{target}{suffix}")
            if log.exists():
                log.rename(f"{aside}{suffix}")
        target.rename(aside)
    fresh.rename(target)
    return aside
