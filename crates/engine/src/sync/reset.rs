//! Undoing: one sync (cancel) or all of a person (reset). What this program made is removed, what it did not make stays; what
//! cannot be undone is listed. Every part is safe to repeat, and a marker takes a reset up again after a crash.

mod preview;
mod undo;

use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::event::Event;
use crate::model::{PersonId, PlatformId, Reason, RepresentationKind, RunId, RunKind, RunState, SyncId};
use crate::people::primary;
use crate::platform::Left;
use crate::store::{people, resets, runs, syncs};

use super::progress;
use super::shared::Shared;

pub use preview::{Goes, PersonReset, ResetPreview, Stays};
pub(crate) use preview::{preview, preview_many};
use undo::undo;

/// The detail of a sync that is being cancelled.
pub(crate) const CANCELLING: &str = "cancelling";

/// What was undone, and what is left; serialises to the JSON of `reset`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct UndoneView {
    /// Whose.
    pub person: PersonId,
    /// What is gone, in short phrases.
    pub undone: Vec<String>,
    /// What stays, why, and where it can be undone by hand.
    pub left: Vec<Left>,
}

/// Resets a person.
pub(crate) async fn reset(shared: &Shared, person: PersonId) -> Result<UndoneView> {
    let _claim = shared.undoing.take(person).await;
    let now = shared.now();
    shared.store.write(move |transaction| mark(transaction, person, None, now)).await?;
    finish(shared, person).await
}

/// Resets a person as a run of their own.
pub(crate) async fn reset_alone(shared: &Shared, person: PersonId) -> Result<UndoneView> {
    let _claim = shared.undoing.take(person).await;
    let now = shared.now();
    let run = shared
        .store
        .write(move |transaction| {
            let run = runs::begin(transaction, RunKind::Reset, None, Some(1), now)?;
            mark(transaction, person, Some(run), now)?;
            Ok(run)
        })
        .await?;
    match finish(shared, person).await {
        Err(error) => {
            progress::end(shared, run, RunState::Failed, Some(Reason::from(&error))).await?;
            Err(error)
        }
        done => done,
    }
}

/// Writes down, for everybody at once, that they are to be reset, and in which run. Who is gone meanwhile is left out.
pub(crate) async fn begin(shared: &Shared, people: Vec<PersonId>) -> Result<RunId> {
    let (now, total) = (shared.now(), people.len() as u64);
    let run = shared
        .store
        .write(move |transaction| {
            let run = runs::begin(transaction, RunKind::Reset, None, Some(total), now)?;
            for person in people {
                match mark(transaction, person, Some(run), now) {
                    Err(error) if error.kind == Kind::NotFound => {}
                    marked => marked?,
                }
            }
            Ok(run)
        })
        .await?;
    progress::begun(shared, run).await?;
    shared.wake.up();
    Ok(run)
}

fn mark(transaction: &rusqlite::Transaction<'_>, person: PersonId, run: Option<RunId>, now: jiff::Timestamp) -> Result<()> {
    syncs::name_of(transaction, person)?;
    resets::begin(transaction, person, run, now)
}

/// Brings the reset of somebody who is marked to its end. The caller holds the claim on the person.
pub(crate) async fn finish(shared: &Shared, person: PersonId) -> Result<UndoneView> {
    let all = shared.store.read(move |db| syncs::of_person(db, person)).await?;
    for sync in all {
        undo(shared, sync.id, Some(person)).await.map_err(|error| unfinished(error, person))?;
    }
    let now = shared.now();
    let (undone, left, run) = shared
        .store
        .write(move |transaction| {
            let before = people::primary_of(transaction, person)?;
            primary::restore_default(transaction, person, now)?;
            if before.is_some() && people::primary_of(transaction, person).ok().flatten() != before {
                resets::note(transaction, person, &["The choice of the primary platform was forgotten".to_owned()], &[])?;
            }
            let (undone, left) = resets::get(transaction, person)?.unwrap_or_default();
            let run = resets::run_of(transaction, person)?;
            if let Some(view) = run.map(|run| runs::get(transaction, run)).transpose()?.flatten() {
                let mut counts = view.counts;
                for (word, more) in [("undone", undone.len()), ("left", left.len())] {
                    *counts.entry(word.to_owned()).or_default() += more as u64;
                }
                runs::count(transaction, view.id, &counts)?;
            }
            resets::end(transaction, person, now)?;
            Ok((undone, left, run))
        })
        .await?;
    shared.events.tell(Event::PeopleChanged { ids: vec![person] });
    if let Some(run) = run {
        progress::went(shared, run).await?;
    }
    Ok(UndoneView { person, undone, left })
}

fn unfinished(error: Error, person: PersonId) -> Error {
    let message = format!("The reset of {person} is not finished and goes on when it is run again: {}", error.message);
    Error { message, ..error }
}

/// Cancels one sync.
pub(crate) async fn cancel(shared: &Shared, person: PersonId, to: PlatformId) -> Result<UndoneView> {
    let _claim = shared.undoing.take(person).await;
    let now = shared.now();
    let sync = shared
        .store
        .write(move |transaction| {
            let found = syncs::find(transaction, person, to)?;
            if let Some(sync) = &found {
                syncs::set(transaction, sync.id, sync.status, Some(CANCELLING), sync.reason.as_ref(), now)?;
            }
            Ok(found)
        })
        .await?;
    let Some(sync) = sync else {
        return Ok(UndoneView { person, undone: Vec::new(), left: Vec::new() });
    };
    let (undone, left) = undo(shared, sync.id, None).await?;
    cancelled(shared, person).await?;
    Ok(UndoneView { person, undone, left })
}

/// Goes on with a sync that is being cancelled. The caller holds the claim on the person.
pub(crate) async fn undo_cancelled(shared: &Shared, sync: SyncId, person: PersonId) -> Result<()> {
    undo(shared, sync, None).await?;
    cancelled(shared, person).await
}

async fn cancelled(shared: &Shared, person: PersonId) -> Result<()> {
    shared.events.tell(Event::PeopleChanged { ids: vec![person] });
    // The run that it was part of may have waited for nothing else.
    progress::settle_all(shared).await
}

/// Takes up what a crash interrupted.
pub(crate) async fn resume(shared: &Shared) -> Result<()> {
    let (people, cancelled) = shared.store.read(|db| Ok((resets::open(db)?, syncs::with_detail(db, CANCELLING, u32::MAX)?))).await?;
    for person in people {
        let _claim = shared.undoing.take(person).await;
        later(finish(shared, person).await)?;
    }
    for (sync, person) in cancelled {
        let _claim = shared.undoing.take(person).await;
        later(undo_cancelled(shared, sync, person).await)?;
    }
    Ok(())
}

/// One platform that cannot be reached must not hold up everything else; its marker stays.
fn later<T>(outcome: Result<T>) -> Result<()> {
    match outcome {
        Err(error) if error.is_passing() => {
            tracing::warn!(kind = ?error.kind, platform = ?error.platform, "an undoing is put off again");
            Ok(())
        }
        outcome => outcome.map(drop),
    }
}

fn name_of(shared: &Shared, platform: PlatformId) -> String {
    shared.platforms.get(platform).map_or_else(|_| platform.to_string(), |known| known.info().name.to_owned())
}

fn irrevocable(name: &str) -> Left {
    Left {
        what: format!("The consent to User Sync in the person's {name} account"),
        why: format!("{name} has no way to revoke one person's authorisation. User Sync destroyed its own tokens and can use it no more."),
        link: None,
    }
}

fn irremovable(stand_in: &str, platform: &str) -> Left {
    Left {
        what: format!("{stand_in} on {platform}"),
        why: format!("{platform} has no way to remove it. User Sync uses it no more."),
        link: None,
    }
}

fn not_ours(name: &str, kind: RepresentationKind, platform: &str) -> Left {
    let what = match kind {
        RepresentationKind::Guest => format!("The guest {name} on {platform}"),
        RepresentationKind::Bot | RepresentationKind::OwnAccount => format!("{name} on {platform}"),
    };
    Left { what, why: "User Sync did not make it, so it does not delete it; it is used no more.".into(), link: None }
}
