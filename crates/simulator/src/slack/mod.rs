//! Slack: OAuth v2, the Web API and Socket Mode, for one workspace with internal apps.
//!
//! Written from Slack's documents; must not know any other fake. Methods are a table (`methods`) with one function
//! each; state and rules stand beside them.
//!
//! UNCONFIRMED facts and what is done here: the numbers behind "special" limits (see `methods`), the body of a 429
//! (`{"ok":false,"error":"ratelimited"}`), how long a used refresh token goes on working (60 s), that a post under
//! another name can be edited by its app (it can), `invalid_arg_name` for an argument the method does not know.

mod apps;
mod args;
mod directory;
mod files;
mod history;
mod messages;
mod methods;
mod oauth;
mod posts;
pub(crate) mod sockets;
mod state;
#[cfg(test)]
mod tests;
mod tokens;
mod wire;

use serde_json::{Value, json};

use crate::http::{Answer, Context};
use crate::{Account, Simulator};

pub(crate) use messages::speak;
pub(crate) use methods::{LIMITS, throttled};
pub(crate) use sockets::tick;
pub(crate) use state::State;

/// The vendor hosts answered here.
pub(crate) const HOSTS: &[&str] = &["slack.com", files::FILE_HOST, sockets::SOCKET_HOST];

/// The app that the admin made for User Sync, its bot installed and its app-level token made by hand; a user token of
/// the admin; and, beyond READY.json's contract, a pair of app configuration tokens (`config_token`, `config_refresh_token`).
pub(crate) fn prepare(sim: &Simulator) -> Value {
    let app = apps::first_app(sim);
    let admin = sim.world().admin(crate::Platform::Slack).id.clone();
    let (config_token, config_refresh_token) = tokens::configuration_tokens(sim, &admin);
    json!({
        "user_token": tokens::first_token(sim, &app, "user", Some(admin)),
        "bot_token": tokens::first_token(sim, &app, "bot", None),
        "app_token": tokens::app_level_token(sim, &app),
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "app_id": app.id,
        "config_token": config_token,
        "config_refresh_token": config_refresh_token,
    })
}

/// The first app is installed again, and its tokens are made anew by hand.
pub(crate) fn install(sim: &Simulator) -> Value {
    let id = sim.credentials()["slack"]["app_id"].as_str().unwrap_or_default().to_owned();
    let app = {
        let mut state = sim.slack();
        let Some(app) = state.apps.get_mut(&id) else { return json!({ "error": "the app was deleted" }) };
        app.installed = true;
        app.clone()
    };
    json!({ "bot_token": tokens::first_token(sim, &app, "bot", None), "app_token": tokens::app_level_token(sim, &app) })
}

/// Every operation of the platform.
pub(crate) fn route(sim: &Simulator, context: &Context) -> Answer {
    match (context.method.as_str(), context.host, context.path.as_str()) {
        ("GET", "slack.com", "/oauth/v2/authorize") => oauth::authorize(sim, context, oauth::Page::Both),
        ("GET", "slack.com", "/oauth/v2_user/authorize") => oauth::authorize(sim, context, oauth::Page::UserOnly),
        ("POST", files::FILE_HOST, path) if path.starts_with("/upload/v1/") => files::upload(sim, context),
        ("GET" | "POST", "slack.com", path) => match path.strip_prefix("/api/").and_then(methods::find) {
            Some(method) if context.method == "POST" || method.get => methods::call(sim, context, method),
            _ => sim.unknown(context),
        },
        _ => sim.unknown(context),
    }
}

/// The account of the human with this user id, who can be written to.
pub(super) fn human<'a>(sim: &'a Simulator, user: &str) -> Option<&'a Account> {
    sim.world().by_id(crate::Platform::Slack, user)
}
