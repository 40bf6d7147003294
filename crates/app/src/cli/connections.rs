//! connect, connections, disconnect, teams, import.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use engine::engine::ConnectionView;
use engine::model::PlatformId;
use engine::people::import::Imported;
use engine::platform::PlatformInfo;
use engine::signin::{Slot, Source, Step};
use engine::{Engine, Error, Result};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;

use super::answer::{Answer, Exit};
use super::args::{Approval, Connect, SecondFactor};
use super::credentials::Credentials;
use super::session::{Session, cancel_on_interrupt, interrupted};
use super::step::{self, NextSteps};
use super::tables;
use crate::compose::World;

/// JSON of `connect` and `connections`.
#[derive(Serialize)]
struct Connections {
    connections: Vec<ConnectionView>,
}

pub(super) async fn connect(session: &Session, args: Connect) -> Result<Exit> {
    let mut answers = BTreeMap::new();
    if let Some(factor) = args.second_factor {
        let word = match factor {
            SecondFactor::None => "none",
            SecondFactor::App => "app",
            SecondFactor::Sms => "sms",
            SecondFactor::Sso => "sso",
        };
        answers.insert("second_factor".to_owned(), word.to_owned());
    }
    if let Some(approval) = args.approval {
        answers.insert("approval".to_owned(), if approval == Approval::Now { "now" } else { "later" }.to_owned());
    }
    for platform in &args.platforms {
        platforms::all().get(*platform)?;
    }
    let credentials = args.credentials.as_deref().map(Credentials::read).transpose()?;
    let engine = session.engine().await?;
    let mut connections = Vec::new();
    for platform in args.platforms {
        let info = platforms::all().get(platform)?.info();
        let already = engine.reading().connections().await?.into_iter().any(|view| view.platform == platform);
        let view = if already && credentials.is_none() && !args.approve && !answers.is_empty() {
            engine.answer(platform, answers.clone()).await?
        } else {
            let given = given(session, info, credentials.as_ref(), args.approve)?;
            let entered = engine::signin::Entered { given, answers: answers.clone(), left_out: None };
            engine.connect(platform, entered, &|step| show(session.answer, info, step)).await?
        };
        connections.push(view);
    }
    session.answer.give(&Connections { connections }, |view| tables::connections(&view.connections))?;
    Ok(Exit::Done)
}

/// The credentials for one platform: handed over, the simulator's, or asked for.
fn given(session: &Session, info: &PlatformInfo, credentials: Option<&Credentials>, approve: bool) -> Result<engine::signin::Given> {
    match (&session.world, credentials) {
        (World::Demo(ready), None) if approve => {
            let mut fields = Credentials::new(ready.credentials.clone()).of(info, true)?;
            // What the admin gets by signing in is not taken ready-made: the simulated admin clicks. Only a simulator that ends with
            // this command would know such tokens no more at the next one; those of its seed it always knows.
            let clicks = |slot: &&Slot| !session.ends_with_this_command() && matches!(slot.source, Source::Browser(_) | Source::Client(_));
            for slot in info.slots.iter().filter(clicks) {
                fields.remove(slot.field);
            }
            Ok(fields)
        }
        (World::Demo(_), Some(credentials)) => credentials.of(info, true),
        (World::Live, Some(credentials)) => credentials.of(info, false),
        (_, None) => ask(session.answer, info),
    }
}

/// Asks for each field at the terminal; without one, says how to hand them over.
fn ask(answer: Answer, info: &PlatformInfo) -> Result<engine::signin::Given> {
    if !answer.can_ask() {
        let names: Vec<&str> = info.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
        return Err(Error::invalid(
            "connect",
            format!("{} needs credentials: {}.", info.name, names.join(", ")),
            format!("Hand them over as JSON: usersync connect {} --credentials FILE (or - for standard input).", info.id),
        )
        .on(info.id));
    }
    answer.note(&format!("{}: enter the fields; leave optional ones empty.", info.name));
    let mut given = engine::signin::Given::new();
    for field in info.fields {
        let word = if field.required { "" } else { " (optional)" };
        answer.note(&format!("\n{}{word}\n  {}", field.name, field.help));
        let text = if field.secret { answer.ask_secret("> ") } else { answer.ask_for("> ") };
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            given.insert(field.name.to_owned(), engine::secrets::Secret::new(text));
        }
    }
    Ok(given)
}

fn show(answer: Answer, info: &PlatformInfo, step: Step) {
    match step {
        Step::OpenBrowser { url } => answer.note(&format!("{}: sign in at\n  {url}", info.name)),
        Step::ShowCode { code, url, expires } => answer.note(&format!("{}: enter the code {code} at {url} (until {expires})", info.name)),
        Step::AskAnswer { question } => {
            let choices: Vec<&str> = question.choices.iter().map(|(word, _)| *word).collect();
            let flag = question.key.replace('_', "-");
            answer.note(&format!(
                "{}: {} Answer with: usersync connect {} --{flag} {}",
                info.name,
                question.text,
                info.id,
                choices.join("|")
            ));
        }
        Step::Skipped { slot, error } => answer.note(&format!("{}: without {slot}: {} {}", info.name, error.message, step::after(&error))),
        Step::Done { identity } => answer.note(&format!("{}: connected to {} as {}.", info.name, identity.tenant_name, identity.name)),
        // The error itself is the command's answer.
        Step::Failed { .. } => {}
    }
}

pub(super) async fn list(session: &Session) -> Result<Exit> {
    let connections = session.reading().await?.connections().await?;
    session.answer.give(&Connections { connections }, |view| tables::connections(&view.connections))?;
    Ok(Exit::Done)
}

pub(super) async fn disconnect(session: &Session, platform: PlatformId) -> Result<Exit> {
    let view = session.engine().await?.disconnect(platform).await?;
    session.answer.give(&view, |view| {
        let syncs: u64 = view.syncs.values().sum();
        let name = platforms::all().get(platform).map_or_else(|_| platform.to_string(), |known| known.info().name.to_owned());
        let rest = if syncs == 0 { String::new() } else { format!(" Syncs to it rest until it is connected again: {syncs}.") };
        format!("{name} is disconnected and its credentials are deleted.{rest}")
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
