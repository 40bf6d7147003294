//! Slack as data: hosts, capabilities, credentials, scopes, questions, limits.

use std::time::Duration;

use engine::model::{PlatformId, RepresentationKind};
use engine::platform::{CLOUD, Capabilities, Cost, Need, PlatformInfo, Rate, RateScope, Scope, Work};
use engine::signin::{AuthCode, Client, Field, Ports, Proof, Question, Redirect, Shape, Slot, Source};

use super::guide::{CLOUDS, GUIDE, OFF_SWITCH};
use crate::http::REDIRECT_PORTS;

/// Base of every operation.
pub(super) const API: &str = "https://slack.com/api/";
/// Slot of the admin's user token, which reads the directory.
pub(super) const USER: &str = "user";
/// Slot of the bot's token, which writes.
pub(super) const BOT: &str = "bot";
/// Slot of the app-level token, which opens the socket.
pub(super) const APP: &str = "app";

/// Rate classes: Slack counts by method.
pub(super) const AUTH_TEST: &str = "auth.test";
pub(super) const AUTH_REVOKE: &str = "auth.revoke";
pub(super) const CONNECTIONS_OPEN: &str = "apps.connections.open";
pub(super) const TEAM_INFO: &str = "team.info";
pub(super) const USERS_LIST: &str = "users.list";
pub(super) const USERS_LOOKUP: &str = "users.lookupByEmail";
pub(super) const OPEN: &str = "conversations.open";
pub(super) const HISTORY: &str = "conversations.history";
pub(super) const POST: &str = "chat.postMessage";
pub(super) const UPDATE: &str = "chat.update";

/// How the admin signs in: a desktop program gets user scopes only.
const SIGN_IN: AuthCode = AuthCode {
    authorize_url: "https://slack.com/oauth/v2/authorize",
    token_url: "https://slack.com/api/oauth.v2.access",
    client: Client::Public { id: "client_id" },
    redirect: Redirect { host: "localhost", ports: Ports::Fixed(REDIRECT_PORTS), path: "/slack" },
    scope_parameter: Some("user_scope"),
    scope_separator: ",",
    grant_scopes: &[],
    scope_at_token: false,
    parameters: &[],
    login_hint: false,
    token_at: "/authed_user",
    // Refresh tokens of an app with PKCE.
    refresh_life: Some(Duration::from_secs(30 * 24 * 3600)),
};

/// A minute's tier; bursts are allowed.
const fn a_minute(class: &'static str, amount: u32) -> Rate {
    Rate { class, also: &[], scope: RateScope::Tenant, amount, per: Duration::from_secs(60), burst: amount }
}

/// Everything about Slack that is data.
pub(crate) static INFO: PlatformInfo = PlatformInfo {
    id: PlatformId::new("slack"),
    name: "Slack",
    tenant_word: "workspace",
    hosts: &["slack.com"],
    clouds: CLOUDS,
    guide: GUIDE,
    off_switch: OFF_SWITCH,
    capabilities: Capabilities {
        teams: false,
        own_account: false,
        stand_in: Some(RepresentationKind::Bot),
        stand_in_always: true,
        stand_in_needs_email: false,
        stand_in_removable: false,
        poll_answers: true,
        edits: None,
        revoke: false,
    },
    fields: &[
        Field {
            name: CLOUD,
            help: "Whether the workspace lives in commercial Slack or in GovSlack.",
            secret: false,
            required: false,
            shapes: &[Shape::OneOf(&[("commercial", "Commercial"), ("govslack", "GovSlack")])],
            proof: Proof::Looks,
        },
        Field {
            name: "client_id",
            help: "Client ID of your app, under App Credentials on its page Basic Information.",
            secret: false,
            required: true,
            shapes: &[Shape::Word { marks: ".", least: 12, most: 64 }],
            proof: Proof::Client(&SIGN_IN),
        },
        Field {
            name: "client_secret",
            help: "Client Secret of the app; with PKCE nothing needs it, so leave it empty.",
            secret: true,
            required: false,
            shapes: &[Shape::Word { marks: "", least: 16, most: 128 }],
            proof: Proof::Looks,
        },
        Field {
            name: "bot_token",
            help: "Bot User OAuth Token (xoxb-…), which the app's page Install App shows after Install to Workspace.",
            secret: true,
            required: true,
            shapes: &[Shape::Prefix("xoxb-"), Shape::Prefix("xoxe.xoxb-")],
            proof: Proof::Token(BOT),
        },
        Field {
            name: "app_token",
            help: "App-level token (xapp-…) with connections:write, from App-Level Tokens on the app's page Basic Information.",
            secret: true,
            required: false,
            shapes: &[Shape::Prefix("xapp-")],
            proof: Proof::Token(APP),
        },
        Field {
            name: "user_token",
            help: "A ready user token (xoxp-…); left out, the browser opens for signing in.",
            secret: true,
            required: false,
            shapes: &[Shape::Prefix("xoxp-"), Shape::Prefix("xoxe.xoxp-")],
            proof: Proof::Token(USER),
        },
    ],
    slots: &[
        Slot {
            name: USER,
            field: "user_token",
            source: Source::Browser(SIGN_IN),
            scopes: &[
                Scope {
                    name: "users:read",
                    reason: "Reads the names of everyone in the workspace.",
                    need: Need::Import,
                    without: "Nobody in Slack can be imported.",
                    optional: false,
                },
                Scope {
                    name: "users:read.email",
                    reason: "Reads their addresses, by which people are matched.",
                    need: Need::Import,
                    without: "People are imported without addresses, so that they are matched with nobody.",
                    optional: false,
                },
                Scope {
                    name: "team:read",
                    reason: "Shows the workspace's name, so that you see what you connected.",
                    need: Need::Import,
                    without: "The workspace appears under the short name that every token shows.",
                    optional: true,
                },
            ],
            optional: false,
        },
        Slot {
            name: BOT,
            field: "bot_token",
            source: Source::Given,
            scopes: &[
                Scope {
                    name: "chat:write",
                    reason: "Sends the message that asks a person to authorise.",
                    need: Need::Prompt,
                    without: "Nobody can be asked or told anything in Slack.",
                    optional: false,
                },
                Scope {
                    name: "im:write",
                    reason: "Opens the direct conversation with a person.",
                    need: Need::Prompt,
                    without: "No direct conversation can be opened, so nobody can be asked in Slack.",
                    optional: false,
                },
                Scope {
                    name: "im:history",
                    reason: "Reads the answers in that conversation, and nothing else.",
                    need: Need::Prompt,
                    without: "Answers to messages in Slack are not read, so nobody can be asked there.",
                    optional: false,
                },
                Scope {
                    name: "chat:write.customize",
                    reason: "Posts under the name of the person whom the bot represents.",
                    need: Need::StandIn,
                    without: "Nobody can be represented in Slack; asking people there still works.",
                    optional: false,
                },
            ],
            optional: false,
        },
        Slot { name: APP, field: "app_token", source: Source::Given, scopes: &[], optional: true },
    ],
    questions: &[
        Question {
            key: "second_factor",
            text: "Does signing in to this workspace need a second factor, and which?",
            choices: &[("none", "No second factor"), ("app", "Authenticator app"), ("sms", "Text message"), ("sso", "Single sign-on")],
        },
        Question {
            key: "approval",
            text: "When may the browser open for your approval?",
            choices: &[("now", "Now"), ("later", "Later, in one go for everybody who waits")],
        },
    ],
    employee: None,
    rates: &[
        a_minute(AUTH_TEST, 100),
        a_minute(AUTH_REVOKE, 50),
        a_minute(CONNECTIONS_OPEN, 50),
        a_minute(TEAM_INFO, 50),
        a_minute(USERS_LIST, 20),
        a_minute(USERS_LOOKUP, 50),
        a_minute(OPEN, 50),
        a_minute(HISTORY, 50),
        a_minute(UPDATE, 50),
        a_minute(POST, 200),
        Rate { class: POST, also: &[], scope: RateScope::Channel, amount: 1, per: Duration::from_secs(1), burst: 1 },
    ],
    costs: &[
        Cost::together(Work::Represent, AUTH_TEST, 1),
        Cost::of(Work::Prompt, OPEN, 1),
        Cost::of(Work::Prompt, POST, 1),
        Cost::of(Work::Withdraw, UPDATE, 1),
        Cost::of(Work::Listen, HISTORY, 1),
    ],
    settles: Duration::from_secs(10),
    text_limit: 4000,
    page_size: 1000,
};
