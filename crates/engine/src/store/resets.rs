//! Markers of resets that are under way: a crash in the middle of one is seen at the next start, and what was already undone
//! is still told.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::error::Result;
use crate::model::{PersonId, Reason, RunId, Status};
use crate::platform::Left;

use super::columns::{json, to_json};
use super::history;
use super::steps::UNAPPROVED;

/// The table.
pub(super) const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE resets (
        person INTEGER PRIMARY KEY,
        undone TEXT NOT NULL,
        remaining TEXT NOT NULL,
        started_at TEXT NOT NULL
    ) STRICT;
",
    // The bits of `steps.held`; and whether a person waits for it (0) or it is one of many (1).
    "
    ALTER TABLE resets ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE resets ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX resets_free ON resets (priority, started_at, person) WHERE held = 0;
",
];

/// A marker to be set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewReset {
    pub(crate) person: PersonId,
    pub(crate) run: Option<RunId>,
    /// The bits of `steps.held`.
    pub(crate) held: i64,
    /// 0: a person waits for it; 1: it is one of many.
    pub(crate) priority: i64,
}

/// Sets the marker; one that stands stays, unless it waits for approval: who confirms it anew decides anew.
pub(crate) fn begin(transaction: &Transaction<'_>, new: NewReset, now: Timestamp) -> Result<()> {
    let NewReset { person, run, held, priority } = new;
    let set = transaction
        .prepare_cached(
            "INSERT INTO resets (person, undone, remaining, started_at, run, held, priority) VALUES (?1, '[]', '[]', ?2, ?3, ?4, ?5)
             ON CONFLICT (person) DO UPDATE SET run = excluded.run, held = excluded.held, priority = excluded.priority WHERE held & ?6",
        )?
        .execute(params![person.0, now.to_string(), run.map(|run| run.0), held, priority, UNAPPROVED])?;
    if set > 0 { history::reset(transaction, run, person, Status::Pending, None, now) } else { Ok(()) }
}

/// Whether a person's reset is confirmed and approved already.
pub(crate) fn is_decided(connection: &Connection, person: PersonId) -> Result<bool> {
    Ok(connection.prepare_cached("SELECT 1 FROM resets WHERE person = ? AND NOT held & ?")?.exists([person.0, UNAPPROVED])?)
}

/// Whether a person's reset is to go on, and nothing holds it.
pub(crate) fn is_free(connection: &Connection, person: PersonId) -> Result<bool> {
    Ok(connection.prepare_cached("SELECT 1 FROM resets WHERE person = ? AND held = 0")?.exists([person.0])?)
}

/// Holds the reset of one person: `bit` is one of `steps::{PAUSED, UNAPPROVED, SIGNED_OUT}`. Those of a run: `undos::{hold, free}`.
pub(crate) fn hold(transaction: &Transaction<'_>, person: PersonId, bit: i64) -> Result<()> {
    transaction.prepare_cached("UPDATE resets SET held = held | ?2 WHERE person = ?1")?.execute([person.0, bit])?;
    Ok(())
}

/// Adds to what is told in the end.
pub(crate) fn note(transaction: &Transaction<'_>, person: PersonId, undone: &[String], left: &[Left]) -> Result<()> {
    let Some((mut all_undone, mut all_left)) = get(transaction, person)? else { return Ok(()) };
    all_undone.extend_from_slice(undone);
    all_left.extend_from_slice(left);
    transaction.prepare_cached("UPDATE resets SET undone = ?, remaining = ? WHERE person = ?")?.execute(params![
        to_json(&all_undone)?,
        to_json(&all_left)?,
        person.0
    ])?;
    Ok(())
}

/// What was undone and what is left so far; `None` without a marker.
pub(crate) fn get(connection: &Connection, person: PersonId) -> Result<Option<(Vec<String>, Vec<Left>)>> {
    Ok(connection
        .prepare_cached("SELECT undone, remaining FROM resets WHERE person = ?")?
        .query_row([person.0], |row| Ok((json(row, 0)?, json(row, 1)?)))
        .optional()?)
}

/// Takes back the reset of somebody of whom nothing was undone.
pub(crate) fn take_back(transaction: &Transaction<'_>, person: PersonId, reason: &Reason, now: Timestamp) -> Result<()> {
    let run = run_of(transaction, person)?;
    transaction.prepare_cached("DELETE FROM resets WHERE person = ?")?.execute([person.0])?;
    history::reset(transaction, run, person, Status::Failed, Some(reason), now)
}

/// Those whose resets are to go on and are not held, with whether many wait for theirs: few first, then by age; at most so many.
pub(crate) fn due(connection: &Connection, limit: u32) -> Result<Vec<(PersonId, bool)>> {
    let mut statement = connection
        .prepare_cached("SELECT person, priority > 0 FROM resets WHERE held = 0 ORDER BY priority, started_at, person LIMIT ?")?;
    let people = statement.query_map([limit], |row| Ok((PersonId(row.get(0)?), row.get(1)?)))?;
    Ok(people.collect::<rusqlite::Result<_>>()?)
}

/// Everybody whose reset is under way.
pub(crate) fn open(connection: &Connection) -> Result<Vec<PersonId>> {
    let mut statement = connection.prepare_cached("SELECT person FROM resets ORDER BY started_at, person")?;
    let people = statement.query_map([], |row| Ok(PersonId(row.get(0)?)))?;
    Ok(people.collect::<rusqlite::Result<_>>()?)
}

/// The run that a person's reset is part of.
pub(crate) fn run_of(connection: &Connection, person: PersonId) -> Result<Option<RunId>> {
    let mut statement = connection.prepare_cached("SELECT run FROM resets WHERE person = ?")?;
    Ok(statement.query_row([person.0], |row| row.get::<_, Option<i64>>(0)).optional()?.flatten().map(RunId))
}

/// How many resets of a run are not at their end.
pub(crate) fn of_run(connection: &Connection, run: RunId) -> Result<u64> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM resets WHERE run = ?")?;
    Ok(statement.query_row([run.0], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// Whose resets of a run have undone nothing so far.
pub(crate) fn not_begun(connection: &Connection, run: RunId) -> Result<Vec<PersonId>> {
    let mut statement =
        connection.prepare_cached("SELECT person FROM resets WHERE run = ? AND undone = '[]' AND remaining = '[]' ORDER BY person")?;
    Ok(statement.query_map([run.0], |row| Ok(PersonId(row.get(0)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// Takes the marker away.
pub(crate) fn end(transaction: &Transaction<'_>, person: PersonId, now: Timestamp) -> Result<()> {
    let run = run_of(transaction, person)?;
    transaction.prepare_cached("DELETE FROM resets WHERE person = ?")?.execute([person.0])?;
    history::reset(transaction, run, person, Status::NotSynced, None, now)
}
