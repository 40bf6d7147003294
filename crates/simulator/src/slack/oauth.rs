//! Slack's OAuth v2: authorize pages, codes with and without PKCE, refreshing.
//!
//! A redirect to localhost of an app that opted into PKCE is a desktop redirect: it needs a challenge and gets user
//! scopes only, and its tokens rotate. Ports are compared exactly.

use serde_json::{Value, json};

use super::args::client;
use super::methods::{Call, Outcome};
use super::state::{App, TEAM_ID};
use super::tokens::{mint, widen};
use super::wire::Trouble;
use crate::http::{Answer, Context};
use crate::oauth::{AuthorizeRequest, Code, ResponseMode, consent_page, notice};
use crate::world::{COMPANY, Kind};
use crate::{Account, Platform, Simulator};

/// Seconds a used refresh token goes on working.
const REFRESH_GRACE_S: i64 = 60;
const CODE_LIFE_S: i64 = 600;

/// Which of Slack's two authorize pages.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Page {
    /// `/oauth/v2/authorize`: bot scopes in `scope`, user scopes in `user_scope`.
    Both,
    /// `/oauth/v2_user/authorize`: user scopes in `scope`.
    UserOnly,
}

const AUTHORIZE: &[&str] = &[
    "client_id",
    "scope",
    "user_scope",
    "redirect_uri",
    "state",
    "team",
    "code_challenge",
    "code_challenge_method",
    // Not on Slack's page, but every OAuth client sends it and Slack lets it pass.
    "response_type",
    "nonce",
    "granular_bot_scope",
    "single_channel",
    "login_hint",
];

pub(super) fn authorize(sim: &Simulator, context: &Context, page: Page) -> Answer {
    match authorize_request(sim, context, page) {
        Ok(request) => consent_page(sim, context, request),
        Err(trouble) => notice(200, &format!("Something went wrong when authorizing this app: {trouble}")),
    }
}

fn authorize_request(sim: &Simulator, context: &Context, page: Page) -> Result<AuthorizeRequest, String> {
    if let Some(name) = context.unknown_parameter(&context.query, AUTHORIZE) {
        return Err(format!("invalid_arguments: {name}"));
    }
    let state = sim.slack();
    let app = context.query_value("client_id").and_then(|id| state.app_of_client(id)).ok_or("invalid_client_id")?;
    let list = |name: &str| -> Vec<String> {
        let text = context.query_value(name).unwrap_or_default();
        text.split([',', ' ']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
    };
    let (scopes, user_scopes) = if page == Page::Both { (list("scope"), list("user_scope")) } else { (Vec::new(), list("scope")) };
    if scopes.is_empty() && user_scopes.is_empty() {
        return Err("invalid_scope_requested: no scopes".to_owned());
    }
    for (kind, asked) in [("bot", &scopes), ("user", &user_scopes)] {
        if let Some(scope) = asked.iter().find(|scope| !app.scopes(kind).contains(&scope.as_str())) {
            return Err(format!("invalid_scope: {scope}"));
        }
    }
    let redirect_uri = match context.query_value("redirect_uri") {
        Some(given) => {
            let fits = app.redirect_urls().any(|known| under(given, known));
            if !fits {
                return Err("bad_redirect_uri: redirect_uri did not match any configured URIs".to_owned());
            }
            given.to_owned()
        }
        None => app.redirect_urls().next().ok_or("bad_redirect_uri")?.to_owned(),
    };
    let challenge = match (context.query_value("code_challenge"), context.query_value("code_challenge_method")) {
        (None, None) => None,
        (Some(challenge), Some("S256")) if challenge.len() == 43 => Some(("S256".to_owned(), challenge.to_owned())),
        _ => return Err("invalid_code_challenge: S256 only".to_owned()),
    };
    if challenge.is_some() && !app.pkce() {
        return Err("pkce_not_allowed".to_owned());
    }
    if desktop(app, &redirect_uri) {
        if challenge.is_none() {
            return Err("a desktop redirect needs PKCE".to_owned());
        }
        if !scopes.is_empty() {
            return Err("invalid_scope: a desktop redirect cannot ask for bot scopes".to_owned());
        }
    } else if !redirect_uri.starts_with("https://") {
        return Err("bad_redirect_uri: OAuth redirect url must use https".to_owned());
    }
    if context.query_value("team").is_some_and(|team| team != TEAM_ID) {
        return Err("invalid_team".to_owned());
    }
    Ok(AuthorizeRequest {
        platform: Platform::Slack,
        client_id: app.client_id.clone(),
        app_name: app.name().to_owned(),
        scopes,
        user_scopes,
        redirect_uri,
        state: context.query_value("state").map(str::to_owned),
        challenge,
        nonce: context.query_value("nonce").map(str::to_owned),
        login_hint: context.query_value("login_hint").map(str::to_owned),
        response_mode: ResponseMode::Query,
        code_lifetime: CODE_LIFE_S,
        extra: Vec::new(),
        may_consent,
    })
}

/// Whether `given` equals a registered address or lies below it, as it stands and with its steps upwards taken.
fn under(given: &str, registered: &str) -> bool {
    let below = |given: &str, registered: &str| {
        given.strip_prefix(registered).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']) || registered.ends_with('/'))
    };
    let (Ok(walked), Ok(home)) = (url::Url::parse(given), url::Url::parse(registered)) else { return false };
    below(given, registered) && below(walked.as_str(), home.as_str())
}

/// A custom scheme, or localhost for an app that opted into PKCE.
fn desktop(app: &App, redirect_uri: &str) -> bool {
    let Ok(url) = url::Url::parse(redirect_uri) else { return false };
    match url.scheme() {
        "https" => false,
        "http" => app.pkce() && url.host_str() == Some("localhost"),
        _ => true,
    }
}

fn may_consent(_sim: &Simulator, account: &Account, _request: &AuthorizeRequest) -> Result<(), String> {
    if account.kind == Kind::Member { Ok(()) } else { Err("Guests and people of other workspaces cannot install apps.".to_owned()) }
}

pub(super) fn access(call: &Call<'_>) -> Outcome {
    let (app, secret_given) = client_app(call)?;
    match call.args.text("grant_type").unwrap_or("authorization_code") {
        "authorization_code" => {
            let code = take_code(call, &app, secret_given)?;
            Ok(granted(call, &app, &code))
        }
        "refresh_token" => refresh(call, &app, secret_given),
        _ => Err(Trouble::of("invalid_grant_type")),
    }
}

pub(super) fn user_access(call: &Call<'_>) -> Outcome {
    let (app, secret_given) = client_app(call)?;
    match call.args.text("grant_type").unwrap_or("authorization_code") {
        "authorization_code" => {
            let code = take_code(call, &app, secret_given)?;
            if code.request.user_scopes.is_empty() {
                return Err(Trouble::of("no_user_scopes"));
            }
            let mut body = user_token(call, &app, &code);
            body["user_id"] = code.account.as_str().into();
            body["app_id"] = app.id.as_str().into();
            body["team"] = json!({ "id": TEAM_ID, "name": COMPANY });
            body["enterprise"] = Value::Null;
            body["is_enterprise_install"] = false.into();
            Ok(body)
        }
        "refresh_token" => refresh(call, &app, secret_given),
        _ => Err(Trouble::of("invalid_grant_type")),
    }
}

/// The app that calls, and whether it gave its secret.
fn client_app(call: &Call<'_>) -> Result<(App, bool), Trouble> {
    let (id, secret) = client(call.context, &call.args);
    let state = call.sim.slack();
    let app = state.app_of_client(id.as_deref().unwrap_or_default()).ok_or_else(|| Trouble::of("invalid_client_id"))?;
    match secret {
        Some(secret) if secret == app.client_secret => Ok((app.clone(), true)),
        Some(_) => Err(Trouble::of("bad_client_secret")),
        None if app.pkce() => Ok((app.clone(), false)),
        None if call.args.text("code_verifier").is_some() => Err(Trouble::of("pkce_not_allowed")),
        None => Err(Trouble::of("bad_client_secret")),
    }
}

fn take_code(call: &Call<'_>, app: &App, secret_given: bool) -> Result<Code, Trouble> {
    let given = call.args.needed("code")?;
    let code = call.sim.sign_ins().take_code(Platform::Slack, given, call.context.now).map_err(|_| Trouble::of("invalid_code"))?;
    if code.request.client_id != app.client_id {
        return Err(Trouble::of("invalid_code"));
    }
    // With several addresses registered, the one that was used is named in both steps.
    let several = app.redirect_urls().nth(1).is_some();
    if call.args.text("redirect_uri").map_or(several, |uri| uri != code.request.redirect_uri) {
        return Err(Trouble::of("bad_redirect_uri"));
    }
    if !code.verifier_fits(call.args.text("code_verifier")) {
        return Err(Trouble::of("invalid_code_verifier"));
    }
    if code.request.challenge.is_none() && !secret_given {
        return Err(Trouble::of("bad_client_secret"));
    }
    Ok(code)
}

/// The answer to a code: a bot token above, a user token in `authed_user`, as asked for.
fn granted(call: &Call<'_>, app: &App, code: &Code) -> Value {
    let mut body = json!({
        "app_id": app.id, "team": { "id": TEAM_ID, "name": COMPANY }, "enterprise": null, "is_enterprise_install": false, "authed_user": { "id": code.account },
    });
    if !code.request.scopes.is_empty() {
        if let Some(app) = call.sim.slack().apps.get_mut(&app.id) {
            app.installed = true;
        }
        let grant = widen(call, app, "bot", None, &code.request.scopes);
        let tokens = mint(call, app, &grant, app.rotation());
        body["bot_user_id"] = app.bot_user.as_str().into();
        merge(&mut body, tokens);
    }
    if !code.request.user_scopes.is_empty() {
        let tokens = user_token(call, app, code);
        merge(&mut body["authed_user"], tokens);
    }
    body
}

fn user_token(call: &Call<'_>, app: &App, code: &Code) -> Value {
    let grant = widen(call, app, "user", Some(code.account.clone()), &code.request.user_scopes);
    // A localhost desktop redirect yields rotating tokens even where the app does not rotate (measured by others).
    mint(call, app, &grant, app.rotation() || desktop(app, &code.request.redirect_uri))
}

fn refresh(call: &Call<'_>, app: &App, secret_given: bool) -> Outcome {
    let given = call.args.needed("refresh_token")?;
    let grant = call.sim.tokens().refresh(given, call.context.now).map_err(|_| Trouble::of("invalid_refresh_token"))?;
    if grant.client_id != app.client_id || !secret_given && !app.pkce() {
        return Err(Trouble::of("invalid_refresh_token"));
    }
    // Its end comes with the first use: another use within the grace does not put it off.
    call.sim.tokens().end_refresh_within(given, REFRESH_GRACE_S, call.context.now);
    let mut body = mint(call, app, &grant, true);
    body["app_id"] = app.id.as_str().into();
    body["team"] = json!({ "id": TEAM_ID, "name": COMPANY });
    body["enterprise"] = Value::Null;
    body["is_enterprise_install"] = false.into();
    match &grant.account {
        Some(account) => body["user_id"] = account.as_str().into(),
        None => body["bot_user_id"] = app.bot_user.as_str().into(),
    }
    Ok(body)
}

/// A long-lived token becomes a rotating one.
pub(super) fn exchange(call: &Call<'_>) -> Outcome {
    let (app, secret_given) = client_app(call)?;
    let (grant, token) = (call.grant()?.clone(), call.token()?.to_owned());
    if !secret_given {
        return Err(Trouble::of("bad_client_secret"));
    }
    if grant.client_id != app.client_id {
        return Err(Trouble::of("invalid_token"));
    }
    if !app.rotation() {
        return Err(Trouble::of("token_rotation_not_enabled"));
    }
    if token.starts_with("xoxe") {
        return Err(Trouble::of("token_already_exchanged"));
    }
    call.sim.tokens().kill(&token);
    let mut body = mint(call, &app, &grant, true);
    body["app_id"] = app.id.as_str().into();
    Ok(body)
}

fn merge(into: &mut Value, fields: Value) {
    if let (Some(into), Value::Object(fields)) = (into.as_object_mut(), fields) {
        into.extend(fields);
    }
}
