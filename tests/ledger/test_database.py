"""Tests of the one-writer database: changes are whole, shared commits stay apart, a full file loses nothing."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from ledger import Database, SchemaDiffers, Steps, Tx, WriteFailed
from ledger.migrations import Step

STEPS = Steps(
    "test", (Step("0001_first.sql", "CREATE TABLE box (name TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT;"),)
)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(tmp_path / "box.db", STEPS)
    yield database
    database.close()


def put(name: str) -> Callable[[Tx], str]:
    """A change that inserts one row."""

    def change(tx: Tx) -> str:
        tx.execute("INSERT INTO box VALUES (?, 1)", (name,))
        return name

    return change


async def test_a_write_is_seen_by_the_next_read(db: Database) -> None:
    """What write returned for is durable and visible."""
    assert await db.write(put("a")) == "a"

    assert len(await db.read(lambda tx: tx.all("SELECT * FROM box"))) == 1


async def test_many_read_then_update_changes_lose_nothing(db: Database) -> None:
    """240 concurrent read-then-write changes all count: a deferred transaction would lose most."""
    await db.write(lambda tx: tx.execute("INSERT INTO box VALUES ('n', 0)").rowcount)

    def add(tx: Tx) -> None:
        row = tx.one("SELECT count FROM box WHERE name = 'n'")
        assert row is not None
        tx.execute("UPDATE box SET count = ? WHERE name = 'n'", (row["count"] + 1,))

    await asyncio.gather(*(db.write(add) for _ in range(240)))

    row = await db.read(lambda tx: tx.one("SELECT count FROM box WHERE name = 'n'"))
    assert row is not None
    assert row["count"] == 240


async def test_a_change_that_fails_leaves_its_neighbours_in_the_same_commit(db: Database) -> None:
    """One of three changes that share a commit raises: it alone is undone."""

    def broken(tx: Tx) -> None:
        tx.execute("INSERT INTO box VALUES ('half', 1)")
        raise LookupError("no")

    results = await asyncio.gather(db.write(put("a")), db.write(broken), db.write(put("b")), return_exceptions=True)

    assert isinstance(results[1], LookupError)
    names = await db.read(lambda tx: [row["name"] for row in tx.all("SELECT name FROM box ORDER BY name")])
    assert names == ["a", "b"]


async def test_a_cancelled_caller_does_not_tear_its_change(db: Database) -> None:
    """A disconnect while the change is under way leaves a whole change."""
    task = asyncio.create_task(db.write(put("x")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await db.write(lambda tx: len(tx.all("SELECT * FROM box"))) == 1


async def test_a_full_file_refuses_and_works_again_when_there_is_room(db: Database) -> None:
    """SQLite's own limit on pages stands for a full disk: nothing half, nothing lost, and it goes on."""

    def fill(tx: Tx) -> None:
        tx.execute("PRAGMA max_page_count = 1")
        for number in range(2000):
            tx.execute("INSERT INTO box VALUES (?, 1)", (f"{number}" * 50,))

    with pytest.raises(WriteFailed):
        await db.write(fill)
    await db.write(lambda tx: tx.execute("PRAGMA max_page_count = 1000000").fetchone() and None)
    await db.write(put("after"))

    assert await db.read(lambda tx: [row["name"] for row in tx.all("SELECT name FROM box")]) == ["after"]


async def test_a_reader_cannot_write(db: Database) -> None:
    """Reader connections refuse changes."""
    with pytest.raises(sqlite3.OperationalError):
        await db.read(lambda tx: tx.execute("INSERT INTO box VALUES ('x', 1)"))


def test_a_backup_is_whole_and_private(db: Database, tmp_path: Path) -> None:
    """The copy holds the committed rows and is readable by its owner only."""
    db.write_now(put("x"))
    db.backup(tmp_path / "copy.db")

    copy = sqlite3.connect(tmp_path / "copy.db")
    assert copy.execute("SELECT name FROM box").fetchall() == [("x",)]
    copy.close()
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0


def test_programs_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    """A program and a command of an operator may open a new database at the same moment: one migrates, all go on."""
    more = Steps("test", (*STEPS.steps, Step("0002_more.sql", "CREATE TABLE more (x TEXT) STRICT;")))
    start = threading.Barrier(6)

    def begin(number: int) -> None:
        start.wait()
        database = Database.open(tmp_path / "box.db", more)
        database.write_now(put(str(number)))
        database.close()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(begin, range(6)))

    with closing(sqlite3.connect(tmp_path / "box.db")) as found:
        assert found.execute("SELECT count(*) FROM box").fetchone() == (6,)


def test_an_edited_step_stops_the_program(tmp_path: Path) -> None:
    """A step whose text changed after it was applied is refused."""
    Database.open(tmp_path / "box.db", STEPS).close()
    edited = Steps("test", (Step("0001_first.sql", "CREATE TABLE other (x TEXT) STRICT;"),))

    with pytest.raises(SchemaDiffers, match="edited"):
        Database.open(tmp_path / "box.db", edited)


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """A database with a step this version does not know is not touched."""
    newer = Steps("test", (*STEPS.steps, Step("0002_more.sql", "CREATE TABLE more (x TEXT) STRICT;")))
    Database.open(tmp_path / "box.db", newer).close()

    with pytest.raises(SchemaDiffers, match="newer"):
        Database.open(tmp_path / "box.db", STEPS)


def test_a_failing_step_leaves_no_trace(tmp_path: Path) -> None:
    """The first statement of a step that fails on its second is undone."""
    broken = Steps(
        "test", (*STEPS.steps, Step("0002_more.sql", "CREATE TABLE more (x TEXT) STRICT;\nSELECT nonsense;\n"))
    )
    with pytest.raises(sqlite3.OperationalError):
        Database.open(tmp_path / "box.db", broken)

    database = Database.open(tmp_path / "box.db", STEPS)
    assert database.read_now(lambda tx: tx.one("SELECT 1 FROM sqlite_master WHERE name = 'more'")) is None
    database.close()


def test_without_migrate_a_pending_step_is_named(tmp_path: Path) -> None:
    """serve does not migrate behind the operator's back."""
    with pytest.raises(SchemaDiffers, match="0001_first"):
        Database.open(tmp_path / "box.db", STEPS, migrate=False)
