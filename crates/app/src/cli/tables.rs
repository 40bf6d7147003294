//! Answers as people read them: tables and short sentences. Words only, no rules.

pub(super) mod audit;
pub(super) mod connections;
pub(super) mod failures;
pub(super) mod runs;

use std::collections::BTreeMap;

use comfy_table::{ContentArrangement, Table};
use engine::engine::{DecisionPreview, ImportPreview, ImportView, PeopleChange, PrimaryView, TeamView};
use engine::model::{Guarded, PlatformId, Reason, ReasonCount, Status, StopLimits};
use engine::people::import::Imported;
use engine::people::list::PeoplePage;
use engine::people::preview::PrimaryPreview;
use engine::people::views::{PersonView, StatusView};
use engine::sync::SyncView;
use engine::sync::plan::{BlockedRow, PlanView};
use engine::sync::{PersonReset, ResetPreview, UndoneView};

use super::people::ConflictRow;
use super::syncs::{Planned, Synced};

/// How many rows of a long result are shown; `--json` has all of them.
const ROWS: usize = 40;

/// A line below the head and nothing else.
const HEADER_LINE: &str = "     ──            ";

fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(HEADER_LINE).set_content_arrangement(ContentArrangement::Dynamic).set_header(head);
    // A terminal that names no width, or none that a table could stand in.
    if table.width().is_none_or(|width| width < 40) {
        table.set_width(140);
    }
    table
}

fn name(platform: PlatformId) -> String {
    platforms::all().get(platform).map_or_else(|_| platform.to_string(), |known| known.info().name.to_owned())
}

/// Symbol and word: never one alone.
fn status_word(status: Status) -> &'static str {
    match status {
        Status::Synced => "✓ synced",
        Status::Pending => "◷ pending",
        Status::Failed => "▲ failed",
        Status::NotSynced => "↻ not synced",
    }
}

/// A detail's word as people read it.
fn detail(word: Option<&str>) -> String {
    word.map(|word| format!(" ({})", word.replace('_', " "))).unwrap_or_default()
}

fn time(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn more(shown: usize, all: usize) -> String {
    if all > shown { format!("\n… and {} more (--json lists all).", all - shown) } else { String::new() }
}

/// How many rows are not shown, in a line of its own.
fn rest(all: usize) -> String {
    let more = more(ROWS, all);
    if more.is_empty() { more } else { format!("{}\n", more.trim_start()) }
}

pub(super) fn teams(teams: &[TeamView]) -> String {
    if teams.is_empty() {
        return "There are no teams; import reads everyone.".into();
    }
    let mut table = table(&["Team", "Id", "Chosen"]);
    for team in teams {
        table.add_row([team.name.as_str(), team.id.as_str(), if team.chosen { "yes" } else { "" }]);
    }
    table.to_string()
}

pub(super) fn imported(view: &ImportView) -> String {
    read(&view.platforms, &view.errors)
}

/// What an import would bring.
pub(super) fn would_import(view: &ImportPreview) -> String {
    format!("{}\n{}", read(&view.platforms, &view.errors), people_change(&view.people))
}

/// What a decision about who is whom would change.
pub(super) fn would_decide(view: &DecisionPreview) -> String {
    let people: String = view.people.iter().take(ROWS).map(person).collect();
    format!("{}\n{people}", people_change(&view.change))
}

fn people_change(change: &PeopleChange) -> String {
    let PeopleChange { new, changed, gone, syncs_touched, conflicts } = change;
    let syncs =
        if *syncs_touched > 0 { format!(" Syncs of people who change: {syncs_touched}; they stay as they are.") } else { String::new() };
    format!("People: {new} new, {changed} changed, {gone} gone. Conflicts then: {conflicts}.{syncs}")
}

fn read(platforms: &BTreeMap<PlatformId, Imported>, errors: &BTreeMap<PlatformId, Reason>) -> String {
    let mut table = table(&["Platform", "Accounts", "New", "Changed", "Gone"]);
    for (platform, counts) in platforms {
        table.add_row([
            name(*platform),
            counts.accounts.to_string(),
            counts.new.to_string(),
            counts.changed.to_string(),
            counts.gone.to_string(),
        ]);
    }
    let errors: String =
        errors.iter().map(|(platform, reason)| format!("\n{}: {} {}", name(*platform), reason.message, reason.remedy)).collect();
    format!("{table}{errors}")
}

fn syncs(person: &PersonView) -> String {
    if !person.offered {
        return "not offered".into();
    }
    if person.primary.is_none() {
        let choices: Vec<&str> = person.primary_choices.iter().map(PlatformId::as_str).collect();
        return format!("choose the primary platform: {}", choices.join(", "));
    }
    let parts: Vec<String> = person
        .syncs
        .iter()
        .map(|(platform, sync)| format!("{platform} {}{}", status_word(sync.status), detail(sync.detail.as_deref())))
        .collect();
    parts.join(" · ")
}

pub(super) fn people(page: &PeoplePage) -> String {
    if page.people.is_empty() {
        return "Nobody matches.".into();
    }
    let mut table = table(&["User", "E-mail", "Primary platform", "Sync status"]);
    for person in &page.people {
        let primary = person.primary.map_or_else(|| "–".to_owned(), name);
        table.add_row([person.name.clone(), person.email.clone().unwrap_or_else(|| person.id.to_string()), primary, syncs(person)]);
    }
    let next = page.next.as_ref().map(|cursor| format!(" Next page: --after {cursor}")).unwrap_or_default();
    format!("{table}\n{} of {} people.{next}", page.people.len(), page.total)
}

pub(super) fn person(person: &PersonView) -> String {
    let mut text = format!(
        "{} ({})\n  {}\n  primary platform: {}\n",
        person.name,
        person.id,
        person.email.as_deref().unwrap_or("no e-mail"),
        person.primary.map_or_else(|| "not chosen".to_owned(), name)
    );
    for (platform, account) in &person.accounts {
        let state = if account.active { "" } else { ", deactivated" };
        text.push_str(&format!("  account on {}: {} ({}{state})\n", name(*platform), account.id, account.kind));
    }
    for (platform, sync) in &person.syncs {
        text.push_str(&format!("  {}: {}{}\n", name(*platform), status_word(sync.status), detail(sync.detail.as_deref())));
        if let Some(Reason { message, remedy, .. }) = &sync.reason {
            text.push_str(&format!("    {message}\n    → {remedy}\n"));
        }
    }
    text
}

pub(super) fn conflicts(conflicts: &[ConflictRow]) -> String {
    if conflicts.is_empty() {
        return "No conflicts: everybody was matched without a guess.".into();
    }
    let mut text = String::new();
    for ConflictRow { conflict, next_step } in conflicts {
        text.push_str(&format!("{} share {}:\n", conflict.id, conflict.addresses.join(", ")));
        for account in &conflict.accounts {
            text.push_str(&format!(
                "  {}:{}  {} <{}>, now {}\n",
                account.platform,
                account.id,
                account.name,
                account.email.as_deref().unwrap_or("–"),
                account.person
            ));
        }
        text.push_str(&format!("  → {}\n", next_step));
    }
    text
}

pub(super) fn status(view: &StatusView) -> String {
    let mut table = table(&["Platform", "✓ Synced", "◷ Pending", "▲ Failed", "↻ Not synced"]);
    for (platform, counts) in &view.by_platform {
        table.add_row([
            name(*platform),
            counts.synced.to_string(),
            counts.pending.to_string(),
            counts.failed.to_string(),
            counts.not_synced.to_string(),
        ]);
    }
    format!("{table}\n{} people, {} conflicts.", view.people, view.conflicts)
}

pub(super) fn would_reset(view: &PrimaryView) -> String {
    let rows = view.people.iter().filter(|row| !row.changed && !row.would_reset.is_empty());
    let lines: Vec<String> = rows
        .take(ROWS)
        .map(|row| {
            format!(
                "{}: the syncs to {} would be reset.",
                row.person,
                row.would_reset.iter().map(|platform| name(*platform)).collect::<Vec<_>>().join(", ")
            )
        })
        .collect();
    lines.join("\n")
}

pub(super) fn primary(view: &PrimaryView) -> String {
    let mut text = format!("{} changed.", view.changed);
    for held in &view.held {
        text.push_str(&format!(
            "\n  Stop limit: of {} {}, {} were let through; {} stay as they are.\n  → Do it again for the next ones, or change the limit: usersync limits",
            held.wanted,
            guarded(held.what),
            held.allowed,
            held.held
        ));
    }
    if view.unconfirmed > 0 && view.held.is_empty() {
        text.push_str(&format!(" {} not changed, because their syncs would be reset; confirm with --yes.", view.unconfirmed));
    }
    for row in view.people.iter().filter_map(|row| row.reason.as_ref()).take(ROWS) {
        text.push_str(&format!("\n{}\n  → {}", row.message, row.remedy));
    }
    text
}

pub(super) fn plan(view: &Planned) -> String {
    format!("{}{}", plan_rows(&view.plan), runs::held(&view.held))
}

pub(super) fn plan_rows(view: &PlanView) -> String {
    let mut text = String::new();
    if !view.steps.is_empty() {
        let mut table = table(&["User", "To", "What happens"]);
        for row in view.steps.iter().take(ROWS) {
            let what = if row.steps.is_empty() { "nothing: it stands already".to_owned() } else { row.steps.join(" → ") };
            table.add_row([row.name.clone(), name(row.to), what]);
        }
        text.push_str(&format!("{table}{}\n", more(ROWS, view.steps.len())));
    }
    for row in view.blocked.iter().take(ROWS) {
        text.push_str(&blocked(row));
    }
    text.push_str(&rest(view.blocked.len()));
    let counts: Vec<String> = view.counts.iter().map(|(word, count)| format!("{count} {}", word.replace('_', " "))).collect();
    text.push_str(&format!("In all: {}.\n", if counts.is_empty() { "nobody".to_owned() } else { counts.join(", ") }));
    text
}

pub(super) fn blocked(row: &BlockedRow) -> String {
    format!("{} cannot be synced to {}: {}\n  → {}\n", row.name, name(row.to), row.message, row.remedy)
}

/// How each person's sync stands after an act, with the reason and the next step where it failed.
pub(super) fn outcomes(view: &SyncView) -> String {
    let mut text = String::new();
    for row in view.people.iter().take(ROWS) {
        text.push_str(&format!("{} on {}: {}{}\n", row.name, name(row.to), status_word(row.status), detail(row.detail.as_deref())));
        if let Some(reason) = &row.reason {
            text.push_str(&format!("  {}\n  → {}\n", reason.message, reason.remedy));
        }
    }
    text
}

pub(super) fn synced(answer: &Synced) -> String {
    let view = &answer.view;
    let mut text = outcomes(view);
    text.push_str(&rest(view.people.len()));
    text.push_str(&format!(
        "Run {}: {} synced, {} waiting, {} failed, {} blocked.\n",
        view.run, view.done, view.waiting, view.failed, view.blocked
    ));
    if answer.held > 0 {
        text.push_str(&runs::held(&answer.limits));
        text.push_str(&format!("  → Let them go on: usersync approve {}\n", view.run));
    }
    if view.waiting > answer.held {
        text.push_str("  → See what became of those who wait: usersync work (or wait for them: usersync sync … --wait)\n");
    }
    text
}

/// What choosing a primary platform would do.
pub(super) fn would_choose(view: &PrimaryPreview) -> String {
    let mut text = format!("{} would change to {}, {} have it already.\n", view.changes, name(view.to), view.unchanged);
    if view.resets > 0 {
        text.push_str(&format!("The syncs of {} would be reset first:\n", view.resets));
    }
    for row in view.would_reset.iter().take(ROWS) {
        let platforms: Vec<String> = row.platforms.iter().map(|platform| name(*platform)).collect();
        text.push_str(&format!("  {}: {}\n", row.name, platforms.join(", ")));
    }
    text.push_str(&runs::held(&view.held));
    for ReasonCount { reason, count } in &view.refused {
        text.push_str(&format!("{count} cannot: {}\n  → {}\n", reason.message, reason.remedy));
    }
    text
}

/// What the reset of many would do.
pub(super) fn resets(view: &ResetPreview) -> String {
    let people = if view.people == 1 { "1 person is selected.".into() } else { format!("{} people are selected.", view.people) };
    format!("{people}\n{}{}", runs::goes_and_stays(&view.goes, &view.stays), runs::held(&view.held))
}

/// The stop limits.
pub(super) fn limits(limits: &StopLimits) -> String {
    let mut table = table(&["Stop limit", "In one run at most", "Or a share of"]);
    for what in Guarded::ALL {
        let limit = limits.of(what);
        let count = limit.count.map_or_else(|| "–".into(), |count| count.to_string());
        let of = if what == Guarded::Dismissals { "the bots and guests in use" } else { "all people" };
        let share = limit.percent.map_or_else(|| "–".into(), |percent| format!("{percent} % of {of}"));
        table.add_row([format!("{} ({})", guarded(what), what.as_str()), count, share]);
    }
    format!(
        "{table}\nWhat exceeds them in one run waits for your approval; ten or fewer never wait.\n  → Change them: usersync limits set resets=200,20% prompts=off"
    )
}

/// What a stop limit watches over.
fn guarded(what: Guarded) -> &'static str {
    match what {
        Guarded::Resets => "people to reset",
        Guarded::Dismissals => "bots and guests to remove",
        Guarded::Representations => "bots and guests to make",
        Guarded::Prompts => "prompts to send",
    }
}

pub(super) fn previews(previews: &[PersonReset]) -> String {
    let mut text = String::new();
    for preview in previews {
        text.push_str(&format!("{} ({})\n", preview.name, preview.person));
        for what in &preview.goes {
            text.push_str(&format!("  will go: {what}\n"));
        }
        for left in &preview.stays {
            text.push_str(&format!("  will stay: {} – {}\n", left.what, left.why));
        }
        if preview.goes.is_empty() && preview.stays.is_empty() {
            text.push_str("  nothing to undo\n");
        }
    }
    text
}

pub(super) fn undone(whose: &str, view: &UndoneView) -> String {
    let mut text = format!("{whose} ({})\n", view.person);
    for what in &view.undone {
        text.push_str(&format!("  gone: {what}\n"));
    }
    for left in &view.left {
        let link = left.link.as_ref().map(|link| format!("\n    {link}")).unwrap_or_default();
        text.push_str(&format!("  left: {} – {}{link}\n", left.what, left.why));
    }
    if view.undone.is_empty() && view.left.is_empty() {
        text.push_str("  there was nothing to undo\n");
    }
    text
}
