//! The steps that wait for people, and the answers that are read only when the admin asks for it.

use crate::error::Result;
use crate::store::prompts;
use crate::store::steps::{self, Step};

use super::authorise::Answers;
use super::run::{Taken, run};
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
            run(shared.clone(), Taken { step, sync: None }, Answers::Check).await?;
        }
    }
    Ok(())
}

/// Everything that waits for a person, due or not.
pub(crate) async fn waiting(shared: &Shared, scope: Scope) -> Result<Vec<Step>> {
    shared.store.read(move |db| steps::waiting(db, scope.run, scope.sync)).await
}
