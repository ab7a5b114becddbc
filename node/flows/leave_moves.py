"""A signal ends or is destroyed: it leaves every list that was told when its youth moved.

1. The moves that were told with this signal in them, and who is still involved of each.
2. A move kept in this region: rewritten, or destroyed when nobody is left.
3. A move told to another region: what is kept of the message here is rewritten or destroyed, and where it may have
   left, that region is told who is still involved. A correction of before goes: this one says all.

In the transaction that ends the signal. Jeugdwet 7.1.2.3(1)g speaks of active signals; destroyed means gone from here
too (7.1.4.6(1)).
"""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from ledger import Tx
from node.domain.days import local_day
from node.domain.moves import keep_until, reporters
from node.domain.sealed import Moved, Reporter, StillInvolved, read, write
from node.exchange import Exchange
from node.flows.desk import Desk
from node.store import moves, professionals, sealed, signals
from node.store.vault import Vault
from soap_wsdl.vocabulary import Oin


def leave_moves(tx: Tx, desk: Desk | Exchange, signal_id: UUID, now: datetime) -> None:
    """Take a signal out of every move it was told with. Twice does nothing more."""
    told = moves.told_with(tx, signal_id)
    moves.take_out(tx, signal_id)
    for move_id, peer in told:
        left = _still_in(tx, move_id)
        if peer is None:
            correct_move(tx, desk.vault, None, StillInvolved(move_id, left), now)
        else:
            _correct_told(tx, desk, peer, StillInvolved(move_id, left), now)


def correct_move(tx: Tx, vault: Vault, peer: Oin | None, said: StillInvolved, now: datetime) -> None:
    """A move kept here has these reporters from now on, or goes. Nothing where ``peer`` told no such move."""
    move = moves.find(tx, said.move, date.min)
    if move is None or move.peer != peer:
        return
    if not said.reporters:
        moves.withdraw(tx, said.move)
        return
    moved = replace(moves.content(tx, vault, move), reporters=said.reporters)
    until = keep_until(local_day(move.received_at), moved)
    if until <= local_day(now):
        moves.withdraw(tx, said.move)
        return
    moves.rewrite(tx, vault, replace(move, keep_until=until), moved)


def _correct_told(tx: Tx, desk: Desk | Exchange, peer: Oin, said: StillInvolved, now: datetime) -> None:
    kept = sealed.written(tx, desk.vault, said.move)
    tell = sealed.may_have_left(tx, said.move)
    if kept is not None and said.reporters:
        moved = read(kept)
        assert isinstance(moved, Moved)  # noqa: S101 - only moves are noted as told
        sealed.rewrite(tx, desk.vault, said.move, write(replace(moved, reporters=said.reporters)))
    elif kept is not None:
        sealed.withdraw(tx, said.move)
    if tell:
        sealed.put(tx, desk.vault, desk.new_id(), peer, write(said), now, corrects=said.move)


def _still_in(tx: Tx, move_id: UUID) -> tuple[Reporter, ...]:
    found = [signals.get(tx, signal_id) for signal_id in moves.told_in(tx, move_id)]
    return reporters((signal, professionals.get(tx, signal.professional).contact) for signal in found)
