//! The scripted network: strict about tokens, and truthful about what a repeated call does (it does it twice).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::StatusCode;
use http::header::HeaderMap;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::error::{Acted, Error, Kind, Result};
use crate::model::Account;
use crate::transport::{Realm, Response, Wire};

/// A message as its reader sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) platform: String,
    pub(crate) to: String,
    pub(crate) text: String,
    pub(crate) key: String,
    pub(crate) id: String,
    pub(crate) edits: u32,
}

/// What goes wrong at a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// Refused with this status, nothing done.
    Status(u16),
    /// Nobody answers, nothing done.
    Down,
    /// Done, but the answer is lost.
    Lost,
    /// Done, but it says that it is unwell.
    Broken,
    /// Not done yet: after this while, and there is no answer.
    Late(Duration),
    /// Done, but the answer is lost, and it shows only after this while.
    Hidden(Duration),
    /// Nothing.
    None,
}

/// A request that nobody waits for any more.
pub(crate) struct OnItsWay {
    at: Instant,
    platform: String,
    path: String,
    body: Value,
}

/// The other side.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) accounts: Vec<Account>,
    pub(crate) said: Vec<Said>,
    pub(crate) stand_ins: Vec<(String, String, String)>,
    /// Whom they were made for, by the stable key.
    pub(crate) represented: Vec<String>,
    pub(crate) dismissed: Vec<String>,
    pub(crate) revoked: Vec<String>,
    pub(crate) answers: BTreeMap<String, Vec<(String, String)>>,
    /// Device codes: platform, and who approved (`None` yet).
    pub(crate) codes: BTreeMap<String, Code>,
    pub(crate) device_refused: BTreeSet<String>,
    pub(crate) faults: Vec<(String, Fault)>,
    /// What will be done without anybody waiting for it.
    pub(crate) on_its_way: Vec<OnItsWay>,
    /// Keys of what does not show yet, and until when.
    pub(crate) hidden: BTreeMap<String, Instant>,
    /// The account of the connection; `sender` when empty.
    pub(crate) sender: String,
    pub(crate) scopes: Vec<String>,
    /// Bots and guests are there already and were made by somebody else.
    pub(crate) not_ours: bool,
    pub(crate) calls: BTreeMap<String, u32>,
    pub(crate) number: u32,
}

/// A device code.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) platform: String,
    pub(crate) user_code: String,
    pub(crate) state: CodeState,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CodeState {
    Open,
    Approved(String),
    Denied,
    Expired,
}

impl Code {
    fn take(&mut self) -> CodeState {
        let after = if self.state == CodeState::Open { CodeState::Open } else { CodeState::Expired };
        std::mem::replace(&mut self.state, after)
    }
}

impl World {
    pub(crate) fn next(&mut self) -> u32 {
        self.number += 1;
        self.number
    }

    /// The employee with this account approves the newest code.
    pub(crate) fn decide(&mut self, platform: &str, state: CodeState) {
        let code = self.codes.values_mut().rfind(|code| code.platform == platform && code.state == CodeState::Open);
        code.unwrap().state = state;
    }

    pub(crate) fn answer(&mut self, account: &str, text: &str) {
        let id = format!("a{}", self.next());
        self.answers.entry(account.to_owned()).or_default().push((id, text.to_owned()));
    }

    fn fault(&mut self, path: &str) -> Option<Fault> {
        let at = self.faults.iter().position(|(at, _)| at == path)?;
        Some(self.faults.remove(at).1)
    }

    /// Does what is due.
    fn arrive(&mut self) {
        let now = Instant::now();
        let (due, later) = std::mem::take(&mut self.on_its_way).into_iter().partition(|waiting| waiting.at <= now);
        self.on_its_way = later;
        let due: Vec<OnItsWay> = due;
        for OnItsWay { platform, path, body, .. } in due {
            self.respond(&platform, &path, Some("admin-token"), &body, &BTreeMap::new());
        }
        self.hidden.retain(|_, until| *until > now);
    }

    fn respond(&mut self, platform: &str, path: &str, bearer: Option<&str>, body: &Value, form: &BTreeMap<String, String>) -> (u16, Value) {
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let of_connection = bearer == Some("admin-token");
        match path {
            "/device" if self.device_refused.contains(platform) => (400, json!({"error": "unauthorized_client"})),
            "/device" => {
                let number = self.next();
                let (code, user_code) = (format!("dev-{number:04}"), format!("CODE-{number:04}"));
                self.codes.insert(code.clone(), Code { platform: platform.into(), user_code: user_code.clone(), state: CodeState::Open });
                let page = format!("https://{platform}.test/enter");
                (200, json!({"device_code": code, "user_code": user_code, "verification_uri": page, "expires_in": 300, "interval": 5}))
            }
            // A code is good for one answer with tokens.
            "/poll" => match self.codes.get_mut(&form["device_code"]).map(|code| code.take()) {
                Some(CodeState::Open) => (400, json!({"error": "authorization_pending"})),
                Some(CodeState::Approved(account)) => (200, token(&account)),
                Some(CodeState::Denied) => (400, json!({"error": "access_denied"})),
                Some(CodeState::Expired) | None => (400, json!({"error": "expired_token"})),
            },
            "/token" => match form.get("code").and_then(|code| code.strip_prefix("auth-")) {
                Some(account) => (200, token(account)),
                None => (400, json!({"error": "invalid_grant"})),
            },
            "/me" => match bearer.and_then(|token| token.strip_prefix("tok-")) {
                Some(account) => (200, json!({"account": account, "scopes": []})),
                None if of_connection && self.sender.is_empty() => (200, json!({"account": "sender", "scopes": self.scopes})),
                None if of_connection => (200, json!({"account": self.sender, "scopes": self.scopes})),
                None => (401, json!({})),
            },
            _ if !of_connection => (401, json!({})),
            "/accounts" => {
                let here: Vec<&Account> = self.accounts.iter().filter(|account| account.platform.as_str() == platform).collect();
                (200, json!({ "accounts": here }))
            }
            "/send" => {
                let id = format!("m{}", self.next());
                let said = Said { platform: platform.into(), to: text("to"), text: text("text"), key: text("key"), id, edits: 0 };
                let answer = shown(&said);
                self.said.push(said);
                (200, answer)
            }
            "/edit" => match self.said.iter_mut().find(|said| said.id == body["id"]) {
                Some(said) => {
                    said.text = text("text");
                    said.edits += 1;
                    (200, shown(said))
                }
                None => (404, json!({})),
            },
            "/represent" => {
                let id = format!("r{}", self.next());
                self.stand_ins.push((id.clone(), text("key"), text("name")));
                self.represented.push(text("person"));
                (200, json!({"id": id, "name": text("name"), "not_ours": self.not_ours}))
            }
            "/confirm" => {
                let key = text("key");
                if self.hidden.contains_key(&key) {
                    return (200, json!({}));
                }
                if let Some(said) = self.said.iter().find(|said| said.key == key) {
                    let mut answer = shown(said);
                    answer["found"] = json!("message");
                    return (200, answer);
                }
                match self.stand_ins.iter().find(|(_, made_with, _)| *made_with == key) {
                    Some((id, _, name)) => (200, json!({"found": "stand_in", "id": id, "name": name})),
                    None => (200, json!({})),
                }
            }
            "/dismiss" => {
                self.stand_ins.retain(|(id, _, _)| *id != body["id"]);
                self.dismissed.push(text("id"));
                (200, json!({}))
            }
            "/inbox" => {
                let all = self.answers.get(&text("with")).cloned().unwrap_or_default();
                let items: Vec<Value> =
                    all.into_iter().map(|(id, text)| json!({"id": id, "text": text, "at": "2030-01-01T00:00:00Z"})).collect();
                (200, json!({ "items": items }))
            }
            "/sign_off" => {
                self.revoked.push(format!("{platform} itself"));
                (200, json!({}))
            }
            "/revoke" => {
                self.revoked.push(text("account"));
                (200, json!({}))
            }
            other => panic!("nothing is scripted at {other}"),
        }
    }
}

fn token(account: &str) -> Value {
    json!({"access_token": format!("tok-{account}"), "token_type": "Bearer", "expires_in": 3600, "scope": "chat.own"})
}

fn shown(said: &Said) -> Value {
    json!({"id": said.id, "conversation": format!("dm-{}", said.to), "to": said.to})
}

/// The network to the world. Every exchange can be interrupted before and after it has an effect.
#[derive(Clone)]
pub(crate) struct FakeWire(pub(crate) Arc<Mutex<World>>);

#[async_trait]
impl Wire for FakeWire {
    fn realm(&self) -> Realm {
        Realm::Demo
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<Response> {
        tokio::task::yield_now().await;
        let answer = self.answer(&request);
        tokio::task::yield_now().await;
        answer
    }
}

impl FakeWire {
    fn answer(&self, request: &http::Request<Bytes>) -> Result<Response> {
        let mut world = self.0.lock().unwrap();
        world.arrive();
        let platform = request.uri().host().unwrap().strip_suffix(".test").unwrap().to_owned();
        let path = request.uri().path().to_owned();
        *world.calls.entry(format!("{platform}{path}")).or_default() += 1;
        let bearer = request.headers().get("authorization").map(|value| value.to_str().unwrap().trim_start_matches("Bearer ").to_owned());
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let form = url::form_urlencoded::parse(request.body()).into_owned().collect();
        let fault = world.fault(&format!("{platform}{path}"));
        let network = |acted| Err(Error::new(Kind::Network, "exchange", "Nobody answers.").acted(acted));
        let (status, body) = match fault {
            Some(Fault::Down) => return network(Acted::No),
            Some(Fault::Status(status)) => (status, json!({})),
            Some(Fault::Lost) => {
                world.respond(&platform, &path, bearer.as_deref(), &body, &form);
                return network(Acted::Perhaps);
            }
            Some(Fault::Broken) => {
                world.respond(&platform, &path, bearer.as_deref(), &body, &form);
                (500, json!({}))
            }
            Some(Fault::Late(by)) => {
                let at = Instant::now() + by;
                world.on_its_way.push(OnItsWay { at, platform, path, body });
                return network(Acted::Perhaps);
            }
            Some(Fault::Hidden(by)) => {
                world.respond(&platform, &path, bearer.as_deref(), &body, &form);
                world.hidden.insert(body["key"].as_str().unwrap_or_default().to_owned(), Instant::now() + by);
                return network(Acted::Perhaps);
            }
            Some(Fault::None) | None => world.respond(&platform, &path, bearer.as_deref(), &body, &form),
        };
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/json".parse().unwrap());
        Ok(Response { status: StatusCode::from_u16(status).unwrap(), headers, body: body.to_string().into() })
    }
}
