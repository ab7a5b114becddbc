"""A database from before agreements and designations: what was there stays, and who was active is designated."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from uuid import UUID

from ledger import Database, Steps
from node.domain.organisation import standing
from node.domain.period import Period
from node.domain.signal import SignalId
from node.store import designations, humans, organisations, professionals, signals
from node.store.organisations import Unit

OLD = """
INSERT INTO organisation (organisation_id, name, domain, kind, default_months) VALUES
    ('00000000-0000-4000-8000-000000000001', 'Levvel', 'jeugdhulp', 'wijkteam', 12);
INSERT INTO location (location_id, organisation_id, name) VALUES
    ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 'Noord');
INSERT INTO professional (professional_id, reference, person_reference, person_number, location_id, function,
    name, phone, email, active) VALUES
    ('00000000-0000-4000-8000-000000000003', 'anna', 'anna', '00000000-0000-4000-8000-000000000009',
     '00000000-0000-4000-8000-000000000002', 'hulp', 'Anna', '020 1234567', 'anna@example.nl', 1),
    ('00000000-0000-4000-8000-000000000004', 'bram', 'bram', '00000000-0000-4000-8000-000000000008',
     '00000000-0000-4000-8000-000000000002', 'hulp', 'Bram', '020 1234567', 'bram@example.nl', 0);
INSERT INTO youth (youth_key, sealed, person_known) VALUES (zeroblob(32), x'00', 0);
INSERT INTO signal (signal_id, youth_key, professional_id, made_at, valid_until, archive_until, state) VALUES
    ('00000000-0000-4000-8000-000000000005', zeroblob(32), '00000000-0000-4000-8000-000000000003',
     '2026-01-01T10:00:00+00:00', '2027-01-01', '2032-01-01', 'active');
"""


def test_a_database_from_before_keeps_what_it_had(tmp_path: Path) -> None:
    """Active becomes a designation from the first day of the Jeugdwet; agreements there are none, so nobody signals."""
    steps = Steps.of("node.store.migrations")
    ours = next(place for place, step in enumerate(steps.steps) if step.name.endswith("_organisations.sql"))
    before = Steps(steps.package, steps.steps[:ours])
    Database.open(tmp_path / "node.db", before, migrate=True).close()
    with closing(sqlite3.connect(tmp_path / "node.db")) as old:
        old.executescript(OLD)
    db = Database.open(tmp_path / "node.db", steps, migrate=True)

    try:
        anna = db.read_now(lambda tx: professionals.by_reference(tx, "anna"))
        bram = db.read_now(lambda tx: professionals.by_reference(tx, "bram"))
        assert db.read_now(lambda tx: designations.of(tx, anna.id)) == [Period(date(2015, 1, 1))]
        assert db.read_now(lambda tx: designations.of(tx, bram.id)) == []
        assert db.read_now(lambda tx: humans.find(tx, "anna")) == anna.person
        levvel = db.read_now(lambda tx: organisations.named(tx, "Levvel"))
        assert (levvel.id, levvel.category) == (anna.organisation, None)
        assert db.read_now(lambda tx: organisations.find_unit(tx, Unit.LOCATION, "Noord", levvel.id)) == anna.location
        assert standing([], db.read_now(lambda tx: organisations.agreements_of(tx, levvel.id)), date(2026, 3, 1)) == (
            standing([], [], date(2026, 3, 1))
        )
        kept = db.read_now(lambda tx: signals.get(tx, SignalId(UUID("00000000-0000-4000-8000-000000000005"))))
        assert (kept.professional, kept.responsible) == (anna.id, None)
    finally:
        db.close()
