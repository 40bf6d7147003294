//! What stop limits hold until the admin approves: the bit `UNAPPROVED` of steps, resets and undoings, and `runs.limits`, which tells
//! what was held when the run was confirmed.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use crate::error::Result;
use crate::model::{Held, RunId, SyncId};

use super::columns::to_json;
use super::steps::UNAPPROVED;
use super::undos;

/// The detail of a sync that waits for approval.
pub(crate) const WAITING: &str = "waiting_for_approval";

/// Writes down what stop limits hold of a run.
pub(crate) fn note(transaction: &Transaction<'_>, run: RunId, held: &[Held]) -> Result<()> {
    transaction.prepare_cached("UPDATE runs SET limits = ? WHERE id = ?")?.execute(params![to_json(&held)?, run.0])?;
    Ok(())
}

/// Lets the first step of a sync wait for approval, or no longer.
pub(crate) fn set(transaction: &Transaction<'_>, sync: SyncId, waits: bool, now: Timestamp) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE steps SET held = iif(?3, held | ?2, held & ~?2)
             WHERE sync = ?1 AND kind IN ('represent', 'prompt') AND state IN ('todo', 'sending')",
        )?
        .execute(params![sync.0, UNAPPROVED, waits])?;
    transaction
        .prepare_cached(
            "UPDATE syncs SET detail = ?2, updated_at = ?3 WHERE id = ?1 AND status = 'pending' AND detail IS NOT 'cancelling'",
        )?
        .execute(params![sync.0, if waits { WAITING } else { "queued" }, now.to_string()])?;
    Ok(())
}

/// How many people of a run wait for approval.
pub(crate) fn waiting(connection: &Connection, run: RunId) -> Result<u64> {
    let mut statement = connection.prepare_cached(
        "SELECT (SELECT count(*) FROM syncs JOIN steps ON steps.sync = syncs.id WHERE syncs.run = ?1 AND steps.held & ?2)
         + (SELECT count(*) FROM resets WHERE run = ?1 AND held & ?2) + (SELECT count(*) FROM syncs WHERE undo_run = ?1 AND undo_held & ?2)",
    )?;
    Ok(statement.query_row([run.0, UNAPPROVED], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// Approves what stop limits hold of a run; gives how many people go on.
pub(crate) fn free(transaction: &Transaction<'_>, run: RunId, now: Timestamp) -> Result<u64> {
    transaction
        .prepare_cached("UPDATE syncs SET detail = 'queued', updated_at = ?3 WHERE run = ?1 AND status = 'pending' AND detail = ?2")?
        .execute(params![run.0, WAITING, now.to_string()])?;
    let steps = transaction
        .prepare_cached("UPDATE steps SET held = held & ~?2 WHERE held & ?2 AND sync IN (SELECT id FROM syncs WHERE run = ?1)")?
        .execute([run.0, UNAPPROVED])?;
    Ok(steps as u64 + undos::free(transaction, Some(run), UNAPPROVED)?)
}
