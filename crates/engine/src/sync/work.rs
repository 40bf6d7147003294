//! Doing what is stored: takes steps by priority, a few at a time on each platform, until nothing is left that does not wait
//! for a person (or, when asked, until people are done too).
//!
//! Dropping the future at any moment is the same as a crash, and as harmless.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};

use crate::cancel::Cancel;
use crate::error::Result;
use crate::event::Event;
use crate::model::{PlatformId, RunId, Status, SyncId};
use crate::store::steps::{self, Due, PARKED, Step};
use crate::store::{prompts, syncs};

use super::authorise::Answers;
use super::run::{Tried, run};
use super::shared::{Shared, later, ms};

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
        Until::Idle => None,
        Until::People(time) | Until::For(time) => Some(later(shared.now(), time)),
    };
    Pass::new(shared, scope, cancel, time, looks).go().await
}

/// Does what is ready, and looks at nobody's code again.
pub(crate) async fn finish(shared: &Shared, scope: Scope, cancel: &Cancel) -> Result<()> {
    Pass::new(shared, scope, cancel, None, VecDeque::new()).go().await
}

/// Reads the answers that may not be polled: the admin asks for it while people are there.
pub(crate) async fn check_answers(shared: &Shared, scope: Scope) -> Result<()> {
    for step in waiting(shared, scope).await? {
        let sync = step.sync;
        let carrier = shared.store.read(move |db| Ok(prompts::of_sync(db, sync)?.map(|prompt| prompt.carrier))).await?;
        let polled = match carrier {
            Some(carrier) => shared.platforms.get(carrier)?.info().capabilities.poll_answers,
            None => true,
        };
        if !polled {
            run(shared.clone(), step.id, Answers::Check).await?;
        }
    }
    Ok(())
}

async fn waiting(shared: &Shared, scope: Scope) -> Result<Vec<Step>> {
    let mut all = Vec::new();
    for platform in shared.platforms.iter().map(|platform| platform.info().id).collect::<Vec<_>>() {
        let due = Due { platform, run: scope.run, sync: scope.sync, now: PARKED - 1, limit: u32::MAX };
        all.extend(shared.store.read(move |db| steps::waiting(db, due)).await?);
    }
    Ok(all)
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
    deadline: Option<i64>,
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
    /// How many syncs have taken their first step, of how many that were to.
    done: u64,
    total: u64,
}

impl<'a> Pass<'a> {
    fn new(shared: &'a Shared, scope: Scope, cancel: &'a Cancel, deadline: Option<i64>, looks: VecDeque<(PlatformId, i64)>) -> Self {
        Self {
            shared,
            scope,
            cancel,
            deadline,
            looks,
            flying: FuturesUnordered::new(),
            busy: HashMap::new(),
            tries: HashMap::new(),
            put_off: BTreeMap::new(),
            left: HashMap::new(),
            silent: BTreeMap::new(),
            resting: BTreeMap::new(),
            done: 0,
            total: 0,
        }
    }

    async fn go(mut self) -> Result<()> {
        if let Some(run) = self.scope.run {
            let counts = self.shared.store.read(move |db| syncs::counts(db, Some(run), None)).await?;
            self.total = counts.into_iter().find(|(status, _)| *status == Status::Pending).map_or(0, |(_, count)| count);
        }
        loop {
            let over = self.cancel.is_cancelled() || self.deadline.is_some_and(|at| self.now() >= at);
            if over && self.flying.is_empty() {
                return Ok(());
            }
            if !over {
                self.fill().await?;
            }
            if self.flying.is_empty() {
                match self.next_wake().await? {
                    Some(at) => self.rest(at).await,
                    None => return Ok(()),
                }
                continue;
            }
            let pause = if over { GRACE } else { TICK };
            tokio::select! {
                Some(landed) = self.flying.next() => self.land(landed).await?,
                () = self.shared.clock.wait(pause) => if over { return Ok(()) },
                () = self.cancel.cancelled(), if !over => {}
            }
        }
    }

    fn now(&self) -> i64 {
        ms(self.shared.now())
    }

    async fn rest(&self, at: i64) {
        let at = self.deadline.map_or(at, |deadline| at.min(deadline));
        let pause = Duration::from_millis(u64::try_from(at - self.now()).unwrap_or(0));
        tokio::select! {
            () = self.shared.clock.wait(pause) => {}
            () = self.cancel.cancelled() => {}
        }
    }

    /// Starts as much as fits.
    async fn fill(&mut self) -> Result<()> {
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
            if self.deadline.is_some() {
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
            && (self.deadline.is_some() || self.tries.get(&step).is_none_or(|tries| *tries < TRIES))
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
        match tried? {
            Tried::Went { first } => {
                self.silent.remove(&platform);
                self.done += u64::from(first);
                if let (true, Some(run)) = (first, self.scope.run) {
                    self.shared.events.tell(Event::RunProgress { run, done: self.done, total: Some(self.total.max(self.done)) });
                }
            }
            // Whoever is at it writes down what becomes of it.
            Tried::Left => {
                let until = if self.deadline.is_some() { later(self.shared.now(), Duration::from_millis(500)) } else { PARKED };
                self.left.insert(step, until);
            }
            Tried::PutOff { until, offline } => {
                let tries = self.tries.entry(step).or_default();
                *tries += 1;
                if !look && (self.deadline.is_some() || *tries < TRIES) {
                    self.put_off.insert(step, until);
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
        let until = if self.deadline.is_some() { later(self.shared.now(), REST) } else { PARKED };
        self.resting.insert(platform, until);
        let (run, now) = (self.scope.run, self.shared.now());
        self.shared.store.write(move |transaction| syncs::queued_detail(transaction, platform, run, "waiting_for_network", now)).await
    }

    /// When something can be started again, unless something under way ends before. `None`: never.
    async fn next_wake(&self) -> Result<Option<i64>> {
        let now = self.now();
        let resting = |platform: &PlatformId| self.resting.get(platform).copied().unwrap_or(0);
        let mut wakes: Vec<i64> = Vec::new();
        if self.deadline.is_none() {
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

    async fn still_reachable(&self, due: BTreeMap<i64, i64>) -> Result<Vec<i64>> {
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
