"""A youth with active signals moved to another gemeente: its regievoerder gets the list, the reporters hear of it.

1. The active signals about the youth, with who made them; without any there is nothing to tell.
2. Their professionals see on their signal that the youth moved.
3. A gemeente of this region: the list is kept here for its coördinator. Of another region: it leaves as a sealed
   message. Of no region that we know: an alarm, and an audit line.
4. Which signals stand in the list is noted: one that ends leaves it (``flows.leave_moves``).

All in the caller's transaction, with the change of the youth's data itself. Jeugdwet 7.1.2.3(1)g.
"""

from datetime import date, datetime
from uuid import UUID

from ledger import Tx
from ledger.audit import record as audit_line
from node import exchange_audit as events
from node.domain.bsn import Bsn
from node.domain.days import local_day
from node.domain.gemeenten import codes_of
from node.domain.moves import keep_until, reports
from node.domain.rights import Role
from node.domain.sealed import MOST_REPORTERS, Moved, write
from node.flows.desk import Desk
from node.store import holds, moves, professionals, roles, sealed, signals, youths
from node.store.holds import AlarmKind
from node.store.moves import IncomingMove, MoveTold
from node.store.vault import Vault
from soap_wsdl.vocabulary import Oin


def report_move(
    tx: Tx, desk: Desk, youth: Bsn, gemeente: str, region: Oin | None, on: date, *, secret: bool = False
) -> int:
    """Tell a move of ``youth`` to ``gemeente`` (four digits), which ``region`` has; says how many signals it is about.

    ``region`` is ``desk.gemeenten.owner(gemeente)``; None when nobody knows. With ``secret`` the reporters hear that
    the youth moved and not where to (P25). Called twice for one move it tells the new gemeente twice: the caller calls
    it when the gemeente of residence changes. Raises MessageNotUnderstood when the gemeente is not four digits.
    """
    now, today = desk.clock(), desk.today()
    active = [
        (signal, professionals.get(tx, signal.professional).contact)
        for signal in signals.active_about(tx, youths.key_of(desk.vault, youth))
        if signal.valid_until > today
    ]
    for signal, _ in active:
        moves.tell_reporter(tx, signal.id, MoveTold(None if secret else gemeente, on), now)
    ids = [signal.id for signal, _ in active]
    for at, moved in enumerate(reports(youth, gemeente, on, active)):
        move_id = desk.new_id()
        if region is None:
            about = (
                f"A youth moved to gemeente {gemeente}, which no region has in the file of gemeenten: its regievoerder"
                " was not told. Get the newest file, and tell the gemeente by hand."
            )
            holds.ring(tx, AlarmKind.MOVE_UNDELIVERED, about, None, now)
        elif region == desk.gemeenten.own:
            keep_move(tx, desk.vault, move_id, None, moved, now)
        else:
            sealed.put(tx, desk.vault, move_id, region, write(moved), now)
        if region is not None:
            peer = None if region == desk.gemeenten.own else region
            moves.note_told(tx, move_id, peer, ids[at * MOST_REPORTERS : (at + 1) * MOST_REPORTERS])
    if active:
        audit_line(tx, events.MOVE_REPORTED, now, peer=region, signals=len(active), told=region is not None)
    return len(active)


def keep_move(tx: Tx, vault: Vault, move_id: UUID, peer: Oin | None, moved: Moved, now: datetime) -> None:
    """Keep a move for the coördinator of its gemeente, until its last signal has ended, a year at most.

    Where nobody holds that role it is kept as well, and an alarm. Twice under one id is once.
    """
    today = local_day(now)
    until = keep_until(today, moved)
    if until <= today:
        return
    moves.put(tx, vault, IncomingMove(move_id, peer, moved.gemeente, moved.moved_on, now, until), moved)
    if not roles.anyone_holds(tx, Role.COORDINATOR, codes_of(moved.gemeente, today), today):
        about = (
            f"A youth came to live in gemeente {moved.gemeente}, which has no coördinator here to read of it:"
            " ask for the role with `verwijsindex node roles ask`, and let somebody else confirm it."
        )
        holds.ring(tx, AlarmKind.MOVE_UNDELIVERED, about, peer, now)
