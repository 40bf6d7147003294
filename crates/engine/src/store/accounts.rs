//! Table `accounts`: every account ever imported, by (platform, id).
//!
//! It has no index but that one: an import writes 100,000 rows, and each index that is not in the order of the import would
//! cost a page of the disk for every row. Addresses and words are found through the people (`person_words`).

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::error::Result;
use crate::model::{Account, AccountKind, PersonId, PlatformId};

use super::columns::{maybe_json, to_json, to_word, word};

pub(super) const MIGRATIONS: &[&str] = &["
CREATE TABLE accounts (
    row INTEGER PRIMARY KEY,
    platform TEXT NOT NULL,
    kind TEXT NOT NULL,
    active INTEGER NOT NULL,
    gone INTEGER NOT NULL DEFAULT 0,
    seen INTEGER NOT NULL,
    verified INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    aliases TEXT,
    avatar TEXT,
    licensed INTEGER,
    attributes TEXT,
    UNIQUE (platform, id)
) STRICT;

CREATE TABLE changed_accounts (account INTEGER PRIMARY KEY REFERENCES accounts (row)) STRICT;
"];

/// The number under which an account stands in this database. Never reused, smaller means imported earlier.
pub type AccountRow = i64;

/// What an import makes of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Never heard of before.
    New,
    /// Something about it is different, or it is back.
    Changed,
    /// As before.
    Same,
    /// Already seen in this import (a member of two teams).
    Twice,
}

const COLUMNS: &str = "platform, kind, active, verified, id, name, email, aliases, avatar, licensed, attributes";

fn read(row: &Row<'_>) -> rusqlite::Result<Account> {
    let kind: String = row.get(1)?;
    Ok(Account {
        platform: word(row, 0)?,
        kind: kind_of(&kind, 1)?,
        active: row.get(2)?,
        email_verified: row.get(3)?,
        id: row.get(4)?,
        name: row.get(5)?,
        email: row.get(6)?,
        aliases: maybe_json(row, 7)?.unwrap_or_default(),
        avatar: row.get(8)?,
        licensed: row.get(9)?,
        attributes: maybe_json(row, 10)?.unwrap_or_default(),
    })
}

pub(crate) fn kind_of(word: &str, column: usize) -> rusqlite::Result<AccountKind> {
    Ok(match word {
        "member" => AccountKind::Member,
        "guest" => AccountKind::Guest,
        "foreign" => AccountKind::Foreign,
        "bot" => AccountKind::Bot,
        _ => return Err(rusqlite::Error::InvalidColumnType(column, "kind".into(), rusqlite::types::Type::Text)),
    })
}

/// Stores an account as this import sees it.
pub(crate) fn see(transaction: &Transaction<'_>, account: &Account, generation: i64) -> Result<Seen> {
    let known = transaction
        .prepare_cached(
            "SELECT platform, kind, active, verified, id, name, email, aliases, avatar, licensed, attributes, row, gone, seen
             FROM accounts WHERE platform = ?1 AND id = ?2",
        )?
        .query_row(params![account.platform.as_str(), account.id], |row| {
            Ok((read(row)?, row.get::<_, AccountRow>(11)?, row.get::<_, bool>(12)?, row.get::<_, i64>(13)?))
        })
        .optional()?;
    let Some((before, number, gone, seen)) = known else {
        insert(transaction, account, generation)?;
        return Ok(Seen::New);
    };
    let changed = gone || before != *account;
    if changed {
        update(transaction, account, number, generation)?;
        note_change(transaction, number)?;
    } else {
        transaction.prepare_cached("UPDATE accounts SET seen = ?2 WHERE row = ?1")?.execute([number, generation])?;
    }
    Ok(match (changed, seen == generation) {
        (_, true) => Seen::Twice,
        (true, false) => Seen::Changed,
        (false, false) => Seen::Same,
    })
}

/// The same when hardly any account can be known: tries to store it before looking for it.
pub(crate) fn see_first(transaction: &Transaction<'_>, account: &Account, generation: i64) -> Result<Seen> {
    if insert(transaction, account, generation)? { Ok(Seen::New) } else { see(transaction, account, generation) }
}

/// Stores an account unless it is known.
fn insert(transaction: &Transaction<'_>, account: &Account, generation: i64) -> Result<bool> {
    let inserted = transaction
        .prepare_cached(
            "INSERT INTO accounts (platform, kind, active, verified, id, name, email, aliases, avatar, licensed, attributes, seen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (platform, id) DO NOTHING",
        )?
        .execute(params![
            account.platform.as_str(),
            to_word(&account.kind)?,
            account.active,
            account.email_verified,
            account.id,
            account.name,
            account.email,
            list(&account.aliases)?,
            account.avatar,
            account.licensed,
            map(&account.attributes)?,
            generation
        ])?;
    Ok(inserted > 0)
}

fn update(transaction: &Transaction<'_>, account: &Account, number: AccountRow, generation: i64) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE accounts SET kind = ?2, active = ?3, verified = ?4, name = ?5, email = ?6, aliases = ?7, avatar = ?8, licensed = ?9,
             attributes = ?10, seen = ?11, gone = 0 WHERE row = ?1",
        )?
        .execute(params![
            number,
            to_word(&account.kind)?,
            account.active,
            account.email_verified,
            account.name,
            account.email,
            list(&account.aliases)?,
            account.avatar,
            account.licensed,
            map(&account.attributes)?,
            generation
        ])?;
    Ok(())
}

fn list(aliases: &[String]) -> Result<Option<String>> {
    if aliases.is_empty() { Ok(None) } else { to_json(&aliases).map(Some) }
}

fn map(attributes: &BTreeMap<String, String>) -> Result<Option<String>> {
    if attributes.is_empty() { Ok(None) } else { to_json(attributes).map(Some) }
}

fn note_change(transaction: &Transaction<'_>, number: AccountRow) -> Result<()> {
    transaction.prepare_cached("INSERT OR IGNORE INTO changed_accounts VALUES (?1)")?.execute([number])?;
    Ok(())
}

/// Marks what an import did not see as gone. Returns how many humans' accounts that were.
pub(crate) fn leave(transaction: &Transaction<'_>, platform: PlatformId, generation: i64) -> Result<u64> {
    let left: Vec<(AccountRow, bool)> = transaction
        .prepare_cached("SELECT row, kind <> 'bot' FROM accounts WHERE platform = ?1 AND NOT gone AND seen <> ?2 ORDER BY row")?
        .query_map(params![platform.as_str(), generation], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (number, _) in &left {
        note_change(transaction, *number)?;
        transaction.prepare_cached("UPDATE accounts SET gone = 1 WHERE row = ?1")?.execute([number])?;
    }
    Ok(left.iter().filter(|(_, human)| *human).count() as u64)
}

/// Whether an account is a bot or guest that we made.
pub(crate) fn is_own_stand_in(connection: &Connection, platform: PlatformId, id: &str) -> Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM own_stand_ins WHERE platform = ?1 AND account = ?2")?;
    Ok(statement.exists(params![platform.as_str(), id])?)
}

/// Whether there is any such account on a platform.
pub(crate) fn has_own_stand_ins(connection: &Connection, platform: PlatformId) -> Result<bool> {
    Ok(connection.prepare_cached("SELECT 1 FROM own_stand_ins WHERE platform = ?1")?.exists([platform.as_str()])?)
}

/// How many accounts of humans a platform has, those that are gone not counted.
pub(crate) fn present(connection: &Connection, platform: PlatformId) -> Result<u64> {
    let count: i64 = connection
        .prepare_cached("SELECT count(*) FROM accounts WHERE platform = ?1 AND NOT gone AND kind <> 'bot'")?
        .query_row([platform.as_str()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// A person's accounts with their rows, gone ones left out.
pub(crate) fn rows_of_person(connection: &Connection, person: PersonId) -> Result<Vec<(AccountRow, Account)>> {
    let sql = format!(
        "SELECT {COLUMNS}, row FROM members JOIN accounts ON accounts.row = members.account WHERE members.person = ?1 AND NOT gone ORDER BY platform"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_map([person.0], |row| Ok((row.get(11)?, read(row)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// On which platform an account is; `None` when there is no such row.
pub(crate) fn platform_of(connection: &Connection, row: AccountRow) -> Result<Option<PlatformId>> {
    let mut statement = connection.prepare_cached("SELECT platform FROM accounts WHERE row = ?1")?;
    Ok(statement.query_row([row], |row| word(row, 0)).optional()?)
}

/// An account by its identity, unless it is gone.
pub fn get(connection: &Connection, platform: PlatformId, id: &str) -> Result<Option<Account>> {
    let sql = format!("SELECT {COLUMNS} FROM accounts WHERE platform = ?1 AND id = ?2 AND NOT gone");
    Ok(connection.prepare_cached(&sql)?.query_row(params![platform.as_str(), id], read).optional()?)
}

/// A person's accounts, at most one a platform, in the order of the platforms' slugs.
pub fn of_person(connection: &Connection, person: PersonId) -> Result<Vec<Account>> {
    Ok(rows_of_person(connection, person)?.into_iter().map(|(_, account)| account).collect())
}
