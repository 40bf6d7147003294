//! `usersync demo`: the first thing a new user sees.

use std::time::{Duration, Instant};

use crate::stage::{Ran, usersync};

#[test]
fn the_tour_shows_everything_and_ends_by_itself() {
    let begun = Instant::now();
    let ran = Ran::of(usersync(&["demo"]).output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", begun.elapsed());
    let parts = [
        "Harbor & Pine",
        "nothing reaches a real platform",
        "✓ Slack",
        "✓ Microsoft Teams",
        "✓ Webex",
        "✓ Zoom Team Chat",
        "Primary platform",
        "Sync status",
        "prompt in slack → device grant → confirm",
        "reads in Slack",
        "enters the code",
        "✓ synced",
        "now says",
        "create bot → confirm",
        "invite guest → confirm",
        "guest not redeemed",
        "cannot be synced to Zoom Team Chat",
        "answers: \"no\"",
        "▲ failed",
        "tries again",
        "will go",
        "gone: ",
        "usersync --help",
    ];
    for part in parts {
        assert!(ran.stdout.contains(part), "`{part}` is missing in:\n{}", ran.stdout);
    }
    let acts = [
        "── Connect",
        "── Import",
        "── Own accounts",
        "── Bots and guests",
        "── What cannot be",
        "── A failure, and a retry",
        "── Reset",
        "── Status",
    ];
    let places: Vec<usize> = acts.iter().map(|act| ran.stdout.find(act).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
    let retry = &ran.stdout[places[5]..places[6]];
    assert!(retry.find("▲ failed").unwrap() < retry.find("✓ synced").unwrap() && retry.matches("▲ failed").count() == 1, "{retry}");
}

#[test]
fn a_single_command_in_the_demo_needs_no_preparation() {
    let ran = Ran::of(usersync(&["--demo", "--json", "status"]).output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(ran.json()["people"].as_u64().is_some_and(|people| people > 250));
}
