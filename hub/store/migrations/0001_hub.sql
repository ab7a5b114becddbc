-- The hub's memory. STRICT, WITHOUT ROWID and BLOB are SQLite's words; everything else another store takes over.
-- Dates are ISO text, local in Europe/Amsterdam, exclusive. Moments are seconds since 1970, UTC.

CREATE TABLE house (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    seed BLOB NOT NULL CHECK (length(seed) = 16),
    generation INTEGER NOT NULL,
    pepper_check BLOB NOT NULL CHECK (length(pepper_check) = 32)
) STRICT;

-- Counter rows, not sequences: a number is only seen once everything below it is.
CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;

INSERT INTO counter (name, value) VALUES ('record', 0), ('pair', 0), ('region', 0);

CREATE TABLE region (
    region INTEGER PRIMARY KEY,
    oin TEXT NOT NULL UNIQUE CHECK (length(oin) = 20),
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'departed')),
    last_number INTEGER NOT NULL DEFAULT 0,
    cleaned_up_to INTEGER NOT NULL DEFAULT 0,
    comparison_due INTEGER NOT NULL DEFAULT 0,
    serial INTEGER,
    statement BLOB,
    signature BLOB,
    certificates BLOB
) STRICT;

-- How far a region says it is. A row of its own: two regions that tell each other would else lock crosswise.
CREATE TABLE mark (
    region INTEGER PRIMARY KEY REFERENCES region (region),
    acknowledged INTEGER NOT NULL
) STRICT;

-- One row for each record id ever sent, until its tombstone may go. Without purpose: a withdrawal that came first.
CREATE TABLE record (
    record INTEGER PRIMARY KEY,
    region INTEGER NOT NULL REFERENCES region (region),
    record_id BLOB NOT NULL CHECK (length(record_id) = 16),
    purpose TEXT,
    standing TEXT NOT NULL CHECK (standing IN ('live', 'held', 'archived', 'destroyed')),
    ending TEXT CHECK (ending IN ('ended', 'annulled')),
    revision INTEGER NOT NULL,
    digest BLOB,
    valid_until TEXT,
    archive_until TEXT,
    waiting INTEGER NOT NULL DEFAULT 0,
    old INTEGER NOT NULL DEFAULT 0,
    keep_until TEXT,
    UNIQUE (region, record_id)
) STRICT;

-- The sealed cards, appended in the order of their records. The tag itself is never stored.
CREATE TABLE entry (
    record INTEGER NOT NULL REFERENCES record (record),
    epoch TEXT NOT NULL,
    revision INTEGER NOT NULL,
    held_tag BLOB NOT NULL CHECK (length(held_tag) = 16),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    card BLOB NOT NULL,
    PRIMARY KEY (record, epoch)
) STRICT;

-- Narrow, so that it stays in memory: where a tag is asked after, and nothing else.
CREATE TABLE match_index (
    held_tag BLOB NOT NULL,
    record INTEGER NOT NULL,
    epoch TEXT NOT NULL,
    PRIMARY KEY (held_tag, record)
) STRICT, WITHOUT ROWID;

-- (record, record), the lower number first; in an archive pair the archived record comes first.
CREATE TABLE pair (
    pair INTEGER PRIMARY KEY,
    first INTEGER NOT NULL REFERENCES record (record),
    second INTEGER NOT NULL REFERENCES record (record),
    kind TEXT NOT NULL CHECK (kind IN ('living', 'archive')),
    ended_on TEXT,
    UNIQUE (first, second, kind)
) STRICT;

CREATE INDEX pair_second ON pair (second);
CREATE INDEX pair_ended ON pair (ended_on) WHERE ended_on IS NOT NULL;

CREATE TABLE notice (
    region INTEGER NOT NULL REFERENCES region (region),
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    pair INTEGER,
    own INTEGER,
    peer INTEGER,
    sealed INTEGER,
    noted_on TEXT NOT NULL,
    PRIMARY KEY (region, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX notice_pair ON notice (pair);

CREATE TABLE sealed_message (
    sealed INTEGER PRIMARY KEY,
    sender INTEGER NOT NULL REFERENCES region (region),
    recipient INTEGER NOT NULL REFERENCES region (region),
    message_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    content BLOB,
    UNIQUE (sender, message_id),
    UNIQUE (sender, recipient, sequence)
) STRICT;

INSERT INTO counter (name, value) VALUES ('sealed', 0);

CREATE TABLE batch (
    region INTEGER NOT NULL,
    batch_id BLOB NOT NULL,
    digest BLOB NOT NULL,
    outcomes TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (region, batch_id)
) STRICT;

CREATE TABLE seen_message (
    region INTEGER NOT NULL,
    message BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (region, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE pair_count (
    month TEXT NOT NULL,
    region INTEGER NOT NULL,
    other_region INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    pairs INTEGER NOT NULL,
    PRIMARY KEY (month, region, other_region, purpose)
) STRICT;

CREATE TABLE job (
    name TEXT PRIMARY KEY,
    started INTEGER NOT NULL,
    finished INTEGER,
    failed INTEGER
) STRICT;

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
