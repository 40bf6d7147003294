//! The trials, and the words that say how often to kill.

use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::company::Company;
use crate::days;
use crate::quiet;
use crate::report::Report;

/// How many companies share the usual number of kills: as many as small computers have processors.
const COMPANIES: usize = 2;
/// How many kills one company suffers at most.
const EACH: usize = 25;

/// What the command line asks for beyond the usual words of tests.
struct Words {
    kills: usize,
    seed: u64,
}

impl Words {
    /// Takes `--kills N` and `--seed S` out of the words.
    fn take(words: &mut Vec<String>) -> Self {
        let mut take = |name: &str, usual: u64| {
            let Some(at) = words.iter().position(|word| word == name) else { return usual };
            let number = words.get(at + 1).and_then(|number| number.parse().ok());
            words.drain(at..words.len().min(at + 2));
            number.unwrap_or_else(|| panic!("{name} needs a number"))
        };
        Self { kills: take("--kills", 20) as usize, seed: take("--seed", 5) }
    }
}

pub(crate) fn run() {
    let mut words: Vec<String> = std::env::args().collect();
    let Words { kills, seed } = Words::take(&mut words);
    let arguments = Arguments::from_iter(words);
    let report = Arc::new(Report::default());
    let mut trials = Vec::new();
    let companies = kills.div_ceil(EACH).max(COMPANIES);
    for number in 0..companies {
        let (seed, kills) = (seed + number as u64, kills.div_ceil(companies));
        let report = report.clone();
        trials.push(Trial::test(format!("killed_{kills}_times_nothing_is_lost_and_nothing_is_there_twice_seed_{seed}"), move || {
            kept(&format!("seed {seed}"), || Company::new(seed, kills).live(&report))
        }));
    }
    trials.push(Trial::test("a_request_in_a_pause_that_was_asked_for_is_found", || kept("quiet", quiet::is_found_when_broken)));
    for (name, day) in days::DAYS {
        trials.push(Trial::test(*name, move || kept(name, day)));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    report.print();
    conclusion.exit();
}

/// A trial whose panic is its failure.
fn kept(name: &str, trial: impl FnOnce()) -> Result<(), Failed> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(trial)).map_err(|reason| {
        let said = reason.downcast_ref::<String>().map(String::as_str).or(reason.downcast_ref::<&str>().copied());
        Failed::from(format!("{name}: {}", said.unwrap_or("it broke off")))
    })
}
