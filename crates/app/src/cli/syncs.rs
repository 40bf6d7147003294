//! plan, sync, cancel, work, runs, reset.

use std::time::Duration;

use engine::model::{PersonId, PlatformId};
use engine::store::runs::RunView;
use engine::sync::Until;
use engine::sync::{PersonReset, UndoneView};
use engine::{Engine, Reading, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::answer::{Answer, Exit};
use super::args::Selection;
use super::session::{Session, cancel_on_interrupt, interrupted};
use super::step::{self, NextSteps};
use super::tables;

pub(super) async fn plan(session: &Session, args: Selection) -> Result<Exit> {
    let reading = session.reading().await?;
    let selection = session.selection(&reading, &args.people, &args.all).await?;
    let plan = reading.plan(&selection, args.to).await?.with_commands();
    session.answer.give(&plan, tables::plan)?;
    Ok(Exit::Done)
}

pub(super) async fn sync(session: &Session, args: Selection, yes: bool, wait: Option<u64>) -> Result<Exit> {
    let answer = session.answer;
    if !yes {
        let reading = session.reading().await?;
        let selection = session.selection(&reading, &args.people, &args.all).await?;
        let plan = reading.plan(&selection, args.to).await?.with_commands();
        if !answer.can_ask() {
            answer.give(&plan, tables::plan)?;
            answer.note("Nothing was sent. Confirm with --yes.");
            return Ok(Exit::Usage);
        }
        answer.note(&tables::plan(&plan));
        if !answer.ask("Do this?") {
            answer.note("Nothing was sent.");
            return Ok(Exit::Usage);
        }
    }
    let engine = session.engine().await?;
    let selection = session.selection(engine.reading(), &args.people, &args.all).await?;
    let until = wait.map_or(Until::Idle, |seconds| Until::People(Duration::from_secs(seconds)));
    let cancel = cancel_on_interrupt();
    let spinner = spinner(answer, &engine, "Syncing");
    let outcome = engine.sync(&selection, args.to, until, &cancel).await;
    spinner.finish_and_clear();
    if cancel.is_cancelled() {
        return Err(interrupted("sync"));
    }
    let view = outcome?.with_commands();
    answer.give(&view, tables::synced)?;
    let bad = view.failed + view.blocked;
    Ok(several(bad, view.people.len()))
}

/// The exit code when `bad` of `all` went wrong.
fn several(bad: u64, all: usize) -> Exit {
    match bad {
        0 => Exit::Done,
        bad if bad == all as u64 => Exit::Failed,
        _ => Exit::Partly,
    }
}

/// A line that shows that work goes on, and how many steps came to an end.
pub(super) fn spinner(answer: Answer, engine: &Engine, word: &'static str) -> ProgressBar {
    let bar = if answer.json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} … {pos} changes, {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(word);
    bar.enable_steady_tick(Duration::from_millis(120));
    let (mut events, line) = (engine.subscribe(), bar.downgrade());
    #[expect(clippy::disallowed_methods, reason = "ends with the progress line; there is nothing to supervise")]
    tokio::spawn(async move {
        while let Ok(event) = events.recv().await {
            let Some(bar) = line.upgrade() else { return };
            if matches!(event, engine::event::Event::SyncChanged { .. }) {
                bar.inc(1);
            }
        }
    });
    bar
}

pub(super) async fn cancel(session: &Session, person: &str, to: PlatformId) -> Result<Exit> {
    let engine = session.engine().await?;
    let person = engine.reading().find_person(person).await?;
    let view = engine.cancel(person, to).await?;
    let whose = name_of(engine.reading(), person).await;
    session.answer.give(&view, |view| tables::undone(&whose, view))?;
    Ok(Exit::Done)
}

/// The name that people read; whoever left meanwhile is named by id.
async fn name_of(reading: &Reading, person: PersonId) -> String {
    reading.person(person).await.map_or_else(|_| person.to_string(), |view| view.name)
}

pub(super) async fn work(session: &Session, seconds: Option<u64>) -> Result<Exit> {
    let engine = session.engine().await?;
    let until = seconds.map_or(Until::Idle, |seconds| Until::For(Duration::from_secs(seconds)));
    let cancel = cancel_on_interrupt();
    let spinner = spinner(session.answer, &engine, "Working");
    let outcome = engine.work(until, &cancel).await;
    spinner.finish_and_clear();
    if cancel.is_cancelled() {
        return Err(interrupted("work"));
    }
    let view = outcome?;
    session.answer.give(&view, |view| format!("{} synced, {} waiting, {} failed.", view.done, view.waiting, view.failed))?;
    Ok(Exit::Done)
}

/// JSON of `runs`.
#[derive(Serialize)]
struct Runs {
    runs: Vec<RunView>,
}

pub(super) async fn runs(session: &Session) -> Result<Exit> {
    let runs = session.reading().await?.runs().await?;
    session.answer.give(&Runs { runs }, |view| tables::runs(&view.runs))?;
    Ok(Exit::Done)
}

/// JSON of an unconfirmed `reset`.
#[derive(Serialize)]
struct Previews {
    preview: Vec<PersonReset>,
}

/// JSON of `reset`.
#[derive(Serialize)]
struct Resets {
    people: Vec<UndoneView>,
}

pub(super) async fn reset(session: &Session, people: Vec<String>, yes: bool) -> Result<Exit> {
    let engine = session.engine().await?;
    let mut ids = Vec::new();
    for text in &people {
        ids.push(engine.reading().find_person(text).await?);
    }
    if !yes {
        let mut preview = Vec::new();
        for id in &ids {
            preview.push(engine.reset_preview(*id).await?);
        }
        let previews = Previews { preview };
        if !session.answer.can_ask() {
            session.answer.give(&previews, |view| tables::previews(&view.preview))?;
            session.answer.note("Nothing was changed. Confirm with --yes.");
            return Ok(Exit::Usage);
        }
        session.answer.note(&tables::previews(&previews.preview));
        if !session.answer.ask("Reset?") {
            session.answer.note("Nothing was changed.");
            return Ok(Exit::Usage);
        }
    }
    let mut done = Vec::new();
    let mut first = None;
    for id in ids {
        match engine.reset(id).await {
            Ok(view) => done.push(view),
            Err(error) => {
                if first.is_some() || people.len() > 1 {
                    session.answer.note(&format!("{id}: {} {}", error.message, step::after(&error)));
                }
                first.get_or_insert(error);
            }
        }
    }
    match first {
        Some(error) if done.is_empty() => Err(error),
        first => {
            let mut names = Vec::new();
            for view in &done {
                names.push(name_of(engine.reading(), view.person).await);
            }
            session.answer.give(&Resets { people: done }, |view| {
                names.iter().zip(&view.people).map(|(name, view)| tables::undone(name, view)).collect()
            })?;
            Ok(if first.is_some() { Exit::Partly } else { Exit::Done })
        }
    }
}
