//! What a platform lets through in a time, and how many requests each kind of work needs of it.

use std::time::Duration;

use serde::Serialize;

use super::PlatformInfo;

/// What counts against a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RateScope {
    /// All requests of the class to the tenant together.
    Tenant,
    /// The requests of the class to one channel.
    Channel,
}

/// A rate limit: `amount` requests each `per`, in a burst of at most `burst`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// Class; several rates may name one class, all of them hold.
    pub class: &'static str,
    /// Other classes whose requests count here too, and which a refusal holds back with it.
    pub also: &'static [&'static str],
    /// What is counted together.
    pub scope: RateScope,
    /// How many requests.
    pub amount: u32,
    /// In which time.
    pub per: Duration,
    /// How many at once.
    pub burst: u32,
}

impl Rate {
    /// Whether requests of this class count here.
    pub fn counts(&self, class: &str) -> bool {
        self.class == class || self.also.contains(&class)
    }
}

/// A kind of work that requests are counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Making the bot or guest that represents a person.
    Represent,
    /// Sending a prompt, in the person's primary platform.
    Prompt,
    /// Changing what a prompt says, there too: withdrawing it, or telling its end.
    Withdraw,
    /// One look for the person's answer, there too.
    Listen,
    /// Finding out who authorised, where the person's account is.
    Verify,
    /// Removing a bot or guest.
    Dismiss,
    /// Ending an employee's grant.
    Revoke,
}

/// How many requests of one class a kind of work needs in the ordinary case. Token endpoints are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// The work.
    pub what: Work,
    /// The class of the requests, a name from `info().rates`.
    pub class: &'static str,
    /// How many.
    pub calls: u32,
    /// Whether one request answers all who do the same work at once: then many need hardly more than one.
    pub together: bool,
}

impl Cost {
    /// So many calls of a class for some work.
    pub const fn of(what: Work, class: &'static str, calls: u32) -> Self {
        Self { what, class, calls, together: false }
    }

    /// So many, for all who do the same work at once.
    pub const fn together(what: Work, class: &'static str, calls: u32) -> Self {
        Self { what, class, calls, together: true }
    }
}

impl PlatformInfo {
    /// What some work needs here, by class. Nothing is listed for work that needs no request.
    pub fn cost_of(&self, what: Work) -> impl Iterator<Item = (&'static str, u32)> + use<> {
        self.costs.iter().filter(move |cost| cost.what == what).map(|cost| (cost.class, cost.calls))
    }

    /// What each of many needs of some work, beside what is asked for all together.
    pub fn cost_of_each(&self, what: Work) -> impl Iterator<Item = (&'static str, u32)> + use<> {
        self.costs.iter().filter(move |cost| cost.what == what && !cost.together).map(|cost| (cost.class, cost.calls))
    }
}
