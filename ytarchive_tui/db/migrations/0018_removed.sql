-- Jobs that have ended and that a person took off the list. Such a job is superseded as well, which takes it out of
-- every list and count; what comes later still finds it: its address added again, a list that names its item, the
-- run that it belongs to.
ALTER TABLE jobs ADD COLUMN removed INTEGER NOT NULL DEFAULT 0 CHECK (removed = 0 OR superseded = 1);
CREATE UNIQUE INDEX jobs_removed_item ON jobs (item_id, archive_id) WHERE kind = 'item' AND removed = 1;
CREATE UNIQUE INDEX jobs_removed_source ON jobs (source_id) WHERE kind = 'source' AND removed = 1;

-- It counts no more once another job is there for the same.
CREATE TRIGGER removed_item_followed AFTER INSERT ON jobs WHEN NEW.kind = 'item' AND NEW.superseded = 0
BEGIN
    UPDATE jobs SET removed = 0
    WHERE kind = 'item' AND removed = 1 AND item_id = NEW.item_id AND archive_id = NEW.archive_id;
END;
CREATE TRIGGER removed_source_followed AFTER INSERT ON jobs WHEN NEW.kind = 'source' AND NEW.superseded = 0
BEGIN
    UPDATE jobs SET removed = 0 WHERE kind = 'source' AND removed = 1 AND source_id = NEW.source_id;
END;
