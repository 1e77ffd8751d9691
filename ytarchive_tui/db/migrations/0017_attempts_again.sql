-- State files from before the migrations were numbered anew passed 0012 by.
CREATE INDEX IF NOT EXISTS attempts_failed ON attempts (failure_class, ended_at) WHERE failure_class IS NOT NULL;
