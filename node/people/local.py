"""The local register: persons from a CSV file, kept sealed in the node's own database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ledger import Database
from node.domain.bsn import Bsn
from node.domain.errors import NotDone
from node.domain.person import Address, BirthDate, Person
from node.people.lines import LineRefused, read_rows
from node.store import people
from node.store.vault import Vault

COLUMNS = (
    "bsn",
    "naam",
    "geboortedatum",
    "ouder1",
    "ouder2",
    "postcode",
    "huisnummer",
    "huisletter",
    "toevoeging",
    "geheim",
    "overleden",
)
"""The first line of the file. Only the first is required to have a value; the order is free."""


@dataclass(frozen=True, slots=True)
class LocalRegister:
    """People, out of the node's own database."""

    db: Database
    vault: Vault

    async def find(self, bsn: Bsn) -> Person | None:
        """The person with this number; None when nobody imported it. Never away."""
        return await self.db.read(lambda tx: people.find(tx, self.vault, bsn))


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
    parents = tuple(Bsn.parse(row[name]) for name in ("ouder1", "ouder2") if row.get(name))
    address = None
    if row.get("postcode") and row.get("huisnummer"):
        address = Address(
            row["postcode"].replace(" ", "").upper(),
            int(row["huisnummer"]),
            row.get("huisletter", ""),
            row.get("toevoeging", ""),
        )
    return Person(
        Bsn.parse(row["bsn"]),
        row.get("naam", ""),
        BirthDate.parse(row["geboortedatum"]) if row.get("geboortedatum") else None,
        parents,
        address,
        row.get("geheim", "").lower() in ("ja", "1"),
        date.fromisoformat(row["overleden"]) if row.get("overleden") else None,
    )
