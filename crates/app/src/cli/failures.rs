//! failures, retry, send-anew: what went wrong, and trying it again.

use engine::engine::{Failed, Failure};
use engine::model::{PersonId, PlatformId, Reason, Status};
use engine::{Error, Kind, Reading, Result};
use serde::Serialize;

use super::answer::Exit;
use super::args::Confirm;
use super::confirm::confirmed;
use super::runs::{RunRow, Runs, exit_of, go_on};
use super::session::Session;
use super::step;
use super::tables;

/// One group of failures, and the commands that mend it.
#[derive(Serialize)]
pub(super) struct FailureRow {
    #[serde(flatten)]
    pub(super) failure: Failure,
    /// The command that tries these again.
    pub(super) retry: String,
}

/// JSON of `failures`, and of an unconfirmed `retry`.
#[derive(Serialize)]
pub(super) struct Failures {
    pub(super) failures: Vec<FailureRow>,
}

async fn failures(reading: &Reading, which: &Failed) -> Result<Failures> {
    let row = |mut failure: Failure| {
        let retry = format!("usersync retry --platform {} --reason {}", failure.platform, failure.reason.kind);
        step::add_command(&mut failure.reason);
        FailureRow { failure, retry }
    };
    let wanted = |failure: &Failure| {
        which.platform.is_none_or(|platform| platform == failure.platform)
            && which.kind.as_ref().is_none_or(|kind| *kind == failure.reason.kind)
    };
    Ok(Failures { failures: reading.failures().await?.into_iter().filter(wanted).map(row).collect() })
}

pub(super) async fn list(session: &Session) -> Result<Exit> {
    let view = failures(&session.reading().await?, &Failed::default()).await?;
    session.answer.give(&view, tables::failures::all)?;
    Ok(Exit::Done)
}

pub(super) async fn retry(session: &Session, which: Failed, confirm: Confirm) -> Result<Exit> {
    if let Some(platform) = which.platform {
        platforms::all().get(platform)?;
    }
    let preview = async { failures(&session.reading().await?, &which).await };
    if let Some(exit) = confirmed(session.answer, confirm, "Try them again?", preview, tables::failures::would_retry).await? {
        return Ok(exit);
    }
    let engine = session.engine().await?;
    let begun = engine.retry_failed(&which).await?;
    if !begun.is_empty() {
        go_on(session, &engine, "Trying again", "retry").await?;
    }
    let mut runs = Vec::new();
    for run in begun {
        runs.push(RunRow::new(engine.reading().run(run).await?));
    }
    let exits: Vec<Exit> = runs.iter().map(|row| exit_of(&row.run)).collect();
    session.answer.give(&Runs { runs }, |view| tables::failures::retried(&view.runs))?;
    Ok(match exits.as_slice() {
        [] => Exit::Done,
        [first, rest @ ..] if rest.iter().all(|exit| exit == first) => *first,
        _ => Exit::Partly,
    })
}

/// JSON of an unconfirmed `send-anew`.
#[derive(Serialize)]
pub(super) struct Doubtful {
    person: PersonId,
    pub(super) name: String,
    pub(super) to: PlatformId,
    pub(super) status: Status,
    pub(super) reason: Option<Reason>,
}

pub(super) async fn send_anew(session: &Session, person: &str, to: PlatformId, yes: bool) -> Result<Exit> {
    platforms::all().get(to)?;
    let preview = async {
        let reading = session.reading().await?;
        let view = reading.person(reading.find_person(person).await?).await?;
        let sync = view.syncs.get(&to).ok_or_else(|| {
            Error::new(Kind::Conflict, "send_anew", format!("There is no sync of {} there.", view.name))
                .ask_admin("Look at how the person stands.")
        })?;
        Ok(Doubtful { person: view.id, name: view.name.clone(), to, status: sync.status, reason: sync.reason.clone() })
    };
    let confirm = Confirm { yes, ..Confirm::default() };
    let question = "Did you look, and it did not happen? Then it is sent again.";
    if let Some(exit) = confirmed(session.answer, confirm, question, preview, tables::failures::doubtful).await? {
        return Ok(exit);
    }
    let engine = session.engine().await?;
    let person = engine.reading().find_person(person).await?;
    engine.send_anew(person, to).await?;
    go_on(session, &engine, "Sending", "send_anew").await?;
    super::people::show(session, engine.reading(), person).await
}
