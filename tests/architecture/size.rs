//! A file holds one concept and starts by saying which.

use crate::source::{ALL_RUST, Source, assert_none, rust, sources, split_tests, test_files};

/// Lines outside tests.
const LONGEST: usize = 400;
/// Written by tauri-specta: as long as the window has commands and types.
const GENERATED: &[&str] = &["ui/src/lib/bindings.ts"];

fn too_long(file: &Source) -> Option<String> {
    let lines = split_tests(&file.text).0.len();
    (lines > LONGEST).then(|| format!("{}: {lines} lines", file.path))
}

fn without_introduction(file: &Source) -> Option<String> {
    let starts_well = file.text.lines().next().is_some_and(|line| line.starts_with("//! ") && line.len() > 12);
    (!starts_well).then(|| format!("{} does not start with a //! that says what it is for", file.path))
}

#[test]
fn a_file_outside_tests_stays_under_400_lines() {
    let mut files = rust(&["crates", "src-tauri", "xtask"]);
    files.extend(sources(&["ui/src"], &["svelte", "ts"]));
    let tests = test_files(&files);
    let written = files.iter().filter(|file| !tests.contains(&file.path) && !GENERATED.contains(&file.path.as_str()));
    let found: Vec<String> = written.filter_map(too_long).collect();
    assert_none("One file, one concept", &found);
}

#[test]
fn every_rust_file_says_first_what_it_is_for() {
    let files = rust(ALL_RUST);
    let tests = test_files(&files);
    // A module of tests stands beside what it tests; a test program of its own has an introduction.
    let beside = |path: &String| tests.contains(path) && !path.starts_with("tests/");
    let found: Vec<String> = files.iter().filter(|file| !beside(&file.path)).filter_map(without_introduction).collect();
    assert_none("A file without introduction", &found);
}

#[test]
fn a_long_file_and_a_silent_file_are_found() {
    let long = Source { path: "a.rs".into(), text: "x\n".repeat(401) };
    assert_eq!(too_long(&long).as_deref(), Some("a.rs: 401 lines"));
    assert!(without_introduction(&long).is_some());
    let tests = format!("//! What it is for.\n#[cfg(test)]\nmod tests {{\n{}}}\n", "    x\n".repeat(500));
    let tested = Source { path: "b.rs".into(), text: tests };
    assert_eq!(too_long(&tested), None);
    assert_eq!(without_introduction(&tested), None);
}
