//! Weather: faults by chance, over all that is asked of the platforms, as a network and four services have them on a bad day.
//!
//! Seeded; every fault that was met is counted, and every request stands in a log with its times, so that a test can say what really
//! happened and whether a pause that was asked for was kept. Sign-ins are spared unless it is asked for them too.
//!
//! Whoever asks may go away before there is an answer (a program that is killed). What was on its way by then is acted upon or
//! not, by chance, as a real network has it.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::{Deserialize, Serialize};

use crate::http::{Answer, Context};
use crate::{Dropped, Platform, Simulator, owner, slack, teams, webex, zoom};

/// How likely each fault is for one request, as shares of 1, and how long things take.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weather {
    /// All chance follows from it, in the order in which requests come.
    pub seed: u64,
    /// The vendor hosts that it meets, as they are called in this run's cloud; none: all.
    pub hosts: Vec<String>,
    /// 429, in each form in which the vendor says how long to wait, or without a word about it.
    pub throttled: f64,
    /// 500, 502 or 503; half of them after the platform acted.
    pub broken: f64,
    /// The platform acts, and answers after `slow_ms` only.
    pub slow: f64,
    /// The connection closes before the platform acted; it never does.
    pub lost: f64,
    /// The platform acts, and the connection closes without an answer.
    pub dropped: f64,
    /// The connection closes, and the platform acts up to `late_ms` afterwards.
    pub late: f64,
    /// The longest pause that a 429 asks for.
    pub pause_ms: u64,
    /// The longest time that a request or its answer is on its way.
    pub latency_ms: u64,
    /// How long a slow answer takes.
    pub slow_ms: u64,
    /// How long after its connection a late request arrives, at most.
    pub late_ms: u64,
    /// Whether sign-ins and token endpoints are met too.
    pub sign_ins: bool,
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            seed: 1,
            hosts: Vec::new(),
            throttled: 0.0,
            broken: 0.0,
            slow: 0.0,
            lost: 0.0,
            dropped: 0.0,
            late: 0.0,
            pause_ms: 2_000,
            latency_ms: 20,
            slow_ms: 5_000,
            late_ms: 400,
            sign_ins: false,
        }
    }
}

impl Weather {
    /// Refuses shares that are none.
    pub(crate) fn checked(self) -> Result<Self, String> {
        let shares = [self.throttled, self.broken, self.slow, self.lost, self.dropped, self.late];
        if shares.iter().any(|share| !(0.0..=1.0).contains(share)) || shares.iter().sum::<f64>() > 1.000_001 {
            return Err("each fault is a share from 0 to 1, and all together are at most 1".to_owned());
        }
        Ok(self)
    }

    fn meets(&self, context: &Context) -> bool {
        let is_here = self.hosts.is_empty() || self.hosts.contains(&context.sent_to);
        is_here && !context.path.starts_with("/_") && (self.sign_ins || !is_sign_in(context))
    }
}

impl FromStr for Weather {
    type Err = String;

    /// `seed=7,throttled=0.05,dropped=0.02,latency_ms=30`: the fields' own names; what is not named keeps its usual value.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut fields = serde_json::Map::new();
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            let (name, value) = part.trim().split_once('=').ok_or_else(|| format!("{part}: expected NAME=VALUE"))?;
            let value = serde_json::from_str(value).map_err(|_| format!("{part}: expected a number"))?;
            fields.insert(name.to_owned(), value);
        }
        let weather: Self = serde_json::from_value(fields.into()).map_err(|error| error.to_string())?;
        weather.checked()
    }
}

/// Where people and programs sign in, by commercial host and the start of the path.
const SIGN_INS: &[(&str, &str)] = &[
    ("slack.com", "/oauth/"),
    ("slack.com", "/api/oauth."),
    ("slack.com", "/api/tooling.tokens."),
    ("login.microsoftonline.com", "/"),
    ("microsoft.com", "/"),
    ("webexapis.com", "/v1/access_token"),
    ("webexapis.com", "/v1/authorize"),
    ("webexapis.com", "/v1/device/"),
    ("oauth-helper-r.wbx2.com", "/"),
    ("zoom.us", "/"),
];

fn is_sign_in(context: &Context) -> bool {
    // `/v1/authorizations` is no sign-in: what the prefix ends with must end there.
    let starts = |path: &str| context.path.strip_prefix(path).is_some_and(|rest| path.ends_with(['/', '.']) || rest.is_empty());
    SIGN_INS.iter().any(|(host, path)| context.host == *host && starts(path))
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Fate {
    /// Nothing in particular.
    Fair,
    Throttled,
    Broken,
    BrokenAfter,
    Slow,
    Lost,
    Dropped,
    Late,
    /// Whoever asked went away: before the platform acted, which it never does.
    GoneBefore,
    /// The same, and the platform acts in spite of it.
    GoneLate,
    /// The same after the platform acted.
    GoneAfter,
}

/// One request, for the log.
#[derive(Debug, Clone, Serialize)]
struct Entry {
    at: Timestamp,
    host: String,
    method: String,
    path: String,
    /// A number that stands for who asked: the same token has the same number.
    who: u64,
    fate: Fate,
    /// When its answer left.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered: Option<Timestamp>,
    /// Until when the answer asked for quiet.
    #[serde(skip_serializing_if = "Option::is_none")]
    quiet_until: Option<Timestamp>,
}

/// The weather of a run, what it did, and what is still on its way.
#[derive(Default)]
pub(crate) struct Sky {
    now: Option<(Weather, ChaCha20Rng)>,
    counts: BTreeMap<Fate, u64>,
    log: Vec<Entry>,
    /// Requests that arrive after their connection is gone, and when.
    late: Vec<(Timestamp, Context)>,
}

/// What a request has before it.
struct Met {
    number: usize,
    fate: Fate,
    before: Duration,
    after: Duration,
    /// The length of the pause, and which of the vendor's forms says so; the status of a broken answer.
    lot: f64,
    pause: Duration,
    late_by: Duration,
}

impl Sky {
    pub(crate) fn set(&mut self, weather: Option<Weather>) {
        self.now = weather.map(|weather| {
            let random = ChaCha20Rng::seed_from_u64(weather.seed);
            (weather, random)
        });
    }

    fn meet(&mut self, context: &Context) -> Option<Met> {
        let (weather, random) = self.now.as_mut()?;
        if !weather.meets(context) {
            return None;
        }
        let mut left: f64 = random.random();
        let fates = [
            (weather.throttled, Fate::Throttled),
            (weather.broken / 2.0, Fate::Broken),
            (weather.broken / 2.0, Fate::BrokenAfter),
            (weather.slow, Fate::Slow),
            (weather.lost, Fate::Lost),
            (weather.dropped, Fate::Dropped),
            (weather.late, Fate::Late),
        ];
        let fate = fates.into_iter().find_map(|(share, fate)| {
            left -= share;
            (left < 0.0).then_some(fate)
        });
        let fate = fate.unwrap_or(Fate::Fair);
        let mut up_to = |most: u64| Duration::from_millis(random.random_range(0..=most));
        let (before, after, late_by, pause) =
            (up_to(weather.latency_ms), up_to(weather.latency_ms), up_to(weather.late_ms), up_to(weather.pause_ms));
        let after = if fate == Fate::Slow { Duration::from_millis(weather.slow_ms) } else { after };
        self.log.push(Entry {
            at: context.now,
            host: context.sent_to.clone(),
            method: context.method.to_string(),
            path: context.path.clone(),
            who: who(context),
            fate,
            answered: None,
            quiet_until: None,
        });
        *self.counts.entry(fate).or_default() += 1;
        Some(Met { number: self.log.len() - 1, fate, before, after, lot: random.random(), pause, late_by })
    }

    /// Whoever asked is gone: what that means is decided now.
    fn gone(&mut self, number: usize, acted: bool, context: Context, now: Timestamp) {
        let Some(entry) = self.log.get_mut(number) else { return };
        let arrives = self.now.as_mut().filter(|_| !acted).and_then(|(weather, random)| {
            let late_by = Duration::from_millis(random.random_range(0..=weather.late_ms));
            random.random::<bool>().then_some(late_by)
        });
        let fate = match (acted, arrives) {
            (true, _) => Fate::GoneAfter,
            (false, Some(_)) => Fate::GoneLate,
            (false, None) => Fate::GoneBefore,
        };
        entry.fate = fate;
        *self.counts.entry(fate).or_default() += 1;
        if let Some(after) = arrives {
            self.late.push((now.checked_add(after).unwrap_or(now), context));
        }
    }

    fn take_due(&mut self, now: Timestamp) -> Vec<Context> {
        let late = std::mem::take(&mut self.late);
        let (due, left): (Vec<_>, Vec<_>) = late.into_iter().partition(|(at, _)| *at <= now);
        self.late = left;
        due.into_iter().map(|(_, context)| context).collect()
    }

    /// When the next late request arrives.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.late.iter().map(|(at, _)| *at).min()
    }

    /// How many requests met what. Who went away is counted besides what was before them.
    pub(crate) fn counts(&self) -> serde_json::Value {
        let met = serde_json::to_value(&self.counts).unwrap_or_default();
        serde_json::json!({ "requests": self.log.len(), "met": met, "still_late": self.late.len() })
    }

    /// Every request since the start, while there was weather.
    pub(crate) fn log(&self) -> serde_json::Value {
        serde_json::to_value(&self.log).unwrap_or_default()
    }
}

/// A number for who asked, which tells nothing about the token.
fn who(context: &Context) -> u64 {
    let mut mixed = 0xcbf2_9ce4_8422_2325_u64;
    for byte in context.header("authorization").unwrap_or_default().bytes() {
        mixed = (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    // JavaScript's numbers are this long.
    mixed >> 12
}

/// A request that is under way: when it is dropped, whoever asked has gone away.
struct Underway<'a> {
    simulator: &'a Simulator,
    number: usize,
    acted: bool,
    context: Option<Context>,
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        if let Some(context) = self.context.take() {
            let now = self.simulator.clock().now();
            self.simulator.sky().gone(self.number, self.acted, context, now);
            self.simulator.inner.stirred.notify_waiters();
        }
    }
}

impl Simulator {
    /// Sets the weather, or ends it. What it did so far stays counted.
    pub fn set_weather(&self, weather: Option<Weather>) {
        self.sky().set(weather);
    }

    /// What arrives late is acted upon, although nobody waits for the answer.
    pub(crate) fn act_late(&self) {
        let due = self.sky().take_due(self.clock().now());
        for mut context in due {
            context.now = self.clock().now();
            self.answer(&context);
        }
    }

    /// The answer that the weather lets through, if there is any weather here.
    pub(crate) async fn through_weather(&self, context: &mut Context) -> Option<Result<Answer, Dropped>> {
        let met = self.sky().meet(context)?;
        let mut underway = Underway { simulator: self, number: met.number, acted: false, context: Some(context.clone()) };
        tokio::time::sleep(met.before).await;
        context.now = self.clock().now();
        let answer = match met.fate {
            Fate::Fair | Fate::Slow => {
                let answer = self.exchange(context);
                underway.acted = true;
                tokio::time::sleep(met.after).await;
                Ok(answer)
            }
            Fate::Throttled => {
                let (answer, until) = self.throttled(context, &met);
                if let Some(entry) = self.sky().log.get_mut(met.number) {
                    entry.quiet_until = until;
                }
                Ok(answer)
            }
            Fate::Broken | Fate::BrokenAfter => {
                if met.fate == Fate::BrokenAfter {
                    self.answer(context);
                    underway.acted = true;
                    tokio::time::sleep(met.after).await;
                }
                let (status, title) =
                    [(500, "Internal Server Error"), (502, "Bad Gateway"), (503, "Service Unavailable")][(met.lot * 3.0) as usize % 3];
                Ok(Answer::html(status, format!("<html><body><h1>{status} {title}</h1></body></html>")))
            }
            Fate::Dropped => {
                self.answer(context);
                Err(Dropped)
            }
            Fate::Late => {
                let at = context.now.checked_add(met.late_by).unwrap_or(context.now);
                self.sky().late.push((at, context.clone()));
                Err(Dropped)
            }
            Fate::Lost | Fate::GoneBefore | Fate::GoneLate | Fate::GoneAfter => Err(Dropped),
        };
        underway.context = None;
        if let (Ok(_), Some(entry)) = (&answer, self.sky().log.get_mut(met.number)) {
            entry.answered = Some(self.clock().now());
        }
        self.inner.stirred.notify_waiters();
        Some(answer)
    }

    /// The vendor's own 429, and until when it asks for quiet.
    fn throttled(&self, context: &Context, met: &Met) -> (Answer, Option<Timestamp>) {
        let now = context.now;
        let whole = SignedDuration::from_secs(met.pause.as_millis().div_ceil(1_000).max(1) as i64);
        let exact = SignedDuration::from_millis(met.pause.as_millis().max(500) as i64);
        // Date-times name whole seconds; the next one is never too early.
        let second = Timestamp::from_second((now + exact).as_second() + 1).unwrap_or(now);
        let (after, until) = match (owner(context.host), met.lot) {
            // Slack always says how long; Zoom only when the day's limit is met, and Graph and Webex not always.
            (Some(Platform::Zoom), 0.6..) | (Some(Platform::Teams | Platform::Webex), 0.85..) | (None, _) => (None, None),
            (Some(Platform::Zoom), _) => (Some(second.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()), Some(second)),
            (Some(Platform::Teams), 0.5..) => (Some(format!("{:.3}", exact.as_secs_f64())), Some(now + exact)),
            // Between a service and whoever asks stands what writes HTTP's other form.
            (Some(Platform::Teams), 0.35..) => (Some(second.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()), Some(second)),
            _ => (Some(whole.as_secs().to_string()), Some(now + whole)),
        };
        let after = after.as_deref();
        let answer = match owner(context.host) {
            Some(Platform::Slack) => slack::throttled(after),
            Some(Platform::Teams) => teams::throttled(self, context, after),
            Some(Platform::Webex) => webex::throttled(self, after),
            Some(Platform::Zoom) => zoom::throttled(after),
            None => Answer::empty(429),
        };
        (answer, until)
    }
}

#[cfg(test)]
mod tests;
