//! One try of one step: claimed, read anew, done by its kind, and what became of it written down.

use crate::error::{Acted, Error, Kind, Result};
use crate::event::Event;
use crate::model::{Reason, RunId, Status};
use crate::secrets::{is_damaged, is_lost};
use crate::store::steps::{self, PARKED, Step, StepKind, StepState};
use crate::store::{grants, prompts, syncs};

use super::after::{After, after};
use super::authorise::{Answers, authorise};
use super::doubt::{Did, where_to_look};
use super::keys::key_lost;
use super::prompt::prompt;
use super::represent::represent;
use super::shared::{Shared, later, signed_out};
use super::tell::tell;
use super::verify::verify;

/// What became of one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    /// It went on, or ended; `first`: it was a sync's first step, in this run.
    Went { first: Option<RunId> },
    /// It was put off; `offline`: because nobody answers.
    PutOff { until: i64, offline: bool },
    /// Somebody else is at it, or it is over.
    Left,
}

/// Does one step, whatever it is, and writes down what became of it.
pub(crate) async fn run(shared: Shared, id: i64, answers: Answers) -> Result<Tried> {
    let read = |shared: &Shared| {
        let store = shared.store.clone();
        async move {
            store
                .read(move |db| match steps::get(db, id)? {
                    Some(step) => Ok(syncs::get(db, step.sync)?.map(|sync| (step, sync))),
                    None => Ok(None),
                })
                .await
        }
    };
    let Some((step, _)) = read(&shared).await? else { return Ok(Tried::Left) };
    let Some(_claim) = shared.claims.try_take(step.sync) else { return Ok(Tried::Left) };
    // What was true before the claim may have changed.
    let Some((step, sync)) = read(&shared).await? else { return Ok(Tried::Left) };
    if matches!(step.state, StepState::Done | StepState::Failed) || step.not_before == PARKED {
        return Ok(Tried::Left);
    }
    let first = sync.run.filter(|_| matches!(step.kind, StepKind::Represent | StepKind::Prompt));
    let done = match step.kind {
        StepKind::Represent => represent(&shared, &step, &sync).await,
        StepKind::Prompt => prompt(&shared, &step, &sync).await,
        StepKind::Authorise => authorise(&shared, &step, &sync, answers).await.map(|()| Did::Went),
        StepKind::Verify => verify(&shared, &step, &sync).await.map(|()| Did::Went),
        StepKind::Tell => tell(&shared, &step, &sync).await,
    };
    match done {
        Ok(Did::Went) => Ok(Tried::Went { first }),
        Ok(Did::LooksAgain(wait)) => {
            let until = later(shared.now(), wait);
            shared.store.write(move |transaction| steps::look_again(transaction, id, until)).await?;
            Ok(Tried::PutOff { until, offline: false })
        }
        Err(error) => failed(&shared, &step, first, error).await,
    }
}

async fn failed(shared: &Shared, step: &Step, first: Option<RunId>, error: Error) -> Result<Tried> {
    let (id, sync, kind, platform, attempt) = (step.id, step.sync, step.kind, step.platform, step.attempt);
    let Some(now_stored) = shared.store.read(move |db| steps::get(db, id)).await? else { return Ok(Tried::Left) };
    // An entry of the keychain that is damaged stays so: only signing in again replaces it.
    let error =
        if is_damaged(&error) { Error { kind: Kind::SignedOut, platform: error.platform.or(Some(platform)), ..error } } else { error };
    // A step that was in doubt stays so until the platform was asked and it was sent anew.
    let in_doubt = step.state == StepState::Sending && now_stored.attempt == attempt;
    let error = if in_doubt { error.acted(Acted::Perhaps) } else { error };
    let now = shared.now();
    match after(&error, attempt) {
        After::Stop => Err(error),
        After::Again { state, wait, detail, offline } => {
            let until = later(now, wait);
            let state = if kind == StepKind::Authorise { StepState::Waiting } else { state };
            shared
                .change(sync, move |transaction| {
                    steps::put_off(transaction, id, state, until, now)?;
                    if kind == StepKind::Tell { Ok(()) } else { syncs::detail(transaction, sync, detail, now) }
                })
                .await?;
            Ok(Tried::PutOff { until, offline })
        }
        After::InDoubt(reason) => {
            let reason = Reason { link: where_to_look(shared, &now_stored).await?, ..reason };
            shared
                .change(sync, move |transaction| {
                    // What a settled sync tells its person changes nothing of it.
                    let asks = prompts::of_sync(transaction, sync)?.is_some_and(|prompt| prompt.state == prompts::PromptState::Open);
                    if kind == StepKind::Tell && !asks {
                        return steps::end(transaction, id, StepState::Failed, Some(&reason.kind), now);
                    }
                    steps::put_off(transaction, id, StepState::Sending, PARKED, now)?;
                    steps::park(transaction, sync)?;
                    syncs::set(transaction, sync, Status::Failed, None, Some(&reason), now)
                })
                .await?;
            Ok(Tried::Went { first })
        }
        After::Refused(reason) => {
            let reason = if is_lost(&error) { key_lost() } else { reason };
            let lost = (error.kind == Kind::SignedOut && !is_lost(&error) && !matches!(kind, StepKind::Verify | StepKind::Authorise))
                .then(|| error.platform.unwrap_or(platform));
            let news = shared
                .change(sync, move |transaction| {
                    steps::end(transaction, id, StepState::Failed, Some(&reason.kind), now)?;
                    let is_news = lost.map(|platform| signed_out(transaction, platform, now)).transpose()?.unwrap_or_default();
                    let news = lost.filter(|_| is_news);
                    let still_asking =
                        prompts::of_sync(transaction, sync)?.is_some_and(|prompt| prompt.state == prompts::PromptState::Open);
                    if kind == StepKind::Tell && !still_asking {
                        return Ok(news);
                    }
                    if kind == StepKind::Tell {
                        steps::park(transaction, sync)?;
                    }
                    if kind == StepKind::Verify {
                        grants::destroy_unverified(transaction, sync)?;
                    }
                    syncs::set(transaction, sync, Status::Failed, None, Some(&reason), now)?;
                    Ok(news)
                })
                .await?;
            if let Some(platform) = news {
                shared.events.tell(Event::ConnectionChanged { platform });
            }
            Ok(Tried::Went { first })
        }
    }
}
