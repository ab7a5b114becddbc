"""Tests of the hash-chained audit log: every kind of tampering is named by its line."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from ledger import AUDIT_TABLE, Database, Event, Steps, Tx, last_lines, record, verify
from ledger.audit import FieldNotAllowed
from ledger.migrations import Step

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OPENED = Event("opened", ("door", "times"))


def _opened(times: int, tx: Tx) -> int:
    return record(tx, OPENED, NOW, door="front", times=times)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(tmp_path / "audit.db", Steps("test", (Step("0001_audit.sql", AUDIT_TABLE),)))
    for number in range(1, 6):
        database.write_now(partial(_opened, number))
    yield database
    database.close()


def tamper(db: Database, sql: str) -> None:
    """What a thief with the file can do: drop the triggers, then edit."""
    connection = sqlite3.connect(db.path)
    connection.executescript(f"DROP TRIGGER audit_is_never_edited; DROP TRIGGER audit_is_never_shortened; {sql}")
    connection.close()


def test_an_untouched_log_verifies(db: Database) -> None:
    """Five lines, an intact chain, a head."""
    report = db.read_now(verify)

    assert (report.lines, report.intact) == (5, True)
    assert report.head != bytes(32)


@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        ("UPDATE audit SET fields = '{}' WHERE number = 3;", 3),
        ("UPDATE audit SET at = '2020' WHERE number = 1;", 1),
        ("DELETE FROM audit WHERE number = 4;", 4),
        ("UPDATE audit SET number = 9 WHERE number = 5;", 5),
        ("INSERT INTO audit SELECT 6, at, event, fields, hash FROM audit WHERE number = 5;", 6),
    ],
)
def test_tampering_is_named_by_its_line(db: Database, sql: str, broken: int) -> None:
    """An edited, removed, renumbered or repeated line is the first broken one."""
    tamper(db, sql)

    assert db.read_now(verify).first_broken == broken


def test_a_cut_tail_shows_in_the_head(db: Database) -> None:
    """A chain that was cut off verifies, but its head is not the head that was noted."""
    noted = db.read_now(verify).head
    tamper(db, "DELETE FROM audit WHERE number = 5;")

    report = db.read_now(verify)
    assert report.intact
    assert report.head != noted


def test_the_operator_reads_it_in_words(db: Database) -> None:
    """What a walk found, and the last lines, oldest first."""
    whole = db.read_now(verify)
    shown = db.read_now(lambda tx: last_lines(tx, 2))
    tamper(db, "DELETE FROM audit WHERE number = 3;")

    assert whole.words == f"5 lines, intact. Head: {whole.head.hex()}"
    assert [line.split("  ")[0] for line in shown] == ["4", "5"]
    assert "broken: line 3 does not follow" in db.read_now(verify).words


def test_the_table_refuses_edits_by_the_program(db: Database) -> None:
    """Update and delete abort while the triggers stand."""
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.write_now(lambda tx: tx.execute("DELETE FROM audit").rowcount)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.write_now(lambda tx: tx.execute("UPDATE audit SET at = ''").rowcount)


def test_a_field_outside_the_table_is_refused_by_name_only(db: Database) -> None:
    """The error names the field and never the value."""
    with pytest.raises(FieldNotAllowed) as caught:
        db.write_now(lambda tx: record(tx, OPENED, NOW, bsn="999990019"))

    assert "bsn" in str(caught.value)
    assert "999990019" not in str(caught.value)
