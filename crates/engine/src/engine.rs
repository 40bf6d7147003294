//! The engine as programs use it: one [`Engine`] holds the data folder and does things, any number of [`Reading`]s look at
//! what is stored beside it.
//!
//! Nothing is decided here: rules are in `people` and `sync`, and every method is a few lines over them. It is the place
//! where realms are compared, so that demo and real data cannot meet.

mod audit;
mod connections;
mod disconnect;
mod dry_run;
mod failures;
mod import;
mod inventory;
mod keys;
mod lists;
mod people;
mod preview;
mod reading;
mod runs;
mod stop_limits;
mod syncs;
mod undo;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::broadcast;

use crate::clock::{Browser, Clock, Random};
use crate::error::{Error, Kind, Result};
use crate::event::{Event, Events};
use crate::pace::{self, Paced, Rates};
use crate::platform::Platforms;
use crate::secrets::SecretStore;
use crate::store::{Store, facts};
use crate::sync::doubt::Settling;
use crate::sync::passes::Passes;
use crate::sync::shared::{Shared, Vault, Wake};
use crate::transport::{Realm, Wire};

pub use connections::{ConnectionView, TeamView};
pub use disconnect::{DisconnectPreview, DisconnectView};
pub use dry_run::{DecisionPreview, ImportPreview, PeopleChange};
pub use failures::{Failed, Failure};
pub use import::{ImportRun, ImportView};
pub use keys::{GrantKey, GrantKeyState};
pub use people::{Confirmed, PrimaryRow, PrimaryView};
pub use preview::{PreviewRow, SyncPreview};
pub use reading::{Reading, Selection};
pub use syncs::WorkView;
pub use undo::{ApprovePreview, UndoPreview};

/// What an engine is made of.
#[derive(Clone)]
pub struct Parts {
    /// The platforms of this program.
    pub platforms: Platforms,
    /// The data folder.
    pub folder: PathBuf,
    /// Live or demo.
    pub realm: Realm,
    /// The network.
    pub wire: Arc<dyn Wire>,
    /// The secret store.
    pub secrets: Arc<dyn SecretStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// Whether the platforms' published rates are kept.
    pub rates: Rates,
    /// Where the admin signs in.
    pub browser: Arc<dyn Browser>,
    /// Who uses this computer, as the audit log names them.
    pub actor: String,
}

/// The only one who changes a data folder. Cheap to clone; the folder is let go with the last clone.
#[derive(Clone)]
pub struct Engine {
    reading: Reading,
    shared: Shared,
    browser: Arc<dyn Browser>,
}

impl Engine {
    /// Opens the data folder. Nothing is sent, and interrupted work waits for [`Engine::work`].
    ///
    /// Errors: `Kind::Bug` for parts of different realms; `Kind::Conflict` when another engine holds the folder or it belongs to
    /// the other realm; `Kind::Storage` for a database that cannot be used.
    pub async fn open(parts: Parts) -> Result<Self> {
        for realm in [parts.wire.realm(), parts.secrets.realm()] {
            if realm != parts.realm {
                return Err(Error::new(Kind::Bug, "open", "Demo and real data must not mix: the parts are of different realms."));
            }
        }
        let (folder, realm) = (parts.folder.clone(), parts.realm);
        let store = tokio::task::spawn_blocking(move || Store::open(&folder, realm))
            .await
            .map_err(|_| Error::new(Kind::Bug, "open", "Opening the data folder broke off by a mistake of User Sync."))??;
        let events = Events::new();
        let paced = Paced::new(pace::Parts {
            wire: parts.wire,
            secrets: parts.secrets,
            grants: Arc::new(Vault(store.clone())),
            throttles: Arc::new(Vault(store.clone())),
            platforms: parts.platforms.clone(),
            clock: parts.clock.clone(),
            random: parts.random.clone(),
            rates: parts.rates,
            events: events.clone(),
        })?;
        for stored in store.read(crate::store::connections::all).await? {
            paced.connected(stored.platform, stored.facts);
        }
        for (platform, slot, at) in store.read(crate::store::slot_ends::all).await? {
            paced.sign_in_ends(platform, &slot, at);
        }
        for throttle in store.read(crate::store::throttles::all).await? {
            paced.throttled(&throttle);
        }
        let word = || {
            let mut bytes = [0; 16];
            parts.random.fill(&mut bytes);
            uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
        };
        let (genesis, installation, now) = (word(), word(), parts.clock.now());
        let installation = store
            .write(move |transaction| {
                crate::store::audit::begin(transaction, &genesis, now)?;
                crate::store::runs::interrupt(transaction)?;
                facts::set_once(transaction, facts::INSTALLATION, &installation)?;
                Ok(facts::get(transaction, facts::INSTALLATION)?.unwrap_or(installation))
            })
            .await?;
        let wake = Wake::new();
        let passes = Arc::new(Passes::new(parts.random.as_ref(), wake.clone()));
        let shared = Shared {
            store: store.clone(),
            platforms: parts.platforms.clone(),
            paced,
            clock: parts.clock,
            random: parts.random,
            events,
            claims: Arc::default(),
            undoing: Arc::default(),
            settling: Arc::new(Settling::new()),
            wake,
            progress: Arc::default(),
            shut: Arc::default(),
            passes,
            sign_ins: Arc::default(),
            actor: parts.actor.into(),
            installation: installation.into(),
        };
        Ok(Self { reading: Reading::new(store, parts.platforms), shared, browser: parts.browser })
    }

    /// Everything that only looks.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Hears of every change from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.shared.events.listen()
    }
}

#[cfg(test)]
mod tests;
