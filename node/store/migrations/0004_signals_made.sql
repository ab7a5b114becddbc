-- How many signals a professional made on a local day: the budget that a restart, or taking signals back, does not reset.
CREATE TABLE signals_made (
    professional_id TEXT NOT NULL,
    day TEXT NOT NULL,
    made INTEGER NOT NULL,
    PRIMARY KEY (professional_id, day)
) STRICT, WITHOUT ROWID;
