-- How tries ended lately, by class: what the adaptive strategy learns from.
CREATE INDEX attempts_failed ON attempts (failure_class, ended_at) WHERE failure_class IS NOT NULL;
