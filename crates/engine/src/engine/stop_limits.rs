//! The stop limits of a data folder.

use crate::error::Result;
use crate::model::StopLimits;
use crate::store::audit::{self, Word};
use crate::store::columns::to_json;
use crate::store::facts;
use crate::sync::stop_limits;

use super::{Engine, Reading};

impl Reading {
    /// The stop limits in force. Errors: `Kind::Storage` when what is stored cannot be read.
    pub async fn stop_limits(&self) -> Result<StopLimits> {
        self.store.read(stop_limits::stored).await
    }
}

impl Engine {
    /// Changes the stop limits; what runs that are confirmed already hold stays held. Errors: `Kind::Invalid` for a share of more than
    /// everybody.
    pub async fn set_stop_limits(&self, limits: StopLimits) -> Result<()> {
        stop_limits::check(&limits)?;
        let (actor, now) = (self.shared.actor.clone(), self.shared.now());
        self.shared
            .store
            .write(move |transaction| {
                audit::act(&actor, Word::LimitsChanged).more(limits.to_string()).tell(transaction, now)?;
                facts::set(transaction, facts::STOP_LIMITS, &to_json(&limits)?)
            })
            .await
    }
}
