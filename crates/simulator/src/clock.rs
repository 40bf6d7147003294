//! The time of the pretend services. It runs on tokio's clock, so a test with paused time is exact, and it can be
//! moved forward from outside. Nothing else in this crate may ask what time it is.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::lock;

/// A clock that starts at a given time, runs with tokio's clock and can be moved forward. Clones show the same time.
#[derive(Debug, Clone)]
pub struct Clock {
    start: Timestamp,
    began: Instant,
    ahead: Arc<Mutex<Duration>>,
    moved: Arc<Notify>,
}

impl Clock {
    /// Starts at 2026-01-05T08:00:00Z, a Monday morning: for tests.
    pub fn seeded() -> Self {
        Self::starting_at(Timestamp::constant(1_767_600_000, 0))
    }

    /// Starts now: for the demo, where people look at their own clocks too.
    #[expect(clippy::disallowed_methods, reason = "the one place where the simulator meets wall time")]
    pub fn wall() -> Self {
        Self::starting_at(Timestamp::now())
    }

    /// Starts at `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, began: Instant::now(), ahead: Arc::default(), moved: Arc::default() }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        let passed = self.began.elapsed() + *lock(&self.ahead);
        self.start.checked_add(passed).unwrap_or(Timestamp::MAX)
    }

    /// Moves the time forward.
    pub fn advance(&self, by: Duration) {
        let mut ahead = lock(&self.ahead);
        *ahead = ahead.saturating_add(by);
        drop(ahead);
        self.moved.notify_waiters();
    }

    /// Waits until `time`, whether time passes or is moved.
    pub(crate) async fn sleep_until(&self, time: Timestamp) {
        loop {
            let moved = self.moved.notified();
            let Ok(left) = Duration::try_from(time.duration_since(self.now())) else { return };
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                () = moved => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_follows_tokio_and_can_be_moved() {
        let clock = Clock::seeded();
        assert_eq!(clock.now().to_string(), "2026-01-05T08:00:00Z");
        tokio::time::advance(Duration::from_secs(5)).await;
        clock.clone().advance(Duration::from_secs(60));
        assert_eq!(clock.now().to_string(), "2026-01-05T08:01:05Z");
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleeper_wakes_when_time_is_moved() {
        let clock = Clock::seeded();
        let goal = clock.now() + jiff::SignedDuration::from_secs(3600);
        let mover = clock.clone();
        tokio::join!(clock.sleep_until(goal), async move { mover.advance(Duration::from_secs(3600)) });
        assert_eq!(clock.now(), goal);
    }
}
