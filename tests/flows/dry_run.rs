//! `--dry-run`: everything that changes something shows beforehand what it would do, and does nothing.

use serde_json::{Value, json};

use crate::cells::somebody;
use crate::stage::{Setup, Stage, list, text};

/// Everything that is stored, as the program tells it; the audit log's head stands for every act and effect.
fn stored(stage: &Stage) -> Vec<Value> {
    let asked = ["status", "runs", "connections", "conflicts", "failures", "limits"].map(|word| stage.ok(&[word]));
    let people = stage.people();
    asked.into_iter().chain([stage.ok(&["audit", "verify"])]).chain(people).collect()
}

/// Runs a command with `--dry-run`: it succeeds, nothing is stored, nothing but reading reaches a platform.
fn looked(stage: &Stage, words: &[&str]) -> Value {
    // Opening the folder notes that the last program has ended, which a look adds nothing to.
    stage.ok(&["key"]);
    let (before, files, calls) = (stage.world(), stored(stage), stage.traffic().len());
    let ran = stage.run(&[words, &["--dry-run"]].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{words:?}: {ran:?}");
    for call in &stage.traffic()[calls..] {
        assert_eq!(call["method"], "GET", "{words:?}: {call}");
    }
    assert!(stage.world() == before, "{words:?} changed the world");
    for (then, now) in files.iter().zip(&stored(stage)) {
        assert_eq!(then, now, "{words:?}");
    }
    let said = stage.plain(&[words, &["--dry-run"]].concat());
    assert!(said.code == 0 && said.stderr.contains("Nothing was sent"), "{words:?}: {said:?}");
    ran.json()
}

#[test]
fn everything_that_changes_something_can_be_looked_at_first() {
    let stage = Stage::new();
    let mut taken = Vec::new();
    let made = somebody(&stage, "slack", "teams", false, &mut taken);
    let asked = somebody(&stage, "slack", "webex", true, &mut taken);
    let failing = somebody(&stage, "slack", "webex", false, &mut taken);
    let [guest, prompted, failed] = [&made, &asked, &failing].map(|person| text(&person["id"]));
    let run = text(&stage.ok(&["sync", guest, "--to", "teams", "--yes"])["run"]).to_owned();
    stage.ok(&["sync", prompted, "--to", "webex", "--yes"]);
    stage.fault(&json!({ "host": "webexapis.com", "path": "/v1/guests*", "status": 403, "body": { "message": "No.", "trackingId": "T" } }));
    assert_eq!(stage.run(&["sync", failed, "--to", "webex", "--yes"]).code, 1);
    stage.ok(&["limits", "set", "prompts=2"]);
    let chosen = stage.run(&["primary", "--all-matching", "--platform", "slack", "slack"]);
    assert!([0, 3].contains(&chosen.code), "{chosen:?}");
    let held = stage.run(&["sync", "--all-matching", "--primary", "slack", "--to", "zoom", "--yes"]).json();
    assert!(held["held"].as_u64().unwrap() > 0, "{}", held["run"]);
    let conflict = stage.ok(&["conflicts"])["conflicts"][0].clone();
    // Somebody of the conflict who has no account there yet.
    let first = format!("{}:{}", text(&conflict["accounts"][0]["platform"]), text(&conflict["accounts"][0]["id"]));
    let others = list(&conflict["accounts"])[1..].iter().map(|account| text(&account["person"]).to_owned());
    let other =
        others.into_iter().find(|person| stage.person(person)["accounts"][text(&conflict["accounts"][0]["platform"])].is_null()).unwrap();
    let before = stage.ok(&["status"]);

    let plan = looked(&stage, &["sync", "--all-matching", "--primary", "slack", "--to", "webex"]);
    assert!(!list(&plan["steps"]).is_empty(), "{plan}");
    let reset = looked(&stage, &["reset", guest]);
    assert!(text(&reset["preview"][0]["goes"][0]).contains("Microsoft Teams"), "{reset}");
    let resets = looked(&stage, &["reset", "--all-matching", "--platform", "webex"]);
    assert!(resets["people"].as_u64() > Some(10), "{resets}");
    let cancel = looked(&stage, &["cancel", prompted, "--to", "webex"]);
    assert!(list(&cancel["goes"]).contains(&json!("The open prompt in Slack")), "{cancel}");
    let primary = looked(&stage, &["primary", guest, "slack"]);
    assert_eq!(primary["unchanged"], 1, "{primary}");
    let undo = looked(&stage, &["undo", &run]);
    assert_eq!(undo["syncs"], 1, "{undo}");
    let approve = looked(&stage, &["approve", text(&held["run"])]);
    assert_eq!(approve["held"], held["held"]);
    let retry = looked(&stage, &["retry"]);
    assert_eq!(retry["platforms"][0]["total"], 1, "{retry}");
    let disconnect = looked(&stage, &["disconnect", "webex"]);
    assert_eq!((&disconnect["platform"], disconnect["syncs"]["pending"].as_u64()), (&json!("webex"), Some(1)), "{disconnect}");
    let all = looked(&stage, &["disconnect", "--all"]);
    assert_eq!(list(&all["disconnected"]).len(), 4, "{all}");
    let link = looked(&stage, &["link", &other, &first]);
    assert!(list(&link["people"]).iter().any(|person| person["id"] == json!(other)), "{link}");
    looked(&stage, &["unlink", &first]);
    let import = looked(&stage, &["import"]);
    assert_eq!(import["platforms"].as_object().unwrap().len(), 4, "{import}");
    assert_eq!(stage.ok(&["status"]), before);
}

#[test]
fn what_a_dry_run_says_is_what_happens_then() {
    let stage = Stage::empty(Setup::default());
    stage.connect();
    stage.ok(&["import", "slack", "webex"]);
    let people = stage.ok(&["status"])["people"].as_u64().unwrap();
    let import = looked(&stage, &["import", "teams"]);
    assert!(import["people"]["new"].as_u64() > Some(0), "{import}");
    let done = stage.ok(&["import", "teams"]);
    assert_eq!(import["platforms"], done["platforms"]);
    let change = &import["people"];
    let then = people + change["new"].as_u64().unwrap() - change["gone"].as_u64().unwrap();
    let status = stage.ok(&["status"]);
    assert_eq!((status["people"].as_u64(), &status["conflicts"]), (Some(then), &change["conflicts"]), "{import}");
}
