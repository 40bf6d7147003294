//! Which syncs are to be undone, beside the resets of whole people: columns `made_by`, `undo_run` and `undo_held` of `syncs`.
//!
//! A sync that an undo run is about stays as it is until its undoing begins; from then on its detail is `cancelling`, as that of a sync
//! which the admin withdrew alone. `undo_held` holds either back, with the bits of `steps.held`.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use crate::error::Result;
use crate::model::{PersonId, RunId, RunKind, SyncId};

use super::columns::to_json;
use super::runs;

/// What a run made and nobody is undoing.
const STANDING: &str = "FROM syncs WHERE made_by = ?1 AND undo_run IS NULL AND detail IS NOT 'cancelling'
     AND NOT EXISTS (SELECT 1 FROM resets WHERE resets.person = syncs.person)";

/// The syncs that a run made and that still stand, in the order in which they came to be.
pub(crate) fn standing(connection: &Connection, run: RunId) -> Result<Vec<SyncId>> {
    let mut statement = connection.prepare_cached(&format!("SELECT id {STANDING} ORDER BY id"))?;
    Ok(statement.query_map([run.0], |row| Ok(SyncId(row.get(0)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// How many they are.
pub(crate) fn count_standing(connection: &Connection, run: RunId) -> Result<u64> {
    let mut statement = connection.prepare_cached(&format!("SELECT count(*) {STANDING}"))?;
    Ok(statement.query_row([run.0], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// How many of the syncs that a run brought into being do not stand any more: removed, being undone, or made anew by a later run.
pub(crate) fn gone(connection: &Connection, run: RunId) -> Result<u64> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT count(*) FROM (SELECT DISTINCT person, platform FROM history WHERE run = ?1 AND kind = 'sync' AND detail = 'queued') AS queued
         WHERE NOT EXISTS (SELECT 1 FROM syncs WHERE syncs.person = queued.person AND syncs.platform = queued.platform
             AND (made_by < ?1 OR id IN (SELECT id {STANDING})))"
    ))?;
    Ok(statement.query_row([run.0], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// Begins a run that undoes so many syncs of another one.
pub(crate) fn begin_run(transaction: &Transaction<'_>, undoes: RunId, total: u64, now: Timestamp) -> Result<RunId> {
    let platform = runs::get(transaction, undoes)?.and_then(|view| view.platform);
    let run = runs::begin(transaction, RunKind::Undo, platform, Some(total), now)?;
    transaction.prepare_cached("UPDATE runs SET undoes = ? WHERE id = ?")?.execute([undoes.0, run.0])?;
    Ok(run)
}

/// Makes these syncs part of an undo run; gives whose they are. One statement for all: many cost the more, the more the transaction
/// has changed before.
pub(crate) fn mark(transaction: &Transaction<'_>, ids: &[SyncId], undo: RunId, held: i64, now: Timestamp) -> Result<Vec<PersonId>> {
    let ids = to_json(&ids.iter().map(|id| id.0).collect::<Vec<_>>())?;
    let mut statement = transaction.prepare_cached(
        "UPDATE syncs SET undo_run = ?2, undo_held = ?3, run = ?2, updated_at = ?4 WHERE id IN (SELECT value FROM json_each(?1))
         RETURNING person",
    )?;
    let people = statement.query_map(params![ids, undo.0, held, now.to_string()], |row| Ok(PersonId(row.get(0)?)))?;
    Ok(people.collect::<rusqlite::Result<_>>()?)
}

/// The undoing of a sync begins; false when it was taken back or is held.
pub(crate) fn begin(transaction: &Transaction<'_>, id: SyncId, now: Timestamp) -> Result<bool> {
    let begun = transaction
        .prepare_cached(
            "UPDATE syncs SET status = 'pending', detail = 'cancelling', reason = NULL, run = ifnull(undo_run, run), updated_at = ?2
             WHERE id = ?1 AND undo_held = 0 AND (undo_run IS NOT NULL OR detail = 'cancelling')",
        )?
        .execute(params![id.0, now.to_string()])?;
    Ok(begun == 1)
}

/// What is to be undone and not held, and whether it is one of many: what the admin took back alone first; at most so many of either.
pub(crate) fn due(connection: &Connection, limit: u32) -> Result<Vec<(SyncId, bool)>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, 0 FROM (SELECT id FROM syncs WHERE detail = 'cancelling' AND undo_run IS NULL AND undo_held = 0 ORDER BY id LIMIT ?1)
         UNION ALL
         SELECT id, many FROM (SELECT syncs.id, runs.total > 10 AS many FROM syncs JOIN runs ON runs.id = undo_run
             WHERE undo_run IS NOT NULL AND undo_held = 0 ORDER BY undo_run, syncs.id LIMIT ?1)",
    )?;
    let found = statement.query_map([limit], |row| Ok((SyncId(row.get(0)?), row.get(1)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// How many syncs of an undo run still stand.
pub(crate) fn of_run(connection: &Connection, run: RunId) -> Result<u64> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM syncs WHERE undo_run = ?")?;
    Ok(statement.query_row([run.0], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// Takes those back whose undoing has not begun: they stay as they are. Gives whose they are.
pub(crate) fn take_back(transaction: &Transaction<'_>, run: RunId) -> Result<Vec<PersonId>> {
    let mut statement = transaction.prepare_cached(
        "UPDATE syncs SET undo_run = NULL, undo_held = 0 WHERE undo_run = ? AND detail IS NOT 'cancelling' RETURNING person",
    )?;
    Ok(statement.query_map([run.0], |row| Ok(PersonId(row.get(0)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// Holds everything that a run still has to undo, resets and syncs alike: `bit` is one of `steps::{PAUSED, UNAPPROVED, SIGNED_OUT}`. What
/// is being undone right now comes to its end.
pub(crate) fn hold(transaction: &Transaction<'_>, run: RunId, bit: i64) -> Result<()> {
    for sql in ["UPDATE syncs SET undo_held = undo_held | ?2 WHERE undo_run = ?1", "UPDATE resets SET held = held | ?2 WHERE run = ?1"] {
        transaction.prepare_cached(sql)?.execute([run.0, bit])?;
    }
    Ok(())
}

/// Takes that bit away again, of a run or (`None`) of everything; gives of how many. Wake whoever works afterwards.
///
/// After a platform is signed in again, or disconnected: `free(transaction, None, SIGNED_OUT)`. What another platform still keeps from
/// going on is held anew when it is tried, without a request.
pub(crate) fn free(transaction: &Transaction<'_>, run: Option<RunId>, bit: i64) -> Result<u64> {
    let mut freed = 0;
    for sql in [
        "UPDATE syncs SET undo_held = undo_held & ~?2 WHERE undo_held & ?2 AND (?1 IS NULL OR undo_run = ?1)",
        "UPDATE resets SET held = held & ~?2 WHERE held & ?2 AND (?1 IS NULL OR run = ?1)",
    ] {
        freed += transaction.prepare_cached(sql)?.execute(params![run.map(|run| run.0), bit])?;
    }
    Ok(freed as u64)
}

/// The admin takes one sync back, whatever held its undoing.
pub(crate) fn withdraw(transaction: &Transaction<'_>, id: SyncId, now: Timestamp) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE syncs SET status = 'pending', detail = 'cancelling', reason = NULL, undo_held = 0, updated_at = ?2 WHERE id = ?1",
        )?
        .execute(params![id.0, now.to_string()])?;
    Ok(())
}

/// Holds the undoing of one sync.
pub(crate) fn hold_sync(transaction: &Transaction<'_>, id: SyncId, bit: i64) -> Result<()> {
    transaction.prepare_cached("UPDATE syncs SET undo_held = undo_held | ?2 WHERE id = ?1")?.execute([id.0, bit])?;
    Ok(())
}

/// Adds to what an undo run or a reset's run has undone and left, exactly once with what it tells.
pub(crate) fn count(transaction: &Transaction<'_>, run: RunId, undone: usize, left: usize) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE runs SET counts = json_set(counts, '$.undone', ifnull(counts ->> 'undone', 0) + ?2, '$.left', ifnull(counts ->> 'left', 0) + ?3)
             WHERE id = ?1",
        )?
        .execute(params![run.0, undone as i64, left as i64])?;
    Ok(())
}
