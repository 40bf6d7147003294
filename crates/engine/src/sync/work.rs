//! Doing what is stored: takes steps by priority, a few at a time on each platform, until nothing is left that does not wait
//! for a person (or, when asked, until people are done too).
//!
//! Dropping the future at any moment is the same as a crash, and as harmless.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};

use crate::cancel::Cancel;
use crate::error::{Kind, Result};
use crate::event::Event;
use crate::model::{PlatformId, RunId, SyncId};
use crate::store::steps::{self, Due, PARKED};
use crate::store::syncs;

use super::answers::waiting;
use super::authorise::Answers;
use super::progress;
use super::run::{Tried, run};
use super::shared::{Shared, Woken, later, ms};
use super::shut;

/// How many steps are under way on one platform at once.
const AT_ONCE: usize = 8;
/// How many looks at people's codes are under way on one platform at once: most of them only wait for the server's pace.
const LOOKS_AT_ONCE: usize = 64;
/// How often a step is tried in one call that does not wait for people.
const TRIES: u32 = 3;
/// So many steps in a row that found nobody answering mean that a platform cannot be reached.
const OFFLINE: u32 = 5;
/// How long a platform that cannot be reached is left alone.
const REST: Duration = Duration::from_secs(15);
/// How often a look is taken at what has become due while something is under way.
const TICK: Duration = Duration::from_secs(1);
/// How long a step is left alone that broke off by a mistake.
const BROKEN: Duration = Duration::from_secs(60);
/// How long what is under way may take when time is up.
const GRACE: Duration = Duration::from_secs(10);

/// When work ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// When nothing is left that does not wait for a person; open codes and answers are asked about once.
    Idle,
    /// When people are done too, at most after this time.
    People(Duration),
    /// After this time, or when nothing at all is left.
    For(Duration),
}

/// How long one call works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Time {
    /// Until nothing is left that does not wait for a person.
    Idle,
    /// Until then, in milliseconds since 1970, or until nothing at all is left.
    Till(i64),
    /// Until it is cancelled.
    Ever,
}

/// Which stored work is meant.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) run: Option<RunId>,
    pub(crate) sync: Option<SyncId>,
}

/// Works.
pub(crate) async fn work(shared: &Shared, scope: Scope, until: Until, cancel: &Cancel) -> Result<()> {
    let looks = match until {
        Until::Idle => waiting(shared, scope).await?.into_iter().map(|step| (step.platform, step.id)).collect(),
        Until::People(_) | Until::For(_) => VecDeque::new(),
    };
    let time = match until {
        Until::Idle => Time::Idle,
        Until::People(time) | Until::For(time) => Time::Till(later(shared.now(), time)),
    };
    Pass::new(shared, scope, cancel, time, looks).go().await
}

/// Does what is ready, and looks at nobody's code again.
pub(crate) async fn finish(shared: &Shared, scope: Scope, cancel: &Cancel) -> Result<()> {
    Pass::new(shared, scope, cancel, Time::Idle, VecDeque::new()).go().await
}

/// Works on everything until it is cancelled: rests when nothing is due, and wakes when something new is written down.
///
/// A keychain that cannot be asked is waited for. Errors: only those of this computer's disk.
pub(crate) async fn keep(shared: &Shared, cancel: &Cancel) -> Result<()> {
    Pass::new(shared, Scope::default(), cancel, Time::Ever, VecDeque::new()).go().await
}

struct Landed {
    step: i64,
    platform: PlatformId,
    look: bool,
    tried: Result<Tried>,
}

struct Pass<'a> {
    shared: &'a Shared,
    scope: Scope,
    cancel: &'a Cancel,
    time: Time,
    woken: Woken,
    /// Looks at people's codes that are still owed by a call that does not wait for people.
    looks: VecDeque<(PlatformId, i64)>,
    flying: FuturesUnordered<BoxFuture<'static, Landed>>,
    busy: HashMap<i64, PlatformId>,
    tries: HashMap<i64, u32>,
    /// When what this call put off is due again.
    put_off: BTreeMap<i64, i64>,
    /// What somebody else was at, and until when it is left to them.
    left: HashMap<i64, i64>,
    /// Steps in a row that found nobody answering.
    silent: BTreeMap<PlatformId, u32>,
    /// Platforms that are left alone, and until when.
    resting: BTreeMap<PlatformId, i64>,
}

impl<'a> Pass<'a> {
    fn new(shared: &'a Shared, scope: Scope, cancel: &'a Cancel, time: Time, looks: VecDeque<(PlatformId, i64)>) -> Self {
        Self {
            shared,
            scope,
            cancel,
            time,
            woken: shared.wake.listen(),
            looks,
            flying: FuturesUnordered::new(),
            busy: HashMap::new(),
            tries: HashMap::new(),
            put_off: BTreeMap::new(),
            left: HashMap::new(),
            silent: BTreeMap::new(),
            resting: BTreeMap::new(),
        }
    }

    async fn go(mut self) -> Result<()> {
        let mut over_since = None;
        loop {
            let now = self.now();
            let is_over = self.cancel.is_cancelled() || matches!(self.time, Time::Till(at) if now >= at);
            if is_over && self.flying.is_empty() {
                return Ok(());
            }
            if !is_over {
                self.fill().await?;
            }
            if self.flying.is_empty() {
                progress::settle_all(self.shared).await?;
                match (self.next_wake().await?, self.time) {
                    (None, Time::Idle | Time::Till(_)) => return Ok(()),
                    (at, _) => self.rest(at).await,
                }
                continue;
            }
            let pause = if is_over {
                // What is under way may still land, but nobody waits for ever.
                let end = *over_since.get_or_insert_with(|| later(self.shared.now(), GRACE));
                Duration::from_millis(u64::try_from(end - now).unwrap_or(0))
            } else {
                TICK
            };
            tokio::select! {
                Some(landed) = self.flying.next() => self.land(landed).await?,
                () = self.shared.clock.wait(pause) => if is_over { return Ok(()) },
                () = self.woken.next(), if !is_over => {}
                () = self.cancel.cancelled(), if !is_over => {}
            }
        }
    }

    /// Whether this call waits for people, and for platforms that do not answer.
    fn is_patient(&self) -> bool {
        self.time != Time::Idle
    }

    fn now(&self) -> i64 {
        ms(self.shared.now())
    }

    /// Waits until then, until something new is written down, or until it is over.
    async fn rest(&mut self, at: Option<i64>) {
        let at = match (at, self.time) {
            (Some(at), Time::Till(end)) => Some(at.min(end)),
            (None, Time::Till(end)) => Some(end),
            (at, _) => at,
        };
        let pause = at.map(|at| Duration::from_millis(u64::try_from(at - self.now()).unwrap_or(0)));
        let clock = self.shared.clock.clone();
        let due = async move {
            match pause {
                Some(pause) => clock.wait(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = due => {}
            () = self.woken.next() => {}
            () = self.cancel.cancelled() => {}
        }
    }

    /// Starts as much as fits.
    async fn fill(&mut self) -> Result<()> {
        if self.time == Time::Ever && !shut::is_open(self.shared).await? {
            return Ok(());
        }
        let now = self.now();
        self.resting.retain(|_, until| *until > now);
        self.left.retain(|_, until| *until > now);
        for platform in self.platforms() {
            if self.resting.contains_key(&platform) {
                continue;
            }
            let flying = self.busy.values().filter(|at| **at == platform).count();
            let free = AT_ONCE.saturating_sub(flying);
            if free > 0 {
                let limit = u32::try_from(free + flying + self.left.len() + self.tries.len().min(1000)).unwrap_or(u32::MAX);
                let due = Due { platform, run: self.scope.run, sync: self.scope.sync, now, limit };
                let ready = self.shared.store.read(move |db| steps::ready(db, due)).await?;
                let steps: Vec<i64> = ready.iter().map(|step| step.id).filter(|step| self.may_try(*step)).take(free).collect();
                steps.into_iter().for_each(|step| self.start(step, platform, Answers::Due, false));
            }
            if self.is_patient() {
                self.fill_looks(platform, now, flying).await?;
            }
        }
        let owed = self.looks.len();
        for _ in 0..owed {
            let Some((platform, step)) = self.looks.pop_front() else { break };
            let flying = self.busy.values().filter(|at| **at == platform).count();
            if flying < LOOKS_AT_ONCE && !self.busy.contains_key(&step) {
                self.start(step, platform, Answers::Now, true);
            } else {
                self.looks.push_back((platform, step));
            }
        }
        Ok(())
    }

    async fn fill_looks(&mut self, platform: PlatformId, now: i64, flying: usize) -> Result<()> {
        let due =
            Due { platform, run: self.scope.run, sync: self.scope.sync, now, limit: u32::try_from(AT_ONCE + flying).unwrap_or(u32::MAX) };
        let waiting = self.shared.store.read(move |db| steps::waiting(db, due)).await?;
        for step in waiting {
            if self.may_try(step.id) && self.busy.len() < LOOKS_AT_ONCE {
                self.start(step.id, platform, Answers::Due, true);
            }
        }
        Ok(())
    }

    fn platforms(&self) -> Vec<PlatformId> {
        self.shared.platforms.iter().map(|platform| platform.info().id).collect()
    }

    fn may_try(&self, step: i64) -> bool {
        !self.busy.contains_key(&step)
            && !self.left.contains_key(&step)
            && (self.is_patient() || self.tries.get(&step).is_none_or(|tries| *tries < TRIES))
    }

    fn start(&mut self, step: i64, platform: PlatformId, answers: Answers, look: bool) {
        self.busy.insert(step, platform);
        self.put_off.remove(&step);
        let shared = self.shared.clone();
        self.flying.push(Box::pin(async move { Landed { step, platform, look, tried: run(shared, step, answers).await } }));
    }

    async fn land(&mut self, landed: Landed) -> Result<()> {
        let Landed { step, platform, look, tried } = landed;
        self.busy.remove(&step);
        let tried = match tried {
            Err(error) if self.time == Time::Ever && shut::is_shut(&error) => return shut::met(self.shared, &error).await,
            Err(error) if self.time == Time::Ever && error.kind != Kind::Storage => {
                tracing::warn!(kind = ?error.kind, operation = error.operation, "a step broke off and is left alone for a while");
                self.left.insert(step, later(self.shared.now(), BROKEN));
                return Ok(());
            }
            tried => tried?,
        };
        match tried {
            Tried::Went { first } => {
                self.silent.remove(&platform);
                if let Some(run) = first {
                    progress::went(self.shared, run).await?;
                }
            }
            // Whoever is at it writes down what becomes of it.
            Tried::Left => {
                let until = if self.is_patient() { later(self.shared.now(), Duration::from_millis(500)) } else { PARKED };
                self.left.insert(step, until);
            }
            Tried::PutOff { until, offline } => {
                if !self.is_patient() {
                    let tries = self.tries.entry(step).or_default();
                    *tries += 1;
                    if !look && *tries < TRIES {
                        self.put_off.insert(step, until);
                    }
                }
                if offline {
                    self.nobody_answers(platform).await?;
                }
            }
        }
        Ok(())
    }

    async fn nobody_answers(&mut self, platform: PlatformId) -> Result<()> {
        let silent = self.silent.entry(platform).or_default();
        *silent += 1;
        if *silent < OFFLINE {
            return Ok(());
        }
        *silent = 0;
        let until = if self.is_patient() { later(self.shared.now(), REST) } else { PARKED };
        self.resting.insert(platform, until);
        let (run, now) = (self.scope.run, self.shared.now());
        let change =
            move |transaction: &rusqlite::Transaction<'_>| syncs::queued_detail(transaction, platform, run, "waiting_for_network", now);
        if self.shared.store.write(change).await? > 0 {
            self.shared.events.tell(Event::PeopleChanged { ids: Vec::new() });
        }
        Ok(())
    }

    /// When something can be started again, unless something under way ends before. `None`: never.
    async fn next_wake(&mut self) -> Result<Option<i64>> {
        let now = self.now();
        if let (Time::Ever, Some(again)) = (self.time, self.shared.shut.again()) {
            return Ok(Some(again.max(now)));
        }
        let resting = |platform: &PlatformId| self.resting.get(platform).copied().unwrap_or(0);
        let mut wakes: Vec<i64> = Vec::new();
        if !self.is_patient() {
            let mut due = self.put_off.clone();
            due.retain(|step, _| self.may_try(*step));
            if !due.is_empty() && self.resting.is_empty() {
                wakes.extend(due.values().copied());
            } else if !due.is_empty() {
                wakes.extend(self.still_reachable(due).await?);
            }
        } else {
            for platform in self.platforms() {
                let due = Due { platform, run: self.scope.run, sync: self.scope.sync, now, limit: 1 };
                let (ready, waiting, next, person) = self
                    .shared
                    .store
                    .read(move |db| {
                        let ready = steps::ready(db, due)?.len();
                        Ok((ready, steps::waiting(db, due)?.len(), steps::next_due(db, due, false)?, steps::next_due(db, due, true)?))
                    })
                    .await?;
                if ready + waiting > 0 {
                    wakes.push(resting(&platform).max(later(self.shared.now(), Duration::from_millis(200))));
                }
                wakes.extend([next, person].into_iter().flatten().map(|at| at.max(resting(&platform))));
            }
        }
        Ok(wakes.into_iter().filter(|at| *at < PARKED).min().map(|at| at.max(now)))
    }

    async fn still_reachable(&mut self, due: BTreeMap<i64, i64>) -> Result<Vec<i64>> {
        let resting: BTreeSet<PlatformId> = self.resting.keys().copied().collect();
        self.shared
            .store
            .read(move |db| {
                let mut reachable = Vec::new();
                for (step, at) in due {
                    if steps::get(db, step)?.is_some_and(|step| !resting.contains(&step.platform)) {
                        reachable.push(at);
                    }
                }
                Ok(reachable)
            })
            .await
    }
}
