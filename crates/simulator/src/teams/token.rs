//! Entra's token and device code operations, and its error bodies. Tokens are opaque to clients: access tokens look
//! like the real ones and are as long, id tokens are real.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::policies::DeviceCodes;
use super::sign_in::{self, Tenant};
use super::{CLIENT_ID, DEVICE, TENANT_ID, consents, directory, keys};
use crate::http::{Answer, Context, value};
use crate::oauth::{self, CodeTrouble, Poll};
use crate::tokens::{Grant, TokenTrouble};
use crate::{ALPHANUMERIC, Account, Kind, Platform, Simulator};

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// What Microsoft's own client for Node (MSAL) sends in its place.
const SHORT_DEVICE_GRANT: &str = "device_code";
const DEVICE_LIFETIME: i64 = 900;
const DEVICE_INTERVAL: i64 = 5;
/// What a device code's letters are: none that read alike, no vowels.
const CODE_LETTERS: &str = "BCDFGHJKLMNPQRSTVWXZ23456789";
const REFRESH_LIFETIME: i64 = 90 * 86_400;

/// An error of Entra: status, OAuth word, AADSTS number and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    status: u16,
    pub(super) error: &'static str,
    pub(super) number: u32,
    pub(super) text: std::borrow::Cow<'static, str>,
    suberror: Option<&'static str>,
}

impl Trouble {
    /// The same under another OAuth word.
    pub(super) fn worded(self, error: &'static str) -> Self {
        Self { error, ..self }
    }
}

const fn fixed(status: u16, error: &'static str, number: u32, text: &'static str, suberror: Option<&'static str>) -> Trouble {
    Trouble { status, error, number, text: std::borrow::Cow::Borrowed(text), suberror }
}

pub(super) const NO_KEY: Trouble = fixed(500, "server_error", 90_033, "A transient error has occurred. Please try again.", None);
pub(super) const NO_APP: Trouble =
    fixed(400, "unauthorized_client", 700_016, "Application with this identifier was not found in the directory.", None);
const PUBLIC: Trouble =
    fixed(401, "invalid_client", 700_025, "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.", None);
const NO_SECRET: Trouble = fixed(
    401,
    "invalid_client",
    7_000_218,
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    None,
);
const BLOCKED: Trouble = fixed(
    400,
    "invalid_grant",
    53_003,
    "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    Some("message_only"),
);
const NO_CONSENT: Trouble = fixed(
    400,
    "invalid_grant",
    65_001,
    "The user or administrator has not consented to use the application. Send an interactive authorization request.",
    Some("consent_required"),
);
const NO_USER: Trouble = fixed(400, "invalid_grant", 50_034, "The user account does not exist in the directory.", None);
const DISABLED: Trouble = fixed(400, "invalid_grant", 50_057, "The user account is disabled.", None);

/// An error with a text of its own.
pub(super) fn trouble(status: u16, error: &'static str, number: u32, text: &str) -> Trouble {
    Trouble { status, error, number, text: text.to_owned().into(), suberror: None }
}

/// A scope that does not exist.
pub(super) fn wrong_scope(scope: &str) -> Trouble {
    trouble(
        400,
        "invalid_scope",
        70_011,
        &format!("The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."),
    )
}

/// Entra's error body.
pub(super) fn refuse(sim: &Simulator, context: &Context, trouble: Trouble) -> Answer {
    let trace = sim.random_uuid().to_string();
    let correlation = context.header("client-request-id").map_or_else(|| sim.random_uuid().to_string(), str::to_owned);
    let timestamp = context.now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let Trouble { status, error, number, text, suberror } = trouble;
    let mut body = json!({
        "error": error,
        "error_description": format!("AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}"),
        "error_codes": [number],
        "timestamp": timestamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": context.absolute(super::LOGIN, &format!("/error?code={number}")),
    });
    if let Some(suberror) = suberror {
        body["suberror"] = json!(suberror);
    }
    Answer::json(status, &body).header("x-ms-request-id", &trace).header("cache-control", "no-store, no-cache")
}

type Form = Vec<(String, String)>;

/// The form of a request to this tenant by this app, without a secret.
fn opening(context: &Context, tenant: &str) -> Result<(Tenant, Form), Trouble> {
    let tenant = Tenant::read(tenant)?;
    let form = context.form().map_err(|_| missing("grant_type"))?;
    match value(&form, "client_id") {
        None => return Err(missing("client_id")),
        Some(id) if id != CLIENT_ID => return Err(NO_APP),
        Some(_) => {}
    }
    if context.header("authorization").is_some() || value(&form, "client_secret").is_some() || value(&form, "client_assertion").is_some() {
        return Err(PUBLIC);
    }
    Ok((tenant, form))
}

fn missing(name: &str) -> Trouble {
    trouble(400, "invalid_request", 900_144, &format!("The request body must contain the following parameter: '{name}'."))
}

fn required<'a>(form: &'a Form, name: &str) -> Result<&'a str, Trouble> {
    value(form, name).filter(|text| !text.is_empty()).ok_or_else(|| missing(name))
}

/// `POST /{tenant}/oauth2/v2.0/devicecode`.
pub(super) fn device_code(sim: &Simulator, context: &Context, tenant: &str) -> Answer {
    start_device(sim, context, tenant).unwrap_or_else(|trouble| refuse(sim, context, trouble))
}

fn start_device(sim: &Simulator, context: &Context, tenant: &str) -> Result<Answer, Trouble> {
    let (_, form) = opening(context, tenant)?;
    let scopes = consents::read(context, required(&form, "scope")?).map_err(|scope| wrong_scope(&scope))?;
    if refuses_device_grant(sim) {
        return Err(BLOCKED);
    }
    let user_code = sim.random_text(CODE_LETTERS, 9);
    let started = oauth::start_device(sim, Platform::Teams, CLIENT_ID, scopes, user_code, DEVICE_LIFETIME, DEVICE_INTERVAL);
    let address = context.absolute(DEVICE, super::device_path(context));
    Ok(Answer::json(
        200,
        &json!({
            "device_code": started.device_code,
            "user_code": started.user_code,
            "verification_uri": address,
            "expires_in": DEVICE_LIFETIME,
            "interval": DEVICE_INTERVAL,
            "message": format!("To sign in, use a web browser to open the page {address} and enter the code {} to authenticate.", started.user_code),
        }),
    ))
}

fn refuses_device_grant(sim: &Simulator) -> bool {
    sim.options().no_device_grant.contains(&Platform::Teams)
}

/// `POST /{tenant}/oauth2/v2.0/token`.
pub(super) fn token(sim: &Simulator, context: &Context, tenant: &str) -> Answer {
    exchange(sim, context, tenant).unwrap_or_else(|trouble| refuse(sim, context, trouble))
}

fn exchange(sim: &Simulator, context: &Context, tenant: &str) -> Result<Answer, Trouble> {
    let (tenant, form) = opening(context, tenant)?;
    match required(&form, "grant_type")? {
        "authorization_code" => by_code(sim, context, &form),
        "refresh_token" => by_refresh(sim, context, &form),
        DEVICE_GRANT | SHORT_DEVICE_GRANT => by_device(sim, context, &form, tenant),
        "client_credentials" => Err(NO_SECRET),
        _ => Err(trouble(400, "unsupported_grant_type", 70_003, "The app requested an unsupported grant type.")),
    }
}

/// The scopes a token request names itself, or else those of what it redeems.
fn scopes_asked(context: &Context, form: &Form, before: &[String]) -> Result<Vec<String>, Trouble> {
    match value(form, "scope") {
        None => Ok(before.to_vec()),
        Some(text) => consents::read(context, text).map_err(|scope| wrong_scope(&scope)),
    }
}

fn by_code(sim: &Simulator, context: &Context, form: &Form) -> Result<Answer, Trouble> {
    let (code, redirect) = (required(form, "code")?, required(form, "redirect_uri")?);
    let code = sim.sign_ins().take_code(Platform::Teams, code, context.now).map_err(|found| match found {
        CodeTrouble::Unknown => trouble(400, "invalid_grant", 70_000, "The provided value for the 'code' parameter is not valid."),
        CodeTrouble::Expired => trouble(
            400,
            "invalid_grant",
            70_008,
            "The provided authorization code has expired. Send a new interactive authorization request.",
        ),
        CodeTrouble::Used => {
            trouble(400, "invalid_grant", 54_005, "OAuth2 Authorization code was already redeemed, please retry with a new valid code.")
        }
    })?;
    if sign_in::registered(redirect).as_ref() != Some(&code.request.redirect_uri) {
        return Err(trouble(
            400,
            "invalid_client",
            500_112,
            "The reply address does not match the reply address provided when requesting the authorization code.",
        ));
    }
    if !code.verifier_fits(value(form, "code_verifier")) {
        return Err(trouble(
            400,
            "invalid_grant",
            501_481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        ));
    }
    let scopes = scopes_asked(context, form, &code.request.scopes)?;
    let with_refresh = scopes.iter().any(|scope| scope == "offline_access");
    answer(sim, context, form, &code.account, &scopes, with_refresh, code.request.nonce.as_deref())
}

fn by_refresh(sim: &Simulator, context: &Context, form: &Form) -> Result<Answer, Trouble> {
    let token = required(form, "refresh_token")?;
    let unknown = || trouble(400, "invalid_grant", 70_000, "The provided value for the 'refresh_token' parameter is not valid.");
    let grant = sim.tokens().refresh(token, context.now).map_err(|found| match found {
        TokenTrouble::Unknown => unknown(),
        TokenTrouble::Expired => trouble(400, "invalid_grant", 700_082, "The refresh token has expired due to inactivity."),
        TokenTrouble::Revoked => {
            trouble(400, "invalid_grant", 50_173, "The provided grant has expired due to it being revoked, a fresh auth token is needed.")
        }
    })?;
    let account = grant.account.as_deref().filter(|_| grant.platform == Platform::Teams).ok_or_else(unknown)?;
    let scopes = scopes_asked(context, form, &grant.scopes)?;
    // The old refresh token is not revoked: it lives its own ninety days.
    answer(sim, context, form, account, &scopes, true, None)
}

fn by_device(sim: &Simulator, context: &Context, form: &Form, tenant: Tenant) -> Result<Answer, Trouble> {
    let device_code = required(form, "device_code")?;
    if refuses_device_grant(sim) {
        return Err(BLOCKED);
    }
    let policies = sim.teams().policies;
    if !policies.public_client_flows {
        return Err(NO_SECRET);
    }
    let polled = sim.sign_ins().poll_device(Platform::Teams, device_code, CLIENT_ID, context.now);
    match polled {
        Poll::Unknown => Err(trouble(400, "bad_verification_code", 70_018, "The verification code is not known.")),
        Poll::Pending => {
            Err(trouble(400, "authorization_pending", 70_016, "OAuth 2.0 device flow error. Authorization is pending. Continue polling."))
        }
        Poll::SlowDown => Err(trouble(400, "slow_down", 70_016, "OAuth 2.0 device flow error. Authorization is pending. Poll less often.")),
        Poll::Expired => Err(trouble(
            400,
            "expired_token",
            70_020,
            "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
        )),
        Poll::Declined => Err(trouble(400, "authorization_declined", 65_004, "User declined to consent to access the app.")),
        Poll::Approved { .. } if policies.device_codes == DeviceCodes::Blocked => Err(BLOCKED),
        Poll::Approved { account, scopes } => {
            if tenant == Tenant::Home && sim.world().by_id(Platform::Teams, &account).is_some_and(|account| account.kind == Kind::Guest) {
                return Err(NO_USER);
            }
            let with_refresh = scopes.iter().any(|scope| scope == "offline_access");
            answer(sim, context, form, &account, &scopes, with_refresh, None)
        }
    }
}

/// A token answer for an account, if it may still sign in and everything is consented to.
fn answer(
    sim: &Simulator,
    context: &Context,
    form: &Form,
    account: &str,
    scopes: &[String],
    with_refresh: bool,
    nonce: Option<&str>,
) -> Result<Answer, Trouble> {
    let account = sim.world().by_id(Platform::Teams, account).ok_or(NO_USER)?;
    let scopes = {
        let state = sim.teams();
        if state.directory.is_deleted(&account.id) {
            return Err(NO_USER);
        }
        if !state.consents.missing(&account.id, scopes).is_empty() {
            return Err(NO_CONSENT);
        }
        state.consents.spelled_out(&account.id, scopes)
    };
    if !account.active {
        return Err(DISABLED);
    }
    // Sixty to ninety minutes, as Entra spreads them.
    let lifetime = 3_599 + i64::from(sim.random_uuid().as_bytes()[0]) * 7;
    let opened = open_access(sim, &account.id, &scopes, lifetime);
    // Sign-in's own scopes but offline_access come back beside Graph's.
    let named: Vec<&str> = scopes.iter().map(String::as_str).filter(|scope| *scope != "offline_access").collect();
    let mut body = json!({
        "token_type": "Bearer",
        "scope": named.join(" "),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": opened.access_token,
    });
    if with_refresh {
        let refresh = format!("1.A{}", sim.random_text(ALPHANUMERIC, 900));
        sim.tokens().keep_refresh(opened.grant, &refresh, Some(REFRESH_LIFETIME), context.now);
        body["refresh_token"] = json!(refresh);
    }
    if named.contains(&"openid") {
        let signed = keys::sign(&claims(sim, context, account, &named, nonce)).map_err(|keys::NoKey| NO_KEY)?;
        body["id_token"] = json!(sim.secret(signed));
    }
    if value(form, "client_info") == Some("1") {
        body["client_info"] = json!(URL_SAFE_NO_PAD.encode(json!({ "uid": account.id, "utid": TENANT_ID }).to_string()));
    }
    Ok(Answer::json(200, &body).header("cache-control", "no-store, no-cache"))
}

/// Who somebody is to this app: the same in id tokens and in user info.
pub(super) fn subject(account: &Account) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{}/{CLIENT_ID}", account.id)))
}

fn claims(sim: &Simulator, context: &Context, account: &Account, scopes: &[&str], nonce: Option<&str>) -> Value {
    let now = context.now.as_second();
    let mut claims = json!({
        "iss": sign_in::issuer(context),
        "aud": CLIENT_ID,
        "iat": now,
        "nbf": now,
        "exp": now + 3_900,
        "sub": subject(account),
        "oid": account.id,
        "tid": TENANT_ID,
        "uti": sim.random_text(ALPHANUMERIC, 22),
        "ver": "2.0",
    });
    if scopes.contains(&"profile") {
        claims["name"] = json!(account.name());
        claims["preferred_username"] = json!(directory::principal_name(sim.world(), account));
    }
    if let (true, Some(email)) = (scopes.contains(&"email"), &account.email) {
        claims["email"] = json!(email);
    }
    if let Some(nonce) = nonce {
        claims["nonce"] = json!(nonce);
    }
    claims
}

/// A grant and its access token.
pub(super) struct Opened {
    pub(super) grant: u64,
    pub(super) access_token: String,
}

/// Opens a grant for an account with a first access token that lives `lifetime` seconds.
pub(super) fn open_access(sim: &Simulator, account: &str, scopes: &[String], lifetime: i64) -> Opened {
    let now = sim.clock().now();
    let access_token = format!(
        "eyJ0eXAiOiJKV1Qi{}.eyJhdWQiOiJo{}.{}",
        sim.random_text(ALPHANUMERIC, 90),
        sim.random_text(ALPHANUMERIC, 1_200),
        sim.random_text(ALPHANUMERIC, 342)
    );
    let mut tokens = sim.tokens();
    let grant = tokens.open(Grant {
        id: 0,
        platform: Platform::Teams,
        client_id: CLIENT_ID.to_owned(),
        account: Some(account.to_owned()),
        scopes: scopes.to_vec(),
        kind: "delegated",
        created: now,
    });
    tokens.keep_access(grant, &access_token, Some(lifetime), now);
    Opened { grant, access_token }
}
