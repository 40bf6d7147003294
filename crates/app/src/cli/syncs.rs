//! plan, sync, cancel, work.

use std::time::Duration;

use engine::Result;
use engine::model::{Held, PlatformId};
use engine::store::runs::RunView;
use engine::sync::plan::PlanView;
use engine::sync::{SyncView, Until};
use serde::Serialize;

use super::answer::Exit;
use super::args::{Confirm, Dry, Selection};
use super::confirm::{confirmed, only_looked};
use super::runs::several;
use super::session::{Session, cancel_on_interrupt, interrupted};
use super::step::NextSteps;
use super::{progress, tables};

/// JSON of `plan`, and of an unconfirmed `sync`.
#[derive(Serialize)]
pub(super) struct Planned {
    #[serde(flatten)]
    pub(super) plan: PlanView,
    /// What stop limits would hold for approval.
    pub(super) held: Vec<Held>,
}

async fn planned(session: &Session, args: &Selection) -> Result<Planned> {
    let reading = session.reading().await?;
    let selection = session.selection(&reading, &args.people, &args.all).await?;
    let plan = reading.plan(&selection, args.to).await?.with_commands();
    Ok(Planned { plan, held: reading.preview_sync(&selection, args.to).await?.held })
}

pub(super) async fn plan(session: &Session, args: Selection) -> Result<Exit> {
    session.answer.give(&planned(session, &args).await?, tables::plan)?;
    Ok(Exit::Done)
}

/// JSON of `sync`.
#[derive(Serialize)]
pub(super) struct Synced {
    #[serde(flatten)]
    pub(super) view: SyncView,
    /// How many of those who wait, wait for the admin's approval.
    pub(super) held: u64,
    /// What stop limits held when it was confirmed.
    pub(super) limits: Vec<Held>,
}

pub(super) async fn sync(session: &Session, args: Selection, confirm: Confirm, wait: Option<u64>) -> Result<Exit> {
    let answer = session.answer;
    if let Some(exit) = confirmed(answer, confirm, "Do this?", planned(session, &args), tables::plan).await? {
        return Ok(exit);
    }
    let engine = session.engine().await?;
    let selection = session.selection(engine.reading(), &args.people, &args.all).await?;
    let until = wait.map_or(Until::Idle, |seconds| Until::People(Duration::from_secs(seconds)));
    let cancel = cancel_on_interrupt();
    let line = progress::line(answer, &engine, "Syncing");
    let outcome = engine.sync(&selection, args.to, until, &cancel).await;
    line.finish_and_clear();
    if cancel.is_cancelled() {
        return Err(interrupted("sync"));
    }
    let view = outcome?.with_commands();
    let RunView { held, limits, .. } = engine.reading().run(view.run).await?;
    let exit = several(view.failed + view.blocked, held, view.people.len() as u64);
    answer.give(&Synced { view, held, limits }, tables::synced)?;
    Ok(exit)
}

pub(super) async fn cancel(session: &Session, person: &str, to: PlatformId, dry: Dry) -> Result<Exit> {
    let engine = session.engine().await?;
    let person = engine.reading().find_person(person).await?;
    let preview = engine.cancel_preview(person, to);
    if let Some(exit) = only_looked(session.answer, dry, preview, |preview| tables::previews(std::slice::from_ref(preview))).await? {
        return Ok(exit);
    }
    let view = engine.cancel(person, to).await?;
    let whose = super::people::name_of(engine.reading(), person).await;
    session.answer.give(&view, |view| tables::undone(&whose, view))?;
    Ok(Exit::Done)
}

pub(super) async fn work(session: &Session, seconds: Option<u64>) -> Result<Exit> {
    let engine = session.engine().await?;
    let until = seconds.map_or(Until::Idle, |seconds| Until::For(Duration::from_secs(seconds)));
    let cancel = cancel_on_interrupt();
    let line = progress::line(session.answer, &engine, "Working");
    let outcome = engine.work(until, &cancel).await;
    line.finish_and_clear();
    if cancel.is_cancelled() {
        return Err(interrupted("work"));
    }
    let view = outcome?;
    session.answer.give(&view, |view| format!("{} synced, {} waiting, {} failed.", view.done, view.waiting, view.failed))?;
    Ok(Exit::Done)
}
