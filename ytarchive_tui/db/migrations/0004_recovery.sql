-- What was done about recovery plans. The jobs' own history is in the journal: a step names its entries.
CREATE TABLE recovery_steps (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    plan        TEXT NOT NULL,
    title       TEXT NOT NULL,
    fix         TEXT NOT NULL,
    jobs        INTEGER NOT NULL,
    after_entry INTEGER NOT NULL, -- its journal entries are younger than this one,
    upto_entry  INTEGER NOT NULL, -- up to and with this one
    undone_at   INTEGER
) STRICT;
CREATE INDEX recovery_steps_of_plan ON recovery_steps (plan, id);

-- Plans that nobody wants to see now; without `until`: until something new fails.
CREATE TABLE plans_set_aside (
    plan  TEXT PRIMARY KEY,
    at    INTEGER NOT NULL,
    until INTEGER
) STRICT, WITHOUT ROWID;
