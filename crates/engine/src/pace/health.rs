//! What the traffic tells about each platform: when it last answered, what went wrong, how long it wants to be left alone.
//!
//! Only in memory: after a start nothing is known until the first request. Whoever listens is told when the word for it changes,
//! never at every request.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

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
    throttled_until: Option<Timestamp>,
    token_expires: BTreeMap<&'static str, Timestamp>,
    told: HealthState,
}

impl Pulse {
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
            last_success: pulse.last_success,
            last_failure: pulse.last_failure.clone(),
            throttled_until: pulse.throttled_until.filter(|until| *until > now),
            token_expires: pulse.token_expires.values().min().copied(),
            sign_in_ends: None,
        }
    }

    fn note(&self, platform: PlatformId, now: Timestamp, change: impl FnOnce(&mut Pulse)) {
        let has_flipped = {
            let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
            let pulse = all.entry(platform).or_default();
            change(pulse);
            let state = pulse.state(now);
            std::mem::replace(&mut pulse.told, state) != state
        };
        if has_flipped {
            self.events.tell(Event::ConnectionChanged { platform });
        }
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
    fn the_soonest_end_of_a_token_counts_and_one_that_renews_itself_has_none() {
        let pulses = Pulses::new(Events::new());
        let later = at(0).checked_add(Duration::from_secs(90)).unwrap();
        pulses.expires(ALPHA, "user", Some(later));
        pulses.expires(ALPHA, "app", Some(at(30)));
        assert_eq!(pulses.of(ALPHA, at(0)).token_expires, Some(at(30)));
        pulses.expires(ALPHA, "app", None);
        assert_eq!(pulses.of(ALPHA, at(0)).token_expires, Some(later));
    }
}
