//! How far runs are, and their end: a run ends by itself when nothing of it is left that does not wait for a person.
//!
//! The figures that are told while a run goes on are counted along here; whether it is over is always asked of the store.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rusqlite::Transaction;

use crate::error::Result;
use crate::event::Event;
use crate::model::{PlatformId, Reason, RunId, RunKind, RunState, Status};
use crate::store::runs::{self, Counts, RunView};
use crate::store::{resets, steps, syncs};

use super::shared::Shared;

/// The figures of the runs under way.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<HashMap<RunId, Far>>);

#[derive(Clone, Copy, Debug)]
struct Far {
    kind: RunKind,
    platform: Option<PlatformId>,
    left: u64,
    total: u64,
}

impl Far {
    fn tell(self, shared: &Shared, run: RunId) {
        let Self { kind, platform, left, total } = self;
        shared.events.tell(Event::RunProgress {
            run,
            kind,
            platform,
            done: total - left,
            total: Some(total),
            time_left: None,
            ended: false,
        });
    }
}

impl Progress {
    fn with<T>(&self, change: impl FnOnce(&mut HashMap<RunId, Far>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A run is written down: it is told, and over at once when there is nothing to do.
pub(crate) async fn begun(shared: &Shared, run: RunId) -> Result<()> {
    match load(shared, run).await? {
        Some(far) if far.left > 0 => {
            far.tell(shared, run);
            Ok(())
        }
        _ => settle(shared, run).await,
    }
}

async fn load(shared: &Shared, run: RunId) -> Result<Option<Far>> {
    let Some(view) = shared.store.read(move |db| runs::get(db, run)).await? else { return Ok(None) };
    let total = view.total.unwrap_or(view.done);
    let far = Far { kind: view.kind, platform: view.platform, left: total.saturating_sub(view.done), total };
    shared.progress.with(|all| all.insert(run, far));
    Ok(Some(far))
}

/// One person of a run has come out of its queue.
pub(crate) async fn went(shared: &Shared, run: RunId) -> Result<()> {
    let counted = shared.progress.with(|all| {
        let far = all.get_mut(&run)?;
        far.left = far.left.saturating_sub(1);
        Some(*far)
    });
    let far = match counted {
        Some(far) => Some(far),
        None => load(shared, run).await?,
    };
    match far {
        Some(far) if far.left > 0 => {
            far.tell(shared, run);
            Ok(())
        }
        _ => settle(shared, run).await,
    }
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
    shared.progress.with(|all| all.remove(&run));
    let is_over = move |db: &rusqlite::Connection| -> Result<bool> { Ok(!steps::has_queued(db, run)? && resets::of_run(db, run)? == 0) };
    if !shared.store.read(move |db| is_over(db)).await? {
        return Ok(());
    }
    let now = shared.now();
    let ended = shared
        .store
        .write(move |transaction| match runs::get(transaction, run)? {
            Some(view) if is_open(&view) && is_over(transaction)? => {
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
    shared.progress.with(|all| all.remove(&run));
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
