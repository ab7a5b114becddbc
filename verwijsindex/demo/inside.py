"""What lies in the files of hub and pseudonym service, for the demo to show: an operator with a screwdriver.

Read straight from the databases, without a key, as a thief or a curious administrator would.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pseudonym_service.commands import pseudonyms
from verwijsindex.demo import ceremony
from verwijsindex.demo.exchange import Exchange


@dataclass(frozen=True, slots=True)
class HeldByHub:
    """A record as it lies in the hub's database."""

    record_id: UUID
    region: str
    held_tag: bytes
    card: bytes
    valid_until: str
    archive_until: str | None


def record_of_youth(exchange: Exchange, region: str, signal_id: str) -> UUID:
    """The random id under which a node registered a signal's youth at the hub."""
    with _database(exchange.places.database(region)) as db:
        row = db.execute(
            "SELECT record_id FROM hub_record WHERE signal_id = ? AND purpose = 'youth'", (signal_id,)
        ).fetchone()
    return UUID(row["record_id"])


def held_by_hub(exchange: Exchange, record_id: UUID) -> HeldByHub:
    """All that the hub's database holds of a record."""
    with _database(exchange.places.database("hub")) as db:
        row = db.execute(
            """
            SELECT name, held_tag, card, valid_until, archive_until
            FROM record JOIN region USING (region) JOIN entry USING (record)
            WHERE record_id = ? ORDER BY epoch DESC
            """,
            (record_id.bytes,),
        ).fetchone()
    return HeldByHub(record_id, row["name"], row["held_tag"], row["card"], row["valid_until"], row["archive_until"])


def notices_waiting(exchange: Exchange) -> int:
    """Notices at the hub that a region has not acknowledged yet."""
    with _database(exchange.places.database("hub")) as db:
        row = db.execute(
            "SELECT sum(last_number - coalesce(acknowledged, 0)) AS waiting FROM region LEFT JOIN mark USING (region)"
        ).fetchone()
    return int(row["waiting"])


def asked_of_service(exchange: Exchange) -> dict[str, int]:
    """How many elements each region had evaluated today, by the region's name: all that the service knows."""
    said = ceremony.run(pseudonyms, "status", "--config", str(exchange.settings("pseudonyms")))
    used = {oin: region["usedToday"] for oin, region in json.loads(said)["regions"].items()}
    return {region.title: used[region.oin] for region in exchange.regions}


def found_in_files(exchange: Exchange, party: str, words: Iterable[str]) -> tuple[int, list[str]]:
    """How many files of a party were searched, its log included, and in which of them one of these words stands."""
    wanted = [word.encode() for word in words]
    files = [*(file for file in exchange.places.home(party).rglob("*") if file.is_file()), exchange.log(party)]
    return len(files), [file.name for file in files if any(word in file.read_bytes() for word in wanted)]


@contextmanager
def _database(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        yield db
