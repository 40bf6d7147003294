//! One server, one engine that signs in there, and the time of both.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use engine::Result;
use engine::clock::{Browser, Clock, SystemClock, SystemRandom};
use engine::model::{GrantId, Identity};
use engine::pace::{NoThrottles, Paced, Parts, Rates};
use engine::platform::{Connection, ConnectionFacts, Platform, Platforms};
use engine::secrets::{GrantVault, MemorySecrets, Secret};
use engine::signin::{self, Entered, Given, Tokens};
use engine::transport::{Http, Lane, Realm, Subject};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use user_sync_tests::bed::Vault;

use crate::person::Person;
use crate::platform::{PROOF, Pretended};
use crate::server::{Proxy, Server};

/// The employee's grant.
pub(crate) const GRANT: GrantId = GrantId(1);

/// The real time, and what a test lets pass beside it. Who waits here waits for the test.
struct Hands(watch::Sender<Duration>);

#[async_trait]
impl Clock for Hands {
    fn now(&self) -> Timestamp {
        SystemClock.now() + SignedDuration::try_from(*self.0.borrow()).unwrap()
    }

    async fn wait(&self, duration: Duration) {
        let end = *self.0.borrow() + duration;
        self.0.subscribe().wait_for(|passed| *passed >= end).await.unwrap();
    }
}

pub(crate) struct World {
    pub(crate) server: Arc<Server>,
    pub(crate) paced: Paced,
    pub(crate) proxy: Arc<Proxy>,
    pub(crate) secrets: Arc<MemorySecrets>,
    pub(crate) platform: &'static Pretended,
    vault: Arc<Vault>,
    hands: watch::Sender<Duration>,
}

impl World {
    pub(crate) fn new(platform: &'static Pretended) -> Self {
        Self::with(platform, Arc::new(Server::start()), Arc::new(MemorySecrets::new(Realm::Demo)), Duration::ZERO)
    }

    /// The same keychain and the same server after a restart of the program.
    pub(crate) fn restarted(&self) -> Self {
        let again = Self::with(self.platform, self.server.clone(), self.secrets.clone(), *self.hands.borrow());
        again.facts();
        again
    }

    fn with(platform: &'static Pretended, server: Arc<Server>, secrets: Arc<MemorySecrets>, passed: Duration) -> Self {
        let proxy = Arc::new(Proxy { port: server.port, asked: Mutex::default() });
        let (vault, hands) = (Arc::new(Vault::default()), watch::Sender::new(passed));
        let paced = Paced::new(Parts {
            wire: proxy.clone(),
            secrets: secrets.clone(),
            grants: vault.clone(),
            throttles: Arc::new(NoThrottles),
            platforms: Platforms::new(vec![platform]),
            clock: Arc::new(Hands(hands.clone())),
            random: Arc::new(SystemRandom),
            rates: Rates::Declared,
            events: engine::event::Events::new(),
        });
        Self { server, paced: paced.unwrap(), proxy, secrets, platform, vault, hands }
    }

    /// Somebody with a browser that has not been here yet.
    pub(crate) fn person(&self, name: &'static str) -> Person {
        Person::new(name, self.server.port)
    }

    /// Time passes here and at the server.
    pub(crate) async fn pass(&self, seconds: u64) {
        self.server.later(seconds).await;
        self.pass_here(seconds);
    }

    /// Time passes on this computer alone.
    pub(crate) fn pass_here(&self, seconds: u64) {
        self.hands.send_modify(|passed| *passed += Duration::from_secs(seconds));
    }

    /// Connects with a browser.
    pub(crate) async fn connect(&self, given: &[(&str, &str)], browser: &dyn Browser) -> Result<ConnectionFacts> {
        signin::connect(&self.paced, self.platform, Entered::from(fields(given)), None, browser, &|_| {}).await
    }

    /// What a connection has that signs in with no secret.
    pub(crate) fn facts(&self) -> ConnectionFacts {
        let facts = ConnectionFacts { fields: [("client_id".to_owned(), "desktop".to_owned())].into(), ..ConnectionFacts::default() };
        self.paced.connected(PROOF, facts.clone());
        facts
    }

    /// Keeps an employee's tokens, sealed.
    pub(crate) async fn keep(&self, tokens: &Tokens) {
        let sealed = self.paced.sealer().seal_grant(GRANT, PROOF, tokens).await.unwrap();
        self.vault.save(GRANT, sealed).await.unwrap();
    }

    /// An employee's tokens as they are kept.
    pub(crate) async fn kept(&self) -> Tokens {
        let sealed = self.vault.load(GRANT).await.unwrap().unwrap();
        self.paced.sealer().open_grant(GRANT, PROOF, &sealed).await.unwrap()
    }

    pub(crate) fn connection(&self, subject: Subject) -> Box<dyn Connection> {
        let http = Http::new(Arc::new(self.paced.clone()), PROOF, subject, Lane::Waiting);
        self.platform.connect(ConnectionFacts::default(), http)
    }

    /// Who the server says we are.
    pub(crate) async fn whoami(&self, subject: Subject) -> Result<Identity> {
        self.connection(subject).whoami().await
    }
}

pub(crate) fn fields(given: &[(&str, &str)]) -> Given {
    given.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect()
}

/// Runs a case; one that hangs fails.
pub(crate) async fn soon<T>(case: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(240), case).await.expect("the case is still not done after four minutes")
}
