//! Undoing: one sync (cancel) or all of a person (reset). What this program made is removed, what it did not make stays; what
//! cannot be undone is listed. Every part is safe to repeat, and a marker takes a reset up again after a crash.

mod preview;
mod undo;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::event::Event;
use crate::model::{PersonId, PlatformId, Reason, RepresentationKind, RunId, RunKind, RunState, SyncId};
use crate::people::primary;
use crate::platform::Left;
use crate::store::audit::{self, Word};
use crate::store::resets::NewReset;
use crate::store::steps::{SIGNED_OUT, UNAPPROVED};
use crate::store::syncs::Sync;
use crate::store::{approvals, connections, people, resets, runs, syncs, undos};
use crate::transport::Lane;

use super::progress;
use super::shared::{Shared, signed_out};
use super::stop_limits::{self, FEW};

pub use preview::{Goes, PersonReset, ResetPreview, Stays};
pub(crate) use preview::{preview, preview_cancel, preview_many, preview_syncs};
pub(crate) use undo::can_wait;
use undo::puts_off;
use undo::{Marker, is_connection_out, undo};

/// The detail of a sync that is being undone.
pub(crate) use crate::store::syncs::CANCELLING;

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

/// Resets a person. What cannot be reached now is taken up later by itself, and the error says why.
pub(crate) async fn reset(shared: &Shared, person: PersonId) -> Result<UndoneView> {
    let _claim = shared.undoing.take(person).await;
    let (now, actor) = (shared.now(), shared.actor.clone());
    shared
        .store
        .write(move |transaction| {
            audit::act(&actor, Word::ResetConfirmed).about(person).tell(transaction, now)?;
            mark(transaction, alone(person, None), now)
        })
        .await?;
    let outcome = finish(shared, person, Lane::Waiting).await;
    if let Err(error) = &outcome {
        held_up(shared, Doomed::Person(person), error).await?;
    }
    outcome
}

/// The same as a run of their own.
pub(crate) async fn reset_alone(shared: &Shared, person: PersonId) -> Result<UndoneView> {
    let _claim = shared.undoing.take(person).await;
    let (now, actor) = (shared.now(), shared.actor.clone());
    let run = shared
        .store
        .write(move |transaction| {
            let run = runs::begin(transaction, RunKind::Reset, None, Some(1), now)?;
            audit::act(&actor, Word::ResetConfirmed).about(person).of(run).tell(transaction, now)?;
            mark(transaction, alone(person, Some(run)), now)?;
            Ok(run)
        })
        .await?;
    match finish(shared, person, Lane::Waiting).await {
        Err(error) if puts_off(&error) => {
            held_up(shared, Doomed::Person(person), &error).await?;
            Err(error)
        }
        Err(error) => {
            progress::end(shared, run, RunState::Failed, Some(Reason::from(&error))).await?;
            Err(error)
        }
        done => {
            // Who was part of another run stays so.
            progress::settle(shared, run).await?;
            done
        }
    }
}

fn alone(person: PersonId, run: Option<RunId>) -> NewReset {
    NewReset { person, run, held: 0, priority: 0 }
}

/// Writes down, for everybody at once, that they are to be reset, and in which run. Who is gone meanwhile, or being reset already, is
/// left out; whom stop limits hold waits for approval.
pub(crate) async fn begin(shared: &Shared, people: Vec<PersonId>) -> Result<RunId> {
    let (now, platforms, actor) = (shared.now(), shared.platforms.clone(), shared.actor.clone());
    let run = shared
        .store
        .write(move |transaction| {
            let (people, wants) = stop_limits::of_resets(transaction, &platforms, people)?;
            let verdict = stop_limits::judge(transaction, &wants)?;
            let run = runs::begin(transaction, RunKind::Reset, None, Some(people.len() as u64), now)?;
            approvals::note(transaction, run, &verdict.held)?;
            let only = if let [person] = people.as_slice() { Some(*person) } else { None };
            let many = audit::people(people.len());
            audit::act(&actor, Word::ResetConfirmed).about(only).of(run).more(many).tell(transaction, now)?;
            let priority = i64::from(people.len() as u64 > FEW);
            for (person, waits) in people.into_iter().zip(verdict.waits) {
                let held = if waits { UNAPPROVED } else { 0 };
                mark(transaction, NewReset { person, run: Some(run), held, priority }, now)?;
            }
            Ok(run)
        })
        .await?;
    progress::begun(shared, run).await?;
    // Who waited for approval in another run is this one's now.
    progress::settle_all(shared).await?;
    shared.wake.up();
    Ok(run)
}

fn mark(transaction: &rusqlite::Transaction<'_>, new: NewReset, now: jiff::Timestamp) -> Result<()> {
    syncs::name_of(transaction, new.person)?;
    resets::begin(transaction, new, now)
}

/// Brings the reset of somebody who is marked to its end. The caller holds the claim on the person.
///
/// What one platform keeps from being undone does not keep the person's other syncs.
pub(crate) async fn finish(shared: &Shared, person: PersonId, lane: Lane) -> Result<UndoneView> {
    let all = shared.store.read(move |db| syncs::of_person(db, person)).await?;
    let others: BTreeSet<RunId> = all.iter().flat_map(|sync| [sync.run, sync.undo_run]).flatten().collect();
    let mut put_off = None;
    for sync in all {
        match undo(shared, sync.id, Marker::Reset(person), lane).await {
            Ok(_) => {}
            Err(error) if can_wait(&error) => drop(put_off.get_or_insert(error)),
            Err(error) => return Err(unfinished(error, person)),
        }
    }
    if let Some(error) = put_off {
        return Err(unfinished(error, person));
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
            if let Some(run) = run {
                undos::count(transaction, run, undone.len(), left.len())?;
            }
            resets::end(transaction, person, now)?;
            Ok((undone, left, run))
        })
        .await?;
    shared.events.tell(Event::PeopleChanged { ids: vec![person] });
    if let Some(run) = run {
        progress::went(shared, run).await?;
    }
    // Another run may have waited for nothing else.
    for other in shared.store.read(runs::open).await?.into_iter().filter(|other| others.contains(other)) {
        progress::settle(shared, other).await?;
    }
    Ok(UndoneView { person, undone, left })
}

fn unfinished(error: Error, person: PersonId) -> Error {
    let message = format!("The reset of {person} is not finished and goes on when it is run again: {}", error.message);
    Error { message, ..error }
}

/// Cancels one sync. What cannot be reached now is taken up later by itself, and the error says why.
pub(crate) async fn cancel(shared: &Shared, person: PersonId, to: PlatformId) -> Result<UndoneView> {
    let _claim = shared.undoing.take(person).await;
    let (now, actor) = (shared.now(), shared.actor.clone());
    let sync = shared
        .store
        .write(move |transaction| {
            let found = syncs::find(transaction, person, to)?;
            if let Some(sync) = &found {
                audit::act(&actor, Word::SyncCancelled).on(to).about(person).of(sync.run).tell(transaction, now)?;
                undos::withdraw(transaction, sync.id, now)?;
            }
            Ok(found)
        })
        .await?;
    let Some(sync) = sync else {
        return Ok(UndoneView { person, undone: Vec::new(), left: Vec::new() });
    };
    match undo(shared, sync.id, Marker::of(&sync), Lane::Waiting).await {
        Ok((undone, left)) => {
            undone_alone(shared, &sync).await?;
            Ok(UndoneView { person, undone, left })
        }
        Err(error) => {
            held_up(shared, Doomed::Sync(sync.id), &error).await?;
            let message = format!("The sync is not withdrawn yet: {}", error.message);
            Err(Error { message, ..error })
        }
    }
}

/// Goes on with a sync that the admin took back, or that a run undoes. The caller holds the claim on the person.
pub(crate) async fn undo_one(shared: &Shared, id: SyncId, lane: Lane) -> Result<()> {
    let Some(sync) = shared.store.read(move |db| syncs::get(db, id)).await? else { return Ok(()) };
    undo(shared, id, Marker::of(&sync), lane).await?;
    undone_alone(shared, &sync).await
}

async fn undone_alone(shared: &Shared, sync: &Sync) -> Result<()> {
    shared.events.tell(Event::PeopleChanged { ids: vec![sync.person] });
    match sync.undo_run {
        Some(run) => progress::went(shared, run).await,
        // The run that it was part of may have waited for nothing else.
        None => progress::settle_all(shared).await,
    }
}

/// What an undoing is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Doomed {
    /// Everything of a person.
    Person(PersonId),
    /// One sync.
    Sync(SyncId),
}

/// A platform that has signed the connection out holds up what needs it until somebody signs in again or disconnects it: told once,
/// tried no more meanwhile. False for anything else, which is only put off.
pub(crate) async fn held_up(shared: &Shared, what: Doomed, error: &Error) -> Result<bool> {
    let Some(platform) = error.platform.filter(|_| is_connection_out(error)) else { return Ok(false) };
    let now = shared.now();
    let (is_held, is_news) = shared
        .store
        .write(move |transaction| {
            if connections::get(transaction, platform)?.is_none() {
                return Ok((false, false));
            }
            match what {
                Doomed::Person(person) => resets::hold(transaction, person, SIGNED_OUT)?,
                Doomed::Sync(sync) => undos::hold_sync(transaction, sync, SIGNED_OUT)?,
            }
            Ok((true, signed_out(transaction, platform, now)?))
        })
        .await?;
    if is_news {
        shared.events.tell(Event::ConnectionChanged { platform });
    }
    Ok(is_held)
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
