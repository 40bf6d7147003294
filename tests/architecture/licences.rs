//! Everything that is built into the app may be given to others: licences of all dependencies, by the list in deny.toml.

use crate::source::{assert_none, cargo_metadata, read};

/// The list `allow = […]` under `[licenses]` in deny.toml.
fn allowed(deny: &str) -> Vec<String> {
    let list = deny.split("[licenses]").nth(1).unwrap_or_default().split("allow = [").nth(1).unwrap_or_default();
    let list = list.split(']').next().unwrap_or_default();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether an SPDX expression can be met with the allowed licences. The older `A/B` means `A OR B`.
fn may_use(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let met = any(&mut words, allowed);
    met && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut met = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= all(words, allowed);
    }
    met
}

fn all(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let Some(word) = words.next() else { return false };
    if word == "(" {
        let met = any(words, allowed);
        return words.next() == Some(")") && met;
    }
    match words.next_if_eq(&"WITH").and_then(|_| words.next()) {
        Some(exception) => allowed.contains(&format!("{word} WITH {exception}")),
        None => allowed.iter().any(|licence| licence == word),
    }
}

fn findings<'a>(packages: impl Iterator<Item = (&'a str, Option<&'a str>)>, allowed: &[String]) -> Vec<String> {
    packages
        .filter(|(_, licence)| !licence.is_some_and(|licence| may_use(licence, allowed)))
        .map(|(name, licence)| format!("{name}: {}", licence.unwrap_or("no licence")))
        .collect()
}

#[test]
fn licences_of_all_crates_are_on_the_list() {
    for arguments in [&[][..], &["--manifest-path", "fuzz/Cargo.toml"]] {
        let metadata = cargo_metadata(arguments);
        let packages = metadata["packages"].as_array().unwrap();
        assert!(packages.len() > 100, "cargo metadata tells of {} packages only", packages.len());
        let packages = packages.iter().map(|package| (package["name"].as_str().unwrap(), package["license"].as_str()));
        assert_none("A crate's licence is not on the list in deny.toml", &findings(packages, &allowed(&read("deny.toml"))));
    }
}

/// Packages of the proof's server whose description names no licence; it stands in their text.
const SAID_ELSEWHERE: &[(&str, &str)] = &[("node_modules/only", "MIT")];

#[test]
fn licences_of_all_npm_packages_are_on_the_list() {
    for file in ["ui/package-lock.json", "tests/proof/server/package-lock.json"] {
        let lock: serde_json::Value = serde_json::from_str(&read(file)).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        assert!(packages.len() > 10, "{file} tells of {} packages only", packages.len());
        let elsewhere = |name: &str| SAID_ELSEWHERE.iter().find(|(known, _)| *known == name).map(|(_, licence)| *licence);
        let packages = packages.iter().map(|(name, facts)| (name.as_str(), facts["license"].as_str().or_else(|| elsewhere(name))));
        assert_none("An npm package's licence is not on the list in deny.toml", &findings(packages, &allowed(&read("deny.toml"))));
    }
}

#[test]
fn a_licence_off_the_list_is_found() {
    let list = allowed("[bans]\nallow = [\"X\"]\n[licenses]\nallow = [\n  \"MIT\",\n  \"Apache-2.0 WITH LLVM-exception\",\n]\n");
    assert_eq!(list, ["MIT", "Apache-2.0 WITH LLVM-exception"]);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("(GPL-3.0 OR MIT) AND Apache-2.0 WITH LLVM-exception", true),
        ("MIT AND (GPL-3.0 AND MIT)", false),
        ("Apache-2.0", false),
        ("MIT MIT", false),
        ("", false),
    ] {
        assert_eq!(may_use(expression, &list), expected, "{expression}");
    }
    assert_eq!(findings([("a", None), ("b", Some("MIT"))].into_iter(), &list), ["a: no licence"]);
}
