"""What closing a signal does, whichever way it is closed: archive or destroy, end its matches, tell the hub."""

from dataclasses import replace
from datetime import date, datetime

from ledger import Tx
from node.domain.matching import HowEnded
from node.domain.retention import Fate, Verdict
from node.domain.signal import ANNULS, Signal, State
from node.exchange import Exchange
from node.flows.desk import Desk
from node.flows.leave_moves import leave_moves
from node.store import archive_heard, archive_here, confirmations, informing, match_endings, outbox, sealed, signals
from soap_wsdl.vocabulary import Ending


def close(tx: Tx, desk: Desk | Exchange, signal: Signal, verdict: Verdict, on: date, at: datetime) -> int:
    """Carry out a verdict on a signal in the caller's transaction; says how many sides of matches it ended.

    A signal that should never have been, or is removed at request, makes its matches annulled, on both sides; every
    other end just ends them.
    Destroyed means gone with its side of every match, and the youth's data with the last signal about it. Who was told
    of it goes in either case: Jeugdwet 7.1.4.3(1) names what is kept, and the log has the proof that it was done.
    So does its place in every list that was told when the youth moved, here and in other regions.
    What was said of its matches to other regions is destroyed with it; they forget it with the match.
    """
    if verdict.fate is Fate.KEEP:
        return 0
    annulled = verdict.reason in ANNULS
    ended = match_endings.end_of_signal(tx, signal.id, HowEnded.ANNULLED if annulled else HowEnded.ENDED, on)
    leave_moves(tx, desk, signal.id, at)
    archive_heard.untell(tx, signal.id, at)
    if verdict.fate is Fate.ARCHIVE:
        informing.forget(tx, signal.id)
        archive_here.forget(tx, signal.id)
        confirmations.forget(tx, signal.id)
        signals.put(
            tx,
            replace(
                signal,
                state=State.ARCHIVED,
                ended_at=at,
                end_reason=verdict.reason,
                archive_until=verdict.archive_until,
            ),
        )
        outbox.end(tx, signal.id, Ending.ENDED, verdict.archive_until, at)
    else:
        sealed.withdraw_marks(tx, signal.id)
        signals.destroy(tx, signal)
        # By its date or by death it has ended, with no archive: annulled is said of mistakes and requests only.
        outbox.end(tx, signal.id, Ending.ANNULLED if annulled else Ending.ENDED, None, at)
    return ended
