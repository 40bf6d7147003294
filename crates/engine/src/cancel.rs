//! A wish to stop, passed to long operations. They end at the next place where nothing is half done.

use tokio::sync::watch;

use crate::error::{Error, Kind, Result};

/// The wish. Cheap to clone; all clones share it.
#[derive(Clone, Debug)]
pub struct Cancel(watch::Sender<bool>);

impl Cancel {
    /// Nobody wishes to stop yet.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Wishes to stop.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody wishes to stop.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until somebody wishes to stop.
    pub async fn cancelled(&self) {
        let mut changes = self.0.subscribe();
        // The sender lives in `self`, so the channel cannot close while this waits.
        drop(changes.wait_for(|cancelled| *cancelled).await);
    }

    /// The error with which an operation ends that was cancelled.
    pub fn check(&self, operation: &'static str) -> Result<()> {
        if self.is_cancelled() { Err(Error::new(Kind::Cancelled, operation, "It was cancelled.")) } else { Ok(()) }
    }
}

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}
