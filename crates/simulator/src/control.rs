//! The control interface: read the world, act as an employee or as a platform's administrator, plant faults, move time.
//! For tests and for people who try the demo; no vendor has anything like it, so it is only reached in process or below
//! `/_control/` of the plain door.
//!
//! | request | what |
//! |---|---|
//! | `GET world` | everybody, with what they were told (`told`: how often ever), what they do with prompts by themselves, and who stands for them |
//! | `GET secrets` | every token, code and secret that this run gave out, dead or alive |
//! | `POST faults`, `DELETE faults` | plants a fault (see [`Fault`]); takes all away |
//! | `POST weather {"throttled": 0.05, …}`, `DELETE weather` | faults by chance (see [`Weather`]); ends them |
//! | `GET weather`, `GET weather/log` | how many requests met what; each of them, with its times |
//! | `POST clock {"advance_s": 60}` | moves time |
//! | `POST employee/{platform}/{email}/approve`, `decline {"user_code": …}` | decides a device code |
//! | `POST employee/{platform}/{email}/follow {"url": …}` | opens a link and allows what it asks |
//! | `POST employee/{platform}/{email}/send {"text": …, "to": …}` | writes a message; without `to`, to who wrote last |
//! | `POST platform/{platform}/sign_out {"who": "connection" or an address}` | ends grants as an administrator would |
//! | `POST platform/teams/policy {"consent": "legacy", "low", "recommended" or "none", "device_codes": "allowed", "report_only" or "blocked", "public_client_flows": true}` | sets the tenant's rules; what is not named stays |
//! | `POST platform/zoom/app {"active": true}` | switches the connection's app on or off |
//! | `POST platform/{platform}/lag {"seconds": 20}` | lists show what was said or made there only after so long |
//! | `POST platform/slack/install` | new bot and app-level tokens of the app, as made by hand |

mod steer;

use std::collections::HashMap;
use std::time::Duration;

use ::http::{Method, Request, Response};
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use crate::http::{Answer, percent_decode};
use crate::ledger::Representation;
use crate::oauth::DecideTrouble;
use crate::world::Entry;
use crate::{Account, Fault, Platform, Simulator, Weather, browser, employees};

#[derive(Serialize)]
struct WorldPage<'a> {
    people: Vec<Person<'a>>,
}

#[derive(Serialize)]
struct Person<'a> {
    name: String,
    email: Option<&'a str>,
    expected: &'static str,
    accounts: serde_json::Map<String, Value>,
    messages: Vec<Value>,
    told: u64,
    habit: Option<&'static str>,
    representations: Vec<Value>,
}

impl Simulator {
    /// One request of the control interface; the path is what stands after `/_control/`.
    pub async fn control(&self, request: Request<Bytes>) -> Response<Bytes> {
        let path = request.uri().path().trim_start_matches('/').trim_start_matches("_control/").to_owned();
        let body: Value = if request.body().is_empty() { json!({}) } else { serde_json::from_slice(request.body()).unwrap_or(Value::Null) };
        let answer = match self.control_answer(request.method(), &path, &body).await {
            Ok(answer) => answer,
            Err((status, message)) => Answer::json(status, &json!({ "error": message })),
        };
        self.inner.stirred.notify_waiters();
        answer.into_response()
    }

    /// Plants a fault.
    pub fn plant(&self, fault: Fault) {
        self.faults().plant(fault);
    }

    async fn control_answer(&self, method: &Method, path: &str, body: &Value) -> Result<Answer, (u16, String)> {
        let segments: Vec<String> = path.split('/').map(percent_decode).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let done = || Ok(Answer::json(200, &json!({ "ok": true })));
        match (method.as_str(), segments.as_slice()) {
            ("GET", ["world"]) => {
                self.tick().await;
                serde_json::to_vec(&self.world_page())
                    .map(|bytes| Answer { body: bytes.into(), ..Answer::json(200, &Value::Null) })
                    .map_err(|error| (500, error.to_string()))
            }
            ("GET", ["secrets"]) => Ok(Answer::json(200, &json!({ "secrets": self.secrets() }))),
            ("POST", ["faults"]) => {
                let fault: Fault = serde_json::from_value(body.clone()).map_err(|error| (400, error.to_string()))?;
                self.plant(fault);
                done()
            }
            ("DELETE", ["faults"]) => {
                self.faults().clear();
                done()
            }
            ("POST", ["weather"]) => {
                let weather: Weather = serde_json::from_value(body.clone()).map_err(|error| (400, error.to_string()))?;
                self.set_weather(Some(weather.checked().map_err(|error| (400, error))?));
                done()
            }
            ("DELETE", ["weather"]) => {
                self.set_weather(None);
                done()
            }
            ("GET", ["weather"]) => Ok(Answer::json(200, &self.sky().counts())),
            ("GET", ["weather", "log"]) => Ok(Answer::json(200, &self.sky().log())),
            ("POST", ["clock"]) => {
                let seconds = body["advance_s"]
                    .as_f64()
                    .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                    .ok_or((400, "advance_s must be a number of seconds".to_owned()))?;
                self.clock().advance(seconds);
                self.tick().await;
                Ok(Answer::json(200, &json!({ "now": self.clock().now().to_string() })))
            }
            ("POST", ["platform", platform, verb]) => self.steer(platform.parse().map_err(|error| (404, error))?, verb, body),
            ("POST", ["employee", platform, email, verb]) => {
                let platform: Platform = platform.parse().map_err(|error| (404, error))?;
                let account =
                    self.world().find(platform, email).ok_or_else(|| (404, format!("{email} has no account at {}", platform.slug())))?;
                if !account.active {
                    return Err((409, format!("{email} cannot sign in at {}", platform.slug())));
                }
                self.employee(account, verb, body).await
            }
            _ => Err((404, format!("no control operation {method} {path}"))),
        }
    }

    async fn employee(&self, account: &Account, verb: &str, body: &Value) -> Result<Answer, (u16, String)> {
        let text = |name: &str| body[name].as_str().ok_or_else(|| (400, format!("{name} must be text")));
        match verb {
            "approve" | "decline" => {
                let decided =
                    self.sign_ins().decide_device(account.platform, text("user_code")?, &account.id, verb == "approve", self.clock().now());
                decided.map(|()| Answer::json(200, &json!({ "ok": true }))).map_err(|trouble| match trouble {
                    DecideTrouble::Unknown => (404, "no such code".to_owned()),
                    DecideTrouble::Expired => (410, "the code has expired".to_owned()),
                    DecideTrouble::AlreadyDecided => (409, "the code was already used".to_owned()),
                })
            }
            "follow" => {
                let ended = browser::open(self, account, text("url")?, true).map_err(|trouble| (409, trouble))?;
                browser::arrive(&ended).await;
                Ok(Answer::json(200, &json!({ "ended_on": ended.url })))
            }
            "send" => {
                let last = self.ledger().heard(account.platform, &account.id).last().map(|heard| heard.answer_to.clone());
                let to =
                    body["to"].as_str().map(str::to_owned).or(last).ok_or((400, "nobody wrote to them yet: say to whom".to_owned()))?;
                self.speak(account, &to, text("text")?).map_err(|trouble| (404, trouble))?;
                Ok(Answer::json(200, &json!({ "ok": true })))
            }
            _ => Err((404, format!("an employee cannot {verb}"))),
        }
    }

    fn world_page(&self) -> WorldPage<'_> {
        let ledger = self.ledger();
        let standing = Standing::new(ledger.representations().into_iter());
        let people = self.world().entries().iter().map(|entry| {
            let accounts: Vec<&Account> = self.accounts_of(entry).collect();
            // The active account's name and address come first, as they do for the app.
            let first = accounts.iter().find(|account| account.active).or(accounts.first());
            let name = first.map(|account| account.name()).unwrap_or_default();
            let mut heard: Vec<_> = accounts.iter().flat_map(|account| ledger.heard(account.platform, &account.id).iter().map(|heard| (account.platform, heard))).collect();
            heard.sort_by_key(|(_, heard)| heard.at);
            Person {
                email: accounts.iter().filter(|account| account.active).chain(&accounts).find_map(|account| account.email.as_deref()),
                expected: entry.expected.word(),
                habit: first.map(|account| employees::habit_word(self, account.human)),
                told: accounts.iter().map(|account| ledger.told(account.platform, &account.id)).sum(),
                messages: heard.iter().map(|(platform, heard)| json!({ "platform": platform.slug(), "from": heard.from, "text": heard.text, "at": heard.at.to_string() })).collect(),
                representations: standing
                    .of(&name, &accounts)
                    .into_iter()
                    .map(|known| json!({ "platform": known.platform.slug(), "kind": known.kind, "id": known.id, "name": known.name }))
                    .collect(),
                accounts: accounts.iter().map(|account| (account.platform.slug().to_owned(), account_json(account))).collect(),
                name,
            }
        });
        WorldPage { people: people.collect() }
    }

    fn accounts_of<'a>(&'a self, entry: &'a Entry) -> impl Iterator<Item = &'a Account> {
        Platform::ALL
            .into_iter()
            .filter_map(|platform| entry.accounts[platform.index()].map(|number| &self.world().accounts(platform)[number as usize]))
    }
}

/// Who stands for whom: by the address a guest was invited by, else by the name shown.
struct Standing<'a> {
    by_email: HashMap<String, Vec<&'a Representation>>,
    by_name: HashMap<&'a str, Vec<&'a Representation>>,
}

impl<'a> Standing<'a> {
    fn new(representations: impl Iterator<Item = &'a Representation>) -> Self {
        let mut standing = Self { by_email: HashMap::new(), by_name: HashMap::new() };
        for known in representations {
            match &known.email {
                Some(email) => standing.by_email.entry(email.to_lowercase()).or_default().push(known),
                // "Jane Doe (Webex)" stands for Jane Doe.
                None => standing
                    .by_name
                    .entry(known.name.split_once(" (").map_or(known.name.as_str(), |(name, _)| name))
                    .or_default()
                    .push(known),
            }
        }
        standing
    }

    fn of(&self, name: &str, accounts: &[&Account]) -> Vec<&'a Representation> {
        let mut addresses: Vec<String> = accounts.iter().flat_map(|account| account.addresses()).map(str::to_lowercase).collect();
        addresses.sort();
        addresses.dedup();
        let by_email = addresses.iter().filter_map(|address| self.by_email.get(address));
        by_email.chain(self.by_name.get(name)).flatten().copied().collect()
    }
}

fn account_json(account: &Account) -> Value {
    json!({ "id": account.id, "email": account.email, "aliases": account.aliases, "active": account.active, "kind": account.kind.word() })
}

#[cfg(test)]
mod tests;
