//! A company whose sync is killed again and again: everybody is asked or represented everywhere, then some are reset and a run is
//! undone, in bad weather, with the employees answering meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::holds::{self, Confirmed, Decision};
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
    /// How often the plug is still to be pulled.
    kills: usize,
    numbers: Numbers,
    stage: Stage,
    jobs: Vec<Job>,
    /// What was confirmed so far, and how often it asked.
    confirmed: Confirmed,
    /// When the plug was pulled, in the simulator's time.
    pulled: Vec<String>,
}

impl Company {
    /// Connected and imported.
    pub(crate) fn new(seed: u64, kills: usize) -> Self {
        let employees = Some("approve=0.8,decline=0.1,ignore=0.1,delay=400ms");
        let stage = Stage::ready(Setup { people: PEOPLE, employees, ..Setup::default() });
        // A slow answer is one that nobody waits for any more.
        let mut ready: Value = serde_json::from_slice(&std::fs::read(stage.beside("ready.json")).unwrap()).unwrap();
        ready["patience_ms"] = json!(1_500);
        std::fs::write(stage.beside("ready.json"), ready.to_string()).unwrap();
        stage.ok(&["limits", "set", "resets=off", "dismissals=off", "representations=off", "prompts=off"]);
        let mut company =
            Self { seed, kills, numbers: Numbers::new(seed), stage, jobs: Vec::new(), confirmed: Confirmed::default(), pulled: Vec::new() };
        company.plan();
        company
    }

    /// A primary platform for everybody who has none, and what there is to sync to everywhere.
    fn plan(&mut self) {
        let mut primaries: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (number, person) in self.stage.people().iter().enumerate() {
            let choices = list(&person["primary_choices"]);
            if choices.len() > 1 && person["primary"].is_null() {
                let chosen = text(&choices[number % choices.len()]).to_owned();
                primaries.entry(chosen).or_default().push(text(&person["id"]).to_owned());
            }
        }
        for (platform, people) in &primaries {
            let people = people.iter().map(String::as_str);
            let words: Vec<&str> = ["primary"].into_iter().chain(people).chain([platform.as_str(), "--yes"]).collect();
            self.stage.ok(&words);
        }
        self.jobs.clear();
        let open = holds::pending(&self.stage);
        for primary in ALL {
            for to in ALL.into_iter().filter(|to| *to != primary) {
                let chosen = ["--all-matching", "--primary", primary, "--to", to];
                let plan = self.stage.ok(&[&["plan"], &chosen[..]].concat());
                // What stands already, and who is being asked already, is left as it is.
                let is_new = |row: &&Value| row["action"] != "none" && !open.contains(&(text(&row["person"]).to_owned(), to.to_owned()));
                let decisions: Vec<Decision> = list(&plan["steps"]).iter().filter(is_new).map(|row| Decision::read(row, primary)).collect();
                if !decisions.is_empty() {
                    let words = [&["sync"], &chosen[..], &["--yes"]].concat().into_iter().map(str::to_owned).collect();
                    self.jobs.push(Job { words, decisions, run: None });
                }
            }
        }
    }

    /// All of it. What does not hold is a panic, after which the folder is kept.
    pub(crate) fn live(mut self, report: &Report) {
        self.kept(|company| {
            while company.kills > 0 {
                company.round(report);
            }
            quiet::kept(&company.stage, &company.pulled, report);
            let (_, weather) = company.stage.control("GET", "weather", &Value::Null);
            report.weather(&weather);
            holds::figures(&company.stage, report);
            report.add("kills", company.pulled.len() as u64);
            report.add("companies", 1);
        });
    }

    /// A bad day: a bulk sync is begun, something happens to it, and in the end everything that was confirmed is done, once.
    pub(crate) fn day(mut self, happens: impl FnOnce(&Stage, &[&str])) {
        self.kept(|company| {
            let job = company.largest();
            let words = company.jobs[job].words.clone();
            // Nothing goes wrong at the platforms, but they take their time.
            assert_eq!(company.stage.control("POST", "weather", &json!({ "latency_ms": 120 })).0, 200);
            let before = holds::last_run(&company.stage);
            happens(&company.stage, &words.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(holds::last_run(&company.stage), before + 1, "the run was not written down");
            company.jobs[job].run = Some(format!("r{}", before + 1));
            company.jobs.retain(|job| job.run.is_some());
            company.settled(&Report::default());
        });
    }

    fn kept(&mut self, trial: impl FnOnce(&mut Self)) {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| trial(self)));
        if let Err(reason) = outcome {
            let kept = self.keep();
            eprintln!("seed {}: the folder is kept in {kept}", self.seed);
            std::panic::resume_unwind(reason);
        }
    }

    /// The largest that asks for each person; in Slack one request answers for all, so it is over too soon to be interrupted.
    fn largest(&self) -> usize {
        let for_each = |job: &usize| !self.jobs[*job].words.ends_with(&["--to", "slack", "--yes"].map(str::to_owned));
        (0..self.jobs.len()).filter(for_each).max_by_key(|job| self.jobs[*job].decisions.len()).unwrap()
    }

    /// Everybody is synced everywhere, then some of it is undone; the plug is pulled meanwhile.
    fn round(&mut self, report: &Report) {
        self.storm();
        let left = self.kills * 4 / 10;
        while self.kills > left && (!self.is_all_confirmed() || holds::open_steps(&self.stage) > 0) {
            let met = self.pull_in_sync();
            report.add(format!("the end came in a sync: {met:?}"), 1);
        }
        for job in 0..self.jobs.len() {
            if self.jobs[job].run.is_none() {
                self.confirm(job, None);
            }
        }
        self.settled(report);

        self.storm();
        let undone = self.jobs[self.largest()].run.clone().unwrap();
        let everybody: BTreeSet<String> = self.confirmed.decisions.values().map(|decision| decision.person.clone()).collect();
        let reset: Vec<String> = everybody.into_iter().filter(|_| self.numbers.below(3) == 0).collect();
        let undo = ["undo", &undone, "--yes"];
        let reset_words = [&["reset"], &reset.iter().map(String::as_str).collect::<Vec<_>>()[..], &["--yes"]].concat();
        for _ in 0..left.max(1) {
            if self.kills == 0 {
                break;
            }
            let moment = Moment::by_chance(&mut self.numbers);
            let met = match self.numbers.below(4) {
                0 => self.pull(&undo, moment),
                1 => self.pull(&reset_words, moment),
                _ => self.pull(&["work", "--for", "30"], moment),
            };
            report.add(format!("the end came in a reset: {met:?}"), 1);
        }
        // Whether they were written down before or not: confirmed again, they are; what is undone already is not undone again.
        self.stage.run(&undo);
        self.stage.run(&reset_words);
        for job in &self.jobs {
            for decision in &job.decisions {
                if job.run.as_ref() == Some(&undone) {
                    self.confirmed.undo(&decision.person, Some(&decision.to));
                }
            }
        }
        for person in &reset {
            self.confirmed.undo(person, None);
        }
        self.jobs.clear();
        self.settled(report);
        self.plan();
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

    fn pull(&mut self, words: &[&str], moment: Moment) -> Met {
        let met = killed(&self.stage, words, moment);
        if met != Met::Alive {
            self.pulled.push(now(&self.stage));
            self.kills = self.kills.saturating_sub(1);
        }
        met
    }

    /// Bad weather.
    fn storm(&mut self) {
        let seed = self.seed.wrapping_add(self.pulled.len() as u64);
        let weather = json!({
            "seed": seed, "throttled": 0.04, "broken": 0.04, "slow": 0.01, "lost": 0.02, "dropped": 0.03, "late": 0.02,
            "pause_ms": 3_000, "latency_ms": 60, "slow_ms": 2_500, "late_ms": 4_000,
        });
        assert_eq!(self.stage.control("POST", "weather", &weather).0, 200);
    }

    /// Settles, and holds both sides against what was confirmed.
    fn settled(&mut self, report: &Report) {
        self.settle();
        for decision in self.jobs.iter().filter(|job| job.run.is_some()).flat_map(|job| &job.decisions) {
            self.confirmed.add(decision);
        }
        holds::all(&self.stage, &self.confirmed, report);
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
