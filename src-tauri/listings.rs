//! The lists that the page has open: it holds a number, the order behind it stays here.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::people::listing::Listing;
use engine::{Error, Result};

/// How many are kept: the page shows one, and asks for a new one with each keystroke.
const KEPT: usize = 8;

/// The newest lists, by number.
#[derive(Default)]
pub(crate) struct Listings(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    last: u32,
    lists: VecDeque<(u32, Listing)>,
}

impl Listings {
    /// Keeps a list and gives it a number.
    pub(crate) fn keep(&self, listing: Listing) -> u32 {
        let mut kept = self.kept();
        kept.last = kept.last.wrapping_add(1);
        let number = kept.last;
        kept.lists.push_back((number, listing));
        if kept.lists.len() > KEPT {
            kept.lists.pop_front();
        }
        number
    }

    /// The list with this number. Errors: `Kind::NotFound` when it is too old, so that the page lists anew.
    pub(crate) fn get(&self, number: u32) -> Result<Listing> {
        let kept = self.kept();
        let found = kept.lists.iter().find(|(known, _)| *known == number).map(|(_, listing)| listing.clone());
        found.ok_or_else(|| Error::not_found("list", "This list is too old.", "List the people anew."))
    }

    /// Forgets all of them: another folder was opened. Numbers are not used again.
    pub(crate) fn forget(&self) {
        self.kept().lists.clear();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
