//! Microsoft: Entra sign-in and the part of Graph that Teams needs, for one tenant and one public client.
//! Written from the vendor's documents; must not know any other fake.
//!
//! | file | what |
//! |---|---|
//! | `sign_in` | authorize, admin consent, redirect rule, discovery |
//! | `token` | the token and device code operations, in Entra's words |
//! | `keys` | the key that signs id tokens, and its public half |
//! | `consents` | which scopes exist, who may consent to them, who did |
//! | `policies` | the tenant's rules: consent, Conditional Access, public client flows |
//! | `graph` | the table of Graph operations: rights, limits and options of each, and Graph's errors |
//! | `throttle` | Graph's limits |
//! | `odata`, `lists` | `$filter`, `$select`, pages and next links |
//! | `directory`, `users`, `delta`, `invitations` | people, and guests made here |
//! | `groups` | groups and teams |
//! | `chats`, `messages` | conversations |
//! | `batch` | many requests in one |
//!
//! Where the documents leave a fact open this fake takes the side that hurts the client more, so that nobody relies on
//! luck: a guest's own token neither creates chats nor posts; Chat scopes need an admin's consent; `slow_down` comes as
//! in RFC 8628 (Entra's page does not list it; its number is not known, so it carries that of `authorization_pending`);
//! removing a person needs `User.ReadWrite.All`, the narrower scope is not enough; chat ids cannot be built from the
//! members' ids. A guest that has not redeemed its invitation may be put into a group chat. `hostedContents` are refused.
//! Pages of Graph that no list here names (beta, subscriptions, channels) are unknown operations.

mod batch;
mod chats;
mod consents;
mod delta;
mod directory;
mod graph;
mod groups;
mod invitations;
mod keys;
mod lists;
mod messages;
mod odata;
mod policies;
mod properties;
mod sign_in;
#[cfg(test)]
mod tests;
mod throttle;
mod token;
mod users;

use serde_json::{Value, json};

pub(crate) use graph::throttled;

use crate::http::{Answer, Context};
use crate::{Account, LimitRow, Platform, Simulator, World};

/// The vendor hosts answered here.
pub(crate) const HOSTS: &[&str] = &[LOGIN, GRAPH, DEVICE];
/// Sign-in.
const LOGIN: &str = "login.microsoftonline.com";
/// The API.
const GRAPH: &str = "graph.microsoft.com";
/// Where links lead that people open in Teams; no operation lies there.
const TEAMS: &str = "teams.microsoft.com";
/// Where people type a device code.
const DEVICE: &str = "microsoft.com";

/// The tenant's id.
const TENANT_ID: &str = "7d1f0c52-6a3e-4b8b-9c47-2f5b1e8a9d30";
/// The app's id: a public client of this tenant and of others.
const CLIENT_ID: &str = "b3c9e2a4-51d7-4f0e-8a6b-90d4c7f21e58";
/// The app's name on consent pages.
const APP_NAME: &str = "User Sync";

/// The published rate limits.
pub(crate) const LIMITS: &[LimitRow] = throttle::ROWS;

/// Everything that changes at this platform.
pub(crate) struct State {
    directory: directory::Directory,
    consents: consents::Consents,
    chats: chats::Chats,
    deltas: delta::Deltas,
    policies: policies::Policies,
}

impl State {
    pub(crate) fn new(world: &World) -> Self {
        Self {
            directory: directory::Directory::new(world),
            consents: consents::Consents::default(),
            chats: chats::Chats::default(),
            deltas: delta::Deltas::default(),
            policies: policies::Policies::default(),
        }
    }
}

/// Opens the first grants; the platform's part of `credentials` in READY.json. The admin consented to the chat scopes
/// for everybody and to all others for himself. The given token lives a day, the longest a tenant can configure.
pub(crate) fn prepare(sim: &Simulator) -> Value {
    let admin = sim.world().admin(Platform::Teams);
    let scopes = consents::all();
    {
        let mut state = sim.teams();
        state.consents.allow_everybody(consents::FOR_EVERYBODY);
        state.consents.allow_one(&admin.id, &scopes);
    }
    let access_token = token::open_access(sim, &admin.id, &scopes, 86_400).access_token;
    json!({ "tenant_id": TENANT_ID, "client_id": CLIENT_ID, "access_token": access_token })
}

/// Every operation of the platform.
pub(crate) fn route(sim: &Simulator, context: &Context) -> Answer {
    match context.host {
        LOGIN => sign_in::route(sim, context),
        GRAPH => graph::route(sim, context),
        _ if context.path == device_path(context) && context.method == "GET" => {
            crate::oauth::device_page(context, context.query_value("otc"))
        }
        _ => sim.unknown(context),
    }
}

/// Sets the tenant's rules that `wanted` names; `Err` says what is wrong with them.
pub(crate) fn set_policies(sim: &Simulator, wanted: &Value) -> Result<(), String> {
    let mut state = sim.teams();
    state.policies = state.policies.changed(wanted)?;
    Ok(())
}

/// The path of the page on which people type a device code: one page for each cloud, all on the same host.
fn device_path(context: &Context) -> &'static str {
    match context.clouds.of(Platform::Teams).name() {
        "gcc-high" | "dod" => "/deviceloginus",
        "china" => "/deviceloginchina",
        _ => "/devicelogin",
    }
}

/// An employee writes a direct message: `to` is an address, an account id, a chat's id or somebody's shown name.
pub(crate) fn speak(sim: &Simulator, account: &Account, to: &str, text: &str) -> Result<(), String> {
    chats::speak(sim, account, to, text)
}
