//! The steps of syncs: what is to be done, is being sent, waits for a person, or is done.
//!
//! A sync has at most one open main step at a time; the next one is written in the transaction that ends the one before.
//! `tell` steps (edits of a prompt) stand beside it. `not_before` is in milliseconds since 1970, so that SQL can compare it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::error::{Error, Kind, Result};
use crate::model::{PlatformId, RunId, SyncId};

use super::columns::word;

/// The table.
pub(super) const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE steps (
        id INTEGER PRIMARY KEY,
        sync INTEGER NOT NULL REFERENCES syncs(id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        platform TEXT NOT NULL,
        state TEXT NOT NULL,
        priority INTEGER NOT NULL,
        attempt INTEGER NOT NULL DEFAULT 0,
        not_before INTEGER NOT NULL DEFAULT 0,
        key TEXT NOT NULL,
        payload TEXT,
        outcome TEXT,
        updated_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX syncs_by_run ON syncs(run);
    CREATE INDEX steps_sync ON steps(sync);
    CREATE INDEX steps_open ON steps(platform, priority, id) WHERE state IN ('todo', 'sending');
    CREATE INDEX steps_waiting ON steps(platform, not_before) WHERE state = 'waiting';
",
    "
    ALTER TABLE steps ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE steps ADD COLUMN lease INTEGER;
    ALTER TABLE steps ADD COLUMN sent_at INTEGER;
    DROP INDEX steps_open;
    CREATE INDEX steps_open ON steps(platform, priority, id) WHERE state IN ('todo', 'sending') AND held = 0;
    CREATE INDEX steps_held ON steps(platform, id) WHERE held > 0;
",
];

/// Why a step is held, as bits of `held`; nought is free.
pub(crate) const PAUSED: i64 = 1;
/// A stop limit holds it until the admin approves.
pub(crate) const UNAPPROVED: i64 = 2;
/// Its platform has signed the connection out.
pub(crate) const SIGNED_OUT: i64 = 4;

/// A step that waits until somebody tries the sync again.
pub(crate) const PARKED: i64 = i64::MAX;

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StepKind {
    /// Makes the bot or guest.
    Represent,
    /// Gets a code or link and sends the prompt.
    Prompt,
    /// Waits for the person.
    Authorise,
    /// Compares who authorised with who was expected.
    Verify,
    /// Changes what the prompt says.
    Tell,
}

impl StepKind {
    const WORDS: [(Self, &'static str); 5] = [
        (Self::Represent, "represent"),
        (Self::Prompt, "prompt"),
        (Self::Authorise, "authorise"),
        (Self::Verify, "verify"),
        (Self::Tell, "tell"),
    ];

    /// The word in the database.
    pub(crate) fn as_str(self) -> &'static str {
        spelled(&Self::WORDS, self)
    }
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StepState {
    /// Nothing has left yet.
    Todo,
    /// Written down and perhaps sent: looked up before it is sent again.
    Sending,
    /// For a person.
    Waiting,
    /// Done.
    Done,
    /// Refused.
    Failed,
}

impl StepState {
    const WORDS: [(Self, &'static str); 5] =
        [(Self::Todo, "todo"), (Self::Sending, "sending"), (Self::Waiting, "waiting"), (Self::Done, "done"), (Self::Failed, "failed")];

    /// The word in the database.
    pub(crate) fn as_str(self) -> &'static str {
        spelled(&Self::WORDS, self)
    }
}

fn spelled<T: PartialEq>(words: &[(T, &'static str)], value: T) -> &'static str {
    words.iter().find(|(each, _)| *each == value).map_or("", |(_, word)| word)
}

fn meaning<T: Copy>(words: &[(T, &'static str)], text: &str) -> Result<T> {
    words.iter().find(|(_, word)| *word == text).map(|(value, _)| *value).ok_or_else(|| {
        Error::new(Kind::Bug, "store", "A row of the database holds something that User Sync does not expect.").with("step", text)
    })
}

/// One step.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) id: i64,
    pub(crate) sync: SyncId,
    pub(crate) kind: StepKind,
    pub(crate) platform: PlatformId,
    pub(crate) state: StepState,
    pub(crate) priority: i64,
    pub(crate) attempt: u32,
    pub(crate) not_before: i64,
    pub(crate) key: String,
    /// What was or will be sent, as JSON.
    pub(crate) payload: Option<String>,
}

/// A step to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewStep {
    pub(crate) sync: SyncId,
    pub(crate) kind: StepKind,
    pub(crate) platform: PlatformId,
    pub(crate) state: StepState,
    pub(crate) priority: i64,
    pub(crate) not_before: i64,
    pub(crate) key: String,
    pub(crate) payload: Option<String>,
}

const COLUMNS: &str = "t.id, t.sync, t.kind, t.platform, t.state, t.priority, t.attempt, t.not_before, t.key, t.payload";

fn read(row: &Row<'_>) -> Result<Step> {
    let text = |at: usize| row.get_ref(at).and_then(|value| Ok(value.as_str()?.to_owned()));
    Ok(Step {
        id: row.get(0)?,
        sync: SyncId(row.get(1)?),
        kind: meaning(&StepKind::WORDS, &text(2)?)?,
        platform: word(row, 3)?,
        state: meaning(&StepState::WORDS, &text(4)?)?,
        priority: row.get(5)?,
        attempt: row.get(6)?,
        not_before: row.get(7)?,
        key: row.get(8)?,
        payload: row.get(9)?,
    })
}

/// Adds a step; gives its id.
pub(crate) fn add(transaction: &Transaction<'_>, step: &NewStep, now: Timestamp) -> Result<i64> {
    transaction
        .prepare_cached(
            "INSERT INTO steps (sync, kind, platform, state, priority, not_before, key, payload, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            step.sync.0,
            step.kind.as_str(),
            step.platform.as_str(),
            step.state.as_str(),
            step.priority,
            step.not_before,
            step.key,
            step.payload,
            now.to_string()
        ])?;
    Ok(transaction.last_insert_rowid())
}

/// The step as it stands now.
pub(crate) fn get(connection: &Connection, id: i64) -> Result<Option<Step>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM steps t WHERE t.id = ?"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(read).transpose()
}

/// All steps of a sync, oldest first.
pub(crate) fn of_sync(connection: &Connection, sync: SyncId) -> Result<Vec<Step>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM steps t WHERE t.sync = ? ORDER BY t.id"))?;
    collect(statement.query([sync.0])?)
}

/// Which steps a worker may look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    /// Platform.
    pub(crate) platform: PlatformId,
    /// Only syncs of this run.
    pub(crate) run: Option<RunId>,
    /// Only this sync.
    pub(crate) sync: Option<SyncId>,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
    /// At most so many.
    pub(crate) limit: u32,
}

const IN_SCOPE: &str = "(?2 IS NULL OR s.run = ?2) AND (?3 IS NULL OR s.id = ?3)";

/// Steps that can be done now, most urgent first.
pub(crate) fn ready(connection: &Connection, due: Due) -> Result<Vec<Step>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM steps t JOIN syncs s ON s.id = t.sync
         WHERE t.platform = ?1 AND t.state IN ('todo', 'sending') AND {IN_SCOPE} AND t.not_before <= ?4
         ORDER BY t.priority, t.id LIMIT ?5"
    ))?;
    collect(statement.query(params![due.platform.as_str(), due.run.map(|run| run.0), due.sync.map(|sync| sync.0), due.now, due.limit])?)
}

/// Steps that wait for a person and are to be looked at again, longest waiting first.
pub(crate) fn waiting(connection: &Connection, due: Due) -> Result<Vec<Step>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM steps t JOIN syncs s ON s.id = t.sync
         WHERE t.platform = ?1 AND t.state = 'waiting' AND {IN_SCOPE} AND t.not_before <= ?4
         ORDER BY t.not_before, t.id LIMIT ?5"
    ))?;
    collect(statement.query(params![due.platform.as_str(), due.run.map(|run| run.0), due.sync.map(|sync| sync.0), due.now, due.limit])?)
}

/// When the next step of a state becomes due, in milliseconds since 1970. Parked ones never do.
pub(crate) fn next_due(connection: &Connection, due: Due, people: bool) -> Result<Option<i64>> {
    let states = if people { "t.state = 'waiting'" } else { "t.state IN ('todo', 'sending')" };
    Ok(connection
        .prepare_cached(&format!(
            "SELECT min(t.not_before) FROM steps t JOIN syncs s ON s.id = t.sync
             WHERE t.platform = ?1 AND {states} AND {IN_SCOPE} AND t.not_before > ?4 AND t.not_before < ?5"
        ))?
        .query_row(params![due.platform.as_str(), due.run.map(|run| run.0), due.sync.map(|sync| sync.0), due.now, PARKED], |row| row.get(0))
        .optional()?
        .flatten())
}

const QUEUED: &str = "FROM syncs s JOIN steps t ON t.sync = s.id WHERE s.run = ?1 AND t.kind IN ('represent', 'prompt')
     AND t.state IN ('todo', 'sending') AND t.not_before < ?2";

/// How many syncs of a run have not taken their first step.
pub(crate) fn queued(connection: &Connection, run: RunId) -> Result<u64> {
    let mut statement = connection.prepare_cached(&format!("SELECT count(*) {QUEUED}"))?;
    Ok(statement.query_row(params![run.0, PARKED], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// Whether a sync of a run has not taken its first step.
pub(crate) fn has_queued(connection: &Connection, run: RunId) -> Result<bool> {
    Ok(connection.prepare_cached(&format!("SELECT 1 {QUEUED} LIMIT 1"))?.exists(params![run.0, PARKED])?)
}

/// The syncs of a run whose first step has certainly not left this computer.
pub(crate) fn not_begun(connection: &Connection, run: RunId) -> Result<Vec<SyncId>> {
    let mut statement = connection.prepare_cached(&format!("SELECT s.id {QUEUED} AND t.state = 'todo' ORDER BY s.id"))?;
    Ok(statement.query_map(params![run.0, PARKED], |row| Ok(SyncId(row.get(0)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// Writes down what is about to be sent.
pub(crate) fn sending(transaction: &Transaction<'_>, id: i64, payload: &str, now: Timestamp) -> Result<()> {
    transaction
        .prepare_cached("UPDATE steps SET state = 'sending', attempt = attempt + 1, payload = ?, updated_at = ? WHERE id = ?")?
        .execute(params![payload, now.to_string(), id])?;
    Ok(())
}

/// Ends a step, with its outcome for the timeline.
pub(crate) fn end(transaction: &Transaction<'_>, id: i64, state: StepState, outcome: Option<&str>, now: Timestamp) -> Result<()> {
    transaction.prepare_cached("UPDATE steps SET state = ?, outcome = ?, updated_at = ? WHERE id = ?")?.execute(params![
        state.as_str(),
        outcome,
        now.to_string(),
        id
    ])?;
    Ok(())
}

/// Puts a step off: the state it takes, and until when.
pub(crate) fn put_off(transaction: &Transaction<'_>, id: i64, state: StepState, not_before: i64, now: Timestamp) -> Result<()> {
    transaction
        .prepare_cached("UPDATE steps SET state = ?, not_before = ?, attempt = attempt + 1, updated_at = ? WHERE id = ?")?
        .execute(params![state.as_str(), not_before, now.to_string(), id])?;
    Ok(())
}

/// Sets when a waiting step is looked at next.
pub(crate) fn look_again(transaction: &Transaction<'_>, id: i64, not_before: i64) -> Result<()> {
    transaction.prepare_cached("UPDATE steps SET not_before = ? WHERE id = ?")?.execute(params![not_before, id])?;
    Ok(())
}

/// Lets everything of a sync that was put off go on at once.
pub(crate) fn wake(transaction: &Transaction<'_>, sync: SyncId, priority: i64) -> Result<()> {
    transaction
        .prepare_cached("UPDATE steps SET not_before = 0, priority = min(priority, ?) WHERE sync = ? AND state IN ('todo', 'sending')")?
        .execute(params![priority, sync.0])?;
    Ok(())
}

/// Lets everything in scope that was put off go on at once, except what waits until somebody tries again.
pub(crate) fn wake_all(transaction: &Transaction<'_>, run: Option<RunId>) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE steps SET not_before = 0 WHERE state IN ('todo', 'sending') AND not_before > 0 AND not_before < ?1
             AND (?2 IS NULL OR sync IN (SELECT id FROM syncs WHERE run = ?2))",
        )?
        .execute(params![PARKED, run.map(|run| run.0)])?;
    Ok(())
}

/// Stops everything of a sync: nothing of it is done or looked at any more.
pub(crate) fn park(transaction: &Transaction<'_>, sync: SyncId) -> Result<()> {
    transaction
        .prepare_cached("UPDATE steps SET not_before = ? WHERE sync = ? AND state IN ('todo', 'sending', 'waiting')")?
        .execute(params![PARKED, sync.0])?;
    Ok(())
}

/// Forgets the steps of a sync.
pub(crate) fn forget(transaction: &Transaction<'_>, sync: SyncId) -> Result<()> {
    transaction.prepare_cached("DELETE FROM steps WHERE sync = ?")?.execute([sync.0])?;
    Ok(())
}

/// Forgets the steps of a sync, except those that may have been sent and whose outcome is unknown.
pub(crate) fn forget_settled(transaction: &Transaction<'_>, sync: SyncId) -> Result<()> {
    transaction.prepare_cached("DELETE FROM steps WHERE sync = ? AND state <> 'sending'")?.execute([sync.0])?;
    Ok(())
}

fn collect(mut rows: rusqlite::Rows<'_>) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        steps.push(read(row)?);
    }
    Ok(steps)
}
