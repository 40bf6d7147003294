//! `cargo xtask test`: every check and every test, and at the end one line that says `N passed, N failed`.
//!
//! A check that fails does not stop the ones after it, so that one run tells all. Dependencies are built once for the
//! programs and tests, and checked once for clippy and the documentation; both use one set of features.

use std::hash::{BuildHasher, RandomState};
use std::process::ExitCode;

use crate::command::{ask, cargo, root, succeed, watch};
use crate::fuzz;
use crate::setup;
use crate::steps::Steps;
use crate::tools::Node;
use crate::{Failure, Result};

/// How much is done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Without clippy, documentation, the tests in the window and hostile input.
    Fast,
    /// Everything, with a minute of hostile input.
    Usual,
    /// Everything, with five minutes of hostile input for each target, and the program killed hundreds of times.
    Full,
    /// As usual, and cargo-deny where it is installed.
    Ci,
}

/// One check; a test run adds what it counted to the tally.
type Check = Box<dyn FnOnce(&Node, &mut Tally) -> Result<()>>;

/// Ends with 1 when anything failed.
pub(crate) fn test(extent: Extent) -> Result<ExitCode> {
    let has_deny = extent == Extent::Ci && ask(&mut cargo(&["deny", "--version"])).is_some();
    let checks = checks(extent, has_deny);
    let mut steps = Steps::new(setup::EVERYTHING_STEPS + checks.len());
    let node = setup::for_everything(&mut steps)?;

    let mut tally = Tally::default();
    let mut broken = Vec::new();
    for (title, check) in checks {
        let failed_before = tally.failed;
        if let Err(Failure(reason)) = steps.step(title, || check(&node, &mut tally)) {
            // A failed test is counted already; whatever else fails counts as one.
            if tally.failed == failed_before {
                tally.failed += 1;
            }
            broken.push(format!("  {title}: {reason}"));
        }
    }
    if extent == Extent::Ci && !has_deny {
        println!("\ncargo-deny is not installed: deny.toml was only read by the architecture test");
    }
    println!("\nFinished after {}.", steps.elapsed());
    if !broken.is_empty() {
        println!("Failed:\n{}", broken.join("\n"));
    }
    println!("{}", tally.closing_line());
    Ok(if broken.is_empty() && tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn checks(extent: Extent, has_deny: bool) -> Vec<(&'static str, Check)> {
    let mut checks: Vec<(&'static str, Check)> = vec![("Format", Box::new(|_, _| format()))];
    if extent != Extent::Fast {
        let clippy = "clippy --workspace --all-targets --test e2e --locked -- -D warnings";
        checks.push(("Clippy", plain(clippy)));
    }
    // Tests start the programs, which `cargo test` alone does not promise to build.
    // Building the tests along with them selects the same features, so nothing is built twice.
    let programs = "build --workspace --bins --tests --test e2e --locked";
    checks.push(("Building programs and tests", plain(programs)));
    checks.push(("Tests", Box::new(|node, tally| tests(node, tally, ALL_BUT_WINDOW))));
    if extent == Extent::Full {
        checks.push(("The plug is pulled, again and again", Box::new(|node, tally| tests(node, tally, &pulled(seed())))));
    }
    let page: Check = Box::new(|node, _| succeed(&mut node.npm(&root().join("ui"), &["run", "check"])));
    checks.push(("Types of the page", page));
    checks.push(("Tests of the page", Box::new(page_tests)));
    if extent != Extent::Fast {
        if cfg!(target_os = "linux") {
            checks.push(("Tests in the window", Box::new(|node, tally| tests(node, tally, WINDOW))));
            let time = if extent == Extent::Full { fuzz::Time::Long } else { fuzz::Time::Short };
            checks.push(("Hostile input", Box::new(move |_, tally| hostile(tally, time))));
        }
        checks.push(("Documentation", Box::new(|_, _| documentation())));
    }
    if has_deny {
        checks.push(("Licences and sources", plain("deny check bans licenses sources")));
        let fuzz = "deny --manifest-path fuzz/Cargo.toml check --config deny.toml bans licenses sources";
        checks.push(("Licences and sources of the fuzz targets", plain(fuzz)));
    }
    checks
}

fn plain(words: &'static str) -> Check {
    Box::new(|_, _| succeed(cargo(&[]).args(words.split_whitespace())))
}

/// Every test target that asks for no display; the manifest of the tests leaves the window's out.
const ALL_BUT_WINDOW: &str = "test --workspace --no-fail-fast --locked";
/// The whole workspace named again, so that nearly the same features are selected: only what the other packages' own tests
/// add is missing, and a few packages are built once more (half a minute).
const WINDOW: &str = "test --workspace --test e2e --no-fail-fast --locked";

/// Kills at moments that no earlier run has chosen; a run that finds something says its seed.
fn pulled(seed: u64) -> String {
    format!("test --workspace --test crash --no-fail-fast --locked -- nothing_is_there_twice --kills 200 --seed {seed}")
}

/// A number that nobody chose: the standard library makes one for every table, against those who guess.
fn seed() -> u64 {
    RandomState::new().hash_one(0) >> 40
}

fn format() -> Result<()> {
    succeed(&mut cargo(&["fmt", "--all", "--check"]))?;
    succeed(&mut cargo(&["fmt", "--manifest-path", setup::FUZZ, "--check"]))
}

fn tests(node: &Node, tally: &mut Tally, words: &str) -> Result<()> {
    let mut cargo = cargo(&[]);
    // The proof starts a server that runs on it.
    node.first_on_path(&mut cargo);
    watch(cargo.args(words.split_whitespace()), |line| tally.see(line))
}

fn hostile(tally: &mut Tally, time: fuzz::Time) -> Result<()> {
    let (well, broken) = fuzz::all(time)?;
    tally.passed += well;
    tally.failed += broken.len() as u64;
    if broken.is_empty() { Ok(()) } else { Err(Failure(broken.join("\n"))) }
}

fn page_tests(node: &Node, tally: &mut Tally) -> Result<()> {
    watch(node.npm(&root().join("ui"), &["run", "test"]).env("NO_COLOR", "1"), |line| tally.see_page(line))
}

fn documentation() -> Result<()> {
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    succeed(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

/// The sum over all test programs.
#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    /// Adds a line such as `test result: ok. 12 passed; 0 failed; 1 ignored; …`; other lines change nothing.
    fn see(&mut self, line: &str) {
        let Some(result) = line.trim().strip_prefix("test result: ") else {
            return;
        };
        let Some((_, counts)) = result.split_once(". ") else {
            return;
        };
        counts.split(';').for_each(|count| self.add(count));
    }

    fn add(&mut self, count: &str) {
        let mut words = count.split_whitespace();
        let number = words.next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
        match words.next() {
            Some("passed") => self.passed += number,
            Some("failed") => self.failed += number,
            _ => {}
        }
    }

    /// Adds a line of vitest such as `      Tests  2 failed | 40 passed (42)`; other lines change nothing.
    fn see_page(&mut self, line: &str) {
        let Some(counts) = line.trim().strip_prefix("Tests  ") else {
            return;
        };
        counts.split('|').for_each(|count| self.add(count));
    }

    fn closing_line(&self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(output: &str) -> String {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.see(line));
        tally.closing_line()
    }

    #[test]
    fn results_of_all_test_programs_are_summed() {
        let output = "\
running 3 tests
test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
test result: FAILED. 40 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s

";
        assert_eq!(tally(output), "43 passed, 2 failed");
    }

    #[test]
    fn lines_of_other_kinds_count_nothing() {
        assert_eq!(tally("test a_test_result ... ok\n5 passed; 5 failed\ntest result: broken"), "0 passed, 0 failed");
    }

    #[test]
    fn the_tests_of_the_page_are_counted_too() {
        let output = " Test Files  1 failed | 3 passed (4)\n      Tests  2 failed | 40 passed | 1 skipped (43)\n   Start at  18:00:00\n";
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.see_page(line));
        assert_eq!(tally.closing_line(), "40 passed, 2 failed");
        tally.see_page("      Tests  7 passed (7)");
        assert_eq!(tally.closing_line(), "47 passed, 2 failed");
    }

    #[test]
    fn the_fast_extent_leaves_out_what_takes_long_only_and_the_full_one_kills_more() {
        let titles = |extent| checks(extent, false).into_iter().map(|(title, _)| title).collect::<Vec<_>>();
        let (fast, full) = (titles(Extent::Fast), titles(Extent::Full));
        let left_out: Vec<_> = full.iter().filter(|title| !fast.contains(title)).copied().collect();
        let usual = titles(Extent::Usual);
        assert_eq!(left_out, ["Clippy", "The plug is pulled, again and again", "Tests in the window", "Hostile input", "Documentation"]);
        let more: Vec<_> = full.iter().filter(|title| !usual.contains(title)).copied().collect();
        assert_eq!(more, ["The plug is pulled, again and again"]);
    }
}
