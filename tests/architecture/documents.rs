//! README.md and ARCHITECTURE.md speak of what is there: commands, files, and for each invariant a test.

use std::collections::BTreeSet;
use std::process::Command;

use crate::source::{ALL_RUST, Kind, assert_none, pieces, read, rust, workspace};

/// The invariants that ARCHITECTURE.md must hold, with a test for each.
const INVARIANTS: &[&str] = &["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9"];

/// What stands in backticks or in a fenced block, line by line.
fn code_in(document: &str) -> Vec<&str> {
    let mut code = Vec::new();
    for (index, part) in document.split("```").enumerate() {
        if index % 2 == 1 {
            code.extend(part.lines().skip(1).map(str::trim));
        } else {
            code.extend(part.split('`').skip(1).step_by(2));
        }
    }
    code
}

/// The words after `cargo xtask` or after the program `usersync`, without a comment at the end.
fn commands<'a>(document: &'a str, program: &str) -> Vec<Vec<&'a str>> {
    let of = |line: &'a str| {
        let line = line.split(" #").next().unwrap_or_default();
        let words: Vec<&str> = line.trim_start_matches("$ ").split_whitespace().collect();
        match (program, words.as_slice()) {
            ("xtask", ["cargo", "xtask", rest @ ..]) => Some(rest.to_vec()),
            ("usersync", [first, rest @ ..]) if first.rsplit('/').next() == Some("usersync") => Some(rest.to_vec()),
            _ => None,
        }
    };
    code_in(document).into_iter().filter_map(of).collect()
}

/// Relative links that lead nowhere.
fn dead_links(name: &str, document: &str) -> Vec<String> {
    let targets = document.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let relative = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    relative
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !workspace().join(target).exists())
        .map(|target| format!("{name} links to {target}, which is not there"))
        .collect()
}

/// Names of test functions and, as trials have names and no functions, every string in tests/conformance.
fn test_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in rust(ALL_RUST) {
        let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate() {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                let head = lines[at + 1..].iter().find(|line| !line.starts_with('#')).copied().unwrap_or_default();
                let name = head.split("fn ").nth(1).and_then(|rest| rest.split('(').next()).unwrap_or_default();
                names.insert(name.to_owned());
            }
        }
        if file.path.starts_with("tests/conformance/") {
            let literals = pieces(&file.text).into_iter().filter(|piece| piece.kind == Kind::Quoted);
            names.extend(literals.map(|piece| piece.text.trim_matches('"').to_owned()));
        }
    }
    names
}

/// For each invariant the text from its bold name to the next one's; it must hold a test's name in backticks.
fn unproven(document: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let mut findings = Vec::new();
    for invariant in INVARIANTS {
        let Some((_, rest)) = document.split_once(&format!("**{invariant}**")) else {
            findings.push(format!("{invariant} is not in ARCHITECTURE.md"));
            continue;
        };
        let text = rest.split("**I").next().unwrap_or_default().split("\n## ").next().unwrap_or_default();
        let named: Vec<&str> = code_in(text).into_iter().map(|word| word.rsplit("::").next().unwrap_or_default()).collect();
        if !named.iter().any(|name| tests.contains(*name)) {
            findings.push(format!("{invariant} names no existing test"));
        }
        let looks_like_a_test = |name: &&&str| name.matches('_').count() >= 3 && !name.contains(['.', '/', ' ', '(']);
        for gone in named.iter().filter(looks_like_a_test).filter(|name| !tests.contains(**name)) {
            findings.push(format!("{invariant} names {gone}, which is no test"));
        }
    }
    findings
}

fn help_of(words: &[&str]) -> Option<String> {
    let output = Command::new(user_sync_tests::program().unwrap()).args(words).arg("--help").output().unwrap();
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What is wrong with one command of `usersync`, judged by its own help.
fn wrong_use(words: &[&str]) -> Option<String> {
    let subcommand = words.iter().copied().find(|word| word.starts_with(|letter: char| letter.is_ascii_lowercase()))?;
    let Some(help) = help_of(&[subcommand]) else {
        return Some(format!("usersync {subcommand} does not exist"));
    };
    let general = help_of(&[])?;
    // `audit export`: where the next word is a command of the command, its help counts.
    let next = words.iter().skip_while(|word| **word != subcommand).nth(1).filter(|word| help.contains(&format!("\n  {word} ")));
    let help = next.and_then(|next| help_of(&[subcommand, next])).unwrap_or(help);
    let flags = words.iter().filter(|word| word.starts_with("--")).map(|word| word.split(['=', '[']).next().unwrap_or_default());
    flags
        .into_iter()
        .find(|flag| !help.contains(flag) && !general.contains(flag))
        .map(|flag| format!("usersync {subcommand} knows no {flag}"))
}

#[test]
fn the_readme_names_only_commands_that_exist() {
    let (readme, xtask) = (read("README.md"), read("xtask/src/main.rs"));
    let known = |words: &[&str]| words.first().is_some_and(|word| xtask.contains(&format!("[\"{word}\"")));
    let given = commands(&readme, "xtask");
    for needed in ["run", "test"] {
        assert!(given.iter().any(|words| words == &[needed]), "README.md does not show `cargo xtask {needed}`");
    }
    let mut found: Vec<String> =
        given.iter().filter(|words| !known(words)).map(|words| format!("cargo xtask {}", words.join(" "))).collect();
    let security = read("SECURITY.md");
    found.extend(commands(&readme, "usersync").iter().chain(&commands(&security, "usersync")).filter_map(|words| wrong_use(words)));
    assert_none("A document shows a command that does not exist", &found);
}

#[test]
fn the_security_document_names_every_platforms_off_switch_and_every_place() {
    let security = read("SECURITY.md");
    let mut missing: Vec<String> = platforms::all()
        .iter()
        .map(|platform| platform.info())
        .filter(|info| !security.contains(info.off_switch.link))
        .map(|info| format!("{} and {}", info.id, info.off_switch.link))
        .collect();
    let service = engine::secrets::Keychain::new("");
    missing
        .extend([service.service(), "grants/key", "USERSYNC_LOG"].into_iter().filter(|word| !security.contains(word)).map(str::to_owned));
    assert_none("SECURITY.md does not name it", &missing);
}

#[test]
fn the_two_commands_stand_on_the_first_screen_of_the_readme() {
    let screen: Vec<String> = read("README.md").lines().take(30).map(str::to_owned).collect();
    for command in ["cargo xtask run", "cargo xtask test"] {
        assert!(screen.iter().any(|line| line.starts_with(command)), "{command} is not in the first 30 lines of README.md");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let documents = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md"];
    let found: Vec<String> = documents.iter().flat_map(|name| dead_links(name, &read(name))).collect();
    assert_none("A dead link", &found);
}

#[test]
fn every_invariant_of_the_architecture_names_an_existing_test() {
    assert_none("An invariant without proof", &unproven(&read("ARCHITECTURE.md"), &test_names()));
}

#[test]
fn a_wrong_command_a_dead_link_and_an_unproven_invariant_are_found() {
    let document = "Try `cargo xtask fly`, [here](nowhere.md) or [there](https://example.com):\n```sh\n$ target/debug/usersync people --search x  # find\ncargo xtask run   # see it\n```\n";
    assert_eq!(commands(document, "xtask"), [vec!["fly"], vec!["run"]]);
    assert_eq!(commands(document, "usersync"), [["people", "--search", "x"]]);
    assert_eq!(dead_links("A.md", document), ["A.md links to nowhere.md, which is not there"]);
    let tests = BTreeSet::from(["a_rule_that_holds".to_owned()]);
    let document = INVARIANTS[2..].iter().map(|name| format!("- **{name}** x: `tests::a_rule_that_holds`\n")).collect::<String>();
    let document = format!("- **I1** y `info()`.\n{document}Also `a_rule_that_is_gone`.\n## Next");
    assert_eq!(
        unproven(&document, &tests),
        ["I1 names no existing test", "I2 is not in ARCHITECTURE.md", "I9 names a_rule_that_is_gone, which is no test"]
    );
    assert!(test_names().contains("a_wrong_command_a_dead_link_and_an_unproven_invariant_are_found"));
}

#[test]
fn a_command_that_the_program_does_not_know_is_found() {
    assert!(wrong_use(&["--json", "fly", "--high"]).is_some_and(|found| found == "usersync fly does not exist"));
}
