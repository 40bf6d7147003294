//! The chain: what an entry's hash is made of, and the look whether all entries fit together.
//!
//! The hash is the SHA-256, in hexadecimal, of the hash before (nothing at the first entry), a line break, and the entry's other
//! values as a JSON array, in the order and form in which an export tells them. So a few lines in any language can verify one.

use std::fmt::Write;
use std::io::BufRead;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Kind, Result};

use super::word::Word;
use super::{AuditBreak, AuditVerdict};

/// The longest line of an exported file that is read: ours are far shorter, and a file of one endless line must not fill the memory.
const LINE: u64 = 64 * 1024;

/// The values of an entry, as text and numbers: what was tampered with may be no platform and no person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Link {
    pub(super) id: i64,
    pub(super) at: String,
    pub(super) actor: String,
    pub(super) action: String,
    pub(super) platform: Option<String>,
    pub(super) person: Option<String>,
    pub(super) run: Option<String>,
    pub(super) what: String,
    pub(super) hash: String,
}

/// The hash of an entry after one with the hash `before`.
pub(super) fn hash(before: &str, link: &Link) -> Result<String> {
    let Link { id, at, actor, action, platform, person, run, what, hash: _ } = link;
    let values = serde_json::to_vec(&(id, at, actor, action, platform, person, run, what))
        .map_err(|error| Error::new(Kind::Bug, "audit", "An entry of the audit log cannot be written.").with("json", error.to_string()))?;
    let digest = Sha256::new().chain_update(before).chain_update("\n").chain_update(values).finalize();
    let mut hexadecimal = String::with_capacity(64);
    for byte in digest {
        write!(hexadecimal, "{byte:02x}").map_err(|_| Error::new(Kind::Bug, "audit", "A hash cannot be written."))?;
    }
    Ok(hexadecimal)
}

/// Looks at one entry after the other; holds none of them.
pub(super) struct Look {
    entries: u64,
    last: String,
    /// The hash that must still stand in the log.
    wanted: Option<String>,
    broken: Option<AuditBreak>,
}

impl Look {
    /// Errors: `Kind::Invalid` when `head` is no hash.
    pub(super) fn new(head: Option<String>) -> Result<Self> {
        let wanted = head.map(|head| head.trim().to_ascii_lowercase());
        if wanted.as_ref().is_some_and(|head| head.len() != 64 || !head.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            return Err(Error::invalid(
                "audit",
                "This is not a hash of the audit log.",
                "Give all 64 characters of the hash that you noted, or none.",
            ));
        }
        Ok(Self { entries: 0, last: String::new(), wanted, broken: None })
    }

    /// The next entry; false when the chain is broken, and nothing after it tells anything.
    pub(super) fn next(&mut self, link: &Link) -> Result<bool> {
        let due = self.due();
        let why = if link.id != due {
            Some(match link.id > due {
                true => format!("Entry {due} is missing."),
                false => format!("Entry {} stands where entry {due} belongs.", link.id),
            })
        } else if due == 1 && link.action != Word::LogBegun.as_str() {
            Some("The log does not begin with its first entry.".to_owned())
        } else if hash(&self.last, link)? != link.hash {
            Some("It was changed, or the entry before it was.".to_owned())
        } else {
            None
        };
        if let Some(why) = why {
            self.is_broken(why);
            return Ok(false);
        }
        self.entries += 1;
        self.last.clone_from(&link.hash);
        if self.wanted.as_ref() == Some(&self.last) {
            self.wanted = None;
        }
        Ok(true)
    }

    /// The number that the next entry must have.
    pub(super) fn due(&self) -> i64 {
        i64::try_from(self.entries).unwrap_or(i64::MAX).saturating_add(1)
    }

    /// The chain breaks at the entry that is due.
    pub(super) fn is_broken(&mut self, why: String) {
        let id = self.due();
        self.broken.get_or_insert(AuditBreak { id, why });
    }

    /// What came of it.
    pub(super) fn verdict(mut self) -> AuditVerdict {
        if self.entries == 0 && self.broken.is_none() {
            self.is_broken("The log is empty; one that was begun has at least one entry.".to_owned());
        }
        if self.broken.is_none() && self.wanted.is_some() {
            self.is_broken(
                "The noted hash is of no entry: the end of the log was cut off after it was noted, or it is another log's.".to_owned(),
            );
        }
        AuditVerdict { entries: self.entries, head: self.last, broken: self.broken }
    }
}

/// Verifies an export in JSON lines by itself, without the data folder it came from.
///
/// An end that was cut off is found only with `head`, a hash that was noted earlier. Errors: `Kind::Storage` when the file cannot be
/// read, `Kind::Invalid` when `head` is no hash; what is wrong with the log is in the verdict.
pub fn verify_lines(mut file: impl BufRead, head: Option<String>) -> Result<AuditVerdict> {
    let mut look = Look::new(head)?;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = std::io::Read::take(&mut file, LINE).read_until(b'\n', &mut line).map_err(|error| {
            Error::new(Kind::Storage, "audit", format!("The file cannot be read: {error}."))
                .ask_admin("Look whether it is there and may be read.")
        })?;
        if read == 0 {
            return Ok(look.verdict());
        }
        let Ok(link) = serde_json::from_slice::<Link>(&line) else {
            look.is_broken("This line is no entry of an audit log.".to_owned());
            return Ok(look.verdict());
        };
        if !look.next(&link)? {
            return Ok(look.verdict());
        }
    }
}
