-- Of which archive (its uuid) the items have been taken in that lay there before this state file knew it.
ALTER TABLE archives ADD COLUMN taken_over TEXT;
