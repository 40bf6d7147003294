//! Token buckets: the one form in which every published rate limit of the four platforms can be said.
//! The numbers belong to each platform's folder; how a platform words its 429 does too.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::Platform;

/// One limit: `amount` units in `seconds`, counted per `scope`; `burst` units may come at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitRow {
    /// Whose limit it is.
    pub platform: Platform,
    /// What it limits, in the vendor's words: a method, a tier, a label.
    pub name: &'static str,
    /// What it is counted by, in words: "workspace and method", "account" …
    pub scope: &'static str,
    /// Units per `seconds`.
    pub amount: f64,
    /// The length of the period.
    pub seconds: f64,
    /// The most units that can be taken at once.
    pub burst: f64,
}

/// One request as one limit counted it.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The limit.
    pub row: LimitRow,
    /// Which of its buckets: the limit, and what it is counted by.
    pub key: String,
    /// How many units.
    pub units: f64,
    /// When.
    pub at: Timestamp,
    /// Whether it was refused. A refused request costs nothing.
    pub refused: bool,
}

#[derive(Default)]
pub(crate) struct Buckets {
    levels: HashMap<String, (f64, Timestamp)>,
    /// What was counted, where somebody wants to know.
    log: Option<Vec<Taken>>,
}

impl Buckets {
    /// Takes `cost` from the bucket `key`, or says in how many seconds that would succeed. A refused request costs nothing.
    pub(crate) fn take(&mut self, key: &str, row: &LimitRow, cost: f64, now: Timestamp) -> Result<(), f64> {
        let rate = row.amount / row.seconds;
        let (level, filled) = self.levels.get(key).copied().unwrap_or((row.burst, now));
        let level = (level + now.duration_since(filled).as_secs_f64().max(0.0) * rate).min(row.burst);
        // A hair of tolerance: waiting exactly the announced time must succeed in spite of rounding.
        let (level, outcome) = if level + 1e-6 >= cost { (level - cost, Ok(())) } else { (level, Err((cost - level) / rate)) };
        if let Some(entry) = self.levels.get_mut(key) {
            *entry = (level, now);
        } else {
            self.levels.insert(key.to_owned(), (level, now));
        }
        if let Some(log) = &mut self.log {
            log.push(Taken { row: *row, key: key.to_owned(), units: cost, at: now, refused: outcome.is_err() });
        }
        outcome
    }

    /// What was counted since the last call; from the first call on it is written down.
    pub(crate) fn counted(&mut self) -> Vec<Taken> {
        self.log.replace(Vec::new()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn what_is_counted_is_told_once_from_the_first_question_on() {
        let (mut buckets, now) = (Buckets::default(), Timestamp::UNIX_EPOCH);
        assert_eq!(buckets.take("a", &ROW, 2.0, now), Ok(()));
        assert_eq!(buckets.counted(), []);
        assert_eq!(buckets.take("a", &ROW, 1.0, now), Err(3.0));
        let told = Taken { row: ROW, key: "a".into(), units: 1.0, at: now, refused: true };
        assert_eq!((buckets.counted(), buckets.counted()), (vec![told], vec![]));
    }

    const ROW: LimitRow = LimitRow { platform: Platform::Slack, name: "tier", scope: "test", amount: 20.0, seconds: 60.0, burst: 2.0 };

    #[test]
    fn a_bucket_refuses_when_empty_and_accepts_after_the_announced_wait() {
        let mut buckets = Buckets::default();
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(buckets.take("a", &ROW, 1.0, now), Ok(()));
        assert_eq!(buckets.take("a", &ROW, 1.0, now), Ok(()));
        assert_eq!(buckets.take("a", &ROW, 1.0, now), Err(3.0));
        assert_eq!(buckets.take("b", &ROW, 1.0, now), Ok(()), "another key has its own bucket");
        assert_eq!(buckets.take("a", &ROW, 1.0, now + SignedDuration::from_secs(3)), Ok(()));
    }
}
