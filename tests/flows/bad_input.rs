//! Bad input and bad circumstances: a clear error with a next step, and nothing lost or changed.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::stage::{Ran, Setup, Stage, list, text, usersync};

/// Fails with this code and kind, and says a next step that holds these words.
#[track_caller]
fn fails(stage: &Stage, words: &[&str], code: i32, kind: &str, step: &[&str]) {
    let ran = stage.run(words);
    let error = ran.error();
    assert_eq!((ran.code, text(&error["kind"])), (code, kind), "{words:?}: {error}");
    let said = format!("{} {}", text(&error["message"]), text(&error["remedy"]));
    for part in step {
        assert!(said.contains(part), "{words:?}: `{part}` is missing in: {error}");
    }
}

#[test]
fn whom_nobody_knows_and_what_nobody_connected_is_said_with_a_next_step() {
    let stage = Stage::empty(Setup::default());
    for words in [&["import"][..], &["teams", "teams"], &["disconnect", "zoom"], &["import", "zoom"]] {
        fails(&stage, words, 1, "not_found", &["usersync connect"]);
    }
    assert_eq!(stage.ok(&["people"]), json!({ "people": [], "next": null, "total": 0 }));
    assert_eq!(stage.ok(&["connections"]), json!({ "connections": [] }));
    stage.ok(&["connect", "slack", "webex", "--approve"]);
    stage.ok(&["import"]);
    let before = stage.world();
    for words in [
        &["person", "nobody@harborpine.example"][..],
        &["person", "p999999"],
        &["plan", "nobody@harborpine.example", "--to", "webex"],
        &["sync", "nobody@harborpine.example", "--to", "webex", "--yes"],
        &["cancel", "p999999", "--to", "webex"],
        &["reset", "nobody@harborpine.example", "--yes"],
        &["primary", "nobody@harborpine.example", "slack"],
        &["link", "p999999", "slack:U1"],
    ] {
        fails(&stage, words, 1, "not_found", &["usersync people"]);
    }
    let somebody = stage.people().into_iter().find(|person| person["primary"] == "slack").unwrap();
    let id = text(&somebody["id"]);
    fails(&stage, &["link", id, "slack:U0NOBODY"], 1, "not_found", &["U0NOBODY", "usersync person"]);
    fails(&stage, &["unlink", "slack:U0NOBODY"], 1, "not_found", &["U0NOBODY"]);
    fails(&stage, &["plan", id, "--to", "teamz"], 1, "invalid", &["teamz", "slack", "teams", "webex", "zoom"]);
    fails(&stage, &["connect", "teamz", "--approve"], 1, "invalid", &["teamz", "zoom"]);
    fails(&stage, &["people", "--after", "no-cursor"], 1, "invalid", &["cursor"]);
    fails(&stage, &["import", "slack", "webex", "--team", "T1"], 1, "invalid", &["exactly one platform"]);
    fails(&stage, &["import", "webex", "--team", "T1"], 1, "invalid", &["usersync teams webex"]);
    fails(&stage, &["connect", "webex", "--second-factor", "app"], 1, "invalid", &["does not ask"]);
    assert_eq!(stage.world(), before);
}

#[test]
fn an_address_of_two_people_is_not_guessed() {
    let stage = Stage::new();
    let conflict = stage.ok(&["conflicts"])["conflicts"][0].clone();
    let address = text(&conflict["addresses"][0]);
    let people: Vec<&str> = list(&conflict["accounts"]).iter().map(|account| text(&account["person"])).collect();
    fails(&stage, &["person", address], 1, "conflict", &[people[0], people[1], "usersync conflicts"]);
    fails(&stage, &["sync", address, "--to", "slack", "--yes"], 1, "conflict", &[people[0]]);
}

#[test]
fn wrong_words_are_usage_and_change_nothing() {
    let stage = Stage::new();
    let before = stage.world();
    for words in [
        &["sync"][..],
        &["plan", "a@b.example"],
        &["people", "--status", "green"],
        &["people", "--limit", "0"],
        &["unheard-of"],
        &["sync", "x@y.example", "--to", "webex", "--timeout", "3"],
    ] {
        fails(&stage, words, 2, "usage", &["usersync --help"]);
    }
    let person = stage.people().into_iter().find(|person| person["primary"] == "teams" && person["accounts"]["slack"].is_null()).unwrap();
    let id = text(&person["id"]);
    for words in [&["sync", id, "--to", "slack"][..], &["reset", id]] {
        let ran = stage.run(words);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.json().is_object());
        let ran = stage.plain(words);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains("Confirm with --yes."), "{ran:?}");
    }
    assert_eq!((stage.world(), stage.sync_of(id, "slack").0.as_str()), (before, "not_synced"));
    assert_eq!(list(&stage.ok(&["runs"])["runs"]).len(), 1, "only the import ran");
}

#[test]
fn a_second_engine_is_refused_and_readers_work_beside_the_first() {
    let stage = Stage::new();
    // Without rest: a person who is waited for keeps it busy.
    let person = crate::cells::somebody(&stage, "slack", "webex", true, &mut Vec::new());
    let id = text(&person["id"]);
    stage.ok(&["sync", id, "--to", "webex", "--yes"]);
    let mut answers = stage.answers();
    let mut holder = stage.command(&["work", "--for", "60", "--json"]).stdout(Stdio::null()).spawn().unwrap();
    // It holds the folder from its first request on.
    while answers.so_far() == 0 {
        assert!(holder.try_wait().unwrap().is_none(), "it ended early");
        std::thread::yield_now();
    }
    for words in [&["import"][..], &["sync", id, "--to", "webex", "--yes"], &["reset", id, "--yes"], &["work"], &["unlink", "slack:U1"]] {
        fails(&stage, words, 1, "conflict", &["Another User Sync", "wait until"]);
    }
    for words in
        [&["people"][..], &["person", id], &["status"], &["runs"], &["conflicts"], &["connections"], &["plan", id, "--to", "webex"]]
    {
        stage.ok(words);
    }
    holder.kill().unwrap();
    holder.wait().unwrap();
    stage.ok(&["work"]);
}

/// All files with their content.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn a_database_that_is_damaged_newer_or_of_the_other_realm_is_left_alone() {
    let stage = Stage::empty(Setup::default());
    let run = |folder: &Path, words: &[&str]| Ran::of(stage.command_in(folder, words).arg("--json").output().unwrap());
    let refused = |folder: &Path, words: &[&str], kind: &str, step: &str| {
        let ran = run(folder, words);
        let error = ran.error();
        assert_eq!((ran.code, text(&error["kind"])), (1, kind), "{words:?}: {error}");
        assert!(format!("{} {}", text(&error["message"]), text(&error["remedy"])).contains(step), "{error}");
    };

    let damaged = stage.beside("damaged");
    std::fs::create_dir(&damaged).unwrap();
    std::fs::write(damaged.join("user-sync.db"), "this is no database at all, but it is long enough to look like one".repeat(40)).unwrap();
    let database = |folder: &Path| files(folder).into_iter().find(|(name, _)| name.ends_with("user-sync.db")).unwrap();
    let before = database(&damaged);
    for words in [&["status"][..], &["work"]] {
        refused(&damaged, words, "storage", "backup");
    }
    assert_eq!(database(&damaged), before);

    // A database of a later version differs in SQLite's own version number, which stands at byte 60.
    let newer = stage.beside("newer");
    assert_eq!(run(&newer, &["connect", "slack", "--approve"]).code, 0);
    let file = newer.join("user-sync.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[60..64].copy_from_slice(&9_999_u32.to_be_bytes());
    std::fs::write(&file, &bytes).unwrap();
    for words in [&["status"][..], &["work"]] {
        refused(&newer, words, "storage", "newer version");
    }
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "a newer database is not touched");

    let demo = stage.beside("demo");
    assert_eq!(run(&demo, &["connect", "slack", "--approve"]).code, 0);
    for words in [&["status"][..], &["import"]] {
        let ran = Ran::of(usersync(&["--json", "--data-dir"]).arg(&demo).args(words).output().unwrap());
        let error = ran.error();
        assert_eq!((ran.code, text(&error["kind"])), (1, "conflict"), "{words:?}: {error}");
        assert!(text(&error["message"]).contains("demo") && text(&error["remedy"]).contains("another data folder"), "{error}");
    }
    assert_eq!(run(&demo, &["import"]).code, 0, "the demo itself goes on");

    let file = stage.beside("a-file");
    std::fs::write(&file, "").unwrap();
    refused(&file.join("below"), &["import"], "storage", "folder");
}

#[test]
fn broken_credentials_and_ready_files_are_named_without_their_content() {
    let stage = Stage::empty(Setup::default());
    let given = |name: &str, content: &str| {
        std::fs::write(stage.beside(name), content).unwrap();
        stage.beside(name).to_str().unwrap().to_owned()
    };
    let broken = given("broken.json", r#"{"bot_token": "xoxb-very-secret", "#);
    let shaped = given("shaped.json", r#"{"bot_token": ["xoxb-very-secret"]}"#);
    let wrong =
        given("wrong.json", r#"{"bot_token": "xoxb-very-secret", "app_token": "xapp-very-secret", "user_token": "xoxp-very-secret"}"#);
    for (file, code, kind) in
        [(&broken, 1, "invalid"), (&shaped, 1, "invalid"), (&wrong, 1, ""), (&"absent.json".to_owned(), 1, "not_found")]
    {
        let ran = stage.run(&["connect", "slack", "--credentials", file]);
        let error = ran.error();
        assert_eq!(ran.code, code, "{error}");
        assert!(kind.is_empty() || error["kind"] == kind, "{error}");
        assert!(!ran.stderr.contains("very-secret"), "{error}");
    }
    assert_eq!(list(&stage.ok(&["connections"])["connections"]).len(), 0, "nothing of a sign-in that failed is kept");
    assert!(!stage.is_in_the_data_folder("very-secret"));
    fails(&stage, &["connect", "slack"], 1, "invalid", &["bot_token", "--credentials"]);

    for (file, kind) in [(given("no-ready.json", "{}"), "invalid"), ("absent.json".to_owned(), "not_found")] {
        let ran = Ran::of(usersync(&["--json", &format!("--demo={file}"), "status"]).output().unwrap());
        let error = ran.error();
        assert_eq!((ran.code, text(&error["kind"])), (1, kind), "{error}");
        assert!(text(&error["remedy"]).contains("usersync simulator"), "{error}");
    }
    let live = Ran::of(usersync(&["--json", "connect", "slack", "--approve", "--data-dir"]).arg(stage.beside("live")).output().unwrap());
    assert!(text(&live.error()["remedy"]).contains("--demo"), "{live:?}");
}

#[test]
fn a_lost_key_is_said_and_people_stay_readable() {
    let stage = Stage::new();
    let people: Vec<Value> = stage.people();
    std::fs::remove_file(stage.data().join("demo.key")).unwrap();
    let ran = stage.run(&["import"]);
    let error = ran.error();
    assert_eq!((ran.code, text(&error["kind"])), (1, "keychain"), "{error}");
    assert!(text(&error["remedy"]).contains("nothing in this one was deleted"), "{error}");
    assert_eq!(stage.people(), people);
}

#[test]
fn a_stopped_simulator_is_a_network_error_with_a_next_step() {
    let mut stage = Stage::new();
    stage.stop();
    let ran = stage.run(&["import"]);
    let error = ran.error();
    assert_eq!((ran.code, text(&error["kind"])), (1, "network"), "{error}");
    stage.ok(&["status"]);
}
