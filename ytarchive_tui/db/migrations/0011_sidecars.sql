-- What a copy still lacks: sidecars that the site refused, and a better picture that it may have withheld.

-- Which ones is in the manifest. Not planned yet: no try and no moment. Given up: tries and no moment.
CREATE TABLE sidecars (
    copy_id   INTEGER PRIMARY KEY REFERENCES copies (id) ON DELETE CASCADE,
    since     INTEGER NOT NULL,
    tries     INTEGER NOT NULL DEFAULT 0,
    run_after INTEGER,
    reason    TEXT -- why the last try did not bring everything
) STRICT;
CREATE INDEX sidecars_due ON sidecars (run_after) WHERE run_after IS NOT NULL;
CREATE INDEX sidecars_new ON sidecars (copy_id) WHERE run_after IS NULL AND tries = 0;

CREATE TABLE withheld (
    copy_id   INTEGER PRIMARY KEY REFERENCES copies (id) ON DELETE CASCADE,
    since     INTEGER NOT NULL,
    why       TEXT NOT NULL,
    tools     TEXT, -- with which versions it was last tried
    tries     INTEGER NOT NULL DEFAULT 0,
    run_after INTEGER
) STRICT;

-- What the engine works with: the versions that decide which formats can be had.
CREATE TABLE tools_in_use (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    versions TEXT NOT NULL
) STRICT;

-- A copy is «withheld» unless something worse is the matter with it.
DROP VIEW library_source;
CREATE VIEW library_source AS
SELECT c.id AS copy_id, i.video_id, i.title, i.channel, unixepoch(m.data ->> '$.published_at') * 1000000 AS published,
       CAST(strftime('%Y', m.data ->> '$.published_at') AS INTEGER) AS year, c.obtained_height AS height,
       coalesce(c.offered_height, m.offered_height) AS offered, i.duration_s AS seconds, c.size, c.archived_at AS added,
       CASE WHEN k.found IN ('changed', 'missing') THEN k.found
            WHEN EXISTS (SELECT 1 FROM withheld w WHERE w.copy_id = c.id) THEN 'withheld'
            ELSE coalesce(k.found, 'stored') END AS state,
       c.item_id, m.data ->> '$.description' AS description
FROM copies c JOIN items i ON i.id = c.item_id LEFT JOIN metadata m ON m.item_id = c.item_id
LEFT JOIN checks k ON k.id = (SELECT max(id) FROM checks WHERE copy_id = c.id AND at >= c.archived_at);

DROP TRIGGER library_copy_checked;
CREATE TRIGGER library_copy_checked AFTER INSERT ON checks
BEGIN
    UPDATE library SET state = (SELECT state FROM library_source WHERE copy_id = NEW.copy_id)
    WHERE copy_id = NEW.copy_id;
END;
CREATE TRIGGER library_copy_suspected AFTER INSERT ON withheld
BEGIN
    UPDATE library SET state = (SELECT state FROM library_source WHERE copy_id = NEW.copy_id)
    WHERE copy_id = NEW.copy_id;
END;
CREATE TRIGGER library_copy_cleared AFTER DELETE ON withheld
BEGIN
    UPDATE library SET state = coalesce((SELECT state FROM library_source WHERE copy_id = OLD.copy_id), state)
    WHERE copy_id = OLD.copy_id;
END;
