-- The archive as the Library shows it: one narrow row a copy, derived from copies, items, metadata and
-- checks by triggers, so that a million of them can be sorted, counted and searched without a join.

-- What was found whenever a copy was read again; the newest one since it was stored gives its state.
CREATE TABLE checks (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    copy_id  INTEGER NOT NULL REFERENCES copies (id) ON DELETE CASCADE,
    at       INTEGER NOT NULL,
    found    TEXT NOT NULL CHECK (found IN ('whole', 'changed', 'missing')),
    problems TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE INDEX checks_of_copy ON checks (copy_id);
CREATE TRIGGER checks_are_not_rewritten BEFORE UPDATE ON checks
BEGIN SELECT raise(ABORT, 'checks are append-only'); END;

CREATE INDEX journal_of_item ON journal (item_id) WHERE item_id IS NOT NULL;

CREATE TABLE library (
    copy_id   INTEGER PRIMARY KEY REFERENCES copies (id) ON DELETE CASCADE,
    video_id  TEXT NOT NULL,
    title     TEXT,
    channel   TEXT,
    published INTEGER,
    year      INTEGER, -- of publication, UTC
    height    INTEGER,
    offered   INTEGER, -- the best height there was
    seconds   REAL,
    size      INTEGER NOT NULL,
    added     INTEGER NOT NULL,
    state     TEXT NOT NULL -- 'stored' until its first check
) STRICT;
CREATE INDEX library_published ON library (published, copy_id);
CREATE INDEX library_title ON library (title COLLATE NOCASE, copy_id);
CREATE INDEX library_channel ON library (channel COLLATE NOCASE, title COLLATE NOCASE, copy_id);
CREATE INDEX library_size ON library (size, copy_id);
CREATE INDEX library_seconds ON library (seconds, copy_id);
CREATE INDEX library_facets ON library (channel, year, height, state, size);

CREATE VIEW library_source AS
SELECT c.id AS copy_id, i.video_id, i.title, i.channel, unixepoch(m.data ->> '$.published_at') * 1000000 AS published,
       CAST(strftime('%Y', m.data ->> '$.published_at') AS INTEGER) AS year, c.obtained_height AS height,
       coalesce(c.offered_height, m.offered_height) AS offered, i.duration_s AS seconds, c.size, c.archived_at AS added,
       coalesce((SELECT k.found FROM checks k WHERE k.copy_id = c.id AND k.at >= c.archived_at
                 ORDER BY k.id DESC LIMIT 1), 'stored') AS state,
       c.item_id, m.data ->> '$.description' AS description
FROM copies c JOIN items i ON i.id = c.item_id LEFT JOIN metadata m ON m.item_id = c.item_id;

-- Trigrams find any three characters in a row, in any script.
CREATE VIRTUAL TABLE library_search USING fts5 (title, channel, video_id, description, tokenize = 'trigram');

-- Counted here because count(*) over a million rows is not free; `version` rises with every change.
CREATE TABLE library_totals (n INTEGER NOT NULL, size INTEGER NOT NULL, version INTEGER NOT NULL) STRICT;
INSERT INTO library_totals VALUES (0, 0, 0);

CREATE TRIGGER library_gained AFTER INSERT ON library
BEGIN
    INSERT INTO library_search (rowid, title, channel, video_id, description)
        SELECT copy_id, title, channel, video_id, description FROM library_source WHERE copy_id = NEW.copy_id;
    UPDATE library_totals SET n = n + 1, size = size + NEW.size, version = version + 1;
END;
CREATE TRIGGER library_lost AFTER DELETE ON library
BEGIN
    DELETE FROM library_search WHERE rowid = OLD.copy_id;
    UPDATE library_totals SET n = n - 1, size = size - OLD.size, version = version + 1;
END;
CREATE TRIGGER library_judged AFTER UPDATE OF state ON library
BEGIN
    UPDATE library_totals SET version = version + 1;
END;

-- What is learnt anew is forgotten first and described again.
CREATE TRIGGER library_copy_added AFTER INSERT ON copies
BEGIN
    INSERT INTO library SELECT copy_id, video_id, title, channel, published, year, height, offered, seconds, size,
        added, state FROM library_source WHERE copy_id = NEW.id;
END;
CREATE TRIGGER library_copy_replaced AFTER UPDATE ON copies
BEGIN
    DELETE FROM library WHERE copy_id = OLD.id;
    INSERT INTO library SELECT copy_id, video_id, title, channel, published, year, height, offered, seconds, size,
        added, state FROM library_source WHERE copy_id = NEW.id;
END;
CREATE TRIGGER library_copy_removed BEFORE DELETE ON copies
BEGIN
    DELETE FROM library WHERE copy_id = OLD.id;
END;
CREATE TRIGGER library_item_learnt AFTER UPDATE OF title, channel, duration_s ON items
WHEN NEW.title IS NOT OLD.title OR NEW.channel IS NOT OLD.channel OR NEW.duration_s IS NOT OLD.duration_s
BEGIN
    DELETE FROM library WHERE copy_id IN (SELECT id FROM copies WHERE item_id = NEW.id);
    INSERT INTO library SELECT copy_id, video_id, title, channel, published, year, height, offered, seconds, size,
        added, state FROM library_source WHERE item_id = NEW.id;
END;
CREATE TRIGGER library_metadata_added AFTER INSERT ON metadata
BEGIN
    DELETE FROM library WHERE copy_id IN (SELECT id FROM copies WHERE item_id = NEW.item_id);
    INSERT INTO library SELECT copy_id, video_id, title, channel, published, year, height, offered, seconds, size,
        added, state FROM library_source WHERE item_id = NEW.item_id;
END;
CREATE TRIGGER library_metadata_learnt AFTER UPDATE OF data, offered_height ON metadata
BEGIN
    DELETE FROM library WHERE copy_id IN (SELECT id FROM copies WHERE item_id = NEW.item_id);
    INSERT INTO library SELECT copy_id, video_id, title, channel, published, year, height, offered, seconds, size,
        added, state FROM library_source WHERE item_id = NEW.item_id;
END;
CREATE TRIGGER library_copy_checked AFTER INSERT ON checks
BEGIN
    UPDATE library SET state = NEW.found WHERE copy_id = NEW.copy_id;
END;

INSERT INTO library SELECT copy_id, video_id, title, channel, published, year, height, offered, seconds, size,
    added, state FROM library_source;
