//! What a simulator is started with. Here so that the demo, the tests and the command line say it in the same words.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::{Clock, Cloud, Weather};

/// One of the four services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Platform {
    /// Slack.
    Slack,
    /// Microsoft Teams, with Entra for sign-in and Graph as its API.
    Teams,
    /// Webex.
    Webex,
    /// Zoom Team Chat.
    Zoom,
}

impl Platform {
    /// All four, in the order of every list.
    pub const ALL: [Self; 4] = [Self::Slack, Self::Teams, Self::Webex, Self::Zoom];

    /// The short name used in paths, files and options.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Teams => "teams",
            Self::Webex => "webex",
            Self::Zoom => "zoom",
        }
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

impl FromStr for Platform {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|platform| platform.slug() == text).ok_or_else(|| format!("{text} is none of slack, teams, webex, zoom"))
    }
}

/// How employees act on prompts by themselves: shares of 1, and the time they take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Employees {
    /// Share of people who approve.
    pub approve: f64,
    /// Share of people who decline.
    pub decline: f64,
    /// Share of people who do nothing.
    pub ignore: f64,
    /// Time between a prompt and the act.
    pub delay: Duration,
}

impl FromStr for Employees {
    type Err = String;

    /// `approve=0.9,decline=0.05,ignore=0.05,delay=500ms`; what is not named is nought.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut employees = Self { approve: 0.0, decline: 0.0, ignore: 0.0, delay: Duration::ZERO };
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            let (name, value) = part.trim().split_once('=').ok_or_else(|| format!("{part}: expected NAME=VALUE"))?;
            let share = || {
                value
                    .parse::<f64>()
                    .ok()
                    .filter(|share| (0.0..=1.0).contains(share))
                    .ok_or_else(|| format!("{part}: expected a share from 0 to 1"))
            };
            match name {
                "approve" => employees.approve = share()?,
                "decline" => employees.decline = share()?,
                "ignore" => employees.ignore = share()?,
                "delay" => employees.delay = duration(value)?,
                _ => return Err(format!("{name} is none of approve, decline, ignore, delay")),
            }
        }
        if employees.approve + employees.decline + employees.ignore > 1.000_001 {
            return Err("approve, decline and ignore together are more than 1".to_owned());
        }
        Ok(employees)
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text}: expected a time such as 500ms or 2s");
    if let Some(number) = text.strip_suffix("ms") {
        return number.parse().map(Duration::from_millis).map_err(|_| wrong());
    }
    text.strip_suffix('s')
        .and_then(|number| number.parse::<f64>().ok())
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(wrong)
}

/// What a simulator is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many humans the company has (at least 100, so that each category exists).
    pub people: usize,
    /// The company, its ids and all later chance follow from this number.
    pub seed: u64,
    /// Whether the platforms' rate limits are in force.
    pub rate_limits: bool,
    /// How employees act by themselves; `None`: nobody does.
    pub employees: Option<Employees>,
    /// Platforms that refuse the device grant.
    pub no_device_grant: Vec<Platform>,
    /// Platforms that answer from another cloud than the commercial one.
    pub clouds: Vec<Cloud>,
    /// The time all services share.
    pub clock: Clock,
    /// Where to write the traffic, as JSON lines.
    pub record: Option<PathBuf>,
    /// Faults by chance; `None`: fair weather.
    pub weather: Option<Weather>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            people: 250,
            seed: 1,
            rate_limits: true,
            employees: None,
            no_device_grant: Vec::new(),
            clouds: Vec::new(),
            clock: Clock::seeded(),
            record: None,
            weather: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn employees_are_read_from_their_short_form() {
        let employees: Employees = "approve=0.9,decline=0.05,ignore=0.05,delay=500ms".parse().unwrap();
        assert_eq!(employees, Employees { approve: 0.9, decline: 0.05, ignore: 0.05, delay: Duration::from_millis(500) });
        for wrong in ["approve=2", "approve", "sleep=1", "approve=0.9,decline=0.9", "delay=soon"] {
            assert!(wrong.parse::<Employees>().is_err(), "{wrong}");
        }
    }
}
