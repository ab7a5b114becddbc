-- The life of a signal: what each party says of a match, who was informed, what the archive tells inside the region,
-- homes that never match, and refusals that are counted. Days are local ISO dates.

-- What the professional of this side says of the match, and since which day. Goes with the side.
CREATE TABLE match_mark (
    match_id TEXT NOT NULL REFERENCES match (match_id) ON DELETE CASCADE,
    mark TEXT NOT NULL CHECK (mark IN ('contact', 'agreed')),
    day TEXT NOT NULL,
    PRIMARY KEY (match_id, mark)
) STRICT, WITHOUT ROWID;
