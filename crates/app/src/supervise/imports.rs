//! Imports under way, by run, so that each can be stopped.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::cancel::Cancel;
use engine::model::{PlatformId, RunId};
use engine::{Engine, Error, Kind, Result};

struct UnderWay {
    platforms: Vec<PlatformId>,
    wish: Cancel,
}

/// The imports under way. Cheap to clone; all clones are the same.
#[derive(Clone, Default)]
pub(super) struct Imports(Arc<Mutex<BTreeMap<RunId, UnderWay>>>);

impl Imports {
    /// Writes the import down; the future that comes with its run does it.
    ///
    /// Errors: `Kind::Conflict` when one of the platforms is being imported already.
    pub(super) async fn begin(&self, engine: &Engine, platforms: &[PlatformId]) -> Result<(RunId, impl Future<Output = ()> + use<>)> {
        self.refuse_busy(engine, platforms).await?;
        let import = engine.begin_import(platforms).await?;
        let (run, wish) = (import.run, Cancel::new());
        self.all().insert(run, UnderWay { platforms: import.platforms.clone(), wish: wish.clone() });
        let (imports, engine) = (self.clone(), engine.clone());
        let work = async move {
            // What went wrong is written down with the run, where people read it.
            if let Err(error) = engine.run_import(import, &wish, &|_, _| {}).await {
                tracing::info!(kind = ?error.kind, "an import ended with an error");
            }
            imports.all().remove(&run);
        };
        Ok((run, work))
    }

    async fn refuse_busy(&self, engine: &Engine, platforms: &[PlatformId]) -> Result<()> {
        let chosen: Vec<PlatformId> = match platforms {
            [] => engine.reading().connections().await?.into_iter().map(|view| view.platform).collect(),
            named => named.to_vec(),
        };
        let busy = self.under_way();
        match chosen.iter().find(|platform| busy.contains_key(platform)) {
            Some(platform) => Err(Error::new(Kind::Conflict, "import", "This platform is being imported already.")
                .on(*platform)
                .ask_admin("Wait until the import has ended, or cancel it.")),
            None => Ok(()),
        }
    }

    /// Stops an import. False when it is none that is under way.
    pub(super) fn cancel(&self, run: RunId) -> bool {
        let all = self.all();
        let found = all.get(&run);
        if let Some(import) = found {
            import.wish.cancel();
        }
        found.is_some()
    }

    /// Stops all.
    pub(super) fn cancel_all(&self) {
        for import in self.all().values() {
            import.wish.cancel();
        }
    }

    /// The run that imports each platform now.
    pub(super) fn under_way(&self) -> BTreeMap<PlatformId, RunId> {
        let all = self.all();
        all.iter().flat_map(|(run, import)| import.platforms.iter().map(|platform| (*platform, *run))).collect()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<RunId, UnderWay>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
