//! Stop limits: how much a single run may do before the rest of it waits for the admin's approval.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What stop limits watch over, each by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Guarded {
    /// People who are reset.
    Resets,
    /// Bots and guests that are removed.
    Dismissals,
    /// Bots and guests that are made.
    Representations,
    /// Prompts that are sent.
    Prompts,
}

impl Guarded {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Resets, Self::Dismissals, Self::Representations, Self::Prompts];

    /// The word in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resets => "resets",
            Self::Dismissals => "dismissals",
            Self::Representations => "representations",
            Self::Prompts => "prompts",
        }
    }
}

/// One limit: what is set counts, the smaller of both; none set is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct StopLimit {
    /// At most so many in one run.
    pub count: Option<u64>,
    /// At most this share of all people (of the bots and guests in use, for dismissals), in percent.
    pub percent: Option<u8>,
}

/// All four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct StopLimits {
    /// Of people who are reset.
    pub resets: StopLimit,
    /// Of bots and guests that are removed.
    pub dismissals: StopLimit,
    /// Of bots and guests that are made.
    pub representations: StopLimit,
    /// Of prompts that are sent.
    pub prompts: StopLimit,
}

impl StopLimits {
    /// The limit of one sort.
    pub fn of(&self, what: Guarded) -> StopLimit {
        match what {
            Guarded::Resets => self.resets,
            Guarded::Dismissals => self.dismissals,
            Guarded::Representations => self.representations,
            Guarded::Prompts => self.prompts,
        }
    }
}

impl fmt::Display for StopLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.count, self.percent) {
            (Some(count), Some(percent)) => write!(f, "at most {count} and {percent} %"),
            (Some(count), None) => write!(f, "at most {count}"),
            (None, Some(percent)) => write!(f, "at most {percent} %"),
            (None, None) => f.write_str("no limit"),
        }
    }
}

impl fmt::Display for StopLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = Guarded::ALL;
        write!(f, "{}: {}", first.as_str(), self.of(first))?;
        rest.into_iter().try_for_each(|what| write!(f, "; {}: {}", what.as_str(), self.of(what)))
    }
}

impl Default for StopLimits {
    /// What a new data folder has: generous for making, close for removing.
    fn default() -> Self {
        let limit = |count, percent| StopLimit { count: Some(count), percent };
        Self {
            resets: limit(200, Some(20)),
            dismissals: limit(200, Some(20)),
            representations: limit(2_000, None),
            prompts: limit(500, None),
        }
    }
}

/// A part of a run that a stop limit holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Held {
    /// Which limit.
    pub what: Guarded,
    /// How many it lets through.
    pub allowed: u64,
    /// How many the run is about.
    pub wanted: u64,
    /// How many wait for approval: `wanted - allowed`.
    pub held: u64,
}
