"""Signals as they lie in the database, one function for each question."""

import sqlite3
from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from ledger import Tx
from node.domain.errors import SignalUnknown
from node.domain.matching import Party
from node.domain.professional import LocationId, PersonNumber
from node.domain.signal import EndReason, ProfessionalId, Signal, SignalId, State, YouthKey
from node.store import tally, youths

_COLUMNS = (
    "signal_id, youth_key, professional_id, made_at, valid_until, archive_until, state, ended_at, end_reason,"
    " responsible_gemeente"
)


def put(tx: Tx, signal: Signal) -> None:
    """Insert the signal, or bring its row to what it says now. The youth's row must be there."""
    tx.execute(
        f"INSERT INTO signal ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (signal_id) DO UPDATE SET"  # noqa: S608 - the columns are ours
        " valid_until = excluded.valid_until, archive_until = excluded.archive_until, state = excluded.state,"
        " ended_at = excluded.ended_at, end_reason = excluded.end_reason",
        (
            str(signal.id),
            signal.youth,
            str(signal.professional),
            signal.made_at.isoformat(),
            signal.valid_until.isoformat(),
            signal.archive_until and signal.archive_until.isoformat(),
            signal.state.value,
            signal.ended_at and signal.ended_at.isoformat(),
            signal.end_reason and signal.end_reason.value,
            signal.responsible,
        ),
    )


def transfer(tx: Tx, signal_id: SignalId, to: ProfessionalId) -> None:
    """Another professional is the one involved from now on; its dates stay."""
    tx.execute("UPDATE signal SET professional_id = ? WHERE signal_id = ?", (str(to), str(signal_id)))


def be_about(tx: Tx, signal_id: SignalId, youth: YouthKey) -> None:
    """The signal is about this youth from now on: its BSN became known."""
    tx.execute("UPDATE signal SET youth_key = ? WHERE signal_id = ?", (youth, str(signal_id)))


def find(tx: Tx, signal_id: UUID) -> Signal | None:
    """The signal, active or archived; None when there is none, or it was destroyed."""
    row = tx.one(f"SELECT {_COLUMNS} FROM signal WHERE signal_id = ?", (str(signal_id),))  # noqa: S608
    return _signal(row) if row else None


def get(tx: Tx, signal_id: UUID) -> Signal:
    """The signal; raises SignalUnknown."""
    signal = find(tx, signal_id)
    if signal is None:
        raise SignalUnknown
    return signal


def of_professional(tx: Tx, who: ProfessionalId, today: date) -> list[Signal]:
    """The active signals of a professional, newest first. What is archived cannot be looked up: 7.1.4.6(2)."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM signal WHERE professional_id = ? AND state = 'active' AND valid_until > ?"  # noqa: S608
        " ORDER BY made_at DESC, signal_id",
        (str(who), today.isoformat()),
    )
    return [_signal(row) for row in rows]


def active_about(tx: Tx, youth: YouthKey) -> list[Signal]:
    """The active signals about a youth, oldest first."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM signal WHERE youth_key = ? AND state = 'active' ORDER BY made_at, signal_id",  # noqa: S608
        (youth,),
    )
    return [_signal(row) for row in rows]


def about(tx: Tx, youth: YouthKey) -> list[Signal]:
    """Every signal about a youth, active and archived, oldest first."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM signal WHERE youth_key = ? ORDER BY made_at, signal_id",  # noqa: S608
        (youth,),
    )
    return [_signal(row) for row in rows]


def party(tx: Tx, signal: Signal) -> Party:
    """The signal as matching sees it."""
    row = tx.one(
        "SELECT person_number, location_id FROM professional WHERE professional_id = ?", (str(signal.professional),)
    )
    if row is None:
        raise SignalUnknown
    return Party(
        signal.id,
        signal.youth,
        PersonNumber(UUID(row["person_number"])),
        LocationId(UUID(row["location_id"])),
        signal.valid_until,
        youths.relations(tx, [signal.youth])[signal.youth],
        youths.without_bsn(tx, signal.youth),
    )


def near(tx: Tx, youth: YouthKey, today: date) -> list[Party]:
    """Active signals about this youth, or about a youth with a relation in common, as matching sees them."""
    rows = tx.all(
        """
        SELECT signal_id, youth_key, person_number, location_id, valid_until
        FROM signal JOIN professional USING (professional_id)
        WHERE state = 'active' AND valid_until > ?2 AND youth_key IN (
            SELECT ?1
            UNION
            SELECT theirs.youth_key FROM youth_relation AS ours
            JOIN youth_relation AS theirs USING (relation_key, kind)
            WHERE ours.youth_key = ?1
        )
        ORDER BY made_at, signal_id
        """,
        (youth, today.isoformat()),
    )
    related = youths.relations(tx, [YouthKey(row["youth_key"]) for row in rows])
    return [
        Party(
            SignalId(UUID(row["signal_id"])),
            YouthKey(row["youth_key"]),
            PersonNumber(UUID(row["person_number"])),
            LocationId(UUID(row["location_id"])),
            date.fromisoformat(row["valid_until"]),
            related[YouthKey(row["youth_key"])],
        )
        for row in rows
    ]


_DUE = (
    f"SELECT {_COLUMNS} FROM signal WHERE state = 'active' AND valid_until <= ?1"  # noqa: S608
    f" UNION ALL SELECT {_COLUMNS} FROM signal WHERE state = 'archived' AND archive_until <= ?1"
)


def due(tx: Tx, today: date, limit: int) -> list[Signal]:
    """Signals whose date has come: active ones that end, archived ones that are destroyed."""
    return [_signal(row) for row in tx.all(f"{_DUE} LIMIT ?2", (today.isoformat(), limit))]


def all_due(tx: Tx, today: date) -> Iterator[Signal]:
    """The same without a limit, one by one: any number fits."""
    return (_signal(row) for row in tx.execute(_DUE, (today.isoformat(),)))


def active(tx: Tx) -> list[SignalId]:
    """The ids of all active signals, for telling the hub everything again."""
    return [
        SignalId(UUID(row["signal_id"]))
        for row in tx.execute("SELECT signal_id FROM signal WHERE state = 'active' ORDER BY signal_id")
    ]


def archived(tx: Tx) -> list[SignalId]:
    """The ids of all archived signals."""
    return [
        SignalId(UUID(row["signal_id"]))
        for row in tx.execute("SELECT signal_id FROM signal WHERE state = 'archived' ORDER BY signal_id")
    ]


def destroy(tx: Tx, signal: Signal) -> None:
    """Remove the signal, its side of every match, and what is known of the youth when this was the last one."""
    tx.execute("DELETE FROM signal WHERE signal_id = ?", (str(signal.id),))
    youths.forget_if_unused(tx, signal.youth)


def counts(tx: Tx) -> dict[State, int]:
    """How many signals stand in each state."""
    found = tally.counted(tx, "signal")
    return {state: found.get(state.value, 0) for state in State}


def _signal(row: sqlite3.Row) -> Signal:
    return Signal(
        SignalId(UUID(row["signal_id"])),
        YouthKey(row["youth_key"]),
        ProfessionalId(UUID(row["professional_id"])),
        datetime.fromisoformat(row["made_at"]),
        date.fromisoformat(row["valid_until"]),
        date.fromisoformat(row["archive_until"]) if row["archive_until"] else None,
        State(row["state"]),
        datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else None,
        EndReason(row["end_reason"]) if row["end_reason"] else None,
        row["responsible_gemeente"],
    )
