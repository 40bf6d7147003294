//! Table `slot_ends`: when the sign-in of a connection's token ends if nobody uses it, so that it is known right after a start.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use crate::error::Result;
use crate::model::PlatformId;

use super::columns::word;

/// The table.
pub(super) const MIGRATIONS: &[&str] = &["
    CREATE TABLE slot_ends (
        platform TEXT NOT NULL,
        slot TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (platform, slot)
    ) STRICT, WITHOUT ROWID;
"];

/// Remembers it; `None`: it does not end, or nobody says.
pub(crate) fn set(transaction: &Transaction<'_>, platform: PlatformId, slot: &str, at: Option<Timestamp>) -> Result<()> {
    match at {
        Some(at) => transaction
            .prepare_cached("INSERT OR REPLACE INTO slot_ends (platform, slot, at) VALUES (?, ?, ?)")?
            .execute(params![platform.as_str(), slot, at.to_string()])?,
        None => transaction
            .prepare_cached("DELETE FROM slot_ends WHERE platform = ? AND slot = ?")?
            .execute(params![platform.as_str(), slot])?,
    };
    Ok(())
}

/// Forgets a platform.
pub(crate) fn forget(transaction: &Transaction<'_>, platform: PlatformId) -> Result<()> {
    transaction.prepare_cached("DELETE FROM slot_ends WHERE platform = ?")?.execute([platform.as_str()])?;
    Ok(())
}

/// All of them.
pub(crate) fn all(connection: &Connection) -> Result<Vec<(PlatformId, String, Timestamp)>> {
    let mut statement = connection.prepare_cached("SELECT platform, slot, at FROM slot_ends")?;
    Ok(statement.query_map([], |row| Ok((word(row, 0)?, row.get(1)?, word(row, 2)?)))?.collect::<rusqlite::Result<_>>()?)
}
