-- Who reads the moves to a gemeente holds the role of coördinator, which two people grant. Nobody is granted one here:
-- a role that no two people confirmed is none. The moves stay, and an alarm for each gemeente says what to do.
INSERT INTO alarm (at, kind, about)
SELECT DISTINCT strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), 'moveUndelivered',
    'Moves to gemeente ' || gemeente || ' are read by who holds the role of coördinator there, and nobody holds it yet:'
    || ' ask for it with `verwijsindex node roles ask`, and let somebody else confirm it.'
FROM move_reader;
DROP TABLE move_reader;
