"""Organisations, their locations and teams by name, with the names they had; and their agreements with gemeenten."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from uuid import UUID

from ledger import Tx
from node.domain.errors import NameTaken, OrganisationUnknown
from node.domain.organisation import Agreement, Category
from node.domain.period import Period
from node.domain.professional import Domain, OrganisationId


class Unit(Enum):
    """What has a name that may change."""

    ORGANISATION = "organisation"
    LOCATION = "location"
    TEAM = "team"


_PARENT = {Unit.LOCATION: "organisation_id", Unit.TEAM: "location_id"}


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation as it is now. Without a category it cannot make agreements.

    ``bsn_right`` is the region's word on whether it may use the BSN; None: as its category says.
    """

    id: OrganisationId
    name: str
    domain: Domain
    category: Category | None
    kind: str
    default_months: int
    bsn_right: bool | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A name and when it held; None on a side that is open."""

    name: str
    valid_from: date | None
    valid_until: date | None


def get(tx: Tx, organisation: UUID) -> Organisation:
    """The organisation; raises OrganisationUnknown."""
    row = tx.one("SELECT * FROM organisation WHERE organisation_id = ?", (str(organisation),))
    if row is None:
        raise OrganisationUnknown
    return _organisation(row)


def named(tx: Tx, name: str) -> Organisation:
    """The organisation that has this name now, else the one that had it last. Raises OrganisationUnknown."""
    return get(tx, find_unit(tx, Unit.ORGANISATION, name, None))


def every(tx: Tx) -> list[Organisation]:
    """All of them, by name."""
    return [_organisation(row) for row in tx.all("SELECT * FROM organisation ORDER BY name")]


FIRST_MONTHS = 12
"""The duration that a new organisation offers first, unless told otherwise."""


def put(
    tx: Tx,
    name: str,
    domain: Domain,
    category: Category | None,
    kind: str | None,
    months: int | None,
    new_id: Callable[[], UUID],
) -> Organisation:
    """Keep the organisation that has or had this name; what is None stays what it was."""
    try:
        found: UUID = named(tx, name).id
    except OrganisationUnknown:
        found = new_id()
        tx.execute(
            "INSERT INTO organisation (organisation_id, name, domain, kind, default_months) VALUES (?, ?, ?, ?, ?)",
            (str(found), name, domain.value, kind or (category or domain).value, months or FIRST_MONTHS),
        )
        _begin_name(tx, Unit.ORGANISATION, found, name, None)
    tx.execute(
        "UPDATE organisation SET domain = ?, kind = coalesce(?, kind), default_months = coalesce(?, default_months),"
        " category = coalesce(?, category) WHERE organisation_id = ?",
        (domain.value, kind, months, category.value if category else None, str(found)),
    )
    return get(tx, found)


def set_bsn_right(tx: Tx, organisation: UUID, said: bool | None) -> None:
    """Whether it may use the BSN; None: as its category says."""
    tx.execute("UPDATE organisation SET bsn_right = ? WHERE organisation_id = ?", (said, str(organisation)))


def put_place(tx: Tx, unit: Unit, parent: UUID, name: str, new_id: Callable[[], UUID]) -> UUID:
    """The location of this organisation, or team of this location, that has or had this name; made when there is none.

    Only a location or a team is a place.
    """
    try:
        return find_unit(tx, unit, name, parent)
    except OrganisationUnknown:
        made = new_id()
        tx.execute(
            f"INSERT INTO {unit.value} ({unit.value}_id, {_PARENT[unit]}, name) VALUES (?, ?, ?)",  # noqa: S608
            (str(made), str(parent), name),
        )
        _begin_name(tx, unit, made, name, None)
        return made


def find_unit(tx: Tx, unit: Unit, name: str, parent: UUID | None) -> UUID:
    """What is called so now, or was so last, within its parent. Raises OrganisationUnknown."""
    inside = f"AND {_PARENT[unit]} = :parent" if unit in _PARENT else ""
    row = tx.one(
        f"SELECT unit_id FROM name_through_time JOIN {unit.value} ON unit_id = {unit.value}_id"  # noqa: S608
        f" WHERE unit = :unit AND name_through_time.name = :name {inside}"
        " ORDER BY valid_until IS NULL DESC, valid_until DESC LIMIT 1",
        {"unit": unit.value, "name": name, "parent": str(parent)},
    )
    if row is None:
        raise OrganisationUnknown
    return UUID(row["unit_id"])


def rename(tx: Tx, unit: Unit, unit_id: UUID, name: str, today: date) -> bool:
    """From today it is called so; the old name stays in its history. Raises NameTaken, OrganisationUnknown.

    False for the name it has already: then nothing changes. A name that lasted no day leaves no trace.
    """
    table, key = unit.value, f"{unit.value}_id"
    row = tx.one(f"SELECT * FROM {table} WHERE {key} = ?", (str(unit_id),))  # noqa: S608
    if row is None:
        raise OrganisationUnknown
    if row["name"] == name:
        return False
    inside = f"AND {_PARENT[unit]} = ?" if unit in _PARENT else ""
    parent = (row[_PARENT[unit]],) if unit in _PARENT else ()
    if tx.one(f"SELECT 1 FROM {table} WHERE name = ? {inside}", (name, *parent)):  # noqa: S608
        raise NameTaken
    tx.execute(f"UPDATE {table} SET name = ? WHERE {key} = ?", (name, str(unit_id)))  # noqa: S608
    tx.execute(
        "UPDATE name_through_time SET valid_until = ? WHERE unit = ? AND unit_id = ? AND valid_until IS NULL",
        (today.isoformat(), table, str(unit_id)),
    )
    tx.execute(
        "DELETE FROM name_through_time WHERE unit = ? AND unit_id = ? AND valid_from >= valid_until",
        (table, str(unit_id)),
    )
    _begin_name(tx, unit, unit_id, name, today)
    return True


def organisation_of(tx: Tx, location: str) -> str | None:
    """The id of the organisation of a location."""
    row = tx.one("SELECT organisation_id FROM location WHERE location_id = ?", (location,))
    return row["organisation_id"] if row else None


def names(tx: Tx, unit: Unit, unit_id: UUID) -> list[Named]:
    """Every name it had, the present one last."""
    rows = tx.all(
        "SELECT name, valid_from, valid_until FROM name_through_time WHERE unit = ? AND unit_id = ?"
        " ORDER BY valid_until IS NULL, valid_until",
        (unit.value, str(unit_id)),
    )
    return [Named(row["name"], _day(row["valid_from"]), _day(row["valid_until"])) for row in rows]


def agreements_of(tx: Tx, organisation: UUID) -> list[Agreement]:
    """All agreements of an organisation, past and future too, the oldest first."""
    rows = tx.all(
        "SELECT * FROM agreement WHERE organisation_id = ? ORDER BY signed_on, gemeente", (str(organisation),)
    )
    return [_agreement(row) for row in rows]


def every_agreement(tx: Tx) -> list[Agreement]:
    """All agreements of all organisations, past and future too, the oldest first."""
    return [_agreement(row) for row in tx.all("SELECT * FROM agreement ORDER BY signed_on, gemeente, agreement_id")]


def put_agreement(tx: Tx, agreement: Agreement) -> None:
    """Keep these agreements, or their new end."""
    tx.execute(
        "INSERT INTO agreement (agreement_id, organisation_id, gemeente, signed_on, starts_on, ends_on, document)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (agreement_id) DO UPDATE SET ends_on = excluded.ends_on",
        (
            str(agreement.id),
            str(agreement.organisation),
            agreement.gemeente,
            agreement.signed_on.isoformat(),
            agreement.period.starts.isoformat(),
            agreement.period.ends and agreement.period.ends.isoformat(),
            agreement.document,
        ),
    )


def drop_agreement(tx: Tx, agreement: Agreement) -> None:
    """It ends before it began: nothing of it ever held."""
    tx.execute("DELETE FROM agreement WHERE agreement_id = ?", (str(agreement.id),))


def _begin_name(tx: Tx, unit: Unit, unit_id: UUID, name: str, since: date | None) -> None:
    tx.execute(
        "INSERT INTO name_through_time (unit, unit_id, name, valid_from) VALUES (?, ?, ?, ?)",
        (unit.value, str(unit_id), name, since and since.isoformat()),
    )


def _organisation(row: sqlite3.Row) -> Organisation:
    return Organisation(
        OrganisationId(UUID(row["organisation_id"])),
        row["name"],
        Domain(row["domain"]),
        Category(row["category"]) if row["category"] else None,
        row["kind"],
        row["default_months"],
        None if row["bsn_right"] is None else bool(row["bsn_right"]),
    )


def _agreement(row: sqlite3.Row) -> Agreement:
    return Agreement(
        UUID(row["agreement_id"]),
        OrganisationId(UUID(row["organisation_id"])),
        row["gemeente"],
        date.fromisoformat(row["signed_on"]),
        Period(date.fromisoformat(row["starts_on"]), _day(row["ends_on"])),
        row["document"],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
