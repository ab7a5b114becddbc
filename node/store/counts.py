"""What is counted of professionals, for a day: signals made, refused, taken back, and searches that missed; and of who
runs the node: what dry runs told.
"""

from datetime import date, datetime
from uuid import UUID

from ledger import Tx
from node.domain.professional import PersonNumber


def made_on(tx: Tx, professional: UUID, day: date) -> int:
    """How many signals this professional made on this local day, those that were destroyed since as well."""
    row = tx.one(
        "SELECT made FROM signals_made WHERE professional_id = ? AND day = ?", (str(professional), day.isoformat())
    )
    return int(row["made"]) if row else 0


def made_one(tx: Tx, professional: UUID, day: date) -> None:
    """One more on this day; earlier days are forgotten."""
    tx.execute("DELETE FROM signals_made WHERE day < ?", (day.isoformat(),))
    tx.execute(
        "INSERT INTO signals_made (professional_id, day, made) VALUES (?, ?, 1)"
        " ON CONFLICT (professional_id, day) DO UPDATE SET made = made + 1",
        (str(professional), day.isoformat()),
    )


def refused_one(tx: Tx, professional: UUID, day: date) -> int:
    """One more signal refused on this day; returns how many were, and earlier days are forgotten."""
    tx.execute("DELETE FROM signals_refused WHERE day < ?", (day.isoformat(),))
    row = tx.one(
        "INSERT INTO signals_refused (professional_id, day, refused) VALUES (?, ?, 1)"
        " ON CONFLICT (professional_id, day) DO UPDATE SET refused = refused + 1 RETURNING refused",
        (str(professional), day.isoformat()),
    )
    return int(row["refused"]) if row else 0


def missed_on(tx: Tx, professional: UUID, day: date) -> int:
    """How often this professional looked for a youth by name on this local day and no one youth was found."""
    row = tx.one(
        "SELECT missed FROM search_missed WHERE professional_id = ? AND day = ?", (str(professional), day.isoformat())
    )
    return int(row["missed"]) if row else 0


def missed_one(tx: Tx, professional: UUID, day: date) -> None:
    """One more miss on this day; earlier days are forgotten."""
    tx.execute("DELETE FROM search_missed WHERE day < ?", (day.isoformat(),))
    tx.execute(
        "INSERT INTO search_missed (professional_id, day, missed) VALUES (?, ?, 1)"
        " ON CONFLICT (professional_id, day) DO UPDATE SET missed = missed + 1",
        (str(professional), day.isoformat()),
    )


def missed_none(tx: Tx, professional: UUID, day: date) -> None:
    """One search that was counted as a miss was none."""
    tx.execute(
        "UPDATE search_missed SET missed = max(0, missed - 1) WHERE professional_id = ? AND day = ?",
        (str(professional), day.isoformat()),
    )


def tried(tx: Tx, person: PersonNumber, day: date, told: int) -> int:
    """Dry runs told so much more on this day; returns how much by now, and earlier days are forgotten."""
    tx.execute("DELETE FROM import_tried WHERE day < ?", (day.isoformat(),))
    row = tx.one(
        "INSERT INTO import_tried (person_number, day, told) VALUES (?, ?, ?)"
        " ON CONFLICT (person_number, day) DO UPDATE SET told = told + excluded.told RETURNING told",
        (str(person), day.isoformat(), told),
    )
    return int(row["told"]) if row else 0


def took_back(tx: Tx, professional: UUID, at: datetime, since: datetime) -> tuple[int, int]:
    """One more taken back; returns how many were since then, by this professional and in the whole region."""
    tx.execute("DELETE FROM taken_back WHERE at <= ?", (since.isoformat(),))
    tx.execute("INSERT INTO taken_back (professional_id, at) VALUES (?, ?)", (str(professional), at.isoformat()))
    row = tx.one("SELECT count(*), sum(professional_id = ?) FROM taken_back", (str(professional),))
    return (int(row[1]), int(row[0])) if row else (0, 0)


def forget(tx: Tx, today: date, since: datetime) -> int:
    """Delete what is of no use any more; returns how many rows went."""
    made = tx.execute("DELETE FROM signals_made WHERE day < ?", (today.isoformat(),)).rowcount
    made += tx.execute("DELETE FROM signals_refused WHERE day < ?", (today.isoformat(),)).rowcount
    made += tx.execute("DELETE FROM import_tried WHERE day < ?", (today.isoformat(),)).rowcount
    made += tx.execute("DELETE FROM search_missed WHERE day < ?", (today.isoformat(),)).rowcount
    return made + tx.execute("DELETE FROM taken_back WHERE at <= ?", (since.isoformat(),)).rowcount
