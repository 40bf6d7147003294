//! Table `conflicts`: accounts that share addresses in a way that only the admin can decide. A conflict has the number of its oldest account.

use rusqlite::{Connection, Transaction};

use crate::error::Result;

pub(super) const MIGRATIONS: &[&str] = &["
CREATE TABLE conflicts (
    account INTEGER PRIMARY KEY REFERENCES accounts (row),
    conflict INTEGER NOT NULL
) STRICT;
CREATE INDEX conflicts_by_number ON conflicts (conflict, account);
"];

/// How many conflicts there are.
pub fn count(connection: &Connection) -> Result<u64> {
    let count: i64 = connection.prepare_cached("SELECT count(DISTINCT conflict) FROM conflicts")?.query_row([], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Stores the conflicts as (account, conflict), when they differ from what is stored.
pub(crate) fn replace(transaction: &Transaction<'_>, mut found: Vec<(i64, i64)>) -> Result<()> {
    found.sort_unstable();
    let mut statement = transaction.prepare_cached("SELECT account, conflict FROM conflicts ORDER BY account")?;
    let stored: Vec<(i64, i64)> = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    if stored == found {
        return Ok(());
    }
    transaction.execute("DELETE FROM conflicts", [])?;
    let mut insert = transaction.prepare_cached("INSERT INTO conflicts (account, conflict) VALUES (?1, ?2)")?;
    for (account, conflict) in found {
        insert.execute([account, conflict])?;
    }
    Ok(())
}
