//! The benchmarks whose figures stand in BENCHMARKS.md: `cargo xtask bench`.
//!
//! They measure what an admin of a large company waits for: importing 100,000 people from each platform, finding out who is
//! whom, searching, the commands that list, and syncing ten thousand. Everything is measured through the doors that the program itself uses, against
//! a simulator in a process of its own. A loop that fetches the same pages and forgets them stands beside the import: the
//! ratio of the two says what User Sync adds, on whatever machine.
//!
//! No statistics crate: what is measured takes seconds, so a handful of rounds and their median tell enough.
#![expect(clippy::print_stdout, reason = "a program for developers: its tables are what it is for")]

mod bulk;
mod import;
mod matching;
mod report;
mod rig;
mod search;

use std::process::ExitCode;

use report::Report;
use rig::{Result, Rig};

const HELP: &str =
    "Options: --people N (100000), --rounds N (3), --synced N (10000), and any of: import matching search bulk overhead program";

struct Wishes {
    people: usize,
    rounds: usize,
    synced: usize,
    parts: Vec<String>,
}

impl Wishes {
    fn read(words: impl Iterator<Item = String>) -> Result<Self> {
        let mut wishes = Self { people: 100_000, rounds: 3, synced: 10_000, parts: Vec::new() };
        let mut words = words;
        while let Some(word) = words.next() {
            let mut number = || words.next().and_then(|text| text.parse().ok()).filter(|number| *number > 0).ok_or(HELP);
            match word.as_str() {
                "--people" => wishes.people = number()?,
                "--rounds" => wishes.rounds = number()?,
                "--synced" => wishes.synced = number()?,
                // Cargo's own word.
                "--bench" => {}
                "import" | "matching" | "search" | "bulk" | "overhead" | "program" => wishes.parts.push(word),
                _ => return Err(HELP.into()),
            }
        }
        Ok(wishes)
    }

    fn want(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("The benchmarks stopped: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let wishes = Wishes::read(std::env::args().skip(1))?;
    let mut report = Report::new(wishes.people, wishes.rounds);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if wishes.want("matching") {
        runtime.block_on(matching::measure(&mut report, wishes.people, wishes.rounds))?;
    }
    if wishes.want("import") || wishes.want("search") {
        let rig = Rig::start(wishes.people)?;
        if wishes.want("import") {
            runtime.block_on(import::measure(&mut report, &rig, wishes.rounds))?;
        }
        let folder = import::whole_program(&mut report, &rig, if wishes.want("import") { wishes.rounds } else { 1 })?;
        if wishes.want("search") {
            runtime.block_on(search::measure(&mut report, &rig, folder.path()))?;
        }
    }
    if wishes.want("bulk") {
        bulk::makespans(&mut report, wishes.synced)?;
    }
    if wishes.want("overhead") {
        bulk::overhead(&mut report, &[1_000, 10_000, 100_000].map(|size: usize| size.min(wishes.people)))?;
    }
    if wishes.want("program") {
        bulk::whole_program(&mut report)?;
    }
    report.print();
    Ok(())
}
