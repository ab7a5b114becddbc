-- Signals that were taken back within a day of being made: counted per professional and in all, for a day and no longer.
CREATE TABLE taken_back (
    number INTEGER PRIMARY KEY,
    professional_id TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
