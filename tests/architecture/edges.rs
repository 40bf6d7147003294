//! Dependencies between the rooms of the house point one way.

use std::collections::BTreeMap;

use crate::source::{assert_none, cargo_metadata};

/// The whole house: every package of the workspace with the packages of the workspace that it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("user-sync", &["user-sync-app", "user-sync-engine"]),
    ("user-sync-app", &["user-sync-engine", "user-sync-platforms", "user-sync-simulator"]),
    ("user-sync-platforms", &["user-sync-engine"]),
    ("user-sync-engine", &[]),
    ("user-sync-simulator", &[]),
    ("user-sync-tests", &["user-sync-app", "user-sync-engine", "user-sync-platforms", "user-sync-simulator"]),
    ("xtask", &[]),
];

/// Dependencies that only one room may have, by the beginning of their name.
const ONE_ROOM: &[(&str, &str)] =
    &[("tauri", "user-sync"), ("reqwest", "user-sync-app"), ("rusqlite", "user-sync-engine"), ("keyring", "user-sync-engine")];

/// Tests look into a database, and tamper with it, from outside.
const LOOKS_INSIDE: (&str, &str) = ("user-sync-tests", "rusqlite");

fn findings(metadata: &serde_json::Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut findings = Vec::new();
    for package in &packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(may) = allowed.get(name) else {
            findings.push(format!("{name} is no room of the house"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let on = dependency["name"].as_str().unwrap_or_default();
            if allowed.contains_key(on) && !may.contains(&on) {
                findings.push(format!("{name} → {on}"));
            }
            for (beginning, room) in ONE_ROOM {
                if on.starts_with(beginning) && name != *room && (name, on) != LOOKS_INSIDE {
                    findings.push(format!("{name} → {on}, which belongs to {room} alone"));
                }
            }
        }
    }
    for (name, _) in ALLOWED {
        if !packages.iter().any(|package| package["name"] == *name) {
            findings.push(format!("{name} is missing"));
        }
    }
    findings
}

#[test]
fn dependencies_between_crates_point_one_way() {
    let found = findings(&cargo_metadata(&["--no-deps"]));
    assert_none("A crate depends on what it must not know", &found);
}

#[test]
fn a_wrong_dependency_is_found() {
    let mut metadata = cargo_metadata(&["--no-deps"]);
    let packages = metadata["packages"].as_array_mut().unwrap();
    let engine = packages.iter_mut().find(|package| package["name"] == "user-sync-engine").unwrap();
    engine["dependencies"] = serde_json::json!([{"name": "user-sync-platforms", "kind": "dev"}, {"name": "tauri-build"}]);
    packages.retain(|package| package["name"] != "xtask");
    packages.push(serde_json::json!({"name": "user-sync-helper", "dependencies": []}));
    assert_eq!(
        findings(&metadata),
        [
            "user-sync-engine → user-sync-platforms",
            "user-sync-engine → tauri-build, which belongs to user-sync alone",
            "user-sync-helper is no room of the house",
            "xtask is missing",
        ]
    );
}
