//! Rate limits before they hurt: a request passes every limit that counts it, the narrowest first, and a 429 closes them all.
//!
//! What is counted together is data: one of `info().rates` is one gate (per channel where it counts channels), and a request of a class
//! passes all rates that name the class. There is one connection per platform, so "tenant" is the platform here.
//!
//! A request stands in the queue of its next gate only while it could pass those before: a slow channel keeps no other channel
//! waiting. It takes from all of them at once, in the moment in which it leaves, so what waited at one gate never comes in a crowd to
//! another. Only whose turn it is waits for time; the others wait to be called, so somebody more urgent can step in front
//! until the last moment. `governor` was not taken: it knows no lanes, and its clock is not ours.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::model::PlatformId;
use crate::platform::{Rate, RateScope};
use crate::transport::Lane;

use super::gate::{Gate, Place};

/// With more gates than this, idle ones are forgotten.
const MANY: usize = 4096;
/// Whoever would wait longer than this at a closed gate is told so instead.
pub(super) const PATIENCE: Duration = Duration::from_secs(15 * 60);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    platform: PlatformId,
    of: Of,
    channel: Option<String>,
}

/// What a gate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Of {
    /// This one of the platform's rates.
    Rate(usize),
    /// A class that no rate counts: only a 429 closes it.
    Class(&'static str),
}

/// The gates that a request passes, the narrowest first: while it waits for its channel it keeps nobody else.
pub(super) struct Way(Vec<(Key, Option<Rate>)>);

impl Way {
    pub(super) fn new(platform: PlatformId, rates: &[Rate], class: &'static str, channel: Option<&str>) -> Self {
        let counted = rates.iter().enumerate().filter(|(_, rate)| rate.counts(class));
        let mut gates: Vec<(Key, Option<Rate>)> = counted
            .filter_map(|(index, rate)| {
                let channel = match rate.scope {
                    RateScope::Channel => Some(channel?.to_owned()),
                    RateScope::Tenant => None,
                };
                Some((Key { platform, of: Of::Rate(index), channel }, Some(*rate)))
            })
            .collect();
        gates.sort_by_key(|(key, rate)| (key.channel.is_none(), std::cmp::Reverse(rate.map(|rate| rate.per / rate.amount.max(1)))));
        if !gates.iter().any(|(key, _)| key.channel.is_none()) {
            gates.push((Key { platform, of: Of::Class(class), channel: None }, None));
        }
        Self(gates)
    }
}

/// What a request that went through takes along: how often each gate had been slowed down by then.
pub(super) struct Passed(Vec<u64>);

/// All gates.
#[derive(Default)]
pub(super) struct Limits {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    gates: HashMap<Key, Gate>,
    tickets: u64,
}

/// What is next for somebody in the queues.
enum Next {
    Go(Passed),
    /// Their turn, in so long.
    In(Duration),
    /// Somebody else's turn.
    Called,
    /// A gate is closed for longer than anybody waits.
    Refused(Duration),
}

impl State {
    fn gate(&mut self, key: &Key, rate: Option<Rate>) -> &mut Gate {
        if self.gates.len() > MANY && !self.gates.contains_key(key) {
            let now = Instant::now();
            self.gates.retain(|_, gate| !gate.is_idle(now));
        }
        self.gates.entry(key.clone()).or_insert_with(|| Gate::new(rate))
    }

    fn next(&mut self, way: &Way, place: Place, bell: &Arc<Notify>, now: Instant) -> Next {
        let mut stops = None;
        for (key, rate) in &way.0 {
            let gate = self.gate(key, *rate);
            if stops.is_some() {
                // Who cannot pass an earlier gate keeps nobody waiting at this one.
                gate.leave(place);
                continue;
            }
            gate.join(place, bell);
            let closed = gate.closed(now);
            let wait = gate.wait(now);
            if closed > PATIENCE {
                stops = Some(Next::Refused(closed));
            } else if gate.turn() != Some(place) {
                stops = Some(Next::Called);
            } else if !wait.is_zero() {
                stops = Some(Next::In(wait));
            }
        }
        if let Some(stops) = stops {
            return stops;
        }
        let through = way.0.iter().map(|(key, rate)| {
            let gate = self.gate(key, *rate);
            gate.take(place, now);
            gate.slowed()
        });
        Next::Go(Passed(through.collect()))
    }
}

impl Limits {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it may leave. Dropping it leaves the queues. Errors: how long the platform wants to be left alone, where that is longer
    /// than anybody waits.
    pub(super) async fn pass(&self, way: &Way, lane: Lane, clock: &dyn Clock) -> Result<Passed, Duration> {
        let ticket = Ticket::new(self, way, lane);
        // A moment that the clock has waited for counts as reached, even where a test's clock does not move.
        let mut reached = Instant::now();
        loop {
            let now = reached.max(Instant::now());
            let next = self.state().next(way, ticket.place, &ticket.bell, now);
            match next {
                Next::Go(passed) => return Ok(passed),
                Next::Refused(closed) => return Err(closed),
                Next::Called => ticket.bell.notified().await,
                Next::In(wait) => tokio::select! {
                    () = clock.wait(wait) => reached = now + wait,
                    () = ticket.bell.notified() => {}
                },
            }
        }
    }

    /// A request that had passed was refused: nobody passes its gates for this long, and then more slowly. Whether one stays closed
    /// longer than was known.
    pub(super) fn refused(&self, way: &Way, passed: &Passed, pause: Duration) -> bool {
        let (mut state, now) = (self.state(), Instant::now());
        let longer = way.0.iter().zip(&passed.0).map(|((key, rate), seen)| state.gate(key, *rate).refuse(*seen, pause, now));
        longer.fold(false, std::ops::BitOr::bitor)
    }

    /// A pause that the platform asked for before this program started is kept.
    pub(super) fn keep_closed(&self, way: &Way, pause: Duration) {
        let mut state = self.state();
        let seen = way.0.iter().map(|(key, rate)| state.gate(key, *rate).slowed()).collect();
        drop(state);
        self.refused(way, &Passed(seen), pause);
    }

    /// How long so many calls of each class take from now, as full as the buckets are, when nobody else asks.
    pub(super) fn time_for(&self, platform: PlatformId, rates: &[Rate], calls: &[(&'static str, u64)]) -> Duration {
        let mut wanted: HashMap<Key, (Option<Rate>, u64)> = HashMap::new();
        for (class, count) in calls.iter().filter(|(_, count)| *count > 0) {
            for (key, rate) in Way::new(platform, rates, class, None).0 {
                let entry = wanted.entry(key).or_insert((rate, 0));
                entry.1 = entry.1.saturating_add(*count);
            }
        }
        let (mut state, now) = (self.state(), Instant::now());
        wanted.into_iter().map(|(key, (rate, count))| state.gate(&key, rate).time_for(count, now)).max().unwrap_or_default()
    }
}

/// A place in the queues, given up when dropped.
struct Ticket<'a> {
    limits: &'a Limits,
    way: &'a Way,
    place: Place,
    bell: Arc<Notify>,
}

impl<'a> Ticket<'a> {
    fn new(limits: &'a Limits, way: &'a Way, lane: Lane) -> Self {
        let mut state = limits.state();
        state.tickets += 1;
        Self { place: (lane, state.tickets), limits, way, bell: Arc::default() }
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut state = self.limits.state();
        for (key, _) in &self.way.0 {
            if let Some(gate) = state.gates.get_mut(key) {
                gate.leave(self.place);
            }
        }
    }
}

#[cfg(test)]
#[path = "tests/limits.rs"]
mod tests;
