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
