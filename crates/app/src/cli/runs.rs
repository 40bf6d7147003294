//! runs, pause, resume, stop, approve, undo: what an admin does with a run as a whole.

use engine::engine::UndoPreview;
use engine::model::{RunId, RunState, Status};
use engine::store::history::RunPeople;
use engine::store::runs::RunView;
use engine::sync::Until;
use engine::{Engine, Result};
use serde::Serialize;

use super::answer::Exit;
use super::args::Confirm;
use super::confirm::confirmed;
use super::progress;
use super::session::{Session, cancel_on_interrupt, interrupted};
use super::step::{self, NextSteps};
use super::tables;

/// How many people of a run are told with its result.
const TOLD: u32 = 1_000;

/// A run, and what it waits for.
#[derive(Serialize)]
pub(super) struct RunRow {
    #[serde(flatten)]
    pub(super) run: RunView,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_step: Option<String>,
}

impl RunRow {
    pub(super) fn new(run: RunView) -> Self {
        Self { next_step: step::of_run(&run), run }
    }
}

/// JSON of `runs` and `retry`.
#[derive(Serialize)]
pub(super) struct Runs {
    pub(super) runs: Vec<RunRow>,
}

pub(super) async fn list(session: &Session) -> Result<Exit> {
    let runs = session.reading().await?.runs().await?.into_iter().map(RunRow::new).collect();
    session.answer.give(&Runs { runs }, |view| tables::runs::all(&view.runs))?;
    Ok(Exit::Done)
}

/// JSON of `runs RUN`, and of what a run came to.
#[derive(Serialize)]
pub(super) struct OneRun {
    pub(super) run: RunRow,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) people: Option<RunPeople>,
}

pub(super) async fn one(session: &Session, run: RunId, status: Option<Status>, from: u32, limit: u32) -> Result<Exit> {
    let reading = session.reading().await?;
    let people = reading.run_people(run, status, from, limit).await?.with_commands();
    let view = OneRun { run: RunRow::new(reading.run(run).await?), people: Some(people) };
    session.answer.give(&view, tables::runs::one)?;
    Ok(Exit::Done)
}

async fn how_it_stands(session: &Session, engine: &Engine, run: RunId) -> Result<Exit> {
    let view = OneRun { run: RunRow::new(engine.reading().run(run).await?), people: None };
    session.answer.give(&view, tables::runs::one)?;
    Ok(Exit::Done)
}

pub(super) async fn pause(session: &Session, run: RunId) -> Result<Exit> {
    let engine = session.engine().await?;
    engine.pause(run).await?;
    how_it_stands(session, &engine, run).await
}

pub(super) async fn stop(session: &Session, run: RunId) -> Result<Exit> {
    let engine = session.engine().await?;
    engine.cancel_run(run).await?;
    how_it_stands(session, &engine, run).await
}

pub(super) async fn resume(session: &Session, run: RunId) -> Result<Exit> {
    let engine = session.engine().await?;
    engine.resume(run).await?;
    go_on(session, &engine, "Working", "resume").await?;
    came_to(session, &engine, run).await
}

/// JSON of an unconfirmed `approve`.
#[derive(Serialize)]
pub(super) struct Approval {
    pub(super) run: RunRow,
    /// How many would go on.
    pub(super) held: u64,
}

pub(super) async fn approve(session: &Session, run: RunId, confirm: Confirm) -> Result<Exit> {
    let preview = async {
        let view = session.reading().await?.run(run).await?;
        let held = view.held;
        Ok(Approval { run: RunRow::new(view), held })
    };
    if let Some(exit) = confirmed(session.answer, confirm, "Approve them?", preview, tables::runs::approval).await? {
        return Ok(exit);
    }
    let engine = session.engine().await?;
    engine.approve(run).await?;
    go_on(session, &engine, "Working", "approve").await?;
    came_to(session, &engine, run).await
}

pub(super) async fn undo(session: &Session, run: RunId, confirm: Confirm) -> Result<Exit> {
    let engine = session.engine().await?;
    let preview = async {
        let undone = engine.reading().run(run).await?;
        Ok(Undoing { undone: RunRow::new(undone), preview: engine.undo_preview(run).await? })
    };
    if let Some(exit) = confirmed(session.answer, confirm, "Undo this run?", preview, tables::runs::undo_preview).await? {
        return Ok(exit);
    }
    let undo = engine.undo(run).await?;
    go_on(session, &engine, "Undoing", "undo").await?;
    came_to(session, &engine, undo).await
}

/// JSON of an unconfirmed `undo`.
#[derive(Serialize)]
pub(super) struct Undoing {
    /// The run that would be undone.
    pub(super) undone: RunRow,
    #[serde(flatten)]
    pub(super) preview: UndoPreview,
}

/// Works on everything stored until nothing is left that does not wait for somebody.
pub(super) async fn go_on(session: &Session, engine: &Engine, word: &'static str, operation: &'static str) -> Result<()> {
    let cancel = cancel_on_interrupt();
    let line = progress::line(session.answer, engine, word);
    let outcome = engine.work(Until::Idle, &cancel).await;
    line.finish_and_clear();
    if cancel.is_cancelled() {
        return Err(interrupted(operation));
    }
    outcome.map(drop)
}

/// Says what a run came to, person by person.
pub(super) async fn came_to(session: &Session, engine: &Engine, run: RunId) -> Result<Exit> {
    let reading = engine.reading();
    let people = reading.run_people(run, None, 0, TOLD).await?.with_commands();
    let view = OneRun { run: RunRow::new(reading.run(run).await?), people: Some(people) };
    let exit = exit_of(&view.run.run);
    session.answer.give(&view, tables::runs::result_of)?;
    Ok(exit)
}

/// How a run that was worked on ends the command. Whom the plan blocked was told when the run was confirmed.
fn exit_of(run: &RunView) -> Exit {
    let failed = run.counts.get("failed").copied().unwrap_or(0);
    match run.state {
        RunState::Failed if failed == 0 => Exit::Failed,
        _ => several(failed, run.held, run.total.unwrap_or(0)),
    }
}

/// The exit code when `bad` of `all` went wrong and `held` wait for approval.
pub(super) fn several(bad: u64, held: u64, all: u64) -> Exit {
    match (bad, held) {
        (0, 0) => Exit::Done,
        (bad, _) if bad == all => Exit::Failed,
        _ => Exit::Partly,
    }
}
