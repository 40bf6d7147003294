//! The audit log outside the program: exported, verified, and what it says when somebody wrote in it.

use std::path::Path;

use serde_json::{Value, json};

use crate::cells::somebody;
use crate::stage::{Ran, Stage, list, text, usersync};

/// A folder in which something happened.
fn used() -> Stage {
    let stage = Stage::new();
    let mut taken = Vec::new();
    let asked = somebody(&stage, "slack", "webex", true, &mut taken);
    let made = somebody(&stage, "slack", "webex", false, &mut taken);
    stage.ok(&["sync", text(&asked["id"]), text(&made["id"]), "--to", "webex", "--yes"]);
    stage.ok(&["reset", text(&asked["id"]), "--yes"]);
    stage
}

fn verify(stage: &Stage, file: &Path, more: &[&str]) -> Ran {
    stage.run(&[&["audit", "verify", file.to_str().unwrap()], more].concat())
}

/// The database with one text in place of another of the same length, as somebody with an editor would leave it.
fn rewritten(stage: &Stage, from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let database = std::fs::read_dir(stage.data())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "db"));
    let database = database.unwrap();
    let mut bytes = std::fs::read(&database).unwrap();
    let at = bytes.windows(from.len()).rposition(|window| window == from.as_bytes()).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    std::fs::write(database, bytes).unwrap();
}

#[test]
fn the_log_tells_what_the_admin_did_and_what_came_of_it() {
    let stage = used();
    let log = stage.ok(&["audit", "--limit", "1000"]);
    let actions: Vec<&str> = list(&log["entries"]).iter().rev().map(|entry| text(&entry["action"])).collect();
    let of = |word: &str| actions.iter().filter(|action| **action == word).count();
    for (word, count) in [
        ("connected", 4),
        ("import_begun", 1),
        ("sync_confirmed", 1),
        ("bot_made", 1),
        ("prompt_sent", 1),
        ("prompt_withdrawn", 1),
        ("reset_confirmed", 1),
    ] {
        assert_eq!(of(word), count, "{word}: {actions:?}");
    }
    assert!(actions.iter().position(|action| *action == "sync_confirmed") < actions.iter().position(|action| *action == "bot_made"));
    let confirmed = list(&log["entries"]).iter().find(|entry| entry["action"] == "sync_confirmed").unwrap();
    let only = stage.ok(&["audit", "--run", text(&confirmed["run"])]);
    assert!(list(&only["entries"]).iter().all(|entry| entry["run"] == confirmed["run"]) && list(&only["entries"]).len() >= 3, "{only}");
    let page = stage.ok(&["audit", "--limit", "2"]);
    let before = page["before"].to_string();
    let next = stage.ok(&["audit", "--limit", "2", "--before", &before]);
    assert_eq!([list(&page["entries"]), list(&next["entries"])].concat(), list(&log["entries"])[..4]);
}

#[test]
fn an_exported_log_is_verified_alone_and_a_changed_line_is_named() {
    let stage = used();
    let file = stage.beside("log.jsonl");
    let saved = stage.ok(&["audit", "export", "--format", "jsonl", "--out", file.to_str().unwrap()]);
    assert_eq!(text(&saved["path"]), file.to_str().unwrap());
    let lines = std::fs::read_to_string(&file).unwrap();
    let whole = verify(&stage, &file, &[]);
    let (entries, head) = (whole.json()["entries"].clone(), text(&whole.json()["head"]).to_owned());
    assert_eq!((whole.code, &entries, &whole.json()["broken"]), (0, &json!(lines.lines().count()), &Value::Null));
    assert_eq!(verify(&stage, &file, &["--head", &head]).code, 0);
    // Nothing of User Sync is needed for it but the program.
    let alone = Ran::of(usersync(&["--data-dir", "nowhere", "audit", "verify", file.to_str().unwrap()]).output().unwrap());
    assert_eq!(alone.code, 0, "{alone:?}");

    let changed = lines.replacen("The person was asked", "The person was taxed", 1);
    let written = stage.beside("changed.jsonl");
    std::fs::write(&written, &changed).unwrap();
    let found = verify(&stage, &written, &[]);
    let number = 1 + changed.lines().position(|line| line.contains("taxed")).unwrap();
    assert_eq!((found.code, &found.json()["broken"]["id"]), (1, &json!(number)), "{found:?}");
    let without: String = lines.lines().enumerate().filter(|(at, _)| *at != 4).map(|(_, line)| format!("{line}\n")).collect();
    std::fs::write(&written, without).unwrap();
    assert_eq!(verify(&stage, &written, &[]).code, 1);
    let cut: String = lines.lines().take(5).map(|line| format!("{line}\n")).collect();
    std::fs::write(&written, cut).unwrap();
    assert_eq!(
        (verify(&stage, &written, &[]).code, verify(&stage, &written, &["--head", &head]).code),
        (0, 1),
        "only a noted hash shows a cut end"
    );

    // A list for spreadsheets, on standard output too; and the export itself is told.
    let csv = stage.plain(&["audit", "export", "--out", "-"]);
    assert_eq!((csv.code, csv.stdout.lines().count()), (0, 2 + lines.lines().count()), "a head, and the first export: {}", csv.stderr);
    let exports = list(&stage.ok(&["audit"])["entries"]).iter().filter(|entry| entry["action"] == "list_exported").count();
    assert_eq!(exports, 2);
    let nowhere = stage.run(&["audit", "verify", "nowhere.jsonl"]);
    assert_eq!((nowhere.code, text(&nowhere.error()["kind"])), (1, "not_found"));
}

#[test]
fn whoever_writes_in_the_database_is_found_out() {
    let stage = used();
    let whole = stage.ok(&["audit", "verify"]);
    assert_eq!(whole["broken"], Value::Null);
    let head = text(&whole["head"]).to_owned();
    assert_eq!(stage.ok(&["audit", "verify", "--head", &head])["entries"], whole["entries"]);
    rewritten(&stage, "The person was asked to authorise", "The person was asked for a favour");
    let log = stage.ok(&["audit", "--limit", "1000"]);
    let entry = list(&log["entries"]).iter().find(|entry| text(&entry["what"]).contains("favour")).unwrap();
    let found = stage.run(&["audit", "verify"]);
    assert_eq!((found.code, &found.json()["broken"]["id"]), (1, &entry["id"]), "{found:?}");
    let said = stage.plain(&["audit", "verify"]);
    assert!(said.code == 1 && said.stdout.contains(&format!("Entry {}", entry["id"])), "{said:?}");
}
