"""Comparing a region's records with the hub's by digests over ranges, and ending the silence after a new seed."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from hub.matching import Standing, leaf_state
from hub.store import mailbox, pairs, unheard
from hub.store.mailbox import Line
from hub.store.pairs import Mine
from hub.store.records import COLUMNS, known_of, marks
from ledger import Tx
from soap_wsdl.digests import range_digest
from soap_wsdl.vocabulary import MAX_LEAVES, CompareRegistrations, Declaration, Leaf, Range, RangeDigest

EVERYTHING = Range(UUID(int=0), UUID(int=2**128 - 1))
"""All record ids there are."""
_AT_ONCE = 500


def digest(tx: Tx, region: int, asked: Range, as_of: date) -> RangeDigest:
    """Count and digest over the records in a range, and the leaves when they are few."""
    leaves = list(_leaves(tx, region, asked, as_of))
    return RangeDigest(
        asked.first,
        asked.last,
        len(leaves),
        range_digest(leaves),
        tuple(leaves) if len(leaves) <= MAX_LEAVES else (),
    )


def agrees(tx: Tx, region: int, request: CompareRegistrations) -> bool:
    """Whether the region's own declaration is what the hub counts. Without one there is nothing to agree with."""
    if request.declaration is None:
        return False
    ours = digest(tx, region, EVERYTHING, request.as_of)
    return request.declaration == Declaration(ours.count, ours.digest)


def end_silence(tx: Tx, region: int, today: date) -> frozenset[int]:
    """The region's old records match again: what they meet is told, and its archive speaks to who came meanwhile.

    Returns the regions told.
    """
    tx.execute("UPDATE region SET comparison_due = 0 WHERE region = ?", (region,))
    lines: list[Line] = []
    last = 0
    while rows := tx.all(
        f"SELECT {COLUMNS} FROM record WHERE region = ? AND old = 1 AND record > ? ORDER BY record LIMIT ?",  # noqa: S608
        (region, last, _AT_ONCE),
    ):
        last = rows[-1]["record"]
        found = [known_of(row) for row in rows]
        numbers = [record.number for record in found]
        tx.many("UPDATE record SET old = 0 WHERE record = ?", [(number,) for number in numbers])
        tags: dict[int, list[tuple[bytes, str]]] = {}
        for entry in tx.all(f"SELECT record, held_tag, epoch FROM entry WHERE record IN ({marks(numbers)})", numbers):  # noqa: S608
            tags.setdefault(entry["record"], []).append((entry["held_tag"], entry["epoch"]))
        mine = [
            Mine(record.number, record.purpose, None, tuple(tags.get(record.number, ())))
            for record in found
            if record.purpose and record.standing is Standing.LIVE and record.valid_until > today
        ]
        lines.extend(pairs.meet(tx, region, mine, numbers, today))
        lines.extend(unheard.speak(tx, numbers, today))
    return mailbox.tell(tx, lines, today)


def _leaves(tx: Tx, region: int, asked: Range, as_of: date) -> Iterator[Leaf]:
    for row in tx.execute(
        f"SELECT {COLUMNS} FROM record WHERE region = ? AND record_id BETWEEN ? AND ? ORDER BY record_id",  # noqa: S608
        (region, asked.first.bytes, asked.last.bytes),
    ):
        record = known_of(row)
        state = leaf_state(record, as_of)
        if state is not None:
            yield Leaf(record.record_id, record.revision, state, record.digest)
