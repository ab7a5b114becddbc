-- Sealed messages from region to region: what waits to leave, what was heard, and what they brought.

-- Written in the transaction of what causes it. content is sealed for this database; sealed is what the recipient
-- opens, made once and sent again as it is. Kept after it was sent, for a hub that forgets it.
CREATE TABLE sealed_outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    peer TEXT NOT NULL,
    kind TEXT NOT NULL,
    content BLOB NOT NULL,
    key_id TEXT,
    signed_with TEXT,
    sealed BLOB,
    waits_because TEXT,
    written_at TEXT NOT NULL,
    sent_at TEXT,
    refusal TEXT,
    set_aside_at TEXT,
    CHECK ((sealed IS NULL) = (key_id IS NULL))
) STRICT;
CREATE INDEX sealed_outbox_waiting ON sealed_outbox (peer, number) WHERE sent_at IS NULL;

-- The sequence that the hub expects of our next message to a region, as far as we know.
CREATE TABLE sealed_sequence (
    peer TEXT PRIMARY KEY,
    next INTEGER NOT NULL CHECK (next >= 1)
) STRICT;

-- Messages that took effect here: the same one again changes nothing.
CREATE TABLE sealed_heard (
    peer TEXT NOT NULL,
    message_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    heard_at TEXT NOT NULL,
    PRIMARY KEY (peer, message_id)
) STRICT, WITHOUT ROWID;

-- Pairs that ended on our side while the hub did not know them: their regions must hear it from us.
CREATE TABLE unheard_ending (
    own_record_id TEXT NOT NULL,
    peer TEXT NOT NULL,
    peer_record_id TEXT NOT NULL,
    ending TEXT NOT NULL CHECK (ending IN ('ended', 'annulled')),
    PRIMARY KEY (own_record_id, peer, peer_record_id)
) STRICT, WITHOUT ROWID;

-- A youth came to live in one of our gemeenten, with active signals elsewhere: for the coördinator of that gemeente.
-- content, sealed, has the youth and who is involved; peer is empty when they are involved in our own region.
CREATE TABLE incoming_move (
    move_id TEXT PRIMARY KEY,
    peer TEXT,
    gemeente TEXT NOT NULL,
    moved_on TEXT NOT NULL,
    content BLOB NOT NULL,
    received_at TEXT NOT NULL,
    keep_until TEXT NOT NULL
) STRICT;
CREATE INDEX incoming_move_gemeente ON incoming_move (gemeente);
CREATE INDEX incoming_move_until ON incoming_move (keep_until);

-- Who reads the moves of a gemeente.
CREATE TABLE move_reader (
    gemeente TEXT NOT NULL,
    professional_id TEXT NOT NULL REFERENCES professional (professional_id),
    since TEXT NOT NULL,
    PRIMARY KEY (gemeente, professional_id)
) STRICT, WITHOUT ROWID;

-- That the youth of a signal moved, for the professional who signalled: the last move. gemeente is empty for a secret
-- address and for a move abroad.
CREATE TABLE signal_moved (
    signal_id TEXT PRIMARY KEY REFERENCES signal (signal_id) ON DELETE CASCADE,
    gemeente TEXT,
    moved_on TEXT NOT NULL,
    told_at TEXT NOT NULL
) STRICT;
