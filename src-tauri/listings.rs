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

#[cfg(test)]
mod tests {
    use engine::Kind;
    use engine::model::PersonId;
    use engine::people::listing::Facets;

    use super::*;

    fn of(person: i64) -> Listing {
        Listing { people: [PersonId(person)].into(), everyone: 1, facets: Facets::default(), conflicts: 0 }
    }

    #[test]
    fn the_newest_lists_are_kept_and_an_older_one_is_told_to_be_too_old() {
        let listings = Listings::default();
        let numbers: Vec<u32> = (0..=KEPT as i64).map(|person| listings.keep(of(person))).collect();
        assert_eq!(listings.get(numbers[0]).map(|_| ()).unwrap_err().kind, Kind::NotFound);
        for (person, number) in (0..).zip(&numbers).skip(1) {
            assert_eq!(listings.get(*number).unwrap().people[..], [PersonId(person)]);
        }
    }

    #[test]
    fn a_list_of_another_folder_is_never_taken_for_one_of_this() {
        let listings = Listings::default();
        let before = listings.keep(of(1));
        listings.forget();
        let after = listings.keep(of(2));
        assert!(before != after && listings.get(before).is_err() && listings.get(after).is_ok());
    }
}
