//! What holds steps back: a pause, a stop limit, a platform that has signed the connection out. The same bits hold resets and undoings.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use crate::error::Result;
use crate::model::{PlatformId, RunId};

use super::PARKED;

/// Why a step is held, as bits of `held`; nought is free.
pub(crate) const PAUSED: i64 = 1;
/// A stop limit holds it until the admin approves.
pub(crate) const UNAPPROVED: i64 = 2;
/// Its platform has signed the connection out.
pub(crate) const SIGNED_OUT: i64 = 4;

/// The detail of what waits until a platform is signed in again.
pub(crate) const FOR_SIGN_IN: &str = "waiting_for_sign_in";

/// Holds the first steps of a run's syncs. What is being sent right now comes to its end.
pub(crate) fn hold(transaction: &Transaction<'_>, run: RunId, bit: i64) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE steps SET held = held | ?2 WHERE kind IN ('represent', 'prompt') AND state IN ('todo', 'sending') AND not_before < ?3
             AND sync IN (SELECT id FROM syncs WHERE run = ?1)",
        )?
        .execute([run.0, bit, PARKED])?;
    Ok(())
}

/// Holds one step.
pub(crate) fn hold_one(transaction: &Transaction<'_>, id: i64, bit: i64) -> Result<()> {
    transaction.prepare_cached("UPDATE steps SET held = held | ?2 WHERE id = ?1")?.execute([id, bit])?;
    Ok(())
}

/// Takes that bit away again.
pub(crate) fn free(transaction: &Transaction<'_>, run: RunId, bit: i64) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE steps SET held = held & ~?2 WHERE held > 0 AND held & ?2 AND sync IN (SELECT id FROM syncs WHERE run = ?1)",
        )?
        .execute([run.0, bit])?;
    Ok(())
}

/// Holds everything that needs a platform's connection until it is signed in again, and says so of every sync that is queued.
pub(crate) fn hold_for_sign_in(transaction: &Transaction<'_>, platform: PlatformId, now: Timestamp) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE steps SET held = held | ?2 WHERE state IN ('todo', 'sending') AND not_before < ?3 AND (platform = ?1 AND kind IN ('represent', 'prompt', 'tell')
             OR kind = 'prompt' AND sync IN (SELECT id FROM syncs WHERE platform = ?1))",
        )?
        .execute(params![platform.as_str(), SIGNED_OUT, PARKED])?;
    transaction
        .prepare_cached(
            "UPDATE syncs SET detail = ?2, updated_at = ?3 WHERE status = 'pending' AND detail IS NOT ?2
             AND id IN (SELECT sync FROM steps WHERE held = ?1 AND kind IN ('represent', 'prompt') AND state IN ('todo', 'sending'))",
        )?
        .execute(params![SIGNED_OUT, FOR_SIGN_IN, now.to_string()])?;
    Ok(())
}

/// Frees what no platform keeps any more: one was signed in again, or is gone.
pub(crate) fn free_signed_in(transaction: &Transaction<'_>, now: Timestamp) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE steps SET held = held & ~?1, not_before = CASE WHEN not_before < ?2 THEN 0 ELSE not_before END WHERE held > 0 AND held & ?1
             AND NOT EXISTS (SELECT 1 FROM facts WHERE name = 'signed_out/' || steps.platform)
             AND NOT (kind = 'prompt' AND EXISTS (SELECT 1 FROM syncs JOIN facts ON name = 'signed_out/' || syncs.platform WHERE syncs.id = steps.sync))",
        )?
        .execute(params![SIGNED_OUT, PARKED])?;
    transaction
        .prepare_cached(
            "UPDATE syncs SET detail = 'queued', updated_at = ?3 WHERE status = 'pending' AND detail = ?2
             AND NOT EXISTS (SELECT 1 FROM steps WHERE steps.sync = syncs.id AND held & ?1 AND state IN ('todo', 'sending'))",
        )?
        .execute(params![SIGNED_OUT, FOR_SIGN_IN, now.to_string()])?;
    Ok(())
}
