"""Who is designated to signal and when, and who stands in for whom."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ledger import Tx
from node.domain.period import Period
from node.domain.professional import Professional
from node.domain.signal import ProfessionalId


@dataclass(frozen=True, slots=True)
class Substitution:
    """During ``period`` somebody stands in for an absent colleague."""

    number: int
    absent: ProfessionalId
    substitute: ProfessionalId
    period: Period


def of(tx: Tx, who: ProfessionalId) -> list[Period]:
    """When this profile was, is and will be designated, the earliest first."""
    rows = tx.all(
        "SELECT starts_on, ends_on FROM designation WHERE professional_id = ? ORDER BY starts_on", (str(who),)
    )
    return [_period(row["starts_on"], row["ends_on"]) for row in rows]


def put(tx: Tx, who: ProfessionalId, period: Period) -> None:
    """Designated in this period; one that begins on the same day gets this end."""
    tx.execute(
        "INSERT INTO designation (professional_id, starts_on, ends_on) VALUES (?, ?, ?)"
        " ON CONFLICT (professional_id, starts_on) DO UPDATE SET ends_on = excluded.ends_on",
        (str(who), period.starts.isoformat(), period.ends and period.ends.isoformat()),
    )


def drop(tx: Tx, who: ProfessionalId, period: Period) -> None:
    """A designation that ends before it began: it never held."""
    tx.execute(
        "DELETE FROM designation WHERE professional_id = ? AND starts_on = ?", (str(who), period.starts.isoformat())
    )


def end_by(tx: Tx, who: ProfessionalId, day: date) -> int:
    """Nothing designates this profile from this day on; says how many designations that changed."""
    changed = 0
    for period in of(tx, who):
        if period.ends is not None and period.ends <= day:
            continue
        changed += 1
        if period.starts >= day:
            drop(tx, who, period)
        else:
            put(tx, who, Period(period.starts, day))
    return changed


def stand_in(tx: Tx, absent: ProfessionalId, substitute: ProfessionalId, period: Period) -> int:
    """The substitute stands in during the period; says under which number."""
    cursor = tx.execute(
        "INSERT INTO substitute (absent_id, substitute_id, starts_on, ends_on) VALUES (?, ?, ?, ?)",
        (str(absent), str(substitute), period.starts.isoformat(), str(period.ends)),
    )
    return int(cursor.lastrowid or 0)


def stood_in_for(tx: Tx, substitute: Professional, today: date) -> frozenset[ProfessionalId]:
    """Those for whom this profile stands in today: colleagues of the organisation where it works now."""
    rows = tx.all(
        """
        SELECT absent_id FROM substitute
        JOIN professional AS absent ON absent.professional_id = absent_id JOIN location USING (location_id)
        WHERE substitute_id = ?1 AND starts_on <= ?2 AND ends_on > ?2
            AND organisation_id = ?3 AND absent.left_on IS NULL
        """,
        (str(substitute.id), today.isoformat(), str(substitute.organisation)),
    )
    return frozenset(ProfessionalId(UUID(row["absent_id"])) for row in rows)


def substitutions(tx: Tx, who: ProfessionalId) -> list[Substitution]:
    """All in which this profile is absent or stands in, the earliest first."""
    rows = tx.all(
        "SELECT * FROM substitute WHERE absent_id = ?1 OR substitute_id = ?1 ORDER BY starts_on, number", (str(who),)
    )
    return [
        Substitution(
            row["number"],
            ProfessionalId(UUID(row["absent_id"])),
            ProfessionalId(UUID(row["substitute_id"])),
            _period(row["starts_on"], row["ends_on"]),
        )
        for row in rows
    ]


def end_substitution(tx: Tx, number: int, period: Period, day: date) -> None:
    """It ends on this day; before it began, it is as if it was never arranged."""
    if day <= period.starts:
        tx.execute("DELETE FROM substitute WHERE number = ?", (number,))
    else:
        tx.execute("UPDATE substitute SET ends_on = ? WHERE number = ?", (day.isoformat(), number))


def _period(starts: str, ends: str | None) -> Period:
    return Period(date.fromisoformat(starts), date.fromisoformat(ends) if ends else None)
