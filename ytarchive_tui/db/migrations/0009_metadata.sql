-- What was spent of the Data API's quota: by key (a fingerprint, never the key), Pacific day and call.
CREATE TABLE quota_spent (
    key   TEXT NOT NULL,
    day   TEXT NOT NULL,
    call  TEXT NOT NULL,
    calls INTEGER NOT NULL,
    units INTEGER NOT NULL,
    PRIMARY KEY (key, day, call)
) STRICT, WITHOUT ROWID;

-- Keys that the API does not want to see for a while.
CREATE TABLE quota_rests (
    key   TEXT PRIMARY KEY,
    until INTEGER NOT NULL,
    cause TEXT NOT NULL,
    why   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What providers told, until it is too old. Without data: it is known not to be there, or only the ETag counts.
CREATE TABLE metadata_cache (
    kind    TEXT NOT NULL,
    name    TEXT NOT NULL,
    data    TEXT,
    etag    TEXT,
    expires INTEGER NOT NULL,
    used    INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX metadata_cache_used ON metadata_cache (used);

-- Summed here because reading all of it for its size is not free.
CREATE TABLE metadata_cache_size (bytes INTEGER NOT NULL) STRICT;
INSERT INTO metadata_cache_size VALUES (0);
CREATE TRIGGER metadata_cache_gained AFTER INSERT ON metadata_cache
BEGIN UPDATE metadata_cache_size SET bytes = bytes + NEW.size; END;
CREATE TRIGGER metadata_cache_lost AFTER DELETE ON metadata_cache
BEGIN UPDATE metadata_cache_size SET bytes = bytes - OLD.size; END;
CREATE TRIGGER metadata_cache_replaced AFTER UPDATE OF size ON metadata_cache
BEGIN UPDATE metadata_cache_size SET bytes = bytes - OLD.size + NEW.size; END;
