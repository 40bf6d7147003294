//! The step that compares who authorised with who was expected. Another person's tokens are revoked where the platform can,
//! destroyed in any case, and the person is told.

use crate::error::{Error, Kind, Result};
use crate::model::{Reason, Status};
use crate::platform::GrantFacts;
use crate::store::steps::{self, Step, StepState};
use crate::store::syncs::{self, Sync};
use crate::store::{grants, prompts};
use crate::transport::Lane;

use super::prompt::About;
use super::shared::Shared;
use super::tell::telling;
use super::words;

/// How often a revocation is tried before the tokens are only destroyed.
const PATIENCE: u32 = 5;

/// Does it.
pub(crate) async fn verify(shared: &Shared, step: &Step, sync: &Sync) -> Result<()> {
    let of = sync.id;
    let (grant, prompt) = shared
        .store
        .read(move |db| Ok((grants::of_sync(db, of)?.into_iter().rfind(|grant| grant.held), prompts::of_sync(db, of)?)))
        .await?;
    let Some(grant) = grant else {
        return Err(Error::new(Kind::SignedOut, "verify", "The authorisation is gone.").ask_admin("Try again: the person is asked anew."));
    };
    let identity = shared.employee(step.platform, grant.id).await?.whoami().await?;
    let (id, now) = (step.id, shared.now());
    if identity.account == grant.account {
        let tell = match &prompt {
            Some(prompt) => Some(telling(shared, prompt, words::connected(About::of(shared, sync, prompt.carrier).await?.talk()))),
            None => None,
        };
        return shared
            .change(of, move |transaction| {
                grants::verified(transaction, grant.id)?;
                steps::end(transaction, id, StepState::Done, Some("verified"), now)?;
                if let Some(tell) = &tell {
                    steps::add(transaction, tell, now)?;
                }
                syncs::set(transaction, of, Status::Synced, None, None, now)
            })
            .await;
    }
    if shared.platforms.get(step.platform)?.info().capabilities.revoke {
        let connection = shared.connection(step.platform, Lane::Prompt).await?;
        match connection.revoke(&GrantFacts { id: grant.id, account: identity.account }).await {
            Err(error) if error.is_passing() && step.attempt < PATIENCE => return Err(error),
            Err(error) if matches!(error.kind, Kind::Storage | Kind::Keychain) => return Err(error),
            Err(error) => {
                tracing::warn!(kind = ?error.kind, "another person's authorisation could not be revoked; its tokens are destroyed")
            }
            Ok(_) => {}
        }
    }
    let reason = Reason {
        kind: "wrong_person".into(),
        message: "Somebody else's account was authorised, not the person's own. Its tokens were destroyed.".into(),
        remedy: "Try again: the person is asked anew and must sign in with their own account.".into(),
        act: None,
    };
    let tell = match &prompt {
        Some(prompt) => Some(telling(shared, prompt, words::wrong_person(About::of(shared, sync, prompt.carrier).await?.talk()))),
        None => None,
    };
    shared
        .change(of, move |transaction| {
            grants::destroy(transaction, grant.id)?;
            steps::end(transaction, id, StepState::Failed, Some("wrong_person"), now)?;
            if let Some(tell) = &tell {
                steps::add(transaction, tell, now)?;
            }
            syncs::set(transaction, of, Status::Failed, None, Some(&reason), now)
        })
        .await
}
