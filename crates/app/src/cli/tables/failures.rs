//! What failed, as people read it.

use engine::engine::SyncPreview;
use engine::model::ReasonCount;

use super::super::failures::{Doubtful, FailureRow, Failures, Retrying};
use super::super::runs::RunRow;
use super::{name, runs, status_word};

/// Every group with its next step.
pub(in super::super) fn all(view: &Failures) -> String {
    if view.failures.is_empty() {
        return "Nothing failed.".into();
    }
    let mut text = String::new();
    for row in &view.failures {
        text.push_str(&group(row));
        let how = if row.failure.doubtful { "Look it up at the platform, and try them again" } else { "Try them again" };
        text.push_str(&format!("  → {how}: {}\n", row.retry));
    }
    text
}

fn group(row: &FailureRow) -> String {
    let failure = &row.failure;
    let since = failure.since.parse().map_or_else(|_| failure.since.clone(), super::time);
    let link = failure.reason.link.as_ref().map(|link| format!("\n    {link}")).unwrap_or_default();
    format!(
        "{}: {} since {since} UTC ({})\n  {}\n  → {}{link}\n",
        name(failure.platform),
        people_of(failure.people),
        failure.reason.kind,
        failure.reason.message,
        failure.reason.remedy
    )
}

fn people_of(count: u64) -> String {
    if count == 1 { "1 person".into() } else { format!("{count} people") }
}

/// What would be tried again.
pub(in super::super) fn would_retry(view: &Retrying) -> String {
    if view.platforms.is_empty() {
        return "Nothing of it failed.".into();
    }
    let mut text = String::new();
    for preview in &view.platforms {
        let SyncPreview { prompts, bots, guests, already, blocked, .. } = preview;
        text.push_str(&format!(
            "{}: {} would be tried again (prompts: {prompts}, bots: {bots}, guests: {guests}, under way: {already}, blocked: {blocked}).\n",
            name(preview.to),
            people_of(preview.total)
        ));
        for ReasonCount { reason, count } in &preview.reasons {
            text.push_str(&format!("  {count} cannot: {}\n  → {}\n", reason.message, reason.remedy));
        }
        text.push_str(&runs::held(&preview.held));
    }
    text
}

/// What trying again came to.
pub(in super::super) fn retried(view: &[RunRow]) -> String {
    if view.is_empty() { "Nothing of it failed.".into() } else { view.iter().map(runs::line).collect() }
}

/// Somebody for whom it perhaps happened.
pub(in super::super) fn doubtful(view: &Doubtful) -> String {
    let mut text = format!("{} on {}: {}\n", view.name, name(view.to), status_word(view.status));
    if let Some(reason) = &view.reason {
        let link = reason.link.as_ref().map(|link| format!("\n    {link}")).unwrap_or_default();
        text.push_str(&format!("  {}\n  → {}{link}\n", reason.message, reason.remedy));
    }
    text
}
