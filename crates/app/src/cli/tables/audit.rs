//! The audit log as people read it.

use engine::store::audit::{AuditPage, AuditVerdict};

use super::{name, table, time};

/// Part of the log, newest first.
pub(in super::super) fn page(page: &AuditPage) -> String {
    if page.entries.is_empty() {
        return "Nothing is in the audit log.".into();
    }
    let mut table = table(&["No.", "When (UTC)", "Who", "What", "Platform", "Person", "Run"]);
    for entry in &page.entries {
        let at = entry.at.parse().map_or_else(|_| entry.at.clone(), time);
        let word = |text: Option<String>| text.unwrap_or_default();
        table.add_row([
            entry.id.to_string(),
            at,
            entry.actor.clone(),
            entry.what.clone(),
            word(entry.platform.map(name)),
            word(entry.person.map(|person| person.to_string())),
            word(entry.run.map(|run| run.to_string())),
        ]);
    }
    let next = page.before.map(|before| format!("\nWhat was before: usersync audit --before {before}")).unwrap_or_default();
    format!("{table}{next}")
}

/// Whether the log is whole.
pub(in super::super) fn verdict(verdict: &AuditVerdict) -> String {
    match &verdict.broken {
        Some(broken) => format!(
            "▲ The audit log was changed. Entry {}: {}\n  → Keep a copy of the data folder as it is, and find out who had access to this computer.",
            broken.id, broken.why
        ),
        None => format!(
            "✓ {} entries, each fits to the one before.\nThe newest entry's hash: {}\n  → Note it elsewhere: an end that was cut off shows only against a hash that was noted (usersync audit verify --head HASH).",
            verdict.entries, verdict.head
        ),
    }
}
