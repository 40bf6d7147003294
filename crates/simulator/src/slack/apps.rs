//! Apps: the first one, manifests, sockets' addresses, uninstalling, the home tab.

use serde_json::{Value, json};

use super::args::{self, client};
use super::methods::{Call, Outcome};
use super::sockets;
use super::state::{App, TEAM_DOMAIN, TEAM_ID};
use super::wire::Trouble;
use crate::{ALPHANUMERIC, CAPITALS, DIGITS, Platform, Simulator};

/// The redirect addresses of User Sync's app: Slack compares ports exactly, so there is a short list.
const REDIRECT_PORTS: std::ops::RangeInclusive<u16> = 43_117..=43_126;
/// All that User Sync asks of a bot; the files and reactions are for relayed messages.
const BOT_SCOPES: [&str; 13] = [
    "chat:write",
    "chat:write.customize",
    "im:write",
    "im:history",
    "im:read",
    "users:read",
    "users:read.email",
    "team:read",
    "files:read",
    "files:write",
    "reactions:write",
    "mpim:write",
    "mpim:history",
];
const USER_SCOPES: [&str; 8] =
    ["users:read", "users:read.email", "team:read", "chat:write", "im:write", "im:history", "im:read", "reactions:write"];

/// The app that the admin made by hand before the story begins.
pub(super) fn first_app(sim: &Simulator) -> App {
    let redirect_urls: Vec<String> = REDIRECT_PORTS.map(|port| format!("http://localhost:{port}/slack")).collect();
    let manifest = json!({
        "display_information": { "name": "User Sync", "description": "Lets colleagues on other chat platforms write to you" },
        "features": {
            "bot_user": { "display_name": "usersync", "always_online": true },
            "app_home": { "home_tab_enabled": true, "messages_tab_enabled": true, "messages_tab_read_only_enabled": false },
        },
        "oauth_config": { "redirect_urls": redirect_urls, "pkce_enabled": true, "scopes": { "bot": BOT_SCOPES, "user": USER_SCOPES } },
        "settings": {
            "event_subscriptions": { "bot_events": ["message.im", "app_uninstalled", "tokens_revoked"] },
            "socket_mode_enabled": true, "org_deploy_enabled": false, "token_rotation_enabled": false, "interactivity": { "is_enabled": false },
        },
    });
    let mut app = make(sim, manifest);
    app.installed = true;
    sim.slack().apps.insert(app.id.clone(), app.clone());
    app
}

fn make(sim: &Simulator, manifest: Value) -> App {
    App {
        id: format!("A0{}", sim.random_text(CAPITALS, 9)),
        client_id: format!("{}.{}", sim.random_text(DIGITS, 12), sim.random_text(DIGITS, 13)),
        client_secret: sim.secret(sim.random_text("0123456789abcdef", 32)),
        signing_secret: sim.secret(sim.random_text("0123456789abcdef", 32)),
        verification_token: sim.secret(sim.random_text(ALPHANUMERIC, 24)),
        bot_id: format!("B0{}", sim.random_text(CAPITALS, 9)),
        bot_user: format!("U0{}", sim.random_text(CAPITALS, 9)),
        manifest,
        installed: false,
    }
}

pub(super) fn connections_open(call: &Call<'_>) -> Outcome {
    let app = app_of_call(call)?;
    if !app.socket_mode() {
        return Err(Trouble::of("forbidden_team"));
    }
    Ok(json!({ "url": sockets::ticket(call.sim, call.context, &app.id) }))
}

fn app_of_call(call: &Call<'_>) -> Result<App, Trouble> {
    call.sim.slack().app_of_client(&call.grant()?.client_id).cloned().ok_or_else(|| Trouble::of("invalid_auth"))
}

pub(super) fn validate(call: &Call<'_>) -> Outcome {
    if let Some(id) = call.args.text("app_id") {
        known_app(call, id, "invalid_app_id")?;
    }
    check(&args::manifest(&call.args)?)?;
    Ok(json!({ "errors": [] }))
}

pub(super) fn create(call: &Call<'_>) -> Outcome {
    if call.args.text("team_id").is_some_and(|team| team != TEAM_ID) {
        return Err(Trouble::of("invalid_team_id"));
    }
    let manifest = args::manifest(&call.args)?;
    check(&manifest)?;
    let app = make(call.sim, manifest);
    let scope = app.scopes("bot").join(",");
    let url = call.context.absolute(
        "slack.com",
        &format!("/oauth/v2/authorize?{}", crate::http::encode(&[("client_id", &app.client_id), ("scope", &scope)])),
    );
    let body = json!({
        "app_id": app.id,
        "credentials": {
            "client_id": app.client_id, "client_secret": app.client_secret, "verification_token": app.verification_token, "signing_secret": app.signing_secret,
        },
        "oauth_authorize_url": url, "team_id": TEAM_ID, "team_domain": TEAM_DOMAIN,
    });
    call.sim.slack().apps.insert(app.id.clone(), app);
    Ok(body)
}

pub(super) fn update(call: &Call<'_>) -> Outcome {
    let id = call.args.needed("app_id")?.to_owned();
    known_app(call, &id, "invalid_app_id")?;
    let manifest = args::manifest(&call.args)?;
    check(&manifest)?;
    let mut state = call.sim.slack();
    let app = state.apps.get_mut(&id).ok_or_else(|| Trouble::of("app_not_found"))?;
    if app.pkce() && !manifest["oauth_config"]["pkce_enabled"].as_bool().unwrap_or(false) {
        return Err(faults(vec![json!({ "message": "PKCE cannot be switched off again", "pointer": "/oauth_config/pkce_enabled" })]));
    }
    let scopes = |app: &App| [app.scopes("bot").join(","), app.scopes("user").join(",")];
    let (before, had_sockets) = (scopes(app), app.socket_mode());
    app.manifest = manifest;
    let permissions_updated = scopes(app) != before;
    if had_sockets && !app.socket_mode() {
        state.sockets.disconnect(call.sim, &id, "link_disabled");
    }
    Ok(json!({ "app_id": id, "permissions_updated": permissions_updated }))
}

pub(super) fn export(call: &Call<'_>) -> Outcome {
    let id = call.args.needed("app_id")?;
    Ok(json!({ "manifest": known_app(call, id, "app_not_found")?.manifest }))
}

pub(super) fn delete(call: &Call<'_>) -> Outcome {
    let id = call.args.needed("app_id")?.to_owned();
    let app = known_app(call, &id, "app_not_found")?;
    let mut state = call.sim.slack();
    state.sockets.disconnect(call.sim, &id, "link_disabled");
    state.apps.remove(&id);
    drop(state);
    revoke_all(call.sim, &app.client_id, &["bot", "user", "app"]);
    Ok(json!({}))
}

fn known_app(call: &Call<'_>, id: &str, wrong: &'static str) -> Result<App, Trouble> {
    call.sim.slack().apps.get(id).cloned().ok_or_else(|| Trouble::of(wrong))
}

/// Ends every grant of the app of these kinds.
fn revoke_all(sim: &Simulator, client_id: &str, kinds: &[&str]) {
    let mut tokens = sim.tokens();
    let ended: Vec<u64> = tokens
        .grants(Platform::Slack)
        .into_iter()
        .filter(|grant| grant.client_id == client_id && kinds.contains(&grant.kind))
        .map(|grant| grant.id)
        .collect();
    for grant in ended {
        tokens.revoke(grant);
    }
}

pub(super) fn uninstall(call: &Call<'_>) -> Outcome {
    let (id, secret) = client(call.context, &call.args);
    let app = {
        let state = call.sim.slack();
        state.app_of_client(id.as_deref().unwrap_or_default()).cloned().ok_or_else(|| Trouble::of("invalid_client_id"))?
    };
    if secret.as_deref() != Some(&app.client_secret) {
        return Err(Trouble::of("bad_client_secret"));
    }
    if call.grant()?.client_id != app.client_id {
        return Err(Trouble::of("client_id_token_mismatch"));
    }
    let event = json!({ "type": "app_uninstalled", "event_ts": call.sim.slack().next_ts(call.context.now) });
    if app.hears("app_uninstalled") {
        sockets::deliver(call.sim, &app.id, &event, &app.bot_user, call.context.now);
    }
    if let Some(app) = call.sim.slack().apps.get_mut(&app.id) {
        app.installed = false;
    }
    revoke_all(call.sim, &app.client_id, &["bot", "user"]);
    Ok(json!({ "uninstalled": true }))
}

pub(super) fn publish_view(call: &Call<'_>) -> Outcome {
    let app = app_of_call(call)?;
    if !app.manifest["features"]["app_home"]["home_tab_enabled"].as_bool().unwrap_or(false) {
        return Err(Trouble::of("not_enabled"));
    }
    let user = call.args.needed("user_id")?;
    super::human(call.sim, user).ok_or_else(|| Trouble::argument("no such user", "user_id"))?;
    let view = call.args.structure("view", "invalid_arguments")?.filter(|view| view["type"] == "home" && view["blocks"].is_array());
    let view = view.ok_or_else(|| Trouble::argument("must be a home view", "view"))?;
    if view["blocks"].as_array().is_some_and(|blocks| blocks.len() > 100) {
        return Err(Trouble::of("view_too_large"));
    }
    let text = |name: &str| view[name].as_str().unwrap_or_default();
    Ok(json!({ "view": {
        "id": format!("V0{}", call.sim.random_text(CAPITALS, 9)), "team_id": TEAM_ID, "type": "home", "blocks": view["blocks"],
        "private_metadata": text("private_metadata"), "callback_id": text("callback_id"), "external_id": text("external_id"),
        "state": { "values": {} }, "hash": format!("{}.{}", call.context.now.as_second(), call.sim.random_text(ALPHANUMERIC, 8)),
        "clear_on_close": false, "notify_on_close": false, "close": null, "submit": null, "root_view_id": null, "previous_view_id": null,
        "app_id": app.id, "app_installed_team_id": TEAM_ID, "bot_id": app.bot_id,
    } }))
}

/// The limits of Slack's manifest schema that matter here: a table of pointer, longest text and whether it must be there.
const TEXT_LIMITS: [(&str, usize, bool); 3] = [
    ("/display_information/name", 35, true),
    ("/display_information/description", 140, false),
    ("/features/bot_user/display_name", 80, false),
];
const LIST_LIMITS: [(&str, usize); 4] = [
    ("/oauth_config/redirect_urls", 1000),
    ("/oauth_config/scopes/bot", 255),
    ("/oauth_config/scopes/user", 255),
    ("/settings/event_subscriptions/bot_events", 100),
];
const TOP_LEVEL: [&str; 13] = [
    "$schema",
    "_metadata",
    "app_directory",
    "display_information",
    "features",
    "oauth_config",
    "settings",
    "functions",
    "workflows",
    "datastores",
    "outgoing_domains",
    "types",
    "external_auth_providers",
];

fn check(manifest: &Value) -> Result<(), Trouble> {
    let mut wrong = Vec::new();
    let mut fault = |message: String, pointer: &str| wrong.push(json!({ "message": message, "pointer": pointer }));
    for name in manifest.as_object().into_iter().flat_map(|fields| fields.keys()).filter(|name| !TOP_LEVEL.contains(&name.as_str())) {
        fault("Unexpected field".to_owned(), &format!("/{name}"));
    }
    for (pointer, longest, needed) in TEXT_LIMITS {
        match manifest.pointer(pointer) {
            None if needed => fault("Missing required field".to_owned(), pointer),
            None => {}
            Some(Value::String(text)) if !text.is_empty() && text.chars().count() <= longest => {}
            Some(_) => fault(format!("Must be text of 1 to {longest} characters"), pointer),
        }
    }
    for (pointer, longest) in LIST_LIMITS {
        let Some(list) = manifest.pointer(pointer) else { continue };
        let fits = list.as_array().is_some_and(|list| list.len() <= longest && list.iter().all(Value::is_string));
        if !fits {
            fault(format!("Must be a list of at most {longest} texts"), pointer);
        }
    }
    let bot = manifest.pointer("/oauth_config/scopes/bot").and_then(Value::as_array).is_some_and(|scopes| !scopes.is_empty());
    if bot && manifest.pointer("/features/bot_user").is_none() {
        fault("Bot scopes need a bot user".to_owned(), "/features/bot_user");
    }
    if wrong.is_empty() { Ok(()) } else { Err(faults(wrong)) }
}

fn faults(wrong: Vec<Value>) -> Trouble {
    Trouble { errors: Some(wrong.into()), ..Trouble::of("invalid_manifest") }
}
