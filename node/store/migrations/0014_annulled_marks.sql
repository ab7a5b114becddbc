-- What a party said of a match goes when the match is annulled, whichever way: the fact and its dates are all that stay.
CREATE TRIGGER annulled_keeps_no_mark AFTER UPDATE OF how ON match WHEN NEW.how = 'annulled'
BEGIN DELETE FROM match_mark WHERE match_id = NEW.match_id; END;
DELETE FROM match_mark WHERE match_id IN (SELECT match_id FROM match WHERE how = 'annulled');

-- That a youth moved is told while a signal is active; the archive keeps what Jeugdwet 7.1.4.3(1) names.
DELETE FROM signal_moved WHERE signal_id IN (SELECT signal_id FROM signal WHERE state = 'archived');
