use std::time::Duration;

use super::*;
use crate::oauth::{Poll, start_device};
use crate::testing::with_json;
use crate::{Options, Simulator};

fn simulator(employees: &str) -> Simulator {
    Simulator::new(Options { people: 100, employees: Some(employees.parse().unwrap()), ..Options::default() }).unwrap()
}

fn told(sim: &Simulator, text: String) {
    let heard = Heard { from: "User Sync".into(), answer_to: "nobody".into(), text, at: sim.clock().now(), key: "1".into() };
    let account = sim.world().admin(Platform::Slack).id.clone();
    sim.ledger().hear(Platform::Slack, &account, heard);
}

#[test]
fn tempers_are_spread_evenly() {
    let calm = (0..10_000).filter(|human| temper(1, *human) < 0.9).count();
    assert!((8_800..9_200).contains(&calm), "{calm}");
}

#[tokio::test(start_paused = true)]
async fn an_employee_approves_a_code_as_themselves_after_the_delay() {
    for (employees, expected) in [("approve=1,delay=5s", true), ("decline=1,delay=5s", false)] {
        let sim = simulator(employees);
        let device = start_device(&sim, Platform::Webex, "c", vec!["s".into()], "729703".into(), 300, 2);
        let poll = async |wait| {
            tokio::time::advance(Duration::from_secs(wait)).await;
            sim.tick().await;
            sim.sign_ins().poll_device(Platform::Webex, &device.device_code, "c", sim.clock().now())
        };
        told(&sim, format!("Hello\n{}\nbye", device.user_code));
        assert_eq!(poll(0).await, Poll::Pending);
        assert_eq!(poll(3).await, Poll::Pending);
        let account = sim.world().admin(Platform::Webex).id.clone();
        let decided = if expected { Poll::Approved { account, scopes: vec!["s".into()] } } else { Poll::Declined };
        assert_eq!(poll(6).await, decided);
    }
}

#[tokio::test(start_paused = true)]
async fn who_ignores_everything_does_nothing() {
    let sim = simulator("ignore=1");
    let device = start_device(&sim, Platform::Webex, "c", vec![], "729703".into(), 300, 2);
    told(&sim, "729703".into());
    sim.tick().await;
    assert_eq!(sim.sign_ins().poll_device(Platform::Webex, &device.device_code, "c", sim.clock().now()), Poll::Pending);
}

#[test]
fn links_are_found_in_text_with_markup() {
    let clouds = Clouds::new(&[]);
    let text = "please <https://webexapis.com/v1/authorize?a=1&b=2|open this>, thanks";
    assert_eq!(link_in(&clouds, text), Some((Platform::Webex, "https://webexapis.com/v1/authorize?a=1&b=2".into())));
    assert_eq!(
        link_in(&clouds, "http://127.0.0.1:1/zoom.us/oauth/authorize?x."),
        Some((Platform::Zoom, "http://127.0.0.1:1/zoom.us/oauth/authorize?x".into()))
    );
    assert_eq!(link_in(&clouds, "https://elsewhere.example/authorize"), None);
}

#[tokio::test(start_paused = true)]
async fn an_employee_follows_a_link_and_answers_with_the_address_they_ended_on() {
    for (employees, expected) in [("approve=1", "http://localhost:43117/webex?code="), ("decline=1", "no")] {
        let sim = simulator(employees);
        let credentials = sim.credentials();
        let bot = credentials["slack"]["bot_token"].as_str().unwrap().to_owned();
        let client = credentials["webex"]["client_id"].as_str().unwrap().to_owned();
        let reader = sim.world().admin(Platform::Slack).id.clone();
        let link = format!(
            "https://webexapis.com/v1/authorize?{}",
            crate::http::encode(&[
                ("response_type", "code"),
                ("client_id", &client),
                ("redirect_uri", "http://localhost:43117/webex"),
                ("scope", "spark:people_read"),
                ("state", "s"),
            ])
        );
        let text = format!("Please open <{}> and answer with the address.", link.replace('&', "&amp;"));
        let post = serde_json::json!({ "channel": reader, "text": text });
        let posted = with_json(&sim, "POST", "https://slack.com/api/chat.postMessage", &bot, &post).await.json;
        let history = format!("https://slack.com/api/conversations.history?channel={}", posted["channel"].as_str().unwrap());
        let got = with_json(&sim, "GET", &history, &bot, &serde_json::Value::Null).await;
        let answer = got.json["messages"][0]["text"].as_str().unwrap().to_owned();
        assert!(answer.starts_with(expected) && got.json["messages"][0]["user"] == reader.as_str(), "{answer}");
        assert_eq!(sim.unknown_requests(), 0);
    }
}
