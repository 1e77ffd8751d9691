-- Sources that stay in step: what was found where, what vanished since when, and when to look again.

ALTER TABLE sources ADD COLUMN rule TEXT; -- which entries are wanted; NULL: all
ALTER TABLE sources ADD COLUMN queue_order TEXT NOT NULL DEFAULT 'newest';
ALTER TABLE sources ADD COLUMN most INTEGER; -- entries to keep, the first ones in that order
ALTER TABLE sources ADD COLUMN list_url TEXT; -- the list that was found to hold the entries
ALTER TABLE sources ADD COLUMN told INTEGER; -- how many entries the list last said it has
ALTER TABLE sources ADD COLUMN uncounted INTEGER; -- how many more than it named when last read to its end
ALTER TABLE sources ADD COLUMN result TEXT; -- of the newest listing, as the journal has it
ALTER TABLE sources ADD COLUMN doubted INTEGER NOT NULL DEFAULT 0; -- a delta could not explain what it saw

ALTER TABLE jobs ADD COLUMN scan TEXT NOT NULL DEFAULT 'full'
    CHECK (scan IN ('full', 'feed', 'delta', 'believe'));
CREATE INDEX jobs_for_archive ON jobs (source_id) WHERE kind = 'source' AND listing = 'archive';

ALTER TABLE items ADD COLUMN thumbnail TEXT;

-- Its place in the last listing that came to its end; NULL: none of these has named it.
ALTER TABLE source_items ADD COLUMN listed_place INTEGER;
UPDATE source_items SET listed_place = position;
-- The first of the sightings without it; it counts as gone after a second one, a day later.
ALTER TABLE source_items ADD COLUMN missing_at INTEGER;
ALTER TABLE source_items ADD COLUMN gone_at INTEGER;
CREATE INDEX source_items_missing ON source_items (source_id) WHERE missing_at IS NOT NULL;

CREATE INDEX journal_of_source ON journal (source_id)
    WHERE kind IN ('source_listed', 'source_changed');

CREATE TABLE schedules (
    source_id  INTEGER PRIMARY KEY REFERENCES sources (id),
    data       TEXT NOT NULL,
    planned_at INTEGER NOT NULL, -- the occurrence that comes next
    made_at    INTEGER NOT NULL, -- when that was planned
    run_at     INTEGER NOT NULL, -- the occurrence with its jitter
    ran_at     INTEGER
) STRICT;
CREATE INDEX schedules_due ON schedules (run_at);
