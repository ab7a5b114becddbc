"""Who did what, when: an append-only log in which each line carries the hash of all before it.

A line names its event, and an event names the only fields it may carry: what is not in the table cannot be logged.
The chain shows an edited, inserted or removed line; a cut-off tail shows only beside a head that was noted elsewhere,
so programs print the head in ``status`` and operators keep it with their backups.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from ledger.database import Tx

AUDIT_TABLE = """
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    event TEXT NOT NULL,
    fields TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TRIGGER audit_is_never_edited BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""
"""The table, to stand in a program's first migration word for word (a test compares)."""

_FIELDS = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
_LINE = json.JSONEncoder(separators=(",", ":"))
START = bytes(32)
"""The hash before the first line."""


@dataclass(frozen=True, slots=True)
class Event:
    """A kind of audit line and the names of the fields it may carry."""

    name: str
    fields: tuple[str, ...] = ()


class FieldNotAllowed(Exception):
    """A programmer's mistake: an audit line may carry only the fields of its event. Names the field, not the value."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What verification found. ``first_broken`` is the number of the first line that does not follow, or None."""

    lines: int
    head: bytes
    first_broken: int | None

    @property
    def intact(self) -> bool:
        """True when every line follows from the one before."""
        return self.first_broken is None

    @property
    def words(self) -> str:
        """In one line, for the operator."""
        if not self.intact:
            return f"The audit log is broken: line {self.first_broken} does not follow from the one before it."
        return f"{self.lines} lines, intact. Head: {self.head.hex()}"


def _hash(previous: bytes, number: int, at: str, event: str, fields: str) -> bytes:
    line = _LINE.encode([number, at, event, fields])
    return hashlib.sha256(previous + line.encode()).digest()


def record(tx: Tx, event: Event, at: datetime, **fields: str | int | bool | None) -> int:
    """Add one line in the caller's transaction and return its number. Fields that are None are left out.

    Raises FieldNotAllowed for a field the event does not have, or a value that is no text, number or truth value.
    """
    kept = {name: value for name, value in fields.items() if value is not None}
    for name, value in kept.items():
        if name not in event.fields:
            raise FieldNotAllowed(f"{event.name} carries no field {name}")
        if not isinstance(value, str | int | bool):
            raise FieldNotAllowed(f"{event.name}.{name} must be text, a number or a truth value")
    last = tx.one("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
    number, previous = (last["number"] + 1, last["hash"]) if last else (1, START)
    moment = at.astimezone(UTC).isoformat(timespec="milliseconds")
    text = _FIELDS.encode(kept)
    tx.execute(
        "INSERT INTO audit (number, at, event, fields, hash) VALUES (?, ?, ?, ?, ?)",
        (number, moment, event.name, text, _hash(previous, number, moment, event.name, text)),
    )
    return int(number)


def verify(tx: Tx) -> AuditReport:
    """Walk the whole chain. Lines are read one by one: a log of any length fits."""
    previous, lines = START, 0
    for row in tx.execute("SELECT number, at, event, fields, hash FROM audit ORDER BY number"):
        expected = _hash(previous, lines + 1, row["at"], row["event"], row["fields"])
        if row["number"] != lines + 1 or row["hash"] != expected:
            return AuditReport(lines, previous, lines + 1)
        previous, lines = expected, lines + 1
    return AuditReport(lines, previous, None)


def last_lines(tx: Tx, how_many: int) -> list[str]:
    """The last so many lines, oldest first, to show: number, moment, event and fields."""
    rows = tx.all("SELECT number, at, event, fields FROM audit ORDER BY number DESC LIMIT ?", (how_many,))
    return [f"{row['number']}  {row['at']}  {row['event']}  {row['fields']}" for row in reversed(rows)]
