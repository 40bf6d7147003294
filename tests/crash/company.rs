//! A company whose sync is killed again and again: everybody is asked or represented everywhere, then some are reset and a run is
//! undone, in bad weather, with the employees answering meanwhile.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::holds::{self, Decision};
use crate::life::{Met, Moment, Numbers, killed, now};
use crate::quiet;
use crate::report::Report;
use crate::stage::{ALL, Setup, Stage, list, text};

/// How many people a company has.
const PEOPLE: usize = 150;
/// How long everything may take until nothing is left, once the weather is fair.
const PATIENCE: Duration = Duration::from_secs(150);

/// A bulk sync that the admin confirms.
struct Job {
    words: Vec<String>,
    decisions: Vec<Decision>,
    /// The run, once it was written down.
    run: Option<String>,
}

pub(crate) struct Company {
    seed: u64,
    kills: usize,
    numbers: Numbers,
    stage: Stage,
    jobs: Vec<Job>,
    /// When the plug was pulled, in the simulator's time.
    pulled: Vec<String>,
}

impl Company {
    /// Connected, imported, with a primary platform for everybody.
    pub(crate) fn new(seed: u64, kills: usize) -> Self {
        let employees = Some("approve=0.8,decline=0.1,ignore=0.1,delay=400ms");
        let stage = Stage::ready(Setup { people: PEOPLE, employees, ..Setup::default() });
        // A slow answer is one that nobody waits for any more.
        let mut ready: Value = serde_json::from_slice(&std::fs::read(stage.beside("ready.json")).unwrap()).unwrap();
        ready["patience_ms"] = json!(1_500);
        std::fs::write(stage.beside("ready.json"), ready.to_string()).unwrap();
        stage.run(&["limits", "set", "resets=off", "dismissals=off", "representations=off", "prompts=off"]);
        let mut primaries: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (number, person) in stage.people().iter().enumerate() {
            let choices = list(&person["primary_choices"]);
            if choices.len() > 1 {
                let chosen = text(&choices[number % choices.len()]).to_owned();
                primaries.entry(chosen).or_default().push(text(&person["id"]).to_owned());
            }
        }
        for (platform, people) in &primaries {
            let words: Vec<&str> =
                ["primary"].into_iter().chain(people.iter().map(String::as_str)).chain([platform.as_str(), "--yes"]).collect();
            stage.ok(&words);
        }
        let mut jobs = Vec::new();
        for primary in ALL {
            for to in ALL.into_iter().filter(|to| *to != primary) {
                let chosen = ["--all-matching", "--primary", primary, "--to", to];
                let plan = stage.ok(&[&["plan"], &chosen[..]].concat());
                let decisions: Vec<Decision> = list(&plan["steps"]).iter().map(|row| Decision::read(row, primary)).collect();
                if !decisions.is_empty() {
                    let words = [&["sync"], &chosen[..], &["--yes"]].concat().into_iter().map(str::to_owned).collect();
                    jobs.push(Job { words, decisions, run: None });
                }
            }
        }
        Self { seed, kills, numbers: Numbers::new(seed), stage, jobs, pulled: Vec::new() }
    }

    /// All of it. What does not hold is a panic, after which the folder is kept.
    pub(crate) fn live(mut self, report: &Report) {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.all(report)));
        if let Err(reason) = outcome {
            let kept = self.keep();
            eprintln!("seed {}: the folder is kept in {kept}", self.seed);
            std::panic::resume_unwind(reason);
        }
    }

    /// A bad day: a bulk sync is begun, something happens to it, and in the end everything that was confirmed is done, once.
    pub(crate) fn day(mut self, happens: impl FnOnce(&Stage, &[&str])) {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let job = self.largest();
            let words = self.jobs[job].words.clone();
            // Nothing goes wrong at the platforms, but they take their time.
            assert_eq!(self.stage.control("POST", "weather", &json!({ "latency_ms": 120 })).0, 200);
            happens(&self.stage, &words.iter().map(String::as_str).collect::<Vec<_>>());
            assert_ne!(holds::last_run(&self.stage), 0, "the run was not written down");
            self.jobs[job].run = Some(format!("r{}", holds::last_run(&self.stage)));
            self.settle();
            holds::all(&self.stage, &self.decisions(), &Report::default());
        }));
        if let Err(reason) = outcome {
            let kept = self.keep();
            eprintln!("seed {}: the folder is kept in {kept}", self.seed);
            std::panic::resume_unwind(reason);
        }
    }

    fn largest(&self) -> usize {
        (0..self.jobs.len()).max_by_key(|job| self.jobs[*job].decisions.len()).unwrap()
    }

    fn all(&mut self, report: &Report) {
        let in_syncs = self.kills * 6 / 10;
        self.storm();
        let mut killed_so_far = 0;
        while killed_so_far < in_syncs {
            let met = self.pull_in_sync();
            killed_so_far += usize::from(met != Met::Alive);
            report.add(format!("ended in syncs: {met:?}"), 1);
            if met == Met::Alive && self.is_all_confirmed() && holds::open_steps(&self.stage) == 0 {
                break;
            }
        }
        while let Some(job) = self.jobs.iter().position(|job| job.run.is_none()) {
            // Nobody kills, and nothing of the weather may keep it from being written down.
            self.confirm(job, None);
        }
        self.settle();
        holds::all(&self.stage, &self.decisions(), report);

        self.storm();
        let (undone, reset) = self.to_be_undone();
        while killed_so_far < self.kills {
            let met = self.pull_in_undoing(&undone, &reset);
            killed_so_far += usize::from(met != Met::Alive);
            report.add(format!("ended in resets: {met:?}"), 1);
            if met == Met::Alive && holds::open_undoing(&self.stage) == 0 {
                break;
            }
        }
        let words: Vec<&str> = ["undo", &undone, "--yes"].into();
        self.stage.run(&words);
        self.stage.run(&[&["reset"], &reset.iter().map(String::as_str).collect::<Vec<_>>()[..], &["--yes"]].concat());
        self.settle();
        let gone = self.gone(&undone, &reset);
        holds::all(&self.stage, &gone, report);
        quiet::kept(&self.stage, &self.pulled, report);
        let (_, weather) = self.stage.control("GET", "weather", &Value::Null);
        report.weather(&weather);
        report.add("kills", killed_so_far as u64);
        report.add("companies", 1);
    }

    fn decisions(&self) -> Vec<Decision> {
        self.jobs.iter().filter(|job| job.run.is_some()).flat_map(|job| job.decisions.clone()).collect()
    }

    fn is_all_confirmed(&self) -> bool {
        self.jobs.iter().all(|job| job.run.is_some())
    }

    /// A job is confirmed, or what was confirmed is gone on with; the plug is pulled meanwhile.
    fn pull_in_sync(&mut self) -> Met {
        let moment = Moment::by_chance(&mut self.numbers);
        let open: Vec<usize> = (0..self.jobs.len()).filter(|job| self.jobs[*job].run.is_none()).collect();
        let is_new = !open.is_empty() && (self.numbers.below(2) == 0 || holds::open_steps(&self.stage) == 0);
        if is_new {
            let job = open[self.numbers.below(open.len())];
            self.confirm(job, Some(moment))
        } else {
            self.pull(&["work", "--for", "30"], moment)
        }
    }

    /// Confirms a job; without a moment nobody kills it.
    fn confirm(&mut self, job: usize, moment: Option<Moment>) -> Met {
        let before = holds::last_run(&self.stage);
        let words = self.jobs[job].words.clone();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let met = match moment {
            Some(moment) => self.pull(&words, moment),
            None => {
                let ran = self.stage.run(&words);
                assert!(matches!(ran.code, 0 | 1 | 3), "{ran:?}");
                Met::Alive
            }
        };
        let after = holds::last_run(&self.stage);
        assert!(after <= before + 1, "one confirmation made {} runs", after - before);
        if after > before {
            self.jobs[job].run = Some(format!("r{after}"));
        }
        met
    }

    /// Who is reset, and which run is undone: its people keep what other runs made for them.
    fn to_be_undone(&mut self) -> (String, Vec<String>) {
        let largest = self.jobs[self.largest()].run.clone().unwrap();
        let everybody: std::collections::BTreeSet<String> = self.decisions().into_iter().map(|decision| decision.person).collect();
        let reset = everybody.into_iter().filter(|_| self.numbers.below(3) == 0).collect();
        (largest, reset)
    }

    fn pull_in_undoing(&mut self, undone: &str, reset: &[String]) -> Met {
        let moment = Moment::by_chance(&mut self.numbers);
        let people: Vec<&str> = reset.iter().map(String::as_str).collect();
        match self.numbers.below(4) {
            0 => self.pull(&["undo", undone, "--yes"], moment),
            1 => self.pull(&[&["reset"], &people[..], &["--yes"]].concat(), moment),
            _ if holds::open_undoing(&self.stage) > 0 => self.pull(&["work", "--for", "30"], moment),
            2 => self.pull(&["undo", undone, "--yes"], moment),
            _ => self.pull(&[&["reset"], &people[..], &["--yes"]].concat(), moment),
        }
    }

    /// What stands of the decisions after the undoing.
    fn gone(&self, undone: &str, reset: &[String]) -> Vec<Decision> {
        let mut decisions = Vec::new();
        for job in &self.jobs {
            let is_undone = job.run.as_deref() == Some(undone);
            for decision in &job.decisions {
                decisions.push(Decision { stands: !is_undone && !reset.contains(&decision.person), ..decision.clone() });
            }
        }
        decisions
    }

    fn pull(&mut self, words: &[&str], moment: Moment) -> Met {
        let met = killed(&self.stage, words, moment);
        if met != Met::Alive {
            self.pulled.push(now(&self.stage));
        }
        met
    }

    /// Bad weather.
    fn storm(&mut self) {
        let seed = self.seed.wrapping_add(self.pulled.len() as u64);
        let weather = json!({
            "seed": seed, "throttled": 0.04, "broken": 0.04, "slow": 0.01, "lost": 0.02, "dropped": 0.03, "late": 0.02,
            "pause_ms": 3_000, "latency_ms": 60, "slow_ms": 2_500, "late_ms": 400,
        });
        assert_eq!(self.stage.control("POST", "weather", &weather).0, 200);
    }

    /// Fair weather, and work until nothing is left but what waits for people who do nothing.
    fn settle(&self) {
        assert_eq!(self.stage.control("DELETE", "weather", &Value::Null).0, 200);
        let begun = Instant::now();
        loop {
            let ran = self.stage.run(&["work"]);
            assert_eq!(ran.code, 0, "{ran:?}");
            let (steps, undoing) = (holds::open_steps(&self.stage), holds::open_undoing(&self.stage));
            if steps + undoing == 0 && holds::still_deciding(&self.stage) == 0 {
                return;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "after {PATIENCE:?} {steps} steps and {undoing} undoings are still open:\n{}",
                holds::what_is_open(&self.stage)
            );
            sleep(Duration::from_millis(100));
        }
    }

    /// Copies the folder to where it can be looked at.
    fn keep(&self) -> String {
        let (_, log) = self.stage.control("GET", "weather/log", &Value::Null);
        // What cannot be kept is not worth hiding the reason for.
        let _ = std::fs::write(self.stage.beside("weather.json"), log.to_string());
        let (_, world) = self.stage.control("GET", "world", &Value::Null);
        let _ = std::fs::write(self.stage.beside("world.json"), world.to_string());
        let Ok(to) = user_sync_tests::kept("crash") else { return "nowhere".to_owned() };
        let to = to.join(format!("seed-{}", self.seed));
        let _ = std::fs::remove_dir_all(&to);
        let copied = std::process::Command::new("cp").arg("-r").arg(self.stage.beside(".")).arg(&to).status();
        if copied.is_ok_and(|status| status.success()) { to.display().to_string() } else { "nowhere".to_owned() }
    }
}
