//! How much of each platform's directory is known: accounts by platform, and how its last import ended.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::Result;
use crate::model::PlatformId;

use super::columns::word;

/// How much of a platform's directory is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// Accounts that are there.
    pub known: u64,
    /// Accounts that the last import has seen, or sees.
    pub seen: u64,
    /// Whether the last import is not at its end.
    pub unfinished: bool,
}

/// All directories that were ever read.
pub(crate) fn all(connection: &Connection) -> Result<BTreeMap<PlatformId, Directory>> {
    let mut all: BTreeMap<PlatformId, Directory> = BTreeMap::new();
    let mut statement =
        connection.prepare_cached("SELECT platform, count(*) FROM accounts WHERE NOT gone AND kind <> 'bot' GROUP BY platform")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        all.entry(word(row, 0)?).or_default().known = row.get::<_, i64>(1)?.unsigned_abs();
    }
    let mut statement = connection.prepare_cached("SELECT platform, accounts, done FROM imports")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let directory = all.entry(word(row, 0)?).or_default();
        directory.seen = row.get::<_, i64>(1)?.unsigned_abs();
        directory.unfinished = !row.get::<_, bool>(2)?;
    }
    Ok(all)
}
