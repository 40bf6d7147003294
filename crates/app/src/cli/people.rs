//! people, person, primary, conflicts, link, unlink, status.

use engine::engine::Confirmed;
use engine::model::{PersonId, PlatformId};
use engine::people::views::ConflictView;
use engine::{Error, Reading, Result};
use serde::Serialize;

use super::answer::Exit;
use super::args::{AllMatching, Confirm, Dry, Filter};
use super::confirm::only_looked;
use super::session::{Session, filter};
use super::step::NextSteps;
use super::tables;

pub(super) async fn list(session: &Session, args: Filter, limit: u32, after: Option<String>) -> Result<Exit> {
    let page = session.reading().await?.people(filter(&args)?, limit, after).await?.with_commands();
    session.answer.give(&page, tables::people)?;
    Ok(Exit::Done)
}

pub(super) async fn one(session: &Session, person: &str) -> Result<Exit> {
    let reading = session.reading().await?;
    show(session, &reading, reading.find_person(person).await?).await
}

/// How a person stands.
pub(super) async fn show(session: &Session, reading: &Reading, person: PersonId) -> Result<Exit> {
    session.answer.give(&reading.person(person).await?.with_commands(), tables::person)?;
    Ok(Exit::Done)
}

/// The name that people read; whoever left meanwhile is named by id.
pub(super) async fn name_of(reading: &Reading, person: PersonId) -> String {
    reading.person(person).await.map_or_else(|_| person.to_string(), |view| view.name)
}

pub(super) async fn primary(session: &Session, mut words: Vec<String>, all: AllMatching, confirm: Confirm) -> Result<Exit> {
    let usage = || {
        Error::invalid(
            "primary",
            "It is not clear which platform is meant.",
            "Write: usersync primary PERSON… PLATFORM, or: usersync primary --all-matching … PLATFORM",
        )
    };
    let platform: PlatformId = words.pop().and_then(|word| word.parse().ok()).ok_or_else(usage)?;
    platforms::all().get(platform)?;
    if words.is_empty() != all.all_matching {
        return Err(usage());
    }
    let preview = async {
        let reading = session.reading().await?;
        reading.preview_primary(&session.selection(&reading, &words, &all).await?, platform).await
    };
    if let Some(exit) = only_looked(session.answer, confirm.dry, preview, tables::would_choose).await? {
        return Ok(exit);
    }
    let engine = session.engine().await?;
    let selection = session.selection(engine.reading(), &words, &all).await?;
    let mut view = engine.set_primary(&selection, platform, if confirm.yes { Confirmed::Resets } else { Confirmed::Nothing }).await?;
    if view.unconfirmed > 0 && !confirm.yes {
        session.answer.note(&tables::would_reset(&view));
        if session.answer.can_ask() && session.answer.ask("Reset these syncs and change the primary platform?") {
            view = engine.set_primary(&selection, platform, Confirmed::Resets).await?;
        }
    }
    session.answer.give(&view.clone().with_commands(), tables::primary)?;
    Ok(match (view.unconfirmed, view.failed) {
        (0, 0) => Exit::Done,
        (0, failed) if failed == view.people.len() as u64 => Exit::Failed,
        (0, _) => Exit::Partly,
        // It was confirmed, and a stop limit let through only so many.
        _ if !view.held.is_empty() => Exit::Partly,
        _ => Exit::Usage,
    })
}

/// A conflict, and the commands that decide it.
#[derive(Serialize)]
pub(super) struct ConflictRow {
    #[serde(flatten)]
    pub(super) conflict: ConflictView,
    pub(super) next_step: &'static str,
}

/// JSON of `conflicts`.
#[derive(Serialize)]
struct Conflicts {
    conflicts: Vec<ConflictRow>,
}

pub(super) async fn conflicts(session: &Session) -> Result<Exit> {
    let next_step = "Link the accounts that belong together (usersync link PERSON ACCOUNT), or take one out (usersync unlink ACCOUNT).";
    let conflicts = session.reading().await?.conflicts().await?.into_iter().map(|conflict| ConflictRow { conflict, next_step }).collect();
    session.answer.give(&Conflicts { conflicts }, |view| tables::conflicts(&view.conflicts))?;
    Ok(Exit::Done)
}

pub(super) async fn link(session: &Session, person: &str, account: &str, dry: Dry) -> Result<Exit> {
    let engine = session.engine().await?;
    let person = engine.reading().find_person(person).await?;
    if let Some(exit) = only_looked(session.answer, dry, engine.link_preview(person, account), tables::would_decide).await? {
        return Ok(exit);
    }
    let view = engine.link(person, account).await?.with_commands();
    session.answer.give(&view, tables::person)?;
    Ok(Exit::Done)
}

/// JSON of `unlink`.
#[derive(Serialize)]
struct Unlinked<'a> {
    unlinked: &'a str,
}

pub(super) async fn unlink(session: &Session, account: &str, dry: Dry) -> Result<Exit> {
    let engine = session.engine().await?;
    if let Some(exit) = only_looked(session.answer, dry, engine.unlink_preview(account), tables::would_decide).await? {
        return Ok(exit);
    }
    engine.unlink(account).await?;
    session
        .answer
        .give(&Unlinked { unlinked: account }, |view| format!("{} stands alone now, through every later import.", view.unlinked))?;
    Ok(Exit::Done)
}

pub(super) async fn status(session: &Session) -> Result<Exit> {
    let status = session.reading().await?.status().await?;
    session.answer.give(&status, tables::status)?;
    Ok(Exit::Done)
}
