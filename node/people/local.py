"""The local register: persons from a CSV file, kept sealed in the node's own database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from ledger import Database
from node.domain.brp import (
    UNKNOWN_DATE,
    Abroad,
    Address,
    BrpDate,
    Location,
    Residence,
    Sex,
    Suspension,
    SuspensionReason,
    gemeente_code,
)
from node.domain.bsn import Bsn
from node.domain.description import Description, the_one
from node.domain.errors import NotDone
from node.domain.person import BirthDate, Person
from node.people.lines import LineRefused, read_rows
from node.store import people
from node.store.vault import Vault

COLUMNS = (
    "bsn",
    "naam",
    "geslachtsnaam",
    "geboortedatum",
    "geslacht",
    "ouder1",
    "ouder2",
    "gemeente",
    "postcode",
    "huisnummer",
    "huisletter",
    "toevoeging",
    "nummeraanduiding",
    "locatie",
    "buitenland",
    "briefadres",
    "geheim",
    "overleden",
    "opgeschort",
    "opschortingsdatum",
)
"""The first line of the file. Only the first is required to have a value; the order is free."""
WITHOUT_NUMBER = "zonder bsn"
"""A parent whom the BRP names and who has no BSN, or is not registered."""
_YES = ("ja", "1")


@dataclass(frozen=True, slots=True)
class LocalRegister:
    """People, out of the node's own database."""

    db: Database
    vault: Vault

    async def find(self, bsn: Bsn) -> Person | None:
        """The person with this number; None when nobody imported it. Never away."""
        return await self.db.read(lambda tx: people.find(tx, self.vault, bsn))

    async def find_all(self, numbers: Sequence[Bsn]) -> dict[Bsn, Person]:
        """Those of these persons who were imported. Never away."""
        found = await self.db.read(lambda tx: [people.find(tx, self.vault, bsn) for bsn in numbers])
        return {person.bsn: person for person in found if person is not None}

    async def search(self, described: Description, today: date) -> Person:
        """The one youth who fits, by a blind index over the whole description. Raises NobodyFound, SeveralFound."""
        found = await self.db.read(lambda tx: people.described(tx, self.vault, described))
        return the_one(described, found, today)


def read_people(lines: Iterable[str]) -> tuple[list[Person], list[LineRefused]]:
    """The persons in a CSV file (comma or semicolon), and every line that is wrong."""
    rows = read_rows(lines, COLUMNS, required=("bsn",))
    found: list[Person] = []
    refused: list[LineRefused] = []
    for number, row in rows:
        if isinstance(row, str):
            refused.append(LineRefused(number, row))
            continue
        try:
            found.append(_person(row))
        except (NotDone, ValueError) as why:
            refused.append(LineRefused(number, str(why) if isinstance(why, NotDone) else "a value that does not fit"))
    return found, refused


def _person(row: dict[str, str]) -> Person:
    parents = [row[name] for name in ("ouder1", "ouder2") if row.get(name)]
    numbers = [parent for parent in parents if parent.lower() != WITHOUT_NUMBER]
    return Person(
        Bsn.parse(row["bsn"]),
        row.get("naam", ""),
        BirthDate.parse(row["geboortedatum"]) if row.get("geboortedatum") else None,
        tuple(Bsn.parse(number) for number in numbers),
        _residence(row),
        row.get("geheim", "").lower() in _YES,
        BrpDate.parse(row["overleden"].lower()) if row.get("overleden") else None,
        row.get("geslachtsnaam", ""),
        Sex(row["geslacht"].upper()) if row.get("geslacht") else Sex.UNKNOWN,
        gemeente_code(row["gemeente"]) if row.get("gemeente") else None,
        _suspension(row),
        len(parents) - len(numbers),
    )


def _residence(row: dict[str, str]) -> Residence | None:
    lives_there = row.get("briefadres", "").lower() not in _YES
    if row.get("buitenland", "").lower() in _YES:
        return Abroad()
    if row.get("postcode") and row.get("huisnummer"):
        return Address(
            row["postcode"].replace(" ", "").upper(),
            int(row["huisnummer"]),
            row.get("huisletter", ""),
            row.get("toevoeging", ""),
            row.get("nummeraanduiding") or None,
            lives_there,
        )
    return Location(row["locatie"], lives_there) if row.get("locatie") else None


def _suspension(row: dict[str, str]) -> Suspension | None:
    if not row.get("opgeschort"):
        return None
    since = row.get("opschortingsdatum") or UNKNOWN_DATE
    return Suspension(SuspensionReason(row["opgeschort"].upper()), BrpDate.parse(since.lower()))
