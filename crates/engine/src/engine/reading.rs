//! What can be looked at without holding the data folder.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::model::{PersonId, PlatformId, RunId};
use crate::people::list::{self, Filter, PeoplePage};
use crate::people::listing::Indexed;
use crate::people::views::{self, ConflictView, PersonView, StatusView};
use crate::platform::Platforms;
use crate::store::runs::{self, RunView};
use crate::store::{Store, connections};
use crate::sync::plan::{PlanView, SyncPlan, World, plan};
use crate::sync::shared::{is_signed_out, read_connections, read_person};
use crate::transport::Realm;

use super::ConnectionView;

/// People taken at once when all of many are meant.
const BATCH: u32 = 1_000;
/// How many runs are listed.
const RUNS: u32 = 200;

/// Whom an operation is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// These.
    People(Vec<PersonId>),
    /// Everybody who matches.
    Matching(Filter),
}

/// A look at a data folder, beside whoever works with it. Cheap to clone.
#[derive(Clone)]
pub struct Reading {
    pub(super) store: Store,
    pub(super) platforms: Platforms,
    /// Who is listed, in memory; built when it is first asked for.
    pub(super) index: Arc<Indexed>,
}

impl Reading {
    pub(super) fn new(store: Store, platforms: Platforms) -> Self {
        Self { store, platforms, index: Arc::default() }
    }

    /// Opens for reading only.
    pub async fn open(platforms: Platforms, folder: &Path, realm: Realm) -> Result<Self> {
        let folder = folder.to_owned();
        let store = tokio::task::spawn_blocking(move || Store::open_reading(&folder, realm))
            .await
            .map_err(|_| crate::Error::new(crate::Kind::Bug, "open", "Opening the data folder broke off by a mistake of User Sync."))??;
        Ok(Self::new(store, platforms))
    }

    /// The person meant by an e-mail or an id.
    pub async fn find_person(&self, text: &str) -> Result<PersonId> {
        let text = text.to_owned();
        self.store.read(move |db| views::find_person(db, &text)).await
    }

    /// One page of the people who match; `after` is the cursor of the page before.
    pub async fn people(&self, filter: Filter, limit: u32, after: Option<String>) -> Result<PeoplePage> {
        self.store.read(move |db| list::list(db, &filter, limit, after.as_deref())).await
    }

    /// How many people match.
    pub async fn count(&self, filter: Filter) -> Result<u64> {
        self.store.read(move |db| list::count(db, &filter)).await
    }

    /// One person.
    pub async fn person(&self, person: PersonId) -> Result<PersonView> {
        self.store.read(move |db| views::person(db, person)).await
    }

    /// What only the admin can decide.
    pub async fn conflicts(&self) -> Result<Vec<ConflictView>> {
        self.store.read(views::all_conflicts).await
    }

    /// Counts over everybody.
    pub async fn status(&self) -> Result<StatusView> {
        self.store.read(views::status).await
    }

    /// How many people wait until a platform is signed in again.
    pub async fn waiting_for_sign_in(&self, platform: PlatformId) -> Result<u64> {
        self.store.read(move |db| views::waiting_for_sign_in(db, platform)).await
    }

    /// The connections, in the order in which people see platforms.
    pub async fn connections(&self) -> Result<Vec<ConnectionView>> {
        let stored = self
            .store
            .read(|db| {
                connections::all(db)?
                    .into_iter()
                    .map(|stored| Ok((is_signed_out(db, stored.platform)?, stored)))
                    .collect::<Result<Vec<_>>>()
            })
            .await?;
        let mut views = Vec::new();
        for platform in self.platforms.iter() {
            let info = platform.info();
            let here = stored.iter().filter(|(_, stored)| stored.platform == info.id);
            views.extend(here.map(|(signed_out, stored)| ConnectionView::new(info, stored, *signed_out)));
        }
        Ok(views)
    }

    /// What was done, newest first.
    pub async fn runs(&self) -> Result<Vec<RunView>> {
        self.store.read(|db| runs::newest(db, RUNS)).await
    }

    /// One of them, however old.
    ///
    /// Errors: `Kind::NotFound`.
    pub async fn run(&self, run: RunId) -> Result<RunView> {
        let found = self.store.read(move |db| runs::get(db, run)).await?;
        found.ok_or_else(|| Error::not_found("run", format!("There is no run {run}."), "Look which ones there are."))
    }

    /// What a sync would do. Sends nothing, changes nothing.
    pub async fn plan(&self, selection: &Selection, to: PlatformId) -> Result<PlanView> {
        let mut view = PlanView::default();
        self.plan_each(selection, to, |name, _, plan| view.push(name, plan)).await?;
        Ok(view)
    }

    /// The same, person by person, without holding more than a few at a time: name, primary platform and plan of each.
    pub async fn plan_each(
        &self,
        selection: &Selection,
        to: PlatformId,
        mut each: impl FnMut(&str, Option<PlatformId>, SyncPlan),
    ) -> Result<()> {
        self.platforms.get(to)?;
        let mut after = None;
        let mut listed: std::collections::VecDeque<PersonId> = match selection {
            Selection::People(people) => people.iter().copied().collect(),
            Selection::Matching(_) => Default::default(),
        };
        loop {
            let batch: Vec<PersonId> = match selection {
                Selection::People(_) => listed.drain(..listed.len().min(BATCH as usize)).collect(),
                Selection::Matching(filter) => {
                    let filter = filter.clone();
                    self.store.read(move |db| list::select(db, &filter, BATCH, after)).await?
                }
            };
            let Some(last) = batch.last().copied() else { return Ok(()) };
            after = Some(last);
            let platforms = self.platforms.clone();
            let plans = self
                .store
                .read(move |db| {
                    let connections = read_connections(db)?;
                    let world = World { platforms: &platforms, connections: &connections };
                    batch
                        .into_iter()
                        .filter_map(|id| match read_person(db, id) {
                            // Who is gone meanwhile is left out.
                            Err(error) if error.kind == Kind::NotFound => None,
                            person => Some(person.map(|person| {
                                let plan = plan(&person, to, world);
                                (person.name, person.primary, plan)
                            })),
                        })
                        .collect::<Result<Vec<_>>>()
                })
                .await?;
            for (name, primary, plan) in plans {
                each(&name, primary, plan);
            }
        }
    }

    /// Everybody in a selection, in order.
    pub async fn select(&self, selection: &Selection) -> Result<Vec<PersonId>> {
        let filter = match selection {
            Selection::People(people) => return Ok(people.clone()),
            Selection::Matching(filter) => filter.clone(),
        };
        self.store.read(move |db| list::select(db, &filter, u32::MAX, None)).await
    }
}
