"""What the exchange of a node logs: every kind of line, and the only fields it may carry.

Records and signals are this node's own random numbers; ``peer`` is the OIN of a region.
"""

from ledger import Event

MATCH_HEARD = Event("match.heard", ("signal", "peer", "kind"))
CARD_REFUSED = Event("card.refused", ("peer", "record"))
ARCHIVE_TOLD = Event("archive.told", ("signal", "peer"))
ARCHIVE_FETCHED = Event("archive.fetched", ("by", "signal", "peer"))
OUTBOX_DECIDED = Event("outbox.decided", ("what", "signal", "record"))
MAILBOX_BEGAN_ANEW = Event("mailbox.beganAnew", ("records",))
RECONCILED = Event("reconciled", ("repaired", "withdrawn", "agreed", "dryRun"))
REKEYED = Event("rekeyed", ("epoch", "records"))
EPOCH_ENDED = Event("epoch.ended", ("epoch", "records"))
NODE_RESTORED = Event("node.restored", ("endingsReplayed",))
SEALED_SENT = Event("sealed.sent", ("peer", "kind", "message"))
SEALED_HEARD = Event("sealed.heard", ("peer", "kind", "message"))
SEALED_REFUSED = Event("sealed.refused", ("peer", "message"))
MOVE_REPORTED = Event("move.reported", ("peer", "signals", "told"))
MOVE_READ = Event("move.read", ("by", "move", "peer"))
KEYS_PUBLISHED = Event("keys.published", ("serial",))

EVENTS: tuple[Event, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Event))
"""All of them; the reference page is tested against this."""
