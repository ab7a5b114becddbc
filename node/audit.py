"""What a node logs: every kind of line, and the only fields it may carry. None of them tells whom a signal is about.

Ids of signals and professionals are this node's own random numbers. ``by`` is the professional; absent when a job,
the hub or the operator did it.
"""

from ledger import Event

SIGNAL_REGISTERED = Event(
    "signal.registered", ("by", "signal", "validUntil", "personKnown", "matches", "importRun", "withoutBsn")
)
BSN_GIVEN = Event("signal.bsnGiven", ("by", "onBehalfOf", "signal", "kept", "personKnown", "matches", "matchesEnded"))
SIGNAL_COMPARED = Event("signal.compared", ("by", "onBehalfOf", "signal", "agrees"))
SIGNAL_EXTENDED = Event("signal.extended", ("by", "onBehalfOf", "signal", "validUntil"))
SIGNAL_RENEWED = Event("signal.renewed", ("by", "signal", "earlier"))
SIGNAL_ENDED = Event(
    "signal.ended", ("by", "onBehalfOf", "signal", "reason", "article", "archiveUntil", "matchesEnded")
)
SIGNAL_UNDONE = Event("signal.undone", ("by", "onBehalfOf", "signal", "matchesEnded"))
SIGNAL_DESTROYED = Event("signal.destroyed", ("signal", "reason", "article"))
SIGNAL_REMOVED = Event("signal.removedAtRequest", ("by", "signal", "reason", "article", "matchesEnded"))
SIGNAL_REFUSED = Event("signal.refused", ("by", "why"))
REFUSED_OFTEN = Event("signals.refusedOften", ("by", "signals"))
TAKEN_BACK_OFTEN = Event("signals.takenBackOften", ("by", "signals"))
SEARCHES_MISSED_OFTEN = Event("searches.missedOften", ("by", "searches"))
MATCHES_READ = Event("matches.read", ("by", "onBehalfOf", "signal", "matches"))
MATCH_TOLD = Event("match.told", ("signal", "other", "kind"))
MATCH_MARKED = Event("match.marked", ("by", "onBehalfOf", "signal", "match", "mark", "day"))
MATCH_UNMARKED = Event("match.unmarked", ("by", "onBehalfOf", "signal", "match", "mark"))
INFORMED = Event("signal.informed", ("by", "onBehalfOf", "signal", "told", "day", "manner"))
INFORMING_POSTPONED = Event("signal.informingPostponed", ("by", "onBehalfOf", "signal", "ground", "reviewOn"))
ARCHIVE_TOLD_HERE = Event("archive.toldHere", ("signal", "other"))
ARCHIVE_FETCHED_HERE = Event("archive.fetchedHere", ("by", "onBehalfOf", "signal", "other"))
YOUTH_COMPLETED = Event("youth.completed", ("signals", "matches"))
YOUTH_CHANGED = Event("youth.changed", ("signal", "changes", "matches", "matchesEnded"))
PEOPLE_ASKED_AGAIN = Event("people.askedAgain", ("day", "youths", "changed"))
RETENTION_RUN = Event("retention.run", ("day", "archived", "destroyed", "matchesEnded"))
PROFESSIONALS_IMPORTED = Event("professionals.imported", ("by", "lines", "changed"))
ADDRESSES_EXCLUDED = Event("addresses.excluded", ("by", "added", "removed", "youths", "matchesEnded", "matchesTold"))
RULES_APPLIED = Event("rules.applied", ("familyOn", "homeOn", "sameLocationOn", "signals", "matches", "matchesEnded"))
PEOPLE_IMPORTED = Event("people.imported", ("by", "persons"))
SEALING_KEY_MADE = Event("sealing.keyMade", ("key", "use", "wrappedBy"))
SEALING_KEY_WRAPPED = Event("sealing.keyWrappedAnew", ("key", "use", "wrappedBy"))
NODE_STARTED = Event("node.started", ())
BACKUP_MADE = Event("backup.made", ())
BACKUP_RESTORED = Event("backup.restored", ())

# People and organisations. Here ``by`` and ``holder`` are the random numbers of humans.
ORGANISATIONS_IMPORTED = Event("organisations.imported", ("by", "lines", "changed"))
AGREEMENTS_IMPORTED = Event("agreements.imported", ("by", "lines", "changed"))
DESIGNATIONS_IMPORTED = Event("designations.imported", ("by", "lines", "changed"))
AGREEMENT_SIGNED = Event("agreement.signed", ("by", "organisation", "gemeente", "starts", "ends"))
BSN_RIGHT_SET = Event("organisation.bsnRightSet", ("by", "organisation", "may", "saidSo"))
AGREEMENT_ENDED = Event("agreement.ended", ("by", "organisation", "gemeente", "ends"))
PROFESSIONAL_DESIGNATED = Event("professional.designated", ("by", "professional", "starts", "ends"))
DESIGNATION_ENDED = Event("designation.ended", ("by", "professional", "ends"))
CONTACT_CHANGED = Event("contact.changed", ("by", "professional", "signals"))
RENAMED = Event("renamed", ("by", "unit", "id", "signals"))
MERGED = Event("merged", ("by", "unit", "id", "into", "professionals", "signals"))
SUBSTITUTE_ARRANGED = Event("substitute.arranged", ("by", "absent", "substitute", "starts", "ends"))
SUBSTITUTE_ENDED = Event("substitute.ended", ("by", "absent", "substitute", "ends"))
SIGNALS_LISTED = Event("signals.listed", ("by", "professional", "signals"))
SIGNAL_TRANSFERRED = Event("signal.transferred", ("by", "signal", "from", "to", "matchesEnded"))
PROFESSIONAL_LEFT = Event("professional.left", ("by", "professional", "transferred", "ended"))
LOG_READ = Event("log.read", ("by", "professional", "signal", "what", "lines"))
ROLE_ASKED = Event("role.asked", ("by", "request", "role", "place", "holder"))
ROLE_GRANTED = Event("role.granted", ("by", "request", "role", "place", "holder"))
ROLE_END_ASKED = Event("role.endAsked", ("by", "request", "role", "place", "holder"))
ROLE_ENDED = Event("role.ended", ("by", "request", "role", "place", "holder"))

# Imports of signals. ``by`` is the random number of the human who runs the node; all else are counts.
IMPORT_TAKEN_IN = Event("import.takenIn", ("by", "run", "lines"))
IMPORT_TRIED = Event("import.tried", ("by", "lines", "doubles", "refused"))
IMPORTS_TRIED_OFTEN = Event("import.triedOften", ("by", "told"))
IMPORT_PAUSED = Event("import.paused", ("by", "run", "linesLeft"))
IMPORT_RESUMED = Event("import.resumed", ("by", "run", "linesLeft"))
IMPORT_CANCELLED = Event("import.cancelled", ("by", "run", "linesLeft"))
IMPORT_DONE = Event("import.done", ("run", "lines", "made", "doubles", "refused", "matches"))

EVENTS: tuple[Event, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Event))
"""All of them; the reference page is tested against this."""
