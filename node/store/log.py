"""The audit log as a logbeheerder reads it: lines by number, day, event, and the ids that stand in them."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ledger import Tx
from node.domain.professional import PersonNumber


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``by`` is the reference of who did it, where that is somebody who is known here."""

    number: int
    at: str
    event: str
    fields: dict[str, str | int | bool]
    by: str | None


def lines(
    tx: Tx,
    *,
    after: int,
    most: int,
    since: datetime | None,
    until: datetime | None,
    event: str | None,
    ids: Collection[str],
) -> list[Line]:
    """At most so many lines after this number, in order; with ``ids``, those in which one of them stands.

    It walks the log from ``after`` on: ask in pages.
    """
    rows = tx.all(
        """
        SELECT number, at, event, fields FROM audit
        WHERE number > ?1 AND (?2 IS NULL OR at >= ?2) AND (?3 IS NULL OR at < ?3) AND (?4 IS NULL OR event = ?4)
        AND (?5 IS NULL OR EXISTS (
            SELECT 1 FROM json_each(fields) AS field JOIN json_each(?5) AS wanted ON wanted.value = field.value))
        ORDER BY number LIMIT ?6
        """,
        (after, _moment(since), _moment(until), event, json.dumps(sorted(ids)) if ids else None, most),
    )
    found = [(row["number"], row["at"], row["event"], json.loads(row["fields"])) for row in rows]
    return [Line(number, at, name, fields, _known_as(tx, fields.get("by"))) for number, at, name, fields in found]


def ids_of(tx: Tx, person: PersonNumber) -> set[str]:
    """Every id under which a human stands in the log: the number, and the profiles, those that left included."""
    rows = tx.all("SELECT professional_id FROM professional WHERE person_number = ?", (str(person),))
    return {str(person), *(str(row["professional_id"]) for row in rows)}


def _moment(at: datetime | None) -> str | None:
    # Lines carry milliseconds in UTC, so that they compare as text.
    return at.isoformat(timespec="milliseconds") if at is not None else None


def _known_as(tx: Tx, who: object) -> str | None:
    if not isinstance(who, str):
        return None
    row = tx.one(
        "SELECT reference FROM professional WHERE professional_id = ?1"
        " UNION ALL SELECT person_reference FROM human WHERE person_number = ?1",
        (who,),
    )
    return str(row[0]) if row else None
