-- The rules of matching as they were last applied to what is there, and how far applying others has come.
-- One row. touched_* says what was switched since it was last applied to everything. reached is the last signal looked
-- at; NULL when all were.
CREATE TABLE rules_applied (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    family INTEGER NOT NULL CHECK (family IN (0, 1)),
    address INTEGER NOT NULL CHECK (address IN (0, 1)),
    same_location INTEGER NOT NULL CHECK (same_location IN (0, 1)),
    touched_family INTEGER NOT NULL CHECK (touched_family IN (0, 1)),
    touched_address INTEGER NOT NULL CHECK (touched_address IN (0, 1)),
    touched_same_location INTEGER NOT NULL CHECK (touched_same_location IN (0, 1)),
    reached TEXT
) STRICT;

-- What a party in another region says of a match: both marks at once, under the pair of records that it rests on.
-- said_at is the other side's, and orders what it said.
CREATE TABLE peer_mark (
    own_record_id TEXT NOT NULL,
    peer TEXT NOT NULL,
    peer_record_id TEXT NOT NULL,
    contact TEXT,
    agreed TEXT,
    said_at TEXT NOT NULL,
    PRIMARY KEY (own_record_id, peer, peer_record_id)
) STRICT, WITHOUT ROWID;

-- To whom the archive spoke, of which signal here or which record of another region: never again to the same human.
-- told_signal_id is the signal that was told of it; taken back before show_from, nothing was said.
CREATE TABLE archive_heard (
    person_number TEXT NOT NULL,
    archived_signal_id TEXT REFERENCES signal (signal_id) ON DELETE CASCADE,
    peer TEXT,
    peer_record_id TEXT,
    told_signal_id TEXT REFERENCES signal (signal_id) ON DELETE SET NULL,
    show_from TEXT NOT NULL,
    keep_until TEXT,
    UNIQUE (person_number, archived_signal_id),
    UNIQUE (person_number, peer, peer_record_id),
    CHECK ((archived_signal_id IS NULL) = (peer IS NOT NULL)),
    CHECK ((peer IS NULL) = (peer_record_id IS NULL)),
    CHECK ((peer IS NULL) = (keep_until IS NULL))
) STRICT;
CREATE INDEX archive_heard_archived ON archive_heard (archived_signal_id);
CREATE INDEX archive_heard_told ON archive_heard (told_signal_id);
CREATE INDEX archive_heard_record ON archive_heard (peer, peer_record_id);
INSERT OR IGNORE INTO archive_heard (person_number, archived_signal_id, told_signal_id, show_from)
SELECT person_number, archived_signal_id, notice.signal_id, show_from FROM archive_notice_here AS notice
JOIN signal ON signal.signal_id = notice.signal_id JOIN professional USING (professional_id);
