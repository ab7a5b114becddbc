"""The registry of regions: who may speak, their key statements, and how they stand."""

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.store.protocol import NotAdmitted, OlderStatement, SeenBefore, Sender
from hub.store.records import next_numbers
from ledger import Tx
from soap_wsdl.vocabulary import (
    EpochCount,
    EpochName,
    GetDirectoryResponse,
    GetStatistics,
    GetStatisticsResponse,
    KeyStatement,
    Oin,
    PairCount,
    Purpose,
    Region,
    RegionStatus,
)

FEW = 5
"""Counts under this are not told."""


class NoSuchRegion(Exception):
    """The registry has no region with this OIN."""

    def __init__(self) -> None:
        super().__init__("There is no region with this OIN: see 'verwijsindex hub regions list'.")


@dataclass(frozen=True, slots=True)
class Registered:
    """A line of the registry."""

    oin: Oin
    name: str
    status: RegionStatus
    comparison_due: bool
    last_number: int
    acknowledged: int


def admit(tx: Tx, sender: Sender) -> int:
    """The number of an active region, its message remembered; raises NotAdmitted or SeenBefore."""
    region = active(tx, sender.oin)
    message = hashlib.sha256(sender.message_id.encode()).digest()[:16]
    done = tx.execute(
        "INSERT INTO seen_message (region, message, at) VALUES (?, ?, ?) ON CONFLICT (region, message) DO NOTHING",
        (region, message, int(sender.at.timestamp())),
    )
    if done.rowcount == 0:
        raise SeenBefore
    return region


def active(tx: Tx, oin: Oin) -> int:
    """The number of a region that is active now; raises NotAdmitted."""
    found = tx.one("SELECT region, status FROM region WHERE oin = ?", (oin,))
    if found is None or found["status"] != RegionStatus.ACTIVE.value:
        raise NotAdmitted
    return int(found["region"])


def row(tx: Tx, region: int) -> sqlite3.Row:
    """How a region stands; raises NoSuchRegion."""
    found = tx.one(
        "SELECT g.oin, g.last_number, COALESCE(m.acknowledged, 0) AS acknowledged, g.comparison_due FROM region g"
        " LEFT JOIN mark m ON m.region = g.region WHERE g.region = ?",
        (region,),
    )
    if found is None:
        raise NoSuchRegion
    return found


def comparison_due(tx: Tx, region: int) -> bool:
    """Whether a comparison must finish before this region's old records match again."""
    return bool(row(tx, region)["comparison_due"])


def add(tx: Tx, oin: Oin, name: str) -> bool:
    """Register a region, or make a known one active under this name; True when it is new.

    After a new seed on an empty database nothing is old, so no comparison is due.
    """
    if tx.one("SELECT 1 FROM region WHERE oin = ?", (oin,)) is not None:
        tx.execute("UPDATE region SET name = ?, status = 'active' WHERE oin = ?", (name, oin))
        return False
    (number,) = next_numbers(tx, "region", 1)
    tx.execute("INSERT INTO region (region, oin, name, status) VALUES (?, ?, ?, 'active')", (number, oin, name))
    return True


def set_status(tx: Tx, oin: Oin, status: RegionStatus) -> int:
    """Change a region's status and return its number; raises NoSuchRegion."""
    found = tx.one("SELECT region FROM region WHERE oin = ?", (oin,))
    if found is None:
        raise NoSuchRegion
    tx.execute("UPDATE region SET status = ? WHERE oin = ?", (status.value, oin))
    return int(found["region"])


def registry(tx: Tx) -> list[Registered]:
    """Every region that ever took part, by OIN."""
    return [
        Registered(
            Oin(row["oin"]),
            row["name"],
            RegionStatus(row["status"]),
            bool(row["comparison_due"]),
            row["last_number"],
            row["acknowledged"],
        )
        for row in tx.all(
            "SELECT g.oin, g.name, g.status, g.comparison_due, g.last_number,"
            " COALESCE(m.acknowledged, 0) AS acknowledged FROM region g"
            " LEFT JOIN mark m ON m.region = g.region ORDER BY g.oin"
        )
    ]


def oins(tx: Tx, numbers: frozenset[int]) -> frozenset[Oin]:
    """The OINs of region numbers."""
    if not numbers:
        return frozenset()
    return frozenset(Oin(row["oin"]) for row in tx.all("SELECT region, oin FROM region") if row["region"] in numbers)


# --- Keys --------------------------------------------------------------------------------------------


def _pack(parts: Sequence[bytes]) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _unpack(packed: bytes) -> tuple[bytes, ...]:
    parts, at = [], 0
    while at < len(packed):
        size = int.from_bytes(packed[at : at + 4], "big")
        parts.append(packed[at + 4 : at + 4 + size])
        at += 4 + size
    return tuple(parts)


def publish(tx: Tx, region: int, statement: KeyStatement, serial: int) -> int:
    """Keep a verified key statement; the same one again changes nothing. Raises OlderStatement."""
    kept = tx.one("SELECT serial, statement FROM region WHERE region = ?", (region,))
    if kept is not None and kept["serial"] is not None:
        if serial < kept["serial"] or (serial == kept["serial"] and statement.statement != kept["statement"]):
            raise OlderStatement
        if serial == kept["serial"]:
            return serial
    tx.execute(
        "UPDATE region SET serial = ?, statement = ?, signature = ?, certificates = ? WHERE region = ?",
        (serial, statement.statement, statement.signature, _pack(statement.certificates), region),
    )
    return serial


def directory(tx: Tx) -> GetDirectoryResponse:
    """All regions, by OIN, with their last key statements."""
    return GetDirectoryResponse(
        tuple(
            Region(
                Oin(row["oin"]),
                row["name"],
                RegionStatus(row["status"]),
                KeyStatement(row["statement"], row["signature"], _unpack(row["certificates"]))
                if row["statement"] is not None
                else None,
            )
            for row in tx.all("SELECT oin, name, status, statement, signature, certificates FROM region ORDER BY oin")
        )
    )


# --- Figures -----------------------------------------------------------------------------------------


def epoch_counts(tx: Tx, region: int, epochs: Sequence[str]) -> tuple[EpochCount, ...]:
    """How many records carry each epoch in force; ``waiting`` counts records whose only epoch is over.

    Waiting records carry no epoch any more: they stand with the last epoch of the list, the one they wait for.
    """
    counts: dict[str, dict[str, int]] = {}
    for row in tx.all(
        "SELECT m.epoch, r.standing, COUNT(*) AS how_many FROM record r JOIN entry m ON m.record = r.record"
        " WHERE r.region = ? GROUP BY m.epoch, r.standing",
        (region,),
    ):
        counts.setdefault(row["epoch"], {})[row["standing"]] = row["how_many"]
    waiting = tx.one(
        "SELECT COUNT(*) AS how_many FROM record WHERE region = ? AND waiting = 1 AND standing <> 'destroyed'",
        (region,),
    )
    waits = waiting["how_many"] if waiting else 0
    names = [*sorted(set(counts) - set(epochs)), *epochs]
    return tuple(
        EpochCount(
            EpochName(name),
            counts.get(name, {}).get("live", 0) + counts.get(name, {}).get("held", 0),
            counts.get(name, {}).get("archived", 0),
            waits if name == names[-1] else 0,
        )
        for name in names
    )


def statistics(tx: Tx, request: GetStatistics) -> GetStatisticsResponse:
    """Pairs per month, pair of regions and purpose."""
    return GetStatisticsResponse(
        tuple(
            PairCount(
                row["month"],
                Oin(row["here"]),
                Oin(row["there"]),
                Purpose(row["purpose"]),
                row["pairs"] if row["pairs"] >= FEW else None,
            )
            for row in tx.all(
                "SELECT c.month, a.oin AS here, b.oin AS there, c.purpose, c.pairs FROM pair_count c"
                " JOIN region a ON a.region = c.region JOIN region b ON b.region = c.other_region"
                " WHERE c.month BETWEEN ? AND ? ORDER BY c.month, a.oin, b.oin, c.purpose",
                (request.first_month, request.last_month),
            )
        )
    )


# --- Jobs --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JobRun:
    """The last run of a job, in seconds since 1970: started, finished well, failed."""

    name: str
    started: int
    finished: int | None
    failed: int | None


def job_started(tx: Tx, name: str, at: datetime) -> None:
    """Note that a job began: one that never finishes is seen in ``status``."""
    tx.execute(
        "INSERT INTO job (name, started) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET started = excluded.started",
        (name, int(at.timestamp())),
    )


def job_ended(tx: Tx, name: str, at: datetime, *, well: bool) -> None:
    """Note how a job ended."""
    column = "finished" if well else "failed"
    tx.execute(f"UPDATE job SET {column} = ? WHERE name = ?", (int(at.timestamp()), name))  # noqa: S608


def jobs(tx: Tx) -> list[JobRun]:
    """The last run of every job."""
    return [
        JobRun(row["name"], row["started"], row["finished"], row["failed"])
        for row in tx.all("SELECT name, started, finished, failed FROM job ORDER BY name")
    ]
