//! Table `connections`: one authorised tenant per platform, with the teams chosen for import. Nothing secret.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::error::Result;
use crate::model::PlatformId;
use crate::platform::ConnectionFacts;

use super::columns::{json, to_json, word};

pub(super) const MIGRATIONS: &[&str] = &["CREATE TABLE connections (
    platform TEXT PRIMARY KEY,
    facts TEXT NOT NULL,
    teams TEXT NOT NULL DEFAULT '[]',
    connected_at TEXT NOT NULL,
    imported_at TEXT
) STRICT;"];

/// A stored connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredConnection {
    /// Which platform.
    pub platform: PlatformId,
    /// What the admin authorised.
    pub facts: ConnectionFacts,
    /// Ids of the teams chosen for import; empty means everyone.
    pub teams: Vec<String>,
    /// When it was connected last, RFC 3339.
    pub connected_at: String,
    /// When an import last came to its end, RFC 3339.
    pub imported_at: Option<String>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<StoredConnection> {
    Ok(StoredConnection {
        platform: word(row, 0)?,
        facts: json(row, 1)?,
        teams: json(row, 2)?,
        connected_at: row.get(3)?,
        imported_at: row.get(4)?,
    })
}

/// All connections, by slug.
pub fn all(connection: &Connection) -> Result<Vec<StoredConnection>> {
    let mut statement =
        connection.prepare_cached("SELECT platform, facts, teams, connected_at, imported_at FROM connections ORDER BY platform")?;
    Ok(statement.query_map([], read)?.collect::<rusqlite::Result<_>>()?)
}

/// The slugs of all connected platforms, in order.
pub fn platforms(connection: &Connection) -> Result<Vec<PlatformId>> {
    let mut statement = connection.prepare_cached("SELECT platform FROM connections ORDER BY platform")?;
    Ok(statement.query_map([], |row| word(row, 0))?.collect::<rusqlite::Result<_>>()?)
}

/// One connection.
pub fn get(connection: &Connection, platform: PlatformId) -> Result<Option<StoredConnection>> {
    let mut statement =
        connection.prepare_cached("SELECT platform, facts, teams, connected_at, imported_at FROM connections WHERE platform = ?1")?;
    Ok(statement.query_row([platform.as_str()], read).optional()?)
}

/// Stores a connection, or the new facts of one that is there: its chosen teams stay.
pub fn put(transaction: &Transaction<'_>, platform: PlatformId, facts: &ConnectionFacts, now: jiff::Timestamp) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO connections (platform, facts, connected_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (platform) DO UPDATE SET facts = excluded.facts, connected_at = excluded.connected_at",
        )?
        .execute(params![platform.as_str(), to_json(facts)?, now.to_string()])?;
    Ok(())
}

/// Chooses the teams for import; an empty list means everyone. An import that was under way starts anew.
pub fn choose_teams(transaction: &Transaction<'_>, platform: PlatformId, teams: &[String]) -> Result<()> {
    transaction
        .prepare_cached("UPDATE connections SET teams = ?2 WHERE platform = ?1")?
        .execute(params![platform.as_str(), to_json(&teams)?])?;
    Ok(())
}

/// Records that an import came to its end.
pub(crate) fn imported(transaction: &Transaction<'_>, platform: PlatformId, now: jiff::Timestamp) -> Result<()> {
    transaction
        .prepare_cached("UPDATE connections SET imported_at = ?2 WHERE platform = ?1")?
        .execute(params![platform.as_str(), now.to_string()])?;
    Ok(())
}

/// Removes a connection. Imported accounts stay, so that everything can still be looked at.
pub fn remove(transaction: &Transaction<'_>, platform: PlatformId) -> Result<bool> {
    Ok(transaction.prepare_cached("DELETE FROM connections WHERE platform = ?1")?.execute([platform.as_str()])? > 0)
}
