//! Rate limits before they hurt: a gate per rate class and per channel, with one queue each in which a waiting person
//! stands before bulk work.
//!
//! A gate holds the buckets of `info().rates` (GCRA: one instant per bucket) and closes for as long as a 429 asked. Only
//! the first of its queue waits for time; the others wait for their turn, so somebody more urgent can step in front
//! until the last moment. There is one connection per platform, so "tenant" is the platform here. `governor` was not
//! taken: it knows no lanes, and its clock is not ours.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::model::PlatformId;
use crate::platform::{Rate, RateScope};
use crate::transport::Lane;

/// With more channels than this, idle ones are forgotten.
const MANY: usize = 4096;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    platform: PlatformId,
    class: &'static str,
    channel: Option<String>,
}

/// All gates.
#[derive(Default)]
pub(super) struct Limits {
    gates: Mutex<HashMap<Key, Arc<Gate>>>,
}

impl Limits {
    /// The gates that a request passes, the narrowest first: while it waits for its channel it keeps nobody else.
    pub(super) fn gates(&self, platform: PlatformId, rates: &[Rate], class: &'static str, channel: Option<&str>) -> Vec<Arc<Gate>> {
        let of = |scope: RateScope| rates.iter().filter(move |rate| rate.class == class && rate.scope == scope);
        let mut gates = Vec::with_capacity(2);
        if let Some(channel) = channel.filter(|_| of(RateScope::Channel).next().is_some()) {
            gates.push(self.gate(Key { platform, class, channel: Some(channel.to_owned()) }, of(RateScope::Channel)));
        }
        gates.push(self.gate(Key { platform, class, channel: None }, of(RateScope::Tenant)));
        gates
    }

    /// How long so many calls of each class take from now, as full as the buckets are, when nobody else asks.
    pub(super) fn time_for(&self, platform: PlatformId, rates: &[Rate], calls: &[(&'static str, u64)]) -> Duration {
        let longest = calls.iter().filter(|(_, count)| *count > 0).map(|(class, count)| {
            let gates = self.gates(platform, rates, class, None);
            gates.iter().map(|gate| gate.time_for(*count)).max().unwrap_or_default()
        });
        longest.max().unwrap_or_default()
    }

    fn gate<'a>(&self, key: Key, rates: impl Iterator<Item = &'a Rate>) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        if gates.len() > MANY && !gates.contains_key(&key) {
            gates.retain(|_, gate| Arc::strong_count(gate) > 1 || !gate.is_idle());
        }
        gates.entry(key).or_insert_with(|| Arc::new(Gate::new(rates))).clone()
    }
}

/// One queue with its buckets.
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    buckets: Vec<Bucket>,
    closed_until: Option<Instant>,
    queue: BTreeSet<(Lane, u64)>,
    tickets: u64,
}

struct Bucket {
    /// Between two requests in the long run.
    interval: Duration,
    /// How far the next free moment may lie ahead and still be free now.
    tolerance: Duration,
    /// When the bucket is full again.
    full_at: Option<Instant>,
}

impl Bucket {
    fn new(rate: &Rate) -> Self {
        let interval = rate.per / rate.amount.max(1);
        Self { interval, tolerance: interval * rate.burst.max(1).saturating_sub(1), full_at: None }
    }

    fn wait(&self, now: Instant) -> Duration {
        self.full_at.map_or(Duration::ZERO, |full_at| full_at.saturating_duration_since(now + self.tolerance))
    }

    /// Until the last of so many has passed.
    fn time_for(&self, now: Instant, count: u64) -> Duration {
        let full_at = self.full_at.map_or(now, |full_at| full_at.max(now));
        let others = u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX);
        (full_at - now + self.interval.saturating_mul(others)).saturating_sub(self.tolerance)
    }

    fn take(&mut self, now: Instant) {
        self.full_at = Some(self.full_at.map_or(now, |full_at| full_at.max(now)) + self.interval);
    }
}

impl State {
    fn wait(&self, now: Instant) -> Duration {
        let closed = self.closed_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        self.buckets.iter().map(|bucket| bucket.wait(now)).fold(closed, Duration::max)
    }
}

impl Gate {
    fn new<'a>(rates: impl Iterator<Item = &'a Rate>) -> Self {
        let state = State { buckets: rates.map(Bucket::new).collect(), closed_until: None, queue: BTreeSet::new(), tickets: 0 };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn time_for(&self, count: u64) -> Duration {
        let (state, now) = (self.state(), Instant::now());
        let closed = state.closed_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        state.buckets.iter().map(|bucket| bucket.time_for(now + closed, count) + closed).fold(closed, Duration::max)
    }

    fn is_idle(&self) -> bool {
        let (state, now) = (self.state(), Instant::now());
        let full = state.buckets.iter().all(|bucket| bucket.full_at.is_none_or(|full_at| full_at <= now));
        full && state.queue.is_empty() && state.closed_until.is_none_or(|until| until <= now)
    }

    /// Waits for its turn and takes one from each bucket. Dropping it leaves the queue.
    pub(super) async fn pass(&self, lane: Lane, clock: &dyn Clock) {
        let ticket = Ticket::new(self, lane);
        // A moment that the clock has waited for counts as reached, even where a test's clock does not move.
        let mut reached = Instant::now();
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let wait = {
                let mut state = self.state();
                let now = reached.max(Instant::now());
                match state.queue.first() {
                    Some(first) if *first == ticket.place => {
                        let wait = state.wait(now);
                        if wait.is_zero() {
                            state.buckets.iter_mut().for_each(|bucket| bucket.take(now));
                            return;
                        }
                        Some((wait, now + wait))
                    }
                    _ => None,
                }
            };
            match wait {
                None => changed.await,
                Some((wait, until)) => tokio::select! {
                    () = clock.wait(wait) => reached = until,
                    () = changed => {}
                },
            }
        }
    }

    /// Nobody passes for this long: the platform asked for it.
    pub(super) fn close(&self, duration: Duration) {
        let until = Instant::now() + duration;
        let mut state = self.state();
        state.closed_until = Some(state.closed_until.map_or(until, |already| already.max(until)));
        drop(state);
        self.changed.notify_waiters();
    }
}

/// A place in a queue, given up when dropped.
struct Ticket<'a> {
    gate: &'a Gate,
    place: (Lane, u64),
}

impl<'a> Ticket<'a> {
    fn new(gate: &'a Gate, lane: Lane) -> Self {
        let mut state = gate.state();
        state.tickets += 1;
        let place = (lane, state.tickets);
        state.queue.insert(place);
        drop(state);
        gate.changed.notify_waiters();
        Self { gate, place }
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.gate.state().queue.remove(&self.place);
        self.gate.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use std::sync::Mutex as StdMutex;

    const ALPHA: PlatformId = PlatformId::new("alpha");
    const RATES: &[Rate] = &[
        Rate { class: "read", scope: RateScope::Tenant, amount: 60, per: Duration::from_secs(60), burst: 3 },
        Rate { class: "post", scope: RateScope::Tenant, amount: 10, per: Duration::from_secs(1), burst: 1 },
        Rate { class: "post", scope: RateScope::Channel, amount: 1, per: Duration::from_secs(1), burst: 1 },
    ];

    async fn pass(limits: &Limits, class: &'static str, channel: Option<&str>, lane: Lane) {
        for gate in limits.gates(ALPHA, RATES, class, channel) {
            gate.pass(lane, &SystemClock).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_free_and_then_the_rate_holds() {
        let (limits, start) = (Limits::default(), Instant::now());
        for expected in [0, 0, 0, 1, 2, 3] {
            pass(&limits, "read", None, Lane::Bulk).await;
            assert_eq!(start.elapsed().as_secs(), expected);
        }
        tokio::time::advance(Duration::from_secs(100)).await;
        let start = Instant::now();
        for _ in 0..3 {
            pass(&limits, "read", None, Lane::Bulk).await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO, "after a rest the burst is there again, and no more than it");
        pass(&limits, "read", None, Lane::Bulk).await;
        assert_eq!(start.elapsed(), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_for_many_calls_is_the_time_that_they_then_take() {
        for count in [1_u64, 3, 4, 100] {
            let (limits, start) = (Limits::default(), Instant::now());
            pass(&limits, "read", None, Lane::Bulk).await;
            let told = limits.time_for(ALPHA, RATES, &[("read", count), ("post", 1)]);
            for _ in 0..count {
                pass(&limits, "read", None, Lane::Bulk).await;
            }
            assert_eq!(start.elapsed(), told, "{count}");
        }
        let limits = Limits::default();
        limits.gates(ALPHA, RATES, "read", None)[0].close(Duration::from_secs(30));
        assert_eq!(limits.time_for(ALPHA, RATES, &[("read", 4)]), Duration::from_secs(31));
        assert_eq!(limits.time_for(ALPHA, RATES, &[("read", 0), ("post", 0)]), Duration::ZERO);
        assert_eq!(limits.time_for(ALPHA, RATES, &[]), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiting_person_overtakes_bulk_work_that_came_first() {
        let (limits, order) = (Limits::default(), StdMutex::new(Vec::new()));
        let one = |name: &'static str, lane: Lane, after: u64| {
            let (limits, order) = (&limits, &order);
            async move {
                SystemClock.wait(Duration::from_millis(after)).await;
                pass(limits, "read", None, lane).await;
                order.lock().unwrap().push(name);
            }
        };
        futures::join!(
            one("burst", Lane::Import, 0),
            one("burst", Lane::Import, 0),
            one("burst", Lane::Import, 0),
            one("import 1", Lane::Import, 1),
            one("import 2", Lane::Import, 2),
            one("prompt", Lane::Prompt, 3),
            one("person", Lane::Waiting, 500),
        );
        assert_eq!(*order.lock().unwrap(), ["burst", "burst", "burst", "person", "prompt", "import 1", "import 2"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_channel_keeps_no_other_channel_waiting() {
        let (limits, start) = (Limits::default(), Instant::now());
        let one = |channel: &'static str| {
            let limits = &limits;
            async move {
                pass(limits, "post", Some(channel), Lane::Bulk).await;
                start.elapsed().as_millis()
            }
        };
        let (a, b, c, other) = futures::join!(one("room"), one("room"), one("room"), one("other"));
        assert_eq!((a, b, c, other), (0, 1000, 2000, 100));
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_gate_opens_when_the_platform_said_and_one_who_gives_up_leaves_the_queue() {
        let (limits, start) = (Limits::default(), Instant::now());
        let gate = limits.gates(ALPHA, RATES, "read", None).remove(0);
        gate.close(Duration::from_secs(30));
        gate.close(Duration::from_secs(5));
        {
            let given_up = pass(&limits, "read", None, Lane::Waiting);
            tokio::pin!(given_up);
            assert!(futures::poll!(&mut given_up).is_pending());
        }
        pass(&limits, "read", None, Lane::Import).await;
        assert_eq!(start.elapsed(), Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn idle_channels_are_forgotten_and_busy_ones_are_not() {
        let limits = Limits::default();
        for number in 0..=MANY {
            limits.gates(ALPHA, RATES, "post", Some(&number.to_string()));
        }
        let busy = limits.gates(ALPHA, RATES, "post", Some("busy")).remove(0);
        busy.close(Duration::from_secs(60));
        drop(busy);
        for number in 0..=MANY {
            limits.gates(ALPHA, RATES, "post", Some(&format!("new {number}")));
        }
        assert!(limits.gates.lock().unwrap().len() <= MANY + 2);
        let busy = limits.gates(ALPHA, RATES, "post", Some("busy")).remove(0);
        assert!(!busy.is_idle(), "a closed channel was forgotten");
    }

    #[tokio::test]
    async fn a_clock_that_does_not_move_ends_every_wait_all_the_same() {
        struct Still;
        #[async_trait::async_trait]
        impl Clock for Still {
            fn now(&self) -> jiff::Timestamp {
                jiff::Timestamp::UNIX_EPOCH
            }
            async fn wait(&self, _duration: Duration) {}
        }
        let gate = Limits::default().gates(ALPHA, RATES, "read", None).remove(0);
        gate.close(Duration::from_secs(3600));
        for _ in 0..50 {
            gate.pass(Lane::Bulk, &Still).await;
        }
    }
}
