//! Table `people`: one row per human, and `members`: which account is whose.
//!
//! Name, address, primary and `offered` are derived from the accounts and stored, so that a list of 100,000 is sorted,
//! filtered and counted without a look at the accounts. `person_words` holds the names and addresses of all accounts of who
//! is listed. `people::settle` is the only one who derives them.
//!
//! `members` has no index by account and no foreign keys: settling writes 400,000 of them in the order of its key, and reads all.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::error::{Error, Result};
use crate::model::{PersonId, PlatformId};

use super::columns::{maybe_word, word};

pub(super) const MIGRATIONS: &[&str] = &["
CREATE TABLE people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    email TEXT,
    sort_name TEXT NOT NULL,
    offered INTEGER NOT NULL,
    listed INTEGER NOT NULL,
    platforms TEXT NOT NULL,
    primary_platform TEXT,
    chosen_primary TEXT
) STRICT;
CREATE INDEX people_by_name ON people (sort_name, id) WHERE listed;
CREATE INDEX people_by_primary ON people (primary_platform) WHERE offered;

CREATE TABLE members (
    person INTEGER NOT NULL,
    account INTEGER NOT NULL,
    PRIMARY KEY (person, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE links (
    account INTEGER PRIMARY KEY REFERENCES accounts (row),
    person INTEGER REFERENCES people (id)
) STRICT;
CREATE INDEX links_by_person ON links (person);

CREATE VIRTUAL TABLE person_words USING fts5 (
    words, content = '', contentless_delete = 1, prefix = '1 2', tokenize = \"unicode61 remove_diacritics 2\"
);
"];

/// The person's primary platform. Errors: `Kind::NotFound`.
pub fn primary_of(connection: &Connection, person: PersonId) -> Result<Option<PlatformId>> {
    connection
        .prepare_cached("SELECT primary_platform FROM people WHERE id = ?1")?
        .query_row([person.0], |row| maybe_word(row, 0))
        .optional()?
        .ok_or_else(|| unknown(&person.to_string()))
}

/// The platforms on which a sync of the person is in place, whatever its status.
pub fn synced_platforms(connection: &Connection, person: PersonId) -> Result<Vec<PlatformId>> {
    let mut statement =
        connection.prepare_cached("SELECT platform FROM syncs WHERE person = ?1 AND status <> 'not_synced' ORDER BY platform")?;
    Ok(statement.query_map([person.0], |row| word(row, 0))?.collect::<rusqlite::Result<_>>()?)
}

/// The error for a person who is not there.
pub(crate) fn unknown(text: &str) -> Error {
    Error::not_found("person", format!("There is nobody called `{text}`."), "Look for them by another part of their name or address.")
}

/// What people see of a person, and what is derived from the accounts.
#[derive(Clone, Debug)]
pub(crate) struct PersonRow<'a> {
    pub(crate) id: PersonId,
    pub(crate) name: &'a str,
    pub(crate) email: Option<&'a str>,
    pub(crate) offered: bool,
    pub(crate) primary: Option<PlatformId>,
    /// The slugs of all platforms with an account, each between spaces.
    pub(crate) platforms: &'a str,
    /// Names and addresses of all accounts.
    pub(crate) words: &'a str,
}

/// Makes a person.
pub(crate) fn insert(transaction: &Transaction<'_>, row: &PersonRow<'_>) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO people (id, name, email, sort_name, offered, listed, primary_platform, platforms) VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7)",
        )?
        .execute(params![row.id.0, row.name, row.email, row.name.to_lowercase(), row.offered, slug(row), row.platforms])?;
    transaction.prepare_cached("INSERT INTO person_words (rowid, words) VALUES (?1, ?2)")?.execute(params![row.id.0, row.words])?;
    Ok(())
}

/// Changes a person, who is listed from now on; the chosen primary stays.
pub(crate) fn update(transaction: &Transaction<'_>, row: &PersonRow<'_>) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE people SET name = ?2, email = ?3, sort_name = ?4, offered = ?5, listed = 1, primary_platform = ?6, platforms = ?7 WHERE id = ?1",
        )?
        .execute(params![row.id.0, row.name, row.email, row.name.to_lowercase(), row.offered, slug(row), row.platforms])?;
    transaction
        .prepare_cached("INSERT OR REPLACE INTO person_words (rowid, words) VALUES (?1, ?2)")?
        .execute(params![row.id.0, row.words])?;
    Ok(())
}

fn slug<'a>(row: &'a PersonRow<'_>) -> Option<&'a str> {
    row.primary.as_ref().map(PlatformId::as_str)
}

/// The people with an account that has this address, as far as words can tell: the caller compares.
pub(crate) fn with_words_of(connection: &Connection, address: &str) -> Result<Vec<PersonId>> {
    if !address.chars().any(char::is_alphanumeric) {
        return Ok(Vec::new());
    }
    let phrase = format!("\"{}\"", address.replace('"', "\"\""));
    let mut statement = connection.prepare_cached("SELECT rowid FROM person_words WHERE person_words MATCH ?1 ORDER BY rowid")?;
    Ok(statement.query_map([phrase], |row| Ok(PersonId(row.get(0)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// The name under which a person is listed.
pub fn name_of(connection: &Connection, person: PersonId) -> Result<String> {
    let mut statement = connection.prepare_cached("SELECT name FROM people WHERE id = ?1")?;
    statement.query_row([person.0], |row| row.get(0)).optional()?.ok_or_else(|| unknown(&person.to_string()))
}

/// Says whose an account is from now on.
pub(crate) fn own(transaction: &Transaction<'_>, account: i64, person: PersonId) -> Result<()> {
    transaction.prepare_cached("INSERT INTO members (person, account) VALUES (?1, ?2)")?.execute([person.0, account])?;
    Ok(())
}

/// Says that an account is this person's no more.
pub(crate) fn disown(transaction: &Transaction<'_>, account: i64, person: PersonId) -> Result<()> {
    transaction.prepare_cached("DELETE FROM members WHERE person = ?1 AND account = ?2")?.execute([person.0, account])?;
    Ok(())
}

/// The id for the next new person: higher than any that ever was.
pub(crate) fn next_id(connection: &Connection) -> Result<i64> {
    let last: Option<i64> =
        connection.query_row("SELECT seq FROM sqlite_sequence WHERE name = 'people'", [], |row| row.get(0)).optional()?;
    Ok(last.unwrap_or(0) + 1)
}

/// Puts a person without accounts where they belong: listed while syncs are in place, kept unseen while the admin's links may
/// bring their accounts back, otherwise gone. A person with accounts is left alone.
pub(crate) fn forget_if_empty(transaction: &Transaction<'_>, person: PersonId) -> Result<()> {
    let exists = |sql: &str| -> Result<bool> { Ok(transaction.prepare_cached(sql)?.exists([person.0])?) };
    if exists(
        "SELECT 1 FROM members JOIN accounts ON accounts.row = members.account WHERE members.person = ?1 AND NOT gone AND kind <> 'bot'",
    )? {
        return Ok(());
    }
    let syncs = exists("SELECT 1 FROM syncs WHERE person = ?1")?;
    if syncs || exists("SELECT 1 FROM links WHERE person = ?1")? {
        transaction
            .prepare_cached("UPDATE people SET offered = 0, listed = ?2, platforms = '' WHERE id = ?1")?
            .execute(params![person.0, syncs])?;
        if !syncs {
            transaction.prepare_cached("DELETE FROM person_words WHERE rowid = ?1")?.execute([person.0])?;
        }
        return Ok(());
    }
    transaction.prepare_cached("DELETE FROM person_words WHERE rowid = ?1")?.execute([person.0])?;
    transaction.prepare_cached("DELETE FROM members WHERE person = ?1")?.execute([person.0])?;
    transaction.prepare_cached("DELETE FROM people WHERE id = ?1")?.execute([person.0])?;
    Ok(())
}
