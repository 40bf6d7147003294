//! Undoing in the background: everybody whose reset is written down, and every sync that is being cancelled, a few at a time.
//!
//! What cannot be reached is left alone for a while and holds up nobody else. Dropping the future is a crash, and as harmless.

use std::collections::HashMap;

use futures::FutureExt;
use futures::stream::{self, StreamExt};

use crate::cancel::Cancel;
use crate::error::{Error, Kind, Result};
use crate::model::{PersonId, SyncId};
use crate::store::{resets, syncs};

use super::reset::{self, CANCELLING};
use super::shared::{Shared, Woken, later, ms};
use super::shut;

/// How many people are undone at once.
const AT_ONCE: usize = 8;
/// How many are taken before a look at what is new.
const ROUND: usize = 64;
/// How long somebody is left alone after a platform could not be reached.
const REST: std::time::Duration = std::time::Duration::from_secs(15);
/// How long after a failure that nobody expected.
const LONG_REST: std::time::Duration = std::time::Duration::from_secs(15 * 60);

/// One thing to undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Task {
    Reset(PersonId),
    Cancel(SyncId, PersonId),
}

/// Goes on until `cancel`. A keychain that cannot be asked is waited for. Errors: only those of this computer's disk.
pub(crate) async fn keep(shared: &Shared, cancel: &Cancel) -> Result<()> {
    tokio::select! {
        outcome = undo_for_ever(shared) => outcome,
        () = cancel.cancelled() => Ok(()),
    }
}

async fn undo_for_ever(shared: &Shared) -> Result<()> {
    let mut woken = shared.wake.listen();
    let mut left: HashMap<Task, i64> = HashMap::new();
    loop {
        if !shut::is_open(shared).await? {
            rest(shared, &mut woken, shared.shut.again()).await;
            continue;
        }
        let now = ms(shared.now());
        left.retain(|_, until| *until > now);
        let due = due(shared, &left).await?;
        if due.is_empty() {
            rest(shared, &mut woken, left.values().copied().min()).await;
            continue;
        }
        let each = due.into_iter().map(|task| undo(shared, task).map(move |outcome| (task, outcome)).boxed());
        let mut tried = stream::iter(each).buffer_unordered(AT_ONCE);
        while let Some((task, outcome)) = tried.next().await {
            match outcome {
                Ok(()) => {}
                Err(error) if error.kind == Kind::Storage => return Err(error),
                Err(error) if shut::is_shut(&error) => shut::met(shared, &error).await?,
                Err(error) => {
                    let pause = if error.is_passing() || error.kind == Kind::Conflict { REST } else { LONG_REST };
                    tracing::warn!(kind = ?error.kind, platform = ?error.platform, "an undoing is put off");
                    left.insert(task, later(shared.now(), pause));
                }
            }
        }
    }
}

async fn due(shared: &Shared, left: &HashMap<Task, i64>) -> Result<Vec<Task>> {
    let limit = u32::try_from(ROUND + left.len()).unwrap_or(u32::MAX);
    let (people, cancelled) =
        shared.store.read(move |db| Ok((resets::oldest(db, limit)?, syncs::with_detail(db, CANCELLING, limit)?))).await?;
    let all = people.into_iter().map(Task::Reset).chain(cancelled.into_iter().map(|(sync, person)| Task::Cancel(sync, person)));
    Ok(all.filter(|task| !left.contains_key(task)).take(ROUND).collect())
}

async fn undo(shared: &Shared, task: Task) -> Result<()> {
    let (Task::Reset(person) | Task::Cancel(_, person)) = task;
    let Some(_claim) = shared.undoing.try_take(person) else {
        return Err(Error::new(Kind::Conflict, "undo", "Somebody else is at it."));
    };
    match task {
        Task::Reset(person) => reset::finish(shared, person).await.map(drop),
        Task::Cancel(sync, person) => reset::undo_cancelled(shared, sync, person).await,
    }
}

async fn rest(shared: &Shared, woken: &mut Woken, until: Option<i64>) {
    match until {
        Some(until) => {
            let pause = std::time::Duration::from_millis(u64::try_from(until - ms(shared.now())).unwrap_or(0));
            tokio::select! {
                () = woken.next() => {}
                () = shared.clock.wait(pause) => {}
            }
        }
        None => woken.next().await,
    }
}
