//! The lists of a window: who matches, the rows at a position, timelines, the people of a run, and what a choice for many would do.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::model::{PersonId, PlatformId, RunId, Status};
use crate::people::find::{self, AccountHit};
use crate::people::list::Filter;
use crate::people::listing::{Listing, Sort};
use crate::people::preview::{self, PrimaryPreview};
use crate::people::rows::{self, PersonRow};
use crate::store::directory::{self, Directory};
use crate::store::history::{self, RunPeople, TimelinePage};
use crate::sync::plan::World;
use crate::sync::shared::read_connections;
use crate::sync::stop_limits;

use super::{Reading, Selection};

impl Reading {
    /// How much of each platform's directory is known, where it was ever read.
    pub async fn directories(&self) -> Result<BTreeMap<PlatformId, Directory>> {
        self.store.read(directory::all).await
    }

    /// The platforms in the order in which people see them.
    fn order(&self) -> Vec<PlatformId> {
        self.platforms.iter().map(|platform| platform.info().id).collect()
    }

    /// Everybody who matches, in order, as of now, with the counts beside the filters.
    pub async fn listing(&self, filter: Filter, sort: Sort) -> Result<Listing> {
        let (index, order) = (self.index.clone(), self.order());
        self.store.read(move |db| index.list(db, &order, &filter, sort)).await
    }

    /// Rows of a listing from a position on, as they are now. Who has gone since keeps their place: an empty name, not offered.
    pub async fn rows(&self, listing: &Listing, from: usize, count: usize) -> Result<Vec<PersonRow>> {
        let people: Vec<PersonId> = listing.people.iter().skip(from).take(count).copied().collect();
        let platforms = self.platforms.clone();
        self.store
            .read(move |db| {
                let connections = read_connections(db)?;
                rows::rows(db, &people, World { platforms: &platforms, connections: &connections })
            })
            .await
    }

    /// The rows of these people as they are now; who is gone is left out.
    pub async fn rows_of(&self, people: &[PersonId]) -> Result<Vec<PersonRow>> {
        let (people, platforms) = (people.to_vec(), self.platforms.clone());
        self.store
            .read(move |db| {
                let connections = read_connections(db)?;
                rows::rows_of(db, &people, World { platforms: &platforms, connections: &connections })
            })
            .await
    }

    /// What happened to a person, newest first; `before` is from the page before.
    pub async fn timeline(&self, person: PersonId, before: Option<i64>, limit: u32) -> Result<TimelinePage> {
        self.store.read(move |db| history::timeline(db, person, before, limit)).await
    }

    /// How a run stands person by person: those with a status, or all, by name.
    pub async fn run_people(&self, run: RunId, status: Option<Status>, from: u32, count: u32) -> Result<RunPeople> {
        self.store.read(move |db| history::run_people(db, run, status, from, count)).await
    }

    /// Accounts of the people whom a text finds (beginnings of words of name or address), with whose they are.
    pub async fn find_accounts(&self, text: &str, limit: u32) -> Result<Vec<AccountHit>> {
        let text = text.to_owned();
        self.store.read(move |db| find::accounts(db, &text, limit)).await
    }

    /// What choosing a primary platform for everybody selected would do. Changes nothing.
    pub async fn preview_primary(&self, selection: &Selection, to: PlatformId) -> Result<PrimaryPreview> {
        let name = self.platforms.get(to)?.info().name;
        let (index, order, selection, platforms) = (self.index.clone(), self.order(), selection.clone(), self.platforms.clone());
        self.store
            .read(move |db| {
                let people = match selection {
                    Selection::People(people) => people.into(),
                    Selection::Matching(filter) => index.list(db, &order, &filter, Sort::default())?.people,
                };
                let (preview, resets) = preview::primary(db, &people, to, name)?;
                Ok(PrimaryPreview { held: stop_limits::of_primary(db, &platforms, resets)?.0, ..preview })
            })
            .await
    }
}

#[cfg(test)]
mod tests;
