//! Whether a platform that asked for quiet was left in peace: read from what the simulator saw.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

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
    let (pauses, wrong) = broken(list(&log), pulled);
    report.add("pauses of a second and more that were asked for", pauses);
    assert!(wrong.is_empty(), "{} requests came although quiet was asked for:\n{}", wrong.len(), wrong.join("\n"));
}

/// How many pauses of a second and more were asked for, and what broke them.
fn broken(log: &[Value], pulled: &[String]) -> (u64, Vec<String>) {
    let pulled: Vec<Timestamp> = pulled.iter().filter_map(|at| at.parse().ok()).collect();
    // By gate: when the refused request came, when its answer left, and until when it asked for quiet.
    let mut closed: BTreeMap<(String, u64), (Timestamp, Timestamp, Timestamp)> = BTreeMap::new();
    let (mut pauses, mut wrong) = (0, Vec::new());
    let mut entries: Vec<&Value> = log.iter().collect();
    entries.sort_by_key(|entry| time(&entry["at"]));
    for entry in entries {
        let (gate, at) = (gate(entry), time(&entry["at"]).unwrap());
        if let Some((came, answered, until)) = closed.get(&gate)
            && at > *answered + ON_ITS_WAY
            && at < *until - SignedDuration::from_millis(5)
            && !pulled.iter().any(|pulled| *pulled >= *came && *pulled <= *answered + UNHEARD)
        {
            let killed = pulled.iter().any(|pulled| pulled > answered && *pulled < at);
            wrong.push(format!("{} at {at}, quiet from {answered} until {until}, killed between: {killed}", gate.0));
        }
        if let (Some(until), Some(answered)) = (time(&entry["quiet_until"]), time(&entry["answered"]))
            && until.duration_since(answered) >= SignedDuration::from_secs(1)
        {
            pauses += 1;
            if closed.get(&gate).is_none_or(|(_, _, before)| *before <= until) {
                closed.insert(gate, (at, answered, until));
            }
        }
    }
    (pauses, wrong)
}

/// A request in a pause is found, with a restart between and without; one that had left before, or is another's, is none.
pub(crate) fn is_found_when_broken() {
    let at = |second: &str| format!("2026-01-05T08:00:{second}Z");
    let asked = json!({
        "at": at("00.000"), "answered": at("00.100"), "quiet_until": at("03.100"),
        "method": "POST", "host": "webexapis.com", "path": "/v1/messages", "who": 1,
    });
    let request =
        |second: &str, who: u64| json!({ "at": at(second), "method": "POST", "host": "webexapis.com", "path": "/v1/messages", "who": who });
    let found = |second: &str, who: u64, pulled: &[String]| broken(&[asked.clone(), request(second, who)], pulled).1.len();
    assert_eq!([found("02.000", 1, &[]), found("02.000", 1, &[at("01.000")])], [1, 1]);
    // Before the answer was heard, after the pause, somebody else's, and by a program that was killed before it could write it down.
    assert_eq!([found("00.700", 1, &[]), found("03.100", 1, &[]), found("02.000", 2, &[]), found("02.000", 1, &[at("00.200")])], [0; 4]);
}
