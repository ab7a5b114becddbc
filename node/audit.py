"""What a node logs: every kind of line, and the only fields it may carry. None of them tells whom a signal is about.

Ids of signals and professionals are this node's own random numbers. ``by`` is the professional; absent when a job,
the hub or the operator did it.
"""

from ledger import Event

SIGNAL_REGISTERED = Event("signal.registered", ("by", "signal", "validUntil", "personKnown", "matches"))
SIGNAL_EXTENDED = Event("signal.extended", ("by", "signal", "validUntil"))
SIGNAL_ENDED = Event("signal.ended", ("by", "signal", "reason", "article", "archiveUntil", "matchesEnded"))
SIGNAL_UNDONE = Event("signal.undone", ("by", "signal", "matchesEnded"))
SIGNAL_DESTROYED = Event("signal.destroyed", ("signal", "reason", "article"))
SIGNAL_REFUSED = Event("signal.refused", ("by", "why"))
TAKEN_BACK_OFTEN = Event("signals.takenBackOften", ("by", "signals"))
SEARCHES_MISSED_OFTEN = Event("searches.missedOften", ("by", "searches"))
MATCHES_READ = Event("matches.read", ("by", "signal", "matches"))
MATCH_TOLD = Event("match.told", ("signal", "other", "kind"))
YOUTH_COMPLETED = Event("youth.completed", ("signals", "matches"))
YOUTH_CHANGED = Event("youth.changed", ("signal", "changes", "matches", "matchesEnded"))
PEOPLE_ASKED_AGAIN = Event("people.askedAgain", ("day", "youths", "changed"))
RETENTION_RUN = Event("retention.run", ("day", "archived", "destroyed", "matchesEnded"))
PROFESSIONALS_IMPORTED = Event("professionals.imported", ("profiles", "changed"))
PEOPLE_IMPORTED = Event("people.imported", ("persons",))
SEALING_KEY_MADE = Event("sealing.keyMade", ("key", "use", "wrappedBy"))
SEALING_KEY_WRAPPED = Event("sealing.keyWrappedAnew", ("key", "use", "wrappedBy"))
NODE_STARTED = Event("node.started", ())
BACKUP_MADE = Event("backup.made", ())
BACKUP_RESTORED = Event("backup.restored", ())

EVENTS: tuple[Event, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Event))
"""All of them; the reference page is tested against this."""
