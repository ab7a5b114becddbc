-- Finding a person of the local register by what a professional knows, through one blind index over all of it at once.
CREATE TABLE register_name (
    name_key BLOB NOT NULL CHECK (length(name_key) = 32),
    person_key BLOB NOT NULL REFERENCES register_person (person_key) ON DELETE CASCADE,
    PRIMARY KEY (name_key, person_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX register_name_person ON register_name (person_key);

-- How often on a local day a professional looked for a youth by name and nobody, or no one person, was found.
CREATE TABLE search_missed (
    professional_id TEXT NOT NULL,
    day TEXT NOT NULL,
    missed INTEGER NOT NULL,
    PRIMARY KEY (professional_id, day)
) STRICT, WITHOUT ROWID;

-- The last local day on which the register was asked again (empty: never).
ALTER TABLE youth ADD COLUMN asked_on TEXT NOT NULL DEFAULT '';
CREATE INDEX youth_asked ON youth (asked_on) WHERE person_known = 1;
