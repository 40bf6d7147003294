//! The four platforms as data, and an adapter that speaks to the scripted network.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use crate::error::{Acted, Error, Kind, Result};
use crate::model::*;
use crate::platform::*;
use crate::preflight::{Action, Block, Facts};
use crate::signin::*;
use crate::transport::{Http, Request, Response, Sign};

pub(crate) const ALPHA: PlatformId = PlatformId::new("alpha");
pub(crate) const BETA: PlatformId = PlatformId::new("beta");
pub(crate) const GAMMA: PlatformId = PlatformId::new("gamma");
pub(crate) const DELTA: PlatformId = PlatformId::new("delta");

/// A made-up platform.
struct Fake {
    info: PlatformInfo,
    base: &'static str,
}

/// One for the rest of the program.
struct Standing {
    info: &'static PlatformInfo,
    base: &'static str,
}

const fn scope(name: &'static str, need: Need) -> Scope {
    Scope { name, reason: "It is needed for the test.", need, without: "", optional: false }
}

const SCOPES: &[Scope] = &[
    scope("people.read", Need::Import),
    scope("chat.write", Need::Prompt),
    scope("people.write", Need::StandIn),
    scope("people.reset", Need::Reset),
];

const OWN: &[Scope] = &[scope("chat.own", Need::OwnAccount)];
const COSTS: &[Cost] = &[
    Cost::of(Work::Represent, "all", 1),
    Cost::of(Work::Prompt, "all", 1),
    Cost::of(Work::Withdraw, "all", 1),
    Cost::of(Work::Listen, "all", 1),
    Cost::of(Work::Verify, "all", 1),
    Cost::of(Work::Dismiss, "all", 1),
    Cost::of(Work::Revoke, "all", 1),
];
/// Rates that nobody notices.
pub(super) const RATES: &[Rate] =
    &[Rate { class: "all", also: &[], scope: RateScope::Tenant, amount: 10_000, per: Duration::from_secs(1), burst: 10_000 }];

const SLOTS: &[Slot] = &[Slot { name: "main", field: "access_token", source: Source::Given, scopes: SCOPES, optional: false }];
const FIELDS: &[Field] = &[
    Field { name: "access_token", help: "The token.", secret: true, required: true, shapes: &[], proof: Proof::Looks },
    Field { name: "client_id", help: "The client.", secret: false, required: false, shapes: &[], proof: Proof::Looks },
];

const CLIENT: Client = Client::Public { id: "client_id" };

macro_rules! employee {
    ($base:literal, $paste:expr) => {
        Some(EmployeeSignIn {
            device: Some(DeviceGrant {
                start_url: concat!($base, "/device"),
                start_client: CLIENT,
                start_in_query: false,
                send_scopes: true,
                poll_url: concat!($base, "/poll"),
                poll_client: CLIENT,
                refresh_url: concat!($base, "/token"),
                refresh_client: CLIENT,
            }),
            paste_back: if $paste {
                Some(PasteBack {
                    code: AuthCode {
                        authorize_url: concat!($base, "/authorize"),
                        token_url: concat!($base, "/token"),
                        client: CLIENT,
                        redirect: Redirect { host: "localhost", ports: Ports::Fixed(&[43117]), path: "/back" },
                        scope_parameter: Some("scope"),
                        scope_separator: " ",
                        grant_scopes: &[],
                        scope_at_token: false,
                        parameters: &[],
                        login_hint: false,
                        token_at: "",
                        refresh_life: None,
                    },
                })
            } else {
                None
            },
            scopes: OWN,
            grant_scopes: &[],
        })
    };
}

fn info(id: PlatformId, name: &'static str, hosts: &'static [&'static str], capabilities: Capabilities) -> PlatformInfo {
    PlatformInfo {
        id,
        name,
        tenant_word: "tenant",
        hosts,
        clouds: &[crate::platform::Cloud::COMMERCIAL],
        guide: crate::guide::Guide { needs: &[], parts: &[] },
        off_switch: crate::platform::OffSwitch { how: "Delete the app.", link: "https://admin.example/apps" },
        capabilities,
        fields: FIELDS,
        slots: SLOTS,
        questions: &[],
        employee: None,
        rates: RATES,
        costs: COSTS,
        settles: Duration::from_secs(5),
        text_limit: 4_000,
        page_size: 100,
    }
}

/// The four.
pub(crate) fn platforms() -> Platforms {
    platforms_at(RATES)
}

/// The four, with these rates each. They live as long as the program.
pub(super) fn platforms_at(rates: &'static [Rate]) -> Platforms {
    let leaked = |Fake { info, base }: Fake| -> &'static dyn Platform {
        Box::leak(Box::new(Standing { info: Box::leak(Box::new(PlatformInfo { rates, ..info })), base }))
    };
    let none = Capabilities {
        teams: false,
        own_account: false,
        stand_in: None,
        stand_in_always: false,
        stand_in_needs_email: false,
        stand_in_removable: true,
        poll_answers: true,
        edits: None,
        revoke: true,
    };
    let alpha = Fake {
        info: info(
            ALPHA,
            "Alpha",
            &["alpha.test"],
            Capabilities { stand_in: Some(RepresentationKind::Bot), stand_in_always: true, revoke: false, ..none },
        ),
        base: "https://alpha.test",
    };
    let beta = Fake {
        info: PlatformInfo {
            employee: employee!("https://beta.test", true),
            ..info(
                BETA,
                "Beta",
                &["beta.test"],
                Capabilities { own_account: true, stand_in: Some(RepresentationKind::Bot), edits: Some(2), ..none },
            )
        },
        base: "https://beta.test",
    };
    let gamma = Fake {
        info: PlatformInfo {
            employee: employee!("https://gamma.test", false),
            ..info(
                GAMMA,
                "Gamma",
                &["gamma.test"],
                Capabilities {
                    own_account: true,
                    stand_in: Some(RepresentationKind::Guest),
                    stand_in_needs_email: true,
                    poll_answers: false,
                    revoke: false,
                    ..none
                },
            )
        },
        base: "https://gamma.test",
    };
    let delta = Fake {
        info: PlatformInfo {
            employee: employee!("https://delta.test", true),
            ..info(DELTA, "Delta", &["delta.test"], Capabilities { own_account: true, ..none })
        },
        base: "https://delta.test",
    };
    Platforms::new([alpha, beta, gamma, delta].into_iter().map(leaked).collect())
}

impl Platform for Standing {
    fn info(&self) -> &'static PlatformInfo {
        self.info
    }

    fn connect(&self, identity: ConnectionFacts, http: Http) -> Box<dyn Connection> {
        Box::new(FakeConnection { platform: self.info.id, base: self.base, facts: identity, http })
    }

    fn preflight(&self, facts: &Facts<'_>) -> Vec<Block> {
        let own = facts.connection.identity.as_ref().and_then(|identity| identity.facts.get("domains")).cloned().unwrap_or_default();
        let inside = |address: &String| own.iter().any(|domain| address.ends_with(&format!("@{domain}")));
        if facts.action == Action::StandIn && facts.addresses.iter().any(inside) {
            return vec![Block {
                reason: "own_domain",
                message: "The address is the tenant's own.".into(),
                remedy: "Give them an account.".into(),
                act: None,
            }];
        }
        Vec::new()
    }

    fn read_error(&self, response: &Response, operation: &'static str) -> Option<Error> {
        let error = match response.status.as_u16() {
            200..=299 => return None,
            401 => Error::new(Kind::SignedOut, operation, "The token is not accepted."),
            403 => Error::new(Kind::Forbidden, operation, "Not allowed.").ask_admin("Allow it."),
            404 => Error::new(Kind::NotFound, operation, "Not there."),
            429 => Error::new(Kind::RateLimited, operation, "Too fast."),
            500.. => Error::new(Kind::PlatformDown, operation, "Unwell.").acted(Acted::Perhaps),
            _ => Error::new(Kind::Invalid, operation, "Refused."),
        };
        Some(error.on(self.info.id))
    }

    fn look_up(&self, _facts: &ConnectionFacts, _intent: &Intent) -> Option<String> {
        Some(format!("{}/conversations", self.base))
    }

    fn read_poll(&self, response: &Response) -> Poll {
        if response.status.is_success() {
            return Poll::Granted;
        }
        let word = serde_json::from_slice::<Value>(&response.body).ok().and_then(|body| body["error"].as_str().map(str::to_owned));
        match word.as_deref() {
            Some("authorization_pending") => Poll::Pending,
            Some("slow_down") => Poll::SlowDown,
            Some("access_denied") => Poll::Declined,
            Some("expired_token") => Poll::Expired,
            Some("unauthorized_client") => Poll::Refused(Error::new(Kind::Forbidden, "poll", "The device grant is switched off.")),
            _ => Poll::Failed(Error::new(Kind::PlatformDown, "poll", "Not understood.")),
        }
    }
}

struct FakeConnection {
    platform: PlatformId,
    base: &'static str,
    facts: ConnectionFacts,
    http: Http,
}

impl FakeConnection {
    async fn call(&self, path: &str, body: Value, repeatable: bool, operation: &'static str) -> Result<Value> {
        let url = Url::parse(&format!("{}{path}", self.base)).unwrap();
        let request = Request::write(Method::POST, url, Sign::Bearer("main"), "all", operation).json(&body)?;
        self.http.read(if repeatable { request.repeatable() } else { request }).await
    }
}

#[async_trait]
impl Connection for FakeConnection {
    async fn whoami(&self) -> Result<Identity> {
        let me = self.call("/me", json!({}), true, "whoami").await?;
        let scopes: BTreeSet<String> =
            me["scopes"].as_array().into_iter().flatten().filter_map(|s| s.as_str().map(str::to_owned)).collect();
        Ok(Identity {
            tenant: "tenant".into(),
            tenant_name: "Example".into(),
            account: me["account"].as_str().unwrap_or_default().into(),
            name: "Sender".into(),
            email: None,
            scopes: BTreeMap::from([("main".to_owned(), scopes)]),
            facts: BTreeMap::from([("domains".to_owned(), vec![format!("{}.example", self.platform)])]),
        })
    }

    async fn accounts(&self, _team: Option<&str>, _cursor: Option<&str>) -> Result<Page<Account>> {
        let answer = self.call("/accounts", json!({}), true, "accounts").await?;
        let items =
            serde_json::from_value(answer["accounts"].clone()).map_err(|error| Error::new(Kind::Bug, "accounts", error.to_string()))?;
        Ok(Page { items, next: None })
    }

    async fn find_account(&self, _email: &str) -> Result<Option<Account>> {
        Ok(None)
    }

    async fn send_direct(&self, to: &Recipient, text: &str, key: &str) -> Result<SentMessage> {
        let answer = self.call("/send", json!({"to": to.account, "text": text, "key": key}), false, "send_direct").await?;
        Ok(message(&answer))
    }

    async fn edit_direct(&self, old: &SentMessage, text: &str) -> Result<SentMessage> {
        self.call("/edit", json!({"id": old.id, "text": text}), true, "edit_direct").await?;
        Ok(SentMessage { edits: old.edits + 1, ..old.clone() })
    }

    async fn represent(&self, person: &Represented, key: &str) -> Result<Representation> {
        let answer = self.call("/represent", json!({"person": person.key, "name": person.name, "key": key}), false, "represent").await?;
        Ok(representation(self.platform, &answer))
    }

    async fn confirm(&self, intent: &Intent) -> Result<Option<Outcome>> {
        let key = match intent {
            Intent::Direct { key, .. } | Intent::Represent { key, .. } => key,
        };
        let answer = self.call("/confirm", json!({ "key": key }), true, "confirm").await?;
        Ok(match answer["found"].as_str() {
            Some("message") => Some(Outcome::Sent(message(&answer))),
            Some(_) => Some(Outcome::Represented(representation(self.platform, &answer))),
            None => None,
        })
    }

    async fn dismiss(&self, representation: &Representation) -> Result<Undone> {
        self.call("/dismiss", json!({"id": representation.id}), true, "dismiss").await?;
        Ok(Undone::Gone(format!("bot {} deleted", representation.id)))
    }

    async fn inbox(&self, conversation: &Conversation, _since: Timestamp, cursor: Option<&str>) -> Result<Page<Incoming>> {
        let answer = self.call("/inbox", json!({"with": conversation.with, "after": cursor}), true, "inbox").await?;
        let items: Vec<Incoming> = answer["items"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|item| Incoming {
                id: item["id"].as_str().unwrap_or_default().into(),
                from: conversation.with.clone(),
                text: item["text"].as_str().unwrap_or_default().into(),
                at: item["at"].as_str().and_then(|at| at.parse().ok()).unwrap_or(Timestamp::UNIX_EPOCH),
            })
            .collect();
        Ok(Page { next: None, items })
    }

    async fn sign_off(&self, slot: &str) -> Result<Undone> {
        match self.platform {
            BETA => {
                self.call("/sign_off", json!({}), true, "sign_off").await?;
                Ok(Undone::Gone(format!("token {slot} ended")))
            }
            _ => Err(Error::new(Kind::Unsupported, "sign_off", "It has no such thing.")),
        }
    }

    async fn revoke(&self, grant: &GrantFacts) -> Result<Undone> {
        if !self.facts.fields.contains_key("client_id") {
            return Err(Error::new(Kind::Bug, "revoke", "the connection's fields are missing"));
        }
        self.call("/revoke", json!({"account": grant.account}), true, "revoke").await?;
        Ok(Undone::Gone(format!("access of {} revoked", grant.account)))
    }
}

fn message(answer: &Value) -> SentMessage {
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    SentMessage { conversation: Conversation { id: text("conversation"), with: text("to") }, id: text("id"), edits: 0 }
}

fn representation(platform: PlatformId, answer: &Value) -> Representation {
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    Representation {
        kind: if platform == GAMMA { RepresentationKind::Guest } else { RepresentationKind::Bot },
        id: text("id"),
        name: text("name"),
        detail: (platform == GAMMA).then(|| "guest_not_redeemed".to_owned()),
        created: answer["not_ours"] != true,
    }
}
