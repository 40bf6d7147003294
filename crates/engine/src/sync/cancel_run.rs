//! Stopping a run: what was not begun goes back to where it was, what is under way comes to its end.
//!
//! One transaction, so that a crash finds the run either stopped or as it was. The claims keep everybody off meanwhile.

use rusqlite::Transaction;

use crate::error::{Error, Kind, Result};
use crate::event::Event;
use crate::model::{PersonId, Reason, RunId, RunKind, RunState, Status, SyncId};
use crate::store::audit::{self, Word};
use crate::store::runs::{self, RunView};
use crate::store::{resets, steps, syncs, undos};

use super::progress;
use super::reset::CANCELLING;
use super::shared::Shared;

/// More people than this are read anew altogether.
const MANY: usize = 1_000;

/// Stops a run. One that is over stays as it is.
///
/// Errors: `Kind::NotFound`; `Kind::Unsupported` for an import, which is stopped where it was begun.
pub(crate) async fn cancel(shared: &Shared, run: RunId) -> Result<()> {
    let view = shared.store.read(move |db| runs::get(db, run)).await?;
    let view = view.ok_or_else(|| Error::not_found("cancel_run", format!("There is no run {run}."), "Look at the list of runs."))?;
    if !progress::is_open(&view) {
        return Ok(());
    }
    let people = match view.kind {
        RunKind::Sync => syncs_of(shared, view).await?,
        RunKind::Reset => resets_of(shared, view).await?,
        RunKind::Undo => undoings_of(shared, view).await?,
        RunKind::Import => {
            return Err(Error::new(Kind::Unsupported, "cancel_run", "This import is not under way.")
                .ask_admin("Nothing needs to be stopped: import again whenever you like."));
        }
    };
    let ended = shared.store.read(move |db| runs::get(db, run)).await?;
    if let Some(view) = ended {
        progress::tell_end(shared, &view);
    }
    shared.events.tell(Event::PeopleChanged { ids: if people.len() > MANY { Vec::new() } else { people } });
    shared.wake.up();
    Ok(())
}

async fn syncs_of(shared: &Shared, view: RunView) -> Result<Vec<PersonId>> {
    let run = view.id;
    let listed = shared.store.read(move |db| steps::not_begun(db, run)).await?;
    // Whoever is at one already brings it to its end.
    let claims: Vec<_> = listed.into_iter().filter_map(|sync| Some((sync, shared.claims.try_take(sync)?))).collect();
    let mine: std::collections::HashSet<SyncId> = claims.iter().map(|(sync, _)| *sync).collect();
    let (now, actor) = (shared.now(), shared.actor.clone());
    let people = shared
        .store
        .write(move |transaction| {
            let listed: Vec<SyncId> = steps::not_begun(transaction, run)?.into_iter().filter(|sync| mine.contains(sync)).collect();
            let mut people = syncs::remove_bare(transaction, &listed, now)?;
            let bare = people.len();
            // What was made or asked earlier is undone in the background.
            for sync in steps::not_begun(transaction, run)?.into_iter().filter(|sync| mine.contains(sync)) {
                people.extend(withdraw(transaction, sync, now)?);
            }
            let mut counts = progress::counted(transaction, &view)?;
            if let Some(waiting) = counts.get_mut("waiting") {
                *waiting = waiting.saturating_sub((people.len() - bare) as u64);
            }
            stop(transaction, &RunView { counts, ..view }, people.len(), &actor, now)?;
            Ok(people)
        })
        .await?;
    drop(claims);
    Ok(people)
}

fn withdraw(transaction: &Transaction<'_>, id: SyncId, now: jiff::Timestamp) -> Result<Option<PersonId>> {
    let Some(sync) = syncs::get(transaction, id)? else { return Ok(None) };
    steps::park(transaction, id)?;
    syncs::set(transaction, id, Status::Pending, Some(CANCELLING), None, now)?;
    Ok(Some(sync.person))
}

async fn resets_of(shared: &Shared, view: RunView) -> Result<Vec<PersonId>> {
    let run = view.id;
    let listed = shared.store.read(move |db| resets::not_begun(db, run)).await?;
    let claims: Vec<_> = listed.into_iter().filter_map(|person| Some((person, shared.undoing.try_take(person)?))).collect();
    let mine: std::collections::HashSet<PersonId> = claims.iter().map(|(person, _)| *person).collect();
    let (now, actor) = (shared.now(), shared.actor.clone());
    let people = shared
        .store
        .write(move |transaction| {
            let people: Vec<PersonId> = resets::not_begun(transaction, run)?.into_iter().filter(|person| mine.contains(person)).collect();
            let reason = Reason {
                kind: "cancelled".into(),
                message: "The reset was stopped before anything was undone.".into(),
                remedy: "Reset the person again whenever you like.".into(),
                act: None,
                link: None,
            };
            for person in &people {
                resets::take_back(transaction, *person, &reason, now)?;
            }
            stop(transaction, &view, people.len(), &actor, now)?;
            Ok(people)
        })
        .await?;
    drop(claims);
    Ok(people)
}

async fn undoings_of(shared: &Shared, view: RunView) -> Result<Vec<PersonId>> {
    let (now, actor) = (shared.now(), shared.actor.clone());
    shared
        .store
        .write(move |transaction| {
            let people = undos::take_back(transaction, view.id)?;
            stop(transaction, &view, people.len(), &actor, now)?;
            Ok(people)
        })
        .await
}

fn stop(transaction: &Transaction<'_>, view: &RunView, taken_back: usize, actor: &str, now: jiff::Timestamp) -> Result<()> {
    let people = format!("{} not begun", audit::people(taken_back));
    audit::act(actor, Word::RunStopped).on(view.platform).of(view.id).more(people).tell(transaction, now)?;
    // What was begun comes to its end, paused or not.
    steps::free(transaction, view.id, steps::PAUSED)?;
    undos::free(transaction, Some(view.id), steps::PAUSED)?;
    let mut counts = view.counts.clone();
    counts.insert("cancelled".into(), taken_back as u64);
    runs::end(transaction, view.id, RunState::Cancelled, &counts, None, now)
}
