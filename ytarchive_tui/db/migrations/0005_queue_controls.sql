-- What a person wishes of the engine as a whole, from whichever process: one row.
CREATE TABLE wishes (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    on_hold   INTEGER NOT NULL DEFAULT 0,
    downloads INTEGER, -- at a time; NULL: as the settings say
    limit_bps INTEGER  -- bytes a second of each download, 0 for no limit; NULL: as the settings say
) STRICT;
INSERT INTO wishes (id) VALUES (1);

-- What the site offered of an item, shortly: a JSON list of texts, the best first.
ALTER TABLE metadata ADD COLUMN offered TEXT;
