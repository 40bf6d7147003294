//! Whole runs in virtual time: the real engine and adapters over the simulator in this process, everybody synced at once, and how
//! long that took beside the least that the platforms' own limits allow.
//!
//! The least is computed from what the simulator counted and from its own table of limits, never from what the adapters
//! declare: of each bucket (units - burst) / rate, and of these the longest. A request takes [`LATENCY`].

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::cli::credentials::Credentials;
use app::in_process::InProcess;
use async_trait::async_trait;
use bytes::Bytes;
use engine::cancel::Cancel;
use engine::clock::{Clock, SystemClock, SystemRandom};
use engine::engine::Confirmed;
use engine::model::{PersonId, PlatformId, StopLimit, StopLimits};
use engine::pace::{Rates, retry_after};
use engine::people::list::Filter;
use engine::people::listing::Sort;
use engine::secrets::MemorySecrets;
use engine::sync::Until;
use engine::sync::plan::Action;
use engine::transport::{Realm, Response, Wire};
use engine::{Engine, Error, Kind, Parts, Result, Selection};
use jiff::Timestamp;
use simulator::{Options, Simulator, Taken};
use tokio::time::Instant;

use crate::bed::{SimulatedClock, Unneeded};

/// How long a request and its answer are under way, together.
pub const LATENCY: Duration = Duration::from_millis(100);
/// How long everything rests before a run, so that all buckets are full.
const REST: Duration = Duration::from_secs(600);
/// So many people are asked about at once; a preview tells no more by name.
const LOOKED_AT: usize = 100;

/// A sync of many.
#[derive(Clone, Copy, Debug)]
pub struct Bulk {
    /// Where to.
    pub to: &'static str,
    /// Where prompts are sent; `None`: bots and guests are made.
    pub carrier: Option<&'static str>,
    /// How many people.
    pub people: usize,
    /// How large the company is.
    pub company: usize,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How many people were synced, or asked.
    pub people: usize,
    /// From the admin's word to the end of the run.
    pub makespan: Duration,
    /// The least that the platforms' limits allow.
    pub least: Duration,
    /// The limit that says so.
    pub bound_by: String,
    /// Requests that a limit counted.
    pub counted: usize,
    /// Requests that were refused.
    pub refused: usize,
    /// Requests that came to a refused limit before the answer allowed it.
    pub early: usize,
    /// The most requests under way at once.
    pub most_at_once: usize,
}

impl Outcome {
    /// Makespan by the least; `None` where no limit binds.
    pub fn ratio(&self) -> Option<f64> {
        (!self.least.is_zero()).then(|| self.makespan.as_secs_f64() / self.least.as_secs_f64())
    }
}

/// The simulator behind a network that takes its time, and what its limits counted.
struct Distant {
    inner: InProcess,
    latency: Duration,
    seen: Mutex<Seen>,
    under_way: AtomicUsize,
    most: AtomicUsize,
}

#[derive(Default)]
struct Seen {
    taken: Vec<Taken>,
    /// Of each bucket that refused: from when on the other side can have known, and until when it was asked to wait.
    closed: HashMap<String, (Timestamp, Timestamp)>,
    early: usize,
}

impl Seen {
    /// Takes in what one request was counted as; `asked` is the pause that its answer asked for, `latency` how long a request and its
    /// answer are under way.
    fn add(&mut self, counted: Vec<Taken>, asked: Duration, latency: Duration) {
        for taken in counted {
            let is_early = |(known, until): &(Timestamp, Timestamp)| (*known..*until).contains(&taken.at);
            self.early += usize::from(self.closed.get(&taken.key).is_some_and(is_early));
            if taken.refused {
                let known = taken.at + latency;
                let closed = self.closed.entry(taken.key.clone()).or_insert((known, known + asked));
                *closed = if closed.1 < taken.at { (known, known + asked) } else { (closed.0, closed.1.max(known + asked)) };
            }
            self.taken.push(taken);
        }
    }
}

impl Distant {
    /// One way of a request or an answer.
    async fn travel(&self) {
        if !self.latency.is_zero() {
            SystemClock.wait(self.latency / 2).await;
        }
    }
}

#[async_trait]
impl Wire for Distant {
    fn realm(&self) -> Realm {
        Realm::Demo
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<Response> {
        let at_once = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(at_once, Ordering::Relaxed);
        self.travel().await;
        let answer = self.inner.exchange(request).await;
        let counted = self.inner.0.limits_counted();
        let now = self.inner.0.clock().now();
        let asked = answer.as_ref().ok().and_then(|response| retry_after(&response.headers, now)).unwrap_or_default();
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).add(counted, asked, self.latency);
        self.travel().await;
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        answer
    }
}

/// A company whose platforms are all connected and imported.
pub struct Company {
    /// The engine.
    pub engine: Engine,
    simulator: Simulator,
    wire: Arc<Distant>,
}

/// How a company is set up.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// How many people.
    pub people: usize,
    /// Whether the platforms' limits hold, on both sides.
    pub limits: bool,
    /// How long a request takes.
    pub latency: Duration,
}

impl Company {
    /// Connects and imports everything. Stop limits are off.
    pub async fn new(folder: &Path, setup: Setup) -> Result<Self> {
        let options = Options { people: setup.people, rate_limits: setup.limits, ..Options::default() };
        let simulator = Simulator::new(options).map_err(|error| Error::new(Kind::Storage, "bulk", error.to_string()))?;
        let wire = Arc::new(Distant {
            inner: InProcess(simulator.clone()),
            latency: setup.latency,
            seen: Mutex::default(),
            under_way: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let engine = Engine::open(Parts {
            platforms: platforms::all(),
            folder: folder.to_owned(),
            realm: Realm::Demo,
            wire: wire.clone(),
            secrets: Arc::new(MemorySecrets::new(Realm::Demo)),
            clock: Arc::new(SimulatedClock(simulator.clone())),
            random: Arc::new(SystemRandom),
            rates: if setup.limits { Rates::Declared } else { Rates::Off },
            browser: Arc::new(Unneeded),
            actor: "admin".into(),
        })
        .await?;
        for platform in platforms::all().iter() {
            let given = Credentials::new(simulator.credentials()).of(platform.info(), true)?;
            engine.connect(platform.info().id, given.into(), &|_| {}).await?;
        }
        engine.import(&[], &Cancel::new(), &|_, _| {}).await?;
        let off = StopLimit { count: None, percent: None };
        engine.set_stop_limits(StopLimits { resets: off, dismissals: off, representations: off, prompts: off }).await?;
        Ok(Self { engine, simulator, wire })
    }

    /// People whom a sync would ask in their primary platform `carrier`, or without one those for whom it would make a bot or guest; at
    /// most so many. Their primary platforms are chosen here.
    pub async fn wanted(&self, to: PlatformId, carrier: Option<PlatformId>, most: usize) -> Result<Vec<PersonId>> {
        let reading = self.engine.reading();
        let listing = reading.listing(Filter::default(), Sort::default()).await?;
        let mut wanted = Vec::new();
        for from in (0..usize::try_from(listing.total()).unwrap_or(usize::MAX)).step_by(LOOKED_AT) {
            let rows = reading.rows(&listing, from, LOOKED_AT).await?;
            let mut chosen: BTreeMap<PlatformId, Vec<PersonId>> = BTreeMap::new();
            for row in &rows {
                let primary = match carrier {
                    Some(carrier) => {
                        Some(carrier).filter(|carrier| row.primary_choices.contains(carrier) && row.primary_choices.contains(&to))
                    }
                    None => row.primary_choices.iter().copied().find(|choice| *choice != to),
                };
                if let Some(primary) = primary {
                    chosen.entry(primary).or_default().push(row.id);
                }
            }
            for (primary, people) in &chosen {
                self.engine.set_primary(&Selection::People(people.clone()), *primary, Confirmed::Nothing).await?;
            }
            let some: Vec<PersonId> = chosen.into_values().flatten().collect();
            let preview = reading.preview_sync(&Selection::People(some), to).await?;
            let is_wanted = |action: Action| match carrier {
                Some(_) => action == Action::Prompt,
                None => matches!(action, Action::CreateBot | Action::InviteGuest),
            };
            let people = preview.people.iter().filter(|row| row.action.is_some_and(is_wanted));
            wanted.extend(people.map(|row| row.person).take(most - wanted.len()));
            if wanted.len() == most {
                break;
            }
        }
        Ok(wanted)
    }

    async fn run(&self, people: Vec<PersonId>, to: PlatformId) -> Result<Outcome> {
        let count = people.len();
        SimulatedClock(self.simulator.clone()).wait(REST).await;
        // What setting everything up cost is no part of it.
        self.simulator.limits_counted();
        *self.wire.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen::default();
        self.wire.most.store(0, Ordering::Relaxed);
        let begun = Instant::now();
        let view = self.engine.sync(&Selection::People(people), to, Until::Idle, &Cancel::new()).await?;
        let makespan = begun.elapsed();
        if view.failed + view.blocked > 0 || view.done + view.waiting != count as u64 {
            let why = view.people.iter().find_map(|row| row.reason.clone());
            return Err(Error::new(
                Kind::Bug,
                "bulk",
                format!("of {count}: {} failed, {} blocked, {} done, {} wait; {why:?}", view.failed, view.blocked, view.done, view.waiting),
            ));
        }
        let seen = std::mem::take(&mut *self.wire.seen.lock().unwrap_or_else(PoisonError::into_inner));
        let (least, bound_by) = least(&seen.taken);
        Ok(Outcome {
            people: count,
            makespan,
            least,
            bound_by,
            counted: seen.taken.iter().filter(|taken| !taken.refused).count(),
            refused: seen.taken.iter().filter(|taken| taken.refused).count(),
            early: seen.early,
            most_at_once: self.wire.most.load(Ordering::Relaxed),
        })
    }
}

/// The longest of all buckets: what it counted beyond its burst, at its rate.
fn least(taken: &[Taken]) -> (Duration, String) {
    let mut buckets: BTreeMap<&str, (f64, &Taken)> = BTreeMap::new();
    for taken in taken.iter().filter(|taken| !taken.refused) {
        buckets.entry(&taken.key).or_insert((0.0, taken)).0 += taken.units;
    }
    let of = |(units, taken): &(f64, &Taken)| (units - taken.row.burst).max(0.0) * taken.row.seconds / taken.row.amount;
    let longest = buckets.values().max_by(|one, other| of(one).total_cmp(&of(other)));
    longest.map_or_else(Default::default, |longest| {
        let row = longest.1.row;
        let bound_by = format!("{}, {} in {} s, {} at once", row.name, row.amount, row.seconds, row.burst);
        (Duration::from_secs_f64(of(longest)), bound_by)
    })
}

/// Sets a company up in this folder and syncs. Run it on paused time.
pub async fn bulk(folder: &Path, bulk: Bulk) -> Result<Outcome> {
    let company = Company::new(folder, Setup { people: bulk.company, limits: true, latency: LATENCY }).await?;
    let id = |slug: &str| platforms::all().iter().map(|platform| platform.info().id).find(|id| id.as_str() == slug);
    let unknown = || Error::new(Kind::Bug, "bulk", "There is no such platform.");
    let to = id(bulk.to).ok_or_else(unknown)?;
    let carrier = bulk.carrier.map(|carrier| id(carrier).ok_or_else(unknown)).transpose()?;
    let people = company.wanted(to, carrier, bulk.people).await?;
    if people.len() < bulk.people {
        return Err(Error::new(Kind::Bug, "bulk", format!("Only {} of {} people can be synced so.", people.len(), bulk.people)));
    }
    company.run(people, to).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use simulator::LimitRow;

    const ROW: LimitRow =
        LimitRow { platform: simulator::Platform::Slack, name: "posts", scope: "test", amount: 60.0, seconds: 60.0, burst: 10.0 };

    fn taken(key: &str, second: i64, refused: bool) -> Taken {
        Taken { row: ROW, key: key.into(), units: 1.0, at: Timestamp::from_second(second).unwrap(), refused }
    }

    #[test]
    fn the_least_is_what_the_busiest_bucket_counted_beyond_its_burst_at_its_rate() {
        let mut all: Vec<Taken> = (0..70).map(|second| taken("a", second, false)).collect();
        all.extend((0..40).map(|second| taken("b", second, false)));
        all.extend((0..500).map(|second| taken("b", second, true)));
        assert_eq!(least(&all).0, Duration::from_secs(60), "what was refused cost nothing");
        assert_eq!(least(&all[..5]).0, Duration::ZERO);
        assert_eq!(least(&[]).0, Duration::ZERO);
    }

    #[test]
    fn a_request_is_early_that_could_know_of_the_refusal_and_did_not_wait() {
        let mut seen = Seen::default();
        let (asked, latency) = (Duration::from_secs(30), Duration::from_secs(2));
        seen.add(vec![taken("a", 100, true)], asked, latency);
        for (key, second, early) in [("a", 101, 0), ("b", 110, 0), ("a", 102, 1), ("a", 131, 2), ("a", 132, 2)] {
            seen.add(vec![taken(key, second, false)], Duration::ZERO, latency);
            assert_eq!(seen.early, early, "{key} {second}");
        }
    }
}
