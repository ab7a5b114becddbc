-- The life of a signal: what each party says of a match, who was informed, what the archive tells inside the region,
-- homes that never match, and refusals that are counted. Days are local ISO dates.

-- What the professional of this side says of the match, and since which day. Goes with the side.
CREATE TABLE match_mark (
    match_id TEXT NOT NULL REFERENCES match (match_id) ON DELETE CASCADE,
    mark TEXT NOT NULL CHECK (mark IN ('contact', 'agreed')),
    day TEXT NOT NULL,
    PRIMARY KEY (match_id, mark)
) STRICT, WITHOUT ROWID;

-- Who was told of the signal (Jeugdwet 7.1.5.1), when and how. Goes with the signal, and when it goes to the archive.
CREATE TABLE informed (
    signal_id TEXT NOT NULL REFERENCES signal (signal_id) ON DELETE CASCADE,
    who TEXT NOT NULL CHECK (who IN ('youth', 'representative')),
    day TEXT NOT NULL,
    manner TEXT NOT NULL CHECK (manner IN ('conversation', 'telephone', 'letter', 'digital')),
    PRIMARY KEY (signal_id, who)
) STRICT, WITHOUT ROWID;

-- That telling waits, on what ground, and when that is looked at again. Goes as well once everyone was told.
CREATE TABLE informing_postponed (
    signal_id TEXT PRIMARY KEY REFERENCES signal (signal_id) ON DELETE CASCADE,
    ground TEXT NOT NULL CHECK (ground IN ('safety', 'investigation', 'unreachable')),
    review_on TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- An archived signal of this region that speaks, once, to who signals the same youth anew. Falls away with either.
CREATE TABLE archive_notice_here (
    notice_id TEXT PRIMARY KEY,
    signal_id TEXT NOT NULL REFERENCES signal (signal_id) ON DELETE CASCADE,
    archived_signal_id TEXT NOT NULL REFERENCES signal (signal_id) ON DELETE CASCADE,
    show_from TEXT NOT NULL,
    keep_until TEXT NOT NULL,
    fetched_at TEXT,
    UNIQUE (signal_id, archived_signal_id)
) STRICT;
CREATE INDEX archive_notice_here_archived ON archive_notice_here (archived_signal_id);

-- Homes that never match: institutions and shelters (Jeugdwet 7.1.2.3(1)d), as blind indexes like those of youths.
CREATE TABLE excluded_home (
    home_key BLOB PRIMARY KEY CHECK (length(home_key) = 32)
) STRICT, WITHOUT ROWID;

-- Every way in which the home of a youth can be written, excluded or not, to find whom a change of that list touches.
CREATE TABLE youth_home (
    youth_key BLOB NOT NULL REFERENCES youth (youth_key) ON DELETE CASCADE,
    home_key BLOB NOT NULL CHECK (length(home_key) = 32),
    PRIMARY KEY (youth_key, home_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX youth_home_key ON youth_home (home_key);

-- How many signals of a professional were refused on a local day for what they asked: kept for that day and no longer.
CREATE TABLE signals_refused (
    professional_id TEXT NOT NULL,
    day TEXT NOT NULL,
    refused INTEGER NOT NULL,
    PRIMARY KEY (professional_id, day)
) STRICT, WITHOUT ROWID;
