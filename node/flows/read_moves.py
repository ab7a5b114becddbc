"""The coördinator of a gemeente reads who is involved with a youth that came to live there: by name, in the log.

Only the professionals whom the region has named for that gemeente; for anyone else a move does not exist.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ledger import Tx
from ledger.audit import record as audit_line
from node import exchange_audit as events
from node.domain import rights
from node.domain.errors import MoveUnknown
from node.domain.rights import Act
from node.domain.sealed import Moved
from node.flows.capacity import capacity
from node.flows.desk import Desk
from node.flows.use_bsn import may_see
from node.store import directory, moves, professionals
from node.store.moves import IncomingMove


@dataclass(frozen=True, slots=True)
class MoveRead:
    """A move with what it says. ``region`` is the name of the region that told it.

    ``shows_bsn`` is false for who may not see the number: Jeugdwet 7.1.4.2(3).
    """

    move: IncomingMove
    region: str
    moved: Moved
    shows_bsn: bool


async def list_moves(desk: Desk, who: UUID) -> list[IncomingMove]:
    """The moves to the gemeenten of this professional, newest first; nothing of whom they are about.

    Raises ProfessionalUnknown, NotDesignated.
    """
    return await desk.db.read(lambda tx: moves.of_gemeenten(tx, _gemeenten(tx, who, desk.today()), desk.today()))


async def read_move(desk: Desk, who: UUID, move_id: UUID) -> MoveRead:
    """One move with the youth and the reporters; that it was read, and by whom, is in the log before it is shown.

    Raises ProfessionalUnknown, NotDesignated, and MoveUnknown also for a gemeente of somebody else.
    """

    def change(tx: Tx) -> MoveRead:
        gemeenten = _gemeenten(tx, who, desk.today())
        move = moves.find(tx, move_id, desk.today())
        if move is None or move.gemeente not in gemeenten:
            raise MoveUnknown
        audit_line(tx, events.MOVE_READ, desk.clock(), by=str(who), move=str(move.id), peer=move.peer)
        region = (directory.name_of(tx, move.peer) or move.peer) if move.peer is not None else desk.region
        shows = may_see(tx, professionals.get(tx, who).person)
        return MoveRead(move, region, moves.content(tx, desk.vault, move), shows)

    return await desk.db.write(change)


async def let_read(desk: Desk, reference: str, gemeente: str, *, may: bool) -> bool:
    """Name, or no longer name, a professional for the moves of a gemeente; False when it was so already.

    Raises ProfessionalUnknown.
    """

    def change(tx: Tx) -> bool:
        who = professionals.by_reference(tx, reference).id
        now = desk.clock()
        done = moves.let_read(tx, gemeente, who, now) if may else moves.let_not_read(tx, gemeente, who)
        if done:
            audit_line(tx, events.MOVE_READER_SET, now, professional=str(who), gemeente=gemeente, may=may)
        return done

    return await desk.db.write(change)


def _gemeenten(tx: Tx, who: UUID, today: date) -> list[str]:
    professional = professionals.get(tx, who)
    rights.require(professional, Act.READ_MOVES, capacity=capacity(tx, professional, today))
    return moves.gemeenten_of(tx, professional.id)
