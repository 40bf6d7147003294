use std::time::Duration;

use ::http::Request;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::testing::{call, simulator};
use crate::{Options, Simulator, Weather};

const TEST: &str = "https://slack.com/api/auth.test";

fn weather(text: &str) -> Weather {
    text.parse().unwrap()
}

/// Asks without a token, which every platform answers with a refusal of its own: 200 of Slack, 401 of the others.
async fn ask(sim: &Simulator, url: &str) -> Option<::http::Response<Bytes>> {
    sim.handle(Request::builder().method("GET").uri(url).body(Bytes::new()).unwrap()).await.ok()
}

async fn told(sim: &Simulator, path: &str) -> Value {
    let response = sim.control(Request::builder().uri(format!("/_control/{path}")).body(Bytes::new()).unwrap()).await;
    serde_json::from_slice(response.body()).unwrap()
}

#[test]
fn the_short_form_names_the_fields_and_refuses_what_is_no_share() {
    let read = weather("seed=7,throttled=0.05,dropped=0.02,latency_ms=30");
    assert_eq!(read, Weather { seed: 7, throttled: 0.05, dropped: 0.02, latency_ms: 30, ..Weather::default() });
    for wrong in ["rain=1", "lost", "lost=2", "lost=0.6,late=0.6", "slow=-0.1"] {
        assert!(wrong.parse::<Weather>().is_err(), "{wrong}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_is_met_about_as_often_as_asked_and_counted() {
    let sim = simulator();
    sim.set_weather(Some(weather("throttled=0.1,broken=0.1,slow=0.1,lost=0.1,dropped=0.1,late=0.1,slow_ms=50,latency_ms=0")));
    let (mut limited, mut broken, mut cut) = (0, 0, 0);
    for _ in 0..2_000 {
        match ask(&sim, "https://webexapis.com/v1/people").await.map(|answer| answer.status().as_u16()) {
            Some(429) => limited += 1,
            Some(500..) => broken += 1,
            None => cut += 1,
            Some(_) => {}
        }
    }
    let met = told(&sim, "weather").await["met"].clone();
    let count = |fate: &str| met[fate].as_u64().unwrap();
    assert_eq!(
        (limited, broken, cut),
        (count("throttled"), count("broken") + count("broken_after"), count("lost") + count("dropped") + count("late"))
    );
    for fate in ["throttled", "slow", "lost", "dropped", "late"] {
        assert!((140..260).contains(&count(fate)), "{fate}: {met}");
    }
    assert!(count("broken") > 60 && count("broken_after") > 60, "{met}");
    assert_eq!(told(&sim, "weather/log").await.as_array().unwrap().len(), 2_000);
}

#[tokio::test(start_paused = true)]
async fn each_vendor_asks_for_quiet_in_its_own_forms() {
    for (url, forms) in [
        (TEST, &["whole"][..]),
        ("https://graph.microsoft.com/v1.0/me", &["date", "fraction", "missing", "whole"]),
        ("https://webexapis.com/v1/people", &["missing", "whole"]),
        ("https://api.zoom.us/v2/users", &["missing", "moment"]),
    ] {
        let sim = simulator();
        sim.set_weather(Some(weather("throttled=1,latency_ms=0")));
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..60 {
            let answer = ask(&sim, url).await.unwrap();
            assert_eq!(answer.status(), 429);
            let entry = told(&sim, "weather/log").await[number].clone();
            let until = entry["quiet_until"].as_str().map(|at| at.parse::<Timestamp>().unwrap());
            let after = answer.headers().get("retry-after").map(|after| after.to_str().unwrap().to_owned());
            let now = sim.clock().now();
            let form = match (&after, until) {
                (None, None) => "missing",
                (Some(after), Some(until)) if after.contains("GMT") => {
                    assert!(until.subsec_nanosecond() == 0 && until > now);
                    "date"
                }
                (Some(after), Some(until)) if after.ends_with('Z') => {
                    assert_eq!(after.parse::<Timestamp>().unwrap(), until);
                    "moment"
                }
                (Some(after), Some(until)) => {
                    assert_eq!(until.duration_since(now).as_secs_f64(), after.parse::<f64>().unwrap());
                    if after.contains('.') { "fraction" } else { "whole" }
                }
                other => panic!("{other:?}"),
            };
            seen.insert(form);
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), forms, "{url}");
    }
}

/// Writes to a colleague in Slack; how many messages they ever got is the effect.
async fn write(sim: &Simulator) -> Option<u16> {
    let token = sim.credentials()["slack"]["bot_token"].as_str().unwrap().to_owned();
    let to = reader(sim);
    let request = Request::builder()
        .method("POST")
        .uri("https://slack.com/api/chat.postMessage")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json; charset=utf-8")
        .body(Bytes::from(json!({ "channel": to, "text": "Hello" }).to_string()));
    sim.handle(request.unwrap()).await.ok().map(|answer| answer.status().as_u16())
}

fn reader(sim: &Simulator) -> String {
    sim.world().accounts(crate::Platform::Slack).iter().find(|account| account.active && !account.admin).unwrap().id.clone()
}

fn effects(sim: &Simulator) -> u64 {
    sim.ledger().told(crate::Platform::Slack, &reader(sim))
}

#[tokio::test(start_paused = true)]
async fn what_is_lost_never_happens_and_what_is_dropped_or_late_happens_once() {
    for (fault, at_once, afterwards) in [("lost=1", 0, 0), ("dropped=1", 1, 1), ("late=1", 0, 1)] {
        let sim = simulator();
        sim.set_weather(Some(weather(&format!("{fault},latency_ms=0,late_ms=100"))));
        assert_eq!(write(&sim).await, None, "{fault}");
        sim.set_weather(None);
        assert_eq!(effects(&sim), at_once, "{fault}");
        sim.clock().advance(Duration::from_millis(100));
        sim.tick().await;
        assert_eq!(effects(&sim), afterwards, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_goes_away_leaves_requests_that_were_acted_upon_or_not() {
    let sim = Simulator::new(Options { people: 100, rate_limits: false, ..Options::default() }).unwrap();
    sim.set_weather(Some(weather("latency_ms=100,late_ms=50")));
    for patience in 0..60 {
        // An answer in time is as good as none.
        let _ = tokio::time::timeout(Duration::from_millis(patience * 2), write(&sim)).await;
    }
    sim.set_weather(None);
    let met = told(&sim, "weather").await["met"].clone();
    sim.clock().advance(Duration::from_millis(50));
    sim.tick().await;
    let count = |fate: &str| met[fate].as_u64().unwrap_or_default();
    let gone = count("gone_before") + count("gone_late") + count("gone_after");
    assert!(count("gone_before") > 3 && count("gone_late") > 3 && count("gone_after") > 3, "{met}");
    assert_eq!(effects(&sim), count("fair") - gone + count("gone_late") + count("gone_after"), "{met}");
    assert_eq!(told(&sim, "weather").await["still_late"], 0);
}

#[tokio::test(start_paused = true)]
async fn sign_ins_and_other_hosts_are_spared_unless_asked_for() {
    let sim = simulator();
    let mut storm = Weather { hosts: vec!["slack.com".into(), "zoom.us".into()], lost: 1.0, ..Weather::default() };
    sim.set_weather(Some(storm.clone()));
    let token = async || call(&sim, "POST", "https://zoom.us/oauth/token", &[], "").await.status;
    assert!(ask(&sim, TEST).await.is_none());
    assert!(ask(&sim, "https://webexapis.com/v1/authorizations").await.is_some());
    assert_eq!(token().await / 100, 4);
    storm.hosts.clear();
    sim.set_weather(Some(storm.clone()));
    assert!(ask(&sim, "https://webexapis.com/v1/authorizations").await.is_none());
    assert!(ask(&sim, "https://webexapis.com/v1/device/authorize").await.is_some());
    storm.sign_ins = true;
    sim.set_weather(Some(storm));
    assert!(ask(&sim, "https://zoom.us/oauth/token").await.is_none());
    sim.set_weather(None);
    assert_eq!(token().await / 100, 4);
}
