//! What the program says: JSON for scripts, tables and sentences for people. Whole sessions as snapshots, so that a change of
//! any word or member is seen.

use std::path::Path;

use crate::cells::somebody;
use crate::stage::{Ran, Setup, Stage, list, text, usersync};

/// Imported platform by platform, so that every id is the same in each run.
fn company() -> Stage {
    let stage = Stage::empty(Setup::default());
    stage.connect();
    for platform in crate::stage::ALL {
        stage.ok(&["import", platform]);
    }
    stage
}

/// One command with its answer, exit code and notes.
fn entry(stage: &Stage, words: &[&str], json: bool) -> String {
    let mut all = words.to_vec();
    all.extend(json.then_some("--json"));
    let ran = Ran::of(stage.command(&all).output().unwrap());
    let notes = if ran.stderr.is_empty() { String::new() } else { format!("-- standard error:\n{}", ran.stderr) };
    let entry = format!("$ usersync {}\n{}{notes}-- exit code {}\n\n", all.join(" "), ran.stdout, ran.code);
    tidy(&entry, &[(stage.beside("").display().to_string(), "FOLDER/")])
}

/// Takes out what differs from run to run: times, cursors, and these texts.
fn tidy(said: &str, replaced: &[(String, &str)]) -> String {
    let mut said = said.to_owned();
    for (from, to) in replaced {
        said = said.replace(from.as_str(), to);
    }
    let digits = |text: &str, shape: &str| {
        text.len() >= shape.len()
            && text.bytes().zip(shape.bytes()).all(|(here, wanted)| if wanted == b'0' { here.is_ascii_digit() } else { here == wanted })
    };
    let mut tidied = String::new();
    while let Some(letter) = said.chars().next() {
        let time = ["0000-00-00T00:00:00", "0000-00-00 00:00:00"].iter().find(|shape| digits(&said, shape));
        let cut = match time {
            Some(shape) => {
                tidied.push_str("TIME");
                // Seconds have as many places as they need.
                shape.len()
                    + said[shape.len()..]
                        .find(|letter: char| letter != '.' && letter != 'Z' && !letter.is_ascii_digit())
                        .unwrap_or(said.len() - shape.len())
            }
            None => {
                tidied.push(letter);
                letter.len_utf8()
            }
        };
        said.drain(..cut);
    }
    // Tables fill their last column with blanks.
    tidied.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn holds(name: &str, said: &str) {
    let mut settings = insta::Settings::clone_current();
    let tests = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    settings.set_snapshot_path(Path::new(&tests).join("flows/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, said));
}

/// The commands of a session that both forms show.
fn session(json: bool) -> String {
    let stage = company();
    let (mut said, mut taken) = (String::new(), Vec::new());
    let pick = |from: &str, to: &str, has: bool, taken: &mut Vec<String>| somebody(&stage, from, to, has, taken);
    let (asked, bot, guest) =
        (pick("slack", "webex", true, &mut taken), pick("teams", "slack", false, &mut taken), pick("slack", "teams", false, &mut taken));
    let blocked = stage
        .people()
        .into_iter()
        .find(|person| {
            person["primary"] == "slack" && person["accounts"]["zoom"].is_null() && !taken.contains(&text(&person["id"]).to_owned())
        })
        .unwrap();
    let [asked, bot, guest, blocked] = [&asked, &bot, &guest, &blocked].map(|person| text(&person["id"]));
    let mail = text(&stage.person(asked)["email"]).to_owned();
    let conflict = stage.ok(&["conflicts"])["conflicts"][0].clone();
    let linked = list(&conflict["accounts"]);
    let account = format!("{}:{}", text(&linked[0]["platform"]), text(&linked[0]["id"]));
    let mut run = |words: &[&str]| said.push_str(&entry(&stage, words, json));

    run(&["connections"]);
    run(&["connect", "slack", "--second-factor", "app", "--approval", "later"]);
    run(&["teams", "webex"]);
    run(&["import", "zoom"]);
    run(&["people", "--search", &mail]);
    run(&["people", "--primary", "zoom", "--limit", "3"]);
    run(&["people", "--search", "nobody-of-that-name"]);
    run(&["person", asked]);
    run(&["conflicts"]);
    run(&["plan", asked, blocked, "--to", "webex"]);
    run(&["plan", blocked, "--to", "zoom"]);
    run(&["sync", asked, "--to", "webex"]);
    run(&["sync", asked, "--to", "webex", "--yes"]);
    run(&["sync", bot, "--to", "slack", "--yes"]);
    run(&["sync", guest, blocked, "--to", "teams", "--yes"]);
    run(&["sync", blocked, "--to", "zoom", "--yes"]);
    run(&["status"]);
    run(&["people", "--status", "pending"]);
    run(&["cancel", asked, "--to", "webex", "--dry-run"]);
    run(&["cancel", asked, "--to", "webex"]);
    run(&["primary", bot, "slack"]);
    run(&["primary", asked, "zoom"]);
    run(&["reset", guest]);
    run(&["reset", guest, bot, "--yes"]);
    run(&["unlink", &account]);
    run(&["link", text(&linked[1]["person"]), &account]);
    run(&["work"]);
    run(&["runs"]);
    run(&["disconnect", "zoom", "--dry-run"]);
    run(&["disconnect", "zoom"]);
    run(&["import", "zoom"]);
    run(&["person", "nobody@harborpine.example"]);
    run(&["plan", asked, "--to", "teamz"]);
    run(&["sync"]);
    said
}

#[test]
fn a_session_as_scripts_read_it() {
    holds("session_json", &session(true));
}

#[test]
fn a_session_as_people_read_it() {
    holds("session_text", &session(false));
}

/// Bulk work that meets its limits and a refusal, with what the admin does about it.
fn bulk() -> String {
    let stage = company();
    let mut said = String::new();
    stage.run(&["primary", "--all-matching", "--platform", "slack", "slack"]);
    let failing = somebody(&stage, "slack", "webex", false, &mut Vec::new());
    let failing = text(&failing["id"]);
    let mut run = |words: &[&str]| said.push_str(&entry(&stage, words, false));

    run(&["limits"]);
    run(&["limits", "set", "representations=3", "prompts=2", "resets=off"]);
    run(&["limits", "set", "bots=3"]);
    stage.fault(&serde_json::json!({ "host": "webexapis.com", "path": "/v1/guests*", "status": 403, "body": { "message": "No.", "trackingId": "T" } }));
    run(&["sync", failing, "--to", "webex", "--yes"]);
    run(&["failures"]);
    run(&["retry", "--reason", "forbidden"]);
    run(&["retry", "--reason", "forbidden", "--yes"]);
    run(&["failures"]);
    run(&["sync", "--all-matching", "--primary", "slack", "--to", "webex", "--yes"]);
    run(&["runs", "r7", "--status", "synced"]);
    run(&["runs"]);
    run(&["approve", "r7"]);
    run(&["pause", "r7"]);
    run(&["undo", "r7"]);
    run(&["stop", "r7"]);
    run(&["undo", "r7", "--dry-run"]);
    run(&["undo", "r7", "--yes"]);
    run(&["undo", "r7", "--yes"]);
    run(&["undo", "r1"]);
    run(&["pause", "r99"]);
    run(&["send-anew", failing, "--to", "webex", "--yes"]);
    run(&["reset", "--all-matching", "--status", "synced", "--platform", "webex", "--dry-run"]);
    run(&["audit", "verify", "nowhere.jsonl"]);
    said
}

#[test]
fn bulk_work_as_people_read_it() {
    holds("bulk_text", &bulk());
}

#[test]
fn the_help_names_every_command_and_option() {
    let help = |words: &[&str]| tidy(&Ran::of(usersync(words).output().unwrap()).stdout, &[]);
    let mut said = help(&["--help"]);
    for command in [
        "demo",
        "simulator",
        "connect",
        "import",
        "people",
        "primary",
        "plan",
        "sync",
        "cancel",
        "work",
        "runs",
        "undo",
        "retry",
        "limits",
        "audit",
        "reset",
    ] {
        said.push_str(&format!("\n$ usersync {command} --help\n{}", help(&[command, "--help"])));
    }
    holds("help", &said);
}
