-- Signals, whom they are about (sealed), who made them, what they matched; and the books every node keeps.

CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    event TEXT NOT NULL,
    fields TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TRIGGER audit_is_never_edited BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- Keys for sealing at rest, themselves sealed under a key that is not in this database.
CREATE TABLE sealing_key (
    key_id INTEGER PRIMARY KEY,
    use TEXT NOT NULL CHECK (use IN ('field', 'root')),
    provider_key TEXT NOT NULL,
    wrapped BLOB NOT NULL,
    made_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX sealing_key_root ON sealing_key (use) WHERE use = 'root';

CREATE TABLE organisation (
    organisation_id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    domain TEXT NOT NULL,
    kind TEXT NOT NULL,
    default_months INTEGER NOT NULL CHECK (default_months IN (6, 12, 24))
) STRICT;

CREATE TABLE location (
    location_id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (organisation_id),
    name TEXT NOT NULL,
    UNIQUE (organisation_id, name)
) STRICT;

-- One profile. Profiles of one human share person_reference and its random person_number.
CREATE TABLE professional (
    professional_id TEXT PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    person_reference TEXT NOT NULL,
    person_number TEXT NOT NULL,
    location_id TEXT NOT NULL REFERENCES location (location_id),
    function TEXT NOT NULL,
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    email TEXT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT;
CREATE INDEX professional_person ON professional (person_reference);

-- The local register of persons: number, name, birth date, parents and address sealed together.
CREATE TABLE register_person (
    person_key BLOB PRIMARY KEY CHECK (length(person_key) = 32),
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Whom at least one signal is about. What the register told is sealed together with the number.
CREATE TABLE youth (
    youth_key BLOB PRIMARY KEY CHECK (length(youth_key) = 32),
    sealed BLOB NOT NULL,
    person_known INTEGER NOT NULL CHECK (person_known IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX youth_unknown ON youth (youth_key) WHERE person_known = 0;

-- Parents and home address of a youth as blind indexes, to find brothers and sisters.
CREATE TABLE youth_relation (
    youth_key BLOB NOT NULL REFERENCES youth (youth_key) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('family', 'address')),
    relation_key BLOB NOT NULL CHECK (length(relation_key) = 32),
    PRIMARY KEY (youth_key, kind, relation_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX youth_relation_key ON youth_relation (relation_key);

CREATE TABLE signal (
    signal_id TEXT PRIMARY KEY,
    youth_key BLOB NOT NULL REFERENCES youth (youth_key),
    professional_id TEXT NOT NULL REFERENCES professional (professional_id),
    made_at TEXT NOT NULL,
    valid_until TEXT NOT NULL,
    archive_until TEXT,
    state TEXT NOT NULL CHECK (state IN ('active', 'archived')),
    ended_at TEXT,
    end_reason TEXT CHECK (end_reason IN ('RISICO_WEG', 'TERMIJN')),
    CHECK ((state = 'active') = (ended_at IS NULL)),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CHECK (state = 'active' OR archive_until IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX signal_once ON signal (youth_key, professional_id) WHERE state = 'active';
CREATE INDEX signal_youth ON signal (youth_key);
CREATE INDEX signal_professional ON signal (professional_id, made_at);
CREATE INDEX signal_due ON signal (valid_until) WHERE state = 'active';
CREATE INDEX signal_archive_due ON signal (archive_until) WHERE state = 'archived';

-- One side of a match. A pair inside the region has two rows; of a pair across regions the node has its own side.
CREATE TABLE match (
    match_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('client', 'family', 'address')),
    signal_id TEXT NOT NULL REFERENCES signal (signal_id) ON DELETE CASCADE,
    other_signal_id TEXT REFERENCES signal (signal_id) ON DELETE SET NULL,
    peer TEXT,
    pair_key TEXT,
    region TEXT,
    organisation TEXT,
    match_key BLOB,
    card BLOB,
    valid_until TEXT NOT NULL,
    told_at TEXT NOT NULL,
    ended_on TEXT,
    how TEXT CHECK (how IN ('ended', 'annulled')),
    CHECK ((peer IS NULL) = (pair_key IS NULL)),
    CHECK (peer IS NULL OR other_signal_id IS NULL),
    CHECK ((ended_on IS NULL) = (how IS NULL)),
    CHECK (ended_on IS NULL OR card IS NULL),
    UNIQUE (signal_id, other_signal_id),
    UNIQUE (signal_id, kind, peer, pair_key)
) STRICT;
CREATE INDEX match_other ON match (other_signal_id);
CREATE INDEX match_due ON match (valid_until) WHERE ended_on IS NULL;

-- What each job last did, so that a missed or failed run is seen.
CREATE TABLE job (
    name TEXT PRIMARY KEY,
    started_at TEXT,
    finished_at TEXT,
    outcome TEXT CHECK (outcome IN ('done', 'failed')),
    error TEXT,
    runs INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    missed INTEGER NOT NULL DEFAULT 0
) STRICT;
