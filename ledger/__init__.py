"""The durable ground under each program: SQLite with one writer, numbered migrations, a hash-chained audit log."""

from ledger.audit import AUDIT_TABLE, AuditReport, Event, last_lines, record, verify
from ledger.database import Database, Tx, WriteFailed
from ledger.migrations import SchemaDiffers, Steps

__all__ = [
    "AUDIT_TABLE",
    "AuditReport",
    "Database",
    "Event",
    "SchemaDiffers",
    "Steps",
    "Tx",
    "WriteFailed",
    "last_lines",
    "record",
    "verify",
]
