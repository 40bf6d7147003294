//! Runs that undo exactly what an earlier run made: which syncs, in the order in which they were made, and what stop limits hold of them.
//!
//! The undoing itself is that of resets (`undoing`, `reset/undo`). The people's choices stay: an undo is not a reset.

use rusqlite::Connection;

use crate::error::{Error, Kind, Result};
use crate::event::Event;
use crate::model::{PersonId, RunId, RunKind, SyncId};
use crate::platform::Platforms;
use crate::store::audit::{self, Word};
use crate::store::runs::{self, RunView};
use crate::store::steps::UNAPPROVED;
use crate::store::{approvals, undos};

use super::progress;
use super::shared::Shared;
use super::stop_limits::{self, Verdict};

/// More people than this are read anew altogether.
const MANY: usize = 1_000;

/// Writes down that everything a run made, as far as it stands, is undone; gives the run that does it.
pub(crate) async fn begin(shared: &Shared, of: RunId) -> Result<RunId> {
    let (now, platforms, actor) = (shared.now(), shared.platforms.clone(), shared.actor.clone());
    let (run, people) = shared
        .store
        .write(move |transaction| {
            let (syncs, verdict) = wanted(transaction, &platforms, of)?;
            let run = undos::begin_run(transaction, of, syncs.len() as u64, now)?;
            let many = format!("{} syncs of {of}", syncs.len());
            audit::act(&actor, Word::UndoConfirmed).of(run).more(many).tell(transaction, now)?;
            approvals::note(transaction, run, &verdict.held)?;
            let (waiting, going): (Vec<_>, Vec<_>) = syncs.iter().copied().zip(verdict.waits).partition(|(_, waits)| *waits);
            let mut people = Vec::with_capacity(syncs.len());
            for (some, held) in [(going, 0), (waiting, UNAPPROVED)] {
                let ids: Vec<SyncId> = some.into_iter().map(|(id, _)| id).collect();
                people.extend(undos::mark(transaction, &ids, run, held, now)?);
            }
            Ok((run, people))
        })
        .await?;
    tell(shared, people);
    progress::begun(shared, run).await?;
    shared.wake.up();
    Ok(run)
}

/// The syncs that undoing a run is about, and what stop limits say of that.
///
/// Errors: `Kind::NotFound`; `Kind::Conflict` for a run that is under way, or of which nothing stands; `Kind::Unsupported` for one that
/// makes no syncs.
pub(crate) fn wanted(db: &Connection, platforms: &Platforms, of: RunId) -> Result<(Vec<SyncId>, Verdict)> {
    check(&known(db, of)?)?;
    let syncs = undos::standing(db, of)?;
    if syncs.is_empty() {
        return Err(Error::new(Kind::Conflict, "undo", "Nothing that this run made stands any more.")
            .ask_admin("Nothing needs to be done: what it made was undone already, or it made nothing."));
    }
    let verdict = stop_limits::judge(db, &stop_limits::of_undoing(db, platforms, &syncs)?)?;
    Ok((syncs, verdict))
}

/// A run. Errors: `Kind::NotFound`.
pub(crate) fn known(db: &Connection, run: RunId) -> Result<RunView> {
    runs::get(db, run)?.ok_or_else(|| Error::not_found("run", format!("There is no run {run}."), "Look at the list of runs."))
}

/// Whether a run can be undone at all. Errors: why not.
pub(crate) fn check(view: &RunView) -> Result<()> {
    let unsupported = |message: &'static str, what: &'static str| Err(Error::new(Kind::Unsupported, "undo", message).ask_admin(what));
    match view.kind {
        RunKind::Import => unsupported("An import makes no syncs, so there is nothing to undo.", "Import again to refresh who is listed."),
        RunKind::Reset => unsupported("A reset cannot be undone.", "Sync these people again instead."),
        RunKind::Undo => unsupported("What a run has undone cannot be brought back.", "Sync these people again instead."),
        RunKind::Sync if progress::is_open(view) => {
            Err(Error::new(Kind::Conflict, "undo", "This run is not at its end.").ask_admin("Stop it first, or let it come to its end."))
        }
        RunKind::Sync => Ok(()),
    }
}

/// Approves what stop limits hold of a run of any kind; gives how many people go on.
///
/// Errors: `Kind::NotFound`.
pub(crate) async fn approve(shared: &Shared, run: RunId) -> Result<u64> {
    let (now, actor) = (shared.now(), shared.actor.clone());
    let freed = shared
        .store
        .write(move |transaction| {
            known(transaction, run)?;
            let freed = approvals::free(transaction, run, now)?;
            if freed > 0 {
                audit::act(&actor, Word::RunApproved).of(run).more(audit::people(freed as usize)).tell(transaction, now)?;
            }
            Ok(freed)
        })
        .await?;
    if freed > 0 {
        tell(shared, Vec::new());
        progress::begun(shared, run).await?;
        shared.wake.up();
    }
    Ok(freed)
}

fn tell(shared: &Shared, people: Vec<PersonId>) {
    shared.events.tell(Event::PeopleChanged { ids: if people.len() > MANY { Vec::new() } else { people } });
}
