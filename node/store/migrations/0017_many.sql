-- What stays quick with a million signals and with an import of a hundred thousand on its way: each question about what
-- waits or is over finds its rows in order, and what status shows is counted when it changes.

-- The outbox in the order in which it is read, and what was set aside.
CREATE INDEX outbox_order ON outbox (intent = 'again', number) WHERE refusal IS NULL;
CREATE INDEX outbox_aside ON outbox (number) WHERE refusal IS NOT NULL;

-- Errands in the order in which they leave, and what was set aside.
CREATE INDEX errand_order ON errand (kind, lane, reason IS 'again', depart_at) WHERE batch_id IS NULL AND refusal IS NULL;
CREATE INDEX errand_aside ON errand (set_aside_at) WHERE refusal IS NOT NULL;

-- Records and pairs by the day on which nothing is left of them.
CREATE INDEX hub_record_over ON hub_record (max(valid_until, coalesce(archive_until, valid_until)))
    WHERE wanted <> 'gone';
CREATE INDEX hub_record_gone ON hub_record (max(valid_until, coalesce(archive_until, valid_until)))
    WHERE wanted = 'gone';
CREATE INDEX foreign_pair_over ON foreign_pair (valid_until);

-- The profiles of one human, and everyone who works at a location.
CREATE INDEX professional_person_number ON professional (person_number);
CREATE INDEX professional_location ON professional (location_id);

-- How many there are of what a large table has: kept by the triggers below, in the transaction of each change.
CREATE TABLE tally (
    what TEXT PRIMARY KEY,
    how_many INTEGER NOT NULL CHECK (how_many >= 0)
) STRICT, WITHOUT ROWID;
INSERT INTO tally (what, how_many) SELECT 'signal ' || state, count(*) FROM signal GROUP BY state;
INSERT INTO tally (what, how_many) SELECT 'match ' || iif(ended_on IS NULL, kind, 'ended'), count(*) FROM match GROUP BY 1;
INSERT INTO tally (what, how_many) SELECT 'person', count(*) FROM register_person;

CREATE TRIGGER signal_comes AFTER INSERT ON signal BEGIN
    INSERT INTO tally (what, how_many) VALUES ('signal ' || NEW.state, 1)
        ON CONFLICT (what) DO UPDATE SET how_many = how_many + 1;
END;
CREATE TRIGGER signal_goes AFTER DELETE ON signal BEGIN
    UPDATE tally SET how_many = how_many - 1 WHERE what = 'signal ' || OLD.state;
END;
CREATE TRIGGER signal_changes AFTER UPDATE OF state ON signal WHEN OLD.state <> NEW.state BEGIN
    UPDATE tally SET how_many = how_many - 1 WHERE what = 'signal ' || OLD.state;
    INSERT INTO tally (what, how_many) VALUES ('signal ' || NEW.state, 1)
        ON CONFLICT (what) DO UPDATE SET how_many = how_many + 1;
END;
CREATE TRIGGER match_comes AFTER INSERT ON match BEGIN
    INSERT INTO tally (what, how_many) VALUES ('match ' || iif(NEW.ended_on IS NULL, NEW.kind, 'ended'), 1)
        ON CONFLICT (what) DO UPDATE SET how_many = how_many + 1;
END;
CREATE TRIGGER match_goes AFTER DELETE ON match BEGIN
    UPDATE tally SET how_many = how_many - 1 WHERE what = 'match ' || iif(OLD.ended_on IS NULL, OLD.kind, 'ended');
END;
CREATE TRIGGER match_changes AFTER UPDATE OF kind, ended_on ON match
WHEN iif(OLD.ended_on IS NULL, OLD.kind, 'ended') <> iif(NEW.ended_on IS NULL, NEW.kind, 'ended') BEGIN
    UPDATE tally SET how_many = how_many - 1 WHERE what = 'match ' || iif(OLD.ended_on IS NULL, OLD.kind, 'ended');
    INSERT INTO tally (what, how_many) VALUES ('match ' || iif(NEW.ended_on IS NULL, NEW.kind, 'ended'), 1)
        ON CONFLICT (what) DO UPDATE SET how_many = how_many + 1;
END;
CREATE TRIGGER person_comes AFTER INSERT ON register_person BEGIN
    INSERT INTO tally (what, how_many) VALUES ('person', 1) ON CONFLICT (what) DO UPDATE SET how_many = how_many + 1;
END;
CREATE TRIGGER person_goes AFTER DELETE ON register_person BEGIN
    UPDATE tally SET how_many = how_many - 1 WHERE what = 'person';
END;
