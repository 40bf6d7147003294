//! Time is passed in, and no test sleeps.

use crate::source::{ALL_RUST, Source, assert_none, code_only, rust, split_tests, test_files};

/// The clocks: one on each side, as the simulator depends on nothing of ours.
const CLOCKS: &[&str] = &["crates/engine/src/clock.rs", "crates/simulator/src/clock.rs"];

/// Tests that start real programs wait for events with a deadline, and may pause between two looks.
const WAIT_FOR_PROGRAMS: &[&str] = &["tests/crash/", "tests/e2e/"];

fn wall_clock(file: &Source) -> Vec<String> {
    found(file, code_only(&file.text).lines().enumerate(), &["SystemTime::now", "Timestamp::now", "Zoned::now", "Utc::now"])
}

fn sleeps(file: &Source, is_test_file: bool) -> Vec<String> {
    let code = without_clocks(&code_only(&file.text));
    let lines = if is_test_file { code.lines().enumerate().map(|(at, line)| (at + 1, line)).collect() } else { split_tests(&code).1 };
    found(file, lines.into_iter().map(|(number, line)| (number - 1, line)), &["sleep(", "sleep_until("])
}

/// Blanks every `impl Clock for …`: waiting is what a clock is for, and a test's clock lets tokio's paused time pass.
fn without_clocks(code: &str) -> String {
    let mut inside = false;
    let blank = |line: &str| {
        inside |= line.starts_with("impl Clock for ");
        let kept = if inside { "" } else { line };
        inside &= line != "}";
        format!("{kept}\n")
    };
    code.lines().map(blank).collect()
}

fn found<'a>(file: &Source, lines: impl Iterator<Item = (usize, &'a str)>, wanted: &[&str]) -> Vec<String> {
    let mut findings = Vec::new();
    for (at, line) in lines {
        // A method is one of a clock that was passed in.
        let calls = |call: &&&str| line.match_indices(**call).any(|(begin, _)| !line[..begin].ends_with('.'));
        for call in wanted.iter().filter(calls) {
            findings.push(format!("{}:{}: {call}", file.path, at + 1));
        }
    }
    findings
}

#[test]
fn only_the_clock_reads_the_time_of_day() {
    let files = rust(ALL_RUST);
    let others = files.iter().filter(|file| !CLOCKS.contains(&file.path.as_str()));
    assert_none("The time of day is read past the clock", &others.flat_map(wall_clock).collect::<Vec<_>>());
}

#[test]
fn no_test_sleeps() {
    let files = rust(ALL_RUST);
    let tests = test_files(&files);
    let waiting = |file: &&Source| !WAIT_FOR_PROGRAMS.iter().any(|path| file.path.starts_with(path));
    let found: Vec<String> = files.iter().filter(waiting).flat_map(|file| sleeps(file, tests.contains(&file.path))).collect();
    assert_none("A test sleeps; wait for the event, or let paused time pass", &found);
}

#[test]
fn a_sleeping_test_and_a_stray_clock_are_found() {
    let text = "fn a() { tokio::time::sleep(d).await; }\nlet b = SystemTime::now();\n// SystemTime::now\n#[cfg(test)]\nmod tests {\n    fn c() { sleep(d); clock.sleep_until(e); }\n}\n";
    let file = Source { path: "a.rs".into(), text: text.into() };
    assert_eq!(wall_clock(&file), ["a.rs:2: SystemTime::now"]);
    assert_eq!(sleeps(&file, false), ["a.rs:6: sleep("]);
    assert_eq!(sleeps(&file, true), ["a.rs:1: sleep(", "a.rs:6: sleep("]);
    let text = "impl Clock for A {\n    sleep(d)\n}\nimpl B {\n    sleep(d)\n}\n";
    assert_eq!(sleeps(&Source { path: "b.rs".into(), text: text.into() }, true), ["b.rs:5: sleep("]);
}
