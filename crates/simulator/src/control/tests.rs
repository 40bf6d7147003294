use super::*;
use crate::Expected;
use crate::ledger::{Heard, Representation};
use crate::oauth::{Poll, start_device};
use crate::testing::simulator;

async fn control(sim: &Simulator, method: &str, path: &str, body: Value) -> (u16, Value) {
    let request = Request::builder().method(method).uri(format!("/_control/{path}"));
    let response = sim.control(request.body(Bytes::from(body.to_string())).unwrap()).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn the_world_shows_every_human_account_once_with_what_it_heard() {
    let sim = simulator();
    let admin = sim.world().admin(Platform::Slack).clone();
    let heard = Heard { from: "User Sync".into(), answer_to: "B1".into(), text: "hi".into(), at: sim.clock().now(), key: "1".into() };
    sim.ledger().hear(Platform::Slack, &admin.id, heard);
    sim.ledger().represent(Representation {
        platform: Platform::Webex,
        kind: "guest",
        id: "g1".into(),
        name: "Robin Castell (Slack)".into(),
        email: None,
    });
    let (status, world) = control(&sim, "GET", "world", json!({})).await;
    assert_eq!(status, 200);
    let people = world["people"].as_array().unwrap();
    let accounts: usize = people.iter().map(|person| person["accounts"].as_object().unwrap().len()).sum();
    assert_eq!(accounts, Platform::ALL.iter().map(|platform| sim.world().accounts(*platform).len()).sum::<usize>());
    let robin = people.iter().find(|person| person["email"] == sim.admin_email()).unwrap();
    assert_eq!(robin["messages"], json!([{ "platform": "slack", "from": "User Sync", "text": "hi", "at": "2026-01-05T08:00:00Z" }]));
    assert_eq!(robin["representations"][0]["id"], "g1");
    assert_eq!(robin["accounts"]["zoom"]["kind"], "member");
    let conflicts = people.iter().filter(|person| person["expected"] == Expected::Conflict.word());
    assert!(conflicts.count() >= 8);
}

#[tokio::test(start_paused = true)]
async fn an_employee_decides_a_code_and_only_once() {
    let sim = simulator();
    let device = start_device(&sim, Platform::Teams, "c", vec![], "FJC3EXAMP".into(), 900, 5);
    let path = format!("employee/teams/{}/approve", sim.admin_email());
    assert_eq!(control(&sim, "POST", &path, json!({ "user_code": "nothing" })).await.0, 404);
    assert_eq!(control(&sim, "POST", &path, json!({ "user_code": "fjc3-examp" })).await.0, 200);
    assert_eq!(control(&sim, "POST", &path, json!({ "user_code": "FJC3EXAMP" })).await.0, 409);
    let account = sim.world().admin(Platform::Teams).id.clone();
    assert_eq!(
        sim.sign_ins().poll_device(Platform::Teams, &device.device_code, "c", sim.clock().now()),
        Poll::Approved { account, scopes: vec![] }
    );
    start_device(&sim, Platform::Teams, "c", vec![], "LATER".into(), 900, 5);
    assert_eq!(control(&sim, "POST", "clock", json!({ "advance_s": 900 })).await.1["now"], "2026-01-05T08:15:00Z");
    assert_eq!(control(&sim, "POST", &path, json!({ "user_code": "LATER" })).await.0, 410);
}

#[tokio::test]
async fn wrong_words_are_refused() {
    let sim = simulator();
    for (method, path, body, expected) in [
        ("POST", "employee/fax/x@y/approve", json!({}), 404),
        ("POST", "employee/slack/nobody@nowhere.example/approve", json!({}), 404),
        ("POST", "faults", json!({ "host": "slack.com", "path": "/", "colour": 1 }), 400),
        ("POST", "clock", json!({ "advance_s": "soon" }), 400),
        ("GET", "tides", json!({}), 404),
        ("POST", "weather", json!({ "lost": 2 }), 400),
    ] {
        assert_eq!(control(&sim, method, path, body).await.0, expected, "{method} {path}");
    }
    assert_eq!(control(&sim, "POST", &format!("employee/slack/{}/send", sim.admin_email()), json!({ "text": "hi" })).await.0, 400);
}

#[tokio::test(start_paused = true)]
async fn an_employee_follows_a_link_and_answers_who_wrote_last() {
    let sim = simulator();
    let link = format!(
        "https://zoom.us/oauth/authorize?{}",
        crate::http::encode(&[
            ("response_type", "code"),
            ("client_id", sim.credentials()["zoom"]["employee"]["client_id"].as_str().unwrap()),
            ("redirect_uri", "http://localhost:43119/zoom"),
            ("state", "s1"),
        ])
    );
    let employee = format!("employee/zoom/{}", sim.admin_email());
    let (status, ended) = control(&sim, "POST", &format!("{employee}/follow"), json!({ "url": link })).await;
    let ended = ended["ended_on"].as_str().unwrap_or_else(|| panic!("{status} {ended}"));
    assert!(ended.starts_with("http://localhost:43119/zoom?code=") && ended.contains("state=s1"), "{ended}");
    let (status, refused) =
        control(&sim, "POST", &format!("{employee}/follow"), json!({ "url": "https://slack.com/oauth/v2/authorize?client_id=x" })).await;
    assert_eq!(status, 409, "a Zoom account cannot sign in at Slack: {refused}");

    let bot = sim.credentials()["slack"]["bot_token"].as_str().unwrap().to_owned();
    let post = json!({ "channel": sim.world().admin(Platform::Slack).id, "text": "May I?" });
    let channel =
        crate::testing::with_json(&sim, "POST", "https://slack.com/api/chat.postMessage", &bot, &post).await.json["channel"].clone();
    let send = format!("employee/slack/{}/send", sim.admin_email());
    assert_eq!(control(&sim, "POST", &send, json!({ "text": "Yes" })).await.0, 200);
    assert_eq!(control(&sim, "POST", &send, json!({ "to": "nobody@nowhere.example", "text": "Yes" })).await.0, 404);
    let history = format!("https://slack.com/api/conversations.history?channel={}", channel.as_str().unwrap());
    let got = crate::testing::with_json(&sim, "GET", &history, &bot, &Value::Null).await;
    assert_eq!(got.json["messages"][0]["text"], "Yes");
}
