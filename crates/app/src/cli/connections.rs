//! connections, disconnect, teams, import.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use engine::engine::ConnectionView;
use engine::model::PlatformId;
use engine::people::import::Imported;
use engine::{Engine, Error, Result};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;

use super::answer::{Answer, Exit};
use super::args::{Confirm, Dry};
use super::confirm::{confirmed, only_looked};
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
    session.answer.give(&Connections { connections }, |view| tables::connections::all(&view.connections))?;
    Ok(Exit::Done)
}

/// JSON of `disconnect`, done or only looked at: the platform's own, or of several a list.
#[derive(Serialize)]
#[serde(untagged)]
enum Disconnected<T> {
    One(T),
    Several { disconnected: Vec<T> },
}

impl<T> Disconnected<T> {
    fn new(views: Vec<T>) -> Self {
        match <[T; 1]>::try_from(views) {
            Ok([view]) => Self::One(view),
            Err(disconnected) => Self::Several { disconnected },
        }
    }

    fn text(&self, of: impl Fn(&T) -> String) -> String {
        match self {
            Self::One(view) => of(view),
            Self::Several { disconnected } if disconnected.is_empty() => "No platform is connected.".into(),
            Self::Several { disconnected } => disconnected.iter().map(of).collect::<Vec<_>>().join("\n"),
        }
    }
}

pub(super) async fn disconnect(session: &Session, platforms: Vec<PlatformId>, all: bool, confirm: Confirm) -> Result<Exit> {
    let engine = session.engine().await?;
    let platforms = if all { engine.reading().connections().await?.into_iter().map(|view| view.platform).collect() } else { platforms };
    let preview = async {
        let mut views = Vec::new();
        for platform in &platforms {
            views.push(engine.disconnect_preview(*platform).await?);
        }
        Ok(Disconnected::new(views))
    };
    // One that is named is meant.
    let confirm = Confirm { yes: confirm.yes || !(all || confirm.dry.run), ..confirm };
    let asked =
        confirmed(session.answer, confirm, "Disconnect all of them?", preview, |view| view.text(tables::connections::would_disconnect));
    if let Some(exit) = asked.await? {
        return Ok(exit);
    }
    let mut views = Vec::new();
    for platform in platforms {
        views.push(engine.disconnect(platform).await?);
    }
    session.answer.give(&Disconnected::new(views), |view| view.text(tables::connections::disconnected))?;
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

pub(super) async fn import(session: &Session, platforms: Vec<PlatformId>, teams: Vec<String>, dry: Dry) -> Result<Exit> {
    let engine = session.engine().await?;
    let preview = async {
        let (lines, cancel) = (Lines::new(session.answer), cancel_on_interrupt());
        let preview = engine.preview_import(&platforms, &cancel, &|platform, imported| lines.told(platform, imported)).await;
        lines.clear();
        preview.map(NextSteps::with_commands)
    };
    if let Some(exit) = only_looked(session.answer, dry, preview, tables::would_import).await? {
        return Ok(exit);
    }
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
    let (lines, cancel) = (Lines::new(answer), cancel_on_interrupt());
    let outcome = engine.import(platforms, &cancel, &|platform, imported| lines.told(platform, imported)).await;
    lines.clear();
    if cancel.is_cancelled() {
        return Err(interrupted("import").ask_admin("Import again: it goes on where it stopped."));
    }
    outcome
}

/// One progress line per platform.
struct Lines {
    bars: MultiProgress,
    lines: Mutex<BTreeMap<PlatformId, ProgressBar>>,
}

impl Lines {
    fn new(answer: Answer) -> Self {
        let bars = MultiProgress::new();
        if answer.json {
            bars.set_draw_target(indicatif::ProgressDrawTarget::hidden());
        }
        Self { bars, lines: Mutex::default() }
    }

    fn told(&self, platform: PlatformId, imported: Imported) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines.entry(platform).or_insert_with(|| {
            let name = platforms::all().get(platform).map_or("", |known| known.info().name);
            let line = self.bars.add(ProgressBar::new_spinner());
            let style = ProgressStyle::with_template("{spinner} {prefix:18} {pos:>7} accounts, {per_sec}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            line.set_style(style);
            line.set_prefix(name);
            line.enable_steady_tick(Duration::from_millis(120));
            line
        });
        line.set_position(imported.accounts);
    }

    fn clear(&self) {
        for line in self.lines.lock().unwrap_or_else(PoisonError::into_inner).values() {
            line.finish_and_clear();
        }
    }
}
