//! The demo's company: a simulator inside this program (or a given one), a folder that goes with it, all platforms connected.

use std::fs::File;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use engine::clock::Browser;
use engine::platform::PlatformInfo;
use engine::signin::{Given, Source};
use engine::{Engine, Error, Kind, Result};
use simulator::{Clock, Employees, Options, Served, Simulator, serve};
use tempfile::TempDir;

use crate::browser::DemoAdmin;
use crate::cli::credentials::Credentials;
use crate::cli::simulator::ready;
use crate::compose::World;
use crate::ready::Ready;

/// How the employees of the company inside this program act on prompts.
const EMPLOYEES: Employees = Employees { approve: 0.85, decline: 0.1, ignore: 0.05, delay: Duration::from_secs(6) };

/// How the demo's temporary folders are called.
const FOLDER: &str = "user-sync-demo-";

/// A made-up company that answers, and the place where its data lies.
pub(super) struct Company {
    ready: Ready,
    folder: TempDir,
    /// The simulator inside this program.
    inside: Option<Served>,
}

impl Company {
    /// The company of the simulator that `outside` describes, or one of our own.
    pub(super) async fn start(outside: Option<&Path>) -> Result<Self> {
        clear_left_behind(&std::env::temp_dir());
        let folder = tempfile::Builder::new().prefix(FOLDER).tempdir().map_err(|error| {
            Error::new(Kind::Storage, "demo", format!("The demo's folder cannot be made: {error}."))
                .ask_admin("Make room among the temporary files of this computer, and try again.")
        })?;
        if let Some(file) = outside {
            return Ok(Self { ready: Ready::read(file)?, folder, inside: None });
        }
        let failed = |error: std::io::Error| {
            Error::new(Kind::Network, "demo", format!("The demo's company cannot start: {error}."))
                .ask_admin("Try again; if it stays so, restart this computer.")
        };
        let options = Options { employees: Some(EMPLOYEES), clock: Clock::wall(), ..Options::default() };
        let simulator = Simulator::new(options).map_err(failed)?;
        let served = serve(simulator.clone(), (Ipv4Addr::LOCALHOST, 0).into()).await.map_err(failed)?;
        let ready = ready(&simulator, &served, &folder.path().join("simulator.ca.pem"))?;
        Ok(Self { ready, folder, inside: Some(served) })
    }

    pub(super) fn world(&self) -> World {
        World::Demo(self.ready.clone())
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The demo's IT admin, who signs in by themselves.
    pub(super) fn admin(&self) -> Arc<dyn Browser> {
        Arc::new(DemoAdmin { ready: self.ready.clone(), platforms: platforms::all() })
    }

    /// What the demo's admin would enter, without the tokens that signing in brings. `entered` goes before it.
    pub(super) fn credentials(&self, info: &PlatformInfo, entered: Given) -> Result<Given> {
        let mut given = Credentials::new(self.ready.credentials.clone()).of(info, true)?;
        let signed_in = |source: &Source| !matches!(source, Source::Given | Source::Minted(_));
        for slot in info.slots.iter().filter(|slot| signed_in(&slot.source)) {
            given.remove(slot.field);
        }
        given.extend(entered);
        Ok(given)
    }

    /// Connects every platform.
    pub(super) async fn connect(&self, engine: &Engine) -> Result<()> {
        for platform in platforms::all().iter() {
            let info = platform.info();
            engine.connect(info.id, self.credentials(info, Given::new())?.into(), &|_| {}).await?;
        }
        Ok(())
    }

    /// Ends the company; its folder goes with it.
    pub(super) async fn close(self) {
        if let Some(served) = self.inside {
            served.stop().await;
        }
        // What cannot be removed now is cleared by the next demo.
        drop(self.folder.close());
    }
}

/// Removes the folders of demos whose programs were ended from outside. An engine that still works there holds the lock in its
/// folder; a folder without one is just being made. Nothing depends on it, so what cannot be removed stays.
fn clear_left_behind(among: &Path) {
    let folders = std::fs::read_dir(among).into_iter().flatten().flatten();
    for folder in folders.filter(|entry| entry.file_name().to_string_lossy().starts_with(FOLDER)).map(|entry| entry.path()) {
        let Ok(lock) = File::open(folder.join("lock")) else { continue };
        let is_free = lock.try_lock().is_ok();
        // Some systems remove no file that is open.
        drop(lock);
        if is_free && let Err(error) = std::fs::remove_dir_all(&folder) {
            tracing::debug!("an earlier demo's folder stays: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_of_demos_that_nobody_works_in_are_cleared() {
        let temporary = tempfile::tempdir().unwrap();
        let make = |name: &str, lock: bool| {
            let folder = temporary.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            lock.then(|| File::create(folder.join("lock")).unwrap())
        };
        let held = make("user-sync-demo-held", true).unwrap();
        held.lock().unwrap();
        for (name, lock) in [("user-sync-demo-dead", true), ("user-sync-demo-new", false), ("user-sync", true)] {
            drop(make(name, lock));
        }
        clear_left_behind(temporary.path());
        let mut left: Vec<_> =
            std::fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["user-sync", "user-sync-demo-held", "user-sync-demo-new"]);
    }
}
