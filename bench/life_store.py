"""A node's database of a given size for the benches: made by SQL in a few minutes, as it would lie there after years.

Of all signals four in ten are active, the others in the archive; ends are spread evenly over the days to come, so that
one in a few hundred falls due each day. A youth has one or two signals and two parents, whom one other youth has too.
An import is under way: one wish waits for each ten signals, and the family records of one in five wait to depart.
What no page opens is random bytes of the right size; ``Stored.people`` are professionals whose youths are sealed well.
"""

import os
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from bench.life_world import add_professionals, numbers_of_nobody
from certs.sealing import FileKeys, write_new_file
from ledger import Database, Steps
from node.domain.person import BirthDate, Person, Youth
from node.domain.professional import Professional
from node.flows.desk import Desk
from node.people.local import LocalRegister
from node.store import people
from node.store.vault import open_vault

NOW = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
PROBED = 50
"""Professionals whose pages are asked for."""
SIGNALS_EACH = 50
"""Signals of one professional, in all their years."""

_ID = (
    "(lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2)"
    " || '-a' || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6))))"
)
_FILL = f"""
CREATE TEMP TABLE n AS WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < :signals)
    SELECT i FROM c;
CREATE TEMP TABLE who AS SELECT row_number() OVER () - 1 AS i, professional_id FROM professional;
CREATE UNIQUE INDEX temp.who_i ON who (i);
CREATE TEMP TABLE child AS SELECT i, randomblob(32) AS youth_key, randomblob(32) AS family FROM n
    WHERE i < :youths;
CREATE UNIQUE INDEX temp.child_i ON child (i);
INSERT INTO youth (youth_key, sealed, person_known, asked_on) SELECT youth_key, randomblob(380), 1, :today FROM child
    ORDER BY youth_key;
INSERT INTO youth_relation (youth_key, kind, relation_key)
    SELECT one.youth_key, 'family', parent.family FROM child AS one JOIN child AS parent ON parent.i = one.i / 2 * 2
    UNION ALL SELECT one.youth_key, 'family', parent.family FROM child AS one
    JOIN child AS parent ON parent.i = one.i / 2 * 2 + 1;
CREATE TEMP TABLE made AS SELECT n.i AS i, {_ID} AS signal_id, youth_key, professional_id,
    abs(random()) % 10 < 4 AS active, abs(random()) % 730 AS days, abs(random()) % 1826 AS archive_days
    FROM n JOIN child ON child.i = n.i % :youths JOIN who ON who.i = (n.i * 7919 + n.i / :youths) % :people;
CREATE UNIQUE INDEX temp.made_i ON made (i);
INSERT INTO signal (signal_id, youth_key, professional_id, made_at, valid_until, archive_until, state, ended_at,
    end_reason, responsible_gemeente)
SELECT signal_id, youth_key, professional_id,
    strftime('%Y-%m-%dT%H:%M:%S+00:00', :now, iif(active, days - 730, archive_days - 1826 - 400) || ' days'),
    iif(active, date(:today, '+' || (days + 1) || ' days'), date(:today, (archive_days - 1826) || ' days')),
    iif(active, date(:today, '+' || (days + 1 + 1826) || ' days'), date(:today, '+' || (archive_days + 1) || ' days')),
    iif(active, 'active', 'archived'),
    iif(active, NULL, strftime('%Y-%m-%dT%H:%M:%S+00:00', :now, (archive_days - 1826) || ' days')),
    iif(active, NULL, 'TERMIJN'), '0363'
FROM made;
INSERT INTO match (match_id, kind, signal_id, other_signal_id, match_key, valid_until, told_at)
SELECT {_ID}, 'family', one.signal_id, other.signal_id, randomblob(60),
    date(:today, '+' || (min(one.days, other.days) + 1) || ' days'), :now
FROM made AS one JOIN made AS other ON other.i = one.i - one.i % 20 + (one.i % 20 + 10) % 20
WHERE one.active AND other.active;
CREATE TEMP TABLE told AS SELECT {_ID} AS record_id, signal_id, active, days, archive_days, purpose
FROM made JOIN (SELECT 'youth' AS purpose UNION ALL SELECT 'parent' UNION ALL SELECT 'parent')
ON active OR purpose = 'youth';
INSERT INTO hub_record (record_id, signal_id, purpose, subject, input, family_reference, wanted, valid_until,
    archive_until, revision, told_revision, told_state, told_valid_until, told_archive_until, told_cards, made_at)
SELECT record_id, signal_id, purpose, randomblob(32), randomblob(50), iif(purpose = 'youth', NULL, randomblob(16)),
    iif(active, 'live', 'archived'),
    iif(active, date(:today, '+' || (days + 1) || ' days'), date(:today, (archive_days - 1826) || ' days')),
    iif(purpose = 'youth', date(:today, '+' || (iif(active, days + 1826, archive_days) + 1) || ' days'), NULL),
    1, 1, iif(active, 'live', 'archived'), :today, NULL, 1, :now
FROM told;
INSERT INTO hub_entry (record_id, epoch, keys) SELECT record_id, '2026', randomblob(161) FROM told ORDER BY record_id;
INSERT INTO hub_card (record_id, revision, epoch, card, digest)
SELECT record_id, 1, '2026', randomblob(1069), randomblob(32) FROM told;
INSERT INTO foreign_pair (own_record_id, peer, peer_record_id, kind, signal_id, pair_key, status, shown, revision,
    match_key, valid_until, told_at, heard)
SELECT record_id, '00000099000000000102', {_ID}, 'match', signal_id, {_ID}, 'living', 1, 1, randomblob(60),
    date(:today, '+' || (days + 1) || ' days'), :now, 1
FROM told WHERE active AND purpose = 'youth' AND days % 5 = 0;
INSERT INTO outbox (signal_id, intent, written_at) SELECT signal_id, 'offer', :now FROM made WHERE days % 10 = 0;
INSERT INTO errand (record_id, revision, kind, lane, valid_until, state, reason, depart_at)
SELECT record_id, 2, 'register', 'family', date(:today, '+' || (days + 1) || ' days'), 'live', 'new',
    strftime('%Y-%m-%dT%H:%M:%S+00:00', :now, '+600 seconds')
FROM told WHERE purpose = 'parent' AND days % 5 = 1;
"""  # noqa: S608 - one expression of our own


@dataclass(frozen=True)
class Stored:
    """An open database of so many signals. ``moved`` is how far its clock has gone on since it was made."""

    signals: int
    desk: Desk
    people: list[Professional]
    moved: "list[timedelta]"

    def later(self, by: timedelta) -> None:
        """Let days pass."""
        self.moved[0] += by


def make(directory: Path, signals: int) -> Stored:
    """A new database with so many signals. Takes a minute for half a million."""
    path, kek = directory / "node.db", directory / "kek"
    write_new_file(kek, "first", os.urandom)
    db = Database.open(path, Steps.of("node.store.migrations"))
    vault = open_vault(db, FileKeys.read(kek, os.urandom), os.urandom, NOW)
    moved = [timedelta(0)]
    desk = Desk("Amsterdam", db, vault, LocalRegister(db, vault), lambda: NOW + moved[0], uuid4)
    everyone = add_professionals(desk, max(PROBED, signals // SIGNALS_EACH))
    _fill(path, signals, len(everyone))
    probed = everyone[:: max(1, len(everyone) // PROBED)][:PROBED]
    _seal_well(path, desk, probed)
    return Stored(signals, desk, probed, moved)


def _fill(path: Path, signals: int, people: int) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # Nothing here must survive a power cut; SQLite's own statistics come with the nightly work of no program.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -1000000")
        values = {
            "signals": signals,
            "youths": max(2, signals * 6 // 10 // 2 * 2),
            "people": people,
            "today": NOW.date().isoformat(),
            "now": NOW.isoformat(),
        }
        connection.execute("BEGIN")
        for statement in _FILL.split(";\n"):
            if statement.strip():
                used = {name: value for name, value in values.items() if f":{name}" in statement}
                connection.execute(statement, used)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _seal_well(path: Path, desk: Desk, who: list[Professional]) -> None:
    """The youths of these professionals, sealed as the program seals them."""
    numbers, vault = numbers_of_nobody(), desk.vault
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    for professional in who:
        rows = connection.execute(
            "SELECT DISTINCT youth_key FROM signal WHERE professional_id = ?", (str(professional.id),)
        ).fetchall()
        for (key,) in rows:
            bsn = next(numbers)
            youth = Youth(bsn, Person(bsn, "Noor de Vries", BirthDate(2012, 5, 1), (), None))
            sealed = vault.seal("youth", key.hex(), people.to_json(youth))
            connection.execute("UPDATE youth SET sealed = ? WHERE youth_key = ?", (sealed, key))
        for (match,) in connection.execute(
            "SELECT match_id FROM match JOIN signal USING (signal_id) WHERE professional_id = ?",
            (str(professional.id),),
        ).fetchall():
            word = vault.seal("match", f"{match}|key", b"7K3M-P2QX")
            connection.execute("UPDATE match SET match_key = ? WHERE match_id = ?", (word, match))
    connection.execute("COMMIT")
    connection.close()
