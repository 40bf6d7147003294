//! The audit log as programs see it: listed, verified, and told what only they know of.

use crate::error::Result;
use crate::store::audit::{self, AuditEntry, AuditFilter, AuditPage, AuditVerdict, Word};

use super::{Engine, Reading};

impl Reading {
    /// The audit log, newest first; `before` is from the page before.
    pub async fn audit(&self, filter: AuditFilter, before: Option<i64>, limit: u32) -> Result<AuditPage> {
        self.store.read(move |db| audit::page(db, &filter, before, limit)).await
    }

    /// The number of the newest entry of the audit log.
    pub async fn audit_newest(&self) -> Result<i64> {
        self.store.read(audit::newest).await
    }

    /// The entries of the audit log after one, oldest first.
    pub async fn audit_after(&self, after: i64, limit: u32) -> Result<Vec<AuditEntry>> {
        self.store.read(move |db| audit::after(db, after, limit)).await
    }

    /// Whether every entry of the audit log fits to the one before. `head`: a hash noted earlier, which must still stand in it; without
    /// one, an end that was cut off does not show.
    ///
    /// Errors: `Kind::Invalid` when `head` is no hash.
    pub async fn verify_audit(&self, head: Option<String>) -> Result<AuditVerdict> {
        self.store.read(move |db| audit::verify(db, head)).await
    }
}

impl Engine {
    /// Tells the audit log that a list leaves the data folder; `what` names it in a few words.
    pub async fn tell_export(&self, what: &str) -> Result<()> {
        let (actor, what, now) = (self.shared.actor.clone(), what.to_owned(), self.shared.now());
        self.shared.store.write(move |transaction| audit::act(&actor, Word::ListExported).more(what).tell(transaction, now)).await
    }
}

#[cfg(test)]
mod tests;
