//! Webex's OAuth: the integration with its secret (PKCE does not replace it), the device grant in Webex's own error shape,
//! and the Service App's tokens.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{HELPER, trouble};
use crate::http::{Answer, Context, value};
use crate::oauth::{self, AuthorizeRequest, Poll, ResponseMode};
use crate::tokens::Grant;
use crate::{ALPHANUMERIC, Account, DIGITS, Kind, Platform, Simulator, ids};

const ACCESS: i64 = 1_209_599;
const REFRESH: i64 = 7_775_999;
/// How long a device code lives, in seconds, and how often it may be polled.
const DEVICE: (i64, i64) = (300, 2);
pub(super) const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Redirect addresses registered with the integration: ports are matched exactly.
const REDIRECT_PORTS: std::ops::RangeInclusive<u16> = 43_117..=43_126;
const OTHER_REDIRECT: &str = "http://127.0.0.1:8080/";

/// Scopes registered with the integration.
const SCOPES: &[&str] = &[
    "spark:kms",
    "spark:people_read",
    "spark:messages_read",
    "spark:messages_write",
    "spark:rooms_read",
    "spark:memberships_read",
    "spark:teams_read",
    "spark:team_memberships_read",
    "spark:applications_token",
    "spark-admin:people_read",
    "spark-admin:organizations_read",
    "identity:tokens_read",
    "identity:tokens_write",
];
/// What only administrators can allow.
const ADMIN_SCOPES: &[&str] = &[
    "spark-admin:people_read",
    "spark-admin:organizations_read",
    "identity:tokens_read",
    "identity:tokens_write",
    "spark:applications_token",
];

/// An app's id and secret.
#[derive(Default, Clone)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: String,
}

/// The apps that the company registered.
#[derive(Default)]
pub(super) struct Clients {
    integration: Client,
    pub(super) service_app: Client,
}

pub(super) fn prepare(sim: &Simulator) -> Value {
    let fresh = || Client {
        id: format!("C{}", sim.random_text("0123456789abcdef", 64)),
        secret: sim.secret(sim.random_text("0123456789abcdef", 64)),
    };
    let (integration, service_app) = (fresh(), fresh());
    let now = sim.clock().now();
    {
        let mut state = sim.webex();
        state.clients = Clients { integration: integration.clone(), service_app: service_app.clone() };
    }
    let admin = sim.world().admin(Platform::Webex).id.clone();
    let tokens = issue(sim, &integration.id, &admin, SCOPES.iter().map(|scope| (*scope).to_owned()).collect(), now);
    let service = service_app_tokens(sim, now);
    json!({
        "client_id": integration.id, "client_secret": integration.secret, "access_token": tokens["access_token"], "service_app_token": service["access_token"],
        "service_app": { "id": ids::webex("APPLICATION", &service_app.id), "client_id": service_app.id, "client_secret": service_app.secret },
    })
}

/// New tokens of a new authorisation.
fn issue(sim: &Simulator, client: &str, account: &str, scopes: Vec<String>, now: Timestamp) -> Value {
    let grant = Grant {
        id: 0,
        platform: Platform::Webex,
        client_id: client.to_owned(),
        account: Some(account.to_owned()),
        scopes,
        kind: "user",
        created: now,
    };
    let grant = sim.tokens().open(grant);
    answer(sim, grant, now)
}

/// New tokens of the Service App.
pub(super) fn service_app_tokens(sim: &Simulator, now: Timestamp) -> Value {
    let client_id = sim.webex().clients.service_app.id.clone();
    let scopes = ["guest-issuer:read", "guest-issuer:write"].map(str::to_owned).to_vec();
    let grant = Grant { id: 0, platform: Platform::Webex, client_id, account: None, scopes, kind: "service_app", created: now };
    let grant = sim.tokens().open(grant);
    let mut tokens = answer(sim, grant, now);
    if let Some(members) = tokens.as_object_mut() {
        members.remove("scope");
    }
    tokens
}

fn answer(sim: &Simulator, grant: u64, now: Timestamp) -> Value {
    let (access, refresh) = (sim.random_text(ALPHANUMERIC, 104), sim.random_text(ALPHANUMERIC, 104));
    let mut tokens = sim.tokens();
    tokens.keep_access(grant, &access, Some(ACCESS), now);
    tokens.keep_refresh(grant, &refresh, Some(REFRESH), now);
    let scope = tokens.grant(grant).map(|grant| grant.scopes.join(" ")).unwrap_or_default();
    json!({
        "access_token": access, "expires_in": ACCESS, "refresh_token": refresh, "refresh_token_expires_in": REFRESH, "token_type": "Bearer", "scope": scope,
    })
}

fn is_redirect(uri: &str) -> bool {
    uri == OTHER_REDIRECT || REDIRECT_PORTS.clone().any(|port| uri == format!("http://localhost:{port}/webex"))
}

pub(super) fn authorize(sim: &Simulator, context: &Context) -> Answer {
    let known = [
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
        "prompt",
        "login_hint",
        "max_age",
        "nonce",
    ];
    if let Some(name) = context.unknown_parameter(&context.query, &known) {
        return oauth::notice(400, &format!("Unknown parameter {name}."));
    }
    let given = |name: &str| context.query_value(name).filter(|value| !value.is_empty());
    if given("client_id") != Some(sim.webex().clients.integration.id.as_str()) {
        return oauth::notice(400, "The client_id is not known.");
    }
    let Some(redirect) = given("redirect_uri").filter(|uri| is_redirect(uri)) else {
        return oauth::notice(400, "The redirect_uri is not registered with this integration.");
    };
    let refuse =
        |error: &str| oauth::send_back(redirect, ResponseMode::Query, vec![("error".to_owned(), error.to_owned())], given("state"));
    if given("response_type") != Some("code") {
        return refuse("unsupported_response_type");
    }
    let scopes: Vec<String> = given("scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if scopes.is_empty() || scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        return refuse("invalid_scope");
    }
    let challenge = match (given("code_challenge"), given("code_challenge_method")) {
        (None, None) => None,
        (Some(challenge), method @ (Some("S256" | "plain") | None)) if (43..=128).contains(&challenge.len()) => {
            Some((method.unwrap_or("plain").to_owned(), challenge.to_owned()))
        }
        _ => return refuse("invalid_request"),
    };
    let request = AuthorizeRequest {
        platform: Platform::Webex,
        client_id: given("client_id").unwrap_or_default().to_owned(),
        app_name: "User Sync".to_owned(),
        scopes,
        user_scopes: Vec::new(),
        redirect_uri: redirect.to_owned(),
        state: given("state").map(str::to_owned),
        challenge,
        nonce: None,
        login_hint: given("login_hint").map(str::to_owned),
        response_mode: ResponseMode::Query,
        code_lifetime: 600,
        extra: Vec::new(),
        may_consent,
    };
    oauth::consent_page(sim, context, request)
}

fn may_consent(_: &Simulator, account: &Account, request: &AuthorizeRequest) -> Result<(), String> {
    if account.kind == Kind::Foreign {
        return Err("This account belongs to another organisation.".to_owned());
    }
    if !account.admin && request.scopes.iter().any(|scope| ADMIN_SCOPES.contains(&scope.as_str())) {
        return Err("Only an administrator can allow this.".to_owned());
    }
    Ok(())
}

/// The form of a token endpoint, without repetitions.
fn form(sim: &Simulator, context: &Context) -> Result<Vec<(String, String)>, Answer> {
    let form = context.form().map_err(|_| trouble(sim, 415, "The request must be application/x-www-form-urlencoded."))?;
    if !context.query.is_empty() {
        return Err(trouble(sim, 400, "invalid_request"));
    }
    let mut names: Vec<&str> = form.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    if names.len() == all { Ok(form) } else { Err(trouble(sim, 400, "invalid_request")) }
}

pub(super) fn access_token(sim: &Simulator, context: &Context) -> Answer {
    exchange(sim, context).unwrap_or_else(|refusal| refusal)
}

fn exchange(sim: &Simulator, context: &Context) -> Result<Answer, Answer> {
    let form = form(sim, context)?;
    let known = ["grant_type", "code", "redirect_uri", "client_id", "client_secret", "code_verifier", "refresh_token", "scope"];
    if context.unknown_parameter(&form, &known).is_some() {
        return Err(trouble(sim, 400, "invalid_request"));
    }
    let (id, secret) = context.basic().unwrap_or_else(|| {
        let given = |name| value(&form, name).unwrap_or_default().to_owned();
        (given("client_id"), given("client_secret"))
    });
    let known = {
        let state = sim.webex();
        let of = |client: &Client| client.id == id && client.secret == secret;
        of(&state.clients.integration) || of(&state.clients.service_app)
    };
    if !known {
        return Err(trouble(sim, 401, "invalid_client"));
    }
    if value(&form, "client_id").is_some_and(|named| named != id) {
        return Err(trouble(sim, 400, "invalid_client"));
    }
    match value(&form, "grant_type") {
        Some("authorization_code") => {
            let code = sim.sign_ins().take_code(Platform::Webex, value(&form, "code").unwrap_or_default(), context.now);
            let code = code.map_err(|_| trouble(sim, 400, "invalid_grant"))?;
            let fits = code.request.client_id == id
                && value(&form, "redirect_uri") == Some(code.request.redirect_uri.as_str())
                && code.verifier_fits(value(&form, "code_verifier"));
            if !fits {
                return Err(trouble(sim, 400, "invalid_grant"));
            }
            Ok(Answer::json(200, &issue(sim, &id, &code.account, code.request.scopes.clone(), context.now)))
        }
        Some("refresh_token") => {
            let given = value(&form, "refresh_token").unwrap_or_default();
            let grant =
                sim.tokens().refresh(given, context.now).ok().filter(|grant| grant.platform == Platform::Webex && grant.client_id == id);
            let grant = grant.ok_or_else(|| trouble(sim, 400, "invalid_grant"))?;
            if value(&form, "scope").is_some_and(|asked| asked.split_whitespace().any(|scope| !grant.has_scope(scope))) {
                return Err(trouble(sim, 400, "invalid_scope"));
            }
            Ok(Answer::json(200, &answer(sim, grant.id, context.now)))
        }
        _ => Err(trouble(sim, 400, "unsupported_grant_type")),
    }
}

pub(super) fn device_authorize(sim: &Simulator, context: &Context) -> Answer {
    start_device(sim, context).unwrap_or_else(|refusal| refusal)
}

fn start_device(sim: &Simulator, context: &Context) -> Result<Answer, Answer> {
    if context.header("authorization").is_some() {
        return Err(trouble(sim, 400, "invalid_request"));
    }
    let form = form(sim, context)?;
    if context.unknown_parameter(&form, &["client_id", "scope"]).is_some() {
        return Err(trouble(sim, 400, "invalid_request"));
    }
    let client = value(&form, "client_id").unwrap_or_default();
    // An integration without the helper's redirect addresses is not known to the device grant.
    let refused = sim.options().no_device_grant.contains(&Platform::Webex) || !context.clouds.has(HELPER);
    if client != sim.webex().clients.integration.id || refused {
        return Err(trouble(sim, 400, "invalid_client"));
    }
    let scopes: Vec<String> = value(&form, "scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if scopes.is_empty() || scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        return Err(trouble(sim, 400, "invalid_scope"));
    }
    let (lifetime, interval) = DEVICE;
    let mut user_code = sim.random_text(DIGITS, 6);
    while sim.sign_ins().device(Platform::Webex, &user_code).is_some() {
        user_code = sim.random_text(DIGITS, 6);
    }
    let device = oauth::start_device(sim, Platform::Webex, client, scopes, user_code, lifetime, interval);
    let link = sim.random_text("0123456789abcdef", 64);
    sim.webex().verify_links.insert(link.clone(), device.user_code.clone());
    let answer = json!({
        "device_code": device.device_code, "expires_in": lifetime, "user_code": device.user_code,
        "verification_uri": context.absolute(HELPER, "/verify"),
        "verification_uri_complete": context.absolute(HELPER, &format!("/verify?userCode={link}")),
        "interval": interval,
    });
    Ok(Answer::json(200, &answer))
}

pub(super) fn verify_page(sim: &Simulator, context: &Context) -> Answer {
    let code = context.query_value("userCode").and_then(|link| sim.webex().verify_links.get(link).cloned());
    oauth::device_page(context, code.as_deref())
}

pub(super) fn device_token(sim: &Simulator, context: &Context) -> Answer {
    poll(sim, context).unwrap_or_else(|refusal| refusal)
}

fn poll(sim: &Simulator, context: &Context) -> Result<Answer, Answer> {
    let form = form(sim, context)?;
    if context.unknown_parameter(&form, &["grant_type", "device_code", "client_id", "self_contained_token", "user_info"]).is_some() {
        return Err(trouble(sim, 400, "invalid_request"));
    }
    let integration = sim.webex().clients.integration.clone();
    let (id, secret) = context.basic().unwrap_or_default();
    // Who asks is settled before what was decided; Webex's page lists the word under 400.
    if id != integration.id || secret != integration.secret {
        return Err(trouble(sim, 400, "invalid_client"));
    }
    if value(&form, "client_id") != Some(id.as_str()) {
        return Err(trouble(sim, 400, "invalid_request"));
    }
    if value(&form, "grant_type") != Some(DEVICE_GRANT) {
        return Err(trouble(sim, 400, "unsupported_grant_type"));
    }
    let outcome = sim.sign_ins().poll_device(Platform::Webex, value(&form, "device_code").unwrap_or_default(), &id, context.now);
    match outcome {
        Poll::Pending => Err(trouble(sim, 428, "authorization_pending")),
        Poll::SlowDown => Err(trouble(sim, 400, "slow_down")),
        Poll::Declined => Err(trouble(sim, 400, "access_denied")),
        Poll::Expired | Poll::Unknown => Err(trouble(sim, 400, "invalid_grant")),
        Poll::Approved { account, scopes } => {
            let may = sim
                .world()
                .by_id(Platform::Webex, &account)
                .is_some_and(|account| account.admin || !scopes.iter().any(|scope| ADMIN_SCOPES.contains(&scope.as_str())));
            if !may {
                return Err(trouble(sim, 400, "access_denied"));
            }
            Ok(Answer::json(200, &issue(sim, &id, &account, scopes, context.now)))
        }
    }
}
