//! The step that changes what a prompt says: an edit, or a new message where the platform no longer allows one.

use crate::error::{Kind, Result};
use crate::model::{Intent, Outcome, SentMessage};
use crate::store::prompts::{self, Prompt};
use crate::store::steps::{self, NewStep, Step, StepKind, StepState};
use crate::store::syncs::Sync;
use crate::transport::Lane;

use super::prompt::send_written_down;
use super::represent::earlier;
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
pub(crate) async fn tell(shared: &Shared, step: &Step, sync: &Sync) -> Result<()> {
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
        return end(shared, step, None, "nothing to change").await;
    };
    let connection = shared.connection(carrier, Lane::Prompt).await?;
    let intent = match earlier(step)? {
        Some(intent) => match connection.confirm(&intent).await? {
            Some(Outcome::Sent(sent)) => return end(shared, step, Some(sent), "said anew").await,
            _ => intent,
        },
        None if newer => return end(shared, step, None, "overtaken").await,
        None => {
            let text = step.payload.clone().unwrap_or_default();
            let limit = shared.platforms.get(carrier)?.info().capabilities.edits;
            if limit.is_none_or(|limit| message.edits < limit) {
                match connection.edit_direct(&message, &text).await {
                    Ok(edited) => return end(shared, step, Some(edited), "edited").await,
                    Err(error) if matches!(error.kind, Kind::Unsupported | Kind::NotFound) => {}
                    Err(error) => return Err(error),
                }
            }
            Intent::Direct { to, text, key: step.key.clone(), since: shared.now() }
        }
    };
    let sent = send_written_down(shared, step, sync, connection.as_ref(), intent).await?;
    end(shared, step, Some(sent), "said anew").await
}

async fn end(shared: &Shared, step: &Step, message: Option<SentMessage>, outcome: &'static str) -> Result<()> {
    let (id, sync, now) = (step.id, step.sync, shared.now());
    shared
        .change(sync, move |transaction| {
            steps::end(transaction, id, StepState::Done, Some(outcome), now)?;
            match &message {
                Some(message) => prompts::sent(transaction, sync, message),
                None => Ok(()),
            }
        })
        .await
}
