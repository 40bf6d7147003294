//! Live or demo, whole: nothing else chooses a network, a secret store or a browser, so the two can never mix.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::clock::{Browser, Clock, Random, SystemClock, SystemRandom};
use engine::pace::Rates;
use engine::secrets::{KeyFile, Keychain, SecretStore};
use engine::transport::Realm;
use engine::{Error, Kind, Parts, Result};

use crate::https::Https;
use crate::ready::Ready;

/// Which world the program works in.
#[derive(Clone, Debug)]
pub enum World {
    /// The vendors and the system's keychain.
    Live,
    /// A running simulator, and a key file in the demo's own folder.
    Demo(Ready),
}

impl World {
    /// Live or demo, as the database records it.
    pub fn realm(&self) -> Realm {
        match self {
            Self::Live => Realm::Live,
            Self::Demo(_) => Realm::Demo,
        }
    }

    /// Everything an engine is made of.
    pub fn parts(&self, folder: &Path, browser: Arc<dyn Browser>) -> Result<Parts> {
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let rates = match self {
            Self::Demo(ready) if !ready.rate_limits => Rates::Off,
            _ => Rates::Declared,
        };
        let (wire, secrets): (Https, Arc<dyn SecretStore>) = match self {
            Self::Live => (Https::live()?, Arc::new(Keychain::new(NAMESPACE))),
            Self::Demo(ready) => {
                let authority = std::fs::read(&ready.ca).map_err(|error| {
                    Error::not_found(
                        "demo",
                        format!("The simulator's certificate {} cannot be read: {error}.", ready.ca.display()),
                        "Start the simulator again; it writes a new one.",
                    )
                })?;
                make_folder(folder)?;
                (Https::demo(ready.tls, &authority)?, Arc::new(KeyFile::open(folder, random.clone())?))
            }
        };
        Ok(Parts {
            platforms: platforms::all(),
            folder: folder.to_owned(),
            realm: self.realm(),
            wire: Arc::new(wire),
            secrets,
            clock,
            random,
            rates,
            browser,
        })
    }
}

/// Development builds keep their keychain entries apart from those of released ones.
const NAMESPACE: &str = if cfg!(debug_assertions) { "development" } else { "" };

/// The user's data folder for a world.
pub fn default_folder(realm: Realm) -> Result<PathBuf> {
    let name = match realm {
        Realm::Live => "user-sync",
        Realm::Demo => "user-sync-demo",
    };
    let base = dirs::data_local_dir()
        .ok_or_else(|| Error::new(Kind::Storage, "open", "This user has no data folder.").ask_admin("Name a folder with --data-dir."))?;
    Ok(base.join(name))
}

/// Makes a folder that only its owner can look into, where the system has such a thing.
pub fn make_folder(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        Error::new(Kind::Storage, "open", format!("The folder {} cannot be made: {error}.", folder.display()))
            .ask_admin("Choose a folder that you may write to with --data-dir.")
    })
}
