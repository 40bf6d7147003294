//! One try of one step: claimed, read anew, done by its kind, and what became of it written down.

use tokio::time::Instant;

use crate::error::{Acted, Error, Kind, Result};
use crate::model::{Reason, RunId, Status};
use crate::secrets::{is_damaged, is_lost};
use crate::store::steps::{self, PARKED, Step, StepKind, StepState};
use crate::store::syncs::{self, Sync};
use crate::store::{grants, prompts};

use super::after::{After, GIVES_UP, after, gave_up};
use super::authorise::{Answers, authorise};
use super::doubt::{Did, where_to_look};
use super::keys::key_lost;
use super::prompt::prompt;
use super::quarantine;
use super::represent::represent;
use super::shared::{Shared, later, name_of};
use super::shut;
use super::tell::tell;
use super::verify::verify;

/// What became of one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    /// It went on, or ended; `first`: it was a sync's first step, in this run.
    Went { first: Option<RunId> },
    /// It was put off; `offline`: because nobody answers.
    PutOff { until: i64, offline: bool },
    /// A look found nothing, and counts only then: that is no failure.
    LooksAgain { until: i64 },
    /// Somebody else is at it, or it is over.
    Left,
    /// It is held until somebody frees it.
    Held,
}

/// A step to be done.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) step: Step,
    /// Its sync, when both were taken a moment ago: then nothing of them needs to be read again.
    pub(crate) sync: Option<Sync>,
}

/// Does one step, whatever it is, and writes down what became of it.
pub(crate) async fn run(shared: Shared, taken: Taken, answers: Answers) -> Result<Tried> {
    let Some(_claim) = shared.claims.try_take(taken.step.sync) else { return Ok(Tried::Left) };
    let (step, sync) = match taken {
        // What leaves is written down before, and only if the step still stands as it was taken.
        Taken { step, sync: Some(sync) } if step.state == StepState::Todo && step.kind.is_first() => (step, sync),
        // What was true before the claim may have changed.
        Taken { step, .. } => {
            let id = step.id;
            let read = shared.store.read(move |db| match steps::get(db, id)? {
                Some(step) => Ok(syncs::get(db, step.sync)?.map(|sync| (step, sync))),
                None => Ok(None),
            });
            match read.await? {
                Some((step, sync)) if step.is_open() => (step, sync),
                _ => return Ok(Tried::Left),
            }
        }
    };
    let (id, begun) = (step.id, Instant::now());
    let first = sync.run.filter(|_| step.kind.is_first());
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
            Ok(Tried::LooksAgain { until })
        }
        Err(error) => failed(&shared, &step, first, begun, error).await,
    }
}

async fn failed(shared: &Shared, step: &Step, first: Option<RunId>, begun: Instant, error: Error) -> Result<Tried> {
    let (id, sync, kind, platform, attempt) = (step.id, step.sync, step.kind, step.platform, step.attempt);
    let Some(now_stored) = shared.store.read(move |db| steps::get(db, id)).await? else { return Ok(Tried::Left) };
    if error.operation == steps::TAKEN_BACK || !now_stored.is_open() {
        return Ok(if now_stored.is_open() && now_stored.held > 0 { Tried::Held } else { Tried::Left });
    }
    // An entry of the keychain that is damaged stays so: only signing in again replaces it.
    let error =
        if is_damaged(&error) { Error { kind: Kind::SignedOut, platform: error.platform.or(Some(platform)), ..error } } else { error };
    // A step that was in doubt stays so until the platform was asked and it was sent anew.
    let in_doubt = step.state == StepState::Sending && now_stored.attempt == attempt;
    let error = if in_doubt { error.acted(Acted::Perhaps) } else { error };
    // These two only ask.
    let only_asks = matches!(kind, StepKind::Authorise | StepKind::Verify);
    // What leaves is written down before.
    let error = if only_asks || now_stored.state == StepState::Todo { error.acted(Acted::No) } else { error };
    if error.kind == Kind::SignedOut && !is_lost(&error) && !only_asks {
        return quarantine::signed_out(shared, step, begun, &error).await;
    }
    let now = shared.now();
    let is_unwell = error.kind == Kind::PlatformDown;
    // What a person has done already is not thrown away because a platform is unwell.
    let after = if is_unwell && !only_asks && now_stored.unwell + 1 >= GIVES_UP {
        gave_up(&error, name_of(shared, error.platform.unwrap_or(platform)))
    } else {
        after(&error, attempt)
    };
    match after {
        After::Stop => {
            if shut::is_shut(&error) && kind.is_first() {
                shared.change(sync, move |transaction| syncs::detail(transaction, sync, shut::WAITING, now)).await?;
            }
            Err(error)
        }
        After::Again { state, wait, detail, offline } => {
            let until = later(now, wait);
            let state = if kind == StepKind::Authorise { StepState::Waiting } else { state };
            shared
                .change(sync, move |transaction| {
                    steps::put_off(transaction, id, state, until, now)?;
                    if is_unwell {
                        steps::unwell(transaction, id)?;
                    }
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
            shared
                .change(sync, move |transaction| {
                    steps::end(transaction, id, StepState::Failed, Some(&reason.kind), now)?;
                    let still_asking =
                        prompts::of_sync(transaction, sync)?.is_some_and(|prompt| prompt.state == prompts::PromptState::Open);
                    if kind == StepKind::Tell && !still_asking {
                        return Ok(());
                    }
                    if kind == StepKind::Tell {
                        steps::park(transaction, sync)?;
                    }
                    if kind == StepKind::Verify {
                        grants::destroy_unverified(transaction, sync)?;
                    }
                    syncs::set(transaction, sync, Status::Failed, None, Some(&reason), now)
                })
                .await?;
            Ok(Tried::Went { first })
        }
    }
}
