//! Doing what is stored: takes steps by priority, as many at a time as each platform lets through, until nothing is left that does
//! not wait for a person (or, when asked, until people are done too).
//!
//! Dropping the future at any moment is the same as a crash, and as harmless.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;

use crate::cancel::Cancel;
use crate::error::{Kind, Result};
use crate::event::Event;
use crate::model::PlatformId;
use crate::store::columns::to_json;
use crate::store::steps::{self, Due, Sort, Step, StepKind, Taker};
use crate::store::syncs;

use super::answers::waiting;
use super::authorise::Answers;
use super::jumps::{self, Watch};
use super::passes;
use super::places::places;
use super::progress;
use super::run::{Taken, Tried, run};
use super::scope::Time;
pub(crate) use super::scope::{Scope, Until};
use super::shared::{Shared, Woken, ms};
use super::shut;

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
/// How long a step is left to whoever else is at it.
const ELSEWHERE: Duration = Duration::from_millis(500);
/// How long what is under way may take when time is up.
const GRACE: Duration = Duration::from_secs(10);

/// Works.
pub(crate) async fn work(shared: &Shared, scope: Scope, until: Until, cancel: &Cancel) -> Result<()> {
    let looks = match until {
        Until::Idle => waiting(shared, scope).await?.into(),
        Until::People(_) | Until::For(_) => VecDeque::new(),
    };
    let time = match until {
        Until::Idle => Time::Idle,
        Until::People(time) | Until::For(time) => Time::Till(Instant::now() + time),
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
    kind: StepKind,
    at: Place,
    tried: Result<Tried>,
}

/// What a step under way takes up.
type Place = (PlatformId, Sort);

struct Pass<'a> {
    shared: &'a Shared,
    /// While it lives, what it has taken is its own.
    number: passes::Pass,
    scope: Scope,
    cancel: &'a Cancel,
    time: Time,
    woken: Woken,
    watch: Watch,
    /// Looks at people's codes that are still owed by a call that does not wait for people.
    looks: VecDeque<Step>,
    flying: FuturesUnordered<BoxFuture<'static, Landed>>,
    busy: HashMap<Place, usize>,
    /// Where there may be something to take.
    hungry: BTreeSet<Place>,
    tries: HashMap<i64, u32>,
    /// When what this call put off is due again.
    put_off: BTreeMap<i64, (PlatformId, i64)>,
    /// What somebody else was at, and until when it is left to them; for ever without a time.
    left: HashMap<i64, Option<Instant>>,
    /// Steps in a row that found nobody answering.
    silent: BTreeMap<PlatformId, u32>,
    /// Platforms that are left alone, and until when; for ever without a time.
    resting: BTreeMap<PlatformId, Option<Instant>>,
}

impl<'a> Pass<'a> {
    fn new(shared: &'a Shared, scope: Scope, cancel: &'a Cancel, time: Time, looks: VecDeque<Step>) -> Self {
        Self {
            shared,
            number: shared.passes.begin(),
            scope,
            cancel,
            time,
            woken: shared.wake.listen(),
            watch: Watch::new(shared),
            looks,
            flying: FuturesUnordered::new(),
            busy: HashMap::new(),
            hungry: BTreeSet::new(),
            tries: HashMap::new(),
            put_off: BTreeMap::new(),
            left: HashMap::new(),
            silent: BTreeMap::new(),
            resting: BTreeMap::new(),
        }
    }

    async fn go(mut self) -> Result<()> {
        let mut over_since = None;
        self.look_everywhere();
        loop {
            let is_over = self.cancel.is_cancelled() || matches!(self.time, Time::Till(at) if Instant::now() >= at);
            if is_over && self.flying.is_empty() {
                return Ok(());
            }
            if self.watch.jumped(self.shared) {
                jumps::mend(self.shared).await?;
                self.look_everywhere();
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
                self.look_everywhere();
                continue;
            }
            let pause = if is_over {
                // What is under way may still land, but nobody waits for ever.
                let end = *over_since.get_or_insert_with(|| Instant::now() + GRACE);
                end.saturating_duration_since(Instant::now())
            } else {
                TICK
            };
            tokio::select! {
                Some(landed) = self.flying.next() => self.land(landed).await?,
                () = self.shared.clock.wait(pause) => {
                    if is_over {
                        return Ok(());
                    }
                    progress::tick(self.shared);
                    self.look_everywhere();
                }
                () = self.woken.next(), if !is_over => self.look_everywhere(),
                () = self.cancel.cancelled(), if !is_over => {}
            }
        }
    }

    /// Whether this call waits for people, and for platforms that do not answer.
    fn is_patient(&self) -> bool {
        self.time != Time::Idle
    }

    /// Waits until then, until something new is written down, or until it is over.
    async fn rest(&mut self, until: Option<Instant>) {
        let until = match (until, self.time) {
            (until, Time::Till(end)) => Some(until.map_or(end, |until| until.min(end))),
            (until, _) => until,
        };
        let clock = self.shared.clock.clone();
        let due = async move {
            match until {
                Some(until) => clock.wait(until.saturating_duration_since(Instant::now())).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = due => {}
            () = self.woken.next() => {}
            () = self.cancel.cancelled() => {}
        }
    }

    /// There may be something to take everywhere.
    fn look_everywhere(&mut self) {
        let now = Instant::now();
        self.resting.retain(|_, until| until.is_none_or(|until| until > now));
        self.left.retain(|_, until| until.is_none_or(|until| until > now));
        let sorts = Sort::ALL.into_iter().filter(|sort| *sort != Sort::Look || self.is_patient());
        let all = sorts.flat_map(|sort| self.shared.platforms.iter().map(move |platform| (platform.info().id, sort)));
        self.hungry = all.filter(|(platform, _)| !self.resting.contains_key(platform)).collect();
    }

    /// Takes and starts as much as fits.
    async fn fill(&mut self) -> Result<()> {
        if self.time == Time::Ever && !shut::is_open(self.shared).await? {
            return Ok(());
        }
        let wanted: Vec<(Place, usize)> = self.hungry.iter().filter_map(|place| Some((*place, self.room(*place)?))).collect();
        if !wanted.is_empty() {
            for (place, limit, taken) in self.take(wanted).await? {
                if taken.len() < limit {
                    self.hungry.remove(&place);
                }
                for taken in taken {
                    self.start(taken, place, Answers::Due);
                }
            }
        }
        for _ in 0..self.looks.len() {
            let Some(step) = self.looks.pop_front() else { break };
            let place = (step.platform, Sort::Look);
            if self.room(place).is_some() {
                self.start(Taken { step, sync: None }, place, Answers::Now);
            } else {
                self.looks.push_back(step);
            }
        }
        Ok(())
    }

    /// How many steps fit. Of many, none before a fair part of the places is free, so that many are taken at once.
    fn room(&self, place: Place) -> Option<usize> {
        let info = self.shared.platforms.get(place.0).ok()?.info();
        let places = places(info, self.shared.paced.is_limited(), place.1);
        let free = places.saturating_sub(self.busy.get(&place).copied().unwrap_or(0));
        let least = if matches!(place.1, Sort::Many | Sort::Look) { places / 4 } else { 1 };
        (free > 0 && free >= least).then_some(free)
    }

    async fn take(&mut self, wanted: Vec<(Place, usize)>) -> Result<Vec<(Place, usize, Vec<Taken>)>> {
        let (by, Scope { run, sync }, now) = (self.taker()?, self.scope, ms(self.shared.now()));
        self.shared
            .store
            .write(move |transaction| {
                let mut all = Vec::with_capacity(wanted.len());
                for (place, limit) in wanted {
                    let due = Due { platform: place.0, run, sync, now };
                    let mut taken = Vec::new();
                    for step in steps::take(transaction, due, place.1, &by, u32::try_from(limit).unwrap_or(u32::MAX))? {
                        if let Some(sync) = syncs::get(transaction, step.sync)? {
                            taken.push(Taken { step, sync: Some(sync) });
                        }
                    }
                    all.push((place, limit, taken));
                }
                Ok(all)
            })
            .await
    }

    fn taker(&self) -> Result<Taker> {
        let tired = self.tries.iter().filter(|(_, tries)| !self.is_patient() && **tries >= TRIES).map(|(step, _)| *step);
        let except: Vec<i64> = self.left.keys().copied().chain(tired).collect();
        Ok(Taker { pass: self.number.number(), living: to_json(&self.shared.passes.living())?, except: to_json(&except)? })
    }

    fn start(&mut self, taken: Taken, at: Place, answers: Answers) {
        *self.busy.entry(at).or_default() += 1;
        let (step, kind) = (taken.step.id, taken.step.kind);
        self.put_off.remove(&step);
        let shared = self.shared.clone();
        self.flying.push(Box::pin(async move { Landed { step, kind, at, tried: run(shared, taken, answers).await } }));
    }

    async fn land(&mut self, landed: Landed) -> Result<()> {
        let Landed { step, kind, at, tried } = landed;
        let platform = at.0;
        if let Some(busy) = self.busy.get_mut(&at) {
            *busy -= 1;
        }
        let tried = match tried {
            Err(error) if self.time == Time::Ever && shut::is_shut(&error) => {
                self.give_back(step).await?;
                return shut::met(self.shared, &error).await;
            }
            Err(error) if self.time == Time::Ever && error.kind != Kind::Storage => {
                tracing::warn!(kind = ?error.kind, operation = error.operation, "a step broke off and is left alone for a while");
                self.left.insert(step, Some(Instant::now() + BROKEN));
                return self.give_back(step).await;
            }
            tried => tried?,
        };
        match tried {
            Tried::Went { first } => {
                self.silent.remove(&platform);
                if !matches!(kind, StepKind::Represent | StepKind::Prompt) {
                    // What follows is written down by now.
                    self.look_everywhere();
                }
                if let Some(run) = first {
                    progress::went(self.shared, run).await?;
                }
            }
            // Whoever is at it writes down what becomes of it.
            Tried::Left => {
                self.left.insert(step, self.is_patient().then(|| Instant::now() + ELSEWHERE));
                self.give_back(step).await?;
            }
            Tried::Held => self.give_back(step).await?,
            Tried::LooksAgain { until } => {
                if !self.is_patient() {
                    self.put_off.insert(step, (platform, until));
                }
            }
            Tried::PutOff { until, offline } => {
                if !self.is_patient() {
                    let tries = self.tries.entry(step).or_default();
                    *tries += 1;
                    if at.1 != Sort::Look && *tries < TRIES {
                        self.put_off.insert(step, (platform, until));
                    }
                }
                if offline {
                    self.nobody_answers(platform).await?;
                }
            }
        }
        Ok(())
    }

    async fn give_back(&mut self, step: i64) -> Result<()> {
        self.shared.store.write(move |transaction| steps::give_back(transaction, step)).await
    }

    async fn nobody_answers(&mut self, platform: PlatformId) -> Result<()> {
        let silent = self.silent.entry(platform).or_default();
        *silent += 1;
        if *silent < OFFLINE {
            return Ok(());
        }
        *silent = 0;
        self.resting.insert(platform, self.is_patient().then(|| Instant::now() + REST));
        self.hungry.retain(|(each, _)| *each != platform);
        let (run, now) = (self.scope.run, self.shared.now());
        let change =
            move |transaction: &rusqlite::Transaction<'_>| syncs::queued_detail(transaction, platform, run, "waiting_for_network", now);
        if self.shared.store.write(change).await? > 0 {
            self.shared.events.tell(Event::PeopleChanged { ids: Vec::new() });
        }
        Ok(())
    }

    /// When something can be started again, unless something under way ends before. `None`: never.
    async fn next_wake(&mut self) -> Result<Option<Instant>> {
        let now = Instant::now();
        if let (Time::Ever, Some(again)) = (self.time, self.shared.shut.again()) {
            return Ok(Some(again.max(now)));
        }
        let wall = ms(self.shared.now());
        let from_now = |at: i64| now + Duration::from_millis(u64::try_from(at.saturating_sub(wall)).unwrap_or(0));
        let reachable = |platform: &PlatformId| match self.resting.get(platform) {
            Some(None) => None,
            Some(Some(until)) => Some(*until),
            None => Some(now),
        };
        if !self.is_patient() {
            let tired = |step: &i64| self.tries.get(step).is_some_and(|tries| *tries >= TRIES);
            let due = self.put_off.iter().filter(|(step, (platform, _))| !tired(step) && reachable(platform).is_some());
            return Ok(due.map(|(_, (_, at))| from_now(*at)).min());
        }
        let (by, Scope { run, sync }) = (self.taker()?, self.scope);
        let platforms: Vec<PlatformId> = self.shared.platforms.iter().map(|platform| platform.info().id).collect();
        let next = self
            .shared
            .store
            .read(move |db| {
                let next = |platform| Ok((platform, steps::next_due(db, Due { platform, run, sync, now: wall }, &by)?));
                platforms.into_iter().map(next).collect::<Result<Vec<_>>>()
            })
            .await?;
        let known = next.into_iter().filter_map(|(platform, at)| Some((reachable(&platform)?, at?)));
        // What is due already and was not taken was somebody else's a moment ago.
        let soon = now + Duration::from_millis(200);
        let wakes = known.map(|(rested, at)| if at > wall { from_now(at).max(rested) } else { soon.max(rested) });
        Ok(wakes.chain(self.left.values().copied().flatten()).min())
    }
}
