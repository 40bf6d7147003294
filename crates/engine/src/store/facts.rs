//! Table `facts`: a few words about the database itself, for example its realm.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::error::Result;

pub(super) const MIGRATIONS: &[&str] = &["CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"];

/// Live or demo; never changes.
pub(super) const REALM: &str = "realm";

/// Set while accounts have changed and matching has not run over them.
pub(crate) const MATCHING_DUE: &str = "matching_due";

/// A word that no other data folder has; never changes.
pub(crate) const INSTALLATION: &str = "installation";

/// Counts the changes of people that the history does not tell one by one: an index of people that has seen fewer is built anew.
pub(crate) const PEOPLE_VERSION: &str = "people_version";

/// The stop limits as JSON; absent until the admin sets them.
pub(crate) const STOP_LIMITS: &str = "stop_limits";

/// A fact's value.
pub(crate) fn get(connection: &Connection, name: &str) -> Result<Option<String>> {
    Ok(connection.prepare_cached("SELECT value FROM facts WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()?)
}

/// Writes a fact.
pub(crate) fn set(transaction: &Transaction<'_>, name: &str, value: &str) -> Result<()> {
    transaction
        .prepare_cached("INSERT INTO facts (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")?
        .execute(params![name, value])?;
    Ok(())
}

/// Counts one more.
pub(crate) fn count_up(transaction: &Transaction<'_>, name: &str) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO facts (name, value) VALUES (?1, '1') ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1",
        )?
        .execute([name])?;
    Ok(())
}

/// Removes a fact.
pub(crate) fn clear(transaction: &Transaction<'_>, name: &str) -> Result<()> {
    transaction.prepare_cached("DELETE FROM facts WHERE name = ?1")?.execute([name])?;
    Ok(())
}

/// Writes a fact unless it is there already.
pub(crate) fn set_once(connection: &Connection, name: &str, value: &str) -> Result<()> {
    connection.execute("INSERT INTO facts (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING", params![name, value])?;
    Ok(())
}
