//! The window with 100,000 people: `cargo xtask bench ui`. The figures stand in BENCHMARKS.md.
//!
//! The released program runs on a private virtual screen, without a GPU. What an admin does is done by WebDriver, as in the
//! end-to-end tests; what they would feel is measured inside the page (`probe.js`): when rows stand after a key, how long frames
//! take while the table scrolls, whether rows are missing. Memory is the web process's own share (PSS) as Linux counts it.
#![expect(clippy::print_stdout, reason = "a program for developers: its table is what it is for")]

#[cfg(target_os = "linux")]
mod bulk;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod people;
#[cfg(target_os = "linux")]
mod probe;
#[path = "../report.rs"]
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod table;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
const HELP: &str = "Options: --people N (100000), --rounds N (5), and any of: table bulk";

fn main() -> ExitCode {
    #[cfg(not(target_os = "linux"))]
    {
        println!("The window can be measured on Linux only: other systems' web views have no such driver.");
        ExitCode::FAILURE
    }
    #[cfg(target_os = "linux")]
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("The benchmark of the window stopped: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(target_os = "linux")]
fn run() -> user_sync_tests::window::Result<()> {
    use user_sync_tests::window::Trouble;

    let (mut people, mut rounds, mut parts) = (100_000, 5, Vec::new());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number =
            || words.next().and_then(|text| text.parse().ok()).filter(|number| *number > 0).ok_or_else(|| Trouble(HELP.into()));
        match word.as_str() {
            "--people" => people = number()?,
            "--rounds" => rounds = number()?,
            // Cargo's own word.
            "--bench" => {}
            "table" | "bulk" => parts.push(word),
            _ => return Err(Trouble(HELP.into())),
        }
    }
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    let mut report = report::Report::new(people, rounds);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if wanted("table") {
        runtime.block_on(table::measure(&mut report, people, rounds))?;
    }
    if wanted("bulk") {
        runtime.block_on(bulk::measure(&mut report, people))?;
    }
    report.print();
    Ok(())
}
