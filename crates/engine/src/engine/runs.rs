//! The runs, and stopping one for a while.

use crate::error::Result;
use crate::model::RunId;
use crate::store::runs::RunView;
use crate::sync::{pause, progress};

use super::Engine;

impl Engine {
    /// The newest runs, newest first, with the time that open ones will take.
    pub async fn runs(&self) -> Result<Vec<RunView>> {
        progress::with_time_left(&self.shared, self.reading.runs().await?).await
    }

    /// Stops a run for a while: nothing new of it is begun, what is under way comes to its end. One that is over stays as it is.
    ///
    /// Errors: `Kind::NotFound`; `Kind::Unsupported` for an import, which is stopped by its own [`Cancel`](crate::cancel::Cancel).
    pub async fn pause(&self, run: RunId) -> Result<()> {
        pause::pause(&self.shared, run).await
    }

    /// Lets a paused run go on. What waits for approval or for a sign-in goes on waiting for it.
    ///
    /// Errors: `Kind::NotFound`.
    pub async fn resume(&self, run: RunId) -> Result<()> {
        pause::resume(&self.shared, run).await
    }
}
