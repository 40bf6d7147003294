//! Looks for secrets where none may be: in files and in what programs said, whole or cut, plain or in any dress that software puts on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A shorter text is no secret, and would be found by accident.
const SHORTEST: usize = 8;
/// From this length on the last part alone counts too: a text that was cut, or split between two pages of a database.
const LONG: usize = 40;
const PART: usize = 24;

/// Where a secret was found. Never the secret itself: its number in the list and the dress it wore.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// File, or the name that the caller gave.
    pub place: String,
    /// Plain, base64, …
    pub dress: &'static str,
    /// Which of the secrets.
    pub secret: usize,
    /// Its first four letters, so that its kind can be seen.
    pub begins: String,
    /// What stands before it there.
    pub after: String,
}

/// All secrets in all dresses.
pub struct Search {
    automaton: AhoCorasick,
    worn: Vec<(usize, &'static str)>,
    secrets: Vec<String>,
}

impl Search {
    /// Prepares the search.
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let secrets: BTreeSet<String> = secrets.into_iter().filter(|secret| secret.len() >= SHORTEST).collect();
        let secrets: Vec<String> = secrets.into_iter().collect();
        let (mut patterns, mut worn) = (Vec::new(), Vec::new());
        for (number, secret) in secrets.iter().enumerate() {
            for (dress, pattern) in dresses(secret) {
                patterns.push(pattern);
                worn.push((number, dress));
            }
        }
        let automaton = AhoCorasick::new(&patterns).map_err(|error| format!("the secrets cannot be searched for: {error}"))?;
        Ok(Self { automaton, worn, secrets })
    }

    /// How many secrets are searched for.
    pub fn len(&self) -> usize {
        self.secrets.len()
    }

    /// Whether there is nothing to search for.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Looks through bytes.
    pub fn in_bytes(&self, place: &str, bytes: &[u8]) -> Vec<Finding> {
        let found = self.automaton.find_iter(bytes).filter_map(|hit| {
            let (secret, dress) = *self.worn.get(hit.pattern().as_usize())?;
            let begins = self.secrets.get(secret)?.chars().take(4).collect();
            let before = bytes.get(hit.start().saturating_sub(40)..hit.start()).unwrap_or_default();
            Some(Finding { place: place.to_owned(), dress, secret, begins, after: String::from_utf8_lossy(before).into_owned() })
        });
        found.collect()
    }

    /// Looks through every file below a folder but those that `is_known` names; gives the findings and how many files were read.
    pub fn below(&self, folder: &Path, is_known: &dyn Fn(&Path) -> bool) -> Result<(Vec<Finding>, usize), String> {
        let (mut findings, mut read) = (Vec::new(), 0);
        for file in files(folder)? {
            if is_known(&file) {
                continue;
            }
            let bytes = std::fs::read(&file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
            findings.extend(self.in_bytes(&file.display().to_string(), &bytes));
            // Names of files count as well.
            findings.extend(self.in_bytes("the name of a file", file.to_string_lossy().as_bytes()));
            read += 1;
        }
        Ok((findings, read))
    }
}

/// Every plain file below a folder; pipes and sockets hold nothing.
fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut all = Vec::new();
    let entries = folder.read_dir().map_err(|error| format!("{} cannot be listed: {error}", folder.display()))?;
    for entry in entries {
        let entry = entry.map_err(|error| format!("{} cannot be listed: {error}", folder.display()))?;
        let kind = entry.file_type().map_err(|error| format!("{} cannot be looked at: {error}", entry.path().display()))?;
        if kind.is_dir() {
            all.extend(files(&entry.path())?);
        } else if kind.is_file() {
            all.push(entry.path());
        }
    }
    Ok(all)
}

fn dresses(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = secret.as_bytes();
    let percent: String = url::form_urlencoded::byte_serialize(bytes).collect();
    let mut all = vec![
        ("plain", bytes.to_vec()),
        ("percent-encoded", percent.clone().into_bytes()),
        ("percent-encoded, small letters", small_escapes(&percent).into_bytes()),
        ("escaped in JSON", secret.replace('/', "\\/").into_bytes()),
        ("UTF-16, little end first", secret.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("UTF-16, big end first", secret.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ("hexadecimal", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes()),
        ("hexadecimal, capital letters", bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>().into_bytes()),
        ("numbers", bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ").into_bytes()),
        ("backwards", bytes.iter().rev().copied().collect()),
    ];
    for shift in 0..3 {
        for (dress, engine) in [("base64", &STANDARD_NO_PAD), ("base64 for addresses", &URL_SAFE_NO_PAD)] {
            all.push((dress, inside_base64(bytes, shift, engine)));
        }
    }
    if bytes.len() >= LONG && secret.is_ascii() {
        all.push(("only its end", bytes[bytes.len() - PART..].to_vec()));
    }
    all.sort();
    all.dedup_by(|a, b| a.1 == b.1);
    all
}

/// What base64 makes of a text that stands `shift` bytes behind a group's beginning: the letters that depend on it alone.
fn inside_base64(bytes: &[u8], shift: usize, engine: &base64::engine::GeneralPurpose) -> Vec<u8> {
    let shifted: Vec<u8> = std::iter::repeat_n(0, shift).chain(bytes.iter().copied()).collect();
    let text = engine.encode(&shifted);
    let (begin, end) = ((shift * 8).div_ceil(6), shifted.len() * 8 / 6);
    text.as_bytes()[begin..end].to_vec()
}

/// `%2F` as `%2f`.
fn small_escapes(percent: &str) -> String {
    let mut left = 0;
    let small = |letter: char| {
        left = if letter == '%' { 2 } else { left };
        let changed = if left > 0 && letter != '%' { letter.to_ascii_lowercase() } else { letter };
        left -= usize::from(left > 0 && letter != '%');
        changed
    };
    percent.chars().map(small).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "tok-1/Ab+cd_EF.gh~42";

    #[test]
    fn a_secret_is_found_in_every_dress_and_nothing_else_is() {
        let long = "x".repeat(20) + "0123456789abcdefghijklmnopqrstuvwxyz";
        let search = Search::new([SECRET.to_owned(), long.clone(), "short".to_owned()]).unwrap();
        assert_eq!(search.len(), 2);
        let utf16 = |little: bool| -> Vec<u8> {
            SECRET.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
        };
        let worn: Vec<Vec<u8>> = vec![
            format!("Bearer {SECRET}\n").into_bytes(),
            serde_json::json!({ "token": SECRET }).to_string().into_bytes(),
            b"token=tok-1%2FAb%2Bcd_EF.gh%7E42&x".to_vec(),
            b"token=tok-1%2fAb%2bcd_EF.gh%7e42&x".to_vec(),
            format!("\"{}\"", SECRET.replace('/', "\\/")).into_bytes(),
            utf16(true),
            utf16(false),
            format!("{:?}", SECRET.as_bytes()).into_bytes(),
            format!("{:x?}", SECRET.as_bytes()).replace(", ", "").into_bytes(),
            long.as_bytes()[30..].to_vec(),
            SECRET.chars().rev().collect::<String>().into_bytes(),
        ];
        for bytes in &worn {
            assert_eq!(search.in_bytes("here", bytes).len(), 1, "{}", String::from_utf8_lossy(bytes));
        }
        for name in ["", "a", "ab", "abc", "abcd"] {
            for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                let text = engine.encode(format!("{name}:{SECRET}:more"));
                assert_eq!(search.in_bytes("here", format!("Basic {text}").as_bytes()).len(), 1, "{text}");
            }
        }
        let cut = &SECRET[..SECRET.len() - 1];
        assert_eq!(search.in_bytes("here", format!("short {cut} {}", STANDARD_NO_PAD.encode(cut)).as_bytes()), []);
    }

    #[test]
    fn every_file_below_a_folder_is_read_and_a_finding_does_not_show_the_secret() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(deep.join("log"), format!("authorization: {SECRET}")).unwrap();
        std::fs::write(folder.path().join("known"), SECRET).unwrap();
        let search = Search::new([SECRET.to_owned()]).unwrap();
        let (findings, read) = search.below(folder.path(), &|path| path.ends_with("known")).unwrap();
        assert_eq!((findings.len(), read), (1, 1));
        let said = format!("{findings:?}");
        assert!(said.contains("log") && said.contains("authorization: ") && !said.contains(SECRET), "{said}");
    }
}
