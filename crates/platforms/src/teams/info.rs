//! Microsoft Teams as data: hosts, capabilities, credentials, scopes, sign-in, limits.

use std::time::Duration;

use engine::model::{PlatformId, RepresentationKind};
use engine::platform::{CLOUD, Capabilities, Cost, Need, PlatformInfo, Rate, RateScope, Scope, Work};
use engine::signin::{AuthCode, Client, DeviceGrant, EmployeeSignIn, Field, PasteBack, Ports, Proof, Redirect, Shape, Slot, Source};

use super::guide::{CLOUDS, GUIDE, OFF_SWITCH};
use crate::http::REDIRECT_PORTS;

/// Base of every operation: Microsoft Graph.
pub(super) const API: &str = "https://graph.microsoft.com/v1.0/";
/// Where a guest lands who follows their invitation. No request of ours goes there.
pub(super) const TEAMS_PAGE: &str = "https://teams.microsoft.com";
/// Slot of the sender's token, who is also the admin.
pub(super) const ADMIN: &str = "admin";
/// The scope that lets the tenant's own rules be read.
pub(super) const POLICIES: &str = "Policy.Read.All";

/// Reading users and groups.
pub(super) const DIRECTORY: &str = "directory";
/// Changing the directory.
pub(super) const DIRECTORY_WRITE: &str = "directory_write";
/// Inviting guests.
pub(super) const INVITATIONS: &str = "invitations";
/// Reading teams.
pub(super) const TEAMS_READ: &str = "teams_read";
/// Opening chats, editing messages.
pub(super) const TEAMS_WRITE: &str = "teams_write";
/// Reading chat messages.
pub(super) const MESSAGES_READ: &str = "messages_read";
/// Writing chat messages.
pub(super) const MESSAGES_WRITE: &str = "messages_write";

const AUTHORIZE: &str = "https://login.microsoftonline.com/{tenant_id}/oauth2/v2.0/authorize";
const TOKEN: &str = "https://login.microsoftonline.com/{tenant_id}/oauth2/v2.0/token";
const DEVICE: &str = "https://login.microsoftonline.com/{tenant_id}/oauth2/v2.0/devicecode";
const CLIENT: Client = Client::Public { id: "client_id" };

/// The code grant; Entra ignores the port of a registered `http://localhost` and compares the path.
const fn code(ports: Ports, parameters: &'static [(&'static str, &'static str)]) -> AuthCode {
    AuthCode {
        authorize_url: AUTHORIZE,
        token_url: TOKEN,
        client: CLIENT,
        redirect: Redirect { host: "localhost", ports, path: "" },
        scope_parameter: Some("scope"),
        scope_separator: " ",
        grant_scopes: &["offline_access"],
        scope_at_token: true,
        parameters,
        login_hint: true,
        token_at: "",
        // From each use anew.
        refresh_life: Some(Duration::from_secs(90 * 24 * 3600)),
    }
}

const fn per_second(class: &'static str, amount: u32) -> Rate {
    Rate { class, also: &[], scope: RateScope::Tenant, amount, per: Duration::from_secs(1), burst: amount }
}

/// So many in so many seconds; a token bucket, which is full after a rest.
const fn directory(class: &'static str, also: &'static [&'static str], amount: u32, seconds: u64) -> Rate {
    Rate { class, also, scope: RateScope::Tenant, amount, per: Duration::from_secs(seconds), burst: amount }
}

/// Everything about Microsoft Teams that is data.
pub(crate) static INFO: PlatformInfo = PlatformInfo {
    id: PlatformId::new("teams"),
    name: "Microsoft Teams",
    tenant_word: "tenant",
    hosts: &["graph.microsoft.com", "login.microsoftonline.com", "teams.microsoft.com"],
    clouds: CLOUDS,
    guide: GUIDE,
    off_switch: OFF_SWITCH,
    capabilities: Capabilities {
        teams: true,
        own_account: true,
        stand_in: Some(RepresentationKind::Guest),
        stand_in_always: false,
        stand_in_needs_email: true,
        stand_in_removable: true,
        poll_answers: false,
        edits: None,
        revoke: false,
    },
    fields: &[
        Field {
            name: CLOUD,
            help: "The Microsoft cloud that your tenant is in; GCC tenants are in the commercial one.",
            secret: false,
            required: false,
            shapes: &[Shape::OneOf(&[
                ("commercial", "Commercial and GCC"),
                ("gcc-high", "GCC High"),
                ("dod", "DoD"),
                ("china", "China (21Vianet)"),
            ])],
            proof: Proof::Looks,
        },
        Field {
            name: "tenant_id",
            help: "Directory (tenant) ID, on the Overview page of the app registration in the Entra admin center, or a domain of the tenant.",
            secret: false,
            required: true,
            shapes: &[Shape::Guid, Shape::Domain],
            proof: Proof::Page("https://login.microsoftonline.com/{tenant_id}/v2.0/.well-known/openid-configuration"),
        },
        Field {
            name: "client_id",
            help: "Application (client) ID, on the same page. The app is a public client with the redirect http://localhost.",
            secret: false,
            required: true,
            shapes: &[Shape::Guid],
            proof: Proof::Device,
        },
        Field {
            name: "access_token",
            help: "A ready Microsoft Graph access token of the sending account; leave it empty to sign in with the browser.",
            secret: true,
            required: false,
            shapes: &[],
            proof: Proof::Token(ADMIN),
        },
    ],
    slots: &[Slot {
        name: ADMIN,
        field: "access_token",
        source: Source::Browser(code(Ports::Any, &[("response_type", "code"), ("response_mode", "query"), ("prompt", "select_account")])),
        scopes: &[
            Scope {
                name: "User.Read",
                reason: "To see who signed in, and the tenant's name and domains.",
                need: Need::Import,
                without: "Nothing works: User Sync cannot tell which tenant it is connected to.",
                optional: false,
            },
            Scope {
                name: "User.Read.All",
                reason: "To list people with their addresses, licences and whether their account is active.",
                need: Need::Import,
                without: "Nobody can be imported from Microsoft Teams.",
                optional: false,
            },
            Scope {
                name: "Team.ReadBasic.All",
                reason: "To list the teams that you can choose for import.",
                need: Need::Import,
                without: "Single teams cannot be chosen for import.",
                optional: false,
            },
            Scope {
                name: "GroupMember.Read.All",
                reason: "To list the members of the teams you chose.",
                need: Need::Import,
                without: "The members of single teams cannot be imported.",
                optional: false,
            },
            Scope {
                name: "Chat.ReadWrite",
                reason: "To send prompts as the signed-in account, edit them, and read the answers to them.",
                need: Need::Prompt,
                without: "Nobody whose primary platform is Microsoft Teams can be asked to authorise.",
                optional: false,
            },
            Scope {
                name: "User.Invite.All",
                reason: "To invite people without an account as guests.",
                need: Need::StandIn,
                without: "People without an account in the tenant cannot be represented by a guest.",
                optional: true,
            },
            Scope {
                name: "User.ReadWrite.All",
                reason: "To delete, at a reset, the guests that User Sync made.",
                need: Need::Reset,
                without: "A reset leaves the guests that User Sync made in the tenant, and lists them.",
                optional: true,
            },
            Scope {
                name: POLICIES,
                reason: "To say beforehand which of the tenant's own rules (consent, Conditional Access) employees will meet.",
                need: Need::Advice,
                without: "Rules of the tenant that refuse employees' sign-ins are noticed only when somebody meets them.",
                optional: true,
            },
        ],
        optional: false,
    }],
    questions: &[],
    employee: Some(EmployeeSignIn {
        device: Some(DeviceGrant {
            start_url: DEVICE,
            start_client: CLIENT,
            start_in_query: false,
            send_scopes: true,
            poll_url: TOKEN,
            poll_client: CLIENT,
            refresh_url: TOKEN,
            refresh_client: CLIENT,
        }),
        paste_back: Some(PasteBack { code: code(Ports::Fixed(REDIRECT_PORTS), &[("response_type", "code"), ("response_mode", "query")]) }),
        scopes: &[
            Scope {
                name: "User.Read",
                reason: "To make sure that the right person signed in.",
                need: Need::OwnAccount,
                without: "Nobody can authorise their own account: it cannot be told whose it is.",
                optional: false,
            },
            Scope {
                name: "Chat.ReadWrite",
                reason: "To exchange direct messages as the person who signed in.",
                need: Need::OwnAccount,
                without: "A person's own account cannot exchange direct messages.",
                optional: false,
            },
        ],
        grant_scopes: &["offline_access"],
    }),
    rates: &[
        // Buckets of the directory, per app and tenant. 3,500 units in 10 seconds is the smallest tenants' figure; a page with `$select`
        // costs one unit. Whatever asks or changes the directory counts, and a refusal of one holds back all.
        directory(DIRECTORY, &[DIRECTORY_WRITE, INVITATIONS], 3500, 10),
        directory(DIRECTORY_WRITE, &[INVITATIONS], 3000, 150),
        directory(INVITATIONS, &[], 150, 5),
        per_second(TEAMS_READ, 30),
        per_second(TEAMS_WRITE, 30),
        per_second(MESSAGES_READ, 20),
        per_second(MESSAGES_WRITE, 20),
    ],
    costs: &[
        // Three looks for somebody with the address, and one at the guest.
        Cost::of(Work::Represent, DIRECTORY, 4),
        Cost::of(Work::Represent, INVITATIONS, 1),
        Cost::of(Work::Prompt, TEAMS_WRITE, 1),
        Cost::of(Work::Prompt, MESSAGES_WRITE, 1),
        Cost::of(Work::Withdraw, TEAMS_WRITE, 1),
        Cost::of(Work::Listen, MESSAGES_READ, 1),
        Cost::of(Work::Verify, DIRECTORY, 2),
        Cost::of(Work::Dismiss, DIRECTORY_WRITE, 1),
    ],
    settles: Duration::from_secs(30),
    text_limit: 7_000,
    page_size: 999,
};
