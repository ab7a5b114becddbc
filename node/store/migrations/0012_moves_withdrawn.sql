-- Which signals stand in a move that was told, to another region or (no peer) inside this one: a signal that ends or is
-- destroyed is taken out of it. No version that was handed out told moves before this step.
CREATE TABLE move_told (
    move_id TEXT NOT NULL,
    signal_id TEXT NOT NULL REFERENCES signal (signal_id) ON DELETE CASCADE,
    peer TEXT,
    PRIMARY KEY (move_id, signal_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX move_told_signal ON move_told (signal_id);

-- The message that a later one puts right.
ALTER TABLE sealed_outbox ADD COLUMN corrects TEXT;
CREATE INDEX sealed_outbox_corrects ON sealed_outbox (corrects) WHERE corrects IS NOT NULL;

-- Youths whose person is not known: the longest unasked first.
DROP INDEX youth_unknown;
CREATE INDEX youth_unknown ON youth (asked_on, youth_key) WHERE person_known = 0;
