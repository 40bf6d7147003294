//! Table `conflicts`: accounts that share addresses in a way that only the admin can decide. A conflict has the number of its oldest account.

use rusqlite::{Connection, Transaction};

use crate::error::Result;

pub(super) const MIGRATIONS: &[&str] = &["
CREATE TABLE conflicts (
    account INTEGER PRIMARY KEY REFERENCES accounts (row),
    conflict INTEGER NOT NULL,
    person INTEGER NOT NULL
) STRICT;
CREATE INDEX conflicts_by_number ON conflicts (conflict, account);
"];

/// How many conflicts there are.
pub fn count(connection: &Connection) -> Result<u64> {
    let count: i64 = connection.prepare_cached("SELECT count(DISTINCT conflict) FROM conflicts")?.query_row([], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// The accounts in a conflict; empty when there is none of this number.
pub(crate) fn accounts(connection: &Connection, conflict: i64) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached("SELECT account FROM conflicts WHERE conflict = ?1 ORDER BY account")?;
    Ok(statement.query_map([conflict], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// An account in a conflict, and the person it stands for alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Disputed {
    pub(crate) account: i64,
    pub(crate) conflict: i64,
    pub(crate) person: i64,
}

/// Stores the conflicts, when they differ from what is stored.
pub(crate) fn replace(transaction: &Transaction<'_>, mut found: Vec<Disputed>) -> Result<()> {
    found.sort_unstable();
    let mut statement = transaction.prepare_cached("SELECT account, conflict, person FROM conflicts ORDER BY account")?;
    let stored: Vec<Disputed> = statement
        .query_map([], |row| Ok(Disputed { account: row.get(0)?, conflict: row.get(1)?, person: row.get(2)? }))?
        .collect::<rusqlite::Result<_>>()?;
    if stored == found {
        return Ok(());
    }
    transaction.execute("DELETE FROM conflicts", [])?;
    let mut insert = transaction.prepare_cached("INSERT INTO conflicts (account, conflict, person) VALUES (?1, ?2, ?3)")?;
    for one in found {
        insert.execute([one.account, one.conflict, one.person])?;
    }
    Ok(())
}
