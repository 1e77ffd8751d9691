-- Moments are INTEGER microseconds since 1970, UTC. Flags are 0 or 1. JSON is what the domain's models write.

CREATE TABLE archives (
    id   INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    uuid TEXT -- of the archive that lay there when something was last stored
) STRICT;

-- A profile is the same for a whole list of items, so jobs point at it.
CREATE TABLE options (
    id   INTEGER PRIMARY KEY,
    data TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE sources (
    id           INTEGER PRIMARY KEY,
    url          TEXT NOT NULL,
    address      TEXT NOT NULL,
    archive_id   INTEGER NOT NULL REFERENCES archives (id),
    kind         TEXT NOT NULL,
    title        TEXT,
    options_id   INTEGER NOT NULL REFERENCES options (id),
    created_at   INTEGER NOT NULL,
    refreshed_at INTEGER,
    UNIQUE (address, archive_id)
) STRICT;

CREATE TABLE items (
    id                INTEGER PRIMARY KEY,
    extractor         TEXT NOT NULL,
    video_id          TEXT NOT NULL,
    url               TEXT NOT NULL,
    title             TEXT,
    channel           TEXT,
    duration_s        REAL,
    wanted            INTEGER NOT NULL DEFAULT 1,
    archived_at       INTEGER,
    at_source         TEXT NOT NULL DEFAULT 'unknown',
    at_source_seen_at INTEGER,
    created_at        INTEGER NOT NULL,
    UNIQUE (extractor, video_id)
) STRICT;

-- What a provider told of an item, without the offered formats: they are large and stale within hours.
CREATE TABLE metadata (
    item_id         INTEGER PRIMARY KEY REFERENCES items (id),
    provider        TEXT NOT NULL,
    seen_at         INTEGER NOT NULL,
    offered_height  INTEGER,
    selected_height INTEGER,
    selected_bytes  INTEGER,
    data            TEXT NOT NULL
) STRICT;

CREATE TABLE source_items (
    source_id INTEGER NOT NULL REFERENCES sources (id),
    item_id   INTEGER NOT NULL REFERENCES items (id),
    position  INTEGER NOT NULL,
    seen_at   INTEGER NOT NULL,
    PRIMARY KEY (source_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_items_item ON source_items (item_id);

-- A job's id names its staging folder, so an id is never given twice.
CREATE TABLE jobs (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    kind             TEXT NOT NULL CHECK (kind IN ('source', 'item')),
    item_id          INTEGER REFERENCES items (id),
    source_id        INTEGER REFERENCES sources (id),
    archive_id       INTEGER NOT NULL REFERENCES archives (id),
    options_id       INTEGER NOT NULL REFERENCES options (id),
    stage            TEXT NOT NULL CHECK (stage IN ('metadata', 'download', 'storage')),
    status           TEXT NOT NULL,
    priority         INTEGER NOT NULL DEFAULT 0,
    position         INTEGER NOT NULL,
    run_after        INTEGER,
    attempt          INTEGER NOT NULL DEFAULT 0,
    fence            INTEGER NOT NULL DEFAULT 0,
    owner            TEXT,
    lease_until      INTEGER,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    pause_requested  INTEGER NOT NULL DEFAULT 0,
    failure_class    TEXT,
    failed_stage     TEXT,
    repeated         INTEGER NOT NULL DEFAULT 0,
    reason           TEXT,
    superseded       INTEGER NOT NULL DEFAULT 0,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    CHECK (status IN ('queued', 'running', 'waiting', 'blocked', 'paused', 'done', 'failed', 'cancelled')),
    CHECK ((kind = 'item') = (item_id IS NOT NULL)),
    CHECK (kind = 'item' OR source_id IS NOT NULL),
    CHECK (status <> 'waiting' OR run_after IS NOT NULL),
    CHECK ((status = 'running') = (owner IS NOT NULL AND lease_until IS NOT NULL)),
    CHECK (superseded = 0 OR status IN ('done', 'failed', 'cancelled'))
) STRICT;

-- One current job per item and archive, and per source; with the last CHECK above: at most one active one.
CREATE UNIQUE INDEX jobs_of_item ON jobs (item_id, archive_id) WHERE kind = 'item' AND superseded = 0;
CREATE UNIQUE INDEX jobs_of_source ON jobs (source_id) WHERE kind = 'source' AND superseded = 0;
CREATE INDEX jobs_claimable ON jobs (stage, kind, priority DESC, position) WHERE status = 'queued';
CREATE INDEX jobs_due ON jobs (run_after) WHERE status = 'waiting';
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE status = 'running';
CREATE INDEX jobs_in_order ON jobs (priority DESC, position)
    WHERE status NOT IN ('done', 'failed', 'cancelled');
CREATE INDEX jobs_position ON jobs (position);
CREATE INDEX jobs_in_trouble ON jobs (failure_class, status) WHERE failure_class IS NOT NULL;
CREATE INDEX jobs_failed ON jobs (id) WHERE status = 'failed' AND superseded = 0;

-- What the download stage left for the storage stage; gone when the job is done or its staging is.
CREATE TABLE staged (
    job_id INTEGER PRIMARY KEY REFERENCES jobs (id),
    data   TEXT NOT NULL
) STRICT;

CREATE TABLE attempts (
    job_id        INTEGER NOT NULL REFERENCES jobs (id),
    fence         INTEGER NOT NULL,
    stage         TEXT NOT NULL,
    n             INTEGER NOT NULL,
    owner         TEXT NOT NULL,
    started_at    INTEGER NOT NULL,
    ended_at      INTEGER,
    outcome       TEXT CHECK (outcome IN ('succeeded', 'failed', 'released', 'interrupted', 'cancelled')),
    failure_class TEXT,
    message       TEXT,
    evidence      TEXT,
    PRIMARY KEY (job_id, fence),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE copies (
    id              INTEGER PRIMARY KEY,
    item_id         INTEGER NOT NULL REFERENCES items (id),
    archive_id      INTEGER NOT NULL REFERENCES archives (id),
    folder          TEXT NOT NULL,
    quality         TEXT NOT NULL,
    offered_height  INTEGER,
    obtained_height INTEGER,
    size            INTEGER NOT NULL,
    archived_at     INTEGER NOT NULL,
    manifest        TEXT NOT NULL,
    UNIQUE (item_id, archive_id)
) STRICT;

CREATE TABLE files (
    copy_id  INTEGER NOT NULL REFERENCES copies (id) ON DELETE CASCADE,
    name     TEXT NOT NULL,
    role     TEXT NOT NULL,
    language TEXT,
    auto     INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    sha256   TEXT NOT NULL,
    PRIMARY KEY (copy_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    job_id    INTEGER,
    item_id   INTEGER,
    source_id INTEGER,
    data      TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX journal_of_job ON journal (job_id) WHERE job_id IS NOT NULL;

CREATE TRIGGER journal_is_not_rewritten BEFORE UPDATE ON journal
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_not_shortened BEFORE DELETE ON journal
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;

-- How many current jobs stand where: count(*) over a million rows is not free.
CREATE TABLE counters (
    kind   TEXT NOT NULL,
    stage  TEXT NOT NULL,
    status TEXT NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (kind, stage, status)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER jobs_counted AFTER INSERT ON jobs WHEN NEW.superseded = 0
BEGIN
    INSERT INTO counters VALUES (NEW.kind, NEW.stage, NEW.status, 1)
        ON CONFLICT (kind, stage, status) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER jobs_recounted AFTER UPDATE OF stage, status, superseded ON jobs
WHEN OLD.stage <> NEW.stage OR OLD.status <> NEW.status OR OLD.superseded <> NEW.superseded
BEGIN
    UPDATE counters SET n = n - 1
        WHERE OLD.superseded = 0 AND kind = OLD.kind AND stage = OLD.stage AND status = OLD.status;
    INSERT INTO counters SELECT NEW.kind, NEW.stage, NEW.status, 1 WHERE NEW.superseded = 0
        ON CONFLICT (kind, stage, status) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER jobs_uncounted AFTER DELETE ON jobs WHEN OLD.superseded = 0
BEGIN
    UPDATE counters SET n = n - 1 WHERE kind = OLD.kind AND stage = OLD.stage AND status = OLD.status;
END;
