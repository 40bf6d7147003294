//! Stopping a run for a while: what was not begun is held, what is under way comes to its end. People who were asked already can still
//! finish.

use crate::error::{Error, Kind, Result};
use crate::event::Event;
use crate::model::{RunId, RunKind, RunState};
use crate::store::audit::{self, Word};
use crate::store::runs;
use crate::store::steps::{self, PAUSED};
use crate::store::undos;

use super::progress;
use super::shared::Shared;

/// Pauses a run. One that is paused or over stays as it is.
///
/// Errors: `Kind::NotFound`; `Kind::Unsupported` for an import.
pub(crate) async fn pause(shared: &Shared, run: RunId) -> Result<()> {
    turn(shared, run, RunState::Paused).await
}

/// Lets a paused run go on; what else holds parts of it goes on holding them.
///
/// Errors: `Kind::NotFound`.
pub(crate) async fn resume(shared: &Shared, run: RunId) -> Result<()> {
    turn(shared, run, RunState::Running).await
}

async fn turn(shared: &Shared, run: RunId, to: RunState) -> Result<()> {
    let (now, actor) = (shared.now(), shared.actor.clone());
    let turned = shared
        .store
        .write(move |transaction| {
            let Some(view) = runs::get(transaction, run)? else {
                return Err(Error::not_found("pause_run", format!("There is no run {run}."), "Look at the list of runs."));
            };
            let pauses = to == RunState::Paused;
            if !view.state.is_open() || (view.state == RunState::Paused) == pauses {
                return Ok(false);
            }
            if view.kind == RunKind::Import {
                return Err(Error::new(Kind::Unsupported, "pause_run", "An import cannot be paused.")
                    .ask_admin("Stop it; the next import goes on where it ended."));
            }
            runs::set_state(transaction, run, to)?;
            if pauses {
                steps::hold(transaction, run, PAUSED)?;
                undos::hold(transaction, run, PAUSED)?;
            } else {
                steps::free(transaction, run, PAUSED)?;
                undos::free(transaction, Some(run), PAUSED)?;
            }
            let word = if pauses { Word::RunPaused } else { Word::RunResumed };
            audit::act(&actor, word).on(view.platform).of(run).tell(transaction, now)?;
            Ok(true)
        })
        .await?;
    if turned {
        shared.events.tell(Event::RunChanged { run });
        progress::turned(shared, run).await?;
        shared.wake.up();
    }
    Ok(())
}
