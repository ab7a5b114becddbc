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
