-- The highest serial of an epoch file ever taken into use: an older file is refused, also after a restart.
CREATE TABLE epoch_file (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    serial INTEGER NOT NULL
) STRICT;
