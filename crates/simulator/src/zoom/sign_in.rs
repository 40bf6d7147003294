//! Zoom's OAuth: the server-to-server app, the app that each user manages (with its secret, or by its public client id and PKCE),
//! the gated device grant, and the chatbot's own token.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::http::{Answer, Context, value};
use crate::oauth::{self, AuthorizeRequest, Poll, ResponseMode};
use crate::tokens::Grant;
use crate::{ALPHANUMERIC, Account, Kind, Platform, Simulator};

const ACCESS: i64 = 3600;
const REFRESH: i64 = 90 * 24 * 3600;
/// How long a device code lives, in seconds, and how often it may be polled.
const DEVICE: (i64, i64) = (900, 5);
pub(super) const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Redirect addresses on the app's allow list (strict mode).
const REDIRECT_PORTS: std::ops::RangeInclusive<u16> = 43_117..=43_126;

const ADMIN_SCOPES: &[&str] = &[
    "user:read:list_users:admin",
    "user:read:user:admin",
    "team_chat:write:user_message:admin",
    "team_chat:read:list_user_messages:admin",
    "team_chat:read:user_message:admin",
    "team_chat:update:user_message:admin",
    "team_chat:delete:user_message:admin",
    "team_chat:read:list_user_sessions:admin",
];
const USER_SCOPES: &[&str] = &[
    "user:read:user",
    "team_chat:write:user_message",
    "team_chat:read:list_user_messages",
    "team_chat:read:user_message",
    "team_chat:update:user_message",
    "team_chat:delete:user_message",
    "team_chat:read:list_user_sessions",
    "team_chat:read:list_contacts",
];

#[derive(Default, Clone)]
struct Client {
    id: String,
    secret: String,
}

/// The apps that the company registered.
#[derive(Default)]
pub(super) struct Apps {
    server: Client,
    /// The administrator switched it off.
    pub(super) server_off: bool,
    employee: Client,
    /// The employee app's second client id, without a secret.
    public_id: String,
    chatbot: Client,
    pub(super) robot_jid: String,
}

pub(super) fn prepare(sim: &Simulator) -> Value {
    let fresh = || Client { id: sim.random_text(ALPHANUMERIC, 22), secret: sim.secret(sim.random_text(ALPHANUMERIC, 32)) };
    let (server, employee, chatbot) = (fresh(), fresh(), fresh());
    let (public_id, account_id) = (sim.random_text(ALPHANUMERIC, 22), sim.random_text(ALPHANUMERIC, 22));
    let robot_jid = format!("v1{}@xmpp.zoom.us", sim.random_text("abcdefghijklmnopqrstuvwxyz0123456789", 20));
    {
        let mut state = sim.zoom();
        state.account_id.clone_from(&account_id);
        state.apps = Apps {
            server: server.clone(),
            server_off: false,
            employee: employee.clone(),
            public_id: public_id.clone(),
            chatbot: chatbot.clone(),
            robot_jid: robot_jid.clone(),
        };
    }
    let token = issue(sim, None, &server.id, None, ADMIN_SCOPES, "server", sim.clock().now());
    json!({
        "account_id": account_id, "client_id": server.id, "client_secret": server.secret, "access_token": token["access_token"],
        "employee": { "client_id": employee.id, "client_secret": employee.secret, "public_client_id": public_id },
        "chatbot": { "client_id": chatbot.id, "client_secret": chatbot.secret, "robot_jid": robot_jid },
    })
}

/// New tokens. A user's new authorisation ends that user's earlier ones with the same app.
fn issue(
    sim: &Simulator,
    context: Option<&Context>,
    client: &str,
    account: Option<&str>,
    scopes: &[&str],
    kind: &'static str,
    now: Timestamp,
) -> Value {
    let grant = {
        let mut tokens = sim.tokens();
        if account.is_some() {
            let earlier: Vec<u64> = tokens
                .grants(Platform::Zoom)
                .into_iter()
                .filter(|grant| grant.kind == kind && grant.account.as_deref() == account)
                .map(|grant| grant.id)
                .collect();
            for grant in earlier {
                tokens.revoke(grant);
            }
        }
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        tokens.open(Grant {
            id: 0,
            platform: Platform::Zoom,
            client_id: client.to_owned(),
            account: account.map(str::to_owned),
            scopes,
            kind,
            created: now,
        })
    };
    tokens_of(sim, context, grant, kind == "user", now)
}

fn tokens_of(sim: &Simulator, context: Option<&Context>, grant: u64, refreshable: bool, now: Timestamp) -> Value {
    let access = format!("eyJ{}", sim.random_text(ALPHANUMERIC, 180));
    let refresh = format!("eyJ{}", sim.random_text(ALPHANUMERIC, 180));
    let mut tokens = sim.tokens();
    tokens.keep_access(grant, &access, Some(ACCESS), now);
    let scope = tokens.grant(grant).map(|grant| grant.scopes.join(" ")).unwrap_or_default();
    let api = context.map_or_else(|| "https://api.zoom.us".to_owned(), |context| context.absolute("api.zoom.us", ""));
    let mut answer = json!({ "access_token": access, "token_type": "bearer", "expires_in": ACCESS, "scope": scope, "api_url": api });
    if refreshable {
        tokens.keep_refresh(grant, &refresh, Some(REFRESH), now);
        answer["refresh_token"] = json!(refresh);
    }
    answer
}

fn refuse(status: u16, error: &str, reason: &str) -> Answer {
    Answer::json(status, &json!({ "reason": reason, "error": error }))
}

pub(super) fn authorize(sim: &Simulator, context: &Context) -> Answer {
    if let Some(name) = context.unknown_parameter(
        &context.query,
        &["response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method", "scope"],
    ) {
        return oauth::notice(400, &format!("Invalid request: unknown parameter {name}."));
    }
    let given = |name: &str| context.query_value(name).filter(|value| !value.is_empty());
    let client = given("client_id").unwrap_or_default().to_owned();
    let known = {
        let apps = &sim.zoom().apps;
        client == apps.employee.id || client == apps.public_id
    };
    if !known {
        return oauth::notice(400, "Invalid client id (4,702).");
    }
    let allowed = |uri: &&str| REDIRECT_PORTS.clone().any(|port| **uri == format!("http://localhost:{port}/zoom"));
    let Some(redirect) = given("redirect_uri").filter(allowed) else {
        return oauth::notice(400, "Invalid redirect: it is not on the app's allow list (4,709).");
    };
    if given("response_type") != Some("code") {
        return oauth::notice(400, "Invalid response type.");
    }
    let challenge = match (given("code_challenge"), given("code_challenge_method").unwrap_or("plain")) {
        (None, _) => None,
        (Some(challenge), method @ ("S256" | "plain")) if (43..=128).contains(&challenge.len()) => {
            Some((method.to_owned(), challenge.to_owned()))
        }
        _ => return oauth::notice(400, "Invalid code challenge or code challenge method."),
    };
    let public = client == sim.zoom().apps.public_id;
    if public && challenge.is_none() {
        return oauth::notice(400, "A public client needs a code challenge.");
    }
    let request = AuthorizeRequest {
        platform: Platform::Zoom,
        client_id: client,
        app_name: "User Sync".to_owned(),
        scopes: USER_SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
        user_scopes: Vec::new(),
        redirect_uri: redirect.to_owned(),
        state: given("state").map(str::to_owned),
        challenge,
        nonce: None,
        login_hint: None,
        response_mode: ResponseMode::Query,
        code_lifetime: 300,
        extra: Vec::new(),
        may_consent: |_: &Simulator, account: &Account, _: &AuthorizeRequest| {
            if account.kind == Kind::Member { Ok(()) } else { Err("This app is private to its account.".to_owned()) }
        },
    };
    oauth::consent_page(sim, context, request)
}

/// The form of a token endpoint. Parameters in the query string are refused.
fn form(context: &Context, query_allowed: bool, known: &[&str]) -> Result<Vec<(String, String)>, Answer> {
    let form = if context.body.is_empty() && query_allowed {
        context.query.clone()
    } else {
        if !context.query.is_empty() {
            return Err(refuse(400, "invalid_request", "Parameters belong into the request body."));
        }
        context.form().map_err(|_| refuse(400, "invalid_request", "The body must be application/x-www-form-urlencoded."))?
    };
    match context.unknown_parameter(&form, known) {
        Some(name) => Err(refuse(400, "invalid_request", &format!("Unknown parameter {name}."))),
        None => Ok(form),
    }
}

/// Which app calls a token endpoint.
#[derive(PartialEq)]
enum Caller {
    Server,
    Employee,
    Public,
    Chatbot,
}

/// The client id by which the employee app calls: its public one or the one with a secret.
fn employee_id(sim: &Simulator, caller: &Caller) -> String {
    let state = sim.zoom();
    if *caller == Caller::Public { state.apps.public_id.clone() } else { state.apps.employee.id.clone() }
}

fn client(sim: &Simulator, context: &Context, form: &[(String, String)]) -> Result<Caller, Answer> {
    let state = sim.zoom();
    let apps = &state.apps;
    let Some((id, secret)) = context.basic() else {
        let public = value(form, "client_id") == Some(apps.public_id.as_str());
        return if public { Ok(Caller::Public) } else { Err(refuse(401, "invalid_client", "Invalid client_id or client_secret")) };
    };
    if value(form, "client_id").is_some_and(|named| named != id) {
        return Err(refuse(400, "invalid_client", "The client_id is not that of the Authorization header."));
    }
    [(&apps.server, Caller::Server), (&apps.employee, Caller::Employee), (&apps.chatbot, Caller::Chatbot)]
        .into_iter()
        .find(|(client, _)| client.id == id && client.secret == secret)
        .map(|(_, caller)| caller)
        .ok_or_else(|| refuse(401, "invalid_client", "Invalid client_id or client_secret"))
        .and_then(|caller| if apps.server_off && caller == Caller::Server { Err(switched_off()) } else { Ok(caller) })
}

fn switched_off() -> Answer {
    Answer::json(400, &json!({ "reason": "The app has been disabled.", "error": "invalid_client", "errorCode": 4717 }))
}

pub(super) fn token(sim: &Simulator, context: &Context) -> Answer {
    exchange(sim, context).unwrap_or_else(|refusal| refusal)
}

fn exchange(sim: &Simulator, context: &Context) -> Result<Answer, Answer> {
    let device = context.query_value("grant_type") == Some(DEVICE_GRANT);
    let form = form(
        context,
        device,
        &["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "refresh_token", "scope", "account_id", "device_code"],
    )?;
    let caller = client(sim, context, &form)?;
    let now = context.now;
    let answer = match (value(&form, "grant_type").unwrap_or_default(), caller) {
        ("account_credentials", Caller::Server) => {
            if value(&form, "account_id") != Some(sim.zoom().account_id.as_str()) {
                return Err(refuse(400, "invalid_request", "Invalid account_id"));
            }
            let id = sim.zoom().apps.server.id.clone();
            issue(sim, Some(context), &id, None, ADMIN_SCOPES, "server", now)
        }
        ("client_credentials", Caller::Chatbot) => {
            let id = sim.zoom().apps.chatbot.id.clone();
            issue(sim, Some(context), &id, None, &["imchat:bot"], "chatbot", now)
        }
        ("authorization_code", caller @ (Caller::Employee | Caller::Public)) => {
            let wrong = |reason: &str| refuse(400, "invalid_grant", reason);
            let code = sim
                .sign_ins()
                .take_code(Platform::Zoom, value(&form, "code").unwrap_or_default(), now)
                .map_err(|_| wrong("Invalid authorization code"))?;
            let id = employee_id(sim, &caller);
            if code.request.client_id != id || !code.verifier_fits(value(&form, "code_verifier")) {
                return Err(wrong("Invalid authorization code"));
            }
            if value(&form, "redirect_uri") != Some(code.request.redirect_uri.as_str()) {
                return Err(refuse(400, "invalid_request", "Redirect URI mismatch."));
            }
            issue(sim, Some(context), &id, Some(&code.account), USER_SCOPES, "user", now)
        }
        ("refresh_token", caller @ (Caller::Employee | Caller::Public)) => {
            let given = value(&form, "refresh_token").unwrap_or_default();
            let id = employee_id(sim, &caller);
            let grant = sim.tokens().refresh(given, now).ok().filter(|grant| grant.platform == Platform::Zoom && grant.client_id == id);
            let grant = grant.ok_or_else(|| refuse(400, "invalid_grant", "Invalid Token!"))?;
            if value(&form, "scope").is_some_and(|asked| asked.split_whitespace().any(|scope| !grant.has_scope(scope))) {
                return Err(refuse(400, "invalid_scope", "The scope was not granted."));
            }
            sim.tokens().kill(given);
            tokens_of(sim, Some(context), grant.id, true, now)
        }
        (DEVICE_GRANT, Caller::Employee) => {
            let id = sim.zoom().apps.employee.id.clone();
            let outcome = sim.sign_ins().poll_device(Platform::Zoom, value(&form, "device_code").unwrap_or_default(), &id, now);
            match outcome {
                Poll::Pending => return Err(refuse(400, "authorization_pending", "The user has not decided yet.")),
                Poll::SlowDown => return Err(refuse(400, "slow_down", "Polled too often.")),
                Poll::Expired => return Err(refuse(400, "expired_token", "The device code has expired.")),
                Poll::Declined => return Err(refuse(400, "access_denied", "The user declined.")),
                Poll::Unknown => return Err(refuse(400, "invalid_grant", "Invalid device code")),
                Poll::Approved { account, .. } => issue(sim, Some(context), &id, Some(&account), USER_SCOPES, "user", now),
            }
        }
        ("account_credentials" | "client_credentials" | "authorization_code" | "refresh_token" | DEVICE_GRANT, _) => {
            return Err(refuse(400, "unauthorized_client", "The app may not use this grant type."));
        }
        _ => return Err(refuse(400, "unsupported_grant_type", "unsupported grant type")),
    };
    Ok(Answer::json(200, &answer))
}

pub(super) fn device_code(sim: &Simulator, context: &Context) -> Answer {
    start_device(sim, context).unwrap_or_else(|refusal| refusal)
}

fn start_device(sim: &Simulator, context: &Context) -> Result<Answer, Answer> {
    let form = form(context, true, &["client_id"])?;
    let caller = client(sim, context, &form)?;
    let id = sim.zoom().apps.employee.id.clone();
    // Only an app with "Use App on Device" has the grant; the server-to-server app never has.
    if caller != Caller::Employee || sim.options().no_device_grant.contains(&Platform::Zoom) {
        return Err(refuse(400, "unauthorized_client", "Device authorization is not enabled for this app."));
    }
    if value(&form, "client_id") != Some(id.as_str()) {
        return Err(refuse(400, "invalid_request", "client_id is needed."));
    }
    let (lifetime, interval) = DEVICE;
    let user_code = sim.random_text("abcdefghijklmnopqrstuvwxyz0123456789", 8);
    let scopes = USER_SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
    let device = oauth::start_device(sim, Platform::Zoom, &id, scopes, user_code, lifetime, interval);
    let answer = json!({
        "device_code": device.device_code, "user_code": device.user_code, "verification_uri": context.absolute("zoom.us", "/oauth_device"),
        "verification_uri_complete": context.absolute("zoom.us", &format!("/oauth/device/complete/{}", device.user_code)), "expires_in": lifetime, "interval": interval,
    });
    Ok(Answer::json(200, &answer))
}

pub(super) fn revoke(sim: &Simulator, context: &Context) -> Answer {
    end_grant(sim, context).unwrap_or_else(|refusal| refusal)
}

fn end_grant(sim: &Simulator, context: &Context) -> Result<Answer, Answer> {
    let form = form(context, true, &["token", "client_id"])?;
    let caller = client(sim, context, &form)?;
    let token = value(&form, "token").unwrap_or_default();
    // An app ends its own grants only; the employee app's two client ids are one app.
    let own = {
        let apps = &sim.zoom().apps;
        match caller {
            Caller::Server => vec![apps.server.id.clone()],
            Caller::Chatbot => vec![apps.chatbot.id.clone()],
            Caller::Employee | Caller::Public => vec![apps.employee.id.clone(), apps.public_id.clone()],
        }
    };
    let mut tokens = sim.tokens();
    let found = tokens.access(token, context.now).map(|access| access.grant).or_else(|_| tokens.refresh(token, context.now));
    match found {
        Ok(grant) if grant.platform == Platform::Zoom && own.contains(&grant.client_id) => {
            tokens.revoke(grant.id);
            Ok(Answer::json(200, &json!({ "status": "success" })))
        }
        _ => Err(refuse(400, "invalid_request", "Invalid Token!")),
    }
}
