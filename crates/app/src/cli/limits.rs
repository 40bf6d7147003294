//! limits: the stop limits.

use engine::model::{Guarded, StopLimits};
use engine::{Reading, Result};

use super::answer::Exit;
use super::args::{Change, Limits};
use super::session::Session;
use super::tables;

pub(super) async fn limits(session: &Session, what: Option<Limits>) -> Result<Exit> {
    match what {
        None => show(session, &session.reading().await?).await,
        Some(Limits::Set { changes }) => {
            let engine = session.engine().await?;
            let mut limits = engine.reading().stop_limits().await?;
            for Change { what, limit } in changes {
                *of(&mut limits, what) = limit;
            }
            engine.set_stop_limits(limits).await?;
            show(session, engine.reading()).await
        }
    }
}

async fn show(session: &Session, reading: &Reading) -> Result<Exit> {
    session.answer.give(&reading.stop_limits().await?, tables::limits)?;
    Ok(Exit::Done)
}

fn of(limits: &mut StopLimits, what: Guarded) -> &mut engine::model::StopLimit {
    match what {
        Guarded::Resets => &mut limits.resets,
        Guarded::Dismissals => &mut limits.dismissals,
        Guarded::Representations => &mut limits.representations,
        Guarded::Prompts => &mut limits.prompts,
    }
}
