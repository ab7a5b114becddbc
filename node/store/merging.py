"""One organisation, location or team goes into another of its kind: its people, agreements, roles and names."""

from datetime import date
from uuid import UUID

from ledger import Tx
from node.domain.professional import OrganisationId
from node.domain.signal import ProfessionalId
from node.store.organisations import Unit


def merge_organisations(tx: Tx, ended: OrganisationId, into: OrganisationId, today: date) -> list[ProfessionalId]:
    """``ended`` is no more: its locations, agreements and roles are those of ``into``, and its names lead there.

    A location goes into the one of the same name, where there is one. Says who worked there.
    """
    moved = _working_at(tx, Unit.ORGANISATION, ended)
    for row in tx.all("SELECT location_id, name FROM location WHERE organisation_id = ?", (str(ended),)):
        same = tx.one(
            "SELECT location_id FROM location WHERE organisation_id = ? AND name = ?", (str(into), row["name"])
        )
        if same is None:
            tx.execute("UPDATE location SET organisation_id = ? WHERE location_id = ?", (str(into), row["location_id"]))
        else:
            merge_locations(tx, UUID(row["location_id"]), UUID(same["location_id"]), today)
    tx.execute("UPDATE agreement SET organisation_id = ? WHERE organisation_id = ?", (str(into), str(ended)))
    _follow(tx, Unit.ORGANISATION, ended, into, today)
    return moved


def merge_locations(tx: Tx, ended: UUID, into: UUID, today: date) -> list[ProfessionalId]:
    """``ended`` is no more: who works there works at ``into``, in the team of the same name where there is one."""
    moved = _working_at(tx, Unit.LOCATION, ended)
    for row in tx.all("SELECT team_id, name FROM team WHERE location_id = ?", (str(ended),)):
        same = tx.one("SELECT team_id FROM team WHERE location_id = ? AND name = ?", (str(into), row["name"]))
        if same is None:
            tx.execute("UPDATE team SET location_id = ? WHERE team_id = ?", (str(into), row["team_id"]))
        else:
            tx.execute("UPDATE professional SET team_id = ? WHERE team_id = ?", (same["team_id"], row["team_id"]))
            _follow(tx, Unit.TEAM, UUID(row["team_id"]), UUID(same["team_id"]), today)
    tx.execute("UPDATE professional SET location_id = ? WHERE location_id = ?", (str(into), str(ended)))
    _follow(tx, Unit.LOCATION, ended, into, today)
    return moved


def _working_at(tx: Tx, unit: Unit, unit_id: UUID) -> list[ProfessionalId]:
    rows = tx.all(
        f"SELECT professional_id FROM professional JOIN location USING (location_id) WHERE {unit.value}_id = ?"  # noqa: S608
        " ORDER BY professional_id",
        (str(unit_id),),
    )
    return [ProfessionalId(UUID(row["professional_id"])) for row in rows]


def _follow(tx: Tx, unit: Unit, ended: UUID, into: UUID, today: date) -> None:
    """Names and roles lead to the other now, nobody holds one role twice, and the row itself goes."""
    tx.execute(
        "UPDATE name_through_time SET unit_id = ?, valid_until = coalesce(valid_until, ?)"
        " WHERE unit = ? AND unit_id = ?",
        (str(into), today.isoformat(), unit.value, str(ended)),
    )
    tx.execute("UPDATE role_grant SET place = ? WHERE place = ?", (str(into), str(ended)))
    tx.execute(
        """
        UPDATE role_grant SET ends_on = ?1 WHERE place = ?2 AND ends_on IS NULL AND EXISTS (
            SELECT 1 FROM role_grant AS held
            WHERE held.person_number = role_grant.person_number AND held.role = role_grant.role AND held.place = ?2
            AND held.ends_on IS NULL AND held.starts_on IS NOT NULL AND held.number <> role_grant.number
            AND (role_grant.starts_on IS NULL OR held.number < role_grant.number)
        )
        """,
        (today.isoformat(), str(into)),
    )
    tx.execute(f"DELETE FROM {unit.value} WHERE {unit.value}_id = ?", (str(ended),))  # noqa: S608
