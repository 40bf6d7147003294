//! Markers of resets that are under way: a crash in the middle of one is seen at the next start, and what was already undone
//! is still told.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::error::Result;
use crate::model::{PersonId, Status};
use crate::platform::Left;

use super::columns::{json, to_json};
use super::history;

/// The table.
pub(super) const MIGRATIONS: &[&str] = &["
    CREATE TABLE resets (
        person INTEGER PRIMARY KEY,
        undone TEXT NOT NULL,
        remaining TEXT NOT NULL,
        started_at TEXT NOT NULL
    ) STRICT;
"];

/// Sets the marker; one that stands stays.
pub(crate) fn begin(transaction: &Transaction<'_>, person: PersonId, now: Timestamp) -> Result<()> {
    let set = transaction
        .prepare_cached("INSERT OR IGNORE INTO resets (person, undone, remaining, started_at) VALUES (?, '[]', '[]', ?)")?
        .execute(params![person.0, now.to_string()])?;
    if set > 0 { history::reset(transaction, None, person, Status::Pending, None, now) } else { Ok(()) }
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

/// Everybody whose reset is under way.
pub(crate) fn open(connection: &Connection) -> Result<Vec<PersonId>> {
    let mut statement = connection.prepare_cached("SELECT person FROM resets ORDER BY started_at, person")?;
    let people = statement.query_map([], |row| Ok(PersonId(row.get(0)?)))?;
    Ok(people.collect::<rusqlite::Result<_>>()?)
}

/// Takes the marker away.
pub(crate) fn end(transaction: &Transaction<'_>, person: PersonId, now: Timestamp) -> Result<()> {
    transaction.prepare_cached("DELETE FROM resets WHERE person = ?")?.execute([person.0])?;
    history::reset(transaction, None, person, Status::NotSynced, None, now)
}
