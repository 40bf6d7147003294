//! Platforms that are nothing but this server, each with another kind of client. They read what the standards say and know no
//! deviation.

use std::time::Duration;

use async_trait::async_trait;
use engine::guide::Guide;
use engine::model::{
    Account, Conversation, Identity, Incoming, Intent, Outcome, Page, PlatformId, Recipient, RepresentationKind, SentMessage,
};
use engine::platform::{Capabilities, Cloud, Connection, ConnectionFacts, GrantFacts, OffSwitch, Platform, PlatformInfo, Undone};
use engine::preflight::{Block, Facts};
use engine::signin::{
    AuthCode, BasicFields, Client, DeviceGrant, EmployeeSignIn, Field, PasteBack, Poll, Ports, Proof, Redirect, Slot, Source,
};
use engine::transport::{Http, Repeat, Request, Response, Sign};
use engine::{Error, Kind, Result};
use http::Method;
use serde_json::Value;
use url::Url;

use crate::server::HOST;

pub(crate) const PROOF: PlatformId = PlatformId::new("proof");
/// The only slot.
pub(crate) const USER: &str = "user";

const PAIR: BasicFields = BasicFields { id: "client_id", secret: "client_secret" };
const PUBLIC: Client = Client::Public { id: "client_id" };
const ANY: Redirect = Redirect { host: "127.0.0.1", ports: Ports::Any, path: "/callback" };

const fn code(client: Client, redirect: Redirect) -> AuthCode {
    AuthCode {
        authorize_url: "https://login.proof.example/auth",
        token_url: "https://login.proof.example/token",
        client,
        redirect,
        scope_parameter: Some("scope"),
        scope_separator: " ",
        grant_scopes: &["openid", "offline_access", "people.read"],
        scope_at_token: false,
        parameters: &[("response_type", "code"), ("prompt", "consent")],
        login_hint: true,
        token_at: "",
        refresh_life: None,
    }
}

const fn field(name: &'static str, secret: bool, proof: Proof) -> Field {
    Field { name, help: "It is on the app's page.", secret, required: false, shapes: &[], proof }
}

/// A platform whose admin signs in with this code grant.
const fn info(fields: &'static [Field], slots: &'static [Slot]) -> PlatformInfo {
    PlatformInfo {
        id: PROOF,
        name: "Proof",
        tenant_word: "realm",
        hosts: &[HOST],
        clouds: &[Cloud::COMMERCIAL],
        guide: Guide { needs: &[], parts: &[] },
        off_switch: OffSwitch { how: "End the server.", link: "https://login.proof.example/" },
        capabilities: Capabilities {
            teams: false,
            own_account: true,
            stand_in: None::<RepresentationKind>,
            stand_in_always: false,
            stand_in_needs_email: false,
            stand_in_removable: false,
            poll_answers: false,
            edits: None,
            revoke: true,
        },
        fields,
        slots,
        questions: &[],
        employee: Some(EmployeeSignIn {
            device: Some(DeviceGrant {
                start_url: "https://login.proof.example/device/auth",
                start_client: PUBLIC,
                start_in_query: false,
                send_scopes: true,
                poll_url: "https://login.proof.example/token",
                poll_client: PUBLIC,
                refresh_url: "https://login.proof.example/token",
                refresh_client: PUBLIC,
            }),
            paste_back: Some(PasteBack { code: code(PUBLIC, Redirect { host: "localhost", ports: Ports::Fixed(&[43918]), path: "" }) }),
            scopes: &[],
            grant_scopes: &["openid", "offline_access", "people.read"],
        }),
        rates: &[],
        costs: &[],
        settles: Duration::from_secs(5),
        text_limit: 1000,
        page_size: 100,
    }
}

/// One platform of this name.
macro_rules! platform {
    ($name:ident, $client:expr, $redirect:expr) => {
        pub(crate) static $name: Pretended = Pretended({
            static CODE: AuthCode = code($client, $redirect);
            static FIELDS: [Field; 3] = [
                field("client_id", false, Proof::Client(&CODE)),
                field("client_secret", true, Proof::Client(&CODE)),
                field("user_token", true, Proof::Looks),
            ];
            static SLOTS: [Slot; 1] =
                [Slot { name: USER, field: "user_token", source: Source::Browser(code($client, $redirect)), scopes: &[], optional: false }];
            static INFO: PlatformInfo = info(&FIELDS, &SLOTS);
            &INFO
        });
    };
}

platform!(DESKTOP, PUBLIC, ANY);
platform!(LOCALHOST, PUBLIC, Redirect { host: "localhost", ports: Ports::Any, path: "" });
platform!(BASIC, Client::Basic(PAIR), ANY);
platform!(FORM, Client::Form(PAIR), ANY);
platform!(BASIC_AND_FORM, Client::BasicAndForm(PAIR), ANY);
platform!(FIXED, PUBLIC, Redirect { host: "localhost", ports: Ports::Fixed(&[43901]), path: "/callback" });
platform!(OTHER_PORT, PUBLIC, Redirect { host: "localhost", ports: Ports::Fixed(&[43902]), path: "/callback" });

/// The server as a platform.
pub(crate) struct Pretended(&'static PlatformInfo);

impl Platform for Pretended {
    fn info(&self) -> &'static PlatformInfo {
        self.0
    }

    fn connect(&self, _: ConnectionFacts, http: Http) -> Box<dyn Connection> {
        Box::new(Connected(http))
    }

    fn preflight(&self, _: &Facts<'_>) -> Vec<Block> {
        Vec::new()
    }

    fn read_error(&self, _: &Response, _: &'static str) -> Option<Error> {
        None
    }

    fn read_poll(&self, response: &Response) -> Poll {
        if response.status.is_success() {
            return Poll::Granted;
        }
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        match body["error"].as_str().unwrap() {
            "authorization_pending" => Poll::Pending,
            "slow_down" => Poll::SlowDown,
            "access_denied" => Poll::Declined,
            "expired_token" => Poll::Expired,
            word => Poll::Failed(Error::new(Kind::Invalid, "poll", format!("The server says {word}."))),
        }
    }
}

struct Connected(Http);

#[async_trait]
impl Connection for Connected {
    async fn whoami(&self) -> Result<Identity> {
        let url = Url::parse("https://login.proof.example/me").unwrap();
        let me: Value = self.0.read(Request::get(url, Sign::Bearer(USER), "", "whoami")).await?;
        Ok(Identity {
            tenant: "proof".into(),
            tenant_name: "Proof".into(),
            account: me["sub"].as_str().unwrap().to_owned(),
            name: me["sub"].as_str().unwrap().to_owned(),
            email: None,
            scopes: Default::default(),
            facts: Default::default(),
        })
    }

    async fn revoke(&self, grant: &GrantFacts) -> Result<Undone> {
        let url = Url::parse("https://login.proof.example/token/revocation").unwrap();
        let sign = Sign::GrantInForm { grant: grant.id, field: "token", client: PUBLIC };
        let request = Request { repeat: Repeat::Safe, ..Request::write(Method::POST, url, sign, "", "revoke") };
        self.0.send(request).await?;
        Ok(Undone::Gone("The grant".into()))
    }

    async fn accounts(&self, _: Option<&str>, _: Option<&str>) -> Result<Page<Account>> {
        unreachable!("the proof is about signing in")
    }

    async fn find_account(&self, _: &str) -> Result<Option<Account>> {
        unreachable!("the proof is about signing in")
    }

    async fn send_direct(&self, _: &Recipient, _: &str, _: &str) -> Result<SentMessage> {
        unreachable!("the proof is about signing in")
    }

    async fn edit_direct(&self, _: &SentMessage, _: &str) -> Result<SentMessage> {
        unreachable!("the proof is about signing in")
    }

    async fn confirm(&self, _: &Intent) -> Result<Option<Outcome>> {
        unreachable!("the proof is about signing in")
    }

    async fn inbox(&self, _: &Conversation, _: jiff::Timestamp, _: Option<&str>) -> Result<Page<Incoming>> {
        unreachable!("the proof is about signing in")
    }
}
