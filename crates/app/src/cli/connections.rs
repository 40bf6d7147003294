//! connections, disconnect, teams, import.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use engine::engine::{ConnectionView, DisconnectView};
use engine::model::PlatformId;
use engine::people::import::Imported;
use engine::{Engine, Error, Result};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;

use super::answer::{Answer, Exit};
use super::session::{Session, cancel_on_interrupt, interrupted};
use super::step::NextSteps;
use super::tables;

/// JSON of `connect` and `connections`.
#[derive(Serialize)]
pub(super) struct Connections {
    pub(super) connections: Vec<ConnectionView>,
}

pub(super) async fn list(session: &Session) -> Result<Exit> {
    let connections = session.reading().await?.connections().await?;
    session.answer.give(&Connections { connections }, |view| tables::connections(&view.connections))?;
    Ok(Exit::Done)
}

/// JSON of `disconnect`: the platform's own, or of several a list.
#[derive(Serialize)]
#[serde(untagged)]
enum Disconnected {
    One(DisconnectView),
    Several { disconnected: Vec<DisconnectView> },
}

pub(super) async fn disconnect(session: &Session, platforms: Vec<PlatformId>, all: bool) -> Result<Exit> {
    let engine = session.engine().await?;
    let platforms = if all { engine.reading().connections().await?.into_iter().map(|view| view.platform).collect() } else { platforms };
    let mut views = Vec::new();
    for platform in platforms {
        views.push(engine.disconnect(platform).await?);
    }
    let view = match <[DisconnectView; 1]>::try_from(views) {
        Ok([view]) => Disconnected::One(view),
        Err(disconnected) => Disconnected::Several { disconnected },
    };
    session.answer.give(&view, |view| match view {
        Disconnected::One(view) => tables::disconnected(view),
        Disconnected::Several { disconnected } if disconnected.is_empty() => "No platform is connected.".into(),
        Disconnected::Several { disconnected } => disconnected.iter().map(tables::disconnected).collect::<Vec<_>>().join("\n"),
    })?;
    Ok(Exit::Done)
}

/// JSON of `teams`.
#[derive(Serialize)]
struct Teams {
    teams: Vec<engine::engine::TeamView>,
}

pub(super) async fn teams(session: &Session, platform: PlatformId) -> Result<Exit> {
    let teams = session.engine().await?.teams(platform).await?;
    session.answer.give(&Teams { teams }, |view| tables::teams(&view.teams))?;
    Ok(Exit::Done)
}

pub(super) async fn import(session: &Session, platforms: Vec<PlatformId>, teams: Vec<String>) -> Result<Exit> {
    let engine = session.engine().await?;
    if !teams.is_empty() {
        let [platform] = platforms.as_slice() else {
            return Err(Error::invalid(
                "import",
                "Teams belong to one platform.",
                "Name exactly one platform: usersync import PLATFORM --team ID",
            ));
        };
        engine.choose_teams(*platform, teams).await?;
    }
    let view = run_import(session.answer, &engine, &platforms).await?.with_commands();
    session.answer.give(&view, tables::imported)?;
    Ok(if view.errors.is_empty() { Exit::Done } else { Exit::Partly })
}

/// Imports with one progress line per platform.
pub(super) async fn run_import(answer: Answer, engine: &Engine, platforms: &[PlatformId]) -> Result<engine::engine::ImportView> {
    let bars = MultiProgress::new();
    if answer.json {
        bars.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let lines: Mutex<BTreeMap<PlatformId, ProgressBar>> = Mutex::default();
    let progress = |platform: PlatformId, imported: Imported| {
        let mut lines = lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let line = lines.entry(platform).or_insert_with(|| {
            let name = platforms::all().get(platform).map_or("", |known| known.info().name);
            let line = bars.add(ProgressBar::new_spinner());
            let style = ProgressStyle::with_template("{spinner} {prefix:18} {pos:>7} accounts, {per_sec}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            line.set_style(style);
            line.set_prefix(name);
            line.enable_steady_tick(Duration::from_millis(120));
            line
        });
        line.set_position(imported.accounts);
    };
    let cancel = cancel_on_interrupt();
    let outcome = engine.import(platforms, &cancel, &progress).await;
    for line in lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner).values() {
        line.finish_and_clear();
    }
    if cancel.is_cancelled() {
        return Err(interrupted("import").ask_admin("Import again: it goes on where it stopped."));
    }
    outcome
}
