//! Runs as people read them: what they are about, how far they are, what holds them.

use engine::model::{Held, RunKind, RunWait};
use engine::store::history::RunPerson;
use engine::store::runs::RunView;
use engine::sync::{Goes, Stays};

use super::super::progress;
use super::super::runs::{Approval, OneRun, RunRow, Undoing};
use super::{ROWS, detail, guarded, more, name, rest, status_word, table, time};

/// What a run is about.
fn title(run: &RunView) -> String {
    let platform = |word: &str| run.platform.map(|platform| format!(" {word} {}", name(platform))).unwrap_or_default();
    match (run.kind, run.undoes) {
        (RunKind::Import, _) => format!("import{}", platform("of")),
        (RunKind::Sync, _) => format!("sync{}", platform("to")),
        (RunKind::Undo, Some(undone)) => format!("undo of {undone}"),
        (RunKind::Reset | RunKind::Undo, _) => run.kind.as_str().to_owned(),
    }
}

/// How it stands.
fn state(run: &RunView) -> &'static str {
    match run.waits {
        Some(RunWait::Paused) => "paused",
        Some(RunWait::Approval) => "waits for approval",
        Some(RunWait::SignIn) => "waits for a sign-in",
        None => run.state.as_str(),
    }
}

fn far(run: &RunView) -> String {
    run.total.map_or_else(|| run.done.to_string(), |total| format!("{} of {total}", run.done))
}

/// What came of it so far.
fn result(run: &RunView) -> String {
    let mut parts: Vec<String> =
        run.counts.iter().filter(|(_, count)| **count > 0).map(|(word, count)| format!("{count} {}", word.replace('_', " "))).collect();
    if run.held > 0 {
        parts.push(format!("{} held", run.held));
    }
    if parts.is_empty() { "nothing yet".into() } else { parts.join(", ") }
}

/// How many of its syncs can be undone now: a run that is open is stopped first.
fn undoable(run: &RunView) -> u64 {
    if run.state.is_open() { 0 } else { run.undoable }
}

/// The list of runs.
pub(in super::super) fn all(runs: &[RunRow]) -> String {
    if runs.is_empty() {
        return "Nothing was run yet.".into();
    }
    let mut table = table(&["Run", "What", "State", "Done", "Started (UTC)", "Result", "To undo"]);
    for RunRow { run, .. } in runs.iter().take(ROWS) {
        let undoable = Some(undoable(run)).filter(|count| *count > 0).map(|count| count.to_string()).unwrap_or_default();
        table.add_row([run.id.to_string(), title(run), state(run).to_owned(), far(run), time(run.started_at), result(run), undoable]);
    }
    let mut text = format!("{table}{}", more(ROWS, runs.len()));
    for RunRow { run, next_step } in runs.iter().take(ROWS) {
        if let Some(step) = next_step {
            text.push_str(&format!("\n{}: {}\n  → {step}", run.id, why(run)));
        }
    }
    text
}

/// What keeps it, in a sentence.
fn why(run: &RunView) -> String {
    match run.waits {
        Some(RunWait::Paused) => "it is paused.".into(),
        Some(RunWait::SignIn) => "a platform has signed User Sync out; what is left waits.".into(),
        Some(RunWait::Approval) | None if run.held > 0 => format!("{} of it wait for your approval.", run.held),
        _ => "it is not finished.".into(),
    }
}

fn head(run: &RunView) -> String {
    let left = run.time_left.map(|seconds| format!(", {} left", progress::time(seconds))).unwrap_or_default();
    let mut text = format!("{} ({}): {}, {} done{left}. {}.\n", run.id, title(run), state(run), far(run), capital(&result(run)));
    if let Some(problem) = &run.problem {
        text.push_str(&format!("  {}\n  → {}\n", problem.message, problem.remedy));
    }
    if undoable(run) > 0 {
        text.push_str(&format!("  {} of its syncs can be undone: usersync undo {}\n", run.undoable, run.id));
    }
    text
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn next(row: &RunRow) -> String {
    row.next_step.as_ref().map(|step| format!("  {}\n  → {step}\n", capital(&why(&row.run)))).unwrap_or_default()
}

/// One run, with its people when they were asked for.
pub(in super::super) fn one(view: &OneRun) -> String {
    let mut text = format!("{}{}", head(&view.run.run), next(&view.run));
    let Some(people) = &view.people else { return text };
    if people.rows.is_empty() {
        return text;
    }
    let mut table = table(&["User", "Platform", "Status", "Why, and what to do"]);
    for row in &people.rows {
        let why = row.reason.as_ref().map(|reason| format!("{} → {}", reason.message, reason.remedy)).unwrap_or_default();
        table.add_row([whose(row), row.platform.map(name).unwrap_or_default(), status(row), why]);
    }
    text.push_str(&format!("{table}\n{} of {} people.", people.rows.len(), people.total));
    text
}

fn whose(row: &RunPerson) -> String {
    if row.name.is_empty() { row.person.to_string() } else { row.name.clone() }
}

fn status(row: &RunPerson) -> String {
    format!("{}{}", status_word(row.status), detail(row.detail.as_deref()))
}

/// What a run came to: the counts, and whoever needs the admin.
pub(in super::super) fn result_of(view: &OneRun) -> String {
    let mut text = head(&view.run.run);
    let rows = view.people.iter().flat_map(|people| &people.rows).filter(|row| row.reason.is_some());
    let rows: Vec<&RunPerson> = rows.collect();
    for row in rows.iter().take(ROWS) {
        let Some(reason) = &row.reason else { continue };
        let on = row.platform.map(|platform| format!(" on {}", name(platform))).unwrap_or_default();
        let link = reason.link.as_ref().map(|link| format!("\n    {link}")).unwrap_or_default();
        text.push_str(&format!("{}{on}: {}\n  {}\n  → {}{link}\n", whose(row), status(row), reason.message, reason.remedy));
    }
    text.push_str(&rest(rows.len()));
    text.push_str(&next(&view.run));
    text
}

/// One run in a line.
pub(super) fn line(row: &RunRow) -> String {
    format!("Run {} ({}): {}.\n{}", row.run.id, title(&row.run), result(&row.run), next(row))
}

/// What an approval would let go on.
pub(in super::super) fn approval(view: &Approval) -> String {
    let mut text = head(&view.run.run);
    if view.held == 0 {
        text.push_str("  Nothing of it waits for approval.\n");
        return text;
    }
    text.push_str(&held(&view.run.run.limits));
    text.push_str(&format!("  With your approval {} more go on.\n", view.held));
    text
}

/// What stop limits hold, or held when the run was confirmed.
pub(in super::super) fn held(held: &[Held]) -> String {
    held.iter()
        .map(|held| {
            format!(
                "  Stop limit: of {} {}, {} go on and {} wait for your approval.\n",
                held.wanted,
                guarded(held.what),
                held.allowed,
                held.held
            )
        })
        .collect()
}

/// What undoing would do.
pub(in super::super) fn undo_preview(view: &Undoing) -> String {
    let (run, preview) = (&view.undone.run, &view.preview);
    let gone = if preview.gone > 0 { format!(" {} that it made are gone already.", preview.gone) } else { String::new() };
    let mut text = format!("{} ({}): {} of its syncs stand and would be undone.{gone}\n", run.id, title(run), preview.syncs);
    text.push_str(&goes_and_stays(&preview.goes, &preview.stays));
    text.push_str(&held(&preview.held));
    text
}

/// What goes and what stays, counted.
pub(in super::super) fn goes_and_stays(goes: &[Goes], stays: &[Stays]) -> String {
    let times = |count: u64| if count == 1 { String::new() } else { format!("{count} × ") };
    let mut text: String = goes.iter().map(|goes| format!("  will go: {}{}\n", times(goes.count), goes.what)).collect();
    for Stays { left, count } in stays {
        let link = left.link.as_ref().map(|link| format!("\n    {link}")).unwrap_or_default();
        text.push_str(&format!("  will stay: {}{} – {}{link}\n", times(*count), left.what, left.why));
    }
    text
}
