"""What this region has registered at the hub: records, their tags and their sealed cards, epoch by epoch.

Tags and keys arrive here sealed and stay so.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from uuid import UUID

from ledger import Tx
from soap_wsdl.digests import entry_digest
from soap_wsdl.vocabulary import Entry, EpochName, Purpose


class Wanted(Enum):
    """What the node wants the hub to hold of a record."""

    LIVE = "live"
    ARCHIVED = "archived"
    GONE = "gone"


class ToldState(Enum):
    """What the hub acknowledged last."""

    LIVE = "live"
    HELD = "held"
    ARCHIVED = "archived"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Told:
    """The hub's side as it was last acknowledged; ``cards`` is the revision whose sealed cards it holds."""

    revision: int
    state: ToldState
    valid_until: date
    archive_until: date | None
    cards: int | None


@dataclass(frozen=True, slots=True)
class HubRecord:
    """One registration. ``signal_id`` is None for a canary; ``input`` is sealed, None once the record is gone."""

    record_id: UUID
    signal_id: UUID | None
    purpose: Purpose
    subject: bytes | None = field(repr=False)
    input: bytes | None = field(repr=False)
    family_reference: bytes | None = field(repr=False)
    wanted: Wanted
    valid_until: date
    archive_until: date | None
    revision: int
    made_at: datetime
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class SealedCard:
    """A sealed card of a record under one epoch, and the digest of its entry."""

    epoch: EpochName
    card: bytes = field(repr=False)
    digest: bytes

    @classmethod
    def of(cls, entry: Entry) -> "SealedCard":
        """The card of an entry that is about to be told."""
        return cls(entry.epoch, entry.card, entry_digest(entry))


@dataclass(frozen=True, slots=True)
class Content:
    """What of a record travels to the hub: for each epoch the sealed tag and keys, and the sealed card."""

    purpose: Purpose
    entries: tuple[tuple[EpochName, bytes, bytes], ...] = field(repr=False)


_RECORD = (
    "record_id, signal_id, purpose, subject, input, family_reference, wanted, valid_until, archive_until, revision,"
    " made_at, told_revision, told_state, told_valid_until, told_archive_until, told_cards"
)

# --- Records -----------------------------------------------------------------------------------------


def get(tx: Tx, record_id: UUID) -> HubRecord | None:
    """The record of this id."""
    row = tx.one(f"SELECT {_RECORD} FROM hub_record WHERE record_id = ?", (str(record_id),))  # noqa: S608
    return _record(row) if row else None


def of_signal(tx: Tx, signal_id: UUID) -> list[HubRecord]:
    """All records of one signal, the youth's first, gone ones too."""
    rows = tx.all(
        f"SELECT {_RECORD} FROM hub_record WHERE signal_id = ? ORDER BY purpose = 'youth' DESC, record_id",  # noqa: S608
        (str(signal_id),),
    )
    return [_record(row) for row in rows]


def between(tx: Tx, first: UUID, last: UUID) -> list[HubRecord]:
    """Records that the hub has acknowledged, in a range of ids, both ends included, in order."""
    rows = tx.all(
        f"SELECT {_RECORD} FROM hub_record WHERE record_id BETWEEN ? AND ?"  # noqa: S608
        " AND told_state IS NOT NULL AND told_state <> 'gone' ORDER BY record_id",
        (str(first), str(last)),
    )
    return [_record(row) for row in rows]


def standing(tx: Tx) -> list[HubRecord]:
    """Every record that the node wants at the hub, live or archived."""
    return [_record(row) for row in tx.all(f"SELECT {_RECORD} FROM hub_record WHERE wanted <> 'gone'")]  # noqa: S608


def put(tx: Tx, *kept: HubRecord) -> None:
    """Insert the records, or set what the node itself decides about them; what the hub acknowledged stays."""
    tx.many(
        """
        INSERT INTO hub_record (record_id, signal_id, purpose, subject, input, family_reference, wanted, valid_until,
            archive_until, revision, made_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (record_id) DO UPDATE SET wanted = excluded.wanted, valid_until = excluded.valid_until,
            archive_until = excluded.archive_until, revision = excluded.revision, input = excluded.input,
            subject = excluded.subject
        """,
        [
            (
                str(record.record_id),
                record.signal_id and str(record.signal_id),
                record.purpose.value,
                record.subject,
                record.input,
                record.family_reference,
                record.wanted.value,
                record.valid_until.isoformat(),
                _day(record.archive_until),
                record.revision,
                record.made_at.isoformat(),
            )
            for record in kept
        ],
    )


def raise_revision(tx: Tx, record_id: UUID, revision: int) -> None:
    """The hub is further than we are: the next revision follows on its number."""
    tx.execute("UPDATE hub_record SET revision = max(revision, ?) WHERE record_id = ?", (revision, str(record_id)))


def tell_registered(tx: Tx, taken: Mapping[UUID, Told]) -> None:
    """The hub has taken these registrations; what it has in the archive stays there."""
    tx.many(
        "UPDATE hub_record SET told_revision = ?, told_state = iif(told_state = 'archived', 'archived', ?),"
        " told_valid_until = ?, told_archive_until = ?, told_cards = ? WHERE record_id = ?",
        [_as_told(record_id, told) for record_id, told in taken.items()],
    )
    for record_id, told in taken.items():
        if told.revision > 1:
            _drop_old_cards(tx, record_id, told)


def tell(tx: Tx, record_id: UUID, told: Told) -> None:
    """The hub has acknowledged this; sealed cards of other revisions are no longer needed."""
    tx.execute(
        "UPDATE hub_record SET told_revision = ?, told_state = ?, told_valid_until = ?, told_archive_until = ?,"
        " told_cards = ? WHERE record_id = ?",
        _as_told(record_id, told),
    )
    _drop_old_cards(tx, record_id, told)


def _as_told(record_id: UUID, told: Told) -> tuple[object, ...]:
    """In the order in which both statements name them."""
    return (
        told.revision,
        told.state.value,
        told.valid_until.isoformat(),
        _day(told.archive_until),
        told.cards,
        str(record_id),
    )


def _drop_old_cards(tx: Tx, record_id: UUID, told: Told) -> None:
    tx.execute(
        "DELETE FROM hub_card WHERE record_id = ? AND revision < ? AND revision IS NOT ?",
        (str(record_id), told.revision, told.cards),
    )


def forget_keys(tx: Tx, record_id: UUID) -> None:
    """A record that is gone keeps its id, dates and revision; whom it was about cannot be found back."""
    tx.execute("DELETE FROM hub_entry WHERE record_id = ?", (str(record_id),))
    tx.execute("DELETE FROM hub_card WHERE record_id = ?", (str(record_id),))
    tx.execute("UPDATE hub_record SET input = NULL, subject = NULL WHERE record_id = ?", (str(record_id),))


def let_go(tx: Tx, record_id: UUID) -> None:
    """A record past its own dates: hub and node both drop it by themselves."""
    tx.execute("UPDATE hub_record SET wanted = 'gone' WHERE record_id = ?", (str(record_id),))
    forget_keys(tx, record_id)


def forget(tx: Tx, before: date, limit: int) -> int:
    """Delete so many of the records that are gone and whose every date is before this day; says how many it did."""
    return tx.execute(
        "DELETE FROM hub_record WHERE rowid IN (SELECT rowid FROM hub_record"  # noqa: S608
        f" WHERE wanted = 'gone' AND {_LAST_DAY} < ?"
        " AND NOT EXISTS (SELECT 1 FROM errand WHERE errand.record_id = hub_record.record_id) LIMIT ?)",
        (before.isoformat(), limit),
    ).rowcount


_LAST_DAY = "max(valid_until, coalesce(archive_until, valid_until))"


def over(tx: Tx, day: date, limit: int) -> list[UUID]:
    """Live or archived records whose own dates are past, so that nothing is left of them at the hub."""
    rows = tx.all(
        f"SELECT record_id FROM hub_record WHERE wanted <> 'gone' AND {_LAST_DAY} <= ? LIMIT ?",  # noqa: S608
        (day.isoformat(), limit),
    )
    return [UUID(row["record_id"]) for row in rows]


# --- Tags and cards ----------------------------------------------------------------------------------


def entries(tx: Tx, record_id: UUID) -> dict[EpochName, bytes]:
    """Sealed tag and keys of a record, by epoch."""
    rows = tx.all("SELECT epoch, keys FROM hub_entry WHERE record_id = ?", (str(record_id),))
    return {EpochName(row["epoch"]): row["keys"] for row in rows}


def put_entries(tx: Tx, entries: Iterable[tuple[UUID, EpochName, bytes]]) -> None:
    """Keep sealed tag and keys. A tag within an epoch never changes: what is there stays."""
    tx.many(
        "INSERT INTO hub_entry (record_id, epoch, keys) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(str(record_id), epoch, keys) for record_id, epoch, keys in entries],
    )


def drop_epochs(tx: Tx, names: Iterable[EpochName]) -> int:
    """Destroy tags, keys and cards of epochs that are over; returns how many records lost an entry."""
    lost = 0
    for name in names:
        lost += tx.execute("DELETE FROM hub_entry WHERE epoch = ?", (name,)).rowcount
        tx.execute("DELETE FROM hub_card WHERE epoch = ?", (name,))
    return lost


def epochs_kept(tx: Tx) -> set[EpochName]:
    """The epochs of which any tag is kept."""
    return {EpochName(row["epoch"]) for row in tx.all("SELECT DISTINCT epoch FROM hub_entry")}


def behind(tx: Tx, epoch: EpochName, limit: int) -> list[HubRecord]:
    """Records that stand at the hub without an entry of this epoch, and for which nothing waits yet."""
    rows = tx.all(
        f"""
        SELECT {_RECORD} FROM hub_record WHERE wanted <> 'gone' AND input IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM hub_entry WHERE hub_entry.record_id = hub_record.record_id AND epoch = ?)
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.record_id = hub_record.record_id
            OR (outbox.record_id IS NULL AND outbox.signal_id = hub_record.signal_id))
        ORDER BY wanted = 'live' DESC, purpose = 'youth' DESC, record_id LIMIT ?
        """,  # noqa: S608
        (epoch, limit),
    )
    return [_record(row) for row in rows]


def count_behind(tx: Tx, epoch: EpochName) -> int:
    """How many records that stand at the hub have no entry of this epoch yet."""
    row = tx.one(
        "SELECT count(*) FROM hub_record WHERE wanted <> 'gone' AND input IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM hub_entry WHERE hub_entry.record_id = hub_record.record_id AND epoch = ?)",
        (epoch,),
    )
    return int(row[0]) if row else 0


def put_cards(tx: Tx, cards: Iterable[tuple[HubRecord, SealedCard]]) -> None:
    """Keep the sealed bytes of a record's revision until the next one is acknowledged."""
    tx.many(
        "INSERT INTO hub_card (record_id, revision, epoch, card, digest) VALUES (?, ?, ?, ?, ?)",
        [(str(record.record_id), record.revision, card.epoch, card.card, card.digest) for record, card in cards],
    )


def cards(tx: Tx, record_id: UUID, revision: int) -> list[SealedCard]:
    """The sealed cards of one revision, by epoch."""
    rows = tx.all(
        "SELECT epoch, card, digest FROM hub_card WHERE record_id = ? AND revision = ? ORDER BY epoch",
        (str(record_id), revision),
    )
    return [SealedCard(EpochName(row["epoch"]), row["card"], row["digest"]) for row in rows]


def in_batch(tx: Tx, batch_id: UUID) -> dict[UUID, Content]:
    """What the registrations of a batch say, all in one question; of a record without a card nothing is said."""
    found: dict[str, tuple[str, list[tuple[EpochName, bytes, bytes]]]] = {}
    for row in tx.all(
        """
        SELECT errand.record_id AS record_id, purpose, hub_card.epoch AS epoch, keys, card
        FROM errand JOIN hub_record ON hub_record.record_id = errand.record_id
        LEFT JOIN hub_card ON hub_card.record_id = errand.record_id AND hub_card.revision = errand.revision
        LEFT JOIN hub_entry ON hub_entry.record_id = errand.record_id AND hub_entry.epoch = hub_card.epoch
        WHERE errand.batch_id = ? ORDER BY hub_card.epoch
        """,
        (str(batch_id),),
    ):
        entries = found.setdefault(row["record_id"], (row["purpose"], []))[1]
        if row["keys"] is not None:
            entries.append((EpochName(row["epoch"]), row["keys"], row["card"]))
    return {UUID(id): Content(Purpose(purpose), tuple(entries)) for id, (purpose, entries) in found.items()}


# --- Rows --------------------------------------------------------------------------------------------


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _record(row: sqlite3.Row) -> HubRecord:
    told = None
    if row["told_state"] is not None:
        told = Told(
            row["told_revision"],
            ToldState(row["told_state"]),
            date.fromisoformat(row["told_valid_until"]),
            _date(row["told_archive_until"]),
            row["told_cards"],
        )
    return HubRecord(
        UUID(row["record_id"]),
        UUID(row["signal_id"]) if row["signal_id"] else None,
        Purpose(row["purpose"]),
        row["subject"],
        row["input"],
        row["family_reference"],
        Wanted(row["wanted"]),
        date.fromisoformat(row["valid_until"]),
        _date(row["archive_until"]),
        row["revision"],
        datetime.fromisoformat(row["made_at"]),
        told,
    )
