//! One limit and the queue before it. Pure: the time is told, nothing waits here.
//!
//! A gate holds the bucket of one of `info().rates` (GCRA: one instant), closes for as long as a 429 asked, and lets through
//! more slowly for a while after it: half as fast each time, down to a thirty-second, and back to full speed within ten minutes of
//! peace. Requests that were under way when the platform said so learn nothing new: their 429s are the same one.
//!
//! Whose turn it is follows from the lanes. A waiting person always comes first. Of the others each tenth turn goes to who
//! stands longest in a later lane, so that an import gets on beside bulk work, however long that takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::platform::Rate;
use crate::transport::Lane;

/// A place in the queues: the lane, then who came first.
pub(super) type Place = (Lane, u64);

/// So many turns in a row may pass over somebody in a later lane.
const OVERTAKEN: u32 = 9;
/// What is left of the speed after a 429.
const SLOWER: f64 = 0.5;
/// The least that is left of it, however many come.
const SLOWEST: f64 = 1.0 / 32.0;
/// In this time a gate at a standstill would come to full speed.
const RECOVERY: Duration = Duration::from_secs(600);

/// One limit and its queue.
pub(super) struct Gate {
    bucket: Option<Bucket>,
    closed_until: Option<Instant>,
    speed: Speed,
    queue: BTreeMap<Place, Arc<Notify>>,
    /// Turns in a row that passed over somebody in a later lane.
    overtaken: u32,
    /// How often a 429 slowed this down.
    slowed: u64,
}

impl Gate {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        Self { bucket: rate.map(Bucket::new), closed_until: None, speed: Speed::default(), queue: BTreeMap::new(), overtaken: 0, slowed: 0 }
    }

    /// Stands in the queue. Standing there twice is standing there once. Who comes may make it somebody else's turn, who is told so.
    pub(super) fn join(&mut self, place: Place, bell: &Arc<Notify>) {
        let before = self.turn();
        self.queue.entry(place).or_insert_with(|| Arc::clone(bell));
        if self.turn() != before {
            self.ring();
        }
    }

    /// Leaves the queue; whose turn it is then is told so.
    pub(super) fn leave(&mut self, place: Place) {
        if self.queue.remove(&place).is_some() {
            self.ring();
        }
    }

    /// Tells whose turn it is that something changed.
    pub(super) fn ring(&self) {
        if let Some(bell) = self.turn().and_then(|place| self.queue.get(&place)) {
            bell.notify_one();
        }
    }

    /// Whose turn it is.
    pub(super) fn turn(&self) -> Option<Place> {
        let first = *self.queue.first_key_value()?.0;
        if first.0 == Lane::Waiting || self.overtaken < OVERTAKEN {
            return Some(first);
        }
        Some(self.later(first.0).min_by_key(|(_, came)| *came).unwrap_or(first))
    }

    /// The first of each lane behind this one.
    fn later(&self, lane: Lane) -> impl Iterator<Item = Place> + '_ {
        let behind = [Lane::Prompt, Lane::Bulk, Lane::Import].into_iter().filter(move |other| *other > lane);
        behind.filter_map(|lane| self.queue.range((lane, 0)..=(lane, u64::MAX)).next().map(|(place, _)| *place))
    }

    /// How long whose turn it is has to wait.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        let paced = self.bucket.as_ref().map_or(Duration::ZERO, |bucket| bucket.wait(now).max(self.speed.wait(now, bucket.interval)));
        paced.max(self.closed(now))
    }

    /// How long the platform wants to be left alone.
    pub(super) fn closed(&self, now: Instant) -> Duration {
        self.closed_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// Somebody whose turn it is goes through.
    pub(super) fn take(&mut self, place: Place, now: Instant) {
        let passed_over = self.queue.first_key_value().is_some_and(|(first, _)| *first != place);
        let somebody_later = self.later(place.0).next().is_some();
        self.overtaken = match (passed_over, somebody_later) {
            (true, _) | (false, false) => 0,
            (false, true) => self.overtaken + u32::from(place.0 != Lane::Waiting),
        };
        if let Some(bucket) = &mut self.bucket {
            bucket.take(now);
        }
        self.speed.last = Some(now);
        self.leave(place);
    }

    /// How often a 429 slowed this down so far: a request takes the number along.
    pub(super) fn slowed(&self) -> u64 {
        self.slowed
    }

    /// Nobody passes for this long, and then more slowly; `seen` is the number that the refused request took along. Whether the
    /// gate stays closed longer than was known.
    pub(super) fn refuse(&mut self, seen: u64, pause: Duration, now: Instant) -> bool {
        let until = now + pause;
        let is_longer = self.closed_until.is_none_or(|already| already < until);
        if is_longer {
            self.closed_until = Some(until);
        }
        let factor = self.speed.factor(now);
        self.speed.left = if seen == self.slowed { (factor * SLOWER).max(SLOWEST) } else { factor };
        self.slowed = self.slowed.max(seen + 1);
        // What comes back comes back in peace, not during the pause.
        self.speed.since = self.closed_until.unwrap_or(until);
        self.ring();
        is_longer
    }

    /// Whether forgetting it changes nothing.
    pub(super) fn is_idle(&self, now: Instant) -> bool {
        self.queue.is_empty()
            && self.closed(now).is_zero()
            && self.speed.factor(now) >= 1.0
            && self.bucket.as_ref().is_none_or(|bucket| bucket.is_full(now))
    }

    /// How long so many take from now, when nobody else comes.
    pub(super) fn time_for(&self, count: u64, now: Instant) -> Duration {
        let closed = self.closed(now);
        let Some(bucket) = self.bucket.as_ref().filter(|_| count > 0) else { return closed };
        closed + bucket.time_for(count, now + closed).max(self.speed.time_for(count, now + closed, bucket.interval))
    }
}

struct Bucket {
    /// Between two requests in the long run. Rounded up: a hair too fast adds up to a refusal.
    interval: Duration,
    /// How far the moment at which it is full may lie ahead while something still goes through.
    tolerance: Duration,
    full_at: Option<Instant>,
}

impl Bucket {
    fn new(rate: Rate) -> Self {
        let nanos = rate.per.as_nanos().div_ceil(rate.amount.max(1).into());
        let interval = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        Self { interval, tolerance: interval.saturating_mul(rate.burst.max(1) - 1), full_at: None }
    }

    fn is_full(&self, now: Instant) -> bool {
        self.full_at.is_none_or(|full_at| full_at <= now)
    }

    fn wait(&self, now: Instant) -> Duration {
        self.full_at.map_or(Duration::ZERO, |full_at| full_at.saturating_duration_since(now + self.tolerance))
    }

    fn take(&mut self, now: Instant) {
        self.full_at = Some(self.full_at.map_or(now, |full_at| full_at.max(now)) + self.interval);
    }

    fn time_for(&self, count: u64, now: Instant) -> Duration {
        let missing = self.full_at.map_or(Duration::ZERO, |full_at| full_at.saturating_duration_since(now));
        (missing + times(self.interval, count - 1)).saturating_sub(self.tolerance)
    }
}

/// What a platform's refusals left of the declared speed. While it is less than all, there are no bursts.
struct Speed {
    /// The part that was left at `since`.
    left: f64,
    since: Instant,
    /// When somebody went through.
    last: Option<Instant>,
}

impl Default for Speed {
    fn default() -> Self {
        Self { left: 1.0, since: Instant::now(), last: None }
    }
}

impl Speed {
    fn factor(&self, now: Instant) -> f64 {
        (self.left + now.saturating_duration_since(self.since).as_secs_f64() / RECOVERY.as_secs_f64()).min(1.0)
    }

    fn wait(&self, now: Instant, interval: Duration) -> Duration {
        let factor = self.factor(now);
        let Some(last) = self.last.filter(|_| factor < 1.0) else { return Duration::ZERO };
        (last + interval.div_f64(factor)).saturating_duration_since(now)
    }

    /// The speed grows evenly with time until it is full, so that what passed by then grows with its square.
    fn time_for(&self, count: u64, now: Instant, interval: Duration) -> Duration {
        let factor = self.factor(now);
        if factor >= 1.0 {
            return Duration::ZERO;
        }
        let at_full_speed = interval.as_secs_f64() * (count - 1) as f64;
        let recovery = RECOVERY.as_secs_f64();
        let until_full = recovery * (1.0 - factor);
        let by_then = until_full * (1.0 + factor) / 2.0;
        let seconds = if at_full_speed < by_then {
            recovery * ((factor * factor + 2.0 * at_full_speed / recovery).sqrt() - factor)
        } else {
            until_full + at_full_speed - by_then
        };
        self.wait(now, interval) + Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX / 4)
    }
}

fn times(interval: Duration, count: u64) -> Duration {
    let nanos = interval.as_nanos().saturating_mul(count.into());
    // Centuries are enough, and can still be added to.
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX / 2))
}
