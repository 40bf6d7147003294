//! Webex as data: hosts, capabilities, credentials, scopes, sign-in, limits.

use std::time::Duration;

use engine::model::{PlatformId, RepresentationKind};
use engine::platform::{CLOUD, Capabilities, Cost, Need, PlatformInfo, Rate, RateScope, Scope, Work};
use engine::signin::{
    AuthCode, BasicFields, Client, DeviceGrant, EmployeeSignIn, Field, Mint, PasteBack, Ports, Proof, Redirect, Shape, Slot, Source,
};

use super::guide::{CLOUDS, GUIDE, OFF_SWITCH};
use crate::http::REDIRECT_PORTS;

/// Base of every operation.
pub(super) const API: &str = "https://webexapis.com/v1/";
/// Slot of the sender's token, who is also the admin.
pub(super) const ADMIN: &str = "admin";
/// Slot of the Service App's token, which makes guests.
pub(super) const SERVICE_APP: &str = "service_app";
/// The one rate class: limits are not published.
pub(super) const CLASS: &str = "api";
/// How often Webex lets a message be edited.
pub(super) const EDITS: u32 = 10;
/// People asked for by id in one request; the vendor's own ceiling.
pub(super) const IDS_PER_REQUEST: &str = "85";

/// What ids and secrets of apps look like: a `C` and 64 hexadecimal digits today; nobody promises the length.
const CLIENT_WORD: &[Shape] = &[Shape::Word { marks: "-_", least: 20, most: 200 }];
const TOKEN_URL: &str = "https://webexapis.com/v1/access_token";
const INTEGRATION: BasicFields = BasicFields { id: "client_id", secret: "client_secret" };
const SERVICE_APP_CLIENT: BasicFields = BasicFields { id: "service_app.client_id", secret: "service_app.client_secret" };

/// The client secret is needed beside PKCE: Webex knows no public client.
const BROWSER: AuthCode = AuthCode {
    authorize_url: "https://webexapis.com/v1/authorize",
    token_url: TOKEN_URL,
    client: Client::Form(INTEGRATION),
    redirect: Redirect { host: "localhost", ports: Ports::Fixed(REDIRECT_PORTS), path: "/webex" },
    scope_parameter: Some("scope"),
    scope_separator: " ",
    grant_scopes: &[],
    scope_at_token: false,
    parameters: &[("response_type", "code")],
    login_hint: true,
    token_at: "",
    // Webex answers it.
    refresh_life: None,
};

/// Everything about Webex that is data.
pub(crate) static INFO: PlatformInfo = PlatformInfo {
    id: PlatformId::new("webex"),
    name: "Webex",
    tenant_word: "organisation",
    hosts: &["webexapis.com"],
    clouds: CLOUDS,
    guide: GUIDE,
    off_switch: OFF_SWITCH,
    capabilities: Capabilities {
        teams: true,
        own_account: true,
        stand_in: Some(RepresentationKind::Bot),
        stand_in_always: false,
        stand_in_needs_email: false,
        stand_in_removable: false,
        poll_answers: true,
        edits: Some(EDITS),
        revoke: true,
    },
    fields: &[
        Field {
            name: CLOUD,
            help: "The Webex cloud that your organisation is in.",
            secret: false,
            required: false,
            shapes: &[Shape::OneOf(&[("commercial", "Commercial"), ("fedramp", "Webex for Government (FedRAMP)")])],
            proof: Proof::Looks,
        },
        Field {
            name: "client_id",
            help: "Client ID of your integration (developer.webex.com, My Webex Apps).",
            secret: false,
            required: true,
            shapes: CLIENT_WORD,
            proof: Proof::Device,
        },
        Field {
            name: "client_secret",
            help: "Client secret of the integration; Webex shows it once, when the integration is made.",
            secret: true,
            required: true,
            shapes: CLIENT_WORD,
            proof: Proof::Device,
        },
        Field {
            name: "access_token",
            help: "A ready access token of the sending account; left out, the browser opens for signing in.",
            secret: true,
            required: false,
            shapes: &[],
            proof: Proof::Token(ADMIN),
        },
        Field {
            name: "service_app_token",
            help: "Access token of a Service App that a Full Administrator authorised in Control Hub; it makes the guests for people without Webex.",
            secret: true,
            required: false,
            shapes: &[],
            proof: Proof::Token(SERVICE_APP),
        },
        Field {
            name: "service_app.id",
            help: "Application id of the Service App, when User Sync is to fetch its token.",
            secret: false,
            required: false,
            shapes: &[Shape::Word { marks: "-_=", least: 20, most: 300 }],
            proof: Proof::Looks,
        },
        Field {
            name: "service_app.client_id",
            help: "Client id of the Service App, when User Sync is to fetch its token.",
            secret: false,
            required: false,
            shapes: CLIENT_WORD,
            proof: Proof::Looks,
        },
        Field {
            name: "service_app.client_secret",
            help: "Client secret of the Service App, when User Sync is to fetch its token.",
            secret: true,
            required: false,
            shapes: CLIENT_WORD,
            proof: Proof::Looks,
        },
    ],
    slots: &[
        Slot {
            name: ADMIN,
            field: "access_token",
            source: Source::Browser(BROWSER),
            scopes: &[
                Scope {
                    name: "spark-admin:people_read",
                    reason: "Reads the names and addresses of everyone in the organisation.",
                    need: Need::Import,
                    without: "Nobody can be imported from Webex.",
                    optional: false,
                },
                Scope {
                    name: "spark:people_read",
                    reason: "Tells which account signed in and finds people by their address.",
                    need: Need::Import,
                    without: "Nothing works: User Sync cannot tell which account it is connected with.",
                    optional: false,
                },
                Scope {
                    name: "spark-admin:organizations_read",
                    reason: "Shows the organisation's name, so that you see what you connected.",
                    need: Need::Import,
                    without: "The organisation is shown by its id instead of its name.",
                    optional: true,
                },
                Scope {
                    name: "spark:teams_read",
                    reason: "Lists the teams that you can choose for import.",
                    need: Need::Import,
                    without: "Single teams cannot be chosen for import.",
                    optional: false,
                },
                Scope {
                    name: "spark:team_memberships_read",
                    reason: "Reads who belongs to a chosen team.",
                    need: Need::Import,
                    without: "The members of single teams cannot be imported.",
                    optional: false,
                },
                Scope {
                    name: "spark:messages_write",
                    reason: "Sends the message that asks a person to authorise.",
                    need: Need::Prompt,
                    without: "Nobody whose primary platform is Webex can be asked to authorise.",
                    optional: false,
                },
                Scope {
                    name: "spark:messages_read",
                    reason: "Reads the answers to those messages, and nothing else.",
                    need: Need::Prompt,
                    without: "Answers to prompts cannot be read: a person who has to answer with an address cannot authorise.",
                    optional: false,
                },
                Scope {
                    name: "spark:kms",
                    reason: "Webex encrypts messages; without it their text cannot be read or written.",
                    need: Need::Prompt,
                    without: "Messages can be neither written nor read, so nobody can be asked to authorise in Webex.",
                    optional: false,
                },
                Scope {
                    name: "spark:applications_token",
                    reason: "Fetches the token of the Service App that makes guests.",
                    need: Need::StandIn,
                    without: "User Sync cannot fetch the Service App's token; without one that you enter there are no guests.",
                    optional: true,
                },
                Scope {
                    name: "identity:tokens_read",
                    reason: "Finds a person's authorisation of User Sync when it is to be withdrawn.",
                    need: Need::Reset,
                    without: "A person's authorisation stays listed at Webex after a reset, and is named as left.",
                    optional: true,
                },
                Scope {
                    name: "identity:tokens_write",
                    reason: "Withdraws a person's authorisation of User Sync.",
                    need: Need::Reset,
                    without: "A person's authorisation stays in force at Webex after a reset; User Sync destroys only its own tokens.",
                    optional: true,
                },
            ],
            optional: false,
        },
        Slot {
            name: SERVICE_APP,
            field: "service_app_token",
            source: Source::Minted(Mint {
                url: "https://webexapis.com/v1/applications/{service_app.id}/token",
                signed_by: ADMIN,
                members: &[
                    ("clientId", "service_app.client_id"),
                    ("clientSecret", "service_app.client_secret"),
                    ("targetOrgId", "{tenant}"),
                ],
                refresh_url: TOKEN_URL,
                client: Client::Form(SERVICE_APP_CLIENT),
            }),
            scopes: &[
                Scope {
                    name: "guest-issuer:read",
                    reason: "Checks that the Service App may make guests.",
                    need: Need::StandIn,
                    without: "It cannot be told whether the Service App may make guests, so none are made.",
                    optional: false,
                },
                Scope {
                    name: "guest-issuer:write",
                    reason: "Makes the guest that stands for a person without Webex.",
                    need: Need::StandIn,
                    without: "People without Webex cannot be represented there.",
                    optional: false,
                },
            ],
            optional: true,
        },
    ],
    questions: &[],
    employee: Some(EmployeeSignIn {
        device: Some(DeviceGrant {
            start_url: "https://webexapis.com/v1/device/authorize",
            start_client: Client::Public { id: "client_id" },
            start_in_query: false,
            send_scopes: true,
            poll_url: "https://webexapis.com/v1/device/token",
            poll_client: Client::BasicAndForm(INTEGRATION),
            refresh_url: TOKEN_URL,
            refresh_client: Client::Form(INTEGRATION),
        }),
        paste_back: Some(PasteBack { code: BROWSER }),
        scopes: &[
            Scope {
                name: "spark:people_read",
                reason: "Tells that it is really you who authorised.",
                need: Need::OwnAccount,
                without: "Nobody can authorise their own account: it cannot be told whose it is.",
                optional: false,
            },
            Scope {
                name: "spark:messages_write",
                reason: "Sends your colleagues' answers to you and your messages to them.",
                need: Need::OwnAccount,
                without: "A person's own account cannot send.",
                optional: false,
            },
            Scope {
                name: "spark:messages_read",
                reason: "Reads the direct messages that are to reach you elsewhere.",
                need: Need::OwnAccount,
                without: "A person's own account cannot receive.",
                optional: false,
            },
            Scope {
                name: "spark:rooms_read",
                reason: "Notices in which direct conversation something new was written.",
                need: Need::OwnAccount,
                without: "New messages to a person would have to be looked for conversation by conversation.",
                optional: false,
            },
            Scope {
                name: "spark:kms",
                reason: "Webex encrypts messages; without it their text cannot be read or written.",
                need: Need::OwnAccount,
                without: "A person's own account can neither send nor receive.",
                optional: false,
            },
        ],
        grant_scopes: &[],
    }),
    rates: &[Rate { class: CLASS, also: &[], scope: RateScope::Tenant, amount: 10, per: Duration::from_secs(1), burst: 20 }],
    costs: &[
        Cost::of(Work::Represent, CLASS, 1),
        Cost::of(Work::Prompt, CLASS, 1),
        Cost::of(Work::Withdraw, CLASS, 1),
        Cost::of(Work::Listen, CLASS, 1),
        Cost::of(Work::Verify, CLASS, 1),
        Cost::of(Work::Revoke, CLASS, 2),
    ],
    settles: Duration::from_secs(10),
    text_limit: 7439,
    page_size: 500,
};
