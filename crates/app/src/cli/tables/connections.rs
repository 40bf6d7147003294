//! Connections as people read them, and what became of one that was ended.

use engine::engine::{ConnectionView, DisconnectPreview, DisconnectView};

use super::{name, table, time};

pub(in super::super) fn all(connections: &[ConnectionView]) -> String {
    if connections.is_empty() {
        return "No platform is connected. Connect one: usersync connect PLATFORM".into();
    }
    let mut table = table(&["Platform", "Tenant", "Sender", "State", "Imported (UTC)"]);
    for view in connections {
        let mut state = match (view.signed_out, view.missing_scopes.len()) {
            (true, _) => format!("signed out: usersync connect {}", view.platform),
            (false, 0) => "connected".to_owned(),
            (false, 1) => format!("connected, without {}", view.missing_scopes[0].scope),
            (false, missing) => format!("connected, {missing} permissions missing"),
        };
        for (question, answer) in &view.answers {
            state.push_str(&format!(", {}: {answer}", question.replace('_', " ")));
        }
        if !view.left_out.is_empty() {
            state.push_str(&format!(", not asked for: {}", view.left_out.join(", ")));
        }
        let imported = view.imported_at.as_ref().and_then(|text| text.parse::<jiff::Timestamp>().ok()).map(time);
        let [tenant, sender, imported] =
            [view.tenant_name.clone(), view.sender.clone(), imported].map(|text| text.unwrap_or_else(|| "–".into()));
        table.add_row([view.name.clone(), tenant, sender, state, imported]);
    }
    let mut text = table.to_string();
    for view in connections {
        for advice in &view.advice {
            let link = advice.link.as_ref().map(|link| format!("\n    {link}")).unwrap_or_default();
            text.push_str(&format!("\n{}: {}\n  → {}{link}", view.name, advice.message, advice.remedy));
        }
    }
    text
}

/// What a disconnection would end, and what hangs on the connection.
pub(in super::super) fn would_disconnect(view: &DisconnectPreview) -> String {
    let mut lines = vec![format!("{} would be disconnected, and its credentials deleted.", name(view.platform))];
    if !view.tokens.is_empty() {
        lines.push(format!("  Would end, as far as the platform lets them: {}.", view.tokens.join(", ")));
    }
    let syncs: u64 = view.syncs.values().sum();
    if syncs > 0 {
        lines.push(format!("  Syncs to it that would rest until it is connected again: {syncs}."));
    }
    if view.grants > 0 {
        lines.push(format!("  Employees' sign-ins that would stay sealed, for a reset: {}.", view.grants));
    }
    if view.prompts > 0 {
        lines.push(format!("  Open prompts in it that nobody could edit or read the answers to: {}.", view.prompts));
    }
    lines.join("\n")
}

/// What a disconnection ended, and what is left.
pub(in super::super) fn disconnected(view: &DisconnectView) -> String {
    let mut lines = vec![format!("{} is disconnected and its credentials are deleted.", name(view.platform))];
    let syncs: u64 = view.syncs.values().sum();
    if syncs > 0 {
        lines.push(format!("  Syncs to it rest until it is connected again: {syncs}."));
    }
    if view.grants > 0 {
        lines.push(format!("  Employees' sign-ins that stay sealed, for a reset: {}.", view.grants));
    }
    lines.extend(view.gone.iter().map(|gone| format!("  Ended: {gone}.")));
    for left in &view.left {
        let link = left.link.as_ref().map(|link| format!(" {link}")).unwrap_or_default();
        lines.push(format!("  Left: {} ({}){link}", left.what, left.why));
    }
    lines.join("\n")
}
