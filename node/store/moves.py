"""Moves that came in for a gemeente, and moves that reporters were told of."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ledger import Tx
from node.domain.sealed import Content, Moved, SealedKind, read, write
from node.store.vault import Vault
from soap_wsdl.vocabulary import Oin


@dataclass(frozen=True, slots=True)
class IncomingMove:
    """A move as it lies here, without whom it is about. ``peer`` is None for one inside the region."""

    id: UUID
    peer: Oin | None
    gemeente: str
    moved_on: date
    received_at: datetime
    keep_until: date


@dataclass(frozen=True, slots=True)
class MoveTold:
    """What a reporter hears. ``gemeente`` is None for a secret address."""

    gemeente: str | None
    moved_on: date


_MOVE = "move_id, peer, gemeente, moved_on, received_at, keep_until"


def put(tx: Tx, vault: Vault, move: IncomingMove, moved: Moved) -> None:
    """Keep a move. One of the same id changes nothing."""
    tx.execute(
        "INSERT INTO incoming_move (move_id, peer, gemeente, moved_on, content, received_at, keep_until)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (move_id) DO NOTHING",
        (
            str(move.id),
            move.peer,
            move.gemeente,
            move.moved_on.isoformat(),
            vault.seal("incoming_move", str(move.id), write(moved).text),
            move.received_at.isoformat(),
            move.keep_until.isoformat(),
        ),
    )


def of_gemeenten(tx: Tx, gemeenten: Iterable[str], today: date) -> list[IncomingMove]:
    """The moves to these gemeenten that are still kept, newest first."""
    found = []
    for gemeente in gemeenten:
        rows = tx.all(
            f"SELECT {_MOVE} FROM incoming_move WHERE gemeente = ? AND keep_until > ?",  # noqa: S608
            (gemeente, today.isoformat()),
        )
        found += [_move(row) for row in rows]
    return sorted(found, key=lambda move: (move.received_at, str(move.id)), reverse=True)


def find(tx: Tx, move_id: UUID, today: date) -> IncomingMove | None:
    """The move of this id, while it is kept."""
    row = tx.one(
        f"SELECT {_MOVE} FROM incoming_move WHERE move_id = ? AND keep_until > ?",  # noqa: S608
        (str(move_id), today.isoformat()),
    )
    return _move(row) if row else None


def content(tx: Tx, vault: Vault, move: IncomingMove) -> Moved:
    """What a move says. Raises LookupError once it is gone."""
    row = tx.one("SELECT content FROM incoming_move WHERE move_id = ?", (str(move.id),))
    if row is None:
        raise LookupError("this move is gone")
    moved = read(Content(SealedKind.MOVED.value, vault.open("incoming_move", str(move.id), row["content"])))
    if not isinstance(moved, Moved):
        raise LookupError("this is no move")
    return moved


def rewrite(tx: Tx, vault: Vault, move: IncomingMove, moved: Moved) -> None:
    """What a kept move says, and until when it is kept, is this from now on."""
    tx.execute(
        "UPDATE incoming_move SET content = ?, keep_until = ? WHERE move_id = ?",
        (
            vault.seal("incoming_move", str(move.id), write(moved).text),
            move.keep_until.isoformat(),
            str(move.id),
        ),
    )


def withdraw(tx: Tx, move_id: UUID) -> None:
    """Destroy a move: nobody is involved any more."""
    tx.execute("DELETE FROM incoming_move WHERE move_id = ?", (str(move_id),))


def note_told(tx: Tx, move_id: UUID, peer: Oin | None, signal_ids: Iterable[UUID]) -> None:
    """These signals stand in the move that was told, to another region or (None) inside this one."""
    tx.many(
        "INSERT INTO move_told (move_id, signal_id, peer) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(str(move_id), str(signal_id), peer) for signal_id in signal_ids],
    )


def told_with(tx: Tx, signal_id: UUID) -> list[tuple[UUID, Oin | None]]:
    """The moves that were told with this signal in them, and to which region."""
    rows = tx.all("SELECT move_id, peer FROM move_told WHERE signal_id = ? ORDER BY move_id", (str(signal_id),))
    return [(UUID(row["move_id"]), Oin(row["peer"]) if row["peer"] else None) for row in rows]


def told_in(tx: Tx, move_id: UUID) -> list[UUID]:
    """The signals that stand in a move that was told."""
    return [
        UUID(row["signal_id"]) for row in tx.all("SELECT signal_id FROM move_told WHERE move_id = ?", (str(move_id),))
    ]


def take_out(tx: Tx, signal_id: UUID) -> None:
    """This signal stands in no move any more."""
    tx.execute("DELETE FROM move_told WHERE signal_id = ?", (str(signal_id),))


def forget(tx: Tx, today: date) -> int:
    """Destroy moves whose day has come."""
    return tx.execute("DELETE FROM incoming_move WHERE keep_until <= ?", (today.isoformat(),)).rowcount


def tell_reporter(tx: Tx, signal_id: UUID, told: MoveTold, at: datetime) -> None:
    """The professional of this signal sees that the youth moved: the last move."""
    tx.execute(
        "INSERT OR REPLACE INTO signal_moved (signal_id, gemeente, moved_on, told_at) VALUES (?, ?, ?, ?)",
        (str(signal_id), told.gemeente, told.moved_on.isoformat(), at.isoformat()),
    )


def told_of(tx: Tx, signal_id: UUID) -> MoveTold | None:
    """The last move of the youth of this signal since it was made; None when there was none."""
    row = tx.one("SELECT gemeente, moved_on FROM signal_moved WHERE signal_id = ?", (str(signal_id),))
    return MoveTold(row["gemeente"], date.fromisoformat(row["moved_on"])) if row else None


def _move(row: sqlite3.Row) -> IncomingMove:
    return IncomingMove(
        UUID(row["move_id"]),
        Oin(row["peer"]) if row["peer"] else None,
        row["gemeente"],
        date.fromisoformat(row["moved_on"]),
        datetime.fromisoformat(row["received_at"]),
        date.fromisoformat(row["keep_until"]),
    )
