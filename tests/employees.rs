//! The pretended employees, through the simulator's control interface.

use bytes::Bytes;
use serde_json::{Value, json};
use simulator::Simulator;

/// One call of the control interface: status and JSON.
pub async fn control(simulator: &Simulator, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let request =
        http::Request::builder().method(method).uri(format!("/_control/{path}")).header("content-type", "application/json").body(body);
    let Ok(request) = request else { return (0, Value::Null) };
    let answer = simulator.control(request).await;
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or_default())
}

/// What a person was told on a platform, oldest first: `(from, text)`. Found by account id.
pub async fn heard(simulator: &Simulator, platform: &str, account: &str) -> Vec<(String, String)> {
    let (_, world) = control(simulator, "GET", "world", &Value::Null).await;
    let people = world["people"].as_array().cloned().unwrap_or_default();
    let person = people.into_iter().find(|person| person["accounts"][platform]["id"] == json!(account)).unwrap_or_default();
    let messages = person["messages"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    messages
        .iter()
        .filter(|message| message["platform"] == json!(platform))
        .map(|message| (text(&message["from"]), text(&message["text"])))
        .collect()
}

/// All representations that the world knows, as `(platform, kind, id, name)`.
pub async fn representations(simulator: &Simulator) -> Vec<(String, String, String, String)> {
    let (_, world) = control(simulator, "GET", "world", &Value::Null).await;
    let people = world["people"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut all: Vec<_> = people
        .iter()
        .flat_map(|person| person["representations"].as_array().cloned().unwrap_or_default())
        .map(|known| (text(&known["platform"]), text(&known["kind"]), text(&known["id"]), text(&known["name"])))
        .collect();
    all.sort();
    all.dedup();
    all
}

/// An employee acts: `approve`, `decline`, `follow`, `send`.
pub async fn act(simulator: &Simulator, platform: &str, who: &str, verb: &str, body: &Value) -> (u16, Value) {
    let who = url::form_urlencoded::byte_serialize(who.as_bytes()).collect::<String>();
    control(simulator, "POST", &format!("employee/{platform}/{who}/{verb}"), body).await
}
