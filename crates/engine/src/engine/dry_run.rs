//! What an import, or a decision about who is whom, would change: tried in a copy of what is stored, by the code that does it.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Transaction};
use serde::Serialize;

use crate::cancel::Cancel;
use crate::error::Result;
use crate::model::{PersonId, PlatformId, Reason};
use crate::people::import::Imported;
use crate::people::links;
use crate::people::settle::{Settled, settle};
use crate::people::views::{self, PersonView};
use crate::store::Store;
use crate::store::scratch::Scratch;

use super::Engine;

/// How many people a decision is told about in full.
const TOLD: usize = 100;

/// What would become of people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, specta::Type)]
pub struct PeopleChange {
    /// People who would be listed for the first time.
    pub new: u64,
    /// People who would be listed in another way.
    pub changed: u64,
    /// People who would be listed no more.
    pub gone: u64,
    /// Syncs of people who would change or go. The syncs themselves stay as they are.
    pub syncs_touched: u64,
    /// How many conflicts there would be.
    pub conflicts: u64,
}

/// What an import would bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct ImportPreview {
    /// What would come of each platform.
    pub platforms: BTreeMap<PlatformId, Imported>,
    /// What went wrong, and would in the import too.
    pub errors: BTreeMap<PlatformId, Reason>,
    /// What would become of people.
    pub people: PeopleChange,
}

/// What a decision about who is whom would change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecisionPreview {
    /// What would become of people.
    pub change: PeopleChange,
    /// Those who would change, as they would be then; the first 100.
    pub people: Vec<PersonView>,
}

impl Engine {
    /// What importing these platforms (none named: all that are connected) would bring. Reads what an import reads, and changes nothing.
    ///
    /// Errors: only when nothing could be read at all; otherwise each platform's error is in the result.
    pub async fn preview_import(
        &self,
        platforms: &[PlatformId],
        cancel: &Cancel,
        progress: &(dyn Fn(PlatformId, Imported) + Send + Sync),
    ) -> Result<ImportPreview> {
        let platforms = self.importable(platforms).await?;
        let scratch = self.shared.store.scratch().await?;
        let each = platforms.iter().map(|platform| self.read_accounts(scratch.store(), *platform, cancel, progress));
        let outcomes = futures::future::join_all(each).await;
        cancel.check("preview_import")?;
        let settled = settle(scratch.store()).await?;
        let (mut read, mut errors, mut first) = (BTreeMap::new(), BTreeMap::new(), None);
        for (platform, outcome) in platforms.into_iter().zip(outcomes) {
            match outcome {
                Ok(imported) => drop(read.insert(platform, imported)),
                Err(error) => {
                    errors.insert(platform, Reason::from(&error));
                    first.get_or_insert(error);
                }
            }
        }
        match first {
            Some(error) if read.is_empty() => Err(error),
            _ => Ok(ImportPreview { platforms: read, errors, people: self.compare(&scratch, &settled).await? }),
        }
    }

    /// What saying that an account (`platform:id`, id or address) is a person's would change. Changes nothing.
    ///
    /// Errors: as those of [`Engine::link`].
    pub async fn link_preview(&self, person: PersonId, account: &str) -> Result<DecisionPreview> {
        let (account, now) = (account.to_owned(), self.shared.now());
        self.decided(move |transaction| links::link(transaction, person, links::find_account(transaction, &account)?, now)).await
    }

    /// What saying that an account (`platform:id`, id or address) is nobody else's would change. Changes nothing.
    ///
    /// Errors: as those of [`Engine::unlink`].
    pub async fn unlink_preview(&self, account: &str) -> Result<DecisionPreview> {
        let (account, now) = (account.to_owned(), self.shared.now());
        self.decided(move |transaction| links::unlink(transaction, links::find_account(transaction, &account)?, now)).await
    }

    /// What saying that the accounts of a conflict belong to different people would change. Changes nothing.
    ///
    /// Errors: as those of [`Engine::keep_apart`].
    pub async fn keep_apart_preview(&self, conflict: &str) -> Result<DecisionPreview> {
        let (conflict, now) = (conflict.to_owned(), self.shared.now());
        self.decided(move |transaction| links::keep_apart(transaction, &conflict, now)).await
    }

    async fn decided<F>(&self, decision: F) -> Result<DecisionPreview>
    where
        F: FnOnce(&Transaction<'_>) -> Result<Settled> + Send + 'static,
    {
        let scratch = self.shared.store.scratch().await?;
        let settled = scratch.store().write(decision).await?;
        let change = self.compare(&scratch, &settled).await?;
        let people = scratch
            .store()
            .read(move |db| {
                let mut told = Vec::new();
                for person in settled.people {
                    if told.len() < TOLD && is_listed(db, person)? {
                        told.push(views::person(db, person)?);
                    }
                }
                Ok(told)
            })
            .await?;
        Ok(DecisionPreview { change, people })
    }

    /// How people stand in the copy, held against how they stand.
    async fn compare(&self, scratch: &Scratch, settled: &Settled) -> Result<PeopleChange> {
        let before = listed(&self.shared.store, settled.people.clone()).await?;
        let after = listed(scratch.store(), settled.people.clone()).await?;
        let mut change = PeopleChange { conflicts: settled.conflicts, ..PeopleChange::default() };
        for ((was, syncs), (is, _)) in before.into_iter().zip(after) {
            match (&was, &is) {
                (None, Some(_)) => change.new += 1,
                (Some(_), None) => change.gone += 1,
                (Some(was), Some(is)) if was != is => change.changed += 1,
                _ => continue,
            }
            change.syncs_touched += syncs;
        }
        Ok(change)
    }
}

/// How a person is listed: name, address, primary platform, platforms, and whether they are offered.
type Listed = (String, Option<String>, Option<String>, String, bool);

/// Of each person how they are listed, if they are, and how many syncs they have.
async fn listed(store: &Store, people: Vec<PersonId>) -> Result<Vec<(Option<Listed>, u64)>> {
    store
        .read(move |db| {
            let mut row =
                db.prepare_cached("SELECT name, email, primary_platform, platforms, offered FROM people WHERE id = ? AND listed")?;
            let mut syncs = db.prepare_cached("SELECT count(*) FROM syncs WHERE person = ?")?;
            people
                .into_iter()
                .map(|person| {
                    let count: i64 = syncs.query_row([person.0], |row| row.get(0))?;
                    let row = row.query_row([person.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)));
                    Ok((row.optional()?, count.unsigned_abs()))
                })
                .collect()
        })
        .await
}

fn is_listed(db: &Connection, person: PersonId) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM people WHERE id = ? AND listed")?.exists([person.0])?)
}
