//! Adapters write production addresses only, and nothing can change them.
//!
//! The hosts of `info()` are the only ones a request may go to (the transport sees to that at run time). Here every address
//! in the adapters' sources is held against those lists, and the ways to change an address are looked for.

use std::collections::BTreeSet;

use engine::guide::Copied;
use engine::model::{Intent, Recipient};
use engine::platform::ConnectionFacts;

use crate::source::{Kind, Source, assert_none, code_only, pieces, rust, split_tests, test_files};

/// Addresses that no request goes to: the loopback redirect of a sign-in.
const LOOPBACK: &[&str] = &["localhost", "127.0.0.1"];

/// Hosts of the pages that people are sent to: those that the guides open or have people copy, the off-switches, and where something in
/// doubt can be looked up. No request of ours could go there: the transport refuses every host that `info()` does not name.
fn pages_for_people() -> BTreeSet<String> {
    let mut texts = Vec::new();
    for info in platforms::all().iter().map(|platform| platform.info()) {
        texts.push(info.off_switch.link);
        for part in info.guide.parts {
            texts.extend(part.open.map(|open| open.url));
            texts.extend(part.copy.iter().filter_map(|copied| match copied {
                Copied::Text { text, .. } => Some(*text),
                _ => None,
            }));
        }
    }
    let to = Recipient { account: "U1".into(), email: Some("ana@own.example".into()), attributes: Default::default() };
    let since = jiff::Timestamp::UNIX_EPOCH;
    let message = Intent::Direct { to, text: String::new(), key: String::new(), since, sender: None, after: None };
    let looked_up =
        platforms::all().iter().filter_map(|platform| platform.look_up(&ConnectionFacts::default(), &message)).collect::<Vec<_>>();
    let links = looked_up.iter().map(String::as_str);
    texts.into_iter().chain(links).flat_map(hosts_in).map(|(_, host)| host).collect()
}

fn production(file: &Source) -> String {
    let lines = split_tests(&file.text).0;
    lines.into_iter().fold(String::new(), |text, (_, line)| text + line + "\n")
}

fn literals(text: &str) -> Vec<String> {
    pieces(text).into_iter().filter(|piece| piece.kind == Kind::Quoted).map(|piece| piece.text).collect()
}

/// Hosts of all addresses with a scheme in these literals.
fn hosts_in(literal: &str) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for scheme in ["https://", "http://", "wss://", "ws://"] {
        for (at, _) in literal.match_indices(scheme) {
            let rest = &literal[at + scheme.len()..];
            let host: String = rest.chars().take_while(|letter| letter.is_alphanumeric() || ".-{}_".contains(*letter)).collect();
            found.push((scheme, host.trim_end_matches('.').to_lowercase()));
        }
    }
    found
}

fn findings(files: &[Source], hosts: &BTreeSet<String>) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files {
        let text = production(file);
        for literal in literals(&text) {
            for (scheme, host) in hosts_in(&literal) {
                if LOOPBACK.contains(&host.as_str()) {
                    continue;
                }
                if !hosts.contains(&host) || scheme == "http://" || scheme == "ws://" {
                    findings.push(format!("{}: {scheme}{host} is no host of info()", file.path));
                }
            }
        }
        for way in ["std::env", "env!(", "base_url", "set_host"] {
            if code_only(&text).contains(way) {
                findings.push(format!("{}: {way} could change an address", file.path));
            }
        }
    }
    findings
}

#[test]
fn adapters_write_only_the_hosts_of_their_info() {
    let mut hosts: BTreeSet<String> =
        platforms::all().iter().flat_map(|platform| platform.info().hosts).map(|host| (*host).to_owned()).collect();
    assert!(hosts.len() >= 4, "four platforms have at least four hosts: {hosts:?}");
    hosts.extend(pages_for_people());
    let files = rust(&["crates/platforms/src"]);
    let tests = test_files(&files);
    let files: Vec<Source> = files.into_iter().filter(|file| !tests.contains(&file.path)).collect();
    assert_none("An adapter writes an address that info() does not name", &findings(&files, &hosts));
}

#[test]
fn a_foreign_address_is_found() {
    let hosts = BTreeSet::from(["chat.example".to_owned()]);
    let text = "const A: &str = \"https://chat.example/api\";\n// https://docs.example is a comment\nconst B: &str = \"see https://evil.example/x\";\nconst C: &str = \"http://chat.example\";\nconst D: &str = \"http://localhost:1/\";\nfn e(host: &str) -> String { format!(\"https://{host}/\") }\nlet f = std::env::var(\"HOST\");\n#[cfg(test)]\nmod tests {\n    const G: &str = \"https://test.example\";\n}\n";
    let file = Source { path: "a.rs".into(), text: text.into() };
    assert_eq!(
        findings(&[file], &hosts),
        [
            "a.rs: https://evil.example is no host of info()",
            "a.rs: http://chat.example is no host of info()",
            "a.rs: https://{host} is no host of info()",
            "a.rs: std::env could change an address",
        ]
    );
}
