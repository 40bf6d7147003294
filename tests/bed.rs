//! A test bed: one simulator in process, the real transport over it, and one or all platforms connected with the
//! simulator's own credentials. Time is tokio's, so a test with paused time waits for nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::cli::credentials::Credentials;
use app::in_process::InProcess;
use async_trait::async_trait;
use bytes::Bytes;
use engine::clock::{Browser, Clock, SystemRandom};
use engine::model::GrantId;
use engine::pace::{NoThrottles, Paced, Parts, Rates};
use engine::platform::{CLOUD, Connection, ConnectionFacts, Need, Platform};
use engine::secrets::{GrantVault, MemorySecrets, SealedGrant, Secret};
use engine::signin::{self, Entered, Given};
use engine::transport::{Http, Lane, Realm, Response, Subject, Wire};
use engine::{Error, Kind, Result};
use jiff::Timestamp;
use simulator::{Options, Simulator};
use url::Url;

/// The simulator's clock as the engine's.
pub struct SimulatedClock(pub Simulator);

#[async_trait]
impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.0.clock().now()
    }

    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A browser that must not be needed.
pub struct Unneeded;

#[async_trait]
impl Browser for Unneeded {
    async fn open(&self, url: &Url) -> Result<()> {
        Err(Error::new(Kind::Bug, "test", format!("nothing should open {}", url.host_str().unwrap_or_default())))
    }
}

/// Grants kept in memory.
#[derive(Default)]
pub struct Vault(Mutex<BTreeMap<GrantId, SealedGrant>>);

#[async_trait]
impl GrantVault for Vault {
    async fn load(&self, grant: GrantId) -> Result<Option<Vec<u8>>> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&grant).map(|kept| kept.sealed.clone()))
    }

    async fn save(&self, grant: GrantId, sealed: SealedGrant) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(grant, sealed);
        Ok(())
    }
}

/// One connected platform.
pub struct Bed {
    /// The platform under test.
    pub platform: &'static dyn Platform,
    /// Its other side.
    pub simulator: Simulator,
    /// The real transport.
    pub paced: Paced,
    /// Where grants lie.
    pub vault: Arc<Vault>,
    /// What connecting answered.
    pub facts: ConnectionFacts,
    hosts: Arc<Mutex<BTreeSet<String>>>,
}

/// A wire that remembers which hosts were asked.
struct Noting {
    wire: InProcess,
    hosts: Arc<Mutex<BTreeSet<String>>>,
}

#[async_trait]
impl Wire for Noting {
    fn realm(&self) -> Realm {
        self.wire.realm()
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<Response> {
        let host = request.uri().host().map(str::to_owned);
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).extend(host);
        self.wire.exchange(request).await
    }
}

/// How a bed's simulator is set up.
pub struct Setup {
    /// Humans.
    pub people: usize,
    /// Limits on or off.
    pub rate_limits: bool,
    /// Whether the platform refuses the device grant.
    pub no_device_grant: bool,
    /// The vendor's cloud, where it is not the commercial one.
    pub cloud: Option<&'static str>,
    /// Whether every optional scope is left out.
    pub least: bool,
    /// Where the traffic is recorded.
    pub record: Option<PathBuf>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { people: 120, rate_limits: true, no_device_grant: false, cloud: None, least: false, record: None }
    }
}

impl Bed {
    /// Starts a simulator and connects the platform.
    pub async fn new(platform: &'static dyn Platform, setup: Setup) -> Result<Self> {
        let slug = platform.info().id;
        let refused = if setup.no_device_grant {
            vec![slug.as_str().parse().map_err(|error: String| Error::new(Kind::Bug, "test", error))?]
        } else {
            Vec::new()
        };
        let in_cloud = setup.cloud.map(|cloud| format!("{slug}={cloud}").parse()).transpose();
        // What the tenant's rules say is in none of the vendors' specifications here, so a recorded connection does not ask.
        let left_out = platform.info().slots.iter().flat_map(|slot| slot.scopes).filter(|scope| match (setup.least, &setup.record) {
            (true, _) => scope.optional,
            (false, Some(_)) => scope.need == Need::Advice,
            (false, None) => false,
        });
        let left_out = Some(left_out.map(|scope| scope.name.to_owned()).collect());
        let options = Options {
            clouds: in_cloud.map_err(|error: String| Error::new(Kind::Bug, "test", error))?.into_iter().collect(),
            people: setup.people,
            rate_limits: setup.rate_limits,
            no_device_grant: refused,
            record: setup.record,
            ..Options::default()
        };
        let simulator = Simulator::new(options).map_err(|error| Error::new(Kind::Storage, "test", error.to_string()))?;
        let vault = Arc::new(Vault::default());
        let hosts = Arc::new(Mutex::default());
        let paced = Paced::new(Parts {
            wire: Arc::new(Noting { wire: InProcess(simulator.clone()), hosts: hosts.clone() }),
            secrets: Arc::new(MemorySecrets::new(Realm::Demo)),
            grants: vault.clone(),
            throttles: Arc::new(NoThrottles),
            platforms: platforms::all(),
            clock: Arc::new(SimulatedClock(simulator.clone())),
            random: Arc::new(SystemRandom),
            rates: Rates::Declared,
            events: engine::event::Events::new(),
        })?;
        let mut given = Credentials::new(simulator.credentials()).of(platform.info(), true)?;
        given.extend(setup.cloud.map(|cloud| (CLOUD.to_owned(), Secret::new(cloud))));
        let entered = Entered { left_out, ..given.into() };
        let facts = signin::connect(&paced, platform, entered, None, &Unneeded, &|_| {}).await?;
        Ok(Self { platform, simulator, paced, vault, facts, hosts })
    }

    /// The hosts that requests went to so far.
    pub fn hosts(&self) -> BTreeSet<String> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the simulator's admin would enter.
    pub fn given(&self) -> Result<Given> {
        let mut given = Credentials::new(self.simulator.credentials()).of(self.platform.info(), true)?;
        given.extend(self.facts.fields.get(CLOUD).map(|cloud| (CLOUD.to_owned(), Secret::new(cloud.as_str()))));
        Ok(given)
    }

    /// The admin's connection.
    pub fn connection(&self) -> Box<dyn Connection> {
        self.connection_as(Subject::Connection)
    }

    /// A connection that speaks for somebody.
    pub fn connection_as(&self, subject: Subject) -> Box<dyn Connection> {
        let http = Http::new(Arc::new(self.paced.clone()), self.platform.info().id, subject, Lane::Waiting);
        self.platform.connect(self.facts.clone(), http)
    }

    /// The platform in the simulator's words.
    pub fn side(&self) -> simulator::Platform {
        simulator::Platform::ALL
            .into_iter()
            .find(|side| side.slug() == self.platform.info().id.as_str())
            .unwrap_or(simulator::Platform::Slack)
    }

    /// The platform's accounts as they really are.
    pub fn accounts(&self) -> &[simulator::Account] {
        self.simulator.world().accounts(self.side())
    }
}
