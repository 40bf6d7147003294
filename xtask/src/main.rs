//! The developer's hand: set up, run, test and measure User Sync with one command each.
//!
//! It only starts other programs (cargo, npm, apt-get) and reports on them, so it needs no dependency and is built in a
//! second. It must not know how User Sync works; what it runs is named in the README.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a terminal program for developers: what it prints is what it is for")]

mod bench;
mod command;
mod fuzz;
mod run;
mod setup;
mod steps;
mod test;
mod tools;

use std::process::ExitCode;

/// Why a command ended early, in words for the person at the terminal.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

pub(crate) type Result<T> = std::result::Result<T, Failure>;

const HELP: &str = "\
cargo xtask COMMAND

  run            set up, build and play the demo in the terminal; ends by itself
  app [ARGS]     set up, build and open the window (needs a desktop); ARGS go to its program
  test           set up, then every check and every test; a minute of it is hostile input for what reads others' words
  test --fast    the same without clippy, the documentation, the tests in the window and the hostile input
  test --full    the same with five minutes of hostile input for each reader, and the program killed 200 times in bad weather
  ci             as test, and cargo-deny where it is installed
  fuzz TARGET [SECONDS]  hostile input for one reader, five minutes unless told; the targets lie in fuzz/targets
  bench [ARGS]   run the benchmarks; ARGS go to cargo bench
  bench ui       measure the window with 100,000 people
  setup          only prepare this machine: system packages, Node.js, the page of the window, Rust tools
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["run"] => run::run(),
        ["app", rest @ ..] => run::app(rest),
        ["test"] => test::test(test::Extent::Usual),
        ["test", "--fast"] => test::test(test::Extent::Fast),
        ["test", "--full"] => test::test(test::Extent::Full),
        ["ci"] => test::test(test::Extent::Ci),
        ["fuzz", target] => fuzz::by_hand(target, None),
        ["fuzz", target, seconds] => fuzz::by_hand(target, Some(seconds)),
        ["bench", "ui", rest @ ..] => bench::window(rest),
        ["bench", rest @ ..] => bench::bench(rest),
        ["setup"] => setup::only(),
        ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    outcome.unwrap_or_else(|Failure(reason)| {
        eprintln!("\ncargo xtask stopped: {reason}");
        ExitCode::FAILURE
    })
}
