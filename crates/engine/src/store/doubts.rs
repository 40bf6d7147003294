//! What was perhaps sent, and what failed: questions over `steps` and `syncs` for looking again, sending anew and trying again.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use crate::error::Result;
use crate::model::SyncId;

/// Whether something of a sync was perhaps sent.
pub(crate) fn is_in_doubt(connection: &Connection, sync: SyncId) -> Result<bool> {
    Ok(connection.prepare_cached("SELECT 1 FROM steps WHERE sync = ? AND state = 'sending'")?.exists([sync.0])?)
}

/// Lets everything of a sync go on that waits until somebody tries again.
pub(crate) fn take_up(transaction: &Transaction<'_>, sync: SyncId, priority: i64) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE steps SET not_before = 0, priority = min(priority, ?) WHERE sync = ? AND state IN ('todo', 'sending', 'waiting')",
        )?
        .execute(params![priority, sync.0])?;
    Ok(())
}

/// Makes a step that was perhaps sent one that nothing was sent of, with another key: somebody has looked, and it did not happen.
pub(crate) fn anew(transaction: &Transaction<'_>, step: i64, key: &str, payload: Option<&str>, now: Timestamp) -> Result<()> {
    transaction
        .prepare_cached("UPDATE steps SET state = 'todo', key = ?, payload = ?, attempt = 0, updated_at = ? WHERE id = ?")?
        .execute(params![key, payload, now.to_string(), step])?;
    Ok(())
}
