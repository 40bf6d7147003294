//! The figures of all companies together.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use serde_json::Value;

/// What happened in all companies.
pub(crate) struct Report {
    begun: Instant,
    counts: Mutex<BTreeMap<String, u64>>,
}

impl Default for Report {
    fn default() -> Self {
        Self { begun: Instant::now(), counts: Mutex::default() }
    }
}

impl Report {
    pub(crate) fn add(&self, what: impl Into<String>, many: u64) {
        *self.counts.lock().unwrap().entry(what.into()).or_default() += many;
    }

    /// What the weather did.
    pub(crate) fn weather(&self, weather: &Value) {
        self.add("requests", weather["requests"].as_u64().unwrap_or_default());
        for (fate, count) in weather["met"].as_object().into_iter().flatten() {
            self.add(format!("weather: {fate}"), count.as_u64().unwrap_or_default());
        }
    }

    /// Says it, where anybody was killed.
    pub(crate) fn print(&self) {
        let counts = self.counts.lock().unwrap();
        if counts.is_empty() {
            return;
        }
        println!("\npulling the plug, {:.0} s:", self.begun.elapsed().as_secs_f64());
        for (what, many) in counts.iter() {
            println!("  {many:>7}  {what}");
        }
    }
}
