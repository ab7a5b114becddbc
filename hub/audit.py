"""What the hub writes in its audit log: every event, and the only fields that it may carry.

No record id, tag, card or message content: the log says which region did what, when, and how much of it.
``docs/reference/audit-events-hub.md`` is held against this file by a test.
"""

from dataclasses import dataclass, field

from ledger import Event, Tx

HUB_BEGUN = Event("hub-begun", ("generation", "new_seed", "replayed", "version"))
"""The hub took its database into service; with a new seed, so many deletions were done again."""

REGISTERED = Event("signals-registered", ("oin", "batch", "registered", "updated", "unchanged", "refused", "family"))
"""A region registered a batch; how many records had which outcome, and whether they were family records."""

WITHDRAWN = Event("signals-withdrawn", ("oin", "batch", "withdrawn", "unchanged", "refused"))
"""A region withdrew a batch; how many records had which outcome."""

RETOLD = Event("mailbox-retold", ("oin",))
"""A region's mailbox was written anew from its pairs."""

CURSOR_AHEAD = Event("cursor-ahead", ("oin", "number"))
"""A region knows a higher notice number than the hub gave out: the hub lost memory without noticing."""

COMPARED = Event("comparison-declared", ("oin", "records", "agreed"))
"""A region whose comparison was due declared so many records; when it agreed, they match again."""

KEYS_PUBLISHED = Event("keys-published", ("oin", "serial"))
"""A region's key statement with this serial stands in the directory."""

SEALED_SENT = Event("sealed-message-sent", ("oin", "recipient", "sequence"))
"""A region sent another one a sealed message."""

SWEPT = Event("swept", ("archived", "destroyed", "notices", "tombstones"))
"""Dates passed: so many records were archived or destroyed, so many notices and tombstones forgotten."""

EPOCH_ENDED = Event("epoch-ended", ("epoch", "entries", "waiting"))
"""A pseudonym epoch ended: so many tags and cards were destroyed, so many records wait for a new epoch."""

REGION_ADDED = Event("region-added", ("oin", "name", "new"))
"""An operator registered a region, or made a known one active."""

REGION_SUSPENDED = Event("region-suspended", ("oin",))
"""An operator suspended a region."""

REGION_DEPARTED = Event("region-departed", ("oin", "records"))
"""A region left for good; so many of its records were ended and destroyed."""

BACKUP_MADE = Event("backup-made", ("generation",))
"""An operator copied the database as it was in this generation."""

EVENTS = (
    HUB_BEGUN,
    REGISTERED,
    WITHDRAWN,
    RETOLD,
    CURSOR_AHEAD,
    COMPARED,
    KEYS_PUBLISHED,
    SEALED_SENT,
    SWEPT,
    EPOCH_ENDED,
    REGION_ADDED,
    REGION_SUSPENDED,
    REGION_DEPARTED,
    BACKUP_MADE,
)
"""All of them."""


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The number and hash of a log's last line: a database without that very line is not the one that had it."""

    number: int
    hash: bytes = field(repr=False)


def head(tx: Tx) -> AuditHead | None:
    """The last line of the log; None before the first."""
    row = tx.one("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
    return AuditHead(row["number"], row["hash"]) if row is not None else None


def has(tx: Tx, line: AuditHead) -> bool:
    """Whether the log has this very line."""
    row = tx.one("SELECT hash FROM audit WHERE number = ?", (line.number,))
    return row is not None and bool(row["hash"] == line.hash)
