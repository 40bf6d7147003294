//! The other side of the tour: what a colleague reads and does, through the simulator's control interface.

use engine::model::PlatformId;
use engine::people::views::PersonView;
use engine::{Error, Kind, Result};
use serde_json::{Value, json};

use crate::https;
use crate::ready::Ready;

/// The pretended colleagues of a running simulator.
pub(super) struct Colleagues<'a> {
    pub(super) ready: &'a Ready,
}

impl Colleagues<'_> {
    /// The last thing a person was told on a platform.
    pub(super) async fn heard(&self, person: &PersonView, platform: PlatformId) -> Result<String> {
        let world = self.control("GET", "world", &Value::Null).await?;
        let id = person.accounts.get(&platform).map(|account| account.id.as_str()).unwrap_or_default();
        let people = world["people"].as_array().map(Vec::as_slice).unwrap_or_default();
        let found = people.iter().find(|known| known["accounts"][platform.as_str()]["id"] == json!(id));
        let last =
            found.and_then(|known| known["messages"].as_array()?.iter().rfind(|message| message["platform"] == json!(platform.as_str())));
        Ok(last.and_then(|message| message["text"].as_str()).unwrap_or_default().to_owned())
    }

    /// The person enters the code of the message at the platform, and allows it.
    pub(super) async fn enter_code(&self, person: &PersonView, to: PlatformId, heard: &str) -> Result<()> {
        for code in lines_of_link_and_code(heard).filter(|line| !line.starts_with("http")) {
            if self.act(person, to, "approve", &json!({ "user_code": code })).await.is_ok() {
                return Ok(());
            }
        }
        Err(Error::new(Kind::Bug, "demo", "The message holds no code that the platform knows."))
    }

    /// The person answers the last message on a platform.
    pub(super) async fn answer(&self, person: &PersonView, platform: PlatformId, text: &str) -> Result<()> {
        self.act(person, platform, "send", &json!({ "text": text })).await.map(|_| ())
    }

    async fn act(&self, person: &PersonView, platform: PlatformId, verb: &str, body: &Value) -> Result<Value> {
        let who = person.accounts.get(&platform).map(|account| account.id.clone()).unwrap_or_default();
        let who = url::form_urlencoded::byte_serialize(who.as_bytes()).collect::<String>();
        self.control("POST", &format!("employee/{platform}/{who}/{verb}"), body).await
    }

    async fn control(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let failed = |what: String| Error::new(Kind::Network, "demo", format!("The simulator's control interface failed: {what}."));
        let url = self.ready.control(path);
        let method = method.parse().map_err(|_| failed("no such method".into()))?;
        let mut request = https::loopback()?.request(method, url);
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.map_err(|error| failed(error.to_string()))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| failed(error.to_string()))?;
        if !status.is_success() {
            return Err(failed(format!("{path} answered {}", status.as_u16())));
        }
        serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string()))
    }
}

/// The lines of a prompt that are not prose.
pub(super) fn lines_of_link_and_code(heard: &str) -> impl Iterator<Item = &str> {
    heard.lines().map(str::trim).filter(|line| !line.is_empty() && !line.contains(' '))
}
