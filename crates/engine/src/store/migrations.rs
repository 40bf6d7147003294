//! The schema's history: one list for the whole database, which only ever grows at its end.

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::error::{Error, Kind, Remedy, Result};

use super::{
    accounts, audit, conflicts, connections, facts, grants, history, imports, people, prompts, resets, runs, slot_ends, steps, syncs,
    throttles,
};

/// Every migration in the order in which it came to be. The database counts how many it has seen.
pub(super) const HISTORY: &[&str] = &[
    facts::MIGRATIONS[0],
    connections::MIGRATIONS[0],
    accounts::MIGRATIONS[0],
    people::MIGRATIONS[0],
    conflicts::MIGRATIONS[0],
    imports::MIGRATIONS[0],
    syncs::MIGRATIONS[0],
    steps::MIGRATIONS[0],
    runs::MIGRATIONS[0],
    grants::MIGRATIONS[0],
    prompts::MIGRATIONS[0],
    resets::MIGRATIONS[0],
    history::MIGRATIONS[0],
    runs::MIGRATIONS[1],
    grants::MIGRATIONS[1],
    prompts::MIGRATIONS[1],
    slot_ends::MIGRATIONS[0],
    steps::MIGRATIONS[1],
    syncs::MIGRATIONS[1],
    resets::MIGRATIONS[1],
    runs::MIGRATIONS[2],
    throttles::MIGRATIONS[0],
    audit::MIGRATIONS[0],
];

/// How many of the migrations the database has seen.
pub(super) fn version(connection: &Connection) -> Result<usize> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

/// Refuses a database that a newer User Sync has worked with.
pub(super) fn refuse_newer(connection: &Connection) -> Result<()> {
    if version(connection)? <= HISTORY.len() {
        return Ok(());
    }
    Err(Error::new(Kind::Storage, "store", "The database was written by a newer User Sync. Nothing was changed.").remedy(Remedy::Update))
}

/// Brings the database up to date, in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<()> {
    let steps = HISTORY.iter().map(|sql| M::up(sql)).collect();
    Migrations::new(steps).to_latest(connection).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => err.into(),
        other => Error::new(Kind::Bug, "store", "The database could not be brought up to date.").with("migration", other.to_string()),
    })
}
