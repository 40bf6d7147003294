//! The step that compares who authorised with who was expected. Another person's tokens are revoked where the platform can and
//! destroyed in any case; the person is told, and gets a fresh code so that they can still authorise their own account.

use crate::error::{Error, Kind, Result};
use crate::model::{Reason, Status};
use crate::platform::{GrantFacts, Undone};
use crate::store::audit::{self, Told, Word};
use crate::store::grants::{self, Grant};
use crate::store::prompts::{self, Prompt, PromptState};
use crate::store::steps::{self, NewStep, Step, StepKind, StepState};
use crate::store::syncs::{self, Sync};
use crate::transport::Lane;

use super::prompt::{About, Prefer, ask, label};
use super::shared::{Shared, later, ms};
use super::tell::telling;
use super::words;

/// How often a revocation is tried before the tokens are only destroyed.
const PATIENCE: u32 = 5;
/// So many times may somebody else's account be authorised before the admin is to look into it.
const WRONG: u32 = 3;
/// The kind of that reason, and the detail of a sync whose person was asked anew for it.
const WRONG_PERSON: &str = "wrong_person";

/// Does it.
pub(crate) async fn verify(shared: &Shared, step: &Step, sync: &Sync) -> Result<()> {
    let of = sync.id;
    let (grant, prompt) = shared
        .store
        .read(move |db| Ok((grants::of_sync(db, of)?.into_iter().rfind(|grant| grant.held), prompts::of_sync(db, of)?)))
        .await?;
    match (grant, prompt) {
        (Some(grant), prompt) => compare(shared, step, sync, grant, prompt).await,
        (None, Some(prompt)) if prompt.state == PromptState::Expired && prompt.wrong > 0 => ask_anew(shared, step, sync, prompt).await,
        _ => Err(Error::new(Kind::SignedOut, "verify", "The authorisation is gone.").ask_admin("Try again: the person is asked anew.")),
    }
}

async fn compare(shared: &Shared, step: &Step, sync: &Sync, grant: Grant, prompt: Option<Prompt>) -> Result<()> {
    let identity = shared.employee(step.platform, grant.id).await?.whoami().await?;
    let (of, id, now) = (sync.id, step.id, shared.now());
    let told = |word| audit::effect(word).on(sync.platform).about(sync.person).of(sync.run);
    if identity.account == grant.account {
        let kept = told(Word::AuthorisationKept);
        let tell = match &prompt {
            Some(prompt) => Some(telling(shared, prompt, words::connected(About::of(shared, sync, prompt.carrier).await?.talk()))),
            None => None,
        };
        return shared
            .change(of, move |transaction| {
                grants::verified(transaction, grant.id)?;
                kept.tell(transaction, now)?;
                steps::end(transaction, id, StepState::Done, Some("verified"), now)?;
                if let Some(tell) = &tell {
                    steps::add(transaction, tell, now)?;
                }
                syncs::set(transaction, of, Status::Synced, None, None, now)
            })
            .await;
    }
    let revoked = revoke(shared, step, &grant, identity.account).await?.then(|| told(Word::AuthorisationRevoked));
    let refused: Vec<_> = revoked.into_iter().chain([told(Word::AuthorisationRefused)]).collect();
    let wrong = prompt.as_ref().map_or(WRONG, |prompt| prompt.wrong + 1);
    let (Some(mut prompt), true) = (prompt.clone(), wrong < WRONG) else {
        return give_up(shared, step, sync, prompt, Some((grant, refused)), wrong).await;
    };
    // Written down before a new code is asked for: what was authorised is destroyed whatever comes.
    (prompt.wrong, prompt.state, prompt.sealed) = (wrong, PromptState::Expired, None);
    let written = prompt.clone();
    shared
        .change(of, move |transaction| {
            grants::destroy(transaction, grant.id)?;
            refused.iter().try_for_each(|told| told.tell(transaction, now))?;
            prompts::put(transaction, &written)?;
            syncs::detail(transaction, of, WRONG_PERSON, now)
        })
        .await?;
    ask_anew(shared, step, sync, prompt).await
}

/// Ends somebody else's authorisation at the platform, as far as it can; true when it did.
async fn revoke(shared: &Shared, step: &Step, grant: &Grant, account: String) -> Result<bool> {
    if !shared.platforms.get(step.platform)?.info().capabilities.revoke {
        return Ok(false);
    }
    // A platform ends everything that this account allowed us: a colleague who is synced themselves would be cut off by it.
    let (platform, whose) = (step.platform, account.clone());
    if shared.store.read(move |db| grants::is_authorised(db, platform, &whose)).await? {
        return Ok(false);
    }
    let connection = shared.connection(step.platform, Lane::Prompt).await?;
    match connection.revoke(&GrantFacts { id: grant.id, account }).await {
        Err(error) if error.is_passing() && step.attempt < PATIENCE => Err(error),
        Err(error) if matches!(error.kind, Kind::Storage | Kind::Keychain) => Err(error),
        Err(error) => {
            tracing::warn!(kind = ?error.kind, "another person's authorisation could not be revoked; its tokens are destroyed");
            Ok(false)
        }
        Ok(undone) => Ok(matches!(undone, Undone::Gone(_))),
    }
}

/// A fresh code for the right person, in the words that say what happened.
async fn ask_anew(shared: &Shared, step: &Step, sync: &Sync, mut prompt: Prompt) -> Result<()> {
    let asked = match ask(shared, sync, prompt.carrier, Prefer::Device, words::once_more).await {
        Err(error) if error.is_passing() || matches!(error.kind, Kind::Storage | Kind::Keychain | Kind::Cancelled) => return Err(error),
        Err(error) => {
            tracing::warn!(kind = ?error.kind, "no fresh code could be had after somebody else's authorisation");
            let wrong = prompt.wrong;
            return give_up(shared, step, sync, Some(prompt), None, wrong).await;
        }
        Ok(asked) => asked,
    };
    let storing = shared.paced.sealer().storing().await;
    let (of, id, person, platform, now) = (sync.id, step.id, sync.person, sync.platform, shared.now());
    prompt.way = asked.way;
    prompt.state = PromptState::Open;
    prompt.sealed = Some(shared.paced.sealer().seal(&label(of), &asked.secret).await?);
    prompt.text.clone_from(&asked.text);
    prompt.expires_at = asked.expires_at.map(ms);
    prompt.pace = asked.pace;
    prompt.poll_at = later(now, std::time::Duration::from_secs(asked.pace.into()));
    let tell = telling(shared, &prompt, asked.text);
    let wait = NewStep {
        sync: of,
        kind: StepKind::Authorise,
        platform,
        state: StepState::Waiting,
        priority: step.priority,
        not_before: prompt.poll_at,
        key: shared.key(),
        payload: None,
    };
    shared
        .change(of, move |transaction| {
            prompt.grant = grants::reserve(transaction, of, person, platform, &asked.account)?;
            prompts::put(transaction, &prompt)?;
            steps::end(transaction, id, StepState::Failed, Some(WRONG_PERSON), now)?;
            steps::add(transaction, &tell, now)?;
            steps::add(transaction, &wait, now)?;
            syncs::detail(transaction, of, WRONG_PERSON, now)
        })
        .await?;
    drop(storing);
    Ok(())
}

async fn give_up(
    shared: &Shared,
    step: &Step,
    sync: &Sync,
    prompt: Option<Prompt>,
    refused: Option<(Grant, Vec<Told<'static>>)>,
    wrong: u32,
) -> Result<()> {
    let times = if wrong < 2 { String::new() } else { format!(" This happened {wrong} times.") };
    let reason = Reason {
        kind: WRONG_PERSON.into(),
        message: format!("Somebody else's account was authorised, not the person's own. Its tokens were destroyed.{times}"),
        remedy: "Speak with the person; when they are ready to sign in with their own account, try again.".into(),
        act: None,
        link: None,
    };
    let tell = match &prompt {
        Some(prompt) => Some(telling(shared, prompt, words::wrong_person(About::of(shared, sync, prompt.carrier).await?.talk()))),
        None => None,
    };
    let (of, id, now) = (sync.id, step.id, shared.now());
    shared
        .change(of, move |transaction| {
            if let Some((grant, refused)) = refused {
                grants::destroy(transaction, grant.id)?;
                refused.iter().try_for_each(|told| told.tell(transaction, now))?;
            }
            prompts::close(transaction, of)?;
            steps::end(transaction, id, StepState::Failed, Some(WRONG_PERSON), now)?;
            if let Some(tell) = &tell {
                steps::add(transaction, tell, now)?;
            }
            syncs::set(transaction, of, Status::Failed, None, Some(&reason), now)
        })
        .await
}
