//! The contract with the page: the generated bindings are fresh, and the page is allowed exactly these commands.

use std::collections::BTreeSet;

use specta_typescript::Typescript;

use crate::commands;

const BINDINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/src/lib/bindings.ts");
const CAPABILITY: &str = include_str!("capabilities/main.json");
const PERMISSIONS: &str = include_str!("permissions/commands.toml");
const CONFIGURATION: &str = include_str!("../tauri.conf.json");
/// With this in the environment, the test writes the file instead of comparing.
const RENEW: &str = "USERSYNC_RENEW_BINDINGS";

fn generated() -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bindings.ts");
    let header = "// The window's back end: its commands, events and types. Generated from Rust (`src-tauri/commands`); do not edit.\n\
                  // Renew: USERSYNC_RENEW_BINDINGS=1 cargo test -p user-sync --lib contract\n";
    commands::all().export(Typescript::default().header(header), &file).unwrap();
    std::fs::read_to_string(file).unwrap()
}

/// The strings in the brackets that follow `key`.
fn listed(text: &str, key: &str) -> BTreeSet<String> {
    let lists = text.split(key).skip(1).filter_map(|rest| rest.split_once('[')?.1.split_once(']'));
    lists.flat_map(|(list, _)| list.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn the_bindings_of_the_page_are_fresh() {
    let generated = generated();
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(BINDINGS, &generated).unwrap();
    }
    let kept = std::fs::read_to_string(BINDINGS).unwrap();
    assert!(kept == generated, "ui/src/lib/bindings.ts is stale: renew it with\n  {RENEW}=1 cargo test -p user-sync --lib contract");
}

#[test]
fn the_page_may_ask_for_exactly_the_commands_that_there_are() {
    let bindings = generated();
    let called = bindings.split("__TAURI_INVOKE(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let commands: BTreeSet<String> = called.map(str::to_owned).collect();
    assert!(commands.len() > 30, "{commands:?}");
    assert_eq!(listed(PERMISSIONS, "commands.allow ="), commands, "src-tauri/permissions/commands.toml");
}

#[test]
fn the_page_may_do_nothing_but_ask_commands_and_hear_events() {
    let sets: BTreeSet<String> =
        PERMISSIONS.split("identifier = \"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect();
    let events = ["core:event:allow-listen", "core:event:allow-unlisten"].map(str::to_owned);
    assert_eq!(listed(CAPABILITY, "\"permissions\":"), sets.into_iter().chain(events).collect(), "src-tauri/capabilities/main.json");
    let capability: serde_json::Value = serde_json::from_str(CAPABILITY).unwrap();
    assert_eq!(capability["windows"], serde_json::json!(["main"]));
    assert!(capability.get("remote").is_none(), "pages of others may ask nothing");
}

#[test]
fn the_content_policy_lets_nothing_in_from_outside_and_runs_nothing_unsafe() {
    let configuration: serde_json::Value = serde_json::from_str(CONFIGURATION).unwrap();
    let app = &configuration["app"];
    let policy = app["security"]["csp"].as_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    assert!(!policy.replace("http://ipc.localhost", "").contains("http"), "{policy}");
    assert_eq!(app["withGlobalTauri"], false);
}
