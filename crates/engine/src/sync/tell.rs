//! The step that changes what a prompt says: an edit, or a new message where the platform no longer allows one.

use crate::error::{Acted, Kind, Result};
use crate::model::{Intent, Outcome, SentMessage};
use crate::store::audit::{self, Word};
use crate::store::prompts::{self, Prompt};
use crate::store::steps::{self, NewStep, Step, StepKind, StepState};
use crate::store::syncs::Sync;
use crate::transport::Lane;

use super::doubt::{Did, Found, earlier, look};
use super::prompt::{said_by, send_written_down};
use super::shared::Shared;

/// A `tell` step for the prompt of a sync; written in the transaction that decides what there is to tell.
pub(crate) fn telling(shared: &Shared, prompt: &Prompt, text: String) -> NewStep {
    NewStep {
        sync: prompt.sync,
        kind: StepKind::Tell,
        platform: prompt.carrier,
        state: StepState::Todo,
        priority: 0,
        not_before: 0,
        key: shared.key(),
        payload: Some(text),
    }
}

/// Does it.
pub(crate) async fn tell(shared: &Shared, step: &Step, sync: &Sync) -> Result<Did> {
    let (of, id) = (sync.id, step.id);
    let (prompt, newer) = shared
        .store
        .read(move |db| {
            let newer =
                steps::of_sync(db, of)?.iter().any(|other| other.kind == StepKind::Tell && other.id > id && other.state == StepState::Todo);
            Ok((prompts::of_sync(db, of)?, newer))
        })
        .await?;
    let Some(Prompt { message: Some(message), to, carrier, .. }) = prompt else {
        return end(shared, step, sync, Ended::Nothing).await;
    };
    let connection = shared.connection(carrier, Lane::Prompt).await?;
    let intent = match earlier(step)? {
        Some(intent) => match look(shared, step, &intent, connection.as_ref()).await? {
            Found::It(Outcome::Sent(sent)) => return end(shared, step, sync, Ended::SaidAnew(sent)).await,
            Found::NotYet(left) => return Ok(Did::LooksAgain(left)),
            Found::It(Outcome::Represented(_)) | Found::Nothing => intent,
        },
        None if newer => return end(shared, step, sync, Ended::Overtaken).await,
        None => {
            let text = step.payload.clone().unwrap_or_default();
            let limit = shared.platforms.get(carrier)?.info().capabilities.edits;
            if limit.is_none_or(|limit| message.edits < limit) {
                match connection.edit_direct(&message, &text).await {
                    Ok(edited) => return end(shared, step, sync, Ended::Edited(edited)).await,
                    Err(error) if matches!(error.kind, Kind::Unsupported | Kind::NotFound) => {}
                    // An edit that is made twice is one edit.
                    Err(error) => return Err(error.acted(Acted::No)),
                }
            }
            let sender = said_by(shared, carrier).await?;
            Intent::Direct { to, text, key: step.key.clone(), since: shared.now(), sender, after: Some(message.id) }
        }
    };
    let sent = send_written_down(shared, step, sync, connection.as_ref(), intent).await?;
    end(shared, step, sync, Ended::SaidAnew(sent)).await
}

/// How it ended.
enum Ended {
    /// There is no message any more.
    Nothing,
    /// A newer change takes its place.
    Overtaken,
    Edited(SentMessage),
    SaidAnew(SentMessage),
}

async fn end(shared: &Shared, step: &Step, sync: &Sync, ended: Ended) -> Result<Did> {
    let (outcome, told) = match ended {
        Ended::Nothing => ("nothing to change", None),
        Ended::Overtaken => ("overtaken", None),
        Ended::Edited(message) => ("edited", Some((Word::PromptEdited, message))),
        Ended::SaidAnew(message) => ("said anew", Some((Word::MessageSent, message))),
    };
    let (id, of, now, carrier, person, run) = (step.id, step.sync, shared.now(), step.platform, sync.person, sync.run);
    shared
        .change(of, move |transaction| {
            steps::end(transaction, id, StepState::Done, Some(outcome), now)?;
            let Some((word, message)) = told else { return Ok(()) };
            audit::effect(word).on(carrier).about(person).of(run).tell(transaction, now)?;
            prompts::sent(transaction, of, &message)
        })
        .await?;
    Ok(Did::Went)
}
