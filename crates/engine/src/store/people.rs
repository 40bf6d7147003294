//! Table `people`: one row per human, and `members`: which account is whose.
//!
//! Name, address, primary and `offered` are derived from the accounts and stored, so that a list of 100,000 is sorted,
//! filtered and counted from an index. `people::settle` is the only one who derives them.

pub(super) const MIGRATIONS: &[&str] = &["
CREATE TABLE people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    email TEXT,
    sort_name TEXT NOT NULL,
    offered INTEGER NOT NULL,
    listed INTEGER NOT NULL,
    primary_platform TEXT,
    chosen_primary TEXT
) STRICT;
CREATE INDEX people_by_name ON people (sort_name, id) WHERE listed;
CREATE INDEX people_by_primary ON people (primary_platform) WHERE offered;

CREATE TABLE members (
    account INTEGER PRIMARY KEY REFERENCES accounts (row),
    person INTEGER NOT NULL REFERENCES people (id)
) STRICT;
CREATE INDEX members_by_person ON members (person, account);

CREATE TABLE links (
    account INTEGER PRIMARY KEY REFERENCES accounts (row),
    person INTEGER REFERENCES people (id)
) STRICT;
CREATE INDEX links_by_person ON links (person);
"];
