-- What the pseudonym service remembers: how much was asked, which batches and messages it saw. Never an element.

-- Elements charged to the budget, outside allowances. An hour is the number of whole hours since 1970 in UTC:
-- local midnights fall on whole hours, so that a local day or month is a range of them.
CREATE TABLE usage (
    oin TEXT NOT NULL,
    hour INTEGER NOT NULL,
    elements INTEGER NOT NULL CHECK (elements > 0),
    PRIMARY KEY (oin, hour)
) STRICT, WITHOUT ROWID;

-- Batches of the last 48 hours. The digest is over epoch, purpose and elements.
CREATE TABLE batch (
    oin TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    counted_at INTEGER NOT NULL,
    PRIMARY KEY (oin, batch_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_by_time ON batch (counted_at);

-- Message ids that were accepted once, for as long as their timestamp could still pass.
CREATE TABLE message (
    oin TEXT NOT NULL,
    message_id TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (oin, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_by_time ON message (seen_at);

-- Allowances entered with the signatures of two operators; the signed document is kept as evidence.
CREATE TABLE allowance (
    allowance_id TEXT PRIMARY KEY,
    oin TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('rotation', 'import', 'recovery')),
    elements INTEGER NOT NULL CHECK (elements > 0),
    used INTEGER NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND elements),
    opens_at INTEGER NOT NULL,
    closes_at INTEGER NOT NULL CHECK (closes_at > opens_at),
    document BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX allowance_by_region ON allowance (oin, closes_at);

-- Alarms that were told; each kind once for each period.
CREATE TABLE alarm (
    oin TEXT NOT NULL,
    kind TEXT NOT NULL,
    period TEXT NOT NULL,
    told_at INTEGER NOT NULL,
    used INTEGER NOT NULL,
    elements_limit INTEGER NOT NULL,
    PRIMARY KEY (oin, kind, period)
) STRICT, WITHOUT ROWID;

-- The highest serial of an epoch file ever accepted: an older file is refused, also after a restart.
CREATE TABLE epoch_file (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    serial INTEGER NOT NULL
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
