"""Roles that were asked for, are held, and were held."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ledger import Tx
from node.domain.errors import RequestUnknown
from node.domain.professional import PersonNumber
from node.domain.rights import Held, Role


@dataclass(frozen=True, slots=True)
class Grant:
    """A role for one person at one place. Held from ``starts_on``, once somebody else confirmed what one asked."""

    number: int
    person: PersonNumber
    role: Role
    place: str
    asked_by: PersonNumber
    asked_at: datetime
    confirmed_by: PersonNumber | None
    starts_on: date | None
    ends_on: date | None


def ask(tx: Tx, person: PersonNumber, role: Role, place: str, by: PersonNumber, at: datetime) -> int:
    """Keep the request; says under which number."""
    cursor = tx.execute(
        "INSERT INTO role_grant (person_number, role, place, asked_by, asked_at) VALUES (?, ?, ?, ?, ?)",
        (str(person), role.value, place, str(by), at.isoformat()),
    )
    return int(cursor.lastrowid or 0)


def confirm(tx: Tx, number: int, by: PersonNumber, at: datetime, today: date) -> None:
    """From today the role is held."""
    tx.execute(
        "UPDATE role_grant SET confirmed_by = ?, confirmed_at = ?, starts_on = ? WHERE number = ?",
        (str(by), at.isoformat(), today.isoformat(), number),
    )


def end(tx: Tx, number: int, day: date) -> None:
    """From this day the role is not held any more; a request that was never confirmed is withdrawn."""
    tx.execute("UPDATE role_grant SET ends_on = ? WHERE number = ?", (day.isoformat(), number))


def get(tx: Tx, number: int) -> Grant:
    """The grant that has not ended; raises RequestUnknown."""
    row = tx.one("SELECT * FROM role_grant WHERE number = ? AND ends_on IS NULL", (number,))
    if row is None:
        raise RequestUnknown
    return _grant(row)


def every(tx: Tx) -> list[Grant]:
    """All requests and grants, those that ended as well, in order."""
    return [_grant(row) for row in tx.all("SELECT * FROM role_grant ORDER BY number")]


def standing(tx: Tx, person: PersonNumber) -> list[Grant]:
    """What this person holds or is about to hold: requests and grants that have not ended."""
    rows = tx.all(
        "SELECT * FROM role_grant WHERE person_number = ? AND ends_on IS NULL ORDER BY number", (str(person),)
    )
    return [_grant(row) for row in rows]


def held(tx: Tx, person: PersonNumber, today: date) -> list[Held]:
    """The granted roles that this person holds today."""
    rows = tx.all(
        "SELECT role, place FROM role_grant WHERE person_number = ?1 AND starts_on <= ?2"
        " AND (ends_on IS NULL OR ends_on > ?2) ORDER BY number",
        (str(person), today.isoformat()),
    )
    return [Held(Role(row["role"]), row["place"]) for row in rows]


def how_many(tx: Tx, role: Role, today: date) -> int:
    """How many people hold this role today."""
    row = tx.one(
        "SELECT count(DISTINCT person_number) FROM role_grant WHERE role = ?1 AND starts_on <= ?2"
        " AND (ends_on IS NULL OR ends_on > ?2)",
        (role.value, today.isoformat()),
    )
    return int(row[0]) if row else 0


def anyone_holds(tx: Tx, role: Role, places: Iterable[str], today: date) -> bool:
    """Whether somebody holds this role at one of these places today."""
    return any(
        tx.one(
            "SELECT 1 FROM role_grant WHERE role = ?1 AND place = ?2 AND starts_on <= ?3"
            " AND (ends_on IS NULL OR ends_on > ?3) LIMIT 1",
            (role.value, place, today.isoformat()),
        )
        for place in places
    )


def _grant(row: sqlite3.Row) -> Grant:
    return Grant(
        row["number"],
        PersonNumber(UUID(row["person_number"])),
        Role(row["role"]),
        row["place"],
        PersonNumber(UUID(row["asked_by"])),
        datetime.fromisoformat(row["asked_at"]),
        PersonNumber(UUID(row["confirmed_by"])) if row["confirmed_by"] else None,
        date.fromisoformat(row["starts_on"]) if row["starts_on"] else None,
        date.fromisoformat(row["ends_on"]) if row["ends_on"] else None,
    )
