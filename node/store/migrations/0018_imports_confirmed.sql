-- An import whose line says nothing of the youth confirms nobody: the signal waits for its professional to say it.
ALTER TABLE signal_confirmation ADD COLUMN unsaid INTEGER NOT NULL DEFAULT 0
    CHECK (unsaid IN (0, 1) AND (unsaid = 0 OR sealed IS NULL));

-- Signals of earlier imports confirmed nobody either.
INSERT INTO signal_confirmation (signal_id, sealed, unsaid)
    SELECT signal_id, NULL, 1 FROM import_signal JOIN signal USING (signal_id) WHERE state = 'active'
    ON CONFLICT (signal_id) DO NOTHING;

-- Answers about youths that dry runs of imports gave to one human on a local day.
CREATE TABLE import_tried (
    person_number TEXT NOT NULL,
    day TEXT NOT NULL,
    told INTEGER NOT NULL,
    PRIMARY KEY (person_number, day)
) STRICT, WITHOUT ROWID;
