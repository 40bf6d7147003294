//! One opened data folder, with the work that goes on in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::cancel::Cancel;
use engine::clock::{Browser, Clock};
use engine::engine::ConnectionView;
use engine::model::{PlatformId, RunId};
use engine::people::list::Filter;
use engine::people::listing::Sort;
use engine::platform::{PlatformInfo, Platforms};
use engine::secrets::{SecretStore, slot_handle};
use engine::signin::{Checked, Entered, Given};
use engine::transport::Realm;
use engine::{Engine, Error, Kind, Reading, Result};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::demo::Company;
use super::imports::Imports;
use super::pump::{Listener, News, pump};
use super::sign_ins::SignIns;
use crate::compose::World;
use crate::export::Place;

/// How long the work behind rests after an error that stopped all of it (a locked keychain, a full disk).
const REST: Duration = Duration::from_secs(15);
/// How long closing waits for calls that are still under way.
const PATIENCE: Duration = Duration::from_secs(10);

/// An opened world.
pub struct Opened {
    realm: Realm,
    folder: String,
    engine: Engine,
    clock: Arc<dyn Clock>,
    listener: Listener,
    sign_ins: SignIns,
    imports: Imports,
    trouble: Arc<Mutex<Option<Error>>>,
    closing: Cancel,
    tasks: tokio::sync::Mutex<JoinSet<()>>,
    company: Mutex<Option<Company>>,
    /// Last, so that whoever waits for its end knows that the engine before it is gone.
    alive: watch::Sender<()>,
}

impl Opened {
    /// Opens a folder of real data and begins to work in it.
    ///
    /// Errors: those of [`Engine::open`]; `Kind::Keychain` when something is connected and its secrets cannot be read.
    pub(super) async fn live(world: &World, folder: &Path, browser: Arc<dyn Browser>, listener: Listener) -> Result<Self> {
        let parts = world.parts(folder, browser)?;
        let (secrets, clock) = (parts.secrets.clone(), parts.clock.clone());
        let engine = Engine::open(parts).await?;
        let connected = engine.reading().connections().await?;
        if let Some(first) = connected.first() {
            secrets_can_be_read(secrets.as_ref(), platforms::all().get(first.platform)?.info()).await?;
        }
        Ok(Self::begin(world.realm(), folder, engine, clock, listener, None))
    }

    /// Opens the demo: the company is there and every platform connected.
    pub(super) async fn demo(outside: Option<&Path>, listener: Listener) -> Result<Self> {
        let company = Company::start(outside).await?;
        let world = company.world();
        let folder = company.folder().to_owned();
        let opened = async {
            let parts = world.parts(&folder, company.admin())?;
            let clock = parts.clock.clone();
            let engine = Engine::open(parts).await?;
            company.connect(&engine).await?;
            Ok((engine, clock))
        };
        match opened.await {
            Ok((engine, clock)) => Ok(Self::begin(Realm::Demo, &folder, engine, clock, listener, Some(company))),
            Err(error) => {
                company.close().await;
                Err(error)
            }
        }
    }

    fn begin(realm: Realm, folder: &Path, engine: Engine, clock: Arc<dyn Clock>, listener: Listener, company: Option<Company>) -> Self {
        let (trouble, closing) = (Arc::new(Mutex::new(None)), Cancel::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(pump(engine.subscribe(), listener.clone()));
        tasks.spawn(keep_working(engine.clone(), clock.clone(), closing.clone(), trouble.clone()));
        tasks.spawn(read_ahead(engine.reading().clone()));
        Self {
            realm,
            folder: folder.display().to_string(),
            engine,
            clock,
            listener,
            sign_ins: SignIns::default(),
            imports: Imports::default(),
            trouble,
            closing,
            tasks: tokio::sync::Mutex::new(tasks),
            company: Mutex::new(company),
            alive: watch::Sender::new(()),
        }
    }

    /// Live or demo.
    pub fn realm(&self) -> Realm {
        self.realm
    }

    /// The data folder, as people read it.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The platforms of this program.
    pub fn platforms(&self) -> Platforms {
        platforms::all()
    }

    /// The one who changes things.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Everything that only looks.
    pub fn reading(&self) -> &Reading {
        self.engine.reading()
    }

    /// Where exports go.
    pub fn place(&self) -> Place {
        Place::downloads(self.folder.clone().into(), self.clock.now().to_zoned(jiff::tz::TimeZone::system()).date())
    }

    /// What keeps all work behind from going on, while it does.
    pub fn trouble(&self) -> Option<Error> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone().or_else(|| self.engine.waits_for())
    }

    /// Whether nothing was ever connected here.
    pub async fn is_untouched(&self) -> Result<bool> {
        let (connections, status) = (self.reading().connections().await?, self.reading().status().await?);
        Ok(connections.is_empty() && status.people == 0)
    }

    /// Signs the admin in to a platform; ends when they are signed in, when it failed, or when it was stopped. In the demo, what is
    /// not entered is filled in.
    pub async fn connect(&self, platform: PlatformId, entered: Entered) -> Result<ConnectionView> {
        let entered = Entered { given: self.given(platform, entered.given)?, ..entered };
        let told = |step| (self.listener)(News::SignIn(platform, step));
        self.sign_ins.run(platform, self.engine.connect(platform, entered, &told)).await
    }

    /// Checks one field with everything that was entered so far. In the demo, what is not entered is filled in.
    pub async fn check_field(&self, platform: PlatformId, entered: Given, field: &str) -> Result<Checked> {
        self.engine.check_field(platform, self.given(platform, entered)?, field).await
    }

    fn given(&self, platform: PlatformId, entered: Given) -> Result<Given> {
        match &*self.company.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(company) => company.credentials(platforms::all().get(platform)?.info(), entered),
            None => Ok(entered),
        }
    }

    /// Stops a sign-in that is under way.
    pub fn cancel_connect(&self, platform: PlatformId) {
        self.sign_ins.cancel(platform);
    }

    /// Begins an import (none named: of all connected platforms) and returns its run; it goes on behind.
    pub async fn import(&self, platforms: &[PlatformId]) -> Result<RunId> {
        let (run, work) = self.imports.begin(&self.engine, platforms).await?;
        let mut tasks = self.tasks.lock().await;
        // Those that have ended are let go, so that the set does not grow for hours.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(work);
        Ok(run)
    }

    /// Stops a run at the next place where nothing is half done.
    pub async fn cancel_run(&self, run: RunId) -> Result<()> {
        if self.imports.cancel(run) { Ok(()) } else { self.engine.cancel_run(run).await }
    }

    /// The import under way of each platform.
    pub fn importing(&self) -> BTreeMap<PlatformId, RunId> {
        self.imports.under_way()
    }
}

/// Ends all work, waits for calls that are under way, and lets the folder go.
pub(super) async fn close(opened: Arc<Opened>) {
    opened.closing.cancel();
    opened.sign_ins.cancel_all();
    opened.imports.cancel_all();
    let company = opened.company.lock().unwrap_or_else(PoisonError::into_inner).take();
    let mut tasks = std::mem::take(&mut *opened.tasks.lock().await);
    let mut gone = opened.alive.subscribe();
    drop(opened);
    let ended = async {
        // The pump ends when the engine is gone, and that is when the last call has ended.
        drop(gone.changed().await);
        while tasks.join_next().await.is_some() {}
    };
    if tokio::time::timeout(PATIENCE, ended).await.is_err() {
        tracing::warn!("the data folder was closed with calls still under way");
    }
    tasks.shutdown().await;
    if let Some(company) = company {
        company.close().await;
    }
}

/// Reads who is in the list while the window is still being made: its first question is then answered at once.
async fn read_ahead(reading: Reading) {
    if let Err(error) = reading.listing(Filter::default(), Sort::default()).await {
        tracing::debug!("the list could not be read ahead; whoever asks for it is told why: {error}");
    }
}

/// Works on what is stored until it is told to stop. An error that stops all work is remembered while it lasts.
async fn keep_working(engine: Engine, clock: Arc<dyn Clock>, closing: Cancel, trouble: Arc<Mutex<Option<Error>>>) {
    while !closing.is_cancelled() {
        let outcome = engine.keep_working(&closing).await;
        let Err(error) = outcome else { return };
        tracing::warn!(kind = ?error.kind, operation = error.operation, "work behind the window rests: {error}");
        *trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        tokio::select! {
            () = closing.cancelled() => return,
            () = clock.wait(REST) => {}
        }
        *trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Reads one secret of a connection: a locked or absent keychain is better said now than at the first sync.
async fn secrets_can_be_read(secrets: &dyn SecretStore, info: &PlatformInfo) -> Result<()> {
    let Some(slot) = info.slots.first() else { return Ok(()) };
    match secrets.get(&slot_handle(info.id, slot.name)).await {
        // A damaged or missing secret is the connection's own matter, and its card says so.
        Err(error) if error.kind == Kind::Keychain && error.remedy != engine::Remedy::SignInAgain => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use engine::Remedy;
    use engine::secrets::{Handle, Secret};

    use super::*;

    /// A keychain that answers every question alike.
    struct Answering(Result<Option<Secret>>);

    #[async_trait]
    impl SecretStore for Answering {
        fn realm(&self) -> Realm {
            Realm::Live
        }

        async fn get(&self, _: &Handle) -> Result<Option<Secret>> {
            self.0.clone()
        }

        async fn put(&self, _: &Handle, _: &Secret) -> Result<()> {
            Ok(())
        }

        async fn delete(&self, _: &Handle) -> Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_locked_keychain_is_told_at_opening_and_a_damaged_secret_is_left_to_its_card() {
        let info = platforms::all().iter().map(|platform| platform.info()).find(|info| !info.slots.is_empty()).unwrap();
        let locked = Error::new(Kind::Keychain, "keychain", "The keychain is locked.").ask_admin("Unlock it.");
        let damaged = Error::new(Kind::Keychain, "keychain", "The secret is damaged.").remedy(Remedy::SignInAgain);
        for (answer, opens) in [(Err(locked), false), (Err(damaged), true), (Ok(None), true), (Ok(Some(Secret::new("a token"))), true)] {
            assert_eq!(secrets_can_be_read(&Answering(answer.clone()), info).await.is_ok(), opens, "{answer:?}");
        }
    }
}
