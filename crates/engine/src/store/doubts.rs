//! What was perhaps sent, and what failed: questions over `steps` and `syncs` for looking again, sending anew and trying again.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::model::{PersonId, PlatformId, Reason, RunId, SyncId};

use super::columns::{maybe_json, word};

/// Failed syncs to one platform with one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct Failure {
    /// Where.
    pub platform: PlatformId,
    /// Why, in words that fit all of them.
    pub reason: Reason,
    /// How many people.
    pub people: u64,
    /// Since when, RFC 3339: the oldest of them.
    pub since: String,
    /// Whether it may have happened all the same: it is looked up before it is tried again.
    pub doubtful: bool,
}

/// Which failed syncs; what is not set is not asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Failed {
    /// To this platform.
    pub platform: Option<PlatformId>,
    /// With this kind of reason.
    pub kind: Option<String>,
    /// Of this run.
    pub run: Option<RunId>,
}

/// Whether something of a sync was perhaps sent.
pub(crate) fn is_in_doubt(connection: &Connection, sync: SyncId) -> Result<bool> {
    Ok(connection.prepare_cached("SELECT 1 FROM steps WHERE sync = ? AND state = 'sending'")?.exists([sync.0])?)
}

/// Lets everything of a sync go on that waits until somebody tries again.
pub(crate) fn take_up(transaction: &Transaction<'_>, sync: SyncId, priority: i64) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE steps SET not_before = 0, priority = min(priority, ?) WHERE sync = ? AND state IN ('todo', 'sending', 'waiting')",
        )?
        .execute(params![priority, sync.0])?;
    Ok(())
}

/// Makes a step that was perhaps sent one that nothing was sent of, with another key: somebody has looked, and it did not happen.
pub(crate) fn anew(transaction: &Transaction<'_>, step: i64, key: &str, payload: Option<&str>, now: Timestamp) -> Result<()> {
    transaction
        .prepare_cached("UPDATE steps SET state = 'todo', key = ?, payload = ?, attempt = 0, updated_at = ? WHERE id = ?")?
        .execute(params![key, payload, now.to_string(), step])?;
    Ok(())
}

/// How the words of a reason begin for many, where those for one begin with the person's name.
const ANYBODY: &str = "The person";

/// Everything that failed, by platform and reason, the largest group first.
pub(crate) fn failures(connection: &Connection) -> Result<Vec<Failure>> {
    let mut statement = connection.prepare_cached(
        "WITH failed AS (
             SELECT s.id, s.platform, s.updated_at, s.reason ->> 'kind' AS kind, s.reason ->> 'message' AS message, p.name AS name,
                    EXISTS (SELECT 1 FROM steps t WHERE t.sync = s.id AND t.state = 'sending') AS doubtful
             FROM syncs s JOIN people p ON p.id = s.person WHERE s.status = 'failed'),
         told AS (
             SELECT id, platform, updated_at, kind, doubtful, message,
                    CASE WHEN substr(message, 1, length(name) + 1) = name || ' ' THEN ?1 || substr(message, length(name) + 1)
                    ELSE message END AS words
             FROM failed),
         grouped AS (
             SELECT platform, words, count(*) AS people, min(updated_at) AS since, max(doubtful) AS doubtful, min(id) AS first
             FROM told GROUP BY platform, kind, words)
         SELECT g.platform, s.reason, g.words, g.people, g.since, g.doubtful FROM grouped g JOIN syncs s ON s.id = g.first
         ORDER BY g.people DESC, g.platform, g.first",
    )?;
    let mut rows = statement.query([ANYBODY])?;
    let mut failures = Vec::new();
    while let Some(row) = rows.next()? {
        let (Some(own), people): (Option<Reason>, i64) = (maybe_json(row, 1)?, row.get(3)?) else { continue };
        // What is said of one names them and leads to them.
        let reason = if people == 1 { own } else { Reason { message: row.get(2)?, link: None, ..own } };
        let people = people.unsigned_abs();
        failures.push(Failure { platform: word(row, 0)?, reason, people, since: row.get(4)?, doubtful: row.get(5)? });
    }
    Ok(failures)
}

/// Whose syncs failed, by platform.
pub(crate) fn failed(connection: &Connection, which: &Failed) -> Result<Vec<(PlatformId, Vec<PersonId>)>> {
    let mut statement = connection.prepare_cached(
        "SELECT platform, person FROM syncs WHERE status = 'failed' AND (?1 IS NULL OR platform = ?1)
         AND (?2 IS NULL OR reason ->> 'kind' = ?2) AND (?3 IS NULL OR run = ?3) ORDER BY platform, id",
    )?;
    let mut rows = statement.query(params![which.platform.as_ref().map(PlatformId::as_str), which.kind, which.run.map(|run| run.0)])?;
    let mut failed: Vec<(PlatformId, Vec<PersonId>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (platform, person) = (word(row, 0)?, PersonId(row.get(1)?));
        match failed.last_mut() {
            Some((last, people)) if *last == platform => people.push(person),
            _ => failed.push((platform, vec![person])),
        }
    }
    Ok(failed)
}
