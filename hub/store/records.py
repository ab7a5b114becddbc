"""Records, their entries and the match index: rows in, values of ``hub.matching`` out."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from hub.matching import Known, Offer, Other, Standing, Verdict, tombstone_until
from ledger import Tx
from soap_wsdl.digests import record_digest
from soap_wsdl.vocabulary import Ending, Purpose

_STANDING = {standing.value: standing for standing in Standing}
PURPOSE: dict[str | None, Purpose | None] = {None: None, **{purpose.value: purpose for purpose in Purpose}}
"""Texts as the tables keep them, by which a purpose is found several times faster than by its class."""
_ENDING: dict[str | None, Ending | None] = {None: None, **{ending.value: ending for ending in Ending}}

COLUMNS = "record, record_id, purpose, standing, ending, revision, digest, valid_until, archive_until, waiting, old"
"""What ``known_of`` reads."""


def marks(values: Sequence[object]) -> str:
    """Placeholders for an IN list."""
    return ",".join("?" * len(values))


def next_numbers(tx: Tx, counter: str, how_many: int) -> range:
    """The next numbers of a counter row. They are seen only when all below them are."""
    row = tx.one("UPDATE counter SET value = value + ? WHERE name = ? RETURNING value", (how_many, counter))
    if row is None:
        raise LookupError(f"no counter {counter}")
    last = int(row["value"])
    return range(last - how_many + 1, last + 1)


def text(day: date | None) -> str | None:
    """A date as the tables keep it."""
    return day.isoformat() if day else None


def day(value: str | None) -> date | None:
    """A date as the rules know it."""
    return date.fromisoformat(value) if value else None


def known_of(row: sqlite3.Row, held_tags: dict[str, bytes] | None = None) -> Known:
    """A record row as the rules know it. A withdrawal that came first has no valid-until: the first day there is."""
    return Known(
        row["record"],
        UUID(bytes=row["record_id"]),
        PURPOSE[row["purpose"]],
        _STANDING[row["standing"]],
        _ENDING[row["ending"]],
        row["revision"],
        row["digest"] or b"",
        day(row["valid_until"]) or date.min,
        day(row["archive_until"]),
        bool(row["waiting"]),
        bool(row["old"]),
        held_tags or {},
    )


def known(tx: Tx, region: int, ids: Sequence[UUID]) -> dict[UUID, Known]:
    """What the hub has of these record ids of one region, tombstones included."""
    keys = sorted(id.bytes for id in ids)
    rows = tx.all(
        f"SELECT {COLUMNS} FROM record WHERE region = ? AND record_id IN ({marks(keys)})",  # noqa: S608
        (region, *keys),
    )
    if not rows:
        return {}
    numbers = [row["record"] for row in rows]
    tags: dict[int, dict[str, bytes]] = {}
    for entry in tx.all(
        f"SELECT record, epoch, held_tag FROM entry WHERE record IN ({marks(numbers)})",  # noqa: S608
        numbers,
    ):
        tags.setdefault(entry["record"], {})[entry["epoch"]] = entry["held_tag"]
    found = [known_of(row, tags.get(row["record"])) for row in rows]
    return {record.record_id: record for record in found}


def insert(tx: Tx, region: int, accepted: Sequence[tuple[Offer, Verdict]]) -> range:
    """Put new records with their entries; returns their numbers, in order."""
    numbers = next_numbers(tx, "record", len(accepted))
    tx.many(
        "INSERT INTO record (record, region, record_id, purpose, standing, revision, digest, valid_until,"
        " archive_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                number,
                region,
                offer.record_id.bytes,
                offer.purpose.value,
                verdict.standing.value if verdict.standing else None,
                offer.revision,
                offer.digest,
                text(offer.valid_until),
                text(offer.archive_until),
            )
            for number, (offer, verdict) in zip(numbers, accepted, strict=True)
        ],
    )
    put_entries(tx, [(number, offer) for number, (offer, _) in zip(numbers, accepted, strict=True)])
    return numbers


def update(tx: Tx, changes: Sequence[tuple[Known, Offer, Verdict]]) -> None:
    """Put the next revision of records: the entries of the one before are gone, cards and all."""
    drop_entries(tx, [record.number for record, _, _ in changes])
    tx.many(
        "UPDATE record SET purpose = ?, standing = ?, revision = ?, digest = ?, valid_until = ?, archive_until = ?,"
        " waiting = 0, old = 0, keep_until = NULL WHERE record = ?",
        [
            (
                offer.purpose.value,
                verdict.standing.value if verdict.standing else None,
                offer.revision,
                offer.digest,
                text(offer.valid_until),
                text(verdict.archive_until),
                record.number,
            )
            for record, offer, verdict in changes
        ],
    )
    put_entries(tx, [(record.number, offer) for record, offer, _ in changes])


def put_entries(tx: Tx, offers: Iterable[tuple[int, Offer]]) -> None:
    """Append the sealed cards and index their tags, sorted, so that two batches lock in one order."""
    rows = [(number, offer.revision, entry) for number, offer in offers for entry in offer.entries]
    tx.many(
        "INSERT INTO entry (record, epoch, revision, held_tag, digest, card) VALUES (?, ?, ?, ?, ?, ?)",
        [(number, e.epoch, revision, e.held_tag, e.digest, e.card) for number, revision, e in rows],
    )
    tx.many(
        "INSERT INTO match_index (held_tag, record, epoch) VALUES (?, ?, ?)",
        sorted((e.held_tag, number, e.epoch) for number, _, e in rows),
    )


def drop_entries(tx: Tx, numbers: Sequence[int]) -> None:
    """Destroy the tags and cards of records."""
    where = f"WHERE record IN ({marks(numbers)})"
    tags = tx.all(f"SELECT held_tag, record FROM entry {where}", numbers)  # noqa: S608
    tx.many(
        "DELETE FROM match_index WHERE held_tag = ? AND record = ?",
        sorted((row["held_tag"], row["record"]) for row in tags),
    )
    tx.execute(f"DELETE FROM entry {where}", numbers)  # noqa: S608


def destroy(tx: Tx, records: Sequence[Known], today: date) -> None:
    """Destroy tags and cards; id, revision, digest and dates stay as the tombstone."""
    drop_entries(tx, [record.number for record in records])
    tx.many(
        "UPDATE record SET standing = 'destroyed', keep_until = ? WHERE record = ?",
        [
            (
                text(
                    tombstone_until(
                        record.valid_until if record.valid_until > date.min else None, record.archive_until, today
                    )
                ),
                record.number,
            )
            for record in records
        ],
    )


def withdraw(tx: Tx, record: Known, revision: int, verdict: Verdict, ending: Ending, today: date) -> None:
    """Note a withdrawal on a record the hub has; in the archive or destroyed as the verdict says."""
    digest = record.digest
    if record.purpose is not None:
        rows = tx.all("SELECT epoch, digest FROM entry WHERE record = ?", (record.number,))
        digest = record_digest(
            record.purpose, record.valid_until, verdict.archive_until, [(row["epoch"], row["digest"]) for row in rows]
        )
    tx.execute(
        "UPDATE record SET standing = ?, ending = ?, revision = ?, digest = ?, archive_until = ?, old = 0"
        " WHERE record = ?",
        (
            verdict.standing.value if verdict.standing else None,
            ending.value,
            revision,
            digest,
            text(verdict.archive_until),
            record.number,
        ),
    )
    if verdict.standing is Standing.DESTROYED:
        keep = max(filter(None, (record.archive_until, verdict.archive_until)), default=None)
        tx.execute(
            "UPDATE record SET keep_until = ? WHERE record = ?",
            (
                text(tombstone_until(record.valid_until if record.valid_until > date.min else None, keep, today)),
                record.number,
            ),
        )
        drop_entries(tx, [record.number])


def insert_tombstone(
    tx: Tx, region: int, record_id: UUID, revision: int, ending: Ending | None, archive_until: date | None, today: date
) -> int:
    """A record the hub has never seen: a withdrawal came first, or a ledger named it. Returns its number."""
    (number,) = next_numbers(tx, "record", 1)
    tx.execute(
        "INSERT INTO record (record, region, record_id, standing, ending, revision, archive_until, keep_until)"
        " VALUES (?, ?, ?, 'destroyed', ?, ?, ?, ?)",
        (
            number,
            region,
            record_id.bytes,
            ending.value if ending else None,
            revision,
            text(archive_until),
            text(tombstone_until(None, archive_until, today)),
        ),
    )
    return number


def other_of(record: Known, region: int) -> Other | None:
    """A record as another region's meets it; None for a tombstone that never was more."""
    if record.purpose is None:
        return None
    return Other(
        record.number,
        region,
        record.purpose,
        record.standing,
        record.valid_until,
        record.archive_until,
        record.ending,
        record.old,
    )


def others(tx: Tx, region: int, held_tags: Sequence[bytes]) -> list[tuple[bytes, str, Other]]:
    """(held tag, epoch, record) of other regions under these tags."""
    if not held_tags:
        return []
    keys = sorted(set(held_tags))
    rows = tx.all(
        "SELECT m.held_tag, m.epoch, r.record, r.region, r.purpose, r.standing, r.valid_until, r.archive_until,"  # noqa: S608
        " r.ending, r.old FROM match_index m JOIN record r ON r.record = m.record"
        f" WHERE m.held_tag IN ({marks(keys)}) AND r.region <> ?",
        (*keys, region),
    )
    return [
        (
            row["held_tag"],
            row["epoch"],
            Other(
                row["record"],
                row["region"],
                Purpose(row["purpose"]),
                _STANDING[row["standing"]],
                date.fromisoformat(row["valid_until"]),
                day(row["archive_until"]),
                _ENDING[row["ending"]],
                bool(row["old"]),
            ),
        )
        for row in rows
    ]
