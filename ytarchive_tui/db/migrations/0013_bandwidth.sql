-- What was downloaded each day of the local calendar, for the data caps.
CREATE TABLE bandwidth_days (
    day   TEXT PRIMARY KEY, -- 2026-11-30
    bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the engine allows at the moment, for whoever shows it: JSON of the domain's model.
CREATE TABLE bandwidth_now (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    data TEXT NOT NULL
) STRICT;
