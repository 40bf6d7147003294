//! Table `audit`: every admin action and every effect on a platform, in order, each entry bound to the one before by a hash.
//!
//! Entries are written in the transaction of what they tell, and never changed: the table itself refuses updates and
//! deletions. Nothing secret and no message text is ever in one. The first entry holds a random word of this data folder, so that
//! parts of two logs never fit together. Whoever may write the file could still cut the newest entries off and go on from there;
//! that shows only against a hash that was noted elsewhere.

mod chain;
mod page;
mod word;

use std::borrow::Cow;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use crate::error::Result;
use crate::model::{PersonId, PlatformId, RunId};

use super::facts;
use chain::{Link, Look};

pub use chain::verify_lines;
pub use page::{AuditFilter, AuditPage};
pub(crate) use page::{after, newest, page};
pub(crate) use word::{Word, people};

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

/// The random word of this data folder that its log begins with.
const GENESIS: &str = "audit_genesis";
/// Who acts where nobody does.
const NOBODY: &str = "User Sync";

/// What is told: an act of the admin, or an effect on a platform.
#[derive(Clone, Debug)]
#[must_use]
pub(crate) struct Told<'a> {
    by: &'a str,
    word: Word,
    platform: Option<PlatformId>,
    person: Option<PersonId>,
    run: Option<RunId>,
    more: Cow<'a, str>,
}

/// What the admin did or confirmed.
pub(crate) fn act(by: &str, word: Word) -> Told<'_> {
    debug_assert!(word.is_act(), "{word:?}");
    Told { by, word, platform: None, person: None, run: None, more: Cow::Borrowed("") }
}

/// What followed by itself.
pub(crate) fn effect<'a>(word: Word) -> Told<'a> {
    debug_assert!(!word.is_act(), "{word:?}");
    Told { by: NOBODY, word, platform: None, person: None, run: None, more: Cow::Borrowed("") }
}

impl<'a> Told<'a> {
    /// Where.
    pub(crate) fn on(self, platform: impl Into<Option<PlatformId>>) -> Self {
        Self { platform: platform.into(), ..self }
    }

    /// About whom.
    pub(crate) fn about(self, person: impl Into<Option<PersonId>>) -> Self {
        Self { person: person.into(), ..self }
    }

    /// In which run.
    pub(crate) fn of(self, run: impl Into<Option<RunId>>) -> Self {
        Self { run: run.into(), ..self }
    }

    /// What the word's sentence cannot know, for example how many. Never a secret, never what a message says.
    pub(crate) fn more(self, more: impl Into<Cow<'a, str>>) -> Self {
        Self { more: more.into(), ..self }
    }

    /// Adds the entry for what `transaction` does.
    pub(crate) fn tell(&self, transaction: &Transaction<'_>, now: Timestamp) -> Result<()> {
        let (last, before) = last(transaction)?.unwrap_or_default();
        let sentence = self.word.sentence();
        let mut link = Link {
            id: last + 1,
            at: now.to_string(),
            actor: self.by.to_owned(),
            action: self.word.as_str().to_owned(),
            platform: self.platform.map(|platform| platform.to_string()),
            person: self.person.map(|person| person.to_string()),
            run: self.run.map(|run| run.to_string()),
            what: if self.more.is_empty() { format!("{sentence}.") } else { format!("{sentence}: {}.", self.more) },
            hash: String::new(),
        };
        link.hash = chain::hash(&before, &link)?;
        transaction
            .prepare_cached(
                "INSERT INTO audit (id, at, actor, action, platform, person, run, what, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                link.id,
                link.at,
                link.actor,
                link.action,
                link.platform,
                self.person.map(|person| person.0),
                self.run.map(|run| run.0),
                link.what,
                link.hash
            ])?;
        Ok(())
    }
}

/// The newest entry's number and hash.
fn last(connection: &Connection) -> Result<Option<(i64, String)>> {
    let mut statement = connection.prepare_cached("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")?;
    Ok(statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// Begins the log with a random word, once in the life of a data folder.
pub(crate) fn begin(transaction: &Transaction<'_>, word: &str, now: Timestamp) -> Result<()> {
    if facts::get(transaction, GENESIS)?.is_some() {
        return Ok(());
    }
    facts::set(transaction, GENESIS, word)?;
    effect(Word::LogBegun).more(word).tell(transaction, now)
}

/// Whether every entry fits to the one before, and the first one to this data folder. `head`: a hash noted earlier, which must still
/// stand in the log.
pub(crate) fn verify(connection: &Connection, head: Option<String>) -> Result<AuditVerdict> {
    let mut look = Look::new(head)?;
    let genesis = facts::get(connection, GENESIS)?;
    let mut statement =
        connection.prepare_cached("SELECT id, at, actor, action, platform, person, run, what, hash FROM audit ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let link = link(row)?;
        if look.due() == 1 && link.id == 1 && genesis.as_ref().is_none_or(|genesis| !link.what.contains(genesis.as_str())) {
            look.is_broken("The log was begun in another data folder.".to_owned());
            break;
        }
        if !look.next(&link)? {
            break;
        }
    }
    Ok(look.verdict())
}

fn link(row: &Row<'_>) -> Result<Link> {
    Ok(Link {
        id: row.get(0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        platform: row.get(4)?,
        person: row.get::<_, Option<i64>>(5)?.map(|person| PersonId(person).to_string()),
        run: row.get::<_, Option<i64>>(6)?.map(|run| RunId(run).to_string()),
        what: row.get(7)?,
        hash: row.get(8)?,
    })
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

/// Whether the log is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct AuditVerdict {
    /// How many entries stand unbroken.
    pub entries: u64,
    /// The hash of the last of them: noted elsewhere, it shows later whether the end of the log was cut off. Empty without entries.
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

#[cfg(test)]
mod tests;
