//! Table `syncs`: the link of one person to one secondary platform. Absence of a row means `not_synced`.
//!
//! `own_stand_ins` remembers for ever every bot and guest that we made, also when its sync is gone: an import must never
//! take one for a person. A trigger fills it, so that nobody can forget to.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::error::Result;
use crate::model::{PersonId, PlatformId, Reason, Representation, RepresentationKind, RunId, Status, SyncId};

use super::columns::{maybe_json, to_json, to_word, word};

pub(super) const MIGRATIONS: &[&str] = &[
    "
CREATE TABLE syncs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person INTEGER NOT NULL REFERENCES people (id),
    platform TEXT NOT NULL,
    status TEXT NOT NULL,
    detail TEXT,
    representation TEXT,
    stand_in TEXT,
    reason TEXT,
    run INTEGER,
    updated_at TEXT NOT NULL,
    UNIQUE (person, platform)
) STRICT;
CREATE INDEX syncs_by_status ON syncs (platform, status);

CREATE TABLE own_stand_ins (
    platform TEXT NOT NULL,
    account TEXT NOT NULL,
    PRIMARY KEY (platform, account)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER stand_in_stored AFTER INSERT ON syncs WHEN json_extract(NEW.stand_in, '$.created') BEGIN
    INSERT OR IGNORE INTO own_stand_ins VALUES (NEW.platform, json_extract(NEW.stand_in, '$.id'));
END;
CREATE TRIGGER stand_in_changed AFTER UPDATE OF stand_in ON syncs WHEN json_extract(NEW.stand_in, '$.created') BEGIN
    INSERT OR IGNORE INTO own_stand_ins VALUES (NEW.platform, json_extract(NEW.stand_in, '$.id'));
END;
",
    // The run that brought the sync into being, the one that undoes it, and what holds its undoing: the bits of `steps.held`.
    "
ALTER TABLE syncs ADD COLUMN made_by INTEGER;
ALTER TABLE syncs ADD COLUMN undo_run INTEGER;
ALTER TABLE syncs ADD COLUMN undo_held INTEGER NOT NULL DEFAULT 0;
CREATE INDEX syncs_by_maker ON syncs (made_by, id) WHERE made_by IS NOT NULL;
CREATE INDEX syncs_by_undo ON syncs (undo_run, id) WHERE undo_run IS NOT NULL;
CREATE INDEX syncs_cancelling ON syncs (id) WHERE detail = 'cancelling';
",
];

/// One sync.
#[derive(Clone, Debug)]
pub(crate) struct Sync {
    pub(crate) id: SyncId,
    pub(crate) person: PersonId,
    pub(crate) platform: PlatformId,
    pub(crate) status: Status,
    pub(crate) detail: Option<String>,
    pub(crate) stand_in: Option<Representation>,
    pub(crate) reason: Option<Reason>,
    pub(crate) run: Option<RunId>,
    /// The run that undoes it.
    pub(crate) undo_run: Option<RunId>,
}

impl Sync {
    /// Whether the admin has taken it back, or a run that undoes it has it in hand.
    pub(crate) fn is_being_undone(&self) -> bool {
        self.undo_run.is_some() || self.detail.as_deref() == Some(CANCELLING)
    }
}

/// The detail of a sync that is being undone.
pub(crate) const CANCELLING: &str = "cancelling";

const COLUMNS: &str = "id, person, platform, status, detail, stand_in, reason, run, undo_run";

fn read(row: &Row<'_>) -> rusqlite::Result<Sync> {
    let status: String = row.get(3)?;
    Ok(Sync {
        id: SyncId(row.get(0)?),
        person: PersonId(row.get(1)?),
        platform: word(row, 2)?,
        status: Status::ALL.into_iter().find(|each| each.as_str() == status).unwrap_or(Status::Failed),
        detail: row.get(4)?,
        stand_in: maybe_json(row, 5)?,
        reason: maybe_json(row, 6)?,
        run: row.get::<_, Option<i64>>(7)?.map(RunId),
        undo_run: row.get::<_, Option<i64>>(8)?.map(RunId),
    })
}

/// One sync by its id.
pub(crate) fn get(connection: &Connection, id: SyncId) -> Result<Option<Sync>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM syncs WHERE id = ?"))?;
    Ok(statement.query_row([id.0], read).optional()?)
}

/// The sync of a person to a platform.
pub(crate) fn find(connection: &Connection, person: PersonId, platform: PlatformId) -> Result<Option<Sync>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM syncs WHERE person = ? AND platform = ?"))?;
    Ok(statement.query_row(params![person.0, platform.as_str()], read).optional()?)
}

/// All syncs of a person.
pub(crate) fn of_person(connection: &Connection, person: PersonId) -> Result<Vec<Sync>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM syncs WHERE person = ? ORDER BY id"))?;
    Ok(statement.query_map([person.0], read)?.collect::<rusqlite::Result<_>>()?)
}

/// Every sync: where, and its bot or guest.
pub(crate) fn each(connection: &Connection, mut each: impl FnMut(SyncId, PlatformId, Option<Representation>)) -> Result<()> {
    let mut statement = connection.prepare_cached("SELECT id, platform, stand_in FROM syncs")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(SyncId(row.get(0)?), word(row, 1)?, maybe_json(row, 2)?);
    }
    Ok(())
}

/// Writes a sync as pending and queued, new or again; gives its id.
///
/// It belongs to the run that brought it into being, whichever run works on it later; one that failed with nothing made or asked
/// has not come into being, and belongs to the run that queues it anew.
pub(crate) fn queue(
    transaction: &Transaction<'_>,
    person: PersonId,
    platform: PlatformId,
    representation: RepresentationKind,
    run: RunId,
    now: Timestamp,
) -> Result<SyncId> {
    Ok(SyncId(
        transaction
            .prepare_cached(
                "INSERT INTO syncs (person, platform, status, detail, representation, run, made_by, updated_at)
                 VALUES (?1, ?2, 'pending', 'queued', ?3, ?4, ?4, ?5)
                 ON CONFLICT (person, platform) DO UPDATE SET status = 'pending', detail = 'queued', representation = excluded.representation,
                 reason = NULL, run = excluded.run, updated_at = excluded.updated_at,
                 made_by = CASE WHEN status = 'failed' AND stand_in IS NULL
                     AND NOT EXISTS (SELECT 1 FROM prompts WHERE prompts.sync = syncs.id AND message IS NOT NULL)
                     AND NOT EXISTS (SELECT 1 FROM grants WHERE grants.sync = syncs.id AND sealed IS NOT NULL)
                     AND NOT EXISTS (SELECT 1 FROM steps WHERE steps.sync = syncs.id AND state = 'sending')
                     THEN excluded.made_by ELSE made_by END
                 RETURNING id",
            )?
            .query_row(params![person.0, platform.as_str(), to_word(&representation)?, run.0, now.to_string()], |row| row.get(0))?,
    ))
}

/// Makes a sync that is under way part of a run.
pub(crate) fn join(transaction: &Transaction<'_>, id: SyncId, run: RunId, now: Timestamp) -> Result<()> {
    transaction.prepare_cached("UPDATE syncs SET run = ?, updated_at = ? WHERE id = ?")?.execute(params![run.0, now.to_string(), id.0])?;
    Ok(())
}

/// Changes status, detail and reason.
pub(crate) fn set(
    transaction: &Transaction<'_>,
    id: SyncId,
    status: Status,
    detail: Option<&str>,
    reason: Option<&Reason>,
    now: Timestamp,
) -> Result<()> {
    transaction.prepare_cached("UPDATE syncs SET status = ?, detail = ?, reason = ?, updated_at = ? WHERE id = ?")?.execute(params![
        status.as_str(),
        detail,
        reason.map(to_json).transpose()?,
        now.to_string(),
        id.0
    ])?;
    Ok(())
}

/// Changes only the detail of a sync that is pending.
pub(crate) fn detail(transaction: &Transaction<'_>, id: SyncId, detail: &str, now: Timestamp) -> Result<()> {
    transaction.prepare_cached("UPDATE syncs SET detail = ?, updated_at = ? WHERE id = ? AND status = 'pending'")?.execute(params![
        detail,
        now.to_string(),
        id.0
    ])?;
    Ok(())
}

/// Says of everything queued for a platform in a run why it does not go on; gives of how many it was not said yet.
pub(crate) fn queued_detail(
    transaction: &Transaction<'_>,
    platform: PlatformId,
    run: Option<RunId>,
    detail: &str,
    now: Timestamp,
) -> Result<usize> {
    Ok(transaction
        .prepare_cached(
            "UPDATE syncs SET detail = ?1, updated_at = ?2 WHERE status = 'pending' AND detail = 'queued' AND (?4 IS NULL OR run = ?4)
             AND id IN (SELECT sync FROM steps WHERE platform = ?3 AND state IN ('todo', 'sending'))",
        )?
        .execute(params![detail, now.to_string(), platform.as_str(), run.map(|run| run.0)])?)
}

/// Gives everything pending with one detail another, unless a person is asked for it; gives how many.
pub(crate) fn all_queued_detail(transaction: &Transaction<'_>, from: &str, to: &str, now: Timestamp) -> Result<usize> {
    Ok(transaction
        .prepare_cached(
            "UPDATE syncs SET detail = ?2, updated_at = ?3 WHERE status = 'pending' AND detail = ?1
             AND id IN (SELECT sync FROM steps WHERE kind IN ('represent', 'prompt') AND state IN ('todo', 'sending'))",
        )?
        .execute(params![from, to, now.to_string()])?)
}

/// Remembers the bot or guest.
pub(crate) fn stand_in(transaction: &Transaction<'_>, id: SyncId, stand_in: &Representation) -> Result<()> {
    transaction.prepare_cached("UPDATE syncs SET stand_in = ?, representation = ? WHERE id = ?")?.execute(params![
        to_json(stand_in)?,
        to_word(&stand_in.kind)?,
        id.0
    ])?;
    Ok(())
}

/// Removes a sync with its steps, prompt and grants. The history reads the time of it from the row.
pub(crate) fn remove(transaction: &Transaction<'_>, id: SyncId, now: Timestamp) -> Result<()> {
    transaction.prepare_cached("UPDATE syncs SET updated_at = ? WHERE id = ?")?.execute(params![now.to_string(), id.0])?;
    transaction.prepare_cached("DELETE FROM syncs WHERE id = ?")?.execute([id.0])?;
    Ok(())
}

/// Removes those of these syncs of which nothing was ever made or asked; gives whose they were. One statement for all: each one
/// that cascades costs the more, the more the transaction has changed before.
pub(crate) fn remove_bare(transaction: &Transaction<'_>, ids: &[SyncId], now: Timestamp) -> Result<Vec<PersonId>> {
    const BARE: &str = "id IN (SELECT value FROM json_each(?1)) AND stand_in IS NULL
         AND NOT EXISTS (SELECT 1 FROM prompts WHERE prompts.sync = syncs.id) AND NOT EXISTS (SELECT 1 FROM grants WHERE grants.sync = syncs.id)
         AND (SELECT count(*) FROM steps WHERE steps.sync = syncs.id) = 1";
    let numbers = to_json(&ids.iter().map(|id| id.0).collect::<Vec<_>>())?;
    transaction.prepare_cached(&format!("UPDATE syncs SET updated_at = ?2 WHERE {BARE}"))?.execute(params![numbers, now.to_string()])?;
    let mut statement = transaction.prepare_cached(&format!("DELETE FROM syncs WHERE {BARE} RETURNING person"))?;
    Ok(statement.query_map([numbers], |row| Ok(PersonId(row.get(0)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// The syncs of a run, in the order in which they came to be.
pub(crate) fn of_run(connection: &Connection, run: RunId) -> Result<Vec<(Sync, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT s.id, s.person, s.platform, s.status, s.detail, s.stand_in, s.reason, s.run, s.undo_run, p.name
         FROM syncs s JOIN people p ON p.id = s.person
         WHERE s.run = ? ORDER BY s.id",
    )?;
    Ok(statement.query_map([run.0], |row| Ok((read(row)?, row.get(9)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// How many syncs stand in each status: of a run, of a platform, or all.
pub(crate) fn counts(connection: &Connection, run: Option<RunId>, platform: Option<PlatformId>) -> Result<Vec<(Status, u64)>> {
    let mut statement = connection.prepare_cached(
        "SELECT status, count(*) FROM syncs WHERE (?1 IS NULL OR run = ?1) AND (?2 IS NULL OR platform = ?2) GROUP BY status",
    )?;
    let rows = statement.query_map(params![run.map(|run| run.0), platform.as_ref().map(PlatformId::as_str)], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
    })?;
    let mut counts = Vec::new();
    for row in rows {
        let (status, count) = row?;
        if let Some(status) = Status::ALL.into_iter().find(|each| each.as_str() == status) {
            counts.push((status, u64::try_from(count).unwrap_or(0)));
        }
    }
    Ok(counts)
}

/// The failed syncs with a kind of reason, whose and where they are.
pub(crate) fn failed_for(connection: &Connection, kind: &str) -> Result<Vec<(SyncId, PersonId, PlatformId)>> {
    let mut statement = connection
        .prepare_cached("SELECT id, person, platform FROM syncs WHERE status = 'failed' AND reason ->> 'kind' = ? ORDER BY id")?;
    let rows = statement.query_map([kind], |row| Ok((SyncId(row.get(0)?), PersonId(row.get(1)?), word(row, 2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The name of the person whom syncs are for. Errors: `Kind::NotFound`.
pub(crate) fn name_of(connection: &Connection, person: PersonId) -> Result<String> {
    connection
        .prepare_cached("SELECT name FROM people WHERE id = ?")?
        .query_row([person.0], |row| row.get(0))
        .optional()?
        .ok_or_else(|| super::people::unknown(&person.to_string()))
}

/// Forgets the bot or guest: it is gone, or no longer used.
pub(crate) fn forget_stand_in(transaction: &Transaction<'_>, id: SyncId) -> Result<()> {
    transaction.prepare_cached("UPDATE syncs SET stand_in = NULL WHERE id = ?")?.execute([id.0])?;
    Ok(())
}
