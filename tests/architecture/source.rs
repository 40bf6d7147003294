//! Reads the workspace's sources: which file is a test, what is code, what is a comment, what stands in quotation marks.
//!
//! A small lexer instead of a parser crate: the rules ask for words and lines, not for syntax.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One file.
pub(crate) struct Source {
    /// Relative to the workspace, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The folder of the workspace.
pub(crate) fn workspace() -> PathBuf {
    // At run time, as cargo sets it: two clones may share one target folder, and with it this very program.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&manifest).join("..").canonicalize().unwrap()
}

/// A file of the workspace; a missing one is an empty text, so that the rule about it fails in its own words.
pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(workspace().join(path)).unwrap_or_default()
}

/// All files below these folders with one of these endings, in order. A folder that gives nothing is a mistake of the caller.
pub(crate) fn sources(folders: &[&str], endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in folders {
        let before = found.len();
        walk(&workspace().join(folder), endings, &mut found);
        assert!(found.len() > before, "no {endings:?} below {folder}");
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// All Rust files of these folders.
pub(crate) fn rust(folders: &[&str]) -> Vec<Source> {
    sources(folders, &["rs"])
}

/// Every folder with Rust in it.
pub(crate) const ALL_RUST: &[&str] = &["crates", "src-tauri", "tests", "xtask"];

fn walk(folder: &Path, endings: &[&str], found: &mut Vec<Source>) {
    let Ok(entries) = folder.read_dir() else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !["node_modules", "target", "dist"].iter().any(|name| path.ends_with(name)) {
                walk(&path, endings, found);
            }
        } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
            let relative = path.strip_prefix(workspace()).unwrap().to_string_lossy().replace('\\', "/");
            found.push(Source { path: relative, text: std::fs::read_to_string(&path).unwrap() });
        }
    }
}

/// The paths that hold only tests: `tests` folders, and modules that their parent declares under `#[cfg(test)]`.
pub(crate) fn test_files(all: &[Source]) -> BTreeSet<String> {
    let mut tests: BTreeSet<String> =
        all.iter().filter(|file| file.path.split('/').any(|part| part == "tests")).map(|file| file.path.clone()).collect();
    for file in all {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let inner = match name {
            "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
            _ => format!("{folder}/{}", name.trim_end_matches(".rs")),
        };
        for module in test_modules_elsewhere(&file.text) {
            let (one, below) = (format!("{inner}/{module}.rs"), format!("{inner}/{module}/"));
            tests.extend(all.iter().filter(|file| file.path == one || file.path.starts_with(&below)).map(|file| file.path.clone()));
        }
    }
    tests
}

fn test_modules_elsewhere(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines
        .windows(2)
        .filter(|pair| is_test_attribute(pair[0]))
        .filter_map(|pair| pair[1].strip_suffix(';')?.rsplit_once("mod ").map(|(_, name)| name))
        .collect()
}

fn is_test_attribute(line: &str) -> bool {
    line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test") || line.starts_with("#[cfg(any(test")
}

/// Lines with their numbers, from 1.
pub(crate) type Numbered<'a> = Vec<(usize, &'a str)>;

/// The numbered lines outside items under `#[cfg(test)]`, and those inside.
pub(crate) fn split_tests(text: &str) -> (Numbered<'_>, Numbered<'_>) {
    let (mut production, mut tests) = (Numbered::new(), Numbered::new());
    let mut lines = text.lines().enumerate().map(|(number, line)| (number + 1, line)).peekable();
    while let Some((number, line)) = lines.next() {
        if !is_test_attribute(line.trim()) {
            production.push((number, line));
            continue;
        }
        tests.push((number, line));
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = format!("{indent}}}");
        let mut is_head = true;
        for (number, line) in lines.by_ref() {
            tests.push((number, line));
            if is_head && line.trim_start().starts_with("#[") {
                continue;
            }
            // The item ends with a `;` or `}` in its first line, or with the brace under its own beginning.
            if is_head && (line.trim_end().ends_with(';') || line.trim_end().ends_with('}')) {
                break;
            }
            if line.trim_end() == end {
                break;
            }
            is_head = false;
        }
    }
    (production, tests)
}

/// What a stretch of source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Code,
    Comment,
    Quoted,
}

/// One stretch of source of one kind, with the line where it begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) kind: Kind,
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// Cuts Rust source into code, comments and string literals.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let letters: Vec<char> = text.chars().collect();
    let (mut pieces, mut code, mut line, mut at) = (Vec::new(), String::new(), 1, 0);
    let mut code_line = 1;
    while at < letters.len() {
        let Some((kind, length)) = starts(&letters, at) else {
            if code.is_empty() {
                code_line = line;
            }
            code.push(letters[at]);
            line += usize::from(letters[at] == '\n');
            at += 1;
            continue;
        };
        if !code.is_empty() {
            pieces.push(Piece { kind: Kind::Code, line: code_line, text: std::mem::take(&mut code) });
        }
        let stretch: String = letters[at..at + length].iter().collect();
        pieces.push(Piece { kind, line, text: stretch.clone() });
        line += stretch.matches('\n').count();
        at += length;
    }
    if !code.is_empty() {
        pieces.push(Piece { kind: Kind::Code, line: code_line, text: code });
    }
    pieces
}

/// The same text with each comment and string blanked out; lines keep their numbers.
pub(crate) fn code_only(text: &str) -> String {
    blanked(text, &[Kind::Comment, Kind::Quoted])
}

/// The same text without comments.
pub(crate) fn without_comments(text: &str) -> String {
    blanked(text, &[Kind::Comment])
}

fn blanked(text: &str, kinds: &[Kind]) -> String {
    let blank = |piece: Piece| match kinds.contains(&piece.kind) {
        true => piece.text.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }).collect(),
        false => piece.text,
    };
    pieces(text).into_iter().map(blank).collect()
}

/// The comment or literal that begins here, and how many letters it has.
fn starts(letters: &[char], at: usize) -> Option<(Kind, usize)> {
    let rest = &letters[at..];
    let after_word = at > 0 && (letters[at - 1].is_alphanumeric() || letters[at - 1] == '_');
    match rest {
        ['/', '/', ..] => Some((Kind::Comment, rest.iter().position(|letter| *letter == '\n').unwrap_or(rest.len()))),
        ['/', '*', ..] => Some((Kind::Comment, block_comment(rest))),
        ['"', ..] => Some((Kind::Quoted, quoted(rest))),
        ['r', '"' | '#', ..] if !after_word || letters[at - 1] == 'b' => raw(rest).map(|length| (Kind::Quoted, length)),
        ['\'', '\\', ..] => rest[2..].iter().skip(1).position(|letter| *letter == '\'').map(|end| (Kind::Quoted, end + 4)),
        ['\'', _, '\'', ..] => Some((Kind::Quoted, 3)),
        _ => None,
    }
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

fn raw(rest: &[char]) -> Option<usize> {
    let fences = rest[1..].iter().take_while(|letter| **letter == '#').count();
    if rest.get(1 + fences) != Some(&'"') {
        return None;
    }
    let body = 2 + fences;
    let closes = |at: &usize| rest[*at] == '"' && rest[at + 1..].iter().take(fences).filter(|letter| **letter == '#').count() == fences;
    let end = (body..rest.len()).find(closes)?;
    Some(end + 1 + fences)
}

/// Words of an identifier or a sentence, in lower case: `SlackBot_id` gives slack, bot, id.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_is_lower = false;
    for letter in text.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && before_is_lower) {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            words.last_mut().unwrap().extend(letter.to_lowercase());
        }
        before_is_lower = letter.is_lowercase() || letter.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What `cargo metadata` says about the workspace.
pub(crate) fn cargo_metadata(arguments: &[&str]) -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(arguments)
        .current_dir(workspace())
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Fails with the rule and every finding, one a line.
pub(crate) fn assert_none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}\n  {}", findings.join("\n  "));
}

#[test]
fn comments_and_strings_are_told_from_code() {
    let text = "let a = 'x'; // one \"two\"\n/* three /* four */ */ let b = \"// five\\\"\"; r#\"six\"# 'life: &'a '\\'' br\"seven\"";
    let of = |kind| pieces(text).into_iter().filter(|piece| piece.kind == kind).map(|piece| piece.text).collect::<Vec<_>>();
    assert_eq!(of(Kind::Comment), ["// one \"two\"", "/* three /* four */ */"]);
    assert_eq!(of(Kind::Quoted), ["'x'", "\"// five\\\"\"", "r#\"six\"#", "'\\''", "r\"seven\""]);
    assert_eq!(code_only("a /* b\n c */ d \"e\" f"), "a     \n      d     f");
    assert_eq!(pieces("a\n\"b\nc\"\n// d").into_iter().map(|piece| piece.line).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn items_under_cfg_test_are_told_from_the_rest() {
    let text = "one\n#[cfg(test)]\nuse x;\ntwo\n#[cfg(test)]\nmod elsewhere;\n#[cfg(test)]\n#[path = \"y\"]\nmod tests {\n    three\n    fn a() {\n    }\n}\nfour";
    let production: Vec<_> = split_tests(text).0.into_iter().map(|(_, line)| line).collect();
    assert_eq!(production, ["one", "two", "four"]);
    assert!(split_tests(text).1.contains(&(10, "    three")));
    let file = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
    let all = [
        file("crates/a/src/b.rs", text),
        file("crates/a/src/b/elsewhere.rs", ""),
        file("crates/a/src/b/other.rs", ""),
        file("crates/a/src/lib.rs", "#[cfg(test)]\nmod fixtures;"),
        file("crates/a/src/fixtures/one.rs", ""),
        file("tests/flows/main.rs", ""),
    ];
    let expected = ["crates/a/src/b/elsewhere.rs", "crates/a/src/fixtures/one.rs", "tests/flows/main.rs"];
    assert_eq!(test_files(&all).into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn words_end_at_underscores_and_capitals() {
    assert_eq!(words("SlackBot_id over-lay SLACK x2Y"), ["slack", "bot", "id", "over", "lay", "slack", "x2", "y"]);
}
