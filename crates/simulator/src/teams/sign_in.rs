//! Entra's pages and documents: authorize, admin consent, discovery. The rules about tenants, redirect addresses and
//! consent; what follows the browser's return is in `token`.

use serde_json::{Value, json};
use url::Url;

use super::{APP_NAME, CLIENT_ID, GRAPH, LOGIN, TENANT_ID, consents, keys, token};
use crate::http::{Answer, Context};
use crate::oauth::{self, AuthorizeRequest, ResponseMode};
use crate::world::{OWN_DOMAINS, TENANT_DOMAIN};
use crate::{Account, Kind, Platform, Simulator};

/// Redirect addresses registered for "mobile and desktop applications". The port is ignored, the path is exact.
const REDIRECTS: &[&str] = &["http://localhost", "http://localhost/entra", "http://localhost/teams", "http://localhost/callback"];
/// The number of an unknown tenant.
const NO_TENANT: u32 = 90_002;
/// An authorization code lives about ten minutes.
const CODE_LIFETIME: i64 = 600;

/// Every operation of the sign-in host.
pub(super) fn route(sim: &Simulator, context: &Context) -> Answer {
    let segments = context.segments();
    let names: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (context.method.as_str(), names.as_slice()) {
        ("GET", ["common", "discovery", "instance"]) => Answer::json(200, &instances(context)),
        ("GET", [tenant, "oauth2", "v2.0", "authorize"]) => authorize(sim, context, tenant),
        ("GET", [tenant, "v2.0", "adminconsent"]) => admin_consent(sim, context, tenant),
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => token::token(sim, context, tenant),
        ("POST", [tenant, "oauth2", "v2.0", "devicecode"]) => token::device_code(sim, context, tenant),
        ("GET", [_, "oauth2", "deviceauth"]) => oauth::device_page(context, context.query_value("otc")),
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => match Tenant::read(tenant) {
            Ok(tenant) => Answer::json(200, &discovery(context, &tenant)),
            // The number is the same as elsewhere, the word is not.
            Err(trouble) if trouble.number == NO_TENANT => token::refuse(sim, context, trouble.worded("invalid_tenant")),
            Err(trouble) => token::refuse(sim, context, trouble),
        },
        ("GET", [tenant, "discovery", "v2.0", "keys"]) => match Tenant::read(tenant).map(|_| keys::public(&issuer(context))) {
            Ok(Ok(set)) => Answer::json(200, &set),
            Ok(Err(keys::NoKey)) => token::refuse(sim, context, token::NO_KEY),
            Err(trouble) => token::refuse(sim, context, trouble),
        },
        _ => sim.unknown(context),
    }
}

/// The tenant part of a sign-in address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tenant {
    /// This tenant, by id or domain.
    This,
    /// `common` or `organizations`: everybody signs in at home, guests too.
    Home,
}

impl Tenant {
    pub(super) fn read(name: &str) -> Result<Self, token::Trouble> {
        let own = [TENANT_ID, TENANT_DOMAIN].iter().chain(&OWN_DOMAINS).any(|own| own.eq_ignore_ascii_case(name));
        match name {
            _ if own => Ok(Self::This),
            "common" | "organizations" => Ok(Self::Home),
            "consumers" => Err(token::trouble(
                400,
                "invalid_request",
                9_002_331,
                "The application is for work accounts only. Please do not use the /consumers endpoint.",
            )),
            _ => Err(token::trouble(
                400,
                "invalid_request",
                NO_TENANT,
                "Tenant not found. Check that you have the correct tenant id and that it is in this cloud.",
            )),
        }
    }
}

/// Who signs tokens, as clients that came through this door see it.
pub(super) fn issuer(context: &Context) -> String {
    context.absolute(LOGIN, &format!("/{TENANT_ID}/v2.0"))
}

fn discovery(context: &Context, tenant: &Tenant) -> Value {
    let name = if *tenant == Tenant::This { TENANT_ID } else { "organizations" };
    let at = |path: &str| context.absolute(LOGIN, &format!("/{name}{path}"));
    let issuer = if *tenant == Tenant::This { issuer(context) } else { context.absolute(LOGIN, "/{tenantid}/v2.0") };
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("/oauth2/v2.0/authorize"),
        "token_endpoint": at("/oauth2/v2.0/token"),
        "device_authorization_endpoint": at("/oauth2/v2.0/devicecode"),
        "jwks_uri": at("/discovery/v2.0/keys"),
        "userinfo_endpoint": context.absolute(GRAPH, "/oidc/userinfo"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "request_uri_parameter_supported": false,
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "oid", "ver", "email"],
        "cloud_instance_name": context.named(LOGIN).trim_start_matches("login."),
        "msgraph_host": context.named(GRAPH),
    })
}

fn instances(context: &Context) -> Value {
    let metadata = match context.named(LOGIN) {
        LOGIN => {
            json!({ "preferred_network": LOGIN, "preferred_cache": "login.windows.net", "aliases": [LOGIN, "login.windows.net", "login.microsoft.com", "sts.windows.net"] })
        }
        other => json!({ "preferred_network": other, "preferred_cache": other, "aliases": [other] }),
    };
    json!({
        "tenant_discovery_endpoint": context.absolute(LOGIN, &format!("/{TENANT_ID}/v2.0/.well-known/openid-configuration")),
        "api-version": "1.1",
        "metadata": [metadata],
    })
}

/// A redirect address in the form in which the browser is sent there, if it is registered.
pub(super) fn registered(address: &str) -> Option<String> {
    let given = Url::parse(address).ok()?;
    let plain = given.username().is_empty() && given.password().is_none() && given.query().is_none() && given.fragment().is_none();
    let known = REDIRECTS
        .iter()
        .filter_map(|known| Url::parse(known).ok())
        .any(|known| (known.scheme(), known.host_str(), known.path()) == (given.scheme(), given.host_str(), given.path()));
    (plain && known).then(|| given.into())
}

/// A page that says what is wrong; nobody is redirected.
fn page(trouble: &token::Trouble) -> Answer {
    oauth::notice(400, &format!("Sorry, but we are having trouble signing you in. AADSTS{}: {}", trouble.number, trouble.text))
}

/// What authorize and admin consent have in common: the app and a registered redirect address.
fn opening(context: &Context, tenant: &str) -> Result<(Tenant, String), Answer> {
    let tenant = Tenant::read(tenant).map_err(|trouble| page(&trouble))?;
    if context.query_value("client_id") != Some(CLIENT_ID) {
        return Err(page(&token::NO_APP));
    }
    let redirect = context.query_value("redirect_uri").and_then(registered);
    let wrong = token::trouble(
        400,
        "invalid_request",
        50_011,
        "The redirect URI specified in the request does not match the redirect URIs configured for the application.",
    );
    redirect.map(|redirect| (tenant, redirect)).ok_or_else(|| page(&wrong))
}

fn authorize(sim: &Simulator, context: &Context, tenant: &str) -> Answer {
    let (tenant, redirect_uri) = match opening(context, tenant) {
        Ok(opening) => opening,
        Err(answer) => return answer,
    };
    let state = context.query_value("state");
    let mode = match context.query_value("response_mode") {
        None | Some("query") => Ok(ResponseMode::Query),
        Some("fragment") => Ok(ResponseMode::Fragment),
        Some("form_post") => Ok(ResponseMode::FormPost),
        Some(_) => Err(token::trouble(400, "invalid_request", 90_023, "The value of the parameter 'response_mode' is not supported.")),
    };
    let back = |mode: ResponseMode, trouble: &token::Trouble| {
        let outcome = vec![
            ("error".to_owned(), trouble.error.to_owned()),
            ("error_description".to_owned(), format!("AADSTS{}: {}", trouble.number, trouble.text)),
        ];
        oauth::send_back(&redirect_uri, mode, outcome, state)
    };
    let mode = match mode {
        Ok(mode) => mode,
        Err(trouble) => return back(ResponseMode::Query, &trouble),
    };
    match asked(context) {
        Err(trouble) => back(mode, &trouble),
        Ok((scopes, challenge)) => {
            let request = AuthorizeRequest {
                platform: Platform::Teams,
                client_id: CLIENT_ID.to_owned(),
                app_name: APP_NAME.to_owned(),
                scopes,
                user_scopes: Vec::new(),
                redirect_uri: redirect_uri.clone(),
                state: state.map(str::to_owned),
                challenge,
                nonce: context.query_value("nonce").map(str::to_owned),
                login_hint: context.query_value("login_hint").map(str::to_owned),
                response_mode: mode,
                code_lifetime: CODE_LIFETIME,
                extra: Vec::new(),
                may_consent: if tenant == Tenant::This { consent_here } else { consent_at_home },
            };
            oauth::consent_page(sim, context, request)
        }
    }
}

/// Scopes and PKCE challenge of an authorize request.
type Asked = (Vec<String>, Option<(String, String)>);

fn asked(context: &Context) -> Result<Asked, token::Trouble> {
    let missing = |name: &str| {
        token::trouble(400, "invalid_request", 900_144, &format!("The request body must contain the following parameter: '{name}'."))
    };
    match context.query_value("response_type") {
        Some("code") => {}
        None => return Err(missing("response_type")),
        Some(_) => {
            return Err(token::trouble(
                400,
                "unsupported_response_type",
                700_054,
                "This response_type is not enabled for the application.",
            ));
        }
    }
    let scopes = consents::read(context, context.query_value("scope").ok_or_else(|| missing("scope"))?)
        .map_err(|scope| token::wrong_scope(&scope))?;
    let challenge = match (context.query_value("code_challenge"), context.query_value("code_challenge_method").unwrap_or("plain")) {
        (None, _) => None,
        (Some(challenge), method @ ("S256" | "plain")) if (43..=128).contains(&challenge.len()) => {
            Some((method.to_owned(), challenge.to_owned()))
        }
        (Some(_), _) => {
            return Err(token::trouble(
                400,
                "invalid_request",
                501_491,
                "The size or method of the Code_Challenge parameter is not valid.",
            ));
        }
    };
    match context.query_value("prompt") {
        None | Some("login" | "consent" | "select_account") => Ok((scopes, challenge)),
        Some("none") => Err(token::trouble(400, "login_required", 50_058, "A silent sign-in request was sent but no user is signed in.")),
        Some(_) => Err(token::trouble(400, "invalid_request", 90_023, "The value of the parameter 'prompt' is not supported.")),
    }
}

fn admin_consent(sim: &Simulator, context: &Context, tenant: &str) -> Answer {
    let (_, redirect_uri) = match opening(context, tenant) {
        Ok(opening) => opening,
        Err(answer) => return answer,
    };
    let scope = context.query_value("scope").unwrap_or_default();
    let state = context.query_value("state");
    let scopes = match consents::read(context, scope) {
        Ok(scopes) if !scopes.is_empty() => scopes,
        _ => return oauth::send_back(&redirect_uri, ResponseMode::Query, vec![("error".to_owned(), "invalid_scope".to_owned())], state),
    };
    let request = AuthorizeRequest {
        platform: Platform::Teams,
        client_id: CLIENT_ID.to_owned(),
        app_name: APP_NAME.to_owned(),
        scopes,
        user_scopes: Vec::new(),
        redirect_uri,
        state: state.map(str::to_owned),
        challenge: None,
        nonce: None,
        login_hint: None,
        response_mode: ResponseMode::Query,
        code_lifetime: 0,
        extra: vec![
            ("admin_consent".to_owned(), "True".to_owned()),
            ("tenant".to_owned(), TENANT_ID.to_owned()),
            ("scope".to_owned(), scope.to_owned()),
        ],
        may_consent: consent_for_everybody,
    };
    oauth::consent_page(sim, context, request)
}

fn consent_at_home(sim: &Simulator, account: &Account, request: &AuthorizeRequest) -> Result<(), String> {
    if account.kind == Kind::Guest {
        return Err("Guests of this organization sign in through its own tenant id or domain.".to_owned());
    }
    consent_here(sim, account, request)
}

/// Allow was pressed: what is not consented to yet is now, if this person may.
fn consent_here(sim: &Simulator, account: &Account, request: &AuthorizeRequest) -> Result<(), String> {
    let mut state = sim.teams();
    if state.directory.is_deleted(&account.id) {
        return Err("AADSTS50034: The user account does not exist in the directory.".to_owned());
    }
    let missing: Vec<String> = state.consents.missing(&account.id, &request.scopes).into_iter().map(str::to_owned).collect();
    if !account.admin && missing.iter().any(|scope| !state.policies.for_oneself(scope)) {
        return Err(format!(
            "AADSTS90094: Need admin approval. {APP_NAME} needs permission to access resources in your organization that only an admin can grant."
        ));
    }
    state.consents.allow_one(&account.id, &missing);
    Ok(())
}

fn consent_for_everybody(sim: &Simulator, account: &Account, request: &AuthorizeRequest) -> Result<(), String> {
    if !account.admin {
        return Err("AADSTS90094: Only an admin can consent for the organization.".to_owned());
    }
    sim.teams().consents.allow_everybody(&request.scopes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_redirect_is_free_and_its_path_is_not() {
        assert_eq!(registered("http://localhost:8123").as_deref(), Some("http://localhost:8123/"));
        assert_eq!(registered("http://localhost:43117/entra").as_deref(), Some("http://localhost:43117/entra"));
        for wrong in [
            "http://localhost:1/Entra",
            "http://127.0.0.1:1/entra",
            "http://127.0.0.1",
            "https://localhost/entra",
            "http://localhost.evil.example",
            "http://localhost/entra?x=1",
            "http://a@localhost/",
            "x",
        ] {
            assert_eq!(registered(wrong), None, "{wrong}");
        }
    }
}
