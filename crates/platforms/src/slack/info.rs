//! Slack as data: hosts, capabilities, credentials, scopes, questions, limits.

use std::time::Duration;

use engine::guide::Guide;
use engine::model::{PlatformId, RepresentationKind};
use engine::platform::{Capabilities, Cloud, Need, OffSwitch, PlatformInfo, Rate, RateScope, Scope};
use engine::signin::{AuthCode, Client, Field, Ports, Proof, Question, Redirect, Slot, Source};

use crate::http::REDIRECT_PORTS;

/// Base of every operation.
pub(super) const API: &str = "https://slack.com/api/";
/// Slot of the admin's user token, which reads the directory.
pub(super) const USER: &str = "user";
/// Slot of the bot's token, which writes.
pub(super) const BOT: &str = "bot";
/// Slot of the app-level token, which opens the socket.
const APP: &str = "app";

/// Rate classes: Slack counts by method.
pub(super) const AUTH_TEST: &str = "auth.test";
pub(super) const TEAM_INFO: &str = "team.info";
pub(super) const USERS_LIST: &str = "users.list";
pub(super) const USERS_LOOKUP: &str = "users.lookupByEmail";
pub(super) const OPEN: &str = "conversations.open";
pub(super) const HISTORY: &str = "conversations.history";
pub(super) const POST: &str = "chat.postMessage";
pub(super) const UPDATE: &str = "chat.update";

/// A minute's tier; bursts are allowed.
const fn a_minute(class: &'static str, amount: u32) -> Rate {
    Rate { class, scope: RateScope::Tenant, amount, per: Duration::from_secs(60), burst: amount }
}

/// Everything about Slack that is data.
pub(crate) static INFO: PlatformInfo = PlatformInfo {
    id: PlatformId::new("slack"),
    name: "Slack",
    tenant_word: "workspace",
    hosts: &["slack.com"],
    clouds: &[Cloud::COMMERCIAL],
    guide: Guide { needs: &[], parts: &[] },
    off_switch: OffSwitch { how: "", link: "" },
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
            name: "client_id",
            help: "Client id of your app (api.slack.com/apps, Basic Information), with PKCE on and http://localhost:43117/slack to :43126/slack as redirect addresses.",
            secret: false,
            required: true,
            shapes: &[],
            proof: Proof::Looks,
        },
        Field {
            name: "client_secret",
            help: "Not needed for signing in; kept for removing the app.",
            secret: true,
            required: false,
            shapes: &[],
            proof: Proof::Looks,
        },
        Field {
            name: "bot_token",
            help: "Bot token (xoxb-…) that the app's page shows after Install to Workspace.",
            secret: true,
            required: true,
            shapes: &[],
            proof: Proof::Looks,
        },
        Field {
            name: "app_token",
            help: "App-level token (xapp-…) with connections:write, from Basic Information; it brings answers at once.",
            secret: true,
            required: false,
            shapes: &[],
            proof: Proof::Looks,
        },
        Field {
            name: "user_token",
            help: "A ready user token (xoxp-…); left out, the browser opens for signing in.",
            secret: true,
            required: false,
            shapes: &[],
            proof: Proof::Looks,
        },
    ],
    slots: &[
        Slot {
            name: USER,
            field: "user_token",
            source: Source::Browser(AuthCode {
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
            }),
            scopes: &[
                Scope {
                    name: "users:read",
                    reason: "Reads the names of everyone in the workspace.",
                    need: Need::Import,
                    without: "",
                    optional: false,
                },
                Scope {
                    name: "users:read.email",
                    reason: "Reads their addresses, by which people are matched.",
                    need: Need::Import,
                    without: "",
                    optional: false,
                },
                Scope {
                    name: "team:read",
                    reason: "Shows the workspace's name, so that you see what you connected.",
                    need: Need::Import,
                    without: "",
                    optional: false,
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
                    without: "",
                    optional: false,
                },
                Scope {
                    name: "im:write",
                    reason: "Opens the direct conversation with a person.",
                    need: Need::Prompt,
                    without: "",
                    optional: false,
                },
                Scope {
                    name: "im:history",
                    reason: "Reads the answers in that conversation, and nothing else.",
                    need: Need::Prompt,
                    without: "",
                    optional: false,
                },
                Scope {
                    name: "chat:write.customize",
                    reason: "Posts under the name of the person whom the bot represents.",
                    need: Need::StandIn,
                    without: "",
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
        a_minute(TEAM_INFO, 50),
        a_minute(USERS_LIST, 20),
        a_minute(USERS_LOOKUP, 50),
        a_minute(OPEN, 50),
        a_minute(HISTORY, 50),
        a_minute(UPDATE, 50),
        a_minute(POST, 200),
        Rate { class: POST, scope: RateScope::Channel, amount: 1, per: Duration::from_secs(1), burst: 1 },
    ],
    text_limit: 4000,
    page_size: 1000,
};
