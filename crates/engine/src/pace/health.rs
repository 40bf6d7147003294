//! What the traffic tells about each platform: when it last answered, what went wrong, how long it wants to be left alone.
//!
//! Only in memory: after a start nothing is known until the first request, except when sign-ins end, which is stored. Whoever
//! listens is told when the word for it changes, or a sign-in's end draws near; never at every request.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::Paced;
use crate::error::{Error, Kind};
use crate::event::{Event, Events};
use crate::model::{Health, HealthState, PlatformId, Reason};

/// All platforms.
pub(super) struct Pulses {
    all: Mutex<BTreeMap<PlatformId, Pulse>>,
    events: Events,
}

#[derive(Debug, Default)]
struct Pulse {
    last_success: Option<Timestamp>,
    last_failure: Option<Reason>,
    /// Whether the last request found nobody well enough to answer.
    silent: bool,
    /// Whether that was this computer's own network.
    offline: bool,
    throttled_until: Option<Timestamp>,
    token_expires: BTreeMap<&'static str, Timestamp>,
    sign_in_ends: BTreeMap<String, Timestamp>,
    told: (HealthState, bool, Near),
}

/// How near the end of a sign-in is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Near {
    /// More than a month, or never.
    #[default]
    Far,
    /// Within a month.
    Month,
    /// Within a week.
    Week,
    /// It is over.
    Over,
}

impl Near {
    const DAY: i64 = 24 * 3600;

    fn of(end: Option<Timestamp>, now: Timestamp) -> Self {
        match end.map(|end| end.duration_since(now).as_secs()) {
            Some(left) if left <= 0 => Self::Over,
            Some(left) if left <= 7 * Self::DAY => Self::Week,
            Some(left) if left <= 30 * Self::DAY => Self::Month,
            _ => Self::Far,
        }
    }
}

impl Pulse {
    fn sign_in_ends(&self) -> Option<Timestamp> {
        self.sign_in_ends.values().min().copied()
    }

    fn told(&self, now: Timestamp) -> (HealthState, bool, Near) {
        (self.state(now), self.is_offline(), Near::of(self.sign_in_ends(), now))
    }

    fn is_offline(&self) -> bool {
        self.silent && self.offline
    }

    fn state(&self, now: Timestamp) -> HealthState {
        match (self.silent, self.throttled_until, self.last_success) {
            (true, _, _) => HealthState::Unreachable,
            (false, Some(until), _) if until > now => HealthState::Throttled,
            (false, _, Some(_)) => HealthState::Well,
            (false, _, None) => HealthState::Unknown,
        }
    }
}

impl Pulses {
    pub(super) fn new(events: Events) -> Self {
        Self { all: Mutex::default(), events }
    }

    /// It answered as it should.
    pub(super) fn succeeded(&self, platform: PlatformId, now: Timestamp) {
        self.note(platform, now, |pulse| {
            pulse.last_success = Some(now);
            pulse.silent = false;
        });
    }

    /// It asked to slow down: it is there, and wants to be left alone.
    pub(super) fn throttled(&self, platform: PlatformId, error: &Error, until: Timestamp, now: Timestamp) {
        self.note(platform, now, |pulse| {
            pulse.silent = false;
            pulse.last_failure = Some(Reason::from(error));
            pulse.throttled_until = pulse.throttled_until.max(Some(until));
        });
    }

    /// A request failed for good. What is refused for its content says nothing about the platform, but that it is there.
    pub(super) fn failed(&self, platform: PlatformId, error: &Error, now: Timestamp) {
        self.note(platform, now, |pulse| {
            pulse.silent = matches!(error.kind, Kind::Network | Kind::PlatformDown);
            pulse.offline = error.is_at_home();
            if pulse.silent {
                pulse.last_failure = Some(Reason::from(error));
            }
        });
    }

    /// It refuses the connection's tokens.
    pub(super) fn signed_out(&self, platform: PlatformId, error: &Error, now: Timestamp) {
        self.note(platform, now, |pulse| pulse.last_failure = Some(Reason::from(error)));
    }

    /// When a slot's token ends; `None` when it renews itself, or its end is not known.
    pub(super) fn expires(&self, platform: PlatformId, slot: &'static str, at: Option<Timestamp>) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = &mut all.entry(platform).or_default().token_expires;
        match at {
            Some(at) => drop(ends.insert(slot, at)),
            None => drop(ends.remove(slot)),
        }
    }

    /// When a slot's sign-in ends if nobody uses it; `None` when it does not, or nobody says.
    pub(super) fn sign_in_ends(&self, platform: PlatformId, slot: &str, at: Option<Timestamp>, now: Timestamp) {
        self.note(platform, now, |pulse| match at {
            Some(at) => drop(pulse.sign_in_ends.insert(slot.to_owned(), at)),
            None => drop(pulse.sign_in_ends.remove(slot)),
        });
    }

    /// The connection is gone.
    pub(super) fn forget(&self, platform: PlatformId) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&platform);
    }

    /// What is known.
    pub(super) fn of(&self, platform: PlatformId, now: Timestamp) -> Health {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pulse) = all.get(&platform) else { return Health::default() };
        Health {
            state: pulse.state(now),
            offline: pulse.is_offline(),
            last_success: pulse.last_success,
            last_failure: pulse.last_failure.clone(),
            throttled_until: pulse.throttled_until.filter(|until| *until > now),
            token_expires: pulse.token_expires.values().min().copied(),
            sign_in_ends: pulse.sign_in_ends(),
        }
    }

    fn note(&self, platform: PlatformId, now: Timestamp, change: impl FnOnce(&mut Pulse)) {
        let has_flipped = {
            let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
            let pulse = all.entry(platform).or_default();
            change(pulse);
            let now = pulse.told(now);
            std::mem::replace(&mut pulse.told, now) != now
        };
        if has_flipped {
            self.events.tell(Event::ConnectionChanged { platform });
        }
    }
}

impl Paced {
    /// Tells what was stored of a sign-in's end: at opening.
    pub(crate) fn sign_in_ends(&self, platform: PlatformId, slot: &str, at: Timestamp) {
        self.pulses().sign_in_ends(platform, slot, Some(at), self.clock().now());
    }

    /// Time has passed: whoever listens is told when a sign-in's end has drawn near.
    pub(crate) fn look(&self, platform: PlatformId) {
        self.pulses().note(platform, self.clock().now(), |_| {});
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ALPHA: PlatformId = PlatformId::new("alpha");

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_900_000_000 + second).unwrap()
    }

    #[test]
    fn a_platform_is_unreachable_until_it_answers_and_every_flip_is_told_once() {
        let events = Events::new();
        let mut heard = events.listen();
        let pulses = Pulses::new(events);
        let mut check = |expected: HealthState, second: i64, told: bool| {
            assert_eq!(pulses.of(ALPHA, at(second)).state, expected, "second {second}");
            assert_eq!(heard.try_recv().is_ok(), told, "second {second}");
            assert!(heard.try_recv().is_err(), "told twice");
        };
        let error = |kind| Error::new(kind, "test", "Test.");
        check(HealthState::Unknown, 0, false);
        pulses.succeeded(ALPHA, at(1));
        check(HealthState::Well, 1, true);
        pulses.succeeded(ALPHA, at(2));
        check(HealthState::Well, 2, false);
        pulses.failed(ALPHA, &error(Kind::Network), at(3));
        check(HealthState::Unreachable, 3, true);
        pulses.failed(ALPHA, &error(Kind::PlatformDown), at(4));
        check(HealthState::Unreachable, 4, false);
        pulses.failed(ALPHA, &error(Kind::Invalid), at(5));
        check(HealthState::Well, 5, true);
        assert_eq!(pulses.of(ALPHA, at(5)).last_failure.unwrap().kind, "platform_down");
        pulses.throttled(ALPHA, &error(Kind::RateLimited), at(60), at(6));
        check(HealthState::Throttled, 6, true);
        assert_eq!(pulses.of(ALPHA, at(6)).throttled_until, Some(at(60)));
        assert_eq!((pulses.of(ALPHA, at(61)).state, pulses.of(ALPHA, at(61)).throttled_until), (HealthState::Well, None));
        pulses.succeeded(ALPHA, at(62));
        check(HealthState::Well, 62, true);
        pulses.forget(ALPHA);
        check(HealthState::Unknown, 63, false);
    }

    #[test]
    fn a_network_that_is_gone_here_is_told_apart_from_a_platform_that_is_down() {
        let pulses = Pulses::new(Events::new());
        let offline = || (pulses.of(ALPHA, at(9)).state, pulses.of(ALPHA, at(9)).offline);
        let lost = || Error::new(Kind::Network, "test", "Test.");
        pulses.failed(ALPHA, &lost().at_home(), at(1));
        assert_eq!(offline(), (HealthState::Unreachable, true));
        pulses.failed(ALPHA, &lost(), at(2));
        assert_eq!(offline(), (HealthState::Unreachable, false));
        pulses.failed(ALPHA, &lost().at_home(), at(3));
        pulses.succeeded(ALPHA, at(4));
        assert_eq!(offline(), (HealthState::Well, false));
    }

    #[test]
    fn the_soonest_end_of_a_token_counts_and_one_that_renews_itself_has_none() {
        let pulses = Pulses::new(Events::new());
        let later = at(0).checked_add(Duration::from_secs(90)).unwrap();
        pulses.expires(ALPHA, "user", Some(later));
        pulses.expires(ALPHA, "app", Some(at(30)));
        assert_eq!(pulses.of(ALPHA, at(0)).token_expires, Some(at(30)));
        pulses.expires(ALPHA, "app", None);
        assert_eq!(pulses.of(ALPHA, at(0)).token_expires, Some(later));
    }

    #[test]
    fn the_end_of_a_sign_in_is_told_when_it_is_a_month_a_week_and_no_time_away() {
        let events = Events::new();
        let mut heard = events.listen();
        let pulses = Pulses::new(events);
        let day = 24 * 3600;
        pulses.sign_in_ends(ALPHA, "user", Some(at(60 * day)), at(0));
        pulses.sign_in_ends(ALPHA, "bot", Some(at(90 * day)), at(0));
        assert!(heard.try_recv().is_err(), "it is far away");
        let mut told = Vec::new();
        for today in 1..=62 {
            pulses.note(ALPHA, at(today * day), |_| {});
            if heard.try_recv().is_ok() {
                told.push(today);
            }
            assert!(heard.try_recv().is_err(), "told twice");
        }
        assert_eq!(told, [30, 53, 60]);
        assert_eq!(pulses.of(ALPHA, at(0)).sign_in_ends, Some(at(60 * day)));
        pulses.sign_in_ends(ALPHA, "user", None, at(61 * day));
        assert_eq!(pulses.of(ALPHA, at(0)).sign_in_ends, Some(at(90 * day)));
    }
}
