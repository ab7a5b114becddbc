"""Organisations, their locations and the professionals who work there."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from ledger import Tx
from node.domain.errors import ProfessionalUnknown
from node.domain.professional import Contact, Domain, LocationId, PersonNumber, Professional
from node.domain.signal import ProfessionalId

_SELECT = """
SELECT professional_id, reference, person_number, location_id, function, professional.name AS name, phone, email,
    active, organisation.name AS organisation, domain, kind, default_months, location.name AS location
FROM professional JOIN location USING (location_id) JOIN organisation USING (organisation_id)
"""


@dataclass(frozen=True, slots=True)
class Profile:
    """A professional as imported. ``reference`` names the profile for ever; profiles of one human share ``human``."""

    reference: str
    human: str
    contact: Contact
    active: bool
    default_months: int


def get(tx: Tx, who: UUID) -> Professional:
    """The professional; raises ProfessionalUnknown."""
    row = tx.one(f"{_SELECT} WHERE professional_id = ?", (str(who),))
    if row is None:
        raise ProfessionalUnknown
    return _professional(row)


def by_reference(tx: Tx, reference: str) -> Professional:
    """The professional with this reference; raises ProfessionalUnknown."""
    row = tx.one(f"{_SELECT} WHERE reference = ?", (reference,))
    if row is None:
        raise ProfessionalUnknown
    return _professional(row)


def every(tx: Tx) -> list[tuple[str, Professional]]:
    """All professionals with their references, by reference."""
    return [(row["reference"], _professional(row)) for row in tx.all(f"{_SELECT} ORDER BY reference")]


def put(tx: Tx, profile: Profile, new_id: Callable[[], UUID]) -> ProfessionalId | None:
    """Keep the profile, its location and organisation. The id when what others see has changed, else None."""
    before = tx.one(f"{_SELECT} WHERE reference = ?", (profile.reference,))
    contact = profile.contact
    location = _location(tx, _organisation(tx, profile, new_id), contact.location, new_id)
    human = tx.one(
        "SELECT person_number FROM professional WHERE person_reference = ? LIMIT 1",
        (profile.human,),
    )
    tx.execute(
        "INSERT INTO professional (professional_id, reference, person_reference, person_number, location_id, function,"
        " name, phone, email, active) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (reference) DO UPDATE SET"
        " person_reference = excluded.person_reference, person_number = excluded.person_number,"
        " location_id = excluded.location_id, function = excluded.function, name = excluded.name,"
        " phone = excluded.phone, email = excluded.email, active = excluded.active",
        (
            before["professional_id"] if before else str(new_id()),
            profile.reference,
            profile.human,
            human["person_number"] if human else str(new_id()),
            str(location),
            contact.function,
            contact.name,
            contact.phone,
            contact.email,
            profile.active,
        ),
    )
    now = by_reference(tx, profile.reference)
    return None if before and _professional(before).contact == now.contact else now.id


def at_organisation_of(tx: Tx, who: ProfessionalId) -> list[ProfessionalId]:
    """Everyone who works for the same organisation, this professional included."""
    rows = tx.all(
        "SELECT professional_id FROM professional JOIN location USING (location_id) WHERE organisation_id = ("
        " SELECT organisation_id FROM professional JOIN location USING (location_id) WHERE professional_id = ?)",
        (str(who),),
    )
    return [ProfessionalId(UUID(row["professional_id"])) for row in rows]


def _organisation(tx: Tx, profile: Profile, new_id: Callable[[], UUID]) -> str:
    contact = profile.contact
    tx.execute(
        "INSERT INTO organisation (organisation_id, name, domain, kind, default_months) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET domain = excluded.domain, kind = excluded.kind,"
        " default_months = excluded.default_months",
        (str(new_id()), contact.organisation, contact.domain.value, contact.kind, profile.default_months),
    )
    row = tx.one("SELECT organisation_id FROM organisation WHERE name = ?", (contact.organisation,))
    return str(row["organisation_id"]) if row else ""


def _location(tx: Tx, organisation_id: str, name: str, new_id: Callable[[], UUID]) -> str:
    tx.execute(
        "INSERT INTO location (location_id, organisation_id, name) VALUES (?, ?, ?)"
        " ON CONFLICT (organisation_id, name) DO NOTHING",
        (str(new_id()), organisation_id, name),
    )
    row = tx.one("SELECT location_id FROM location WHERE organisation_id = ? AND name = ?", (organisation_id, name))
    return str(row["location_id"]) if row else ""


def _professional(row: sqlite3.Row) -> Professional:
    return Professional(
        ProfessionalId(UUID(row["professional_id"])),
        PersonNumber(UUID(row["person_number"])),
        LocationId(UUID(row["location_id"])),
        Contact(
            row["organisation"],
            Domain(row["domain"]),
            row["kind"],
            row["location"],
            row["function"],
            row["name"],
            row["phone"],
            row["email"],
        ),
        bool(row["active"]),
        row["default_months"],
    )
