"""What happened in a region before the demo began: the node's own flows, with the clock of a year ago."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, timedelta
from pathlib import Path

from config.node import NodeSettings
from config.reading import read
from node import app
from node.domain.bsn import Bsn
from node.domain.days import midnight
from node.flows.import_lists import import_people, import_professionals
from node.flows.register_signal import register_signal
from node.people.local import read_people
from node.people.profiles import read_profiles
from node.store import professionals
from verwijsindex.demo.ceremony import CeremonyFailed

MONTHS = 12


def a_year_before(today: date) -> date:
    """The day on which a signal of twelve months was made that is over today."""
    try:
        return today.replace(year=today.year - 1)
    except ValueError:
        return date(today.year - 1, 2, 28)


def signal_a_year_ago(
    settings_file: Path, today: date, people: str, professionals_list: str, who: str, youth: Bsn
) -> None:
    """While no node serves: the lists of a region came in a year ago, and somebody signalled a youth for a year.

    Today is the first day on which that signal is over. Raises CeremonyFailed.
    """
    asyncio.run(_signal(settings_file, a_year_before(today), people, professionals_list, who, youth))


async def _signal(settings_file: Path, day: date, people: str, professionals_list: str, who: str, youth: Bsn) -> None:
    settings = read(settings_file, NodeSettings)
    noon = (midnight(day) + timedelta(hours=12)).astimezone(UTC)
    (profiles, refused), (persons, strange) = (
        read_profiles(professionals_list.splitlines()),
        read_people(people.splitlines()),
    )
    if refused or strange:
        raise CeremonyFailed("The lists of the demo are refused.")
    db = app.open_database(settings)
    try:
        desk = replace(app.desk_of(settings, db), clock=lambda: noon)
        await import_professionals(desk, profiles)
        await import_people(desk, persons)
        professional = await db.read(lambda tx: professionals.by_reference(tx, who))
        await register_signal(desk, professional.id, youth, MONTHS)
    finally:
        await asyncio.to_thread(db.close)
