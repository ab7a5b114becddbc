-- Youths without a BSN, the matches that only may be about one youth, and confirmations that wait for the register.

-- Such a youth is nobody in the register of persons, and is not asked about.
ALTER TABLE youth ADD COLUMN without_bsn INTEGER NOT NULL DEFAULT 0 CHECK (without_bsn IN (0, 1));
DROP INDEX youth_unknown;
CREATE INDEX youth_unknown ON youth (asked_on, youth_key) WHERE person_known = 0 AND without_bsn = 0;

-- Told over surname, birth date and sex, which two children may share.
ALTER TABLE match ADD COLUMN possible INTEGER NOT NULL DEFAULT 0 CHECK (possible IN (0, 1));

-- What a professional said of a youth when the register could not tell: sealed until it is compared, and then gone.
-- Without sealed: it was compared, and did not agree.
CREATE TABLE signal_confirmation (
    signal_id TEXT PRIMARY KEY REFERENCES signal (signal_id) ON DELETE CASCADE,
    sealed BLOB
) STRICT;
