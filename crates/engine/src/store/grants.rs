//! Employees' grants: sealed tokens and what may be known without opening them.
//!
//! A row is made, empty, before the person is asked, so that the seal can be bound to its id and the tokens reach the disk in
//! one transaction with the news that they came. Deleting the row destroys the tokens.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::error::Result;
use crate::model::{GrantId, PersonId, PlatformId, SyncId};
use crate::secrets::{KeyId, SealedGrant};

use super::columns::word;

/// The table. `sync` goes with its sync.
pub(super) const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE grants (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        sync INTEGER NOT NULL REFERENCES syncs(id) ON DELETE CASCADE,
        person INTEGER NOT NULL,
        platform TEXT NOT NULL,
        account TEXT NOT NULL,
        sealed BLOB,
        expires_at TEXT,
        scopes TEXT,
        verified INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX grants_sync ON grants(sync);
",
    // What is sealed names its key behind its first byte, so that a lost key is noticed without opening anything.
    "
    ALTER TABLE grants ADD COLUMN key_id BLOB AS (CASE WHEN substr(sealed, 1, 1) = x'02' THEN substr(sealed, 2, 4) END) VIRTUAL;
    ALTER TABLE grants ADD COLUMN ends_at TEXT;
    CREATE INDEX grants_by_key ON grants(key_id) WHERE sealed IS NOT NULL;
",
];

/// What is known of a grant without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) id: GrantId,
    pub(crate) platform: PlatformId,
    /// The account whose authorisation is expected.
    pub(crate) account: String,
    /// Whether tokens are there.
    pub(crate) held: bool,
    /// Whether the platform said that they are the expected person's.
    pub(crate) verified: bool,
}

/// Makes an empty grant.
pub(crate) fn reserve(
    transaction: &Transaction<'_>,
    sync: SyncId,
    person: PersonId,
    platform: PlatformId,
    account: &str,
) -> Result<GrantId> {
    transaction.prepare_cached("INSERT INTO grants (sync, person, platform, account) VALUES (?, ?, ?, ?)")?.execute(params![
        sync.0,
        person.0,
        platform.as_str(),
        account
    ])?;
    Ok(GrantId(transaction.last_insert_rowid()))
}

/// Stores sealed tokens; false when the grant is gone.
pub(crate) fn store(transaction: &Transaction<'_>, grant: GrantId, tokens: &SealedGrant) -> Result<bool> {
    let time = |time: Option<jiff::Timestamp>| time.map(|time| time.to_string());
    let scopes: Vec<&str> = tokens.scopes.iter().map(String::as_str).collect();
    let changed = transaction
        .prepare_cached("UPDATE grants SET sealed = ?, expires_at = ?, ends_at = ?, scopes = ? WHERE id = ?")?
        .execute(params![tokens.sealed, time(tokens.expires_at), time(tokens.ends_at), scopes.join(" "), grant.0])?;
    Ok(changed == 1)
}

/// How many grants hold tokens under each key; `None` for what was sealed before keys had ids.
pub(crate) fn keys(connection: &Connection) -> Result<Vec<(Option<KeyId>, u64)>> {
    let mut statement = connection.prepare_cached("SELECT key_id, count(*) FROM grants WHERE sealed IS NOT NULL GROUP BY key_id")?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, Option<[u8; KeyId::LENGTH]>>(0)?.map(KeyId), row.get::<_, i64>(1)?.unsigned_abs())))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whose tokens lie under a key.
pub(crate) fn under(connection: &Connection, key: Option<KeyId>) -> Result<Vec<(SyncId, PersonId)>> {
    let mut statement = connection.prepare_cached("SELECT sync, person FROM grants WHERE sealed IS NOT NULL AND key_id IS ?")?;
    Ok(statement
        .query_map([key.map(|key| key.0)], |row| Ok((SyncId(row.get(0)?), PersonId(row.get(1)?))))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Tokens that lie under another key than this one, after a grant; at most so many.
pub(crate) fn not_under(connection: &Connection, key: KeyId, after: GrantId, limit: u32) -> Result<Vec<(GrantId, PlatformId, Vec<u8>)>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, platform, sealed FROM grants WHERE sealed IS NOT NULL AND key_id IS NOT ? AND id > ? ORDER BY id LIMIT ?",
    )?;
    let rows = statement.query_map(params![key.0, after.0, limit], |row| Ok((GrantId(row.get(0)?), word(row, 1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Replaces sealed tokens by the same under another key, unless they were renewed meanwhile.
pub(crate) fn resealed(transaction: &Transaction<'_>, grant: GrantId, old: &[u8], new: &[u8]) -> Result<()> {
    transaction.prepare_cached("UPDATE grants SET sealed = ? WHERE id = ? AND sealed = ?")?.execute(params![new, grant.0, old])?;
    Ok(())
}

/// Destroys every grant of a sync.
pub(crate) fn destroy_all(transaction: &Transaction<'_>, sync: SyncId) -> Result<()> {
    transaction.prepare_cached("DELETE FROM grants WHERE sync = ?")?.execute([sync.0])?;
    Ok(())
}

/// The sealed tokens.
pub(crate) fn sealed(connection: &Connection, grant: GrantId) -> Result<Option<(PlatformId, Vec<u8>)>> {
    Ok(connection
        .prepare_cached("SELECT platform, sealed FROM grants WHERE id = ? AND sealed IS NOT NULL")?
        .query_row([grant.0], |row| Ok((word(row, 0)?, row.get(1)?)))
        .optional()?)
}

/// Notes that the platform named the expected person.
pub(crate) fn verified(transaction: &Transaction<'_>, grant: GrantId) -> Result<()> {
    transaction.prepare_cached("UPDATE grants SET verified = 1 WHERE id = ?")?.execute([grant.0])?;
    Ok(())
}

/// The grants of a sync, oldest first.
pub(crate) fn of_sync(connection: &Connection, sync: SyncId) -> Result<Vec<Grant>> {
    let mut statement =
        connection.prepare_cached("SELECT id, platform, account, sealed IS NOT NULL, verified FROM grants WHERE sync = ? ORDER BY id")?;
    let mut rows = statement.query([sync.0])?;
    let mut grants = Vec::new();
    while let Some(row) = rows.next()? {
        grants.push(Grant {
            id: GrantId(row.get(0)?),
            platform: word(row, 1)?,
            account: row.get(2)?,
            held: row.get(3)?,
            verified: row.get(4)?,
        });
    }
    Ok(grants)
}

/// Whether an account's own authorisation is held for a sync.
pub(crate) fn is_authorised(connection: &Connection, platform: PlatformId, account: &str) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM grants WHERE platform = ? AND account = ? AND verified AND sealed IS NOT NULL)")?
        .query_row(params![platform.as_str(), account], |row| row.get(0))?)
}

/// Destroys the grants of a sync that were never found to be the expected person's.
pub(crate) fn destroy_unverified(transaction: &Transaction<'_>, sync: SyncId) -> Result<()> {
    transaction.prepare_cached("DELETE FROM grants WHERE sync = ? AND NOT verified")?.execute([sync.0])?;
    Ok(())
}

/// Destroys a grant.
pub(crate) fn destroy(transaction: &Transaction<'_>, grant: GrantId) -> Result<()> {
    transaction.prepare_cached("DELETE FROM grants WHERE id = ?")?.execute([grant.0])?;
    Ok(())
}

/// Every sync with tokens of its own, and where they are for.
pub(crate) fn held(connection: &Connection) -> Result<Vec<(SyncId, PlatformId)>> {
    let mut statement = connection.prepare_cached("SELECT sync, platform FROM grants WHERE sealed IS NOT NULL")?;
    Ok(statement.query_map([], |row| Ok((SyncId(row.get(0)?), word(row, 1)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// How many grants hold tokens of a platform.
pub(crate) fn held_on(connection: &Connection, platform: PlatformId) -> Result<u64> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM grants WHERE sealed IS NOT NULL AND platform = ?")?;
    let count: i64 = statement.query_row([platform.as_str()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// How many grants hold tokens, and how many people they are of.
pub(crate) fn held_by(connection: &Connection) -> Result<(u64, u64)> {
    let mut statement = connection.prepare_cached("SELECT count(*), count(DISTINCT person) FROM grants WHERE sealed IS NOT NULL")?;
    Ok(statement.query_row([], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, i64>(1)?.unsigned_abs())))?)
}
