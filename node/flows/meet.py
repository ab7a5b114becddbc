"""Matches inside the region: find who is near a signal and tell each pair once, to both sides."""

from hub_connector.pseudonyms import MatchKey
from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.matching import Meeting, meetings
from node.domain.professional import Professional
from node.domain.signal import Signal
from node.flows.desk import Desk
from node.store import match_endings, matches, signals


def meet(tx: Tx, desk: Desk, signal: Signal) -> int:
    """Tell the pairs that this signal makes inside the region, in the caller's transaction; says how many are new.

    Called again it tells what has become true since, and nothing twice.
    """
    now = desk.clock()
    near = signals.near(tx, signal.youth, desk.today())
    told = 0
    for meeting in meetings(signals.party(tx, signal), near, desk.rules):
        if matches.tell(tx, desk.vault, meeting, _match_key(desk, meeting), now):
            kind = "possible" if meeting.possible else meeting.kind.value
            record(tx, audit.MATCH_TOLD, now, signal=str(meeting.own), other=str(meeting.other), kind=kind)
            told += 1
    return told


def meet_anew(tx: Tx, desk: Desk, signal: Signal, who: Professional) -> int:
    """The signal is of ``who`` now, or ``who`` works elsewhere now: pairs that may not be end, new ones are told.

    Nobody meets himself, nor a colleague of the same location unless the region's rules say so. Says how many sides
    ended. Called again it does nothing more.
    """
    today = desk.today()
    ended = match_endings.end_with_person(tx, signal.id, who.person, today)
    if not desk.rules.same_location:
        ended += match_endings.end_at_location(tx, signal.id, who.location, today)
    meet(tx, desk, signal)
    return ended


def _match_key(desk: Desk, meeting: Meeting) -> str | None:
    """The same word for everyone who meets over the same parent or address; it leads back to neither."""
    return MatchKey(desk.vault.blind("match key", meeting.shared.hex())).word() if meeting.shared else None
