//! One life of the program: a command that is killed at a moment, and where that met it.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::stage::{Stage, text};

/// A generator of numbers that is the same in every run with the same seed.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below.max(1)
    }
}

/// When the plug is pulled.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moment {
    /// So long after the start.
    After(Duration),
    /// As soon as so many requests were answered.
    Answers(usize),
}

impl Moment {
    /// A third while the program starts, a third by the clock, a third by the traffic.
    pub(crate) fn by_chance(numbers: &mut Numbers) -> Self {
        match numbers.below(6) {
            0 => Self::After(Duration::from_millis(numbers.below(120) as u64)),
            1..=3 => Self::After(Duration::from_millis(100 + numbers.below(1_200) as u64)),
            _ => Self::Answers(1 + numbers.below(60)),
        }
    }
}

/// Where the end met the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Met {
    /// It ended by itself.
    Alive,
    /// Nothing had left it yet.
    StartingUp,
    /// Nothing was on its way: before sending, or after writing down.
    BetweenRequests,
    /// Something was on its way to a platform.
    InFlight,
    /// A platform had acted, and its answer was on its way.
    AfterActing,
}

/// What the weather did so far.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    requests: u64,
    before: u64,
    after: u64,
}

fn seen(stage: &Stage) -> Seen {
    let (status, weather) = stage.control("GET", "weather", &Value::Null);
    assert_eq!(status, 200);
    let count = |fate: &str| weather["met"][fate].as_u64().unwrap_or_default();
    Seen {
        requests: weather["requests"].as_u64().unwrap_or_default(),
        before: count("gone_before") + count("gone_late"),
        after: count("gone_after"),
    }
}

/// The simulator's time.
pub(crate) fn now(stage: &Stage) -> String {
    let (status, now) = stage.control("POST", "clock", &json!({ "advance_s": 0 }));
    assert_eq!(status, 200);
    text(&now["now"]).to_owned()
}

/// Starts a command; what it says on standard error is kept beside the data folder.
pub(crate) fn start(stage: &Stage, words: &[&str]) -> Child {
    let said = std::fs::OpenOptions::new().create(true).append(true).open(stage.beside("said.txt")).unwrap();
    stage.command(words).arg("--json").stdout(Stdio::null()).stderr(said).spawn().unwrap()
}

/// Runs a command until the moment comes, and kills it then.
pub(crate) fn killed(stage: &Stage, words: &[&str], moment: Moment) -> Met {
    let before = seen(stage);
    let mut answers = stage.answers();
    let begun = Instant::now();
    let mut child = start(stage, words);
    loop {
        if child.try_wait().unwrap().is_some() {
            return Met::Alive;
        }
        let is_time = match moment {
            Moment::After(time) => begun.elapsed() >= time,
            Moment::Answers(count) => answers.so_far() >= count,
        };
        if is_time {
            break;
        }
        sleep(Duration::from_millis(1));
    }
    // It may have ended by itself just now.
    let _ = child.kill();
    child.wait().unwrap();
    // The simulator notices within a moment that nobody is there any more.
    sleep(Duration::from_millis(40));
    let after = seen(stage);
    if after.requests == before.requests {
        Met::StartingUp
    } else if after.after > before.after {
        Met::AfterActing
    } else if after.before > before.before {
        Met::InFlight
    } else {
        Met::BetweenRequests
    }
}
