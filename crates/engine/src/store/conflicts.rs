//! Table `conflicts`: accounts that share addresses in a way that only the admin can decide. A conflict has the number of its oldest account.

pub(super) const MIGRATIONS: &[&str] = &["
CREATE TABLE conflicts (
    account INTEGER PRIMARY KEY REFERENCES accounts (row),
    conflict INTEGER NOT NULL
) STRICT;
CREATE INDEX conflicts_by_number ON conflicts (conflict, account);
"];
