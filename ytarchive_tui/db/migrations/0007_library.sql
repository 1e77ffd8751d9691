-- Folders of an archive that no copy names any more, until their files are gone as well: what was deleted, and
-- what a newer copy has replaced. The manifest proves that a folder is still the one that was meant.
CREATE TABLE leftovers (
    id         INTEGER PRIMARY KEY,
    archive_id INTEGER NOT NULL REFERENCES archives (id),
    folder     TEXT NOT NULL,
    manifest   TEXT NOT NULL,
    since      INTEGER NOT NULL
) STRICT;
