//! What may have been sent although no answer said so: it is looked up at the platform, and never sent again on a guess.
//!
//! A look that finds nothing says something only after a while: what was sent may still be on its way, or not be listed yet.
//! How long that takes is the platform's (`info().settles`). It is counted on this computer's steady clock, from the moment
//! when the call ended without an answer; for what an earlier life of the program began, from the opening of the folder,
//! because a request can outlive the program that sent it. So a wall clock that jumps makes no look count too early, and none wait
//! longer than that.
//!
//! Where the platform will not tell, the step stays as it is, and people read that it has perhaps been done, and where to look.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::error::{Acted, Error, Kind, Remedy, Result};
use crate::model::{Intent, Outcome, Reason};
use crate::platform::Connection;
use crate::store::steps::{Step, StepState};

use super::shared::Shared;

/// The kind of the reason with which a sync fails when nobody can tell whether something was done.
pub(crate) const PERHAPS_DONE: &str = "perhaps_done";
/// A company keeps conversations for a day at least; a message that is looked for later may have been there and be gone.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// What became of a step that met no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Did {
    /// It went on, or ended.
    Went,
    /// A look found nothing, and counts only after this while.
    LooksAgain(Duration),
}

/// What a look found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {
    /// What was sent.
    It(Outcome),
    /// Nothing, and nothing will come any more.
    Nothing,
    /// Nothing, but it may still be on its way; after this while a look counts.
    NotYet(Duration),
}

/// Since when nothing is under way of what may have been sent.
#[derive(Debug)]
pub(crate) struct Settling {
    opened: Instant,
    /// By step: when its last call ended without an answer.
    ended: Mutex<HashMap<i64, Instant>>,
}

impl Settling {
    /// Nothing was sent yet in this life of the program.
    pub(crate) fn new() -> Self {
        Self { opened: Instant::now(), ended: Mutex::default() }
    }

    /// Makes a step's call; remembers when it ended if nobody knows what it did. A call that is dropped is such a one.
    pub(crate) async fn call<T>(&self, step: i64, call: impl Future<Output = Result<T>>) -> Result<T> {
        let mut flight = Flight { settling: self, step, is_known: false };
        let outcome = call.await;
        flight.is_known = outcome.as_ref().err().is_none_or(|error| error.acted == Acted::No);
        outcome
    }

    /// How much longer a look that finds nothing of a step says nothing.
    pub(crate) fn left(&self, step: i64, settles: Duration) -> Duration {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).get(&step).copied();
        settles.saturating_sub(ended.unwrap_or(self.opened).elapsed())
    }
}

struct Flight<'a> {
    settling: &'a Settling,
    step: i64,
    is_known: bool,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut ended = self.settling.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_known {
            ended.remove(&self.step);
        } else {
            ended.insert(self.step, Instant::now());
        }
    }
}

/// What a step in doubt was about to send.
pub(crate) fn earlier(step: &Step) -> Result<Option<Intent>> {
    match (step.state, &step.payload) {
        (StepState::Sending, Some(payload)) => {
            serde_json::from_str(payload).map(Some).map_err(|_| Error::new(Kind::Bug, "sync", "A step's intent cannot be read."))
        }
        _ => Ok(None),
    }
}

/// Looks whether it happened. Errors: also when the platform cannot tell.
pub(crate) async fn look(shared: &Shared, step: &Step, intent: &Intent, connection: &dyn Connection) -> Result<Found> {
    let (platform, facts) = shared.connected(step.platform).await?;
    let info = platform.info();
    if let Intent::Direct { sender: Some(sender), .. } = intent
        && facts.identity.is_some_and(|identity| identity.account != *sender)
    {
        let message = format!("The message was written by another account of {} than the one that is connected now.", info.name);
        return Err(Error::new(Kind::Unsupported, "confirm", message).on(info.id));
    }
    if let Some(outcome) = connection.confirm(intent).await? {
        return Ok(Found::It(outcome));
    }
    match shared.settling.left(step.id, info.settles) {
        left if !left.is_zero() => Ok(Found::NotYet(left)),
        _ if is_forgotten(intent, shared.now()) => {
            let message = format!("The message was written so long ago that {} may no longer show it.", info.name);
            Err(Error::new(Kind::Unsupported, "confirm", message).on(info.id))
        }
        _ => Ok(Found::Nothing),
    }
}

fn is_forgotten(intent: &Intent, now: Timestamp) -> bool {
    matches!(intent, Intent::Direct { since, .. } if now.duration_since(*since) > REMEMBERED)
}

/// The reason when nobody can tell: what kept it from being looked up, and what to do.
pub(crate) fn perhaps_done(error: &Error) -> Reason {
    const LOOK: &str = "Look it up; then try again, or have it sent anew if it did not happen.";
    let first = if error.remedy == Remedy::None { String::new() } else { format!("{} ", error.next_step()) };
    Reason {
        kind: PERHAPS_DONE.into(),
        message: format!("It may have been done, and User Sync cannot find out: {}", error.message),
        remedy: format!("{first}{LOOK}"),
        act: error.next_act(),
        link: None,
    }
}

/// The page on which a person can see whether what a step was about to send happened.
pub(crate) async fn where_to_look(shared: &Shared, step: &Step) -> Result<Option<String>> {
    let Some(intent) = earlier(&Step { state: StepState::Sending, ..step.clone() })? else { return Ok(None) };
    let (platform, facts) = shared.connected(step.platform).await?;
    Ok(platform.look_up(&facts, &intent))
}
