//! Zoom as data: hosts, capabilities, credentials, scopes, sign-in, limits.

use std::time::Duration;

use engine::model::PlatformId;
use engine::platform::{CLOUD, Capabilities, Cost, Need, PlatformInfo, Rate, RateScope, Scope, Work};
use engine::signin::{
    AuthCode, BasicFields, Client, ClientGrant, DeviceGrant, EmployeeSignIn, Field, PasteBack, Ports, Proof, Redirect, Shape, Slot, Source,
};

use super::guide::{CLOUDS, GUIDE, OFF_SWITCH};
use crate::http::REDIRECT_PORTS;

/// Base of every operation.
pub(super) const API: &str = "https://api.zoom.us/v2/";
/// Base of the sign-in endpoints.
pub(super) const OAUTH: &str = "https://zoom.us/oauth/";
/// Slot of the server-to-server app's token.
pub(super) const ADMIN: &str = "admin";
/// Rate class of single look-ups (Zoom's label Light).
pub(super) const LIGHT: &str = "light";
/// Rate class of lists and messages (Zoom's label Medium).
pub(super) const MEDIUM: &str = "medium";
/// Field with the address or id of the account that prompts are sent as.
pub(super) const SENDER: &str = "sender";
/// Field with the account's id.
pub(super) const ACCOUNT_ID: &str = "account_id";
/// Fields with the ids of the app that employees authorise.
pub(super) const EMPLOYEE_CLIENT: &str = "employee.client_id";
/// Its second id, without a secret.
pub(super) const EMPLOYEE_PUBLIC_CLIENT: &str = "employee.public_client_id";

/// How the server-to-server app shows who it is.
pub(super) const SERVER: Client = Client::Basic(BasicFields { id: "client_id", secret: "client_secret" });
/// How the employees' app shows who it is when it holds a secret.
pub(super) const WITH_SECRET: Client = Client::Basic(BasicFields { id: EMPLOYEE_CLIENT, secret: "employee.client_secret" });
/// How it does without.
pub(super) const WITHOUT_SECRET: Client = Client::Public { id: EMPLOYEE_PUBLIC_CLIENT };

const TOKEN_URL: &str = "https://zoom.us/oauth/token";

/// How an employee signs in by a link.
const BY_LINK: AuthCode = AuthCode {
    authorize_url: "https://zoom.us/oauth/authorize",
    token_url: TOKEN_URL,
    client: WITHOUT_SECRET,
    redirect: Redirect { host: "localhost", ports: Ports::Fixed(REDIRECT_PORTS), path: "/zoom" },
    scope_parameter: None,
    scope_separator: " ",
    grant_scopes: &[],
    scope_at_token: false,
    parameters: &[("response_type", "code")],
    login_hint: false,
    token_at: "",
    // Zoom's documents differ: ninety days, or years.
    refresh_life: None,
};

/// What Zoom's account, client and user ids look like. They have no sign of their own, so the limits are wide.
const ID: Shape = Shape::Word { marks: "-_", least: 10, most: 64 };
/// What client secrets look like.
const SECRET: Shape = Shape::Word { marks: "-_", least: 16, most: 128 };

/// What Zoom publishes for Business, Education and Enterprise. A smaller plan says 429, and is gone easier with for a while.
const fn per_second(class: &'static str, amount: u32) -> Rate {
    Rate { class, also: &[], scope: RateScope::Tenant, amount, per: Duration::from_secs(1), burst: amount }
}

/// Everything about Zoom that is data.
pub(crate) static INFO: PlatformInfo = PlatformInfo {
    id: PlatformId::new("zoom"),
    name: "Zoom Team Chat",
    tenant_word: "account",
    hosts: &["api.zoom.us", "zoom.us"],
    clouds: CLOUDS,
    guide: GUIDE,
    off_switch: OFF_SWITCH,
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
        Field {
            name: CLOUD,
            help: "Whether the account lives in commercial Zoom or in Zoom for Government.",
            secret: false,
            required: false,
            shapes: &[Shape::OneOf(&[("commercial", "Commercial"), ("gov", "Zoom for Government")])],
            proof: Proof::Looks,
        },
        Field {
            name: ACCOUNT_ID,
            help: "Account ID of your Server-to-Server OAuth app, on its page App Credentials.",
            secret: false,
            required: true,
            shapes: &[ID],
            proof: Proof::Fetch(ADMIN),
        },
        Field {
            name: "client_id",
            help: "Client ID of the Server-to-Server OAuth app, on the same page.",
            secret: false,
            required: true,
            shapes: &[ID],
            proof: Proof::Fetch(ADMIN),
        },
        Field {
            name: "client_secret",
            help: "Client Secret of the Server-to-Server OAuth app, on the same page.",
            secret: true,
            required: true,
            shapes: &[SECRET],
            proof: Proof::Fetch(ADMIN),
        },
        Field {
            name: "access_token",
            help: "A ready access token of the Server-to-Server OAuth app; left out, User Sync fetches one.",
            secret: true,
            required: false,
            shapes: &[Shape::Word { marks: "-_.=", least: 32, most: 4096 }],
            proof: Proof::Token(ADMIN),
        },
        Field {
            name: SENDER,
            help: "E-mail address of the Zoom account that prompts are sent as; left out, it is the account's owner.",
            secret: false,
            required: false,
            shapes: &[Shape::Email, ID],
            proof: Proof::Looks,
        },
        Field {
            name: EMPLOYEE_CLIENT,
            help: "Client ID of the user-managed General App that employees authorise, under App Credentials on its page Basic Information.",
            secret: false,
            required: false,
            shapes: &[ID],
            proof: Proof::Device,
        },
        Field {
            name: "employee.client_secret",
            help: "Client Secret of that General App, on the same page.",
            secret: true,
            required: false,
            shapes: &[SECRET],
            proof: Proof::Device,
        },
        Field {
            name: EMPLOYEE_PUBLIC_CLIENT,
            help: "Public client ID of that General App, which it has once it is a public client too; no secret belongs to it.",
            secret: false,
            required: false,
            shapes: &[ID],
            proof: Proof::Client(&BY_LINK),
        },
    ],
    slots: &[Slot {
        name: ADMIN,
        field: "access_token",
        source: Source::Client(ClientGrant {
            token_url: TOKEN_URL,
            client: SERVER,
            grant_type: "account_credentials",
            parameters: &[(ACCOUNT_ID, ACCOUNT_ID)],
        }),
        scopes: &[
            Scope {
                name: "user:read:list_users:admin",
                reason: "Lists the people of the account.",
                need: Need::Import,
                without: "Nobody in Zoom can be imported.",
                optional: false,
            },
            Scope {
                name: "user:read:user:admin",
                reason: "Finds the sender, and people by their address.",
                need: Need::Import,
                without: "The sender is not found, so that Zoom cannot be connected.",
                optional: false,
            },
            Scope {
                name: "team_chat:write:user_message:admin",
                reason: "Sends the message that asks a person to authorise.",
                need: Need::Prompt,
                without: "Nobody can be asked or told anything in Zoom.",
                optional: false,
            },
            Scope {
                name: "team_chat:update:user_message:admin",
                reason: "Renews that message when its code is too old.",
                need: Need::Prompt,
                without: "A message whose code is too old cannot be renewed, so nobody can be asked in Zoom.",
                optional: false,
            },
            Scope {
                name: "team_chat:read:list_user_messages:admin",
                reason: "Reads the answers to those messages, and nothing else.",
                need: Need::Prompt,
                without: "Answers to messages in Zoom are not read, so nobody can be asked there.",
                optional: false,
            },
        ],
        optional: false,
    }],
    questions: &[],
    employee: Some(EmployeeSignIn {
        device: Some(DeviceGrant {
            start_url: "https://zoom.us/oauth/devicecode",
            start_client: WITH_SECRET,
            start_in_query: true,
            send_scopes: false,
            poll_url: TOKEN_URL,
            poll_client: WITH_SECRET,
            refresh_url: TOKEN_URL,
            refresh_client: WITH_SECRET,
        }),
        paste_back: Some(PasteBack { code: BY_LINK }),
        scopes: &[
            Scope {
                name: "user:read:user",
                reason: "Tells that it is really you who authorised.",
                need: Need::OwnAccount,
                without: "Nobody knows who authorised, so that no authorisation is accepted.",
                optional: false,
            },
            Scope {
                name: "team_chat:write:user_message",
                reason: "Sends your colleagues' answers to you and your messages to them.",
                need: Need::OwnAccount,
                without: "The person's messages to Zoom are not sent.",
                optional: false,
            },
            Scope {
                name: "team_chat:update:user_message",
                reason: "Changes a message when you changed it elsewhere.",
                need: Need::OwnAccount,
                without: "What the person changes elsewhere stays unchanged in Zoom.",
                optional: false,
            },
            Scope {
                name: "team_chat:read:list_user_messages",
                reason: "Reads the direct messages that are to reach you elsewhere.",
                need: Need::OwnAccount,
                without: "What colleagues write to the person in Zoom does not reach them elsewhere.",
                optional: false,
            },
        ],
        grant_scopes: &[],
    }),
    rates: &[per_second(LIGHT, 80), per_second(MEDIUM, 60)],
    costs: &[
        Cost::of(Work::Prompt, MEDIUM, 1),
        Cost::of(Work::Withdraw, MEDIUM, 1),
        Cost::of(Work::Listen, MEDIUM, 1),
        Cost::of(Work::Verify, LIGHT, 1),
        Cost::of(Work::Revoke, LIGHT, 1),
    ],
    settles: Duration::from_secs(10),
    text_limit: 1024,
    page_size: 300,
};
