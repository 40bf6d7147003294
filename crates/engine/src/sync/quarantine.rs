//! A platform that refuses the connection's tokens: everything that is queued for it waits until somebody signs in again. Nobody's
//! sync fails for it, and it is told once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::error::{Acted, Error, Result};
use crate::event::Event;
use crate::model::PlatformId;
use crate::store::steps::{self, FOR_SIGN_IN, SIGNED_OUT, Step, StepState};
use crate::store::syncs;

use super::run::Tried;
use super::shared::{self, Shared, later};

/// When platforms were signed in during this life of the program.
#[derive(Debug, Default)]
pub(crate) struct SignIns(Mutex<BTreeMap<PlatformId, Instant>>);

impl SignIns {
    /// Now.
    pub(crate) fn note(&self, platform: PlatformId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(platform, Instant::now());
    }

    fn is_since(&self, platform: PlatformId, begun: Instant) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&platform).is_some_and(|at| *at >= begun)
    }
}

/// A step met it. The first one holds everything that needs the connection; all stay as they were.
pub(crate) async fn signed_out(shared: &Shared, step: &Step, begun: Instant, error: &Error) -> Result<Tried> {
    let platform = error.platform.unwrap_or(step.platform);
    let (id, sync, kind, now) = (step.id, step.sync, step.kind, shared.now());
    let state = if error.acted == Acted::Perhaps { StepState::Sending } else { StepState::Todo };
    if shared.sign_ins.is_since(platform, begun) {
        // The refusal was about tokens that somebody has replaced meanwhile.
        let until = later(now, std::time::Duration::from_secs(1));
        shared.store.write(move |transaction| steps::put_off(transaction, id, state, until, now)).await?;
        return Ok(Tried::PutOff { until, offline: false });
    }
    let is_news = shared
        .change(sync, move |transaction| {
            steps::put_off(transaction, id, state, 0, now)?;
            let is_news = shared::signed_out(transaction, platform, now)?;
            steps::hold_one(transaction, id, SIGNED_OUT)?;
            if kind.is_first() {
                syncs::detail(transaction, sync, FOR_SIGN_IN, now)?;
            }
            Ok(is_news)
        })
        .await?;
    if is_news {
        shared.events.tell(Event::ConnectionChanged { platform });
        shared.events.tell(Event::PeopleChanged { ids: Vec::new() });
    }
    Ok(Tried::Held)
}
