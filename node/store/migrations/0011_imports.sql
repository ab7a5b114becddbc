-- Signals that an operator brings in from a file: runs, what is still to be done (sealed), what the report will tell.
CREATE TABLE import_run (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What stood in the file, under this node's own key: recognises the same file, tells nothing else.
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    taken_in_by TEXT NOT NULL,
    taken_in_at TEXT NOT NULL,
    lines INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'cancelled', 'done')),
    made INTEGER NOT NULL DEFAULT 0,
    doubles INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0,
    matches INTEGER NOT NULL DEFAULT 0,
    elements INTEGER NOT NULL DEFAULT 0,
    finished_at TEXT,
    CHECK ((finished_at IS NULL) = (state IN ('running', 'paused')))
) STRICT;
CREATE UNIQUE INDEX import_run_digest ON import_run (digest) WHERE state <> 'cancelled';

-- Lines that wait, so many to a block, numbers and all sealed together. A block goes as its lines are done.
CREATE TABLE import_block (
    block_id TEXT PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES import_run (number) ON DELETE CASCADE,
    first INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
CREATE INDEX import_block_run ON import_block (run, first);

-- Lines that became no signal: where they stood in the file, and why. Not whom they were about.
CREATE TABLE import_line (
    run INTEGER NOT NULL REFERENCES import_run (number) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('double', 'refused')),
    kind TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (run, line)
) STRICT, WITHOUT ROWID;

-- Which signals came with which run, so that their matches are shown together. Gone with the signal or the run.
CREATE TABLE import_signal (
    signal_id TEXT PRIMARY KEY REFERENCES signal (signal_id) ON DELETE CASCADE,
    run INTEGER NOT NULL REFERENCES import_run (number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX import_signal_run ON import_signal (run);

-- What the pseudonym service last told of our budget, and the most it told on that local day. One row.
CREATE TABLE budget_told (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    told_at TEXT NOT NULL,
    today INTEGER NOT NULL,
    this_month INTEGER NOT NULL,
    allowance INTEGER NOT NULL,
    most_today INTEGER NOT NULL
) STRICT;

-- How many records of youths are still on their way, without walking past the family records that wait to depart.
CREATE INDEX errand_youth ON errand (record_id) WHERE lane = 'youth' AND refusal IS NULL;
