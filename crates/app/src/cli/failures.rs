//! failures, retry, send-anew: what went wrong, and trying it again.

use engine::engine::{Failed, Failure, SyncPreview};
use engine::model::{PersonId, PlatformId, Reason, Status};
use engine::store::runs::RunView;
use engine::{Error, Kind, Result};
use serde::Serialize;

use super::answer::Exit;
use super::args::Confirm;
use super::confirm::confirmed;
use super::runs::{RunRow, Runs, go_on, several};
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

/// JSON of `failures`.
#[derive(Serialize)]
pub(super) struct Failures {
    pub(super) failures: Vec<FailureRow>,
}

pub(super) async fn list(session: &Session) -> Result<Exit> {
    let row = |mut failure: Failure| {
        let retry = format!("usersync retry --platform {} --reason {}", failure.platform, failure.reason.kind);
        step::add_command(&mut failure.reason);
        FailureRow { failure, retry }
    };
    let view = Failures { failures: session.reading().await?.failures().await?.into_iter().map(row).collect() };
    session.answer.give(&view, tables::failures::all)?;
    Ok(Exit::Done)
}

/// JSON of an unconfirmed `retry`: by platform what would be done.
#[derive(Serialize)]
pub(super) struct Retrying {
    pub(super) platforms: Vec<SyncPreview>,
}

pub(super) async fn retry(session: &Session, which: Failed, confirm: Confirm) -> Result<Exit> {
    if let Some(platform) = which.platform {
        platforms::all().get(platform)?;
    }
    let engine = session.engine().await?;
    let preview = async { Ok(Retrying { platforms: engine.retry_preview(&which).await? }) };
    if let Some(exit) = confirmed(session.answer, confirm, "Try them again?", preview, tables::failures::would_retry).await? {
        return Ok(exit);
    }
    let begun = engine.retry_failed(&which).await?;
    if !begun.is_empty() {
        go_on(session, &engine, "Trying again", "retry").await?;
    }
    let mut runs = Vec::new();
    for run in begun {
        runs.push(RunRow::new(engine.reading().run(run).await?));
    }
    let sum = |of: &dyn Fn(&RunView) -> u64| runs.iter().map(|row| of(&row.run)).sum::<u64>();
    let count = |word: &'static str| sum(&|run| run.counts.get(word).copied().unwrap_or(0));
    let blocked = count("blocked");
    let exit = several(count("failed") + blocked, sum(&|run| run.held), sum(&|run| run.total.unwrap_or(0)) + blocked);
    session.answer.give(&Runs { runs }, |view| tables::failures::retried(&view.runs))?;
    Ok(exit)
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
