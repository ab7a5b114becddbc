"""A database from before coördinators read moves by role: no role comes unseen, and nothing is lost unseen."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ledger import Database, Steps
from node.domain.rights import Role
from node.store import holds, roles
from node.store.holds import AlarmKind
from tests.node.store.test_organisations_migrated import OLD

READERS = """
INSERT INTO move_reader (gemeente, professional_id, since) VALUES
    ('0363', '00000000-0000-4000-8000-000000000003', '2026-01-01'),
    ('0363', '00000000-0000-4000-8000-000000000004', '2026-01-01'),
    ('0518', '00000000-0000-4000-8000-000000000003', '2026-01-01');
"""


def test_who_read_moves_before_needs_the_role_and_an_alarm_for_each_gemeente_says_so(tmp_path: Path) -> None:
    """B2: a role takes two people, so none is made of what an operator had set alone."""
    steps = Steps.of("node.store.migrations")
    ours = next(place for place, step in enumerate(steps.steps) if step.name.endswith("_moves_by_role.sql"))
    old = next(place for place, step in enumerate(steps.steps) if step.name.endswith("_organisations.sql"))
    Database.open(tmp_path / "node.db", Steps(steps.package, steps.steps[:old]), migrate=True).close()
    with closing(sqlite3.connect(tmp_path / "node.db")) as before:
        before.executescript(OLD)
    Database.open(tmp_path / "node.db", Steps(steps.package, steps.steps[:ours]), migrate=True).close()
    with closing(sqlite3.connect(tmp_path / "node.db")) as before:
        before.executescript(READERS)

    db = Database.open(tmp_path / "node.db", steps, migrate=True)

    try:
        alarms = db.read_now(holds.alarms)
        assert [alarm.kind for alarm in alarms] == [AlarmKind.MOVE_UNDELIVERED] * 2
        assert [gemeente in alarm.about for gemeente, alarm in zip(("0363", "0518"), alarms, strict=True)] == [True] * 2
        assert [grant for grant in db.read_now(roles.every) if grant.role is Role.COORDINATOR] == []
        assert db.read_now(lambda tx: tx.one("SELECT 1 FROM sqlite_master WHERE name = 'move_reader'")) is None
    finally:
        db.close()
