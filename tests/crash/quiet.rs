//! Whether a platform that asked for quiet was left in peace: read from what the simulator saw.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::report::Report;
use crate::stage::{Stage, list, text};

/// What had left before the answer arrived may still arrive for so long after it.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_millis(700);
/// Whoever is killed so soon after the answer cannot have written it down.
const UNHEARD: SignedDuration = SignedDuration::from_millis(400);

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// The request without what is different for each person, so that at least these share a limit.
fn gate(entry: &Value) -> (String, u64) {
    let segment = |part: &str| {
        if part.len() > 20 || part.bytes().any(|byte| byte.is_ascii_digit()) && part != "v1" && part != "v2" {
            "*".to_owned()
        } else {
            part.to_owned()
        }
    };
    let path: Vec<String> = text(&entry["path"]).split('/').map(segment).collect();
    (format!("{} {}{}", text(&entry["method"]), text(&entry["host"]), path.join("/")), entry["who"].as_u64().unwrap_or_default())
}

/// Panics when something was sent through a gate that a 429 had closed; `pulled` are the moments at which the program was killed.
pub(crate) fn kept(stage: &Stage, pulled: &[String], report: &Report) {
    let (status, log) = stage.control("GET", "weather/log", &Value::Null);
    assert_eq!(status, 200);
    let pulled: Vec<Timestamp> = pulled.iter().filter_map(|at| at.parse().ok()).collect();
    let mut closed: BTreeMap<(String, u64), (Timestamp, Timestamp)> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut entries: Vec<&Value> = list(&log).iter().collect();
    entries.sort_by_key(|entry| time(&entry["at"]));
    for entry in entries {
        let (gate, at) = (gate(entry), time(&entry["at"]).unwrap());
        if let Some((answered, until)) = closed.get(&gate)
            && at > *answered + ON_ITS_WAY
            && at < *until - SignedDuration::from_millis(5)
            && !pulled.iter().any(|pulled| *pulled >= *answered && *pulled <= *answered + UNHEARD)
        {
            let killed = pulled.iter().any(|pulled| pulled > answered && *pulled < at);
            wrong.push(format!("{} at {at}, quiet from {answered} until {until}, killed between: {killed}", gate.0));
        }
        if let (Some(until), Some(answered)) = (time(&entry["quiet_until"]), time(&entry["answered"]))
            && until.duration_since(answered) >= SignedDuration::from_secs(1)
        {
            report.add("pauses of a second and more that were asked for", 1);
            let latest = closed.get(&gate).filter(|(_, before)| *before > until);
            if latest.is_none() {
                closed.insert(gate, (answered, until));
            }
        }
    }
    assert!(wrong.is_empty(), "{} requests came although quiet was asked for:\n{}", wrong.len(), wrong.join("\n"));
}
