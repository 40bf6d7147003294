//! Accounts by name or address, for linking one by hand.

use rusqlite::{Connection, params};
use serde::Serialize;

use crate::error::Result;
use crate::model::{PersonId, PlatformId};
use crate::store::columns::word;

use super::words;

/// An account that was found, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct AccountHit {
    /// Whose.
    pub person: PersonId,
    /// Their name.
    pub person_name: String,
    /// Where.
    pub platform: PlatformId,
    /// The platform's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its main address.
    pub email: Option<String>,
}

/// The accounts that can be linked of the people whom a text finds, by the people's names.
pub(crate) fn accounts(connection: &Connection, text: &str, limit: u32) -> Result<Vec<AccountHit>> {
    let Some(question) = words::question(text) else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached(
        "SELECT found.id, found.name, platform, accounts.id, accounts.name, accounts.email FROM
         (SELECT id, name, sort_name FROM people WHERE listed AND id IN (SELECT rowid FROM person_words WHERE person_words MATCH ?1)
          ORDER BY sort_name, id LIMIT ?2) AS found
         JOIN members ON members.person = found.id JOIN accounts ON accounts.row = members.account
         WHERE NOT gone AND kind NOT IN ('bot', 'foreign') ORDER BY found.sort_name, found.id, platform, accounts.id LIMIT ?2",
    )?;
    let found = statement.query_map(params![question, limit], |row| {
        Ok(AccountHit {
            person: PersonId(row.get(0)?),
            person_name: row.get(1)?,
            platform: word(row, 2)?,
            id: row.get(3)?,
            name: row.get(4)?,
            email: row.get(5)?,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
