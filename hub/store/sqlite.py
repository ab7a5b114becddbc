"""The hub's store on SQLite, and how it begins: which pepper, which generation, which seed."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from hub import audit
from hub.matching import local_date
from hub.outside import Outside
from hub.store import registration
from hub.store.sql import SqlStore
from ledger import Database, Steps, Tx, record

STEPS = Steps.of("hub.store.migrations")
"""The numbered schema steps."""


class PepperDiffers(Exception):
    """The pepper is not the one that this database was filled with: every match would silently be missed."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a hub began: its generation, whether its memory was older and got a new seed, deletions replayed."""

    generation: int
    new_seed: bool
    replayed: int


def open_database(path: Path, *, migrate: bool = False) -> Database:
    """Open the hub's database; without ``migrate`` a pending step raises ``SchemaDiffers``."""
    return Database.open(path, STEPS, migrate=migrate)


def store_on(database: Database, outside: Outside) -> SqlStore:
    """The store on an open database. SQLite writes one by one, so there are no tags to hold."""
    return SqlStore(database, outside.note, kept=outside.remember)


def begin(database: Database, outside: Outside, now: datetime, seed: UUID, version: str) -> Beginning:
    """Take the database into service. Raises PepperDiffers and changes nothing when it belongs to another pepper.

    A database of an older generation than the one outside, or without the line of the audit log that is remembered
    there, was restored, or is new where one was lost. It takes the seed given, its records match nobody until their
    region's comparison has finished or they are offered again, and the deletions that it forgot are done once more.
    The generation rises at each beginning, in the database first: stopped in between, the database is ahead and
    simply leads.
    """
    pepper_check = outside.pepper().check()
    generation = outside.generation()
    deletions = outside.deletions()
    remembered = outside.audit_head()

    def change(tx: Tx) -> tuple[Beginning, audit.AuditHead | None]:
        house = tx.one("SELECT generation, pepper_check FROM house")
        if house is not None and house["pepper_check"] != pepper_check:
            raise PepperDiffers("the pepper outside is not the one that this database was filled with")
        kept = house["generation"] if house is not None else 0
        older = kept < generation or (remembered is not None and not audit.has(tx, remembered))
        next_generation = max(kept, generation) + 1
        replayed = 0
        if house is None:
            tx.execute(
                "INSERT INTO house (only_one, seed, generation, pepper_check) VALUES (1, ?, ?, ?)",
                (seed.bytes, next_generation, pepper_check),
            )
        elif older:
            tx.execute("UPDATE house SET seed = ?", (seed.bytes,))
            tx.execute("UPDATE record SET old = 1")
            # A batch of before would be answered from memory, without confirming its records.
            tx.execute("DELETE FROM batch")
            tx.execute(
                "UPDATE region SET comparison_due = 1"
                " WHERE EXISTS (SELECT 1 FROM record WHERE record.region = region.region)"
            )
        if older:
            replayed = registration.replay(tx, deletions, local_date(now))
        tx.execute("UPDATE house SET generation = ?", (next_generation,))
        new_seed = older or house is None
        record(
            tx, audit.HUB_BEGUN, now, generation=next_generation, new_seed=new_seed, replayed=replayed, version=version
        )
        return Beginning(next_generation, new_seed, replayed), audit.head(tx)

    beginning, head = database.write_now(change)
    outside.set_generation(beginning.generation)
    if head is not None:
        outside.begin_from(head)
    return beginning


def remember(database: Database, outside: Outside) -> None:
    """Keep the head of the audit log outside: a copy made until now, put back by hand, is recognised as old."""
    head = database.read_now(audit.head)
    if head is not None:
        outside.remember(head)


def raise_generation(database: Database, outside: Outside) -> int:
    """Leave every copy of the database made until now behind: one put back later is recognised as old."""

    def change(tx: Tx) -> int:
        tx.execute("UPDATE house SET generation = generation + 1")
        row = tx.one("SELECT generation FROM house")
        if row is None:
            raise LookupError("the hub has not begun")
        return int(row["generation"])

    generation = database.write_now(change)
    outside.set_generation(generation)
    return generation


def backup(database: Database, outside: Outside, target: Path, now: datetime) -> int:
    """Copy a consistent state into a new file while the hub works; returns the generation that the copy has.

    The generation rises right after, so that this very copy is known as old when it is put back. Raises
    FileExistsError.
    """
    database.backup(target)
    generation = raise_generation(database, outside)
    database.write_now(lambda tx: record(tx, audit.BACKUP_MADE, now, generation=generation - 1))
    return generation - 1
