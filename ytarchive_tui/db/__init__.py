"""The database: the one place where sources, items, jobs and the journal are kept."""
