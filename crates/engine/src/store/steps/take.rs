//! Which steps can be done now, and whose they are: taken many at once, the most urgent first.

use rusqlite::{Connection, Transaction, params};

use crate::error::Result;
use crate::model::{PlatformId, RunId, SyncId};
use crate::store::columns::to_json;

use super::{COLUMNS, IN_SCOPE, PARKED, Step, collect};

/// Which steps are meant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    /// Platform.
    pub(crate) platform: PlatformId,
    /// Only syncs of this run.
    pub(crate) run: Option<RunId>,
    /// Only this sync.
    pub(crate) sync: Option<SyncId>,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
}

/// Steps that have places of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Sort {
    /// A bot, guest or prompt that the admin waits for.
    Admin,
    /// What follows when a person has authorised or answered.
    People,
    /// One bot, guest or prompt of many; prompts go first.
    Many,
    /// A look whether a person has authorised or answered.
    Look,
}

impl Sort {
    /// All of them, the most urgent first.
    pub(crate) const ALL: [Self; 4] = [Self::Admin, Self::People, Self::Many, Self::Look];

    /// The ranges of an index that hold it, in their order.
    fn ranges(self) -> &'static [&'static str] {
        match self {
            Self::Admin => &["t.state IN ('todo', 'sending') AND t.held = 0 AND t.priority = 0 AND t.kind IN ('represent', 'prompt')"],
            Self::People => &["t.state IN ('todo', 'sending') AND t.held = 0 AND t.priority = 0 AND t.kind IN ('verify', 'tell')"],
            Self::Many => &[
                "t.state IN ('todo', 'sending') AND t.held = 0 AND t.priority = 1",
                "t.state IN ('todo', 'sending') AND t.held = 0 AND t.priority = 2",
            ],
            Self::Look => &["t.state = 'waiting'"],
        }
    }
}

/// Whoever takes steps: the number of their pass, those of all passes that live, and steps that they leave alone (lists as JSON).
#[derive(Clone, Debug)]
pub(crate) struct Taker {
    pub(crate) pass: i64,
    pub(crate) living: String,
    pub(crate) except: String,
}

/// Takes at most so many steps of a sort that can be done now, those that are due longest first.
pub(crate) fn take(transaction: &Transaction<'_>, due: Due, sort: Sort, by: &Taker, limit: u32) -> Result<Vec<Step>> {
    let mut taken = Vec::new();
    for range in sort.ranges() {
        let left = limit.saturating_sub(u32::try_from(taken.len()).unwrap_or(u32::MAX));
        if left == 0 {
            break;
        }
        let mut statement = transaction.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM steps t JOIN syncs s ON s.id = t.sync
             WHERE t.platform = ?1 AND {range} AND {IN_SCOPE} AND t.not_before <= ?4
             AND (t.lease IS NULL OR t.lease NOT IN (SELECT value FROM json_each(?5))) AND t.id NOT IN (SELECT value FROM json_each(?6))
             ORDER BY t.not_before, t.id LIMIT ?7"
        ))?;
        let run = due.run.map(|run| run.0);
        let sync = due.sync.map(|sync| sync.0);
        taken.extend(collect(statement.query(params![due.platform.as_str(), run, sync, due.now, by.living, by.except, left])?)?);
    }
    if !taken.is_empty() {
        let ids = to_json(&taken.iter().map(|step| step.id).collect::<Vec<_>>())?;
        transaction
            .prepare_cached("UPDATE steps SET lease = ?1 WHERE id IN (SELECT value FROM json_each(?2))")?
            .execute(params![by.pass, ids])?;
    }
    Ok(taken)
}

/// Gives steps back that were taken and not done.
pub(crate) fn give_back(transaction: &Transaction<'_>, id: i64) -> Result<()> {
    transaction.prepare_cached("UPDATE steps SET lease = NULL WHERE id = ?")?.execute([id])?;
    Ok(())
}

/// When the next step of some sorts can be taken, in milliseconds since 1970, perhaps long since. Parked ones never can.
pub(crate) fn next_due(connection: &Connection, due: Due, by: &Taker) -> Result<Option<i64>> {
    let mut next = None;
    for range in Sort::ALL.iter().flat_map(|sort| sort.ranges()) {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT t.not_before FROM steps t JOIN syncs s ON s.id = t.sync
             WHERE t.platform = ?1 AND {range} AND {IN_SCOPE} AND t.not_before < ?4
             AND (t.lease IS NULL OR t.lease NOT IN (SELECT value FROM json_each(?5))) AND t.id NOT IN (SELECT value FROM json_each(?6))
             ORDER BY t.not_before LIMIT 1"
        ))?;
        let run = due.run.map(|run| run.0);
        let sync = due.sync.map(|sync| sync.0);
        let mut rows = statement.query(params![due.platform.as_str(), run, sync, PARKED, by.living, by.except])?;
        if let Some(row) = rows.next()? {
            let at = row.get(0)?;
            next = Some(next.map_or(at, |next: i64| next.min(at)));
        }
    }
    Ok(next)
}
