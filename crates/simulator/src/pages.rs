//! Cursors and page lengths: lists are cut as real services cut them. A cursor is random text that only means
//! something to the list it was given for; a page is sometimes shorter than asked.

use std::collections::HashMap;

use jiff::Timestamp;

/// Where a list goes on. `list` names the list with all its parameters: a cursor works with nothing else.
#[derive(Debug, Clone)]
struct Place {
    list: String,
    position: usize,
    expires_at: Option<Timestamp>,
}

/// Every cursor given out.
#[derive(Default)]
pub(crate) struct Cursors {
    places: HashMap<String, Place>,
}

impl Cursors {
    /// Remembers that `cursor` (made by the caller, random) goes on with `list` at `position`.
    pub(crate) fn keep(&mut self, cursor: &str, list: &str, position: usize, expires_at: Option<Timestamp>) {
        self.places.insert(cursor.to_owned(), Place { list: list.to_owned(), position, expires_at });
    }

    /// The position at which `list` goes on; `None` for a cursor that is unknown, of another list, or expired.
    pub(crate) fn position(&self, cursor: &str, list: &str, now: Timestamp) -> Option<usize> {
        self.places
            .get(cursor)
            .filter(|place| place.list == list && place.expires_at.is_none_or(|end| now < end))
            .map(|place| place.position)
    }
}

/// How many of `asked` items the page at `position` holds: every fifth page or so is short, none is empty.
pub(crate) fn page_length(position: usize, asked: usize) -> usize {
    let mixed = (position as u64).wrapping_add(0x9e37).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    if mixed.is_multiple_of(5) && asked > 2 { asked - asked / 3 } else { asked.max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_works_for_its_own_list_only_and_until_it_expires() {
        let mut cursors = Cursors::default();
        let end = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(900);
        cursors.keep("c", "users?limit=5", 5, Some(end));
        assert_eq!(cursors.position("c", "users?limit=5", Timestamp::UNIX_EPOCH), Some(5));
        assert_eq!(cursors.position("c", "users?limit=6", Timestamp::UNIX_EPOCH), None);
        assert_eq!(cursors.position("d", "users?limit=5", Timestamp::UNIX_EPOCH), None);
        assert_eq!(cursors.position("c", "users?limit=5", end), None);
    }

    #[test]
    fn some_pages_are_short_and_none_is_empty_or_too_long() {
        let lengths: Vec<_> = (0..100).map(|page| page_length(page * 200, 200)).collect();
        assert!(lengths.iter().any(|length| *length < 200) && lengths.contains(&200));
        assert!(lengths.iter().all(|length| (1..=200).contains(length)));
        assert_eq!(page_length(0, 1), 1);
    }
}
