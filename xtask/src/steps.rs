//! Numbered steps with their durations, so that a long command shows where it is.

use std::time::{Duration, Instant};

use crate::Result;

/// Counts the steps of one command.
pub(crate) struct Steps {
    total: usize,
    current: usize,
    started: Instant,
}

impl Steps {
    /// `total`: how many times [`Steps::step`] will be called.
    pub(crate) fn new(total: usize) -> Self {
        Self { total, current: 0, started: Instant::now() }
    }

    /// Announces one step, does it, and says how long it took.
    pub(crate) fn step<T>(&mut self, title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.current += 1;
        println!("\n[{}/{}] {title}", self.current, self.total);
        let started = Instant::now();
        let outcome = work();
        let word = if outcome.is_ok() { "done" } else { "FAILED" };
        println!("      {word} in {}", spoken(started.elapsed()));
        outcome
    }

    /// Time since the first step.
    pub(crate) fn elapsed(&self) -> String {
        spoken(self.started.elapsed())
    }
}

fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..=59 => format!("{:.1} s", duration.as_secs_f64()),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_for_people() {
        assert_eq!(spoken(Duration::from_millis(140)), "0.1 s");
        assert_eq!(spoken(Duration::from_secs(59)), "59.0 s");
        assert_eq!(spoken(Duration::from_secs(125)), "2 min 05 s");
    }

    #[test]
    fn a_step_hands_on_the_outcome_of_its_work() {
        let mut steps = Steps::new(2);
        assert_eq!(steps.step("one", || Ok(1)).unwrap(), 1);
        assert!(steps.step("two", || Err::<(), _>(crate::Failure("no".into()))).is_err());
        assert_eq!(steps.current, 2);
    }
}
