//! What all commands share: the supervisor, the lists that the page has open, whom and which links it was shown, the files that this
//! session wrote.

use std::sync::{Arc, Mutex, PoisonError};

use app::export::Exports;
use app::supervise::{Opened, Supervisor};
use engine::cancel::Cancel;

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
    /// Gives up the preview of an import that is under way.
    preview: Mutex<Cancel>,
}

impl Desk {
    pub(crate) fn new(supervisor: Supervisor) -> Self {
        Self {
            supervisor,
            listings: Listings::default(),
            shown: Shown::default(),
            exports: Exports::default(),
            offered: Offered::default(),
            preview: Mutex::default(),
        }
    }

    /// A preview of an import begins, and takes the place of the one before.
    pub(crate) fn begin_preview(&self) -> Cancel {
        let next = Cancel::new();
        let mut current = self.preview.lock().unwrap_or_else(PoisonError::into_inner);
        current.cancel();
        *current = next.clone();
        next
    }

    /// What is open now.
    pub(crate) fn opened(&self) -> Answer<Arc<Opened>> {
        Ok(self.supervisor.opened()?)
    }
}
