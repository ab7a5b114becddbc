"""A professional says of a match that there was contact, or that it was settled who does what; or takes it back.

One write: the match through an active signal of one's own or of a colleague for whom one stands in, the mark with its
day, the audit line. Inside the region both sides see it at once. Of a match with another region the same write leaves
a sealed message that says all that this side says of it now; the other side sees it when its region has heard it. Then
a nudge.

What if we stop here? The message leaves by itself; heard twice, or late, the latest word counts.
"""

from datetime import UTC, date
from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import rights
from node.domain.days import local_day
from node.domain.errors import MatchOver, MatchUnknown, SignalOver, SignalUnknown
from node.domain.marks import Mark, require_day
from node.domain.rights import Act
from node.domain.sealed import MOST_PAIRS, Marked, write
from node.flows.capacity import behalf, capacity
from node.flows.desk import Desk
from node.flows.end_signal import require_active
from node.store import mailbox, marks, professionals, sealed, signals
from node.store.mailbox import PairStatus
from node.store.marks import Side


async def mark_match(desk: Desk, who: UUID, match: UUID, mark: Mark, day: date | None = None) -> date:
    """This side says so, since that day (today, if None); returns the day. Said again with another day, it moves.

    Raises ProfessionalUnknown, MatchUnknown, MatchOver, and FieldNotFit for a day before the match or still to come.
    """

    def change(tx: Tx) -> date:
        today = desk.today()
        side, on_behalf_of = _living(tx, desk, who, match)
        since = today if day is None else day
        require_day(since, local_day(side.told_at), today)
        if marks.put(tx, side.id, mark, since):
            record(
                tx,
                audit.MATCH_MARKED,
                desk.clock(),
                by=str(who),
                onBehalfOf=on_behalf_of,
                signal=str(side.signal),
                match=str(side.id),
                mark=mark.value,
                day=since.isoformat(),
            )
            _tell_region(tx, desk, side)
        return since

    since = await desk.db.write(change)
    desk.nudge()
    return since


async def unmark_match(desk: Desk, who: UUID, match: UUID, mark: Mark) -> None:
    """This side does not say so any more; twice does nothing more.

    Raises ProfessionalUnknown, MatchUnknown, MatchOver.
    """

    def change(tx: Tx) -> None:
        side, on_behalf_of = _living(tx, desk, who, match)
        if marks.take_back(tx, side.id, mark):
            record(
                tx,
                audit.MATCH_UNMARKED,
                desk.clock(),
                by=str(who),
                onBehalfOf=on_behalf_of,
                signal=str(side.signal),
                match=str(side.id),
                mark=mark.value,
            )
            _tell_region(tx, desk, side)

    await desk.db.write(change)
    desk.nudge()


def _tell_region(tx: Tx, desk: Desk, side: Side) -> None:
    """The other region hears all that our side says of this match, where it is one with another region."""
    if side.peer is None or side.pair_key is None:
        return
    pairs = [
        (pair.id.own_record_id, pair.id.peer_record_id)
        for pair in mailbox.joined(tx, side.signal, side.peer, side.pair_key)
        if pair.shown and pair.status is PairStatus.LIVING
    ]
    now = desk.clock()
    if pairs:
        said = Marked(tuple(pairs[:MOST_PAIRS]), marks.of_side(tx, side.id), now.astimezone(UTC).replace(microsecond=0))
        sealed.put(tx, desk.vault, desk.new_id(), side.peer, write(said), now, corrects=side.id)


def _living(tx: Tx, desk: Desk, who: UUID, match: UUID) -> tuple[Side, str | None]:
    """The side, if it lives and is one's own or of a colleague for whom one stands in; and on whose behalf.

    Another's, or one of a signal that is over, is not told to exist.
    """
    professional = professionals.get(tx, who)
    side = marks.side(tx, match)
    if side is None:
        raise MatchUnknown
    try:
        signal = signals.get(tx, side.signal)
        rights.require(professional, Act.MARK, signal, capacity(tx, professional, desk.today()))
        require_active(tx, desk, side.signal)
    except (SignalUnknown, SignalOver):
        raise MatchUnknown from None
    if side.ended_on is not None or side.valid_until <= desk.today():
        raise MatchOver
    return side, behalf(professional, signal)
