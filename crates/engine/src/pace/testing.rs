//! For tests: a made-up platform, a scripted network that records what leaves, and a clock that jumps.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use serde_json::Value;

use super::{Paced, Parts, Rates};
use crate::clock::{Clock, SystemClock, SystemRandom};
use crate::error::{Acted, Error, Kind, Remedy, Result};
use crate::model::{Account, Advice, Conversation, GrantId, Identity, Incoming, Intent, Outcome, Page, PlatformId, Recipient, SentMessage};
use crate::platform::*;
use crate::preflight::{Block, Facts};
use crate::secrets::{GrantVault, MemorySecrets, SealedGrant};
use crate::signin::*;
use crate::transport::{Http, Realm, Request, Response, Sign, Wire};

pub(crate) const ALPHA: PlatformId = PlatformId::new("alpha");
pub(crate) const HOST: &str = "api.alpha.example";

/// The made-up platform; `info` may be replaced per test.
pub(crate) struct Alpha(pub(crate) PlatformInfo);

const PAIR: BasicFields = BasicFields { id: "client_id", secret: "client_secret" };

pub(crate) const CODE: AuthCode = AuthCode {
    authorize_url: "https://login.alpha.example/{tenant_id}/authorize",
    token_url: "https://login.alpha.example/{tenant_id}/token",
    client: Client::Form(PAIR),
    redirect: Redirect { host: "localhost", ports: Ports::Any, path: "/alpha" },
    scope_parameter: Some("scope"),
    scope_separator: " ",
    grant_scopes: &["offline"],
    scope_at_token: true,
    parameters: &[("prompt", "select_account")],
    login_hint: true,
    token_at: "/authed",
    refresh_life: None,
};

const SCOPES: &[Scope] = &[Scope { name: "people.read", reason: "To list people.", need: Need::Import, without: "", optional: false }];

const fn slot(name: &'static str, field: &'static str, source: Source, optional: bool) -> Slot {
    Slot { name, field, source, scopes: SCOPES, optional }
}

pub(crate) const SLOTS: &[Slot] = &[
    slot("user", "user_token", Source::Browser(CODE), false),
    slot("bot", "bot_token", Source::Given, true),
    slot(
        "server",
        "server_token",
        Source::Client(ClientGrant {
            token_url: "https://login.alpha.example/{tenant_id}/token",
            client: Client::Basic(PAIR),
            grant_type: "account_credentials",
            parameters: &[("account_id", "tenant_id")],
        }),
        true,
    ),
    slot(
        "minted",
        "minted_token",
        Source::Minted(Mint {
            url: "https://api.alpha.example/apps/{app.id}/token",
            signed_by: "user",
            members: &[("clientSecret", "app.secret"), ("targetOrgId", "{tenant}")],
            refresh_url: "https://login.alpha.example/{tenant_id}/token",
            client: Client::Form(BasicFields { id: "app.id", secret: "app.secret" }),
        }),
        true,
    ),
];

const fn field(name: &'static str, secret: bool, required: bool) -> Field {
    Field { name, help: "It is on the app's page.", secret, required, shapes: &[], proof: crate::signin::Proof::Looks }
}

const INFO: PlatformInfo = PlatformInfo {
    id: ALPHA,
    name: "Alpha",
    tenant_word: "tenant",
    hosts: &[HOST, "login.alpha.example"],
    clouds: &[crate::platform::Cloud::COMMERCIAL],
    guide: crate::guide::Guide { needs: &[], parts: &[] },
    off_switch: crate::platform::OffSwitch { how: "", link: "" },
    capabilities: Capabilities {
        teams: false,
        own_account: true,
        stand_in: None,
        stand_in_always: false,
        stand_in_needs_email: false,
        stand_in_removable: false,
        poll_answers: true,
        edits: None,
        revoke: true,
    },
    fields: &[
        field("tenant_id", false, true),
        field("client_id", false, true),
        field("client_secret", true, true),
        field("user_token", true, false),
        field("bot_token", true, false),
        field("app.id", false, false),
        field("app.secret", true, false),
    ],
    slots: SLOTS,
    questions: &[Question { key: "second_factor", text: "Is there a second factor?", choices: &[("none", "No"), ("app", "An app")] }],
    employee: Some(EmployeeSignIn {
        device: Some(DeviceGrant {
            start_url: "https://login.alpha.example/{tenant_id}/device",
            start_client: Client::Basic(PAIR),
            start_in_query: true,
            send_scopes: true,
            poll_url: "https://login.alpha.example/{tenant_id}/poll",
            poll_client: Client::BasicAndForm(PAIR),
            refresh_url: "https://login.alpha.example/{tenant_id}/token",
            refresh_client: Client::Form(PAIR),
        }),
        paste_back: Some(PasteBack {
            code: AuthCode {
                client: Client::Public { id: "client_id" },
                redirect: Redirect { host: "localhost", ports: Ports::Fixed(&[43117, 43118]), path: "" },
                token_at: "",
                refresh_life: None,
                ..CODE
            },
        }),
        scopes: &[Scope { name: "chat.own", reason: "To write as oneself.", need: Need::OwnAccount, without: "", optional: false }],
        grant_scopes: &["offline"],
    }),
    rates: &[
        Rate { class: "read", also: &[], scope: RateScope::Tenant, amount: 1000, per: Duration::from_secs(1), burst: 1000 },
        Rate { class: "post", also: &[], scope: RateScope::Channel, amount: 1, per: Duration::from_secs(1), burst: 1 },
    ],
    costs: &[Cost::of(Work::Prompt, "post", 1), Cost::of(Work::Prompt, "read", 2)],
    settles: Duration::from_secs(5),
    text_limit: 4000,
    page_size: 100,
};

pub(crate) fn info() -> PlatformInfo {
    INFO
}

impl Platform for Alpha {
    fn info(&self) -> &'static PlatformInfo {
        // Tests are short; a copy that lives on keeps the code safe and simple.
        Box::leak(Box::new(self.0.clone()))
    }

    fn connect(&self, facts: ConnectionFacts, http: Http) -> Box<dyn Connection> {
        Box::new(AlphaConnection(http, facts.fields.contains_key(ADVISES)))
    }

    fn preflight(&self, _facts: &Facts<'_>) -> Vec<Block> {
        Vec::new()
    }

    fn read_error(&self, response: &Response, operation: &'static str) -> Option<Error> {
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let word = body["refusal"].as_str();
        match (response.status.as_u16(), word) {
            (200..=299, None) => None,
            (_, Some("slow")) => {
                Some(Error::new(Kind::RateLimited, operation, "Too fast.").remedy(Remedy::Retry { after: Some(Duration::from_secs(7)) }))
            }
            (_, Some("dead")) => Some(Error::new(Kind::SignedOut, operation, "The token is dead.")),
            (_, Some(_)) => Some(Error::new(Kind::Forbidden, operation, "Not allowed.").ask_admin("Allow it.")),
            (503, None) => Some(Error::new(Kind::PlatformDown, operation, "Unwell.")),
            _ => None,
        }
    }

    fn read_poll(&self, response: &Response) -> Poll {
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        match body["error"].as_str() {
            None => Poll::Granted,
            Some("authorization_pending") => Poll::Pending,
            Some("slow_down") => Poll::SlowDown,
            Some("access_denied") => Poll::Declined,
            Some("expired_token") => Poll::Expired,
            Some("gate") => Poll::Refused(Error::new(Kind::Forbidden, "poll", "Switched off.")),
            Some("used_up") => Poll::Failed(Error::new(Kind::SignedOut, "poll", "There is no such code.")),
            Some(_) => Poll::Failed(Error::new(Kind::Invalid, "poll", "Not understood.")),
        }
    }
}

/// A connection with this field is asked for advice.
pub(crate) const ADVISES: &str = "advises";

struct AlphaConnection(Http, bool);

fn unused<T>() -> Result<T> {
    Err(Error::new(Kind::Unsupported, "test", "Not part of this platform."))
}

#[async_trait]
impl Connection for AlphaConnection {
    async fn whoami(&self) -> Result<Identity> {
        let me: Value = self.0.read(get("/me")).await?;
        let text = |name: &str| me[name].as_str().unwrap_or_default().to_owned();
        Ok(Identity {
            tenant: text("tenant"),
            tenant_name: text("tenant"),
            account: text("account"),
            name: text("account"),
            email: None,
            scopes: Default::default(),
            facts: Default::default(),
        })
    }

    async fn prove(&self, slot: &str) -> Result<Proven> {
        let slot = SLOTS.iter().find(|known| known.name == slot).unwrap().name;
        let me: Value = self.0.read(Request { sign: Sign::Bearer(slot), ..get("/prove") }).await?;
        let says = me["says"].as_str().ok_or_else(|| Error::new(Kind::Unsupported, "prove", "It does not say."))?;
        let scopes = me["scopes"].as_str().map(|scopes| scopes.split(' ').map(str::to_owned).collect());
        Ok(Proven { says: says.to_owned(), scopes })
    }

    async fn advise(&self) -> Result<Vec<Advice>> {
        if !self.1 {
            return Ok(Vec::new());
        }
        let advice: Value = self.0.read(get("/advice")).await?;
        Ok(vec![Advice { about: "rule".into(), message: advice["rule"].to_string(), remedy: "Lift it.".into(), link: None }])
    }

    async fn accounts(&self, _team: Option<&str>, _cursor: Option<&str>) -> Result<Page<Account>> {
        unused()
    }

    async fn find_account(&self, _email: &str) -> Result<Option<Account>> {
        unused()
    }

    async fn send_direct(&self, _to: &Recipient, _text: &str, _key: &str) -> Result<SentMessage> {
        unused()
    }

    async fn edit_direct(&self, _message: &SentMessage, _text: &str) -> Result<SentMessage> {
        unused()
    }

    async fn confirm(&self, _intent: &Intent) -> Result<Option<Outcome>> {
        unused()
    }

    async fn inbox(&self, _conversation: &Conversation, _since: Timestamp, _cursor: Option<&str>) -> Result<Page<Incoming>> {
        unused()
    }
}

/// A read signed by the slot `user`.
pub(crate) fn get(path: &str) -> Request {
    Request::get(format!("https://{HOST}{path}").parse().unwrap(), Sign::Bearer("user"), "read", "test_read")
}

/// An answer of the script.
pub(crate) enum Says {
    Answer(u16, Vec<(&'static str, String)>, String),
    /// The same after others had so many turns.
    Late(u32, u16, String),
    Fails(Error),
}

pub(crate) fn says(status: u16, body: &str) -> Says {
    Says::Answer(status, vec![("content-type", "application/json; charset=utf-8".into())], body.into())
}

pub(crate) fn says_with(status: u16, header: &'static str, value: &str, body: &str) -> Says {
    Says::Answer(status, vec![("content-type", "application/json".into()), (header, value.into())], body.into())
}

pub(crate) fn lost(acted: Acted) -> Says {
    Says::Fails(Error::new(Kind::Network, "wire", "Nobody answered.").acted(acted))
}

/// What left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) line: String,
    pub(crate) authorization: String,
    pub(crate) agent: String,
    pub(crate) body: String,
}

impl Left {
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    pub(crate) fn field(&self, name: &str) -> String {
        self.form().into_iter().find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
    }
}

/// The scripted network. Without a script it answers `{}`.
pub(crate) struct Script {
    pub(crate) realm: Realm,
    says: Mutex<VecDeque<Says>>,
    left: Mutex<Vec<Left>>,
}

impl Script {
    pub(crate) fn new(says: impl IntoIterator<Item = Says>) -> Arc<Self> {
        Arc::new(Self { realm: Realm::Demo, says: Mutex::new(says.into_iter().collect()), left: Mutex::default() })
    }

    pub(crate) fn add(&self, says: Says) {
        self.says.lock().unwrap().push_back(says);
    }

    pub(crate) fn left(&self) -> Vec<Left> {
        self.left.lock().unwrap().clone()
    }
}

#[async_trait]
impl Wire for Script {
    fn realm(&self) -> Realm {
        self.realm
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<Response> {
        let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        self.left.lock().unwrap().push(Left {
            line: format!("{} {}", request.method(), request.uri()),
            authorization: header("authorization"),
            agent: header("user-agent"),
            body: String::from_utf8(request.body().to_vec()).unwrap(),
        });
        let says = self.says.lock().unwrap().pop_front();
        // A real network lets others run meanwhile.
        let turns = if let Some(Says::Late(turns, ..)) = says { turns } else { 1 };
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        match says {
            None => Ok(Response { status: StatusCode::OK, headers: HeaderMap::new(), body: "{}".into() }),
            Some(Says::Fails(error)) => Err(error),
            Some(Says::Late(_, status, body)) => {
                Ok(Response { status: StatusCode::from_u16(status).unwrap(), headers: HeaderMap::new(), body: body.into() })
            }
            Some(Says::Answer(status, pairs, body)) => {
                let mut headers = HeaderMap::new();
                for (name, value) in pairs {
                    headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap());
                }
                Ok(Response { status: StatusCode::from_u16(status).unwrap(), headers, body: body.into() })
            }
        }
    }
}

/// Wall time that follows tokio's paused time.
pub(crate) struct Watch {
    start: tokio::time::Instant,
}

impl Watch {
    /// It begins now.
    pub(crate) fn new() -> Self {
        Self { start: tokio::time::Instant::now() }
    }
}

pub(crate) const START: &str = "2026-01-05T08:00:00Z";

#[async_trait]
impl Clock for Watch {
    fn now(&self) -> Timestamp {
        START.parse::<Timestamp>().unwrap() + self.start.elapsed()
    }

    async fn wait(&self, duration: Duration) {
        SystemClock.wait(duration).await;
    }
}

/// Grants in memory.
#[derive(Default)]
pub(crate) struct Vault {
    pub(crate) rows: Mutex<std::collections::BTreeMap<GrantId, SealedGrant>>,
    /// Refuses to save as often as this says.
    pub(crate) refuse: Mutex<u32>,
}

#[async_trait]
impl GrantVault for Vault {
    async fn load(&self, grant: GrantId) -> Result<Option<Vec<u8>>> {
        Ok(self.rows.lock().unwrap().get(&grant).map(|row| row.sealed.clone()))
    }

    async fn save(&self, grant: GrantId, sealed: SealedGrant) -> Result<()> {
        let mut refuse = self.refuse.lock().unwrap();
        if *refuse > 0 {
            *refuse -= 1;
            return Err(Error::new(Kind::Storage, "save_grant", "The disk is full."));
        }
        self.rows.lock().unwrap().insert(grant, sealed);
        Ok(())
    }
}

/// Everything together.
pub(crate) struct Bench {
    pub(crate) paced: Paced,
    pub(crate) wire: Arc<Script>,
    pub(crate) secrets: Arc<MemorySecrets>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) platform: &'static dyn Platform,
    pub(crate) start: tokio::time::Instant,
}

pub(crate) fn bench(says: impl IntoIterator<Item = Says>) -> Bench {
    bench_of(info(), says)
}

pub(crate) fn bench_of(info: PlatformInfo, says: impl IntoIterator<Item = Says>) -> Bench {
    let platform: &'static dyn Platform = Box::leak(Box::new(Alpha(info)));
    let (wire, secrets, vault) = (Script::new(says), Arc::new(MemorySecrets::new(Realm::Demo)), Arc::new(Vault::default()));
    let start = tokio::time::Instant::now();
    let paced = Paced::new(Parts {
        wire: wire.clone(),
        secrets: secrets.clone(),
        grants: vault.clone(),
        throttles: Arc::new(crate::pace::NoThrottles),
        platforms: Platforms::new(vec![platform]),
        clock: Arc::new(Watch { start }),
        random: Arc::new(SystemRandom),
        rates: Rates::Declared,
        events: crate::event::Events::new(),
    })
    .unwrap();
    Bench { paced, wire, secrets, vault, platform, start }
}
