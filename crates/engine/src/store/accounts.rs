//! Table `accounts`: every account ever imported, by (platform, id); with the addresses and words under which it is found.

pub(super) const MIGRATIONS: &[&str] = &["
CREATE TABLE accounts (
    row INTEGER PRIMARY KEY,
    platform TEXT NOT NULL,
    kind TEXT NOT NULL,
    active INTEGER NOT NULL,
    gone INTEGER NOT NULL DEFAULT 0,
    seen INTEGER NOT NULL,
    verified INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    aliases TEXT,
    avatar TEXT,
    licensed INTEGER,
    attributes TEXT,
    UNIQUE (platform, id)
) STRICT;

CREATE TABLE addresses (
    address TEXT NOT NULL,
    account INTEGER NOT NULL REFERENCES accounts (row),
    verified INTEGER NOT NULL,
    PRIMARY KEY (address, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE changed_accounts (account INTEGER PRIMARY KEY REFERENCES accounts (row)) STRICT;

CREATE VIRTUAL TABLE account_words USING fts5 (
    words, content = '', contentless_delete = 1, detail = none, prefix = '1 2 3', tokenize = \"unicode61 remove_diacritics 2\"
);
"];
