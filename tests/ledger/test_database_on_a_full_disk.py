"""Tests of a file that cannot grow: the writer says so, lives on, and works again when there is room."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import Database, Steps, Tx, WriteFailed
from ledger.migrations import Step

STEPS = Steps("test", (Step("0001_first.sql", "CREATE TABLE box (content BLOB NOT NULL UNIQUE) STRICT;"),))
ROW = "INSERT INTO box VALUES (randomblob(4000))"
ROWS = (
    "INSERT INTO box WITH RECURSIVE upto(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM upto WHERE n < 100) "
    "SELECT randomblob(4000) FROM upto"
)

NO_ROOM_TO_COPY = """
import asyncio, resource, sys, time
from pathlib import Path
from ledger import Database, Steps, database
from ledger.migrations import Step

database._QUIET_SECONDS = 0.05
path = Path(sys.argv[1])
steps = Steps("test", (Step("0001_first.sql", "CREATE TABLE box (content BLOB NOT NULL) STRICT;"),))

async def main():
    db = Database.open(path, steps)
    size = path.stat().st_size
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)

    def grow(tx):
        tx.many("INSERT INTO box VALUES (?)", [(bytes(4000),)] * 100)
        # From here on no file grows: the log is written, copying it into the file is what fails.
        loop.call_soon_threadsafe(grown.set)

    loop, grown = asyncio.get_running_loop(), asyncio.Event()
    await db.write(grow)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    await asyncio.sleep(0.5)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    await asyncio.wait_for(db.write(lambda tx: tx.execute("INSERT INTO box VALUES (x'00')").rowcount), 10)
    print(len(await db.read(lambda tx: tx.all("SELECT 1 FROM box"))))
    db.close()

asyncio.run(main())
"""


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(tmp_path / "box.db", STEPS)
    yield database
    database.close()


@pytest.mark.parametrize("sql", [ROW, ROWS], ids=["SQLite gives up all", "SQLite undoes the statement"])
async def test_a_change_that_finds_the_file_full_is_told_so_and_the_others_hear_the_truth(
    db: Database, sql: str
) -> None:
    """SQLite's own limit on pages stands for a full disk. Callers hear WriteFailed, never an error of SQLite."""

    def fill(tx: Tx) -> None:
        tx.execute("PRAGMA max_page_count = 1")
        try:
            for _ in range(100):
                tx.execute(sql)
        finally:
            tx.execute("PRAGMA max_page_count = 1000000")

    before, full, after = await asyncio.gather(
        db.write(lambda tx: tx.execute("INSERT INTO box VALUES (x'01')").rowcount),
        db.write(fill),
        db.write(lambda tx: tx.execute("INSERT INTO box VALUES (x'02')").rowcount),
        return_exceptions=True,
    )

    assert isinstance(full, WriteFailed)
    rows = [row["content"] for row in await db.read(lambda tx: tx.all("SELECT content FROM box ORDER BY content"))]
    assert all(result == 1 or isinstance(result, WriteFailed) for result in (before, after))
    kept = [content for content, result in ((b"\x01", before), (b"\x02", after)) if result == 1]
    assert rows == kept  # what was told as kept is there, and nothing else


def test_a_log_that_cannot_be_copied_back_does_not_end_the_writer(tmp_path: Path) -> None:
    """The writer copies its log in quiet moments; when the disk is full just then, later writes still come through."""
    command = [sys.executable, "-c", NO_ROOM_TO_COPY, str(tmp_path / "box.db")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "101"
    assert "Traceback" not in done.stderr


def test_a_change_offered_while_the_database_closes_is_done_or_refused(tmp_path: Path) -> None:
    """No caller waits for ever: what comes after the end is WriteFailed."""
    database = Database.open(tmp_path / "box.db", STEPS)
    database.close()

    with pytest.raises(WriteFailed):
        database.write_now(lambda tx: tx.execute("INSERT INTO box VALUES (x'00')").rowcount)
