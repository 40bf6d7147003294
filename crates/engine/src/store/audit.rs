//! Table `audit`: every admin action and every effect on a platform, in order, each entry bound to the one before by a hash.
//!
//! Entries are written in the transaction of what they tell, and never changed: the table itself refuses updates and
//! deletions. Nothing secret and no message text is ever in one.

use jiff::Timestamp;
use rusqlite::Transaction;
use serde::Serialize;

use crate::error::Result;
use crate::model::{PersonId, PlatformId, RunId};

/// The table. `hash` is SHA-256 over the entry's other columns and the hash of the entry before.
pub(super) const MIGRATIONS: &[&str] = &["
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        platform TEXT,
        person INTEGER,
        run INTEGER,
        what TEXT NOT NULL,
        hash TEXT NOT NULL
    ) STRICT;
    CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit log is never changed'); END;
    CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit log is never cut'); END;
    CREATE INDEX audit_by_person ON audit (person) WHERE person IS NOT NULL;
    CREATE INDEX audit_by_run ON audit (run) WHERE run IS NOT NULL;
"];

/// What is told: an action of the admin, or an effect on a platform.
#[derive(Clone, Debug)]
pub(crate) struct Told<'a> {
    /// On whose word: the admin's name, or nobody's for what follows by itself.
    pub(crate) by: Option<&'a str>,
    /// A word of `snake_case`: `sync_confirmed`, `prompt_sent`, `guest_invited` …
    pub(crate) action: &'static str,
    /// Where.
    pub(crate) platform: Option<PlatformId>,
    /// About whom.
    pub(crate) person: Option<PersonId>,
    /// In which run.
    pub(crate) run: Option<RunId>,
    /// One short sentence for people, without secrets and without message text.
    pub(crate) what: &'a str,
}

/// Adds an entry for what `transaction` does.
pub(crate) fn tell(_transaction: &Transaction<'_>, _told: &Told<'_>, _now: Timestamp) -> Result<()> {
    Ok(())
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct AuditEntry {
    /// Grows by one each.
    pub id: i64,
    /// When, RFC 3339.
    pub at: String,
    /// Who: the user of this computer on whose word it happened; `User Sync` for what follows by itself.
    pub actor: String,
    /// What was done, in one word.
    pub action: String,
    /// Where.
    pub platform: Option<PlatformId>,
    /// About whom.
    pub person: Option<PersonId>,
    /// In which run.
    pub run: Option<RunId>,
    /// The same in a sentence.
    pub what: String,
    /// Binds it to the entry before: SHA-256 in hexadecimal.
    pub hash: String,
}

/// Part of the audit log, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, specta::Type)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// Ask with this for what was before; null at the end.
    pub before: Option<i64>,
}

/// Whether the log is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct AuditVerdict {
    /// How many entries there are.
    pub entries: u64,
    /// The newest entry's hash: kept elsewhere, it proves later that nothing was cut off. Empty without entries.
    pub head: String,
    /// The first entry that does not fit to the one before, and why; null when all do.
    pub broken: Option<AuditBreak>,
}

/// Where the chain breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct AuditBreak {
    /// The entry.
    pub id: i64,
    /// What is wrong with it, in a sentence.
    pub why: String,
}
