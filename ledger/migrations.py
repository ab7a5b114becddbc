"""Numbered SQL files become a database: each applied once, in order, in one transaction, with its checksum kept.

A file is appended, never edited: a checksum that differs from what was applied stops the program, because nobody
can say any more what the database looks like.
"""

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Self

import sqlite_utils
from sqlite_utils import Migrations

_FILE = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")


class SchemaDiffers(Exception):
    """The database was made by other steps than this program has: newer, edited, or missing ones."""


@dataclass(frozen=True, slots=True)
class Step:
    """One migration file."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 over the text, hexadecimal."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    def statements(self) -> Iterator[str]:
        """The statements one by one: ``executescript`` would commit behind our back."""
        statement = ""
        for line in self.sql.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                yield statement
                statement = ""
        if statement.strip():
            raise SchemaDiffers(f"{self.name}: the last statement does not end with a semicolon")


@dataclass(frozen=True, slots=True)
class Steps:
    """All migration files of one program, in order, numbered from 0001 without gaps."""

    package: str
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, package: str) -> Self:
        """The ``0001_name.sql`` files that lie in ``package``; raises SchemaDiffers when a number is missing."""
        found = sorted(
            (
                Step(entry.name, entry.read_text("utf-8"))
                for entry in files(package).iterdir()
                if _FILE.match(entry.name)
            ),
            key=lambda step: step.name,
        )
        for number, step in enumerate(found, start=1):
            if int(step.name[:4]) != number:
                raise SchemaDiffers(f"{package}: migration {number:04d} is missing or double")
        return cls(package, tuple(found))

    def pending(self, connection: sqlite3.Connection) -> tuple[str, ...]:
        """Names of the steps that have not been applied; raises SchemaDiffers on any other difference."""
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'ledger_step'").fetchone()
        applied = dict(connection.execute("SELECT name, checksum FROM ledger_step")) if known else {}
        ours = {step.name: step.checksum for step in self.steps}
        for name, checksum in applied.items():
            if name not in ours:
                raise SchemaDiffers(f"The database has step {name}, this version has not: start the newer version.")
            if ours[name] != checksum:
                raise SchemaDiffers(f"Step {name} was edited after it was applied: restore the original file.")
        return tuple(name for name in ours if name not in applied)

    def apply(self, connection: sqlite3.Connection) -> tuple[str, ...]:
        """Apply what is pending and return the names. Twice does nothing. A failing step leaves no trace."""
        pending = self.pending(connection)
        database = sqlite_utils.Database(connection, execute_plugins=False)
        migrations = Migrations(self.package)
        for step in self.steps:
            migrations(name=step.name)(_runner(step))
        migrations.apply(database)
        return pending


def _runner(step: Step) -> Callable[[sqlite_utils.Database], None]:
    def run(database: sqlite_utils.Database) -> None:
        connection = database.conn
        connection.execute(
            "CREATE TABLE IF NOT EXISTS ledger_step (name TEXT PRIMARY KEY, checksum TEXT NOT NULL) STRICT"
        )
        for statement in step.statements():
            connection.execute(statement)
        connection.execute("INSERT INTO ledger_step VALUES (?, ?)", (step.name, step.checksum))

    return run
