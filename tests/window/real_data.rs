//! A folder of real data, as the window opens it at its start, without a real platform: the engine itself writes it, in this
//! process, with the simulator standing in for the vendors. The secrets are not kept, so nothing can be sent from it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use app::cli::credentials::Credentials;
use app::in_process::InProcess;
use async_trait::async_trait;
use bytes::Bytes;
use engine::cancel::Cancel;
use engine::clock::{SystemClock, SystemRandom};
use engine::pace::Rates;
use engine::secrets::MemorySecrets;
use engine::transport::{Realm, Response, Wire};
use engine::{Engine, Parts};
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
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        rates: Rates::Declared,
        browser: Arc::new(Unneeded),
    })
    .await?;
    for platform in platforms::all().iter() {
        let given = Credentials::new(simulator.credentials()).of(platform.info(), true)?;
        engine.connect(platform.info().id, given, BTreeMap::new(), &|_| {}).await?;
    }
    if filled == Filled::Imported {
        engine.import(&[], &Cancel::new(), &|_, _| {}).await?;
    }
    Ok(())
}
