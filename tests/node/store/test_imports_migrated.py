"""A database with signals of imports from before a line said whom it is about: they are confirmed after all."""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from uuid import UUID

from ledger import Database, Steps
from node.domain.confirming import Stand
from node.store import confirmations

IMPORTED, BY_HAND, ARCHIVED = (UUID(int=number) for number in (1, 2, 3))
OLD = """
INSERT INTO import_run (digest, taken_in_by, taken_in_at, lines, state)
    VALUES (zeroblob(32), 'x', '2026-03-01', 2, 'running');
INSERT INTO signal
    (signal_id, youth_key, professional_id, made_at, valid_until, archive_until, state, ended_at, end_reason)
    VALUES ('00000000-0000-0000-0000-000000000001', x'00', 'a', '2026-03-01', '2027-03-01', NULL, 'active', NULL, NULL),
           ('00000000-0000-0000-0000-000000000002', x'01', 'a', '2026-03-01', '2027-03-01', NULL, 'active', NULL, NULL),
           ('00000000-0000-0000-0000-000000000003', x'02', 'a',
            '2026-03-01', '2026-03-02', '2031-03-02', 'archived', '2026-03-02', 'TERMIJN');
INSERT INTO import_signal (signal_id, run) VALUES
    ('00000000-0000-0000-0000-000000000001', 1), ('00000000-0000-0000-0000-000000000003', 1);
"""


def test_active_signals_of_earlier_imports_wait_for_their_professional(tmp_path: Path) -> None:
    """P2: no import had compared anything; what was signalled by hand, and the archive, stay as they were."""
    steps = Steps.of("node.store.migrations")
    ours = next(place for place, step in enumerate(steps.steps) if step.name.endswith("_imports_confirmed.sql"))
    Database.open(tmp_path / "node.db", Steps(steps.package, steps.steps[:ours]), migrate=True).close()
    with closing(sqlite3.connect(tmp_path / "node.db")) as before:
        before.executescript(OLD)

    db = Database.open(tmp_path / "node.db", steps, migrate=True)

    try:
        stands = [db.read_now(partial(confirmations.stand, signal_id=one)) for one in (IMPORTED, BY_HAND, ARCHIVED)]
    finally:
        db.close()
    assert stands == [Stand.UNSAID, Stand.CONFIRMED, Stand.CONFIRMED]
