//! Strict pretend services of Slack, Microsoft (Entra and Graph), Webex and Zoom.
//!
//! For: the demo, and the tests of everything that speaks to a platform. Here: because a fake that shares the client's
//! types shares the client's mistakes. Must not know: anything of the app; it is written from the vendors' documents.
//!
//! # How the parts fit
//! A request reaches [`Simulator::handle`] through one of three doors (in process, TLS, plain HTTP; see `serve`), becomes
//! an `http::Context`, meets planted faults, and is answered by the fake that owns its host:
//! `slack::route`, `teams::route`, `webex::route` or `zoom::route`, plain functions from `(&Simulator, &Context)` to
//! `Answer`. Each fake offers the same handful of items in its `mod.rs`:
//!
//! | item | what |
//! |---|---|
//! | `HOSTS: &[&str]` | the vendor hosts it answers for, in the commercial cloud (`clouds` turns others into them) |
//! | `LIMITS: &[LimitRow]` | its rate limits, for the public table |
//! | `State`, `State::new(&World)` | everything that changes, behind one mutex: `sim.slack()`, `sim.teams()` … |
//! | `prepare(&Simulator) -> Value` | opens the first grants and gives the platform's part of `credentials` in READY.json |
//! | `route(&Simulator, &Context) -> Answer` | the operations; what it does not know it passes to `sim.unknown(ctx)` |
//! | `speak(&Simulator, &Account, to, text) -> Result<(), String>` | an employee writes a direct message there |
//!
//! Shared by all: the directory (`world`, fixed after start), what people were told (`ledger`), tokens and grants
//! (`tokens`), consent pages, authorization codes and device codes (`oauth`), token buckets (`limits`), cursors (`pages`).
//!
//! # Locks
//! Each shared part has its own mutex and is a leaf: it never calls back. A fake may hold its own state's lock while it
//! calls them, but `route`, `speak` and `handle` must not be called with any lock held.

mod browser;
mod clock;
mod clouds;
mod control;
mod employees;
mod faults;
mod http;
mod ids;
mod ledger;
mod limits;
mod oauth;
mod options;
mod pages;
mod record;
mod secrets;
mod serve;
mod slack;
mod sockets;
mod teams;
#[cfg(test)]
mod testing;
mod tokens;
mod weather;
mod webex;
mod world;
mod zoom;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::http::{Request, Response};
use bytes::Bytes;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde_json::Value;

pub use clock::Clock;
pub use clouds::Cloud;
pub use faults::Fault;
pub use limits::{LimitRow, Taken};
pub use options::{Employees, Options, Platform};
pub use serve::{Served, serve};
pub use sockets::{Frame, Socket};
pub use weather::Weather;
pub use world::{Account, Entry, Expected, Kind, World};

use crate::http::{Answer, Context, Origin};

/// The connection was closed without an answer, as a planted fault demanded. The platform may have acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped;

/// The four pretend services over one made-up company. Cheap to clone; all clones are one simulator.
#[derive(Clone)]
pub struct Simulator {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    clouds: clouds::Clouds,
    world: World,
    random: Mutex<ChaCha20Rng>,
    tokens: Mutex<tokens::Tokens>,
    sign_ins: Mutex<oauth::SignIns>,
    secrets: Mutex<BTreeSet<String>>,
    ledger: Mutex<ledger::Ledger>,
    buckets: Mutex<limits::Buckets>,
    cursors: Mutex<pages::Cursors>,
    slack: Mutex<slack::State>,
    teams: Mutex<teams::State>,
    webex: Mutex<webex::State>,
    zoom: Mutex<zoom::State>,
    credentials: Mutex<BTreeMap<&'static str, Value>>,
    faults: Mutex<faults::Faults>,
    lags: Mutex<BTreeMap<Platform, Duration>>,
    sky: Mutex<weather::Sky>,
    desk: Mutex<employees::Desk>,
    record: Option<Mutex<record::Record>>,
    stirred: tokio::sync::Notify,
    unknown_requests: AtomicU64,
}

impl Simulator {
    /// Builds the company and opens the first grants. Fails only where a file of the options cannot be opened.
    pub fn new(options: Options) -> std::io::Result<Self> {
        let world = World::new(options.people, options.seed);
        let inner = Inner {
            random: Mutex::new(ChaCha20Rng::seed_from_u64(options.seed ^ 0x5eed_70c3)),
            tokens: Mutex::default(),
            sign_ins: Mutex::default(),
            secrets: Mutex::default(),
            ledger: Mutex::default(),
            buckets: Mutex::default(),
            cursors: Mutex::default(),
            slack: Mutex::new(slack::State::new(&world)),
            teams: Mutex::new(teams::State::new(&world)),
            webex: Mutex::new(webex::State::new(&world)),
            zoom: Mutex::new(zoom::State::new(&world)),
            credentials: Mutex::default(),
            faults: Mutex::default(),
            lags: Mutex::default(),
            sky: Mutex::default(),
            stirred: tokio::sync::Notify::new(),
            desk: Mutex::default(),
            record: options.record.as_deref().map(record::Record::create).transpose()?.map(Mutex::new),
            unknown_requests: AtomicU64::new(0),
            clouds: clouds::Clouds::new(&options.clouds),
            options,
            world,
        };
        let simulator = Self { inner: Arc::new(inner) };
        simulator.set_weather(simulator.options().weather.clone());
        for (platform, part) in [
            (Platform::Slack, slack::prepare(&simulator)),
            (Platform::Teams, teams::prepare(&simulator)),
            (Platform::Webex, webex::prepare(&simulator)),
            (Platform::Zoom, zoom::prepare(&simulator)),
        ] {
            let mut part = part;
            let cloud = simulator.clouds().of(platform);
            if !cloud.is_commercial() {
                part["cloud"] = cloud.name().into();
            }
            lock(&simulator.inner.credentials).insert(platform.slug(), part);
        }
        Ok(simulator)
    }

    /// The in-process door: the vendor host is the URI's authority, or else the `Host` header.
    pub async fn handle(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Dropped> {
        self.handle_from(request, Origin::Vendor).await
    }

    /// A request of any door: what is due happens first, then a planted fault or the fake's answer.
    pub(crate) async fn handle_from(&self, request: Request<Bytes>, origin: Origin) -> Result<Response<Bytes>, Dropped> {
        self.tick().await;
        let mut context = Context::new(request, origin, self.clouds(), self.clock().now());
        let Some(fault) = self.faults().meet(&context) else {
            let through = self.through_weather(&mut context).await.unwrap_or_else(|| Ok(self.exchange(&context)));
            return through.map(Answer::into_response);
        };
        tokio::time::sleep(fault.delay()).await;
        context.now = self.clock().now();
        if fault.acts {
            self.answer(&context);
        }
        if fault.drop {
            self.answer(&context);
            return Err(Dropped);
        }
        Ok(fault.answer().unwrap_or_else(|| self.exchange(&context)).into_response())
    }

    /// One request answered and recorded.
    pub(crate) fn exchange(&self, context: &Context) -> Answer {
        let answer = self.answer(context);
        if let (Some(record), Some(platform)) = (&self.inner.record, owner(context.host)) {
            lock(record).exchange(platform, context, &answer);
        }
        // The request may have made something due.
        self.inner.stirred.notify_waiters();
        answer
    }

    /// One frame of a web socket, for the record; `direction` as the app sees it.
    pub(crate) fn record_frame(&self, platform: Platform, direction: &str, frame: &str) {
        if let Some(record) = &self.inner.record {
            lock(record).frame(platform, direction, frame);
        }
    }

    /// Does what is due by the clock: employees' acts, repeated deliveries, requests that arrive late.
    pub(crate) async fn tick(&self) {
        self.act_late();
        slack::tick(self);
        for ended in employees::act(self) {
            browser::arrive(&ended).await;
        }
    }

    /// When [`Self::tick`] next has something to do.
    pub(crate) fn next_due(&self) -> Option<jiff::Timestamp> {
        let desk = self.desk().next_due();
        desk.into_iter().chain(self.slack().next_due()).chain(self.sky().next_due()).min()
    }

    /// The human behind `account` writes a direct message: `to` is an address, an account id or the name of an app or bot.
    pub(crate) fn speak(&self, account: &Account, to: &str, text: &str) -> Result<(), String> {
        match account.platform {
            Platform::Slack => slack::speak(self, account, to, text),
            Platform::Teams => teams::speak(self, account, to, text),
            Platform::Webex => webex::speak(self, account, to, text),
            Platform::Zoom => zoom::speak(self, account, to, text),
        }
    }

    /// One request answered by the fake that owns its host, without faults or recording.
    pub(crate) fn answer(&self, context: &Context) -> Answer {
        match (owner(context.host), context.path.as_str()) {
            (Some(_), oauth::CONSENT_PATH) => oauth::decide(self, context),
            (Some(platform), oauth::DEVICE_PATH) => oauth::decide_device_form(self, context, platform),
            (Some(Platform::Slack), _) => slack::route(self, context),
            (Some(Platform::Teams), _) => teams::route(self, context),
            (Some(Platform::Webex), _) => webex::route(self, context),
            (Some(Platform::Zoom), _) => zoom::route(self, context),
            (None, _) => self.unknown(context),
        }
    }

    /// The loud answer to a host, path or method that no fake knows: 501, counted and logged.
    pub(crate) fn unknown(&self, context: &Context) -> Answer {
        self.inner.unknown_requests.fetch_add(1, Ordering::Relaxed);
        tracing::error!(method = %context.method, host = %context.sent_to, path = %context.path, "the simulator has no such operation");
        Answer::text(501, format!("the simulator has no operation {} https://{}{}", context.method, context.sent_to, context.path))
    }

    /// How many requests named a host, path or method that no fake knows. Not zero means a defect on one of the two sides.
    pub fn unknown_requests(&self) -> u64 {
        self.inner.unknown_requests.load(Ordering::Relaxed)
    }

    /// The address of the IT admin, who has an account with administrator rights on all four platforms.
    pub fn admin_email(&self) -> &str {
        world::ADMIN_EMAIL
    }

    /// The first credentials of each platform, as READY.json carries them.
    pub fn credentials(&self) -> Value {
        lock(&self.inner.credentials)
            .iter()
            .map(|(slug, part)| ((*slug).to_owned(), part.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    /// Every rate limit in force, for those who want to stay below them.
    pub fn limit_table(&self) -> Vec<LimitRow> {
        [slack::LIMITS, teams::LIMITS, webex::LIMITS, zoom::LIMITS].concat()
    }

    /// What the limits counted since the last call, oldest first; from the first call on it is written down.
    pub fn limits_counted(&self) -> Vec<Taken> {
        lock(&self.inner.buckets).counted()
    }

    /// The clock all four services share.
    pub fn clock(&self) -> &Clock {
        &self.inner.options.clock
    }

    /// What the simulator was started with.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// Under which names the vendors answer in this run.
    pub(crate) fn clouds(&self) -> clouds::Clouds {
        self.inner.clouds
    }

    /// The company's directory as it was at the start.
    pub fn world(&self) -> &World {
        &self.inner.world
    }

    pub(crate) fn slack(&self) -> MutexGuard<'_, slack::State> {
        lock(&self.inner.slack)
    }

    pub(crate) fn teams(&self) -> MutexGuard<'_, teams::State> {
        lock(&self.inner.teams)
    }

    pub(crate) fn webex(&self) -> MutexGuard<'_, webex::State> {
        lock(&self.inner.webex)
    }

    pub(crate) fn zoom(&self) -> MutexGuard<'_, zoom::State> {
        lock(&self.inner.zoom)
    }

    /// Tokens and the grants behind them.
    pub(crate) fn tokens(&self) -> MutexGuard<'_, tokens::Tokens> {
        lock(&self.inner.tokens)
    }

    /// Open consent pages, authorization codes and device codes.
    pub(crate) fn sign_ins(&self) -> MutexGuard<'_, oauth::SignIns> {
        lock(&self.inner.sign_ins)
    }

    /// What people were told, and who is represented.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, ledger::Ledger> {
        lock(&self.inner.ledger)
    }

    /// List cursors given out.
    pub(crate) fn cursors(&self) -> MutexGuard<'_, pages::Cursors> {
        lock(&self.inner.cursors)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, faults::Faults> {
        lock(&self.inner.faults)
    }

    /// The weather.
    pub(crate) fn sky(&self) -> MutexGuard<'_, weather::Sky> {
        lock(&self.inner.sky)
    }

    pub(crate) fn desk(&self) -> MutexGuard<'_, employees::Desk> {
        lock(&self.inner.desk)
    }

    /// Takes `cost` from the bucket `key` under the limit `row`; `Err(seconds)` says how long to wait (never when limits are off).
    pub(crate) fn take(&self, key: &str, row: &LimitRow, cost: f64) -> Result<(), f64> {
        if !self.inner.options.rate_limits {
            return Ok(());
        }
        lock(&self.inner.buckets).take(key, row, cost, self.clock().now())
    }

    /// `length` characters from `alphabet`, reproducible by the seed.
    pub(crate) fn random_text(&self, alphabet: &str, length: usize) -> String {
        let mut random = lock(&self.inner.random);
        let letters = alphabet.as_bytes();
        (0..length).map(|_| char::from(letters[random.random_range(0..letters.len())])).collect()
    }

    /// A version 4 UUID, reproducible by the seed.
    pub(crate) fn random_uuid(&self) -> uuid::Uuid {
        uuid::Builder::from_random_bytes(lock(&self.inner.random).random()).into_uuid()
    }
}

/// Letters and digits, for tokens and codes.
pub(crate) const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Digits only.
pub(crate) const DIGITS: &str = "0123456789";
/// Capital letters and digits, as in Slack's ids and in codes that people type.
pub(crate) const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// The commercial hosts that a fake answers for.
pub(crate) fn hosts(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::Slack => slack::HOSTS,
        Platform::Teams => teams::HOSTS,
        Platform::Webex => webex::HOSTS,
        Platform::Zoom => zoom::HOSTS,
    }
}

/// The platform that a commercial host belongs to.
pub(crate) fn owner(host: &str) -> Option<Platform> {
    Platform::ALL.into_iter().find(|platform| hosts(*platform).contains(&host))
}

/// A panic in another thread's test must not hide behind a poisoned lock: the state itself stays consistent per call.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
