//! How far runs are, and their end: a run ends by itself when nothing of it is left that does not wait for a person.
//!
//! The figures that are told while a run goes on are counted along here and read anew now and then; whether it is over is always asked
//! of the store.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Transaction;
use tokio::time::Instant;

use crate::error::Result;
use crate::event::Event;
use crate::model::{PlatformId, Reason, RunId, RunKind, RunState, Status};
use crate::store::runs::{self, Counts, RunView};
use crate::store::syncs;

use super::shared::Shared;
use super::time_left::{Needs, Pace, needs, seconds};

/// So many pieces of news about a run in a second.
const NEWS: usize = 4;
/// How long figures are counted along before they are read anew.
const FRESH: Duration = Duration::from_secs(10);

/// The figures of the runs under way.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<HashMap<RunId, Far>>);

#[derive(Clone, Debug)]
struct Far {
    kind: RunKind,
    platform: Option<PlatformId>,
    left: u64,
    total: u64,
    /// What it needed when it was read, how many were left then, and whether it waited.
    needs: Needs,
    left_then: u64,
    waits: bool,
    read_at: Instant,
    pace: Pace,
    /// When its newest pieces of news were told.
    told: VecDeque<Instant>,
    untold: bool,
}

impl Far {
    /// Tells how far it is, unless that was told a moment ago; then a little later.
    fn tell(&mut self, shared: &Shared, run: RunId) {
        let now = Instant::now();
        self.told.retain(|at| now.duration_since(*at) < Duration::from_secs(1));
        self.untold = self.told.len() >= NEWS;
        if self.untold {
            return;
        }
        self.told.push_back(now);
        let Self { kind, platform, left, total, .. } = *self;
        let (done, time_left) = (total - left, self.time_left(shared));
        shared.events.tell(Event::RunProgress { run, kind, platform, done, total: Some(total), time_left, ended: false });
    }

    fn time_left(&self, shared: &Shared) -> Option<u64> {
        if self.waits {
            return None;
        }
        seconds(self.needs.time(&shared.paced, self.left, self.left_then), self.pace.time(self.left))
    }
}

impl Progress {
    fn with<T>(&self, change: impl FnOnce(&mut HashMap<RunId, Far>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A run is written down: it is told, and over at once when there is nothing to do.
pub(crate) async fn begun(shared: &Shared, run: RunId) -> Result<()> {
    load(shared, run).await?;
    tell_or_settle(shared, run).await
}

async fn load(shared: &Shared, run: RunId) -> Result<()> {
    let platforms = shared.platforms.clone();
    let read = shared.store.read(move |db| match runs::get(db, run)? {
        Some(view) => Ok(Some((needs(db, &platforms, &view)?, view))),
        None => Ok(None),
    });
    let Some((needs, view)) = read.await? else { return Ok(()) };
    let total = view.total.unwrap_or(view.done);
    let left = total.saturating_sub(view.done);
    shared.progress.with(|all| {
        let before = all.remove(&run).filter(|before| before.waits == view.waits.is_some());
        let (pace, told) = before.map(|before| (before.pace, before.told)).unwrap_or_default();
        let far = Far {
            kind: view.kind,
            platform: view.platform,
            left,
            total,
            needs,
            left_then: left,
            waits: view.waits.is_some(),
            read_at: Instant::now(),
            pace,
            told,
            untold: false,
        };
        let far = all.entry(run).or_insert(far);
        far.pace.note(left);
    });
    Ok(())
}

/// One person of a run has come out of its queue.
pub(crate) async fn went(shared: &Shared, run: RunId) -> Result<()> {
    let is_fresh = shared.progress.with(|all| match all.get_mut(&run) {
        Some(far) => {
            far.left = far.left.saturating_sub(1);
            far.pace.note(far.left);
            far.read_at.elapsed() < FRESH
        }
        None => false,
    });
    if !is_fresh {
        load(shared, run).await?;
    }
    tell_or_settle(shared, run).await
}

async fn tell_or_settle(shared: &Shared, run: RunId) -> Result<()> {
    let goes_on = shared.progress.with(|all| match all.get_mut(&run) {
        Some(far) if far.left > 0 => {
            far.tell(shared, run);
            true
        }
        _ => false,
    });
    if goes_on { Ok(()) } else { settle(shared, run).await }
}

/// A run was paused or goes on: its figures are read anew.
pub(crate) async fn turned(shared: &Shared, run: RunId) -> Result<()> {
    begun(shared, run).await
}

/// Tells what came too fast to be told.
pub(crate) fn tick(shared: &Shared) {
    shared.progress.with(|all| {
        for (run, far) in all.iter_mut().filter(|(_, far)| far.untold) {
            far.tell(shared, *run);
        }
    });
}

/// Says of open runs how long they will take.
pub(crate) async fn with_time_left(shared: &Shared, mut views: Vec<RunView>) -> Result<Vec<RunView>> {
    let (platforms, open) = (shared.platforms.clone(), views.iter().filter(|view| view.state.is_open()).cloned().collect::<Vec<_>>());
    if open.is_empty() {
        return Ok(views);
    }
    let read = shared
        .store
        .read(move |db| open.iter().map(|view| Ok((view.id, needs(db, &platforms, view)?))).collect::<Result<HashMap<RunId, Needs>>>());
    let all_needs = read.await?;
    for view in &mut views {
        if let (Some(needs), Some(total), None) = (all_needs.get(&view.id), view.total, view.waits) {
            let left = total.saturating_sub(view.done);
            let pace = shared.progress.with(|all| all.get(&view.id).and_then(|far| far.pace.time(left)));
            view.time_left = seconds(needs.time(&shared.paced, 1, 1), pace);
        }
    }
    Ok(views)
}

/// Ends every run of which nothing is left.
pub(crate) async fn settle_all(shared: &Shared) -> Result<()> {
    for run in shared.store.read(runs::open).await? {
        settle(shared, run).await?;
    }
    Ok(())
}

/// Ends a run if nothing of it is left.
pub(crate) async fn settle(shared: &Shared, run: RunId) -> Result<()> {
    if !shared.store.read(move |db| runs::is_over(db, run)).await? {
        return Ok(());
    }
    let now = shared.now();
    let ended = shared
        .store
        .write(move |transaction| match runs::get(transaction, run)? {
            Some(view) if is_open(&view) && runs::is_over(transaction, run)? => {
                let counts = counted(transaction, &view)?;
                runs::end(transaction, run, RunState::Done, &counts, None, now)?;
                runs::get(transaction, run)
            }
            _ => Ok(None),
        })
        .await?;
    if let Some(view) = ended {
        tell_end(shared, &view);
    }
    Ok(())
}

/// Ends a run as it stands.
pub(crate) async fn end(shared: &Shared, run: RunId, state: RunState, problem: Option<Reason>) -> Result<()> {
    let now = shared.now();
    let ended = shared
        .store
        .write(move |transaction| {
            let Some(view) = runs::get(transaction, run)? else { return Ok(None) };
            let counts = counted(transaction, &view)?;
            runs::end(transaction, run, state, &counts, problem.as_ref(), now)?;
            runs::get(transaction, run)
        })
        .await?;
    if let Some(view) = ended {
        tell_end(shared, &view);
    }
    Ok(())
}

/// Tells everybody that a run is over.
pub(crate) fn tell_end(shared: &Shared, view: &RunView) {
    let RunView { id: run, kind, platform, done, total, .. } = *view;
    shared.progress.with(|all| all.remove(&run));
    shared.events.tell(Event::RunProgress { run, kind, platform, done, total, time_left: None, ended: true });
}

/// Whether a run is not at its end.
pub(crate) fn is_open(view: &RunView) -> bool {
    view.state.is_open()
}

/// What has come of a run so far: what was written down before, with its syncs as they stand now.
pub(crate) fn counted(transaction: &Transaction<'_>, view: &RunView) -> Result<Counts> {
    let mut counts = view.counts.clone();
    if view.kind == RunKind::Sync {
        for (status, word) in [(Status::Synced, "synced"), (Status::Pending, "waiting"), (Status::Failed, "failed")] {
            counts.insert(word.to_owned(), 0);
            for (_, count) in syncs::counts(transaction, Some(view.id), None)?.iter().filter(|(each, _)| *each == status) {
                counts.insert(word.to_owned(), *count);
            }
        }
    }
    Ok(counts)
}
