//! Platforms are data: no platform's name in the engine, in the components of the page, or in a `match`.
//!
//! "Teams" is at once a platform's name and product.md's word for groups; alone it is looked for only where a `match` asks
//! for it as a string.

use std::collections::BTreeSet;

use crate::source::{Source, assert_none, code_only, rust, sources, without_comments, words, workspace};

/// Vendors' names beside the folders of `crates/platforms`.
const VENDORS: &[&str] = &["azure", "cisco", "entra", "graph", "microsoft", "msal", "msgraph", "msteams", "salesforce"];

fn platform_folders() -> BTreeSet<String> {
    let folders = workspace().join("crates/platforms/src").read_dir().unwrap().flatten();
    folders.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn names() -> BTreeSet<String> {
    let mut names = platform_folders();
    assert!(names.len() >= 4, "crates/platforms/src holds a folder for each platform, but only {names:?} are there");
    names.extend(VENDORS.iter().map(|name| (*name).to_owned()));
    names.remove("teams");
    names
}

/// Names anywhere, comments included: an example with a platform's name makes the engine look as if it knew one.
fn mentions(file: &Source, names: &BTreeSet<String>) -> Vec<String> {
    let mut findings = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for word in words(line).iter().filter(|word| names.contains(*word)) {
            findings.push(format!("{}:{}: {word}", file.path, number + 1));
        }
    }
    findings
}

/// Arms of a `match` whose pattern names a platform.
fn arms(file: &Source, names: &BTreeSet<String>) -> Vec<String> {
    let (code, with_strings) = (code_only(&file.text), without_comments(&file.text));
    let mut findings = Vec::new();
    for (number, (line, full)) in code.lines().zip(with_strings.lines()).enumerate() {
        let Some(arrow) = line.find("=>") else { continue };
        let full: String = full.chars().take(line[..arrow].chars().count()).collect();
        if words(&full).iter().any(|word| names.contains(word)) || full.contains("\"teams\"") {
            findings.push(format!("{}:{}: {}", file.path, number + 1, full.trim()));
        }
    }
    findings
}

/// What a platform may lack: nobody can authorise an own account there, or nothing stands in for people without one.
const MAY_LACK: &[&str] = &["grants.rs", "stand_in.rs"];

/// Files that some platforms' folders hold and others do not.
fn unlike(folders: &[(String, BTreeSet<String>)]) -> Vec<String> {
    let all: BTreeSet<&String> = folders.iter().flat_map(|(_, files)| files).filter(|file| !MAY_LACK.contains(&file.as_str())).collect();
    let lacking = |(folder, files): &(String, BTreeSet<String>)| -> Vec<String> {
        all.iter().filter(|file| !files.contains(**file)).map(|file| format!("{folder} has no {file}")).collect()
    };
    folders.iter().flat_map(lacking).collect()
}

#[test]
fn the_folders_of_all_platforms_hold_the_same_files() {
    let files_of = |folder: String| {
        let files = rust(&[format!("crates/platforms/src/{folder}").as_str()]);
        let names = files.iter().filter_map(|file| file.path.rsplit('/').next()).map(str::to_owned).collect();
        (folder, names)
    };
    let folders: Vec<_> = platform_folders().into_iter().map(files_of).collect();
    assert_none("A platform's folder differs from the others", &unlike(&folders));
}

#[test]
fn a_folder_unlike_the_others_is_found() {
    let folder = |name: &str, files: &[&str]| (name.to_owned(), files.iter().map(|file| (*file).to_owned()).collect());
    let folders = [folder("a", &["mod.rs", "error.rs", "grants.rs"]), folder("b", &["mod.rs", "special.rs", "error.rs"])];
    assert_eq!(unlike(&folders), ["a has no special.rs"]);
}

#[test]
fn the_engine_and_the_components_name_no_platform() {
    let mut files = rust(&["crates/engine/src"]);
    if workspace().join("ui/src/components").is_dir() {
        files.extend(sources(&["ui/src/components"], &["svelte", "ts"]));
    }
    let found: Vec<String> = files.iter().flat_map(|file| mentions(file, &names())).collect();
    assert_none("A platform is named where platforms are only data", &found);
}

#[test]
fn no_match_asks_which_platform_it_is() {
    let files = rust(&["crates/engine/src", "crates/platforms/src", "crates/app/src", "src-tauri"]);
    let found: Vec<String> = files.iter().flat_map(|file| arms(file, &names())).collect();
    assert_none("A match asks for a platform by name; put the difference into info()", &found);
}

#[test]
fn a_platform_named_in_code_or_comment_is_found() {
    let names = BTreeSet::from(["slack".to_owned(), "graph".to_owned()]);
    let text = "let slack_token = 1;\n// as MSGraph does, and Graph\nfn teams() {}\nstruct SlackBot;\nlet slacken = 1;";
    let file = Source { path: "a.rs".into(), text: text.into() };
    assert_eq!(mentions(&file, &names), ["a.rs:1: slack", "a.rs:2: graph", "a.rs:4: slack"]);
    let text = "match id {\n    \"slack\" => 1,\n    Platform::Slack | Platform::Other => 2,\n    \"teams\" => 3,\n    other => slack(other), // slack => 4\n    \"=> slack\" => 5,\n}";
    let file = Source { path: "b.rs".into(), text: text.into() };
    assert_eq!(
        arms(&file, &names),
        ["b.rs:2: \"slack\"", "b.rs:3: Platform::Slack | Platform::Other", "b.rs:4: \"teams\"", "b.rs:6: \"=> slack\""]
    );
}
