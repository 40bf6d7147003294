//! The steps that wait for people, and the answers that are read only when the admin asks for it.

use crate::error::Result;
use crate::store::prompts;
use crate::store::steps::{self, Due, PARKED, Step};

use super::authorise::Answers;
use super::run::run;
use super::shared::Shared;
use super::work::Scope;

/// Reads the answers that may not be polled: the admin asks for it while people are there.
pub(crate) async fn check_answers(shared: &Shared, scope: Scope) -> Result<()> {
    for step in waiting(shared, scope).await? {
        let sync = step.sync;
        let carrier = shared.store.read(move |db| Ok(prompts::of_sync(db, sync)?.map(|prompt| prompt.carrier))).await?;
        let polled = match carrier {
            Some(carrier) => shared.platforms.get(carrier)?.info().capabilities.poll_answers,
            None => true,
        };
        if !polled {
            run(shared.clone(), step.id, Answers::Check).await?;
        }
    }
    Ok(())
}

/// Everything that waits for a person, due or not.
pub(crate) async fn waiting(shared: &Shared, scope: Scope) -> Result<Vec<Step>> {
    let mut all = Vec::new();
    for platform in shared.platforms.iter().map(|platform| platform.info().id).collect::<Vec<_>>() {
        let due = Due { platform, run: scope.run, sync: scope.sync, now: PARKED - 1, limit: u32::MAX };
        all.extend(shared.store.read(move |db| steps::waiting(db, due)).await?);
    }
    Ok(all)
}
