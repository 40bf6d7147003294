//! Table `imports`: how far an import has come, so that it can go on after a crash, a cancellation or a failure.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::error::Result;
use crate::model::PlatformId;

use super::columns::{json, to_json, word};

pub(super) const MIGRATIONS: &[&str] = &["
CREATE TABLE imports (
    platform TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    teams TEXT NOT NULL,
    team INTEGER NOT NULL,
    cursor TEXT,
    started_at TEXT NOT NULL,
    accounts INTEGER NOT NULL DEFAULT 0,
    new INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0
) STRICT;
"];

/// How far an import is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportState {
    /// Counts the platform's imports; an account seen in it carries it.
    pub generation: i64,
    /// The teams it goes through; empty means everyone.
    pub teams: Vec<String>,
    /// Which of the teams comes next.
    pub team: usize,
    /// The page that comes next.
    pub cursor: Option<String>,
    /// Since when.
    pub started_at: Timestamp,
    /// Humans' accounts seen.
    pub accounts: u64,
    /// Of them never heard of before.
    pub new: u64,
    /// Of them changed.
    pub changed: u64,
    /// Whether it came to its end.
    pub done: bool,
}

/// The last import of a platform.
pub fn get(connection: &Connection, platform: PlatformId) -> Result<Option<ImportState>> {
    Ok(connection
        .prepare_cached(
            "SELECT generation, teams, team, cursor, started_at, accounts, new, changed, done FROM imports WHERE platform = ?1",
        )?
        .query_row([platform.as_str()], |row| {
            Ok(ImportState {
                generation: row.get(0)?,
                teams: json(row, 1)?,
                team: row.get::<_, u32>(2)? as usize,
                cursor: row.get(3)?,
                started_at: word(row, 4)?,
                accounts: row.get::<_, u32>(5)?.into(),
                new: row.get::<_, u32>(6)?.into(),
                changed: row.get::<_, u32>(7)?.into(),
                done: row.get(8)?,
            })
        })
        .optional()?)
}

/// Stores how far it is.
pub(crate) fn put(transaction: &Transaction<'_>, platform: PlatformId, state: &ImportState) -> Result<()> {
    transaction.prepare_cached("INSERT OR REPLACE INTO imports VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?.execute(params![
        platform.as_str(),
        state.generation,
        to_json(&state.teams)?,
        state.team as i64,
        state.cursor,
        state.started_at.to_string(),
        state.accounts as i64,
        state.new as i64,
        state.changed as i64,
        state.done
    ])?;
    Ok(())
}

/// How many accounts the imports of a platform (or of all) have seen that are under way or began since.
pub(crate) fn seen_since(connection: &Connection, platform: Option<PlatformId>, since: Timestamp) -> Result<u64> {
    let seen: i64 = connection
        .prepare_cached(
            "SELECT ifnull(sum(accounts), 0) FROM imports WHERE (?1 IS NULL OR platform = ?1)
             AND (done = 0 OR unixepoch(started_at, 'subsec') >= unixepoch(?2, 'subsec'))",
        )?
        .query_row(params![platform.as_ref().map(PlatformId::as_str), since.to_string()], |row| row.get(0))?;
    Ok(seen.unsigned_abs())
}
