//! Undoing in the background: everybody whose reset is written down, every sync that the admin took back, and everything that a run
//! undoes, a few at a time; those for whom somebody waits first.
//!
//! What cannot be reached is left alone for a while and holds up nobody else; what a platform that has signed us out keeps is held until
//! somebody signs in. Dropping the future is a crash, and as harmless.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;

use crate::cancel::Cancel;
use crate::error::{Kind, Result};
use crate::store::{resets, syncs, undos};
use crate::transport::Lane;

use super::reset::{self, Doomed};
use super::shared::{Shared, Woken};
use super::shut;

/// How many are undone at once: enough that the platforms' limits bound the whole, not how long they take to answer.
const AT_ONCE: usize = 32;
/// Places beside those that only somebody's own few take.
const SPARE: usize = 4;
/// How many are taken before a look at what is new.
const ROUND: usize = 64;
/// How long somebody is left alone after a platform could not be reached.
const REST: Duration = Duration::from_secs(15);
/// How long after a failure that nobody expected.
const LONG_REST: Duration = Duration::from_secs(15 * 60);

/// Goes on until `cancel`. A keychain that cannot be asked is waited for. Errors: only those of this computer's disk.
pub(crate) async fn keep(shared: &Shared, cancel: &Cancel) -> Result<()> {
    until(shared, cancel, true).await
}

/// Goes on with what is written down until nothing is left that can be reached now. Errors: those of this computer's disk and keychain.
pub(crate) async fn finish(shared: &Shared, cancel: &Cancel) -> Result<()> {
    until(shared, cancel, false).await
}

async fn until(shared: &Shared, cancel: &Cancel, is_patient: bool) -> Result<()> {
    tokio::select! {
        outcome = Pass::new(shared, is_patient).go() => outcome,
        () = cancel.cancelled() => Ok(()),
    }
}

/// Something to undo, and whether it is one of many.
type Task = (Doomed, bool);

struct Pass<'a> {
    shared: &'a Shared,
    is_patient: bool,
    woken: Woken,
    queue: VecDeque<Task>,
    flying: FuturesUnordered<BoxFuture<'static, (Doomed, Result<()>)>>,
    busy: HashSet<Doomed>,
    /// What is left alone, and until when.
    left: HashMap<Doomed, Instant>,
}

impl<'a> Pass<'a> {
    fn new(shared: &'a Shared, is_patient: bool) -> Self {
        Self {
            shared,
            is_patient,
            woken: shared.wake.listen(),
            queue: VecDeque::new(),
            flying: FuturesUnordered::new(),
            busy: HashSet::new(),
            left: HashMap::new(),
        }
    }

    async fn go(mut self) -> Result<()> {
        loop {
            if self.is_patient && !shut::is_open(self.shared).await? {
                self.rest(self.shared.shut.again()).await;
                continue;
            }
            if self.is_patient {
                self.left.retain(|_, until| *until > Instant::now());
            }
            self.fill().await?;
            if self.flying.is_empty() {
                if !self.is_patient {
                    return Ok(());
                }
                self.rest(self.left.values().copied().min()).await;
                continue;
            }
            let landed = tokio::select! {
                landed = self.flying.next() => landed,
                () = self.woken.next() => {
                    // Somebody may wait for what is new.
                    self.queue.clear();
                    None
                }
            };
            if let Some((task, outcome)) = landed {
                self.land(task, outcome).await?;
            }
        }
    }

    /// Begins as many as there are places for.
    async fn fill(&mut self) -> Result<()> {
        if self.flying.len() >= AT_ONCE + SPARE {
            return Ok(());
        }
        if self.queue.is_empty() {
            self.queue = self.due().await?;
        }
        while let Some((_, is_many)) = self.queue.front() {
            if self.flying.len() >= AT_ONCE + if *is_many { 0 } else { SPARE } {
                break;
            }
            let Some((task, is_many)) = self.queue.pop_front() else { break };
            self.busy.insert(task);
            let shared = self.shared.clone();
            self.flying.push(Box::pin(async move {
                let lane = if is_many { Lane::Bulk } else { Lane::Waiting };
                let outcome = undo(&shared, task, lane).await;
                (task, outcome)
            }));
        }
        Ok(())
    }

    async fn due(&mut self) -> Result<VecDeque<Task>> {
        let limit = u32::try_from(ROUND + self.left.len() + self.busy.len()).unwrap_or(u32::MAX);
        let (people, syncs) = self.shared.store.read(move |db| Ok((resets::due(db, limit)?, undos::due(db, limit)?))).await?;
        let people = people.into_iter().map(|(person, is_many)| (Doomed::Person(person), is_many));
        let syncs = syncs.into_iter().map(|(sync, is_many)| (Doomed::Sync(sync), is_many));
        let is_new = |(task, _): &Task| !self.left.contains_key(task) && !self.busy.contains(task);
        let mut all: Vec<Task> = people.chain(syncs).filter(is_new).collect();
        all.sort_by_key(|(_, is_many)| *is_many);
        Ok(all.into_iter().take(ROUND).collect())
    }

    async fn land(&mut self, task: Doomed, outcome: Result<()>) -> Result<()> {
        self.busy.remove(&task);
        let Err(error) = outcome else { return Ok(()) };
        if error.kind == Kind::Storage {
            return Err(error);
        }
        if shut::is_shut(&error) {
            return if self.is_patient { shut::met(self.shared, &error).await } else { Err(error) };
        }
        if !reset::held_up(self.shared, task, &error).await? {
            let pause = if error.is_passing() { REST } else { LONG_REST };
            tracing::warn!(kind = ?error.kind, platform = ?error.platform, "an undoing is put off");
            self.left.insert(task, Instant::now() + pause);
        }
        Ok(())
    }

    async fn rest(&mut self, until: Option<Instant>) {
        match until {
            Some(until) => {
                let pause = until.saturating_duration_since(Instant::now());
                tokio::select! {
                    () = self.woken.next() => {}
                    () = self.shared.clock.wait(pause) => {}
                }
            }
            None => self.woken.next().await,
        }
    }
}

/// Undoes one thing, unless it was taken back or is held meanwhile.
async fn undo(shared: &Shared, task: Doomed, lane: Lane) -> Result<()> {
    let person = match task {
        Doomed::Person(person) => person,
        Doomed::Sync(sync) => match shared.store.read(move |db| syncs::get(db, sync)).await? {
            Some(sync) => sync.person,
            None => return Ok(()),
        },
    };
    let _claim = shared.undoing.take(person).await;
    match task {
        Doomed::Person(person) => match shared.store.read(move |db| resets::is_free(db, person)).await? {
            true => reset::finish(shared, person, lane).await.map(drop),
            false => Ok(()),
        },
        Doomed::Sync(sync) => reset::undo_one(shared, sync, lane).await,
    }
}
