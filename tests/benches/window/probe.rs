//! What `probe.js` measures in the page, as durations.

use std::time::Duration;

use serde_json::Value;
use user_sync_tests::window::{Page, Result, Trouble};

use crate::report::quantile;

const PROBE: &str = include_str!("probe.js");

/// Frames of a while, and how many of them showed too little.
#[derive(Default)]
pub(crate) struct Frames {
    pub(crate) times: Vec<Duration>,
    /// Ground instead of rows.
    pub(crate) gaps: u64,
    /// Rows whose people were still being read.
    pub(crate) reading: u64,
}

impl Frames {
    /// The longest, and the one that 99 of 100 do not exceed.
    pub(crate) fn spoken(&self) -> String {
        let longest = quantile(&self.times, 1.0).as_millis();
        let (half, most) = (quantile(&self.times, 0.5).as_millis(), quantile(&self.times, 0.99).as_millis());
        format!("longest {longest} ms (median {half}, p99 {most}, {} frames)", self.times.len())
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.times.extend(other.times);
        self.gaps += other.gaps;
        self.reading += other.reading;
    }
}

/// One expression over the probe.
pub(crate) async fn ask(page: &Page, expression: &str) -> Result<Value> {
    page.script(&format!("{PROBE}\nreturn {expression};"), Vec::new()).await
}

/// One expression that gives a promise.
async fn wait_for(page: &Page, expression: &str) -> Result<Value> {
    let body = format!("{PROBE}\nPromise.resolve({expression}).then(done, (error) => done({{ trouble: String(error) }}));");
    let answer = page.waiting_script(&body, Vec::new()).await?;
    match answer.get("trouble") {
        Some(trouble) => Err(Trouble(format!("the probe could not measure {expression}: {trouble}"))),
        None => Ok(answer),
    }
}

pub(crate) async fn frames(page: &Page, expression: &str) -> Result<Frames> {
    let answer = wait_for(page, expression).await?;
    let times = answer["times"].as_array().into_iter().flatten().filter_map(milliseconds).collect();
    Ok(Frames { times, gaps: answer["gaps"].as_u64().unwrap_or_default(), reading: answer["reading"].as_u64().unwrap_or_default() })
}

pub(crate) async fn time(page: &Page, expression: &str) -> Result<Duration> {
    let answer = wait_for(page, expression).await?;
    milliseconds(&answer).ok_or_else(|| Trouble(format!("{expression} gave no time but {answer}")))
}

fn milliseconds(value: &Value) -> Option<Duration> {
    Some(Duration::from_secs_f64(value.as_f64()?.max(0.0) / 1000.0))
}
