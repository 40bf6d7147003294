//! Employees who act by themselves: they read what they are told and, after their delay, approve a code, decline it,
//! follow a link and answer, or do nothing. Acts are kept as due times on the clock and done when it has passed them.
//! Who does what follows from the seed. Knows no vendor: codes, links and answers go through the shared parts.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use jiff::Timestamp;

use crate::browser::{self, Ended};
use crate::clouds::Clouds;
use crate::ledger::Heard;
use crate::{Account, Employees, Platform, Simulator};

/// Acts that wait for their time, and who wrote to whom last.
#[derive(Default)]
pub(crate) struct Desk {
    /// Due time and number of the act; ties are done in the order in which they were heard.
    waiting: BinaryHeap<Reverse<(Timestamp, u64)>>,
    acts: HashMap<u64, (Platform, String, Heard)>,
    last: u64,
}

impl Desk {
    fn put(&mut self, due: Timestamp, platform: Platform, account: String, heard: Heard) {
        self.last += 1;
        self.waiting.push(Reverse((due, self.last)));
        self.acts.insert(self.last, (platform, account, heard));
    }

    fn take_due(&mut self, now: Timestamp) -> Option<(Platform, String, Heard)> {
        let Reverse((due, number)) = *self.waiting.peek()?;
        if due > now {
            return None;
        }
        self.waiting.pop();
        self.acts.remove(&number)
    }

    /// When the next act is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.waiting.peek().map(|Reverse((due, _))| *due)
    }
}

/// Reads the news and does what is due; gives the addresses on which browsers ended.
pub(crate) fn act(sim: &Simulator) -> Vec<Ended> {
    let news = sim.ledger().take_news();
    let Some(employees) = sim.options().employees else { return Vec::new() };
    let now = sim.clock().now();
    let mut desk = sim.desk();
    for (platform, account, heard) in news {
        desk.put(now.checked_add(employees.delay).unwrap_or(Timestamp::MAX), platform, account, heard);
    }
    let mut due = Vec::new();
    while let Some(act) = desk.take_due(now) {
        due.push(act);
    }
    drop(desk);
    due.into_iter()
        .filter_map(|(platform, account, heard)| react(sim, &employees, sim.world().by_id(platform, &account)?, &heard))
        .collect()
}

/// What a human does with prompts: allow them, refuse them, or nothing.
fn habit(sim: &Simulator, employees: &Employees, human: usize) -> Option<bool> {
    match temper(sim.options().seed, human) {
        lot if lot < employees.approve => Some(true),
        lot if lot < employees.approve + employees.decline => Some(false),
        _ => None,
    }
}

/// The same in one word, for the control interface.
pub(crate) fn habit_word(sim: &Simulator, human: usize) -> &'static str {
    match sim.options().employees.and_then(|employees| habit(sim, &employees, human)) {
        Some(true) => "approves",
        Some(false) => "declines",
        None => "does_nothing",
    }
}

fn react(sim: &Simulator, employees: &Employees, reader: &Account, heard: &Heard) -> Option<Ended> {
    let allow = habit(sim, employees, reader.human)?;
    if let Some((platform, code)) = code_in(sim, &heard.text) {
        let own = sim.world().of_human(platform, reader.human)?;
        if let Err(trouble) = sim.sign_ins().decide_device(platform, &code, &own.id, allow, sim.clock().now()) {
            tracing::debug!(?trouble, "an employee came too late");
        }
        return None;
    }
    let (platform, link) = link_in(&sim.clouds(), &heard.text)?;
    if !allow {
        say(sim, reader, heard, "no");
        return None;
    }
    match browser::open(sim, sim.world().of_human(platform, reader.human)?, &link, true) {
        Ok(ended) => {
            say(sim, reader, heard, &ended.url);
            Some(ended)
        }
        Err(trouble) => {
            tracing::debug!(trouble, "an employee's browser stopped");
            None
        }
    }
}

fn say(sim: &Simulator, reader: &Account, heard: &Heard, text: &str) {
    if let Err(trouble) = sim.speak(reader, &heard.answer_to, text) {
        tracing::error!(trouble, "an employee could not answer");
    }
}

/// The code on a line of its own that belongs to a device grant, and where.
fn code_in(sim: &Simulator, text: &str) -> Option<(Platform, String)> {
    let sign_ins = sim.sign_ins();
    text.lines().map(|line| line.trim().trim_matches(['*', '`', '_'])).filter(|line| (4..=40).contains(&line.len())).find_map(|line| {
        Platform::ALL.into_iter().find(|platform| sign_ins.device(*platform, line).is_some()).map(|platform| (platform, line.to_owned()))
    })
}

/// The authorization link in a message, and whose it is.
fn link_in(clouds: &Clouds, text: &str) -> Option<(Platform, String)> {
    text.split(|letter: char| letter.is_whitespace() || matches!(letter, '<' | '>' | '"' | '|'))
        .filter(|word| word.starts_with("http") && word.contains("authorize"))
        .find_map(|word| {
            let word = word.trim_end_matches(['.', ',', ')']);
            let url = url::Url::parse(word).ok()?;
            let host = url.host_str()?;
            let (platform, _) = clouds.answers(host).or_else(|| clouds.answers(url.path_segments()?.next()?))?;
            Some((platform, word.to_owned()))
        })
}

/// A number from 0 to 1 that a human keeps for life.
fn temper(seed: u64, human: usize) -> f64 {
    let mut mixed = seed ^ (human as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for _ in 0..2 {
        mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests;
