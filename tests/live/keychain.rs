//! The keychain goes away in the middle of the work.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::session::until;
use crate::stage::{ALL, Ran, Stage, text};

/// A keychain that does not answer is waited for, but not for ever; this is more than the program's own limit.
const LIMIT: Duration = Duration::from_secs(60);

/// Starts an import and stops it at the proxy in the middle.
fn stopped_in_the_middle(stage: &Stage) -> Child {
    stage.proxy.stop_after(3);
    let mut import = stage.command(&["import"]);
    let child = import.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the import waits", || stage.proxy.has_waiting());
    child
}

/// Lets it go on; gives what it said in the end.
fn go_on(stage: &Stage, child: Child) -> Ran {
    let begun = Instant::now();
    stage.proxy.go_on();
    let ran = stage.heard(child.wait_with_output().unwrap());
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
    ran
}

/// The access tokens of all vendors are dead: the next request needs a new one, and a place to keep it.
fn tokens_die(stage: &Stage) {
    stage.control("POST", "clock", &serde_json::json!({ "advance_s": 26 * 60 * 60 }));
}

/// What an import that could not ask the keychain said: for each platform that needed it, or once where all of them did.
fn refusals(ran: &Ran) -> Vec<Value> {
    let errors: Vec<Value> = match ran.code {
        3 => ran.json()["errors"].as_object().unwrap().values().cloned().collect(),
        _ => vec![ran.error()],
    };
    for error in &errors {
        assert_eq!(text(&error["kind"]), "keychain", "{ran:?}");
        assert!(!text(&error["remedy"]).is_empty(), "{ran:?}");
    }
    errors
}

fn is_complete(stage: &Stage) {
    assert_eq!(stage.ok(&["status"])["people"], Value::from(stage.world()));
}

#[test]
fn a_keychain_that_is_locked_in_the_middle_of_an_import_is_named_and_nothing_is_lost() {
    let mut stage = Stage::ready();
    tokens_die(&stage);
    let import = stopped_in_the_middle(&stage);
    stage.session.lock_keyring();
    let ran = go_on(&stage, import);
    let is_said = |error: &Value| text(&error["message"]).contains("locked") && text(&error["remedy"]).contains("Unlock");
    let refused = refusals(&ran);
    assert!(!refused.is_empty() && refused.iter().all(is_said), "{ran:?}");
    let again = stage.fails(&["import"]);
    assert!(text(&again["kind"]) == "keychain" && is_said(&again), "{again}");
    is_complete(&stage);
    stage.session.unlock_keyring();
    stage.ok(&["import"]);
    is_complete(&stage);
}

#[test]
fn a_keychain_that_dies_in_the_middle_of_an_import_is_named_and_nothing_is_lost() {
    let mut stage = Stage::ready();
    tokens_die(&stage);
    let import = stopped_in_the_middle(&stage);
    stage.session.end_keyring();
    let ran = go_on(&stage, import);
    // Whoever was talking to it just then only knows that it failed.
    let refused = refusals(&ran);
    assert!(refused.iter().any(|error| text(&error["message"]).contains("no keychain")), "{ran:?}");
    is_complete(&stage);
    stage.session.start_keyring();
    stage.ok(&["import"]);
    is_complete(&stage);
}

#[test]
fn a_keychain_that_is_denied_to_the_program_is_named_and_nothing_is_lost() {
    let stage = Stage::ready();
    stage.session.deny_keyring();
    let begun = Instant::now();
    let error = stage.fails(&["import"]);
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
    assert_eq!(text(&error["kind"]), "keychain", "{error}");
    assert!(text(&error["message"]).contains("refuses") && text(&error["remedy"]).contains("Allow User Sync"), "{error}");
    is_complete(&stage);
    stage.session.allow_keyring();
    stage.ok(&["import"]);
    is_complete(&stage);
}

#[test]
fn a_second_data_folder_never_sees_the_tokens_of_the_first() {
    let stage = Stage::new();
    stage.ok(&stage.connect_words());
    let own = stage.session.entries("User Sync (development)");
    let connect = [&["--data-dir", "trial"], stage.connect_words().as_slice()].concat();
    stage.ok(&connect);
    let name = std::fs::read_to_string(stage.folder().join("trial/profile")).unwrap();
    assert!(name.starts_with("trial "), "{name}");
    let trial = stage.session.entries(&format!("User Sync (development, {name})"));
    let users = |entries: &[(String, String)]| entries.iter().map(|(_, user)| user.clone()).collect::<Vec<_>>();
    assert_eq!(users(&trial), users(&own));
    stage.ok(&["--data-dir", "trial", "disconnect", "slack"]);
    assert!(stage.session.entries(&format!("User Sync (development, {name})")).iter().all(|(_, user)| !user.starts_with("slack/")));
    assert_eq!(stage.session.entries("User Sync (development)"), own, "disconnecting one profile took the other's tokens");
    stage.ok(&["disconnect", "--all", "--yes"]);
    let left = stage.session.entries("User Sync (development)");
    assert!(left.iter().all(|(_, user)| !ALL.iter().any(|platform| user.starts_with(platform))), "{left:?}");
}
