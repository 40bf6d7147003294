//! The line that shows that work goes on: how far it is, and how long the platforms will let it take.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::Engine;
use engine::event::Event;
use engine::model::RunId;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::broadcast::error::RecvError;

use super::answer::Answer;

/// How far a run is.
struct Far {
    done: u64,
    total: u64,
    time_left: Option<u64>,
}

/// A line that lives until it is cleared.
pub(super) fn line(answer: Answer, engine: &Engine, word: &'static str) -> ProgressBar {
    let bar = if answer.json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(format!("{word} …"));
    bar.enable_steady_tick(Duration::from_millis(120));
    let (mut events, line) = (engine.subscribe(), bar.downgrade());
    #[expect(clippy::disallowed_methods, reason = "ends with the progress line; there is nothing to supervise")]
    tokio::spawn(async move {
        let mut runs = BTreeMap::new();
        loop {
            match events.recv().await {
                Ok(Event::RunProgress { run, done, total: Some(total), time_left, ended, .. }) => {
                    runs.insert(run, Far { done, total, time_left: time_left.filter(|_| !ended) });
                }
                Ok(_) | Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            }
            let Some(bar) = line.upgrade() else { return };
            bar.set_message(words(word, &runs));
        }
    });
    bar
}

fn words(word: &str, runs: &BTreeMap<RunId, Far>) -> String {
    let (done, total) = runs.values().fold((0, 0), |(done, total), far| (done + far.done, total + far.total));
    let left = runs.values().filter(|far| far.done < far.total).filter_map(|far| far.time_left).max();
    let left = left.map(|seconds| format!(", {} left", time(seconds))).unwrap_or_default();
    format!("{word} … {done} of {total}{left}")
}

/// A time as people say it.
pub(super) fn time(seconds: u64) -> String {
    let (amount, unit) = match seconds {
        0..60 => return "less than a minute".into(),
        60..5_400 => (seconds.div_ceil(60), "minute"),
        5_400..172_800 => (seconds.div_ceil(3_600), "hour"),
        _ => (seconds.div_ceil(86_400), "day"),
    };
    format!("about {amount} {unit}{}", if amount == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_rounded_up_to_what_people_say() {
        let said: Vec<String> = [0, 59, 60, 61, 5_399, 5_400, 86_400, 172_800, 600_000].map(time).into();
        assert_eq!(
            said,
            [
                "less than a minute",
                "less than a minute",
                "about 1 minute",
                "about 2 minutes",
                "about 90 minutes",
                "about 2 hours",
                "about 24 hours",
                "about 2 days",
                "about 7 days"
            ]
        );
    }

    #[test]
    fn several_runs_are_one_line_and_what_is_over_takes_no_time() {
        let far = |done, total, time_left| Far { done, total, time_left };
        let mut runs = BTreeMap::from([(RunId(1), far(3, 10, Some(300))), (RunId(2), far(5, 5, Some(900)))]);
        assert_eq!(words("Working", &runs), "Working … 8 of 15, about 5 minutes left");
        runs.insert(RunId(1), far(10, 10, None));
        assert_eq!(words("Working", &runs), "Working … 15 of 15");
    }
}
