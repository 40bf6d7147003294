//! Disconnecting: the connection's tokens end at the platform as far as it lets them, and here in any case.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Result;
use crate::event::Event;
use crate::model::{PlatformId, Status};
use crate::platform::Left;
use crate::signin;
use crate::store::connections;
use crate::store::{grants, slot_ends, syncs};
use crate::sync::shared::signed_in;

use super::Engine;

/// What a disconnection ended, and what it leaves behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct DisconnectView {
    /// Where.
    pub platform: PlatformId,
    /// The syncs to it that do not work any more, by status.
    pub syncs: BTreeMap<Status, u64>,
    /// Employees' sign-ins that stay sealed, because undoing their syncs may need them.
    pub grants: u64,
    /// What is gone at the platform, in short phrases.
    pub gone: Vec<String>,
    /// What the platform keeps, why, and where it can be undone by hand.
    pub left: Vec<Left>,
}

impl Engine {
    /// Deletes the connection and its secrets. People, accounts and syncs stay listed.
    pub async fn disconnect(&self, platform: PlatformId) -> Result<DisconnectView> {
        let (known, _) = self.shared.connected(platform).await?;
        signin::forget(&self.shared.paced, known).await?;
        let (counts, grants) = self
            .shared
            .store
            .write(move |transaction| {
                connections::remove(transaction, platform)?;
                slot_ends::forget(transaction, platform)?;
                signed_in(transaction, platform)?;
                Ok((syncs::counts(transaction, None, Some(platform))?, grants::held_on(transaction, platform)?))
            })
            .await?;
        self.shared.events.tell(Event::ConnectionChanged { platform });
        Ok(DisconnectView { platform, syncs: counts.into_iter().collect(), grants, gone: Vec::new(), left: Vec::new() })
    }
}
