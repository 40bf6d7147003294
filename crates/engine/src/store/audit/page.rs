//! Looking at entries: newest first for people, oldest first for whoever writes them all down.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::model::{PersonId, PlatformId, RunId};
use crate::store::columns::maybe_word;

use super::AuditEntry;

/// Which entries; what is not set is not asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct AuditFilter {
    /// About this person.
    pub person: Option<PersonId>,
    /// Of this run.
    pub run: Option<RunId>,
    /// On this platform.
    pub platform: Option<PlatformId>,
}

/// Part of the audit log, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, specta::Type)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// Ask with this for what was before; null at the end.
    pub before: Option<i64>,
}

const COLUMNS: &str = "id, at, actor, action, platform, person, run, what, hash";

/// One page, newest first; `before` is from the page before.
pub(crate) fn page(connection: &Connection, filter: &AuditFilter, before: Option<i64>, limit: u32) -> Result<AuditPage> {
    let limit = limit.max(1);
    // A condition that is not asked about would keep SQLite from the indexes.
    let mut only = String::new();
    let mut values = vec![Value::from(before.unwrap_or(i64::MAX)), Value::from(i64::from(limit) + 1)];
    let asked = [
        ("person", filter.person.map(|person| Value::from(person.0))),
        ("run", filter.run.map(|run| Value::from(run.0))),
        ("platform", filter.platform.map(|platform| Value::from(platform.to_string()))),
    ];
    for (column, value) in asked.into_iter().filter_map(|(column, value)| Some((column, value?))) {
        values.push(value);
        only += &format!(" AND {column} = ?{}", values.len());
    }
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM audit WHERE id < ?1{only} ORDER BY id DESC LIMIT ?2"))?;
    let found = statement.query_map(params_from_iter(values), entry)?;
    let mut entries = found.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    Ok(AuditPage { before: entries.last().filter(|_| more).map(|last| last.id), entries })
}

/// The newest entry's number; nought without entries.
pub(crate) fn newest(connection: &Connection) -> Result<i64> {
    Ok(connection.prepare_cached("SELECT ifnull(max(id), 0) FROM audit")?.query_row([], |row| row.get(0))?)
}

/// The entries after one, oldest first.
pub(crate) fn after(connection: &Connection, after: i64, limit: u32) -> Result<Vec<AuditEntry>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM audit WHERE id > ?1 ORDER BY id LIMIT ?2"))?;
    Ok(statement.query_map(params![after, limit], entry)?.collect::<rusqlite::Result<_>>()?)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.get(0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        platform: maybe_word(row, 4)?,
        person: row.get::<_, Option<i64>>(5)?.map(PersonId),
        run: row.get::<_, Option<i64>>(6)?.map(RunId),
        what: row.get(7)?,
        hash: row.get(8)?,
    })
}
