//! Values longer than an operating system takes: split into numbered entries, put together again, and never mixed up.
//!
//! The smallest limit in use is 2,560 bytes of UTF-16. A value is written beside the old one (two sides, used in turn)
//! and becomes valid with its first entry, written last; so a crash leaves the old value or the new one. What does not
//! fit together all the same (an entry deleted by hand) is told apart by a checksum. Knows no operating system.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::Secret;

/// UTF-16 units that one entry takes, with room for the header.
const ROOM: usize = 2560 / 2 - 80;
const FORM: &str = "user-sync-1";

/// Named texts: the operating system's side.
pub(super) trait Entries {
    /// What can go wrong.
    type Error;
    /// The text, `None` when there is none.
    fn read(&self, name: &str) -> Result<Option<String>, Self::Error>;
    /// Stores or replaces.
    fn write(&self, name: &str, text: &str) -> Result<(), Self::Error>;
    /// Removes; a missing one is fine.
    fn remove(&self, name: &str) -> Result<(), Self::Error>;
}

/// Why a value cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable<E> {
    /// Its entries do not fit together.
    Damaged,
    /// The operating system says no.
    Refused(E),
}

impl<E> From<E> for Unreadable<E> {
    fn from(error: E) -> Self {
        Self::Refused(error)
    }
}

/// Reads a value.
pub(super) fn read<T: Entries>(entries: &T, name: &str) -> Result<Option<Secret>, Unreadable<T::Error>> {
    let Some(first) = entries.read(name)? else { return Ok(None) };
    let (header, text) = Header::split(&first).ok_or(Unreadable::Damaged)?;
    let mut whole = text.to_owned();
    for number in 2..=header.count {
        whole.push_str(&entries.read(&part(name, header.side, number))?.ok_or(Unreadable::Damaged)?);
    }
    if checksum(&whole) == header.checksum { Ok(Some(Secret::new(whole))) } else { Err(Unreadable::Damaged) }
}

/// Writes a value in the place of the old one.
pub(super) fn write<T: Entries>(entries: &T, name: &str, secret: &Secret) -> Result<(), T::Error> {
    let old = entries.read(name)?.and_then(|first| Header::split(&first).map(|(header, _)| (header.side, header.count)));
    let side = match old {
        Some(('a', _)) => 'b',
        _ => 'a',
    };
    let parts = split(secret.expose());
    for (number, text) in (1..).zip(&parts).skip(1) {
        entries.write(&part(name, side, number), text)?;
    }
    let header = Header { side, count: parts.len(), checksum: checksum(secret.expose()) };
    entries.write(name, &format!("{}{}", header.line(), parts.first().copied().unwrap_or_default()))?;
    match old {
        Some((side, count)) if count > 1 => clear(entries, name, side),
        _ => Ok(()),
    }
}

/// Removes a value with everything that an interrupted write may have left.
pub(super) fn remove<T: Entries>(entries: &T, name: &str) -> Result<(), T::Error> {
    entries.remove(name)?;
    clear(entries, name, 'a')?;
    clear(entries, name, 'b')
}

/// Removes a side from its end, so that an interruption leaves no gap behind which entries would be forgotten.
fn clear<T: Entries>(entries: &T, name: &str, side: char) -> Result<(), T::Error> {
    let mut end = 2;
    while entries.read(&part(name, side, end))?.is_some() {
        end += 1;
    }
    (2..end).rev().try_for_each(|number| entries.remove(&part(name, side, number)))
}

fn part(name: &str, side: char, number: usize) -> String {
    format!("{name} {side}{number}")
}

struct Header {
    side: char,
    count: usize,
    checksum: String,
}

impl Header {
    fn line(&self) -> String {
        format!("{FORM} {} {} {}\n", self.side, self.count, self.checksum)
    }

    fn split(text: &str) -> Option<(Self, &str)> {
        let (line, rest) = text.split_once('\n')?;
        let mut words = line.split(' ');
        let (form, side, count, checksum) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let side = ['a', 'b'].into_iter().find(|known| side == known.to_string())?;
        let count = count.parse().ok().filter(|count| (1..=1000).contains(count))?;
        (form == FORM && words.next().is_none()).then(|| (Self { side, count, checksum: checksum.to_owned() }, rest))
    }
}

fn checksum(text: &str) -> String {
    Sha256::digest(text).iter().take(8).fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut units) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        if units + letter.len_utf16() > ROOM {
            parts.push(&text[start..at]);
            (start, units) = (at, 0);
        }
        units += letter.len_utf16();
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeMap;

    /// Takes 2,560 bytes of UTF-16 and dies after some writes.
    #[derive(Default)]
    struct Limited {
        texts: RefCell<BTreeMap<String, String>>,
        left: Cell<Option<usize>>,
    }

    impl Limited {
        fn spend(&self) -> Result<(), &'static str> {
            match self.left.get() {
                Some(0) => Err("crashed"),
                Some(left) => {
                    self.left.set(Some(left - 1));
                    Ok(())
                }
                None => Ok(()),
            }
        }
    }

    impl Entries for Limited {
        type Error = &'static str;

        fn read(&self, name: &str) -> Result<Option<String>, Self::Error> {
            Ok(self.texts.borrow().get(name).cloned())
        }

        fn write(&self, name: &str, text: &str) -> Result<(), Self::Error> {
            self.spend()?;
            if text.encode_utf16().count() * 2 > 2560 {
                return Err("too long");
            }
            self.texts.borrow_mut().insert(name.into(), text.into());
            Ok(())
        }

        fn remove(&self, name: &str) -> Result<(), Self::Error> {
            self.spend()?;
            self.texts.borrow_mut().remove(name);
            Ok(())
        }
    }

    fn long(letter: char, count: usize) -> Secret {
        Secret::new(letter.to_string().repeat(count))
    }

    proptest! {
        #[test]
        fn any_text_comes_back_as_it_was(text in "(\\PC|\n|😀){0,400}", times in 1_usize..12) {
            let (entries, secret) = (Limited::default(), Secret::new(text.repeat(times)));
            write(&entries, "name", &secret).unwrap();
            prop_assert_eq!(read(&entries, "name").unwrap(), Some(secret));
        }
    }

    #[test]
    fn a_crash_at_any_write_leaves_the_old_value_or_the_new_one() {
        for crash in 0..12 {
            let (entries, old, new) = (Limited::default(), long('o', 5000), long('n', 4000));
            write(&entries, "name", &old).unwrap();
            entries.left.set(Some(crash));
            let written = write(&entries, "name", &new);
            entries.left.set(None);
            let found = read(&entries, "name").unwrap().unwrap();
            assert!(found == old || found == new, "crash after {crash} writes");
            assert!(written.is_err() || found == new);
            write(&entries, "name", &long('z', 3000)).unwrap();
            assert_eq!(read(&entries, "name").unwrap(), Some(long('z', 3000)));
            remove(&entries, "name").unwrap();
            assert!(entries.texts.borrow().is_empty(), "something was left after crash {crash}");
        }
    }

    #[test]
    fn a_value_whose_entries_do_not_fit_together_is_damaged_and_can_be_replaced() {
        let spoil: [fn(&mut BTreeMap<String, String>); 4] = [
            |texts| drop(texts.remove("name a2")),
            |texts| drop(texts.insert("name a2".into(), "x".into())),
            |texts| drop(texts.insert("name".into(), "something else".into())),
            |texts| drop(texts.insert("name".into(), format!("{FORM} a 99999999999 x\n"))),
        ];
        for spoil in spoil {
            let entries = Limited::default();
            write(&entries, "name", &long('o', 3000)).unwrap();
            spoil(&mut entries.texts.borrow_mut());
            assert_eq!(read(&entries, "name"), Err(Unreadable::Damaged));
            write(&entries, "name", &long('n', 3000)).unwrap();
            assert_eq!(read(&entries, "name").unwrap(), Some(long('n', 3000)));
        }
    }

    #[test]
    fn a_shorter_value_leaves_nothing_of_a_longer_one() {
        let entries = Limited::default();
        write(&entries, "name", &long('o', 9000)).unwrap();
        write(&entries, "name", &Secret::new("short")).unwrap();
        assert_eq!(entries.texts.borrow().len(), 1);
        assert_eq!(read(&entries, "other").unwrap(), None);
    }
}
