-- The node's side of the exchange: what the hub must still hear, what it has acknowledged, and what it told us.
-- Ids are lower-case UUID text, moments ISO 8601 in UTC, days ISO dates. Whatever is sealed is a BLOB of certs.sealing.

-- What a signal asks of the exchange, written in the same transaction as the signal. Read in order of number.
-- With record_id the wish is about one of its records only; a canary's wish has no signal.
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    signal_id TEXT,
    record_id TEXT,
    intent TEXT NOT NULL CHECK (intent IN ('offer', 'change', 'again', 'end')),
    ending TEXT CHECK (ending IN ('ended', 'annulled')),
    archive_until TEXT,
    written_at TEXT NOT NULL,
    refusal TEXT,
    set_aside_at TEXT,
    CHECK ((intent = 'end') = (ending IS NOT NULL)),
    CHECK (signal_id IS NOT NULL OR record_id IS NOT NULL)
) STRICT;
CREATE INDEX outbox_signal ON outbox (coalesce(signal_id, record_id), number);

-- One registration at the hub, under this region's own random id. signal_id is empty for a canary.
-- wanted is what the node wants the hub to hold; told_* is what the hub last acknowledged.
CREATE TABLE hub_record (
    record_id TEXT PRIMARY KEY,
    signal_id TEXT,
    purpose TEXT NOT NULL CHECK (purpose IN ('youth', 'parent', 'address', 'vsn')),
    subject BLOB,
    input BLOB,
    family_reference BLOB,
    wanted TEXT NOT NULL CHECK (wanted IN ('live', 'archived', 'gone')),
    valid_until TEXT NOT NULL,
    archive_until TEXT,
    revision INTEGER NOT NULL CHECK (revision >= 0),
    told_revision INTEGER,
    told_state TEXT CHECK (told_state IN ('live', 'held', 'archived', 'gone')),
    told_valid_until TEXT,
    told_archive_until TEXT,
    told_cards INTEGER,
    made_at TEXT NOT NULL,
    UNIQUE (signal_id, purpose, subject)
) STRICT;

-- Tag and keys of a record in one epoch, sealed together.
CREATE TABLE hub_entry (
    record_id TEXT NOT NULL REFERENCES hub_record (record_id) ON DELETE CASCADE,
    epoch TEXT NOT NULL,
    keys BLOB NOT NULL,
    PRIMARY KEY (record_id, epoch)
) STRICT, WITHOUT ROWID;
CREATE INDEX hub_entry_epoch ON hub_entry (epoch);

-- The sealed bytes as sent: sealing is random, digests are over these bytes.
CREATE TABLE hub_card (
    record_id TEXT NOT NULL REFERENCES hub_record (record_id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    epoch TEXT NOT NULL,
    card BLOB NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (record_id, revision, epoch)
) STRICT;

-- A group of errands that travels under one id, kept from before it is sent until its answer is applied.
CREATE TABLE batch (
    batch_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('register', 'withdraw')),
    lane TEXT NOT NULL CHECK (lane IN ('youth', 'family')),
    made_at TEXT NOT NULL
) STRICT;

-- One thing to tell the hub about one record, frozen: a resend says the same. Gone once acknowledged.
CREATE TABLE errand (
    record_id TEXT NOT NULL REFERENCES hub_record (record_id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('register', 'withdraw')),
    lane TEXT NOT NULL CHECK (lane IN ('youth', 'family')),
    valid_until TEXT NOT NULL,
    archive_until TEXT,
    state TEXT CHECK (state IN ('live', 'held')),
    reason TEXT CHECK (reason IN ('new', 'change', 'again')),
    ending TEXT CHECK (ending IN ('ended', 'annulled')),
    depart_at TEXT NOT NULL,
    batch_id TEXT REFERENCES batch (batch_id),
    position INTEGER,
    refusal TEXT,
    set_aside_at TEXT,
    PRIMARY KEY (record_id, revision)
) STRICT;
CREATE INDEX errand_batch ON errand (batch_id, position);
CREATE INDEX errand_departure ON errand (depart_at) WHERE batch_id IS NULL AND refusal IS NULL;

-- How far the mailbox was applied, and what a restore still asks of us. One row.
CREATE TABLE mailbox (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seed TEXT,
    number INTEGER NOT NULL DEFAULT 0,
    retell INTEGER NOT NULL DEFAULT 0 CHECK (retell IN (0, 1)),
    retold_from INTEGER,
    comparison_due INTEGER NOT NULL DEFAULT 0 CHECK (comparison_due IN (0, 1)),
    node_restored INTEGER NOT NULL DEFAULT 0 CHECK (node_restored IN (0, 1)),
    collected_at TEXT
) STRICT;
INSERT INTO mailbox (one) VALUES (1);

-- A pair as the hub told it. What ended stays, so that a late notice changes nothing.
CREATE TABLE foreign_pair (
    own_record_id TEXT NOT NULL,
    peer TEXT NOT NULL,
    peer_record_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('match', 'archive')),
    signal_id TEXT,
    pair_key TEXT,
    status TEXT NOT NULL CHECK (status IN ('living', 'ended', 'annulled')),
    shown INTEGER NOT NULL CHECK (shown IN (0, 1)),
    revision INTEGER NOT NULL,
    match_key BLOB,
    valid_until TEXT NOT NULL,
    told_at TEXT NOT NULL,
    heard INTEGER NOT NULL,
    PRIMARY KEY (own_record_id, peer, peer_record_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX foreign_pair_match ON foreign_pair (signal_id, peer, pair_key);

-- An archived registration that spoke: shown after the time to undo, its card gone once fetched or after 30 days.
CREATE TABLE archive_notice (
    own_record_id TEXT NOT NULL,
    peer TEXT NOT NULL,
    peer_record_id TEXT NOT NULL,
    signal_id TEXT NOT NULL,
    card BLOB,
    show_from TEXT NOT NULL,
    keep_until TEXT NOT NULL,
    fetched_at TEXT,
    PRIMARY KEY (own_record_id, peer, peer_record_id)
) STRICT;
CREATE INDEX archive_notice_signal ON archive_notice (signal_id);

-- A day's made-up registration that must meet its twin; one that does not shows a hub that suppresses matches.
CREATE TABLE canary (
    record_id TEXT PRIMARY KEY REFERENCES hub_record (record_id) ON DELETE CASCADE,
    day TEXT NOT NULL,
    peer TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    met_at TEXT,
    alarmed_at TEXT,
    UNIQUE (day, peer)
) STRICT;

-- The last verified key statement of each region, whole, so that a node works on without the hub.
CREATE TABLE directory (
    oin TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'departed')),
    statement BLOB,
    signature BLOB,
    certificates BLOB,
    verified_at TEXT NOT NULL
) STRICT;

-- The scheme owner's signed file as last verified. Its serial never goes back. One row.
CREATE TABLE epoch_file (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    serial INTEGER NOT NULL,
    file BLOB NOT NULL,
    verified_at TEXT NOT NULL
) STRICT;

-- The regions' shared secret of an epoch, still sealed to this region's own key.
CREATE TABLE sealed_secret (
    epoch TEXT PRIMARY KEY,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

-- Why work with one other side waits, and until when: a restart does not start a storm.
CREATE TABLE hold (
    side TEXT PRIMARY KEY CHECK (side IN ('hub', 'service')),
    since TEXT NOT NULL,
    tries INTEGER NOT NULL,
    not_before TEXT NOT NULL,
    reason TEXT NOT NULL,
    clock_seconds REAL
) STRICT;

-- What an operator must look at: a card that does not open or verify, a canary that did not meet, a wrong secret.
CREATE TABLE alarm (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    peer TEXT,
    settled_at TEXT,
    UNIQUE (kind, about, peer)
) STRICT;

-- What was ended or destroyed, to be copied to the ledger beside the database before the next backup is restored.
CREATE TABLE deletion (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    deletion_id TEXT NOT NULL UNIQUE,
    signal_id TEXT NOT NULL,
    ending TEXT NOT NULL CHECK (ending IN ('ended', 'annulled')),
    archive_until TEXT,
    at TEXT NOT NULL,
    copied INTEGER NOT NULL DEFAULT 0 CHECK (copied IN (0, 1))
) STRICT;
