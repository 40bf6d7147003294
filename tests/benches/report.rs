//! The table at the end, and the arithmetic behind it.

use std::time::Duration;

/// What was measured so far.
pub(crate) struct Report {
    rows: Vec<[String; 3]>,
    people: usize,
    rounds: usize,
    load: String,
}

impl Report {
    pub(crate) fn new(people: usize, rounds: usize) -> Self {
        Self { rows: Vec::new(), people, rounds, load: load() }
    }

    /// One line, shown at once and again in the table.
    pub(crate) fn add(&mut self, what: impl Into<String>, measured: impl Into<String>, aim: &str) {
        let row = [what.into(), measured.into(), aim.to_owned()];
        println!("  {}: {}", row[0], row[1]);
        self.rows.push(row);
    }

    pub(crate) fn print(&self) {
        let head = ["What".to_owned(), format!("Median of {}", self.rounds), "Aim".to_owned()];
        let width = |column: usize| self.rows.iter().chain([&head]).map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths = [width(0), width(1), width(2)];
        let line = |row: &[String; 3]| {
            let cell = |column: usize| format!(" {:1$} ", row[column], widths[column]);
            println!("|{}|{}|{}|", cell(0), cell(1), cell(2));
        };
        println!("\n{} people; load of the machine before {} and after {}\n", self.people, self.load, load());
        line(&head);
        println!("|{}|", widths.map(|width| "-".repeat(width + 2)).join("|"));
        self.rows.iter().for_each(line);
    }
}

/// How busy the machine is (one minute's average), where the system tells.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}

/// The value that `share` of all do not exceed: 0.5 is the median.
pub(crate) fn quantile(values: &[Duration], share: f64) -> Duration {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
}

pub(crate) fn median(values: &[Duration]) -> Duration {
    quantile(values, 0.5)
}

pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

pub(crate) fn milliseconds(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1000.0)
}
