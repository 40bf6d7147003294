//! An engine over the scripted network, in a temporary folder, with time that stands still until somebody waits.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tempfile::TempDir;
use url::Url;

use super::platform::{ALPHA, BETA, DELTA, GAMMA, RATES, platforms_at};
use super::shutter::Shutter;
use super::wire::{FakeWire, World};
use crate::cancel::Cancel;
use crate::clock::{Browser, Clock, SystemRandom};
use crate::engine::{Engine, Parts, Selection};
use crate::error::Result;
use crate::model::{Account, AccountKind, PersonId, PlatformId};
use crate::pace::Rates;
use crate::people::views::SyncView as Row;
use crate::platform::{Platforms, Rate};
use crate::secrets::Secret;
use crate::signin::Given;
use crate::sync::{SyncView, Until};
use crate::transport::Realm;

pub(crate) struct TestClock {
    from: Timestamp,
    start: tokio::time::Instant,
    /// By how many seconds somebody has set it.
    set_by: std::sync::atomic::AtomicI64,
}

impl TestClock {
    /// Somebody sets it, forwards or back.
    pub(crate) fn jump(&self, seconds: i64) {
        self.set_by.fetch_add(seconds, std::sync::atomic::Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let set_by = jiff::SignedDuration::from_secs(self.set_by.load(std::sync::atomic::Ordering::Relaxed));
        self.from + jiff::SignedDuration::try_from(self.start.elapsed()).unwrap() + set_by
    }

    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

struct NoBrowser;

#[async_trait]
impl Browser for NoBrowser {
    async fn open(&self, _url: &Url) -> Result<()> {
        panic!("nobody signs in with a browser here")
    }
}

/// The kit. `open` it as often as a crash demands.
pub(crate) struct Kit {
    folder: TempDir,
    world: Arc<Mutex<World>>,
    pub(crate) secrets: Arc<Shutter>,
    pub(crate) clock: Arc<TestClock>,
    platforms: Platforms,
}

impl Kit {
    /// All four platforms connected; people imported, each with an account on the named platforms.
    pub(crate) async fn with(people: &[(&str, &[PlatformId])]) -> (Self, Engine) {
        Self::paced(people, RATES).await
    }

    /// The same, and each platform has these rates.
    pub(crate) async fn paced(people: &[(&str, &[PlatformId])], rates: &'static [Rate]) -> (Self, Engine) {
        let world = World {
            scopes: ["people.read", "chat.write", "people.write", "people.reset"].map(str::to_owned).to_vec(),
            accounts: people.iter().flat_map(|(name, on)| on.iter().map(|platform| account(name, *platform))).collect(),
            ..World::default()
        };
        let kit = Self {
            folder: tempfile::tempdir().unwrap(),
            world: Arc::new(Mutex::new(world)),
            secrets: Arc::new(Shutter::new(Realm::Demo)),
            clock: Arc::new(TestClock {
                from: "2030-01-01T08:00:00Z".parse().unwrap(),
                start: tokio::time::Instant::now(),
                set_by: Default::default(),
            }),
            platforms: platforms_at(rates),
        };
        let engine = kit.open().await;
        for platform in [ALPHA, BETA, GAMMA, DELTA] {
            kit.connect(&engine, platform).await;
        }
        engine.import(&[], &Cancel::new(), &|_, _| {}).await.unwrap();
        (kit, engine)
    }

    pub(crate) async fn connect(&self, engine: &Engine, platform: PlatformId) {
        let given = [("access_token", "admin-token"), ("client_id", "client")].map(|(field, value)| (field.to_owned(), Secret::new(value)));
        engine.connect(platform, Given::from(given).into(), &|_| {}).await.unwrap();
    }

    pub(crate) fn parts(&self) -> Parts {
        Parts {
            platforms: self.platforms.clone(),
            folder: self.folder.path().to_owned(),
            realm: Realm::Demo,
            wire: Arc::new(FakeWire(Arc::clone(&self.world))),
            secrets: self.secrets.clone(),
            clock: self.clock.clone(),
            random: Arc::new(SystemRandom),
            rates: Rates::Declared,
            browser: Arc::new(NoBrowser),
            actor: "it@example".into(),
        }
    }

    pub(crate) async fn open(&self) -> Engine {
        for _ in 0..100 {
            match Engine::open(self.parts()).await {
                // A token that is being kept is kept to the end even in a crash of this kind; then the folder is free.
                Err(error) if error.kind == crate::Kind::Conflict => self.clock.wait(Duration::from_millis(1)).await,
                opened => return opened.unwrap(),
            }
        }
        panic!("somebody holds on to the data folder")
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Counts something; unlike [`Self::world`] it may stand twice in one expression.
    pub(crate) fn many(&self, count: impl FnOnce(&World) -> usize) -> usize {
        count(&self.world())
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

fn account(name: &str, platform: PlatformId) -> Account {
    Account {
        platform,
        id: format!("{platform}-{name}"),
        kind: AccountKind::Member,
        active: true,
        name: name.to_owned(),
        email: Some(format!("{name}@home.example")),
        aliases: vec![],
        email_verified: true,
        avatar: None,
        licensed: None,
        attributes: BTreeMap::new(),
    }
}

impl Engine {
    pub(crate) async fn named(&self, name: &str) -> PersonId {
        self.reading().find_person(&format!("{name}@home.example")).await.unwrap()
    }

    /// Chooses a primary platform and syncs.
    pub(crate) async fn sync_one(&self, name: &str, primary: PlatformId, to: PlatformId) -> SyncView {
        let selection = Selection::People(vec![self.named(name).await]);
        self.set_primary(&selection, primary, crate::engine::Confirmed::Nothing).await.unwrap();
        self.sync(&selection, to, Until::Idle, &Cancel::new()).await.unwrap()
    }

    pub(crate) async fn row(&self, name: &str, to: PlatformId) -> Row {
        self.reading().person(self.named(name).await).await.unwrap().syncs[&to].clone()
    }

    pub(crate) async fn work_on(&self) -> crate::engine::WorkView {
        self.work(Until::Idle, &Cancel::new()).await.unwrap()
    }
}

/// Runs a future until it has been woken so many times, then drops it: a crash. `Some` when it ended before.
pub(crate) async fn crash_after<F: Future>(polls: u32, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}
