//! Runs: one row for each long operation, so that people see what is done, how far it is, and what came of it.
//!
//! How far a running one is stands in the tables of its work (open steps, markers, pages), never in a second place that could
//! disagree with them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use crate::error::Result;
use crate::model::{Held, PlatformId, Reason, RunId, RunKind, RunState, RunWait};

use super::columns::{json, maybe_json, maybe_word, to_json, word};
use super::{imports, resets, steps, undos};

/// The table.
pub(super) const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        platform TEXT,
        state TEXT NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        result TEXT
    ) STRICT;
",
    "
    ALTER TABLE runs ADD COLUMN total INTEGER;
    ALTER TABLE runs ADD COLUMN counts TEXT NOT NULL DEFAULT '{}';
    ALTER TABLE runs ADD COLUMN problem TEXT;
    UPDATE runs SET counts = json_object('synced', ifnull(result ->> 'done', 0), 'waiting', ifnull(result ->> 'waiting', 0),
        'failed', ifnull(result ->> 'failed', 0), 'blocked', ifnull(result ->> 'blocked', 0)) WHERE kind = 'sync' AND result IS NOT NULL;
    UPDATE runs SET counts = json_object('undone', result ->> 'undone', 'left', result ->> 'left')
        WHERE kind = 'reset' AND result ->> 'undone' IS NOT NULL;
    UPDATE runs SET counts = (SELECT json_object('accounts', ifnull(sum(value ->> 'accounts'), 0), 'new', ifnull(sum(value ->> 'new'), 0),
        'changed', ifnull(sum(value ->> 'changed'), 0), 'gone', ifnull(sum(value ->> 'gone'), 0)) FROM json_each(result, '$.platforms'))
        WHERE kind = 'import' AND result IS NOT NULL;
    ALTER TABLE runs DROP COLUMN result;
    ALTER TABLE resets ADD COLUMN run INTEGER;
    CREATE INDEX resets_by_run ON resets (run);
    CREATE INDEX runs_open ON runs (id) WHERE state IN ('running', 'interrupted');
",
    // Which run it undoes, and what stop limits held when it was confirmed.
    "
    ALTER TABLE runs ADD COLUMN undoes INTEGER;
    ALTER TABLE runs ADD COLUMN limits TEXT NOT NULL DEFAULT '[]';
    DROP INDEX runs_open;
    CREATE INDEX runs_open ON runs (id) WHERE state IN ('running', 'paused', 'interrupted');
",
];

/// What came of a run, or has so far: how many of each word.
pub type Counts = BTreeMap<String, u64>;

/// One long operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct RunView {
    /// Id.
    pub id: RunId,
    /// What it does.
    pub kind: RunKind,
    /// Where, when it is one platform.
    pub platform: Option<PlatformId>,
    /// How it stands.
    pub state: RunState,
    /// Since when.
    #[specta(type = String)]
    pub started_at: Timestamp,
    /// Until when.
    #[specta(type = Option<String>)]
    pub ended_at: Option<Timestamp>,
    /// How far it is: people, or an import's accounts.
    pub done: u64,
    /// Of how much, where that is known.
    pub total: Option<u64>,
    /// How many of each word: `synced`, `waiting`, `failed`, `blocked`, `cancelled`; `accounts`, `new`, `changed`, `gone`; `undone`, `left`.
    pub counts: Counts,
    /// Why it failed.
    pub problem: Option<Reason>,
    /// Why it does not go on by itself just now, while it is open.
    pub waits: Option<RunWait>,
    /// How many people of it wait for approval.
    pub held: u64,
    /// What stop limits held when it was confirmed.
    pub limits: Vec<Held>,
    /// How long it will take at the platforms' real limits, in seconds, where that can be said.
    pub time_left: Option<u64>,
    /// How many of the syncs that it made still stand: so many can be undone.
    pub undoable: u64,
    /// The run that it undoes.
    pub undoes: Option<RunId>,
}

/// Begins a run.
pub(crate) fn begin(
    transaction: &Transaction<'_>,
    kind: RunKind,
    platform: Option<PlatformId>,
    total: Option<u64>,
    now: Timestamp,
) -> Result<RunId> {
    transaction.prepare_cached("INSERT INTO runs (kind, platform, state, started_at, total) VALUES (?, ?, 'running', ?, ?)")?.execute(
        params![
            kind.as_str(),
            platform.as_ref().map(PlatformId::as_str),
            now.to_string(),
            total.map(|total| i64::try_from(total).unwrap_or(i64::MAX))
        ],
    )?;
    Ok(RunId(transaction.last_insert_rowid()))
}

/// Ends a run.
pub(crate) fn end(
    transaction: &Transaction<'_>,
    run: RunId,
    state: RunState,
    counts: &Counts,
    problem: Option<&Reason>,
    now: Timestamp,
) -> Result<()> {
    transaction.prepare_cached("UPDATE runs SET state = ?, ended_at = ?, counts = ?, problem = ? WHERE id = ?")?.execute(params![
        state.as_str(),
        now.to_string(),
        to_json(counts)?,
        problem.map(to_json).transpose()?,
        run.0
    ])?;
    Ok(())
}

/// Writes down what has come of a run so far.
pub(crate) fn count(transaction: &Transaction<'_>, run: RunId, counts: &Counts) -> Result<()> {
    transaction.prepare_cached("UPDATE runs SET counts = ? WHERE id = ?")?.execute(params![to_json(counts)?, run.0])?;
    Ok(())
}

/// Changes the state of a run that is not at its end.
pub(crate) fn set_state(transaction: &Transaction<'_>, run: RunId, state: RunState) -> Result<()> {
    transaction.prepare_cached("UPDATE runs SET state = ? WHERE id = ?")?.execute(params![state.as_str(), run.0])?;
    Ok(())
}

/// What a crash left running is called interrupted; its work goes on all the same.
pub(crate) fn interrupt(transaction: &Transaction<'_>) -> Result<()> {
    transaction.execute("UPDATE runs SET state = 'interrupted' WHERE state = 'running'", [])?;
    Ok(())
}

/// What was interrupted and goes on by itself runs again. An import waits for the admin, and so does what they paused.
pub(crate) fn resume(transaction: &Transaction<'_>) -> Result<()> {
    transaction.execute("UPDATE runs SET state = 'running' WHERE state = 'interrupted' AND kind <> 'import'", [])?;
    Ok(())
}

/// The runs that are not at their end, imports aside.
pub(crate) fn open(connection: &Connection) -> Result<Vec<RunId>> {
    let mut statement = connection
        .prepare_cached("SELECT id FROM runs WHERE state IN ('running', 'paused', 'interrupted') AND kind <> 'import' ORDER BY id")?;
    Ok(statement.query_map([], |row| Ok(RunId(row.get(0)?)))?.collect::<rusqlite::Result<_>>()?)
}

const COLUMNS: &str = "id, kind, platform, state, started_at, ended_at, total, counts, problem, limits, undoes";

/// One run.
pub(crate) fn get(connection: &Connection, run: RunId) -> Result<Option<RunView>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM runs WHERE id = ?"))?;
    let found = statement.query_row([run.0], read).optional()?;
    found.map(|found| with_progress(connection, found)).transpose()
}

/// The newest runs, newest first.
pub(crate) fn newest(connection: &Connection, limit: u32) -> Result<Vec<RunView>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM runs ORDER BY id DESC LIMIT ?"))?;
    let found = statement.query_map([limit], read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    found.into_iter().map(|found| with_progress(connection, found)).collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<RunView> {
    let (kind, state): (String, String) = (row.get(1)?, row.get(3)?);
    let unknown = |column| rusqlite::Error::InvalidColumnType(column, "runs".into(), Type::Text);
    Ok(RunView {
        id: RunId(row.get(0)?),
        kind: RunKind::ALL.into_iter().find(|each| each.as_str() == kind).ok_or_else(|| unknown(1))?,
        platform: maybe_word(row, 2)?,
        state: RunState::ALL.into_iter().find(|each| each.as_str() == state).ok_or_else(|| unknown(3))?,
        started_at: word(row, 4)?,
        ended_at: maybe_word(row, 5)?,
        done: 0,
        total: row.get::<_, Option<i64>>(6)?.map(i64::unsigned_abs),
        counts: json(row, 7)?,
        problem: maybe_json(row, 8)?,
        waits: None,
        held: 0,
        limits: json(row, 9)?,
        time_left: None,
        undoable: 0,
        undoes: row.get::<_, Option<i64>>(10)?.map(RunId),
    })
}

/// How many of a run are not begun, by what holds them.
fn left(connection: &Connection, run: &RunView) -> Result<Vec<(i64, u64)>> {
    match run.kind {
        RunKind::Import => Ok(Vec::new()),
        RunKind::Sync => steps::left(connection, run.id),
        RunKind::Reset => by_held(connection, "SELECT held, count(*) FROM resets WHERE run = ? GROUP BY held", run.id),
        RunKind::Undo => by_held(connection, "SELECT undo_held, count(*) FROM syncs WHERE undo_run = ? GROUP BY undo_held", run.id),
    }
}

fn by_held(connection: &Connection, query: &str, run: RunId) -> Result<Vec<(i64, u64)>> {
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map([run.0], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether nothing of a run is left that does not wait for a person.
pub(crate) fn is_over(connection: &Connection, run: RunId) -> Result<bool> {
    Ok(!steps::has_queued(connection, run)? && resets::of_run(connection, run)? == 0 && undos::of_run(connection, run)? == 0)
}

/// Adds how far it is, and what it waits for.
fn with_progress(connection: &Connection, mut run: RunView) -> Result<RunView> {
    let is_open = run.state.is_open();
    let left = if is_open { left(connection, &run)? } else { Vec::new() };
    let count = |of: &dyn Fn(i64) -> bool| left.iter().filter(|(held, _)| of(*held)).map(|(_, count)| count).sum::<u64>();
    run.done = match (run.kind, run.total) {
        (RunKind::Import, _) if is_open => imports::seen_since(connection, run.platform, run.started_at)?,
        (RunKind::Import, _) => run.counts.get("accounts").copied().unwrap_or(0),
        (_, None) => run.counts.values().sum(),
        (_, Some(total)) if is_open => total.saturating_sub(count(&|_| true)),
        (_, Some(total)) => total.saturating_sub(run.counts.get("cancelled").copied().unwrap_or(0)),
    };
    run.held = count(&|held| held & steps::UNAPPROVED > 0);
    run.waits = match run.state {
        RunState::Paused => Some(RunWait::Paused),
        _ if left.is_empty() || count(&|held| held == 0) > 0 => None,
        _ if count(&|held| held & steps::UNAPPROVED == 0) == 0 => Some(RunWait::Approval),
        _ => Some(RunWait::SignIn),
    };
    if run.kind == RunKind::Sync {
        run.undoable = undos::count_standing(connection, run.id)?;
    }
    Ok(run)
}
