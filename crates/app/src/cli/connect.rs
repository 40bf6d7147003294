//! connect and check: credentials handed over as JSON, or the guide walked at the terminal with every field checked as it is entered.

use std::collections::{BTreeMap, BTreeSet};

use engine::guide;
use engine::platform::{Platform, PlatformInfo};
use engine::secrets::Secret;
use engine::signin::{CheckState, Checked, Entered, Field, Given, Slot, Source, Step};
use engine::{Engine, Error, Kind, Result};
use serde::Serialize;

use super::answer::{Answer, Exit};
use super::args::{Approval, Connect, SecondFactor};
use super::connections::Connections;
use super::credentials::Credentials;
use super::session::Session;
use super::{guide as page, step, tables};
use crate::compose::World;

pub(super) async fn connect(session: &Session, args: Connect) -> Result<Exit> {
    let answers = answers(&args);
    let left_out = (!args.without.is_empty()).then(|| args.without.iter().cloned().collect::<BTreeSet<String>>());
    for platform in &args.platforms {
        platforms::all().get(*platform)?;
    }
    let credentials = args.credentials.as_deref().map(Credentials::read).transpose()?;
    let engine = session.engine().await?;
    let mut connections = Vec::new();
    for platform in args.platforms {
        let platform = platforms::all().get(platform)?;
        let info = platform.info();
        let already = engine.reading().connections().await?.into_iter().any(|view| view.platform == info.id);
        let nothing_entered = credentials.is_none() && !args.approve && !args.anew;
        let view = if already && nothing_entered && left_out.is_none() && !answers.is_empty() {
            engine.answer(info.id, answers.clone()).await?
        } else {
            // What a connection knows already is not asked for again.
            let given = if already && nothing_entered {
                Given::new()
            } else {
                given(session, &engine, platform, credentials.as_ref(), args.approve).await?
            };
            let entered = Entered { given, answers: answers.clone(), left_out: left_out.clone() };
            engine.connect(info.id, entered, &|step| show(session.answer, info, step)).await?
        };
        connections.push(view);
    }
    session.answer.give(&Connections { connections }, |view| tables::connections::all(&view.connections))?;
    Ok(Exit::Done)
}

fn answers(args: &Connect) -> BTreeMap<String, String> {
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
    answers
}

/// The credentials for one platform: handed over, the simulator's, or asked for.
async fn given(
    session: &Session,
    engine: &Engine,
    platform: &'static dyn Platform,
    credentials: Option<&Credentials>,
    approve: bool,
) -> Result<Given> {
    let info = platform.info();
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
        (_, None) => walk(session.answer, engine, platform).await,
    }
}

/// Walks the guide at the terminal, part by part; without a terminal, says how to hand the fields over.
async fn walk(answer: Answer, engine: &Engine, platform: &'static dyn Platform) -> Result<Given> {
    let info = platform.info();
    if !answer.can_ask() {
        let names: Vec<&str> = info.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
        return Err(Error::invalid(
            "connect",
            format!("{} needs credentials: {}.", info.name, names.join(", ")),
            format!("Hand them over as JSON: usersync connect {0} --credentials FILE (or - for standard input). Where each is found: usersync guide {0}", info.id),
        )
        .on(info.id));
    }
    let (mut given, mut plain) = (Given::new(), BTreeMap::new());
    for need in info.guide.needs {
        answer.note(&format!("You need: {need}"));
    }
    for number in 0..info.guide.parts.len() {
        // Anew for each part: what was entered fills the places in the next one's addresses.
        let view = guide::view(platform, &plain)?;
        let Some(part) = view.parts.get(number) else { break };
        answer.note(&format!("\n{}", page::part(info, number + 1, part)));
        if part.without.is_some() && !part.fields.is_empty() && !answer.ask("Do this part now?") {
            continue;
        }
        if part.fields.is_empty() {
            answer.ask_for("   Enter to go on> ").ok_or_else(ended)?;
        }
        for name in &part.fields {
            let Some(field) = info.fields.iter().find(|field| field.name == name) else { continue };
            let Some(text) = ask_field(answer, engine, info, field, &given).await? else { continue };
            if !field.secret {
                plain.insert(field.name.to_owned(), text.expose().to_owned());
            }
            given.insert(field.name.to_owned(), text);
        }
    }
    Ok(given)
}

/// Asks for one field until it is right or, where it may be, left empty.
async fn ask_field(answer: Answer, engine: &Engine, info: &'static PlatformInfo, field: &Field, given: &Given) -> Result<Option<Secret>> {
    let empty = if field.required { "" } else { ", empty to leave it out" };
    loop {
        let question = format!("   {}{empty}> ", field.name);
        let text = if field.secret { answer.ask_secret(&question) } else { answer.ask_for(&question) };
        let text = text.ok_or_else(ended)?;
        if text.is_empty() {
            if !field.required {
                return Ok(None);
            }
            answer.note("     It is needed.");
            continue;
        }
        let text = Secret::new(text);
        let mut all = given.clone();
        all.insert(field.name.to_owned(), text.clone());
        match engine.check_field(info.id, all, field.name).await {
            Ok(checked) => {
                answer.note(&format!("     {}", verdict(&checked)));
                return Ok(Some(text));
            }
            Err(error) if error.is_passing() => {
                answer.note(&format!("     It could not be checked now: {}", error.message));
                return Ok(Some(text));
            }
            Err(error) if matches!(error.kind, Kind::Storage | Kind::Keychain | Kind::Bug) => return Err(error),
            Err(error) => answer.note(&format!("     {} {}", error.message, step::after(&error))),
        }
    }
}

fn ended() -> Error {
    Error::new(Kind::Cancelled, "connect", "The input ended before everything was entered. Nothing was kept.")
}

/// What a check found, in one line.
fn verdict(checked: &Checked) -> String {
    let word = match checked.state {
        CheckState::Looks => "looks right",
        CheckState::Proven => "✓ right",
        CheckState::Waits => "will be checked",
    };
    let mut line = word.to_owned();
    if checked.state == CheckState::Waits {
        line.push_str(&format!(" together with {}", checked.waits_for.join(" and ")));
    }
    if !checked.says.is_empty() {
        line.push_str(&format!(": {}", checked.says));
    }
    for missing in &checked.missing {
        line.push_str(&format!("\n       lacks {}: {}", missing.scope, missing.without));
    }
    line
}

/// JSON of `check`.
#[derive(Serialize)]
struct Checks {
    platform: engine::model::PlatformId,
    fields: Vec<FieldCheck>,
    /// Fields that connecting needs and that were not handed over.
    not_given: Vec<String>,
}

#[derive(Serialize)]
struct FieldCheck {
    field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Checked>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Wrong>,
}

#[derive(Serialize)]
struct Wrong {
    kind: Kind,
    message: String,
    remedy: String,
}

/// Checks what was handed over, field by field. Nothing is kept, and nobody at the platform notices.
pub(super) async fn check(session: &Session, platform: engine::model::PlatformId, path: Option<&std::path::Path>) -> Result<Exit> {
    let info = platforms::all().get(platform)?.info();
    let given = match (&session.world, path) {
        (World::Demo(_), Some(path)) => Credentials::read(path)?.of(info, true)?,
        (World::Live, Some(path)) => Credentials::read(path)?.of(info, false)?,
        (World::Demo(ready), None) => Credentials::new(ready.credentials.clone()).of(info, true)?,
        (World::Live, None) => Given::new(),
    };
    let engine = session.engine().await?;
    let connection = engine.reading().connections().await?.into_iter().find(|view| view.platform == platform);
    let is_known = |field: &&Field| {
        let kept =
            connection.as_ref().is_some_and(|view| view.fields.contains_key(field.name) || view.kept.iter().any(|kept| kept == field.name));
        given.contains_key(field.name) || kept
    };
    let not_given: Vec<String> =
        info.fields.iter().filter(|field| field.required && !is_known(field)).map(|field| field.name.to_owned()).collect();
    let mut fields = Vec::new();
    for field in info.fields.iter().filter(|field| given.contains_key(field.name)) {
        let (found, error) = match engine.check_field(platform, given.clone(), field.name).await {
            Ok(checked) => (Some(checked), None),
            Err(error) if matches!(error.kind, Kind::Storage | Kind::Keychain | Kind::Bug) => return Err(error),
            Err(error) => (None, Some(Wrong { kind: error.kind, remedy: step::after(&error), message: error.message })),
        };
        fields.push(FieldCheck { field: field.name.to_owned(), found, error });
    }
    let wrong = fields.iter().filter(|field| field.error.is_some()).count();
    let exit = match (wrong, fields.len()) {
        (0, _) if not_given.is_empty() => Exit::Done,
        (0, _) => Exit::Partly,
        (wrong, all) if wrong == all => Exit::Failed,
        _ => Exit::Partly,
    };
    session.answer.give(&Checks { platform, fields, not_given }, |checks| {
        let mut lines: Vec<String> = checks.fields.iter().map(line).collect();
        if !checks.not_given.is_empty() {
            lines.push(format!("Not given, and needed: {}. Where each is found: usersync guide {platform}", checks.not_given.join(", ")));
        }
        lines.join("\n")
    })?;
    Ok(exit)
}

fn line(check: &FieldCheck) -> String {
    match (&check.found, &check.error) {
        (Some(found), _) => format!("{}: {}", check.field, verdict(found)),
        (None, Some(wrong)) => format!("{}: ▲ {}\n  → {}", check.field, wrong.message, wrong.remedy),
        (None, None) => check.field.clone(),
    }
}

pub(super) fn show(answer: Answer, info: &PlatformInfo, step: Step) {
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
