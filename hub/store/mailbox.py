"""Numbered notices per region. A notice names records; what it carries of them is read when it is read.

So a kept notice never holds a card that was replaced or destroyed since, and the newest card is told with the oldest.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hub.matching import Schedule
from hub.store.records import PURPOSE, day, marks, text
from ledger import Tx
from soap_wsdl.vocabulary import (
    Cursor,
    EpochName,
    MailboxPage,
    MailboxStatus,
    Notice,
    NoticeKind,
    Oin,
    SealedMessage,
)

_KIND = {kind.value: kind for kind in NoticeKind}
_ENDS = frozenset({NoticeKind.MATCH_ENDED, NoticeKind.MATCH_ANNULLED})
_WITH_CARD = frozenset({NoticeKind.MATCH, NoticeKind.CARD_UPDATED, NoticeKind.ARCHIVE_NOTICE})


@dataclass(frozen=True, slots=True)
class Line:
    """A notice to be written: for ``region``, about its record ``own`` and the other's record ``peer``."""

    region: int
    kind: NoticeKind
    pair: int | None = None
    own: int | None = None
    peer: int | None = None
    sealed: int | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """How a region's mailbox stands: the seed of this memory, its last number, and up to where it was cleaned up."""

    region: int
    seed: UUID
    last_number: int
    cleaned_up_to: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page read, and whether the cursor was ahead of the mailbox."""

    page: MailboxPage
    ahead: bool = False


def tell(tx: Tx, lines: Sequence[Line], today: date) -> frozenset[int]:
    """Write notices under the next numbers of their regions; returns the regions, whose counters lock in order."""
    by_region: dict[int, list[Line]] = {}
    for line in lines:
        by_region.setdefault(line.region, []).append(line)
    for region in sorted(by_region):
        row = tx.one(
            "UPDATE region SET last_number = last_number + ? WHERE region = ? RETURNING last_number",
            (len(by_region[region]), region),
        )
        first = row["last_number"] - len(by_region[region]) + 1 if row else 1
        tx.many(
            "INSERT INTO notice (region, number, kind, pair, own, peer, sealed, noted_on)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (region, number, line.kind.value, line.pair, line.own, line.peer, line.sealed, text(today))
                for number, line in enumerate(by_region[region], start=first)
            ],
        )
    return frozenset(by_region)


def box(tx: Tx, region: int) -> Box:
    """How the mailbox of a region stands now; LookupError before the hub has begun."""
    row = tx.one(
        "SELECT h.seed, g.last_number, g.cleaned_up_to FROM house h JOIN region g ON g.region = ?",
        (region,),
    )
    if row is None:
        raise LookupError("the hub has not begun, or there is no such region")
    return Box(region, UUID(bytes=row["seed"]), row["last_number"], row["cleaned_up_to"])


def read(tx: Tx, box: Box, cursor: Cursor | None, at_most: int, schedule: Schedule) -> Page:
    """The page after the cursor, as ``HubStore.collect`` promises. Writes nothing."""
    status, start = MailboxStatus.CURRENT, 0
    ahead = False
    if cursor is not None:
        ahead = cursor.seed == box.seed and cursor.number > box.last_number
        if cursor.seed != box.seed or ahead:
            status = MailboxStatus.NEW_SEED
        elif cursor.number < box.cleaned_up_to:
            return Page(MailboxPage(MailboxStatus.CURSOR_TOO_OLD, box.seed, cursor.number, False))
        elif cursor.number == box.last_number:
            return Page(MailboxPage(status, box.seed, cursor.number, False))
        else:
            start = cursor.number
    rows = tx.all(
        "SELECT n.number, n.kind, n.own, n.peer, n.sealed, own.record_id AS own_id, peer.record_id AS peer_id,"
        " peer.purpose, peer.revision, peer.valid_until, there.oin"
        " FROM notice n LEFT JOIN record own ON own.record = n.own LEFT JOIN record peer ON peer.record = n.peer"
        " LEFT JOIN region there ON there.region = peer.region"
        " WHERE n.region = ? AND n.number > ? ORDER BY n.number LIMIT ?",
        (box.region, start, at_most + 1),
    )
    more = len(rows) > at_most
    rows = rows[:at_most]
    cards = _cards(tx, rows, schedule)
    notices = tuple(_notice(tx, row, cards) for row in rows)
    number = rows[-1]["number"] if more else box.last_number
    return Page(MailboxPage(status, box.seed, number, more, notices), ahead)


def acknowledge(tx: Tx, box: Box, cursor: Cursor | None) -> None:
    """Move the mark to where the region says it is: back as well, after the region was restored."""
    if cursor is not None and cursor.seed == box.seed and cursor.number <= box.last_number:
        tx.execute(
            "INSERT INTO mark (region, acknowledged) VALUES (?, ?) ON CONFLICT (region)"
            " DO UPDATE SET acknowledged = excluded.acknowledged WHERE mark.acknowledged <> excluded.acknowledged",
            (box.region, cursor.number),
        )


def has_holes(box: Box, page: MailboxPage) -> bool:
    """Whether the rest of a mailbox that is read from its start lies partly below what was cleaned up."""
    return page.more and box.cleaned_up_to > page.number


def retell(tx: Tx, region: int, today: date) -> None:
    """Replace all notices of a region by new ones: each pair once, as it is now, and sealed messages in order."""
    lines: dict[tuple[str, int], Line] = {}
    for row in tx.all(
        "SELECT n.kind, n.pair, n.own, n.peer, n.sealed, p.kind AS pair_kind, p.ended_on FROM notice n"
        " LEFT JOIN pair p ON p.pair = n.pair WHERE n.region = ? ORDER BY n.number",
        (region,),
    ):
        kind = _KIND[row["kind"]]
        line = Line(region, kind, row["pair"], row["own"], row["peer"], row["sealed"])
        if kind is NoticeKind.SEALED_MESSAGE:
            lines["sealed", row["sealed"]] = line
        elif row["pair_kind"] == "archive":
            lines["pair", row["pair"]] = line
        elif row["ended_on"] is None:
            lines["pair", row["pair"]] = Line(region, NoticeKind.MATCH, row["pair"], row["own"], row["peer"])
        elif kind in _ENDS:
            lines["pair", row["pair"]] = line
    tx.execute("DELETE FROM notice WHERE region = ?", (region,))
    tx.execute("UPDATE region SET cleaned_up_to = last_number WHERE region = ?", (region,))
    tell(tx, list(lines.values()), today)


def seed_of(tx: Tx) -> UUID:
    """The seed of this memory."""
    row = tx.one("SELECT seed FROM house")
    if row is None:
        raise LookupError("the hub has not begun")
    return UUID(bytes=row["seed"])


def _cards(tx: Tx, rows: Sequence[sqlite3.Row], schedule: Schedule) -> dict[tuple[int, int], sqlite3.Row]:
    """For each (own, peer) the peer's entry of the newest epoch that both carry."""
    wanted = {(row["own"], row["peer"]) for row in rows if _KIND[row["kind"]] in _WITH_CARD}
    if not wanted:
        return {}
    numbers = sorted({number for pair in wanted for number in pair})
    epochs: dict[int, set[str]] = {}
    for row in tx.all(f"SELECT record, epoch FROM entry WHERE record IN ({marks(numbers)})", numbers):  # noqa: S608
        epochs.setdefault(row["record"], set()).add(row["epoch"])
    chosen: dict[tuple[int, int], sqlite3.Row] = {}
    for own, peer in wanted:
        epoch = schedule.newest(epochs.get(own, set()) & epochs.get(peer, set()))
        if epoch is None:
            continue
        entry = tx.one("SELECT epoch, revision, card FROM entry WHERE record = ? AND epoch = ?", (peer, epoch))
        if entry is not None:
            chosen[own, peer] = entry
    return chosen


def _notice(tx: Tx, row: sqlite3.Row, cards: dict[tuple[int, int], sqlite3.Row]) -> Notice:
    kind = _KIND[row["kind"]]
    if kind is NoticeKind.SEALED_MESSAGE:
        return _sealed_notice(tx, row)
    entry = cards.get((row["own"], row["peer"])) if kind in _WITH_CARD else None
    return Notice(
        row["number"],
        kind,
        Oin(row["oin"]),
        UUID(bytes=row["own_id"]),
        UUID(bytes=row["peer_id"]),
        PURPOSE[row["purpose"]],
        EpochName(entry["epoch"]) if entry else None,
        # A card was sealed under its own revision: a withdrawal that came after it has a higher one.
        entry["revision"] if entry else row["revision"],
        day(row["valid_until"]),
        entry["card"] if entry else None,
    )


def _sealed_notice(tx: Tx, row: sqlite3.Row) -> Notice:
    message = tx.one(
        "SELECT m.message_id, m.sequence, m.key_id, m.content, g.oin FROM sealed_message m"
        " JOIN region g ON g.region = m.sender WHERE m.sealed = ?",
        (row["sealed"],),
    )
    if message is None:
        raise LookupError("a notice names a sealed message that is gone")
    sealed = SealedMessage(
        UUID(bytes=message["message_id"]), message["sequence"], message["key_id"], message["content"]
    )
    return Notice(row["number"], NoticeKind.SEALED_MESSAGE, Oin(message["oin"]), sealed_message=sealed)
