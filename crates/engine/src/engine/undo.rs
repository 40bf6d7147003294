//! Undoing what a run made, and approving what stop limits hold of one.

use serde::Serialize;

use crate::error::Result;
use crate::model::{Held, PersonId, PlatformId, RunId};
use crate::store::runs::RunView;
use crate::store::{approvals, undos};
use crate::sync::{Goes, PersonReset, ResetPreview, Stays, reset, undo_run};

use super::Engine;

/// What undoing a run would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct UndoPreview {
    /// The run.
    pub run: RunId,
    /// How many of the syncs that it made still stand.
    pub syncs: u64,
    /// How many that it made are gone already.
    pub gone: u64,
    /// What goes, each with how often.
    pub goes: Vec<Goes>,
    /// What stays, each with how often.
    pub stays: Vec<Stays>,
    /// What stop limits would hold for approval.
    pub held: Vec<Held>,
}

/// What approving would let go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct ApprovePreview {
    /// The run.
    pub run: RunId,
    /// How many people wait for approval.
    pub people: u64,
    /// What stop limits held when the run was confirmed.
    pub limits: Vec<Held>,
}

impl Engine {
    /// What cancelling one sync would remove and what would stay; nothing where there is none. Changes nothing.
    pub async fn cancel_preview(&self, person: PersonId, to: PlatformId) -> Result<PersonReset> {
        self.shared.platforms.get(to)?;
        reset::preview_cancel(&self.shared, person, to).await
    }

    /// What approving would let go on. Changes nothing. Errors: `Kind::NotFound`.
    pub async fn approve_preview(&self, run: RunId) -> Result<ApprovePreview> {
        let view = self.shared.store.read(move |db| Ok((undo_run::known(db, run)?, approvals::waiting(db, run)?))).await?;
        let (RunView { limits, .. }, people) = view;
        Ok(ApprovePreview { run, people, limits })
    }

    /// Approves what stop limits hold of a run; gives how many people go on. Errors: `Kind::NotFound`.
    pub async fn approve(&self, run: RunId) -> Result<u64> {
        undo_run::approve(&self.shared, run).await
    }

    /// What undoing a run would remove and what would stay. Changes nothing.
    ///
    /// Errors: as those of [`Engine::undo`].
    pub async fn undo_preview(&self, run: RunId) -> Result<UndoPreview> {
        let platforms = self.shared.platforms.clone();
        let (ids, held, gone) = self
            .shared
            .store
            .read(move |db| {
                let (ids, verdict) = undo_run::wanted(db, &platforms, run)?;
                Ok((ids, verdict.held, undos::gone(db, run)?))
            })
            .await?;
        let syncs = ids.len() as u64;
        let ResetPreview { goes, stays, .. } = reset::preview_syncs(&self.shared, ids).await?;
        Ok(UndoPreview { run, syncs, gone, goes, stays, held })
    }

    /// Writes down that exactly the syncs that a run made, as far as they stand, are undone, as a run of its own, and gives that;
    /// [`Engine::keep_working`] or [`Engine::work`] does it. The people's choices stay.
    ///
    /// Errors: `Kind::NotFound`; `Kind::Conflict` for a run that is under way, or of which nothing stands; `Kind::Unsupported` for one
    /// that makes no syncs.
    pub async fn undo(&self, run: RunId) -> Result<RunId> {
        undo_run::begin(&self.shared, run).await
    }
}
