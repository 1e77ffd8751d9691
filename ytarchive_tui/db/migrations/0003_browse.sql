-- Looking at a list without archiving it: why it is listed, what lies below it, and what has left it.

ALTER TABLE jobs ADD COLUMN listing TEXT NOT NULL DEFAULT 'archive' CHECK (listing IN ('archive', 'browse'));

-- When the newest listing that came to its end began: an entry last seen before that is no longer in the list.
ALTER TABLE sources ADD COLUMN listed_from INTEGER;

-- The tabs of a channel, the playlists of a tab.
CREATE TABLE source_children (
    parent_id INTEGER NOT NULL REFERENCES sources (id),
    child_id  INTEGER NOT NULL REFERENCES sources (id),
    position  INTEGER NOT NULL,
    entries   INTEGER, -- as its parent tells it
    PRIMARY KEY (parent_id, child_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_children_child ON source_children (child_id);
CREATE INDEX source_items_place ON source_items (source_id, position, item_id);
