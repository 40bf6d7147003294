//! security and key: what is kept where, how to end everything, and the key of the employees' sign-ins.

use engine::engine::{GrantKey, GrantKeyState};
use engine::{Error, Kind, Result};
use serde::Serialize;

use super::answer::Exit;
use super::args::Key;
use super::session::Session;
use crate::security::{self, SecurityView};

pub(super) async fn show(session: &Session) -> Result<Exit> {
    let view = security::view(&session.engine().await?, &session.folder, session.world.realm()).await?;
    session.answer.give(&view, page)?;
    Ok(Exit::Done)
}

/// JSON of `key`.
#[derive(Serialize)]
struct KeyAnswer {
    key: GrantKey,
    /// How many people were asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<u64>,
}

pub(super) async fn key(session: &Session, what: Option<Key>) -> Result<Exit> {
    let engine = session.engine().await?;
    let (key, asked) = match what {
        None => (engine.grant_key().await?, None),
        Some(Key::Renew) => (engine.rotate_key().await?, None),
        Some(Key::AskAgain { yes }) => {
            let key = engine.grant_key().await?;
            if key.state == GrantKeyState::Lost && !yes {
                session.answer.note(&words(&key));
                if !session.answer.can_ask()
                    || !session.answer.ask(&format!("Ask {} again? Each of them gets a message.", people(key.people)))
                {
                    return Err(
                        Error::new(Kind::Cancelled, "key", "Nobody was asked.").ask_admin("Confirm it: usersync key ask-again --yes")
                    );
                }
            }
            let asked = engine.ask_again_lost().await?;
            (engine.grant_key().await?, Some(asked))
        }
    };
    session.answer.give(&KeyAnswer { key, asked }, |answer| match answer.asked {
        Some(asked) => format!("{} will be asked again; send it with: usersync work", people(asked)),
        None => words(&answer.key),
    })?;
    Ok(Exit::Done)
}

fn people(count: u64) -> String {
    if count == 1 { "1 person".into() } else { format!("{count} people") }
}

fn words(key: &GrantKey) -> String {
    let since = key.since.as_ref().map(|since| format!(" since {since}")).unwrap_or_default();
    match key.state {
        GrantKeyState::None => "No employee's sign-in is kept, so there is no key yet.".into(),
        GrantKeyState::Good => format!("The key is in its place{since}; it protects the sign-ins of {}.", people(key.people)),
        GrantKeyState::Lost => format!(
            "The key that protected the sign-ins of {} is gone: they cannot be read any more.\n  → Put the key back from a backup of the keychain, or ask them again: usersync key ask-again",
            people(key.people)
        ),
    }
}

fn page(view: &SecurityView) -> String {
    let place = if view.in_keychain { "Keychain, service" } else { "Key file (demo)" };
    let mut lines = vec![
        "On this computer".to_owned(),
        format!("  Data folder: {}", view.folder),
        format!("  Database: {}", view.database),
        format!("  {place}: {}", view.secrets),
    ];
    match &view.entries_problem {
        Some(problem) => lines.push(format!("  Its entries cannot be listed: {problem}")),
        None if view.entries.is_empty() => lines.push("  Entries: none".into()),
        None => lines.push(format!("  Entries: {}", view.entries.join(", "))),
    }
    lines.extend(view.key.as_ref().map(|key| format!("  {}", words(key))));
    lines.push(String::new());
    lines.push("To end everything from here: usersync disconnect --all --yes".into());
    lines.push("To end everything at a platform, whatever became of this computer:".into());
    for platform in &view.platforms {
        lines.push(format!("  {}: {}\n    {}", platform.name, platform.how, platform.link));
    }
    lines.join("\n")
}
