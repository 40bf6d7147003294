//! Importing accounts, one platform or several at once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::cancel::Cancel;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::model::{PlatformId, Reason, RunId, RunKind, RunState};
use crate::people::import::{Import, Imported};
use crate::people::settle::settle;
use crate::store::audit::{self, Word};
use crate::store::runs::{self, Counts};
use crate::store::{Store, connections};
use crate::transport::Lane;

use super::Engine;

/// The result of an import; serialises to the JSON of `import`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportView {
    /// The run.
    pub run: RunId,
    /// What came of each platform.
    pub platforms: BTreeMap<PlatformId, Imported>,
    /// What went wrong; what was read until then is kept, and the next import goes on there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<PlatformId, Reason>,
}

/// An import that is written down and not begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRun {
    /// The run.
    pub run: RunId,
    /// The platforms that are to be read.
    pub platforms: Vec<PlatformId>,
}

impl Engine {
    /// Imports the accounts of these platforms (none named: of all that are connected), then settles who is whom.
    ///
    /// Errors: only when nothing could be imported at all; otherwise each platform's error is in the result.
    pub async fn import(
        &self,
        platforms: &[PlatformId],
        cancel: &Cancel,
        progress: &(dyn Fn(PlatformId, Imported) + Send + Sync),
    ) -> Result<ImportView> {
        self.run_import(self.begin_import(platforms).await?, cancel, progress).await
    }

    /// Writes down that these platforms (none named: all that are connected) are to be imported, so that the run is known before
    /// anything is read.
    pub async fn begin_import(&self, platforms: &[PlatformId]) -> Result<ImportRun> {
        let platforms = self.importable(platforms).await?;
        let (now, only, actor) = (self.shared.now(), only(&platforms), self.shared.actor.clone());
        let names = platforms.iter().map(PlatformId::as_str).collect::<Vec<_>>().join(", ");
        let run = self
            .shared
            .store
            .write(move |transaction| {
                let run = runs::begin(transaction, RunKind::Import, only, None, now)?;
                audit::act(&actor, Word::ImportBegun).on(only).of(run).more(names).tell(transaction, now)?;
                Ok(run)
            })
            .await?;
        self.shared.events.tell(Event::RunProgress {
            run,
            kind: RunKind::Import,
            platform: only,
            done: 0,
            total: None,
            time_left: None,
            ended: false,
        });
        Ok(ImportRun { run, platforms })
    }

    /// The platforms that are meant, all of them connected.
    pub(super) async fn importable(&self, named: &[PlatformId]) -> Result<Vec<PlatformId>> {
        let connected = self.shared.store.read(connections::platforms).await?;
        let platforms = if named.is_empty() { connected } else { named.to_vec() };
        if platforms.is_empty() {
            return Err(Error::not_found("import", "No platform is connected.", "Connect one first."));
        }
        for platform in &platforms {
            self.shared.connected(*platform).await?;
        }
        Ok(platforms)
    }

    /// Does it.
    pub async fn run_import(
        &self,
        import: ImportRun,
        cancel: &Cancel,
        progress: &(dyn Fn(PlatformId, Imported) + Send + Sync),
    ) -> Result<ImportView> {
        let outcome = self.read_and_settle(&import, cancel, progress).await;
        let ImportRun { run, platforms } = import;
        let (state, counts, problem) = match &outcome {
            _ if cancel.is_cancelled() => (RunState::Cancelled, outcome.as_ref().map(|(view, _)| counts(view)).unwrap_or_default(), None),
            Ok((view, None)) => (RunState::Done, counts(view), None),
            Ok((view, Some(_))) => (RunState::Failed, counts(view), view.errors.values().next().cloned()),
            Err(error) => (RunState::Failed, Counts::default(), Some(Reason::from(error))),
        };
        let (now, done) = (self.shared.now(), counts.get("accounts").copied().unwrap_or(0));
        self.shared.store.write(move |transaction| runs::end(transaction, run, state, &counts, problem.as_ref(), now)).await?;
        let platform = only(&platforms);
        self.shared.events.tell(Event::RunProgress {
            run,
            kind: RunKind::Import,
            platform,
            done,
            total: None,
            time_left: None,
            ended: true,
        });
        match outcome? {
            (view, Some(error)) if view.platforms.is_empty() => Err(error),
            (view, _) => Ok(view),
        }
    }

    async fn read_and_settle(
        &self,
        import: &ImportRun,
        cancel: &Cancel,
        progress: &(dyn Fn(PlatformId, Imported) + Send + Sync),
    ) -> Result<(ImportView, Option<Error>)> {
        let run = import.run;
        let seen: Mutex<BTreeMap<PlatformId, u64>> = Mutex::default();
        let told = |platform: PlatformId, imported: Imported| {
            let done = {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.insert(platform, imported.accounts);
                seen.values().sum()
            };
            let only = only(&import.platforms);
            self.shared.events.tell(Event::RunProgress {
                run,
                kind: RunKind::Import,
                platform: only,
                done,
                total: None,
                time_left: None,
                ended: false,
            });
            progress(platform, imported);
        };
        let each = import.platforms.iter().map(|platform| async {
            let outcome = self.read_accounts(&self.shared.store, *platform, cancel, &told).await;
            self.heard(*platform, outcome).await
        });
        let outcomes = futures::future::join_all(each).await;
        let settled = settle(&self.shared.store).await?;
        let mut view = ImportView { run, platforms: BTreeMap::new(), errors: BTreeMap::new() };
        let mut first = None;
        for (platform, outcome) in import.platforms.iter().zip(outcomes) {
            match outcome {
                Ok(imported) => drop(view.platforms.insert(*platform, imported)),
                Err(error) => {
                    view.errors.insert(*platform, Reason::from(&error));
                    first.get_or_insert(error);
                }
            }
        }
        // A long list costs more to hand over than to read anew.
        let ids = if settled.people.len() > 1_000 { Vec::new() } else { settled.people };
        self.shared.events.tell(Event::PeopleChanged { ids });
        for platform in &import.platforms {
            self.shared.events.tell(Event::ConnectionChanged { platform: *platform });
        }
        Ok((view, first))
    }

    /// Reads a platform's accounts into a store.
    pub(super) async fn read_accounts(
        &self,
        store: &Store,
        platform: PlatformId,
        cancel: &Cancel,
        progress: &(dyn Fn(PlatformId, Imported) + Send + Sync),
    ) -> Result<Imported> {
        let teams = self.shared.store.read(move |db| connections::get(db, platform)).await?.map(|stored| stored.teams).unwrap_or_default();
        let connection = self.shared.connection(platform, Lane::Import).await?;
        let told = |imported: Imported| progress(platform, imported);
        let import = Import { store, platform, connection: connection.as_ref(), teams, now: self.shared.now(), progress: &told, cancel };
        import.run().await
    }
}

/// The platform, when it is one.
fn only(platforms: &[PlatformId]) -> Option<PlatformId> {
    match platforms {
        [one] => Some(*one),
        _ => None,
    }
}

/// What was imported altogether.
fn counts(view: &ImportView) -> Counts {
    let mut counts = Counts::new();
    for imported in view.platforms.values() {
        let Imported { accounts, new, changed, gone } = *imported;
        for (word, count) in [("accounts", accounts), ("new", new), ("changed", changed), ("gone", gone)] {
            *counts.entry(word.to_owned()).or_default() += count;
        }
    }
    counts
}
