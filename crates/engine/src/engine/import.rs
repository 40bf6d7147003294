//! Importing accounts, one platform or several at once.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use crate::cancel::Cancel;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::model::{PlatformId, Reason, RunId};
use crate::people::import::{Import, Imported};
use crate::people::settle::settle;
use crate::store::{connections, runs};
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
        let named = platforms.to_vec();
        let connected = self.shared.store.read(connections::platforms).await?;
        let chosen = if named.is_empty() { connected } else { named };
        if chosen.is_empty() {
            return Err(Error::not_found("import", "No platform is connected.", "Connect one first."));
        }
        for platform in &chosen {
            self.shared.connected(*platform).await?;
        }
        let (now, only) = (self.shared.now(), (chosen.len() == 1).then(|| chosen[0]));
        let run = self.shared.store.write(move |transaction| runs::begin(transaction, "import", only, now)).await?;
        let outcomes = futures::future::join_all(chosen.iter().map(|platform| self.import_one(*platform, run, cancel, progress))).await;
        let settled = settle(&self.shared.store).await?;
        let mut view = ImportView { run, platforms: BTreeMap::new(), errors: BTreeMap::new() };
        let mut first = None;
        for (platform, outcome) in chosen.into_iter().zip(outcomes) {
            match outcome {
                Ok(imported) => drop(view.platforms.insert(platform, imported)),
                Err(error) => {
                    view.errors.insert(platform, Reason::from(&error));
                    first.get_or_insert(error);
                }
            }
        }
        let (state, result, now) = (if view.errors.is_empty() { "done" } else { "failed" }, json!(view), self.shared.now());
        self.shared.store.write(move |transaction| runs::end(transaction, run, state, &result, now)).await?;
        // A long list costs more to hand over than to read anew.
        let ids = if settled.people.len() > 1_000 { Vec::new() } else { settled.people };
        self.shared.events.tell(Event::PeopleChanged { ids });
        match first {
            Some(error) if view.platforms.is_empty() => Err(error),
            _ => Ok(view),
        }
    }

    async fn import_one(
        &self,
        platform: PlatformId,
        run: RunId,
        cancel: &Cancel,
        progress: &(dyn Fn(PlatformId, Imported) + Send + Sync),
    ) -> Result<Imported> {
        let teams = self.shared.store.read(move |db| connections::get(db, platform)).await?.map(|stored| stored.teams).unwrap_or_default();
        let connection = self.shared.connection(platform, Lane::Import).await?;
        let told = |imported: Imported| {
            self.shared.events.tell(Event::RunProgress { run, done: imported.accounts, total: None });
            progress(platform, imported);
        };
        let import = Import {
            store: &self.shared.store,
            platform,
            connection: connection.as_ref(),
            teams,
            now: self.shared.now(),
            progress: &told,
            cancel,
        };
        let outcome = import.run().await;
        self.heard(platform, outcome).await
    }
}
