//! Runs: one row for each long operation, so that people see what was done, and when.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};
use serde::Serialize;
use serde_json::Value;

use crate::error::Result;
use crate::model::{PlatformId, RunId};

use super::columns::{maybe_json, maybe_word, word};

/// The table.
pub(super) const MIGRATIONS: &[&str] = &["
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        platform TEXT,
        state TEXT NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        result TEXT
    ) STRICT;
"];

/// One long operation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunView {
    /// Id.
    pub id: RunId,
    /// `import`, `sync` or `reset`.
    pub kind: String,
    /// Where, when it was one platform.
    pub platform: Option<PlatformId>,
    /// `running`, `done`, `failed` or `interrupted`.
    pub state: String,
    /// Since when.
    pub started_at: Timestamp,
    /// Until when.
    pub ended_at: Option<Timestamp>,
    /// Counts, or the error.
    pub result: Option<Value>,
}

/// Begins a run.
pub(crate) fn begin(transaction: &Transaction<'_>, kind: &str, platform: Option<PlatformId>, now: Timestamp) -> Result<RunId> {
    transaction.prepare_cached("INSERT INTO runs (kind, platform, state, started_at) VALUES (?, ?, 'running', ?)")?.execute(params![
        kind,
        platform.as_ref().map(PlatformId::as_str),
        now.to_string()
    ])?;
    Ok(RunId(transaction.last_insert_rowid()))
}

/// Ends a run.
pub(crate) fn end(transaction: &Transaction<'_>, run: RunId, state: &str, result: &Value, now: Timestamp) -> Result<()> {
    transaction.prepare_cached("UPDATE runs SET state = ?, ended_at = ?, result = ? WHERE id = ?")?.execute(params![
        state,
        now.to_string(),
        result.to_string(),
        run.0
    ])?;
    Ok(())
}

/// What a crash left running is called interrupted; its work goes on all the same.
pub(crate) fn interrupt(transaction: &Transaction<'_>) -> Result<()> {
    transaction.execute("UPDATE runs SET state = 'interrupted' WHERE state = 'running'", [])?;
    Ok(())
}

/// The newest runs, newest first.
pub(crate) fn newest(connection: &Connection, limit: u32) -> Result<Vec<RunView>> {
    let mut statement =
        connection.prepare_cached("SELECT id, kind, platform, state, started_at, ended_at, result FROM runs ORDER BY id DESC LIMIT ?")?;
    let mut rows = statement.query([limit])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(RunView {
            id: RunId(row.get(0)?),
            kind: row.get(1)?,
            platform: maybe_word(row, 2)?,
            state: row.get(3)?,
            started_at: word(row, 4)?,
            ended_at: maybe_word(row, 5)?,
            result: maybe_json(row, 6)?,
        });
    }
    Ok(runs)
}
