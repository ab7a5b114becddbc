"""What dates demand, in short steps: archive or destroy, end epochs, clean up, forget."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from hub.matching import KEEP, Standing, fate
from hub.store import pairs, records, unheard
from hub.store.records import COLUMNS, known_of, marks, text
from hub.store.registration import BATCH_SECONDS
from ledger import Tx
from soap_wsdl.digests import record_digest
from soap_wsdl.vocabulary import Ending, Purpose

SEEN_SECONDS = 15 * 60
"""How long a message id is remembered: longer than a timestamp's window and skew together."""


def due(tx: Tx, today: date) -> list[int]:
    """Records whose dates say that they stand wrong. A walk over the narrow rows, for a reader, not the writer."""
    return [
        row["record"]
        for row in tx.execute(
            "SELECT record FROM record WHERE (standing IN ('live', 'held') AND valid_until <= ?)"
            " OR (standing = 'archived' AND (archive_until IS NULL OR archive_until <= ?)) ORDER BY record",
            (text(today), text(today)),
        )
    ]


def settle(tx: Tx, numbers: Sequence[int], today: date) -> tuple[int, int]:
    """Archive or destroy these records if their dates still say so; their pairs end quietly. Returns both counts."""
    rows = tx.all(f"SELECT {COLUMNS} FROM record WHERE record IN ({marks(numbers)})", numbers)  # noqa: S608
    moved = [
        (record, now)
        for record in map(known_of, rows)
        if (now := fate(record, today)) is not record.standing and record.standing is not Standing.DESTROYED
    ]
    archive = [record for record, now in moved if now is Standing.ARCHIVED]
    gone = [record for record, now in moved if now is Standing.DESTROYED]
    if archive:
        tx.many("UPDATE record SET standing = 'archived' WHERE record = ?", [(record.number,) for record in archive])
    if gone:
        records.destroy(tx, gone, today)
    quietly: dict[int, Ending | None] = {record.number: None for record, _ in moved}
    pairs.end(tx, pairs.of_records(tx, sorted(quietly)), quietly, today)
    return len(archive), len(gone)


def behind(tx: Tx, epochs: Sequence[str]) -> list[tuple[str, int]]:
    """(epoch, record) of every entry under an epoch that is over."""
    return [
        (row["epoch"], row["record"])
        for row in tx.execute(
            f"SELECT epoch, record FROM match_index WHERE epoch IN ({marks(epochs)}) ORDER BY epoch, record",  # noqa: S608
            tuple(epochs),
        )
    ]


def end_epoch(tx: Tx, entries: Sequence[tuple[str, int]]) -> int:
    """Destroy these entries. A record left without any waits: id and dates stay. Returns how many wait."""
    waiting = 0
    for epoch, group in groupby(entries, key=lambda entry: entry[0]):
        numbers = [number for _, number in group]
        where = f"epoch = ? AND record IN ({marks(numbers)})"
        found = tx.all(f"SELECT held_tag, record FROM entry WHERE {where}", (epoch, *numbers))  # noqa: S608
        tx.many(
            "DELETE FROM match_index WHERE held_tag = ? AND record = ?",
            sorted((row["held_tag"], row["record"]) for row in found),
        )
        tx.execute(f"DELETE FROM entry WHERE {where}", (epoch, *numbers))  # noqa: S608
        left: dict[int, list[tuple[str, bytes]]] = {row["record"]: [] for row in found}
        for row in tx.all(
            f"SELECT record, epoch, digest FROM entry WHERE record IN ({marks(numbers)})",  # noqa: S608
            numbers,
        ):
            left.setdefault(row["record"], []).append((row["epoch"], row["digest"]))
        for row in tx.all(f"SELECT {COLUMNS} FROM record WHERE record IN ({marks(numbers)})", numbers):  # noqa: S608
            record = known_of(row)
            if record.number not in left or record.purpose is None:
                continue
            entries_left = left[record.number]
            waiting += not entries_left
            tx.execute(
                "UPDATE record SET digest = ?, waiting = ? WHERE record = ?",
                (
                    record_digest(Purpose(record.purpose), record.valid_until, record.archive_until, entries_left),
                    int(not entries_left),
                    record.number,
                ),
            )
    return waiting


def clean_notices(tx: Tx, today: date, at_most: int) -> int:
    """Forget pairs that ended 30 days ago, and their notices; mailboxes remember up to where they were cleaned."""
    old = tx.all(
        "SELECT pair FROM pair WHERE ended_on IS NOT NULL AND ended_on <= ? ORDER BY pair LIMIT ?",
        (text(today - KEEP), at_most),
    )
    numbers = [row["pair"] for row in old]
    if not numbers:
        return 0
    _forget_notices(tx, f"pair IN ({marks(numbers)})", numbers)
    tx.execute(f"DELETE FROM pair WHERE pair IN ({marks(numbers)})", numbers)  # noqa: S608
    return len(numbers)


def note_acknowledged(tx: Tx, today: date) -> None:
    """Note the day on which each sealed message was first seen to be acknowledged; a mark moved back takes it away."""
    tx.execute(
        "UPDATE sealed_message SET acknowledged_on = ? WHERE acknowledged_on IS NULL AND sealed IN ("
        " SELECT n.sealed FROM notice n JOIN mark g ON g.region = n.region"
        " WHERE n.sealed IS NOT NULL AND n.number <= g.acknowledged)",
        (text(today),),
    )
    tx.execute(
        "UPDATE sealed_message SET acknowledged_on = NULL WHERE acknowledged_on IS NOT NULL AND sealed IN ("
        " SELECT n.sealed FROM notice n LEFT JOIN mark g ON g.region = n.region"
        " WHERE n.sealed IS NOT NULL AND n.number > COALESCE(g.acknowledged, 0))"
    )


def clean_sealed(tx: Tx, today: date, at_most: int) -> int:
    """Forget sealed messages 30 days after the recipient acknowledged them, and those for a region that departed.

    Id and sequence stay, so that a late resend is recognised; the content goes.
    """
    old = tx.all(
        "SELECT n.sealed FROM notice n JOIN sealed_message m ON m.sealed = n.sealed"
        " JOIN region g ON g.region = n.region WHERE n.sealed IS NOT NULL"
        " AND (m.acknowledged_on <= ? OR g.status = 'departed') ORDER BY n.sealed LIMIT ?",
        (text(today - KEEP), at_most),
    )
    numbers = [row["sealed"] for row in old]
    if not numbers:
        return 0
    _forget_notices(tx, f"sealed IN ({marks(numbers)})", numbers)
    tx.execute(f"UPDATE sealed_message SET content = NULL WHERE sealed IN ({marks(numbers)})", numbers)  # noqa: S608
    return len(numbers)


def _forget_notices(tx: Tx, which: str, numbers: Sequence[int]) -> None:
    for row in tx.all(
        f"SELECT region, MAX(number) AS highest FROM notice WHERE {which} GROUP BY region ORDER BY region",  # noqa: S608
        numbers,
    ):
        tx.execute(
            "UPDATE region SET cleaned_up_to = ? WHERE region = ? AND cleaned_up_to < ?",
            (row["highest"], row["region"], row["highest"]),
        )
    tx.execute(f"DELETE FROM notice WHERE {which}", numbers)  # noqa: S608


def clean_tombstones(tx: Tx, today: date, at_most: int) -> int:
    """Forget tombstones past their date, once no pair names them."""
    old = tx.all(
        "SELECT r.record FROM record r WHERE r.standing = 'destroyed' AND r.keep_until <= ?"
        " AND NOT EXISTS (SELECT 1 FROM pair p WHERE p.first = r.record)"
        " AND NOT EXISTS (SELECT 1 FROM pair p WHERE p.second = r.record) ORDER BY r.record LIMIT ?",
        (text(today), at_most),
    )
    unheard.forget(tx, [row["record"] for row in old])
    tx.many("DELETE FROM record WHERE record = ?", [(row["record"],) for row in old])
    return len(old)


def forget_batches(tx: Tx, at: int) -> None:
    """Forget outcomes after 48 hours."""
    tx.execute("DELETE FROM batch WHERE at <= ?", (at - BATCH_SECONDS,))


def forget_messages(tx: Tx, at: int) -> None:
    """Forget message ids that no timestamp could still let in."""
    tx.execute("DELETE FROM seen_message WHERE at <= ?", (at - SEEN_SECONDS,))
