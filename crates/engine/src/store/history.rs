//! Table `history`: what happened to each person, for the timeline, the results of runs, and as the feed from which lists learn
//! whose rows are to be read anew.
//!
//! Everything that happens to a sync is written by triggers, so that nobody can forget to; the admin's own decisions are
//! written by whoever stores them, in the same transaction. Nothing is ever deleted here: the newest number is how far the feed
//! has come. A person who is gone keeps theirs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, Row, Transaction, params};
use serde::Serialize;

use crate::error::Result;
use crate::model::{PersonId, PlatformId, Reason, RunId, Status};
use crate::platform::Left;

use super::columns::{maybe_json, maybe_word, to_json};

/// The table and its triggers. What a deletion leaves stands at the time that `syncs::remove` wrote into the row before.
pub(super) const MIGRATIONS: &[&str] = &["
CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    person INTEGER NOT NULL,
    kind TEXT NOT NULL,
    platform TEXT,
    status TEXT,
    detail TEXT,
    reason TEXT,
    run INTEGER
) STRICT;
INSERT INTO history (at, person, kind, platform, status, detail, reason, run)
    SELECT updated_at, person, 'sync', platform, status, detail, reason, run FROM syncs ORDER BY updated_at, id;
CREATE INDEX history_by_person ON history (person);
CREATE INDEX history_by_run ON history (run, person, platform) WHERE run IS NOT NULL;

CREATE TRIGGER sync_begun AFTER INSERT ON syncs BEGIN
    INSERT INTO history (at, person, kind, platform, status, detail, reason, run)
    VALUES (NEW.updated_at, NEW.person, 'sync', NEW.platform, NEW.status, NEW.detail, NEW.reason, NEW.run);
END;
CREATE TRIGGER sync_changed AFTER UPDATE OF status, detail, reason ON syncs
WHEN NEW.status IS NOT OLD.status OR NEW.detail IS NOT OLD.detail OR NEW.reason IS NOT OLD.reason BEGIN
    INSERT INTO history (at, person, kind, platform, status, detail, reason, run)
    VALUES (NEW.updated_at, NEW.person, 'sync', NEW.platform, NEW.status, NEW.detail, NEW.reason, NEW.run);
END;
CREATE TRIGGER sync_joined AFTER UPDATE OF run ON syncs
WHEN NEW.run IS NOT OLD.run AND NEW.status IS OLD.status AND NEW.detail IS OLD.detail AND NEW.reason IS OLD.reason BEGIN
    INSERT INTO history (at, person, kind, platform, status, detail, reason, run)
    VALUES (NEW.updated_at, NEW.person, 'joined', NEW.platform, NEW.status, NEW.detail, NEW.reason, NEW.run);
END;
CREATE TRIGGER sync_removed AFTER DELETE ON syncs BEGIN
    INSERT INTO history (at, person, kind, platform, run) VALUES (OLD.updated_at, OLD.person, 'removed', OLD.platform, OLD.run);
END;
"];

/// What somebody did to a person, beside their syncs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Deed {
    /// The primary platform was chosen, or its default came back.
    Primary,
    /// An account was linked to the person.
    Link,
    /// An account was taken out of the person.
    Unlink,
    /// The person was told apart from others with the same address.
    Apart,
}

impl Deed {
    fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Link => "link",
            Self::Unlink => "unlink",
            Self::Apart => "apart",
        }
    }
}

/// Writes down what the admin decided about a person.
pub(crate) fn decided(
    transaction: &Transaction<'_>,
    deed: Deed,
    person: PersonId,
    platform: Option<PlatformId>,
    now: Timestamp,
) -> Result<()> {
    transaction.prepare_cached("INSERT INTO history (at, person, kind, platform) VALUES (?, ?, ?, ?)")?.execute(params![
        now.to_string(),
        person.0,
        deed.as_str(),
        platform.as_ref().map(PlatformId::as_str)
    ])?;
    Ok(())
}

/// Writes down that a confirmed run could not begin with a person, and why.
pub(crate) fn blocked(
    transaction: &Transaction<'_>,
    run: RunId,
    person: PersonId,
    platform: PlatformId,
    reason: &Reason,
    now: Timestamp,
) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO history (at, person, kind, platform, status, reason, run) VALUES (?, ?, 'blocked', ?, 'not_synced', ?, ?)",
        )?
        .execute(params![now.to_string(), person.0, platform.as_str(), to_json(reason)?, run.0])?;
    Ok(())
}

/// Writes down how the reset of a person stands: under way (pending), done (not synced), or failed with its reason.
pub(crate) fn reset(
    transaction: &Transaction<'_>,
    run: Option<RunId>,
    person: PersonId,
    status: Status,
    reason: Option<&Reason>,
    now: Timestamp,
) -> Result<()> {
    transaction
        .prepare_cached("INSERT INTO history (at, person, kind, status, reason, run) VALUES (?, ?, 'reset', ?, ?, ?)")?
        .execute(params![now.to_string(), person.0, status.as_str(), reason.map(to_json).transpose()?, run.map(|run| run.0)])?;
    Ok(())
}

/// Writes down what an undoing could not undo.
pub(crate) fn left(
    transaction: &Transaction<'_>,
    run: Option<RunId>,
    person: PersonId,
    platform: PlatformId,
    left: &Left,
    now: Timestamp,
) -> Result<()> {
    let remedy = match left.link {
        Some(_) => "It can be undone by hand there.",
        None => "Nothing more can be done from here.",
    };
    let reason = Reason {
        kind: "left".into(),
        message: format!("{}: {}", left.what, left.why),
        remedy: remedy.into(),
        act: None,
        link: left.link.clone(),
    };
    transaction
        .prepare_cached("INSERT INTO history (at, person, kind, platform, reason, run) VALUES (?, ?, 'left', ?, ?, ?)")?
        .execute(params![now.to_string(), person.0, platform.as_str(), to_json(&reason)?, run.map(|run| run.0)])?;
    Ok(())
}

/// One thing that happened to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct TimelineEntry {
    /// Grows with time.
    pub id: i64,
    /// When, RFC 3339.
    pub at: String,
    /// `sync`, `joined` (became part of a run), `removed`, `blocked`, `primary`, `link`, `unlink`, `apart`, `reset`, `left` (what an undoing could
    /// not undo).
    pub kind: String,
    /// Where.
    pub platform: Option<PlatformId>,
    /// The status that the sync or the reset took.
    pub status: Option<Status>,
    /// A finer state.
    pub detail: Option<String>,
    /// Why it failed or was blocked.
    pub reason: Option<Reason>,
    /// The run that it was part of.
    pub run: Option<RunId>,
}

/// Part of a person's timeline, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct TimelinePage {
    /// What happened.
    pub entries: Vec<TimelineEntry>,
    /// Ask with this for what was before; null at the end.
    pub before: Option<i64>,
}

/// A person's timeline, newest first; `before` is from the page before.
pub(crate) fn timeline(connection: &Connection, person: PersonId, before: Option<i64>, limit: u32) -> Result<TimelinePage> {
    let limit = limit.max(1);
    let mut statement = connection.prepare_cached(
        "SELECT id, at, kind, platform, status, detail, reason, run FROM history WHERE person = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
    )?;
    let found = statement.query_map(params![person.0, before.unwrap_or(i64::MAX), i64::from(limit) + 1], entry)?;
    let mut entries = found.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    Ok(TimelinePage { before: entries.last().filter(|_| more).map(|last| last.id), entries })
}

fn entry(row: &Row<'_>) -> rusqlite::Result<TimelineEntry> {
    Ok(TimelineEntry {
        id: row.get(0)?,
        at: row.get(1)?,
        kind: row.get(2)?,
        platform: maybe_word(row, 3)?,
        status: status(row, 4)?,
        detail: row.get(5)?,
        reason: maybe_json(row, 6)?,
        run: row.get::<_, Option<i64>>(7)?.map(RunId),
    })
}

fn status(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Status>> {
    let Some(stored) = row.get_ref(column)?.as_str_or_null()? else { return Ok(None) };
    let known = Status::ALL.into_iter().find(|status| status.as_str() == stored);
    known.map(Some).ok_or(rusqlite::Error::InvalidColumnType(column, "status".into(), rusqlite::types::Type::Text))
}

/// How a run stands with one person and platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct RunPerson {
    /// Who.
    pub person: PersonId,
    /// Their name; empty when they are gone.
    pub name: String,
    /// Where; null for a reset.
    pub platform: Option<PlatformId>,
    /// How it stands; blocked people, and those whose sync was removed since, are not synced.
    pub status: Status,
    /// A finer state; `blocked`, `removed` and `reset` say why somebody is not synced, `left` that something stays at the platform.
    pub detail: Option<String>,
    /// Why it failed or was blocked, or what stays.
    pub reason: Option<Reason>,
}

/// The results of a run, person by person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, specta::Type)]
pub struct RunPeople {
    /// How many have the wanted status.
    pub total: u64,
    /// How many have each status.
    pub counts: BTreeMap<Status, u64>,
    /// The wanted part, by name.
    pub rows: Vec<RunPerson>,
}

/// The last entry of each person and platform in a run. What stays is told beside it.
const LAST: &str = "WITH last AS (SELECT max(id) AS id FROM history WHERE run = ?1 AND kind <> 'left' GROUP BY person, platform)";

/// The people of a run with a status (or with any), by name, from a position on.
pub(crate) fn run_people(connection: &Connection, run: RunId, wanted: Option<Status>, from: u32, count: u32) -> Result<RunPeople> {
    let mut people = RunPeople { counts: Status::ALL.map(|status| (status, 0)).into(), ..RunPeople::default() };
    let mut statement = connection.prepare_cached(&format!(
        "{LAST} SELECT ifnull(status, 'not_synced'), count(*) FROM last JOIN history ON history.id = last.id GROUP BY 1"
    ))?;
    let mut rows = statement.query([run.0])?;
    while let Some(row) = rows.next()? {
        if let Some(status) = status(row, 0)? {
            people.counts.insert(status, row.get::<_, i64>(1)?.unsigned_abs());
        }
    }
    people.total = people.counts.iter().filter(|(status, _)| wanted.is_none_or(|wanted| wanted == **status)).map(|(_, count)| count).sum();
    let mut statement = connection.prepare_cached(&format!(
        "{LAST} SELECT history.person, ifnull(people.name, ''), history.platform, ifnull(history.status, 'not_synced'),
         CASE WHEN history.kind IN ('blocked', 'removed', 'reset') THEN history.kind ELSE history.detail END, history.reason
         FROM last JOIN history ON history.id = last.id LEFT JOIN people ON people.id = history.person
         WHERE ?2 IS NULL OR ifnull(history.status, 'not_synced') = ?2
         ORDER BY people.sort_name, history.person, history.platform LIMIT ?4 OFFSET ?3"
    ))?;
    let found = statement.query_map(params![run.0, wanted.map(Status::as_str), from, count], |row| {
        Ok(RunPerson {
            person: PersonId(row.get(0)?),
            name: row.get(1)?,
            platform: maybe_word(row, 2)?,
            status: status(row, 3)?.unwrap_or(Status::NotSynced),
            detail: row.get(4)?,
            reason: maybe_json(row, 5)?,
        })
    })?;
    people.rows = found.collect::<rusqlite::Result<_>>()?;
    for row in people.rows.iter_mut().filter(|row| row.reason.is_none() && row.status == Status::NotSynced) {
        if let Some(reason) = left_of(connection, run, row.person, row.platform)? {
            (row.detail, row.reason) = (Some("left".to_owned()), Some(reason));
        }
    }
    Ok(people)
}

/// What a run left of a person's, on one platform or (`None`) on all, as one reason.
fn left_of(connection: &Connection, run: RunId, person: PersonId, platform: Option<PlatformId>) -> Result<Option<Reason>> {
    let mut statement = connection.prepare_cached(
        "SELECT reason FROM history WHERE run = ?1 AND person = ?2 AND kind = 'left' AND (?3 IS NULL OR platform = ?3) ORDER BY id",
    )?;
    let found = statement.query_map(params![run.0, person.0, platform.as_ref().map(PlatformId::as_str)], |row| maybe_json(row, 0))?;
    let all: Vec<Reason> = found.filter_map(rusqlite::Result::transpose).collect::<rusqlite::Result<_>>()?;
    let messages: Vec<&str> = all.iter().map(|reason| reason.message.as_str()).collect();
    let (message, link) = (messages.join(" "), all.iter().find_map(|reason| reason.link.clone()));
    Ok(all.into_iter().next().map(|first| Reason { message, link, ..first }))
}

/// How far the feed has come.
pub(crate) fn newest(connection: &Connection) -> Result<i64> {
    Ok(connection.prepare_cached("SELECT ifnull(max(id), 0) FROM history")?.query_row([], |row| row.get(0))?)
}

/// Whose rows may have changed since the feed was there.
pub(crate) fn people_since(connection: &Connection, since: i64) -> Result<Vec<PersonId>> {
    let mut statement = connection.prepare_cached("SELECT DISTINCT person FROM history WHERE id > ?1")?;
    Ok(statement.query_map([since], |row| Ok(PersonId(row.get(0)?)))?.collect::<rusqlite::Result<_>>()?)
}
