//! How token endpoints are asked, and how a dying token becomes a new one.
//!
//! One place for the four ways in which a token is made (code, refresh token, client by itself, minted by another slot),
//! because they share everything but a few form fields. Knows no listener, no prompt and no rate limit: requests leave
//! through [`Paced`], so that limits, repeats and the realm hold for token endpoints too.

use http::Method;
use serde_json::Value;

use super::authorize::{Authorization, joined_scopes};
use super::fields::{Fields, clean};
use super::spec::{AuthCode, Client, ClientGrant, Mint, Slot, Source};
use super::tokens::{Flow, Tokens, read_tokens};
use crate::error::{Error, Kind, Result};
use crate::model::GrantId;
use crate::pace::Paced;
use crate::platform::Platform;
use crate::secrets::Secret;
use crate::transport::{Lane, Request, Response, Sign, Subject, Transport};

const OPERATION: &str = "sign_in";

/// Exchanges the code of an authorization for tokens. Once: a code is good for one attempt.
pub(crate) async fn exchange_code(
    paced: &Paced,
    platform: &'static dyn Platform,
    fields: &Fields<'_>,
    code: &AuthCode,
    scopes: &[&str],
    authorization: &Authorization,
    answer: &Secret,
) -> Result<Tokens> {
    let mut form = vec![
        ("grant_type", "authorization_code".to_owned()),
        ("code", answer.expose().to_owned()),
        ("redirect_uri", authorization.redirect.clone()),
        ("code_verifier", authorization.verifier.expose().to_owned()),
    ];
    if code.scope_at_token {
        form.push(("scope", joined_scopes(code, scopes)));
    }
    let response = ask(paced, platform, fields, code.token_url, &code.client, form).await?;
    let tokens = tokens_or_refusal(paced, platform, &response, code.token_at, Flow::Slot)?;
    Ok(tokens.living(code.refresh_life, paced.clock().now()))
}

/// A token that the client gets by itself.
pub(crate) async fn client_token(
    paced: &Paced,
    platform: &'static dyn Platform,
    fields: &Fields<'_>,
    grant: &ClientGrant,
) -> Result<Tokens> {
    let mut form = vec![("grant_type", grant.grant_type.to_owned())];
    for (parameter, field) in grant.parameters {
        form.push((parameter, fields.need(field).await?.expose().to_owned()));
    }
    let response = ask(paced, platform, fields, grant.token_url, &grant.client, form).await?;
    tokens_or_refusal(paced, platform, &response, "", Flow::Slot)
}

/// A token that another slot's token asks for.
pub(crate) async fn mint(paced: &Paced, platform: &'static dyn Platform, fields: &Fields<'_>, mint: &Mint) -> Result<Tokens> {
    let mut members = serde_json::Map::new();
    for (member, field) in mint.members {
        let value = match (*field, &fields.facts.identity) {
            ("{tenant}", Some(identity)) => identity.tenant.clone(),
            ("{tenant}", None) => {
                return Err(Error::new(Kind::Bug, OPERATION, "A token was minted before its tenant was known.").on(fields.platform));
            }
            _ => fields.need(field).await?.expose().to_owned(),
        };
        members.insert((*member).to_owned(), value.into());
    }
    let request = Request::write(Method::POST, fields.url(mint.url)?, Sign::Bearer(mint.signed_by), Paced::UNCOUNTED, OPERATION)
        .json(&members)?
        .repeatable();
    let response = paced.send(fields.platform, request, Subject::Connection, Lane::Waiting).await?;
    tokens_or_refusal(paced, platform, &response, "", Flow::Slot)
}

/// New tokens for a slot whose access token is dead. A definite refusal is `Kind::SignedOut`.
pub(crate) async fn renew_slot(
    paced: &Paced,
    platform: &'static dyn Platform,
    fields: &Fields<'_>,
    slot: &Slot,
    old: &Tokens,
) -> Result<Tokens> {
    let renewed = match (&slot.source, &old.refresh) {
        (Source::Browser(code), Some(token)) => refresh(paced, platform, fields, code.token_url, &code.client, token, old)
            .await
            .map(|tokens| tokens.living(code.refresh_life, paced.clock().now())),
        (Source::Minted(mint), Some(token)) => refresh(paced, platform, fields, mint.refresh_url, &mint.client, token, old).await,
        (Source::Minted(source), None) if mintable(fields, source).await? => mint(paced, platform, fields, source).await,
        (Source::Client(grant), _) if obtainable(fields, grant).await? => client_token(paced, platform, fields, grant).await,
        _ => return Err(ended(fields.platform, None)),
    };
    renewed.map_err(|error| ended_unless_passing(fields, error))
}

/// New tokens for an employee's grant whose access token is dead. A definite refusal is `Kind::SignedOut`.
pub(crate) async fn renew_grant(
    paced: &Paced,
    platform: &'static dyn Platform,
    fields: &Fields<'_>,
    grant: GrantId,
    old: &Tokens,
) -> Result<Tokens> {
    let employee = platform.info().employee.as_ref();
    let client = match old.flow {
        Flow::Device => employee.and_then(|employee| employee.device.as_ref()).map(|device| (device.refresh_url, &device.refresh_client)),
        Flow::PasteBack => {
            employee.and_then(|employee| employee.paste_back.as_ref()).map(|paste| (paste.code.token_url, &paste.code.client))
        }
        Flow::Slot => None,
    };
    let renewed = match (client, &old.refresh) {
        (Some((url, client)), Some(token)) => {
            refresh(paced, platform, fields, url, client, token, old).await.map_err(|error| ended_unless_passing(fields, error))
        }
        _ => Err(ended(fields.platform, None)),
    };
    renewed.map_err(|error| match error.kind {
        Kind::SignedOut => of_person(error, grant),
        _ => error,
    })
}

/// Turns a signed-out error into one about an employee: it is they who sign in again, not the admin.
pub(crate) fn of_person(mut error: Error, grant: GrantId) -> Error {
    error.message = "The person's sign-in has ended or was withdrawn.".into();
    error.ask_admin("Sync the person once more: they then get a new prompt.").with("grant", grant.to_string())
}

async fn refresh(
    paced: &Paced,
    platform: &'static dyn Platform,
    fields: &Fields<'_>,
    url: &str,
    client: &Client,
    token: &Secret,
    old: &Tokens,
) -> Result<Tokens> {
    let form = vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", token.expose().to_owned())];
    let response = ask(paced, platform, fields, url, client, form).await?;
    let mut tokens = tokens_or_refusal(paced, platform, &response, "", old.flow)?;
    if tokens.refresh.is_none() {
        tokens.refresh = Some(token.clone());
        tokens.ends_at = tokens.ends_at.or(old.ends_at);
    }
    if tokens.scopes.is_empty() {
        tokens.scopes.clone_from(&old.scopes);
    }
    Ok(tokens)
}

async fn obtainable(fields: &Fields<'_>, grant: &ClientGrant) -> Result<bool> {
    has_all(fields, client_fields(&grant.client).chain(grant.parameters.iter().map(|(_, field)| *field))).await
}

/// Whether everything that minting needs was entered.
pub(crate) async fn mintable(fields: &Fields<'_>, mint: &Mint) -> Result<bool> {
    has_all(fields, client_fields(&mint.client).chain(mint.members.iter().map(|(_, field)| *field).filter(|field| *field != "{tenant}")))
        .await
}

/// The fields that a client needs to show who it is.
pub(crate) fn client_fields(client: &Client) -> impl Iterator<Item = &'static str> + use<> {
    let secret = match client {
        Client::Public { .. } => None,
        Client::Form(fields) | Client::Basic(fields) | Client::BasicAndForm(fields) => Some(fields.secret),
    };
    std::iter::once(client.id_field()).chain(secret)
}

pub(crate) async fn has_all(fields: &Fields<'_>, names: impl Iterator<Item = &'static str>) -> Result<bool> {
    for name in names {
        if fields.get(name).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// One request to a token endpoint; the answer comes back whatever it says.
pub(crate) async fn ask(
    paced: &Paced,
    platform: &'static dyn Platform,
    fields: &Fields<'_>,
    url: &str,
    client: &Client,
    mut form: Vec<(&'static str, String)>,
) -> Result<Response> {
    let authorization = fields.authenticate(client, &mut form).await?;
    ask_with(paced, platform, fields.url(url)?, authorization, &form).await
}

/// One request to a token endpoint with a client that has shown itself already.
pub(crate) async fn ask_with(
    paced: &Paced,
    platform: &'static dyn Platform,
    url: url::Url,
    authorization: Option<http::HeaderValue>,
    form: &[(&'static str, String)],
) -> Result<Response> {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // Asking a token endpoint twice harms nobody: at worst the second answer is a refusal, as without it.
    let request = Request::write(Method::POST, url, Sign::Nobody, Paced::UNCOUNTED, OPERATION)
        .form(&form)
        .header(http::header::ACCEPT, http::HeaderValue::from_static("application/json"))
        .repeatable();
    paced.ask(platform, request, authorization, Lane::Prompt).await
}

/// The tokens in an answer, or the reason why there are none.
pub(crate) fn tokens_or_refusal(
    paced: &Paced,
    platform: &'static dyn Platform,
    response: &Response,
    at: &str,
    flow: Flow,
) -> Result<Tokens> {
    let tokens = read_tokens(&response.body, at, flow, paced.clock().now()).filter(|_| response.status.is_success());
    tokens.ok_or_else(|| refusal(platform, response))
}

/// Why a token endpoint refused. The adapter's word counts; where it does not know the answer, the standard's words do.
pub(crate) fn refusal(platform: &'static dyn Platform, response: &Response) -> Error {
    let id = platform.info().id;
    if let Some(error) =
        platform.read_error(response, OPERATION).filter(|error| error.kind != Kind::PlatformDown || response.status.is_server_error())
    {
        return error.on(id);
    }
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let word = body.get("error").and_then(Value::as_str).map(clean).unwrap_or_default();
    let error = match word.as_str() {
        "invalid_grant" | "expired_token" => Error::new(Kind::SignedOut, OPERATION, "The sign-in has expired or was withdrawn."),
        "access_denied" => {
            Error::new(Kind::Forbidden, OPERATION, "The sign-in was refused.").ask_admin("Start the sign-in again and allow it.")
        }
        "invalid_client" | "unauthorized_client" => Error::invalid(
            OPERATION,
            "The platform does not accept the app's client id and secret.",
            "Compare the client id and secret with the app's page at the platform, and connect again.",
        ),
        "invalid_scope" => Error::new(Kind::Forbidden, OPERATION, "The app may not ask for these scopes.")
            .ask_admin("Add the scopes that User Sync lists to the app at the platform, and connect again."),
        "" => Error::new(Kind::PlatformDown, OPERATION, "The platform answered the sign-in in a shape that User Sync does not understand."),
        _ => Error::invalid(
            OPERATION,
            format!("The platform refused the sign-in ({word})."),
            "Compare the app's settings at the platform with what User Sync asks for, and try again.",
        ),
    };
    error.on(id).with("word", word).with("status", response.status.as_str())
}

fn ended(platform: crate::model::PlatformId, why: Option<&Error>) -> Error {
    let error = Error::new(Kind::SignedOut, OPERATION, "The sign-in has ended or was withdrawn.").on(platform);
    match why {
        Some(why) => error.with("because", clean(&why.message)),
        None => error,
    }
}

/// A renewal that was refused for good means: somebody has to sign in again. What passes is tried again later.
fn ended_unless_passing(fields: &Fields<'_>, error: Error) -> Error {
    match error.kind {
        Kind::SignedOut | Kind::Forbidden | Kind::Invalid | Kind::NotFound | Kind::Conflict | Kind::Unsupported => {
            ended(fields.platform, Some(&error))
        }
        _ => error,
    }
}
