//! A data folder full of people, as the real program would open it: imported once and kept below cargo's target folder.

use std::collections::BTreeMap;
use std::path::PathBuf;
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
use user_sync_tests::bed::Unneeded;
use user_sync_tests::window::{Result, Trouble, kept_pictures};

/// The simulator as if it were the vendors: a kept data folder that the window opens at its start is one of real data.
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

/// The folder with so many people; made at the first call, which takes about half a minute.
pub(crate) async fn folder(people: usize) -> Result<PathBuf> {
    let folder = kept_pictures()?.join(format!("people-{people}"));
    let complete = folder.join("complete");
    if complete.exists() {
        return Ok(folder);
    }
    println!("Importing {people} people once, into {}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    import(people, folder.clone()).await.map_err(|error| Trouble(error.to_string()))?;
    std::fs::write(complete, "")?;
    Ok(folder)
}

async fn import(people: usize, folder: PathBuf) -> engine::Result<()> {
    let options = Options { people, rate_limits: false, clock: Clock::wall(), ..Options::default() };
    let simulator = Simulator::new(options).map_err(|error| engine::Error::new(engine::Kind::Storage, "bench", error.to_string()))?;
    let engine = Engine::open(Parts {
        platforms: platforms::all(),
        folder,
        realm: Realm::Live,
        wire: Arc::new(AsIfReal(InProcess(simulator.clone()))),
        secrets: Arc::new(MemorySecrets::new(Realm::Live)),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        rates: Rates::Off,
        browser: Arc::new(Unneeded),
    })
    .await?;
    for platform in platforms::all().iter() {
        let given = Credentials::new(simulator.credentials()).of(platform.info(), true)?;
        engine.connect(platform.info().id, given, BTreeMap::new(), &|_| {}).await?;
    }
    engine.import(&[], &Cancel::new(), &|_, _| {}).await.map(|_| ())
}
