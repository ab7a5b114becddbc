-- Organisations with their category, names through time, agreements, designations, roles, substitutes; and for each
-- signal the gemeente whose college answers for it.

ALTER TABLE organisation ADD COLUMN category TEXT;

CREATE TABLE team (
    team_id TEXT PRIMARY KEY,
    location_id TEXT NOT NULL REFERENCES location (location_id),
    name TEXT NOT NULL,
    UNIQUE (location_id, name)
) STRICT;

-- The current name stands in the row itself; here stands since when, and what it was before. NULL: since ever.
CREATE TABLE name_through_time (
    unit TEXT NOT NULL CHECK (unit IN ('organisation', 'location', 'team')),
    unit_id TEXT NOT NULL,
    name TEXT NOT NULL,
    valid_from TEXT,
    valid_until TEXT
) STRICT;
CREATE INDEX name_through_time_unit ON name_through_time (unit, unit_id);
CREATE INDEX name_through_time_name ON name_through_time (unit, name);
INSERT INTO name_through_time (unit, unit_id, name) SELECT 'organisation', organisation_id, name FROM organisation;
INSERT INTO name_through_time (unit, unit_id, name) SELECT 'location', location_id, name FROM location;

CREATE TABLE agreement (
    agreement_id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (organisation_id),
    gemeente TEXT NOT NULL,
    signed_on TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX agreement_organisation ON agreement (organisation_id);

CREATE TABLE designation (
    professional_id TEXT NOT NULL REFERENCES professional (professional_id),
    starts_on TEXT NOT NULL,
    ends_on TEXT,
    PRIMARY KEY (professional_id, starts_on)
) STRICT, WITHOUT ROWID;
-- Who was marked as active was designated, since when was not written down: from the first day of the Jeugdwet.
INSERT INTO designation (professional_id, starts_on)
SELECT professional_id, '2015-01-01' FROM professional WHERE active = 1;
ALTER TABLE professional DROP COLUMN active;
ALTER TABLE professional ADD COLUMN team_id TEXT REFERENCES team (team_id);
ALTER TABLE professional ADD COLUMN left_on TEXT;

ALTER TABLE signal ADD COLUMN responsible_gemeente TEXT;

-- Humans by the reference under which a region knows them, and the random number that stands for them in the log.
CREATE TABLE human (
    person_reference TEXT PRIMARY KEY,
    person_number TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO human (person_reference, person_number)
SELECT person_reference, min(person_number) FROM professional GROUP BY person_reference;

-- A role that was asked for: confirmed by another than who asked, and then held until it ends.
CREATE TABLE role_grant (
    number INTEGER PRIMARY KEY,
    person_number TEXT NOT NULL REFERENCES human (person_number),
    role TEXT NOT NULL,
    place TEXT NOT NULL,
    asked_by TEXT NOT NULL REFERENCES human (person_number),
    asked_at TEXT NOT NULL,
    confirmed_by TEXT REFERENCES human (person_number),
    confirmed_at TEXT,
    starts_on TEXT,
    ends_on TEXT,
    CHECK (asked_by <> person_number),
    CHECK (confirmed_by IS NULL OR (confirmed_by <> asked_by AND confirmed_by <> person_number)),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CHECK (starts_on IS NULL OR confirmed_by IS NOT NULL)
) STRICT;
CREATE INDEX role_grant_person ON role_grant (person_number);

CREATE TABLE substitute (
    number INTEGER PRIMARY KEY,
    absent_id TEXT NOT NULL REFERENCES professional (professional_id),
    substitute_id TEXT NOT NULL REFERENCES professional (professional_id),
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    CHECK (absent_id <> substitute_id)
) STRICT;
CREATE INDEX substitute_absent ON substitute (absent_id);
CREATE INDEX substitute_who ON substitute (substitute_id);
