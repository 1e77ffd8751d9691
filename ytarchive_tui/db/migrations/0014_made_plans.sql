-- Recovery plans that a person made from a choice of failed jobs; the jobs are those of that moment.
CREATE TABLE made_plans (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    at    INTEGER NOT NULL,
    title TEXT NOT NULL
) STRICT;

CREATE TABLE made_plan_jobs (
    plan   INTEGER NOT NULL REFERENCES made_plans (id),
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    PRIMARY KEY (plan, job_id)
) STRICT, WITHOUT ROWID;
