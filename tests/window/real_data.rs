//! A folder of real data, as the window opens it at its start, without a real platform: the engine itself writes it, in this
//! process, with the simulator standing in for the vendors. The secrets are not kept, so nothing can be sent from it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::cli::credentials::Credentials;
use app::in_process::InProcess;
use async_trait::async_trait;
use bytes::Bytes;
use engine::cancel::Cancel;
use engine::clock::{Clock as _, SystemClock, SystemRandom};
use engine::pace::Rates;
use engine::secrets::MemorySecrets;
use engine::transport::{Realm, Response, Wire};
use engine::{Engine, Parts};
use jiff::{SignedDuration, Timestamp};
use simulator::{Clock, Options, Simulator};

use super::{Result, Trouble};
use crate::bed::Unneeded;

/// The simulator as if it were the vendors.
struct AsIfReal(InProcess);

#[async_trait]
impl Wire for AsIfReal {
    fn realm(&self) -> Realm {
        Realm::Live
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> engine::Result<Response> {
        self.0.exchange(request).await
    }
}

/// A clock that nobody waits for: waiting moves it. It began a day ago, so that nothing lies in the future. The vendors' rates,
/// which only a demo may do without, then cost no time.
struct Hurried(Mutex<Timestamp>);

impl Hurried {
    fn new() -> Self {
        Self(Mutex::new(SystemClock.now() - SignedDuration::from_hours(24)))
    }
}

#[async_trait]
impl engine::clock::Clock for Hurried {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait(&self, duration: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.checked_add(duration).unwrap_or(*now);
    }
}

/// How much lies in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// All platforms are connected.
    Connected,
    /// And everybody is imported.
    Imported,
}

/// Makes the folder, with a company of so many people.
pub async fn real_data(folder: &Path, people: usize, filled: Filled) -> Result<()> {
    made(folder, people, filled).await.map_err(|error| Trouble(error.to_string()))
}

async fn made(folder: &Path, people: usize, filled: Filled) -> engine::Result<()> {
    let options = Options { people, rate_limits: false, clock: Clock::wall(), ..Options::default() };
    let simulator = Simulator::new(options).map_err(|error| engine::Error::new(engine::Kind::Storage, "test", error.to_string()))?;
    let engine = Engine::open(Parts {
        platforms: platforms::all(),
        folder: folder.to_owned(),
        realm: Realm::Live,
        wire: Arc::new(AsIfReal(InProcess(simulator.clone()))),
        secrets: Arc::new(MemorySecrets::new(Realm::Live)),
        clock: Arc::new(Hurried::new()),
        random: Arc::new(SystemRandom),
        rates: Rates::Declared,
        browser: Arc::new(Unneeded),
        actor: "it@example".into(),
    })
    .await?;
    for platform in platforms::all().iter() {
        let given = Credentials::new(simulator.credentials()).of(platform.info(), true)?;
        engine.connect(platform.info().id, given.into(), &|_| {}).await?;
    }
    if filled == Filled::Imported {
        engine.import(&[], &Cancel::new(), &|_, _| {}).await?;
    }
    Ok(())
}
