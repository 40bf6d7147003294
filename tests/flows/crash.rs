//! The program is killed at moments that nobody chose: whatever had been confirmed happens afterwards, and happens once.
//!
//! The moments are counted in requests that reached the platforms, which every run passes alike, and spread by a seed.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::cells::somebody;
use crate::stage::{Stage, list, text};

/// Runs a command and kills it as soon as so many further requests were answered. Gives whether it was still running.
fn killed_after(stage: &Stage, requests: usize, words: &[&str]) -> bool {
    let mut answers = stage.answers();
    let mut child = stage.command(words).arg("--json").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    loop {
        let ended = child.try_wait().unwrap().is_some();
        if ended || answers.so_far() >= requests {
            // It may have ended by itself just now.
            let _ = child.kill();
            child.wait().unwrap();
            return !ended;
        }
        std::thread::yield_now();
    }
}

/// A generator of numbers that is the same in every run.
fn numbers(mut seed: u64) -> impl FnMut(usize) -> usize {
    move |below| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    }
}

#[test]
fn a_bulk_sync_that_is_killed_again_and_again_makes_one_bot_for_each_person() {
    let stage = Stage::new();
    let plan = stage.ok(&["plan", "--all-matching", "--primary", "slack", "--to", "webex"]);
    let people: Vec<Value> =
        list(&plan["steps"]).iter().filter(|row| row["action"] == "create_bot").map(|row| stage.person(text(&row["person"]))).collect();
    assert!(people.len() >= 6, "{plan}");
    let mut number = numbers(11);
    let mut killed = 0;
    for _ in 0..6 {
        killed +=
            usize::from(killed_after(&stage, 1 + number(4), &["sync", "--all-matching", "--primary", "slack", "--to", "webex", "--yes"]));
    }
    assert!(killed >= 3, "only {killed} of six runs were killed before their end");
    let mut last = Value::Null;
    for _ in 0..3 {
        last = stage.ok(&["work"]);
    }
    assert_eq!((&last["failed"], last["done"].as_u64()), (&json!(0), Some(people.len() as u64)), "{last}");
    for person in people {
        assert_eq!(stage.representations(&person), [("webex".to_owned(), "bot".to_owned())], "{person}");
        assert_eq!(stage.sync_of(text(&person["id"]), "webex").0, "synced");
    }
}

#[test]
fn a_killed_prompt_or_invitation_happens_once() {
    let stage = Stage::new();
    let mut taken = Vec::new();
    let mut number = numbers(5);
    let cases = [
        ("slack", "webex", true),
        ("webex", "zoom", true),
        ("zoom", "teams", true),
        ("teams", "zoom", true),
        ("slack", "teams", false),
        ("zoom", "webex", false),
    ];
    let mut killed = 0;
    for round in 1..=3 {
        let people = cases.map(|(from, to, asks)| somebody(&stage, from, to, asks, &mut taken));
        for (person, (_, to, _)) in people.iter().zip(cases) {
            let id = text(&person["id"]);
            killed += usize::from(killed_after(&stage, round + number(2), &["sync", id, "--to", to, "--yes"]));
            if stage.sync_of(id, to).0 == "not_synced" {
                // Killed before it was written down: the admin confirms again.
                stage.ok(&["sync", id, "--to", to, "--yes"]);
            }
        }
        stage.ok(&["work"]);
        for (person, (from, to, asks)) in people.iter().zip(cases) {
            let expected = if asks { (1, 0) } else { (0, 1) };
            assert_eq!(
                (stage.heard(person, from).len(), stage.representations(person).len()),
                expected,
                "{from} {to} {round}: {}",
                stage.person(text(&person["id"]))
            );
        }
    }
    assert!(killed >= 9, "only {killed} of 18 were killed before their end");
}

#[test]
fn a_killed_import_goes_on_and_a_killed_reset_is_finished() {
    let stage = Stage::empty(Default::default());
    stage.connect();
    let mut number = numbers(3);
    for _ in 0..4 {
        killed_after(&stage, 1 + number(4), &["import"]);
    }
    stage.ok(&["import"]);
    assert_eq!(stage.ok(&["status"])["people"], json!(stage.world().len()));

    let person = somebody(&stage, "slack", "teams", false, &mut Vec::new());
    let id = text(&person["id"]);
    stage.ok(&["sync", id, "--to", "teams", "--yes"]);
    killed_after(&stage, 1, &["reset", id, "--yes"]);
    stage.ok(&["work"]);
    let now = stage.person(id);
    if now["syncs"]["teams"]["status"] == "synced" {
        // Killed before it was written down.
        stage.ok(&["reset", id, "--yes"]);
    }
    assert_eq!((stage.representations(&person).len(), stage.sync_of(id, "teams").0.as_str()), (0, "not_synced"));
}
