//! What is shown of people: one person, conflicts and counts, in the shapes that scripts rely on. Lists are in [`super::list`].

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use crate::error::{Error, Kind, Remedy, Result};
use crate::model::{Act, PersonId, PlatformId, Reason, Status, case_fold};
use crate::store::columns::{maybe_json, maybe_word, word};
use crate::store::{accounts, conflicts, connections, people};

/// A person as people and scripts see them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PersonView {
    /// Id.
    pub id: PersonId,
    /// Name of the account on the primary platform.
    pub name: String,
    /// Its address.
    pub email: Option<String>,
    /// Primary platform; null while several are possible and none is chosen.
    pub primary: Option<PlatformId>,
    /// Where the person has an account in use.
    pub primary_choices: Vec<PlatformId>,
    /// Whether the person can be synced at all.
    pub offered: bool,
    /// Accounts by platform.
    pub accounts: BTreeMap<PlatformId, AccountView>,
    /// Syncs by platform: every connected one but the primary.
    pub syncs: BTreeMap<PlatformId, SyncView>,
}

/// An account inside a [`PersonView`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct AccountView {
    /// The platform's id.
    pub id: String,
    /// The main address.
    pub email: Option<String>,
    /// Whether it is in use.
    pub active: bool,
    /// `member`, `guest` or `foreign`.
    pub kind: String,
}

/// A sync inside a [`PersonView`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SyncView {
    /// One of the four.
    pub status: Status,
    /// A finer state.
    pub detail: Option<String>,
    /// `own_account`, `bot` or `guest`, once there is one.
    pub representation: Option<String>,
    /// Why it failed, and what to do.
    pub reason: Option<Reason>,
}

impl SyncView {
    fn none(detail: Option<&str>) -> Self {
        Self { status: Status::NotSynced, detail: detail.map(str::to_owned), representation: None, reason: None }
    }
}

pub(crate) fn status_of(word: &str, column: usize) -> rusqlite::Result<Status> {
    let known = Status::ALL.into_iter().find(|status| status.as_str() == word);
    known.ok_or(rusqlite::Error::InvalidColumnType(column, "status".into(), rusqlite::types::Type::Text))
}

/// One person. Errors: `Kind::NotFound`.
pub fn person(connection: &Connection, id: PersonId) -> Result<PersonView> {
    let connected = connections::platforms(connection)?;
    with_connected(connection, id, &connected)?.ok_or_else(|| people::unknown(&id.to_string()))
}

/// One person, when the connected platforms are known already.
pub(crate) fn with_connected(connection: &Connection, id: PersonId, connected: &[PlatformId]) -> Result<Option<PersonView>> {
    let found = connection
        .prepare_cached("SELECT name, email, offered, primary_platform FROM people WHERE id = ?1 AND listed")?
        .query_row([id.0], |row| {
            Ok(PersonView {
                id,
                name: row.get(0)?,
                email: row.get(1)?,
                offered: row.get(2)?,
                primary: maybe_word(row, 3)?,
                primary_choices: Vec::new(),
                accounts: BTreeMap::new(),
                syncs: BTreeMap::new(),
            })
        })
        .optional()?;
    let Some(mut view) = found else { return Ok(None) };
    let mut statement = connection.prepare_cached(
        "SELECT platform, id, email, active, kind FROM members JOIN accounts ON accounts.row = members.account
         WHERE members.person = ?1 AND NOT gone ORDER BY platform",
    )?;
    let mut rows = statement.query([id.0])?;
    while let Some(row) = rows.next()? {
        let (platform, account) = account(row)?;
        if account.active && account.kind != "foreign" {
            view.primary_choices.push(platform);
        }
        view.accounts.insert(platform, account);
    }
    if view.offered {
        view.syncs = syncs(connection, &view, connected)?;
    }
    Ok(Some(view))
}

fn account(row: &Row<'_>) -> rusqlite::Result<(PlatformId, AccountView)> {
    Ok((word(row, 0)?, AccountView { id: row.get(1)?, email: row.get(2)?, active: row.get(3)?, kind: row.get(4)? }))
}

fn syncs(connection: &Connection, view: &PersonView, connected: &[PlatformId]) -> Result<BTreeMap<PlatformId, SyncView>> {
    let Some(primary) = view.primary else {
        return Ok(connected.iter().map(|platform| (*platform, SyncView::none(Some("choose_primary")))).collect());
    };
    let secondary = connected.iter().filter(|platform| **platform != primary);
    let mut syncs: BTreeMap<PlatformId, SyncView> = secondary.map(|platform| (*platform, SyncView::none(None))).collect();
    let mut statement =
        connection.prepare_cached("SELECT platform, status, detail, representation, reason FROM syncs WHERE person = ?1")?;
    let mut rows = statement.query([view.id.0])?;
    while let Some(row) = rows.next()? {
        if let Some(sync) = syncs.get_mut(&word(row, 0)?) {
            let status: String = row.get(1)?;
            *sync =
                SyncView { status: status_of(&status, 1)?, detail: row.get(2)?, representation: row.get(3)?, reason: maybe_json(row, 4)? };
        }
    }
    Ok(syncs)
}

/// The person meant by an id or an address.
///
/// Errors: `Kind::NotFound`; `Kind::Conflict` listing the candidates when several people have the address.
pub fn find_person(connection: &Connection, text: &str) -> Result<PersonId> {
    let text = text.trim();
    if let Ok(id) = text.parse::<PersonId>() {
        let mut statement = connection.prepare_cached("SELECT 1 FROM people WHERE id = ?1 AND listed")?;
        return if statement.exists([id.0])? { Ok(id) } else { Err(people::unknown(text)) };
    }
    let address = case_fold(text);
    let mut found = Vec::new();
    for id in people::with_words_of(connection, &address)? {
        if accounts::of_person(connection, id)?.iter().any(|account| account.has_address(&address)) {
            found.push((id, people::name_of(connection, id)?));
        }
    }
    match found.as_slice() {
        [] => Err(people::unknown(text)),
        [(id, _)] => Ok(*id),
        several => {
            let names: Vec<String> = several.iter().map(|(id, name)| format!("{id} ({name})")).collect();
            Err(Error::new(Kind::Conflict, "person", format!("`{text}` belongs to several people: {}.", names.join(", ")))
                .remedy(Remedy::FixInput { what: "Name the person by id, or decide the conflict.".into() })
                .act(Act::Conflicts))
        }
    }
}

/// Accounts that only the admin can tell apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct ConflictView {
    /// Stays the same while its oldest account is in it.
    pub id: String,
    /// The addresses that more than one of the accounts has.
    pub addresses: Vec<String>,
    /// The accounts, each standing alone as a person so far.
    pub accounts: Vec<ConflictAccount>,
}

/// An account inside a [`ConflictView`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct ConflictAccount {
    /// The person it stands for now.
    pub person: PersonId,
    /// Where.
    pub platform: PlatformId,
    /// The platform's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its main address.
    pub email: Option<String>,
    /// Whether it is in use.
    pub active: bool,
}

/// All conflicts, oldest first.
pub fn all_conflicts(connection: &Connection) -> Result<Vec<ConflictView>> {
    let mut statement = connection.prepare_cached(
        "SELECT conflict, person, platform, id, name, email, active FROM conflicts JOIN accounts ON accounts.row = conflicts.account
         ORDER BY conflict, platform, id",
    )?;
    let mut rows = statement.query([])?;
    let mut views: BTreeMap<i64, ConflictView> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let view =
            views.entry(number).or_insert_with(|| ConflictView { id: format!("c{number}"), addresses: Vec::new(), accounts: Vec::new() });
        view.accounts.push(ConflictAccount {
            person: PersonId(row.get(1)?),
            platform: word(row, 2)?,
            id: row.get(3)?,
            name: row.get(4)?,
            email: row.get(5)?,
            active: row.get(6)?,
        });
    }
    for (number, view) in &mut views {
        view.addresses = shared_addresses(connection, *number)?;
    }
    Ok(views.into_values().collect())
}

fn shared_addresses(connection: &Connection, conflict: i64) -> Result<Vec<String>> {
    let mut statement = connection
        .prepare_cached("SELECT email, aliases FROM conflicts JOIN accounts ON row = account WHERE conflict = ?1 AND verified")?;
    let mut rows = statement.query([conflict])?;
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (email, aliases): (Option<String>, Option<Vec<String>>) = (row.get(0)?, maybe_json(row, 1)?);
        let folded: BTreeSet<String> = email.iter().chain(aliases.iter().flatten()).map(|address| case_fold(address)).collect();
        for address in folded {
            *counts.entry(address).or_default() += 1;
        }
    }
    Ok(counts.into_iter().filter(|(_, count)| *count > 1).map(|(address, _)| address).collect())
}

/// How many people there are and how their syncs stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusView {
    /// People listed.
    pub people: u64,
    /// For each connected platform: the people who could be synced to it.
    pub by_platform: BTreeMap<PlatformId, StatusCounts>,
    /// Conflicts that wait for the admin.
    pub conflicts: u64,
}

/// People by status of their sync to one platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StatusCounts {
    /// Green.
    pub synced: u64,
    /// Orange.
    pub pending: u64,
    /// Red.
    pub failed: u64,
    /// Nothing yet.
    pub not_synced: u64,
}

/// How many people wait until a platform is signed in again: they are being synced to it, or it carries their prompt.
pub(crate) fn waiting_for_sign_in(connection: &Connection, platform: PlatformId) -> Result<u64> {
    let mut statement = connection.prepare_cached(
        "SELECT count(DISTINCT person) FROM syncs WHERE status = 'pending' AND detail = 'waiting_for_sign_in'
         AND (platform = ?1 OR EXISTS (SELECT 1 FROM steps WHERE steps.sync = syncs.id AND steps.platform = ?1))",
    )?;
    let count: i64 = statement.query_row([platform.as_str()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// The counts over everybody.
pub fn status(connection: &Connection) -> Result<StatusView> {
    let count = |sql: &str, platform: Option<PlatformId>| -> Result<u64> {
        let mut statement = connection.prepare_cached(sql)?;
        let of = platform.as_ref().map(PlatformId::as_str);
        let count: i64 =
            if of.is_some() { statement.query_row([of], |row| row.get(0))? } else { statement.query_row([], |row| row.get(0))? };
        Ok(count.unsigned_abs())
    };
    let offered = count("SELECT count(*) FROM people WHERE offered", None)?;
    let mut by_platform = BTreeMap::new();
    for platform in connections::platforms(connection)? {
        let mut counts = StatusCounts::default();
        let mut statement = connection.prepare_cached(
            "SELECT status, count(*) FROM syncs JOIN people ON people.id = syncs.person
             WHERE platform = ?1 AND status <> 'not_synced' AND offered AND primary_platform <> ?1 GROUP BY status",
        )?;
        let mut rows = statement.query(params![platform.as_str()])?;
        let mut existing = 0;
        while let Some(row) = rows.next()? {
            let (word, number): (String, i64) = (row.get(0)?, row.get(1)?);
            existing += number.unsigned_abs();
            match status_of(&word, 0)? {
                Status::Synced => counts.synced = number.unsigned_abs(),
                Status::Pending => counts.pending = number.unsigned_abs(),
                Status::Failed => counts.failed = number.unsigned_abs(),
                Status::NotSynced => {}
            }
        }
        let at_home = count("SELECT count(*) FROM people WHERE offered AND primary_platform = ?1", Some(platform))?;
        counts.not_synced = offered.saturating_sub(at_home + existing);
        by_platform.insert(platform, counts);
    }
    Ok(StatusView {
        people: count("SELECT count(*) FROM people WHERE listed", None)?,
        by_platform,
        conflicts: conflicts::count(connection)?,
    })
}
