"""The coördinator of a gemeente reads who is involved with a youth that came to live there: by name, in the log.

1. The right: a role of coördinator, granted by two people for that gemeente or for one that was merged into it.
2. A list of the moves there, without whom they are about; or one move, whose reading is logged in the same write.

For the coördinator of another gemeente a move does not exist. Jeugdwet 7.1.2.3(1)g.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ledger import Tx
from ledger.audit import record as audit_line
from node import exchange_audit as events
from node.domain import rights
from node.domain.errors import MoveUnknown, NotAllowed
from node.domain.gemeenten import codes_of
from node.domain.professional import PersonNumber
from node.domain.rights import RIGHTS, Act, Held, Place
from node.domain.sealed import Moved
from node.flows import authority
from node.flows.desk import Desk
from node.store import directory, moves
from node.store.moves import IncomingMove


@dataclass(frozen=True, slots=True)
class MoveRead:
    """A move with what it says. ``region`` is the name of the region that told it."""

    move: IncomingMove
    region: str
    moved: Moved


async def list_moves(desk: Desk, by: PersonNumber) -> list[IncomingMove]:
    """The moves to the gemeenten of this coördinator, newest first, without whom they are about. Raises NotAllowed."""

    def look(tx: Tx) -> list[IncomingMove]:
        today = desk.today()
        held = _reading(authority.roles_of(tx, by, desk))
        codes = {code for one in held for code in codes_of(one.place, today)}
        return moves.of_gemeenten(tx, codes, today)

    return await desk.db.read(look)


async def read_move(desk: Desk, by: PersonNumber, move_id: UUID) -> MoveRead:
    """One move with the youth and the reporters; that it was read, and by whom, is in the log before it is shown.

    Raises NotAllowed for who is coördinator nowhere, and MoveUnknown also for a gemeente of another coördinator.
    """

    def change(tx: Tx) -> MoveRead:
        today = desk.today()
        held = _reading(authority.roles_of(tx, by, desk))
        move = moves.find(tx, move_id, today)
        if move is None or not rights.allows(by, held, Act.READ_MOVES, _place(move.gemeente, today)):
            raise MoveUnknown
        audit_line(tx, events.MOVE_READ, desk.clock(), by=str(by), move=str(move.id), peer=move.peer)
        region = (directory.name_of(tx, move.peer) or move.peer) if move.peer is not None else desk.region
        return MoveRead(move, region, moves.content(tx, desk.vault, move))

    return await desk.db.write(change)


def _reading(held: Iterable[Held]) -> list[Held]:
    """Of the roles that somebody holds, those with which moves are read somewhere. Raises NotAllowed for none."""
    found = [one for one in held if Act.READ_MOVES in RIGHTS[one.role]]
    if not found:
        raise NotAllowed
    return found


def _place(gemeente: str, today: date) -> Place:
    """The gemeente of a move. What another region sends may name a code that is not in our table: nobody reads it."""
    return Place(gemeenten=codes_of(gemeente, today))
