-- How a site bears us: its breaker and its budget of requests, so that neither forgets at a restart.
-- `site` is `youtube`, or `network` for being offline; `account` is `guest` or the fingerprint of a login.
CREATE TABLE site_breakers (
    site    TEXT NOT NULL,
    account TEXT NOT NULL,
    until   INTEGER, -- open: when the next probe goes; derived from `data`, which JSON of the domain's models is
    data    TEXT NOT NULL,
    PRIMARY KEY (site, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE site_budgets (
    site    TEXT NOT NULL,
    account TEXT NOT NULL,
    data    TEXT NOT NULL,
    PRIMARY KEY (site, account)
) STRICT, WITHOUT ROWID;
