-- The queue in any order and through any filter at a million jobs: what is seen first is read from an index.

CREATE INDEX items_title ON items (title COLLATE NOCASE);
CREATE INDEX items_channel ON items (channel COLLATE NOCASE);
CREATE INDEX jobs_changed ON jobs (updated_at) WHERE superseded = 0;
CREATE INDEX jobs_status ON jobs (status) WHERE superseded = 0;
CREATE INDEX jobs_ended ON jobs (id) WHERE status IN ('done', 'cancelled') AND superseded = 0;
DROP INDEX jobs_in_order;
CREATE INDEX jobs_in_order ON jobs (priority DESC, position, status)
    WHERE status NOT IN ('done', 'failed', 'cancelled');
CREATE INDEX copies_size ON copies (size, item_id, archive_id);
CREATE INDEX metadata_selected ON metadata (selected_bytes) WHERE selected_bytes IS NOT NULL;

-- Which items may have three characters in a row. What an item was called before stays in it: a filter
-- looks at the texts themselves afterwards.
CREATE VIRTUAL TABLE items_search USING fts5 (
    text, content = '', columnsize = 0, detail = none, tokenize = 'trigram'
);
-- Items that are not in it yet: to describe them in the transaction that brings them would cost more than the rest of it.
CREATE TABLE items_unsearched (item_id INTEGER PRIMARY KEY) STRICT;
INSERT INTO items_unsearched SELECT id FROM items;
CREATE TRIGGER items_came AFTER INSERT ON items
BEGIN
    INSERT INTO items_unsearched VALUES (NEW.id);
END;
CREATE TRIGGER items_renamed AFTER UPDATE OF title, channel ON items
WHEN NEW.title IS NOT OLD.title OR NEW.channel IS NOT OLD.channel
BEGIN
    -- Not «OR IGNORE», which the statement that renames would override by its own ON CONFLICT.
    INSERT INTO items_unsearched SELECT NEW.id
    WHERE NOT EXISTS (SELECT 1 FROM items_unsearched WHERE item_id = NEW.id);
END;
