//! The steps of syncs: what is to be done, is being sent, waits for a person, or is done.
//!
//! A sync has at most one open main step at a time; the next one is written in the transaction that ends the one before.
//! `tell` steps (edits of a prompt) stand beside it. `not_before` is in milliseconds since 1970, so that SQL can compare it.
//!
//! A step is taken before it is done, with the number of the pass that took it (`lease`), many in one transaction. A lease counts
//! while its pass lives (`sync::passes`); every change of a step's state gives it back, and so does the end of the pass, however
//! that comes. What is held (`held`) is in no index of what can be taken.

use jiff::Timestamp;
use rusqlite::{Connection, Row, Transaction, params};

use crate::error::{Error, Kind, Result};
use crate::model::{PlatformId, RunId, SyncId};
use crate::transport::Lane;

use super::columns::word;

mod holds;
mod take;

pub(crate) use holds::{FOR_SIGN_IN, PAUSED, SIGNED_OUT, UNAPPROVED, free, free_signed_in, hold, hold_for_sign_in, hold_one};
pub(crate) use take::{Due, Sort, Taker, give_back, next_due, take};

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
    ALTER TABLE steps ADD COLUMN unwell INTEGER NOT NULL DEFAULT 0;
    DROP INDEX steps_open;
    CREATE INDEX steps_open ON steps(platform, priority, not_before, id) WHERE state IN ('todo', 'sending') AND held = 0;
    CREATE INDEX steps_held ON steps(held) WHERE held > 0;
",
];

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

    /// Whether it is a sync's first step: the one that makes the bot or guest, or asks the person.
    pub(crate) fn is_first(self) -> bool {
        matches!(self, Self::Represent | Self::Prompt)
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
    /// 0: a person waits for it; 1: one prompt of many; 2: one bot or guest of many.
    pub(crate) priority: i64,
    pub(crate) attempt: u32,
    pub(crate) not_before: i64,
    pub(crate) key: String,
    /// What was or will be sent, as JSON.
    pub(crate) payload: Option<String>,
    /// The bits of what holds it.
    pub(crate) held: i64,
    /// How often in a row its platform failed at it.
    pub(crate) unwell: u32,
}

impl Step {
    /// Whether there is still something to do.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.state, StepState::Done | StepState::Failed) && self.not_before < PARKED
    }

    /// Whose turn its requests are.
    pub(crate) fn lane(&self) -> Lane {
        match self.priority {
            ..=0 => Lane::Waiting,
            1 => Lane::Prompt,
            _ => Lane::Bulk,
        }
    }
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

const COLUMNS: &str = "t.id, t.sync, t.kind, t.platform, t.state, t.priority, t.attempt, t.not_before, t.key, t.payload, t.held, t.unwell";

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
        held: row.get(10)?,
        unwell: row.get(11)?,
    })
}

/// Adds a step; gives its id. What its platform would refuse waits for the sign-in from the beginning.
pub(crate) fn add(transaction: &Transaction<'_>, step: &NewStep, now: Timestamp) -> Result<i64> {
    transaction
        .prepare_cached(
            "INSERT INTO steps (sync, kind, platform, state, priority, not_before, key, payload, updated_at, held)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, CASE WHEN ?2 IN ('represent', 'prompt', 'tell')
                 AND EXISTS (SELECT 1 FROM facts WHERE name = 'signed_out/' || ?3) THEN ?10 ELSE 0 END)",
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
            now.to_string(),
            SIGNED_OUT
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

const IN_SCOPE: &str = "(?2 IS NULL OR s.run = ?2) AND (?3 IS NULL OR s.id = ?3)";

/// Everything that waits for a person, due or not.
pub(crate) fn waiting(connection: &Connection, run: Option<RunId>, sync: Option<SyncId>) -> Result<Vec<Step>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM steps t JOIN syncs s ON s.id = t.sync WHERE t.state = 'waiting' AND t.not_before < ?1 AND {IN_SCOPE}
         ORDER BY t.not_before, t.id"
    ))?;
    collect(statement.query(params![PARKED, run.map(|run| run.0), sync.map(|sync| sync.0)])?)
}

const QUEUED: &str = "FROM syncs s JOIN steps t ON t.sync = s.id WHERE s.run = ?1 AND t.kind IN ('represent', 'prompt')
     AND t.state IN ('todo', 'sending') AND t.not_before < ?2";

/// Whether a sync of a run has not taken its first step.
pub(crate) fn has_queued(connection: &Connection, run: RunId) -> Result<bool> {
    Ok(connection.prepare_cached(&format!("SELECT 1 {QUEUED} LIMIT 1"))?.exists(params![run.0, PARKED])?)
}

/// The syncs of a run whose first step has certainly not left this computer.
pub(crate) fn not_begun(connection: &Connection, run: RunId) -> Result<Vec<SyncId>> {
    let mut statement = connection.prepare_cached(&format!("SELECT s.id {QUEUED} AND t.state = 'todo' ORDER BY s.id"))?;
    Ok(statement.query_map(params![run.0, PARKED], |row| Ok(SyncId(row.get(0)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// How many syncs of a run have not taken their first step, by what holds them.
pub(crate) fn left(connection: &Connection, run: RunId) -> Result<Vec<(i64, u64)>> {
    let mut statement = connection.prepare_cached(&format!("SELECT t.held, count(*) {QUEUED} GROUP BY t.held"))?;
    let rows = statement.query_map(params![run.0, PARKED], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The first steps of a run's syncs that nothing holds: kind, where, the sync's platform, priority, and how many.
pub(crate) fn still_to_do(connection: &Connection, run: RunId) -> Result<Vec<(StepKind, PlatformId, u64)>> {
    let mut statement = connection.prepare_cached(&format!("SELECT t.kind, t.platform, count(*) {QUEUED} AND t.held = 0 GROUP BY 1, 2"))?;
    let mut rows = statement.query(params![run.0, PARKED])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push((
            meaning(&StepKind::WORDS, row.get_ref(0)?.as_str().unwrap_or_default())?,
            word(row, 1)?,
            row.get::<_, i64>(2)?.unsigned_abs(),
        ));
    }
    Ok(all)
}

/// The operation of the error when a step was held or taken back in the last moment.
pub(crate) const TAKEN_BACK: &str = "taken_back";

/// Writes down what is about to be sent. Errors: when the step was held or taken back meanwhile; then nothing may be sent.
pub(crate) fn sending(transaction: &Transaction<'_>, id: i64, payload: &str, now: Timestamp) -> Result<()> {
    let written = transaction
        .prepare_cached(
            "UPDATE steps SET state = 'sending', attempt = attempt + 1, payload = ?, updated_at = ?
             WHERE id = ? AND state IN ('todo', 'sending') AND held = 0 AND not_before < ?",
        )?
        .execute(params![payload, now.to_string(), id, PARKED])?;
    match written {
        0 => Err(Error::new(Kind::Conflict, TAKEN_BACK, "The sync was held or taken back meanwhile.")),
        _ => Ok(()),
    }
}

/// Ends a step, with its outcome for the timeline.
pub(crate) fn end(transaction: &Transaction<'_>, id: i64, state: StepState, outcome: Option<&str>, now: Timestamp) -> Result<()> {
    transaction
        .prepare_cached("UPDATE steps SET state = ?, outcome = ?, updated_at = ?, held = 0, lease = NULL WHERE id = ?")?
        .execute(params![state.as_str(), outcome, now.to_string(), id])?;
    Ok(())
}

/// Puts a step off: the state it takes, and until when.
pub(crate) fn put_off(transaction: &Transaction<'_>, id: i64, state: StepState, not_before: i64, now: Timestamp) -> Result<()> {
    transaction
        .prepare_cached("UPDATE steps SET state = ?, not_before = ?, attempt = attempt + 1, updated_at = ?, lease = NULL WHERE id = ?")?
        .execute(params![state.as_str(), not_before, now.to_string(), id])?;
    Ok(())
}

/// Counts that a step's platform failed at it once more.
pub(crate) fn unwell(transaction: &Transaction<'_>, id: i64) -> Result<()> {
    transaction.prepare_cached("UPDATE steps SET unwell = unwell + 1 WHERE id = ?")?.execute([id])?;
    Ok(())
}

/// Sets when a waiting step is looked at next.
pub(crate) fn look_again(transaction: &Transaction<'_>, id: i64, not_before: i64) -> Result<()> {
    transaction
        .prepare_cached("UPDATE steps SET not_before = ?, unwell = 0, lease = NULL WHERE id = ?")?
        .execute(params![not_before, id])?;
    Ok(())
}

/// Lets everything of a sync that was put off go on at once; what held it back in an earlier run holds it no more.
pub(crate) fn wake(transaction: &Transaction<'_>, sync: SyncId, priority: i64) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE steps SET not_before = 0, unwell = 0, held = held & ?3, priority = CASE ?2 WHEN 0 THEN 0 ELSE priority END
             WHERE sync = ?1 AND state IN ('todo', 'sending')",
        )?
        .execute(params![sync.0, priority, SIGNED_OUT])?;
    Ok(())
}

/// Lets everything that was put off go on at once, except what waits until somebody tries again.
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

fn collect(mut rows: rusqlite::Rows<'_>) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        steps.push(read(row)?);
    }
    Ok(steps)
}
