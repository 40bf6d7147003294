//! What all commands share: the supervisor, the lists that the page has open, whom and which links it was shown, the files that this
//! session wrote.

use std::sync::Arc;

use app::export::Exports;
use app::supervise::{Opened, Supervisor};

use crate::listings::Listings;
use crate::offered::Offered;
use crate::problem::Answer;
use crate::shown::Shown;

/// What all commands share.
pub(crate) struct Desk {
    pub(crate) supervisor: Supervisor,
    pub(crate) listings: Listings,
    pub(crate) shown: Shown,
    pub(crate) exports: Exports,
    pub(crate) offered: Offered,
}

impl Desk {
    pub(crate) fn new(supervisor: Supervisor) -> Self {
        Self {
            supervisor,
            listings: Listings::default(),
            shown: Shown::default(),
            exports: Exports::default(),
            offered: Offered::default(),
        }
    }

    /// What is open now.
    pub(crate) fn opened(&self) -> Answer<Arc<Opened>> {
        Ok(self.supervisor.opened()?)
    }
}
