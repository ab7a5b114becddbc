-- A newcomer that came while another region's record, in the archive or on its way there, was silent after a new seed.
-- It hears the archive once the silence of both has ended.
CREATE TABLE unheard (
    archived INTEGER NOT NULL REFERENCES record (record),
    newcomer INTEGER NOT NULL REFERENCES record (record),
    PRIMARY KEY (archived, newcomer)
) STRICT, WITHOUT ROWID;

CREATE INDEX unheard_newcomer ON unheard (newcomer);
