//! The rows of a list as a window shows them: the person, their accounts, and for each sync what pressing its button would do
//! or why it cannot be pressed. Read as they are now, a few hundred at a time; the plan is asked for each.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use serde::de::IntoDeserializer;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::model::{Account, PersonId, PlatformId, Reason, RepresentationKind, Status};
use crate::store::accounts;
use crate::store::columns::{maybe_json, maybe_word, to_word, word};
use crate::sync::plan::{Action, Person, World, first_reason, plan};

use super::views::{AccountView, status_of};

/// A person in a list.
#[derive(Clone, Debug, PartialEq, Serialize, specta::Type)]
pub struct PersonRow {
    /// Id.
    pub id: PersonId,
    /// Name of the account on the primary platform. Empty: the person has gone since the list was made.
    pub name: String,
    /// Its address.
    pub email: Option<String>,
    /// Whether the person can be synced at all.
    pub offered: bool,
    /// Primary platform; null while several are possible and none is chosen.
    pub primary: Option<PlatformId>,
    /// Where the person has an account in use.
    pub primary_choices: Vec<PlatformId>,
    /// Accounts by platform.
    pub accounts: BTreeMap<PlatformId, AccountView>,
    /// Each connected platform but the primary one.
    pub syncs: BTreeMap<PlatformId, SyncCell>,
}

impl PersonRow {
    /// What stands in the place of somebody who has gone since the list was made.
    fn gone(id: PersonId) -> Self {
        Self {
            id,
            name: String::new(),
            email: None,
            offered: false,
            primary: None,
            primary_choices: Vec::new(),
            accounts: BTreeMap::new(),
            syncs: BTreeMap::new(),
        }
    }
}

/// A person's sync to one platform in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct SyncCell {
    /// One of the four.
    pub status: Status,
    /// A finer state.
    pub detail: Option<String>,
    /// How the person appears there, once it is decided.
    pub representation: Option<RepresentationKind>,
    /// Why it failed.
    pub reason: Option<Reason>,
    /// What syncing would do; null while it is synced, pending or blocked.
    pub action: Option<Action>,
    /// Why it cannot begin.
    pub block: Option<Reason>,
}

/// The rows of these people, each in its place; who is gone has an empty one.
pub(crate) fn rows(connection: &Connection, people: &[PersonId], world: World<'_>) -> Result<Vec<PersonRow>> {
    people.iter().map(|id| Ok(row(connection, *id, world)?.unwrap_or_else(|| PersonRow::gone(*id)))).collect()
}

/// The rows of those of these people who are still there.
pub(crate) fn rows_of(connection: &Connection, people: &[PersonId], world: World<'_>) -> Result<Vec<PersonRow>> {
    people.iter().filter_map(|id| row(connection, *id, world).transpose()).collect()
}

fn row(connection: &Connection, id: PersonId, world: World<'_>) -> Result<Option<PersonRow>> {
    let mut statement = connection.prepare_cached("SELECT name, email, offered, primary_platform FROM people WHERE id = ?1 AND listed")?;
    let found = statement.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, maybe_word(row, 3)?))).optional()?;
    let Some((name, email, offered, primary)) = found else { return Ok(None) };
    let mut person = Person { id, name, primary, accounts: accounts::of_person(connection, id)?, syncs: BTreeMap::new() };
    let mut row = PersonRow { email, offered, primary, ..PersonRow::gone(id) };
    for account in &person.accounts {
        if account.is_offered() {
            row.primary_choices.push(account.platform);
        }
        row.accounts.insert(account.platform, view(account)?);
    }
    let mut cells = stored(connection, id)?;
    person.syncs = cells.iter().map(|(platform, cell)| (*platform, cell.status)).collect();
    if offered {
        let secondary = world.connections.keys().copied().filter(|platform| Some(*platform) != primary);
        row.syncs = secondary.map(|platform| (platform, cell(&person, platform, cells.remove(&platform), world))).collect();
    }
    row.name = person.name;
    Ok(Some(row))
}

fn view(account: &Account) -> Result<AccountView> {
    Ok(AccountView { id: account.id.clone(), email: account.email.clone(), active: account.active, kind: to_word(&account.kind)? })
}

fn stored(connection: &Connection, person: PersonId) -> Result<BTreeMap<PlatformId, SyncCell>> {
    let mut statement =
        connection.prepare_cached("SELECT platform, status, detail, representation, reason FROM syncs WHERE person = ?1")?;
    let found = statement.query_map([person.0], |row| {
        let representation = row.get_ref(3)?.as_str_or_null()?.map(|word| {
            RepresentationKind::deserialize(IntoDeserializer::<serde::de::value::Error>::into_deserializer(word))
                .map_err(|error| rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Text, error.into()))
        });
        let cell = SyncCell {
            status: status_of(row.get_ref(1)?.as_str()?, 1)?,
            detail: row.get(2)?,
            representation: representation.transpose()?,
            reason: maybe_json(row, 4)?,
            action: None,
            block: None,
        };
        Ok((word(row, 0)?, cell))
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// A sync with what pressing its button would do. Without a primary platform no sync counts, as everywhere.
fn cell(person: &Person, platform: PlatformId, stored: Option<SyncCell>, world: World<'_>) -> SyncCell {
    let none = SyncCell { status: Status::NotSynced, detail: None, representation: None, reason: None, action: None, block: None };
    let mut cell = match person.primary {
        Some(_) => stored.unwrap_or(none),
        None => SyncCell { detail: Some("choose_primary".into()), ..none },
    };
    if matches!(cell.status, Status::NotSynced | Status::Failed) {
        match plan(person, platform, world).what {
            Ok(planned) => cell.action = Some(planned.action),
            Err(blocks) => cell.block = Some(first_reason(blocks)),
        }
    }
    cell
}
