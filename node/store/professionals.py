"""The professionals of a region: profiles at a location of an organisation, as others see them."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ledger import Tx
from node.domain.errors import ProfessionalUnknown
from node.domain.organisation import Category
from node.domain.professional import Contact, Domain, LocationId, OrganisationId, PersonNumber, Professional
from node.domain.signal import ProfessionalId
from node.store import humans, organisations
from node.store.organisations import Unit

_SELECT = """
SELECT professional_id, reference, person_number, location_id, function, professional.name AS name, phone, email,
    left_on, organisation_id, organisation.name AS organisation, domain, kind, default_months,
    location.name AS location
FROM professional JOIN location USING (location_id) JOIN organisation USING (organisation_id)
"""


@dataclass(frozen=True, slots=True)
class Profile:
    """A professional as imported. ``reference`` names the profile for ever; profiles of one human share ``human``.

    A human, duration, category or team that is None stays what it was; a new profile is then of a human by its own
    reference.
    """

    reference: str
    human: str | None
    contact: Contact
    default_months: int | None
    category: Category | None = None
    team: str | None = None


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
    known = humans.reference_of(tx, PersonNumber(UUID(before["person_number"]))) if before else profile.reference
    human = profile.human or known
    organisation = organisations.put(
        tx, contact.organisation, contact.domain, profile.category, contact.kind, profile.default_months, new_id
    )
    location = organisations.put_place(tx, Unit.LOCATION, organisation.id, contact.location, new_id)
    team = organisations.put_place(tx, Unit.TEAM, location, profile.team, new_id) if profile.team else None
    tx.execute(
        "INSERT INTO professional (professional_id, reference, person_reference, person_number, location_id, function,"
        " name, phone, email, team_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (reference) DO UPDATE SET"
        " person_reference = excluded.person_reference, person_number = excluded.person_number,"
        " location_id = excluded.location_id, function = excluded.function, name = excluded.name,"
        " phone = excluded.phone, email = excluded.email,"
        " team_id = CASE WHEN excluded.team_id IS NULL AND location_id = excluded.location_id THEN team_id"
        " ELSE excluded.team_id END",
        (
            before["professional_id"] if before else str(new_id()),
            profile.reference,
            human,
            str(humans.enter(tx, human, new_id)),
            str(location),
            contact.function,
            contact.name,
            contact.phone,
            contact.email,
            str(team) if team else None,
        ),
    )
    now = by_reference(tx, profile.reference)
    return None if before and _professional(before).contact == now.contact else now.id


def set_contact(tx: Tx, who: ProfessionalId, function: str, name: str, phone: str, email: str) -> None:
    """What others see of this profile, apart from where it works."""
    tx.execute(
        "UPDATE professional SET function = ?, name = ?, phone = ?, email = ? WHERE professional_id = ?",
        (function, name, phone, email, str(who)),
    )


def leave(tx: Tx, who: ProfessionalId, on: date) -> None:
    """The profile has left its organisation; its row stays as long as something in the archive names it."""
    tx.execute("UPDATE professional SET left_on = ? WHERE professional_id = ?", (on.isoformat(), str(who)))


def colleagues(tx: Tx, who: Professional) -> list[Professional]:
    """Everyone else who works for the same organisation now, by name. Profiles of the same human are not colleagues."""
    rows = tx.all(
        f"{_SELECT} WHERE organisation_id = ? AND person_number <> ? AND left_on IS NULL ORDER BY name, reference",
        (str(who.organisation), str(who.person)),
    )
    return [_professional(row) for row in rows]


def of_person(tx: Tx, person: PersonNumber) -> list[Professional]:
    """The profiles of one human that have not left."""
    rows = tx.all(f"{_SELECT} WHERE person_number = ? AND left_on IS NULL ORDER BY reference", (str(person),))
    return [_professional(row) for row in rows]


def had_profile(tx: Tx, person: PersonNumber) -> bool:
    """Whether one human has a profile here, or had one that left."""
    return tx.one("SELECT 1 FROM professional WHERE person_number = ? LIMIT 1", (str(person),)) is not None


def team_of(tx: Tx, who: ProfessionalId) -> str | None:
    """The name of the team, where one is known."""
    row = tx.one("SELECT team.name FROM professional JOIN team USING (team_id) WHERE professional_id = ?", (str(who),))
    return row["name"] if row else None


def at_unit(tx: Tx, unit: Unit, unit_id: UUID) -> list[ProfessionalId]:
    """Everyone on whose card the name of this organisation or location stands; a team's stands on none."""
    if unit is Unit.TEAM:
        return []
    rows = tx.all(
        f"SELECT professional_id FROM professional JOIN location USING (location_id) WHERE {unit.value}_id = ?",  # noqa: S608
        (str(unit_id),),
    )
    return [ProfessionalId(UUID(row["professional_id"])) for row in rows]


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
        row["default_months"],
        OrganisationId(UUID(row["organisation_id"])),
        date.fromisoformat(row["left_on"]) if row["left_on"] else None,
    )
