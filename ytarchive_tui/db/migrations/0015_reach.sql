-- How the site is reached from now on, where a person wished it otherwise than the settings say: one row.
CREATE TABLE reach (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    data TEXT NOT NULL -- JSON of the domain's model
) STRICT;
