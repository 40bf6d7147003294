//! A secret cannot be shown, and nothing is printed past the terminal program.

use crate::source::{Source, assert_none, code_only, rust, split_tests, test_files};

/// Types that hold a secret are named so: this word begins the name.
const SECRET: &str = "Secret";

/// Where printing is the purpose. Build scripts talk to cargo through stdout.
const MAY_PRINT: &[&str] = &["crates/app/src/cli/", "crates/app/src/bin/", "src-tauri/build.rs", "xtask/"];

fn secret_types(code: &str) -> Vec<String> {
    code.match_indices("struct ")
        .map(|(at, _)| &code[at + "struct ".len()..])
        .map(|rest| rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect::<String>())
        .filter(|name| name.starts_with(SECRET) && !name.starts_with("SecretStore"))
        .collect()
}

fn shown_secrets(files: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files {
        let code = code_only(&file.text);
        for name in secret_types(&code) {
            let before = code.split(&format!("struct {name}")).next().unwrap_or_default();
            let attributes = before.rsplit(['}', ';']).next().unwrap_or_default();
            for shown in ["Debug", "Display", "Serialize"] {
                if attributes.split("derive(").skip(1).any(|list| list.split(')').next().unwrap_or_default().contains(shown)) {
                    findings.push(format!("{}: {name} derives {shown}", file.path));
                }
            }
            for other in files {
                for shown in ["Display", "Serialize", "Deref", "ToString"] {
                    if code_only(&other.text).contains(&format!("{shown} for {name}")) {
                        findings.push(format!("{}: {shown} for {name}", other.path));
                    }
                }
            }
        }
    }
    findings
}

fn prints(file: &Source) -> Vec<String> {
    let code = code_only(&file.text);
    let mut findings = Vec::new();
    for (number, line) in split_tests(&code).0 {
        for printing in ["println!", "print!", "dbg!"] {
            for (at, _) in line.match_indices(printing) {
                if !line[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_') || line[..at].ends_with('e') {
                    findings.push(format!("{}:{number}: {printing}", file.path));
                }
            }
        }
    }
    findings
}

#[test]
fn secrets_have_no_way_to_be_shown() {
    let files = rust(&["crates"]);
    assert!(files.iter().any(|file| !secret_types(&code_only(&file.text)).is_empty()), "no type named {SECRET}… was found");
    assert_none("A secret can be shown", &shown_secrets(&files));
}

#[test]
fn nothing_prints_but_the_terminal_program() {
    let files = rust(&["crates", "src-tauri", "xtask"]);
    let tests = test_files(&files);
    let silent = files.iter().filter(|file| !tests.contains(&file.path) && !MAY_PRINT.iter().any(|path| file.path.starts_with(path)));
    assert_none("Printing outside the terminal program", &silent.flat_map(prints).collect::<Vec<_>>());
}

#[test]
fn a_shown_secret_and_a_stray_print_are_found() {
    let text = "#[derive(Clone, Debug)]\npub struct Secret(String);\nimpl std::fmt::Display for Secret {}\nfn a() { eprintln!(); dbg!(1); my_print!(); }\n// println!\n#[cfg(test)]\nmod tests {\n    fn b() { println!(); }\n}\n";
    let file = Source { path: "a.rs".into(), text: text.into() };
    assert_eq!(prints(&file), ["a.rs:4: println!", "a.rs:4: dbg!"]);
    assert_eq!(shown_secrets(&[file]), ["a.rs: Secret derives Debug", "a.rs: Display for Secret"]);
}
