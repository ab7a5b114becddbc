"""What the hub writes in its audit log: every event, and the only fields that it may carry.

No record id, tag, card or message content: the log says which region did what, when, and how much of it.
``docs/reference/audit-events-hub.md`` explains each; a test holds the two together.
"""

from ledger import Event

BEGUN = Event("hub.begun", ("generation", "new_seed", "replayed", "version"))
REGISTERED = Event("signals.registered", ("oin", "batch", "registered", "updated", "unchanged", "refused", "family"))
WITHDRAWN = Event("signals.withdrawn", ("oin", "batch", "withdrawn", "unchanged", "refused"))
RETOLD = Event("mailbox.retold", ("oin",))
CURSOR_AHEAD = Event("mailbox.cursor_ahead", ("oin", "number"))
COMPARED = Event("comparison.finished", ("oin", "records", "agreed"))
KEYS_PUBLISHED = Event("keys.published", ("oin", "serial"))
SEALED_SENT = Event("sealed.sent", ("oin", "recipient", "sequence"))
SWEPT = Event("hub.swept", ("archived", "destroyed", "notices", "tombstones"))
EPOCH_ENDED = Event("epoch.ended", ("epoch", "entries", "waiting"))
REGION_ADDED = Event("region.added", ("oin", "name", "new"))
REGION_SUSPENDED = Event("region.suspended", ("oin",))
REGION_DEPARTED = Event("region.departed", ("oin", "records"))
BACKUP_MADE = Event("backup.made", ("generation",))

EVENTS = (
    BEGUN,
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
