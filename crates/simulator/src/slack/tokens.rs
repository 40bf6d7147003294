//! Slack's tokens: how they look, rotate and end; auth.test and auth.revoke; those that people make by hand.

use serde_json::{Value, json};

use super::directory::handle;
use super::methods::{Call, Outcome};
use super::sockets;
use super::state::{App, TEAM_DOMAIN, TEAM_ID};
use super::wire::Trouble;
use crate::tokens::Grant;
use crate::world::COMPANY;
use crate::{ALPHANUMERIC, DIGITS, Platform, Simulator};

/// Seconds a rotating access token lives.
const ACCESS_LIFE_S: i64 = 43_200;
/// Seconds a refresh token of a PKCE app lives.
const PKCE_REFRESH_LIFE_S: i64 = 30 * 86_400;
/// Live access tokens of one rotating grant.
const MOST_ROTATING: usize = 2;
/// The client id under which configuration tokens are kept: no app has it.
const CONFIGURATION: &str = "app-configuration";

/// The grant of this app and user: scopes add up over installs.
pub(super) fn widen(call: &Call<'_>, app: &App, kind: &'static str, account: Option<String>, scopes: &[String]) -> Grant {
    let mut tokens = call.sim.tokens();
    let known = tokens
        .grants(Platform::Slack)
        .into_iter()
        .find(|grant| grant.kind == kind && grant.client_id == app.client_id && grant.account == account)
        .map(|grant| grant.id);
    let id = known.unwrap_or_else(|| tokens.open(grant(kind, &app.client_id, account, Vec::new(), call.context.now)));
    let Some(found) = tokens.grant_mut(id) else { return grant(kind, "", None, Vec::new(), call.context.now) };
    for scope in scopes {
        if !found.scopes.contains(scope) {
            found.scopes.push(scope.clone());
        }
    }
    found.clone()
}

fn grant(kind: &'static str, client_id: &str, account: Option<String>, scopes: Vec<String>, created: jiff::Timestamp) -> Grant {
    Grant { id: 0, platform: Platform::Slack, client_id: client_id.to_owned(), account, scopes, kind, created }
}

pub(super) fn mint(call: &Call<'_>, app: &App, grant: &Grant, rotating: bool) -> Value {
    let now = call.context.now;
    let token = access_text(call.sim, grant.kind, rotating);
    let mut body = json!({ "access_token": token, "token_type": grant.kind, "scope": grant.scopes.join(",") });
    call.sim.tokens().keep_access(grant.id, &token, rotating.then_some(ACCESS_LIFE_S), now);
    if rotating {
        let refresh = format!("xoxe-1-{}", call.sim.random_text(ALPHANUMERIC, 140));
        call.sim.tokens().keep_refresh(grant.id, &refresh, app.pkce().then_some(PKCE_REFRESH_LIFE_S), now);
        body["expires_in"] = ACCESS_LIFE_S.into();
        body["refresh_token"] = refresh.into();
        let mut state = call.sim.slack();
        let live = state.rotating.entry(grant.id).or_default();
        live.push(token);
        if live.len() > MOST_ROTATING {
            call.sim.tokens().kill(&live.remove(0));
        }
    }
    body
}

fn access_text(sim: &Simulator, kind: &str, rotating: bool) -> String {
    let letter = if kind == "bot" { 'b' } else { 'p' };
    if rotating {
        return format!("xoxe.xox{letter}-1-{}", sim.random_text(ALPHANUMERIC, 160));
    }
    format!("xox{letter}-{}-{}-{}", sim.random_text(DIGITS, 12), sim.random_text(DIGITS, 13), sim.random_text(ALPHANUMERIC, 24))
}

pub(super) fn rotate_configuration(call: &Call<'_>) -> Outcome {
    let given = call.args.needed("refresh_token")?;
    let now = call.context.now;
    let grant = call.sim.tokens().refresh(given, now).map_err(|_| Trouble::of("invalid_refresh_token"))?;
    let user = grant.account.clone().filter(|_| grant.kind == "configuration").ok_or_else(|| Trouble::of("invalid_refresh_token"))?;
    call.sim.tokens().kill(given);
    let (token, refresh_token) = keep_configuration(call.sim, grant.id);
    Ok(
        json!({ "token": token, "refresh_token": refresh_token, "team_id": TEAM_ID, "user_id": user, "iat": now.as_second(), "exp": now.as_second() + ACCESS_LIFE_S }),
    )
}

pub(super) fn test(call: &Call<'_>) -> Outcome {
    let grant = call.grant()?;
    let state = call.sim.slack();
    let app = state.app_of_client(&grant.client_id);
    let mut body = json!({ "url": format!("https://{TEAM_DOMAIN}.{}/", call.context.named("slack.com")), "team": COMPANY, "team_id": TEAM_ID, "is_enterprise_install": false });
    match (&grant.account, app) {
        (Some(user), _) => {
            let account = super::human(call.sim, user).ok_or_else(|| Trouble::of("account_inactive"))?;
            body["user_id"] = user.as_str().into();
            body["user"] = handle(account).into();
        }
        (None, Some(app)) => {
            body["user_id"] = app.bot_user.as_str().into();
            body["user"] = app.bot_name().into();
            body["bot_id"] = app.bot_id.as_str().into();
        }
        (None, None) => return Err(Trouble::of("account_inactive")),
    }
    if let Some(seconds) = call.expires_in() {
        body["expires_in"] = seconds.into();
    }
    if let Some(app) = app {
        body["app_id"] = app.id.as_str().into();
        body["app_name"] = app.name().into();
    }
    Ok(body)
}

/// Ends the token's whole grant, except for configuration and app-level tokens, of which only the one ends.
pub(super) fn revoke(call: &Call<'_>) -> Outcome {
    if call.args.flag("test")? {
        return Ok(json!({ "revoked": false }));
    }
    let (grant, token) = (call.grant()?.clone(), call.token()?.to_owned());
    if !matches!(grant.kind, "bot" | "user") {
        call.sim.tokens().kill(&token);
        return Ok(json!({ "revoked": true }));
    }
    call.sim.tokens().revoke(grant.id);
    let mut state = call.sim.slack();
    let event_ts = state.next_ts(call.context.now);
    let app = state.app_of_client(&grant.client_id).filter(|app| app.hears("tokens_revoked")).cloned();
    drop(state);
    if let Some(app) = app {
        let bot: Vec<&str> = grant.account.is_none().then_some(app.bot_user.as_str()).into_iter().collect();
        let event = json!({ "type": "tokens_revoked", "event_ts": event_ts, "tokens": { "oauth": grant.account.iter().collect::<Vec<_>>(), "bot": bot } });
        sockets::deliver(call.sim, &app.id, &event, &app.bot_user, call.context.now);
    }
    Ok(json!({ "revoked": true }))
}

/// A token that does not expire, for a grant that was made before the story begins.
pub(super) fn first_token(sim: &Simulator, app: &App, kind: &'static str, account: Option<String>) -> String {
    let now = sim.clock().now();
    let scopes = app.scopes(kind).into_iter().map(str::to_owned).collect();
    let id = sim.tokens().open(grant(kind, &app.client_id, account, scopes, now));
    let token = access_text(sim, kind, false);
    sim.tokens().keep_access(id, &token, None, now);
    token
}

/// An app-level token, which people make by hand.
pub(super) fn app_level_token(sim: &Simulator, app: &App) -> String {
    let now = sim.clock().now();
    let id = sim.tokens().open(grant("app", &app.client_id, None, vec!["connections:write".to_owned()], now));
    let token = format!("xapp-1-{}-{}-{}", app.id, sim.random_text(DIGITS, 13), sim.random_text("0123456789abcdef", 64));
    sim.tokens().keep_access(id, &token, None, now);
    token
}

/// A pair of app configuration tokens, which people make by hand.
pub(super) fn configuration_tokens(sim: &Simulator, user: &str) -> (String, String) {
    let scopes = vec!["app_configurations:read".to_owned(), "app_configurations:write".to_owned()];
    let id = sim.tokens().open(grant("configuration", CONFIGURATION, Some(user.to_owned()), scopes, sim.clock().now()));
    keep_configuration(sim, id)
}

fn keep_configuration(sim: &Simulator, grant: u64) -> (String, String) {
    let now = sim.clock().now();
    let token = access_text(sim, "configuration", true);
    let refresh = format!("xoxe-1-{}", sim.random_text(ALPHANUMERIC, 140));
    let mut tokens = sim.tokens();
    tokens.keep_access(grant, &token, Some(ACCESS_LIFE_S), now);
    tokens.keep_refresh(grant, &refresh, None, now);
    (token, refresh)
}
