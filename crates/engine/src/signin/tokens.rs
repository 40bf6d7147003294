//! Tokens: what a token endpoint answers, how it is asked, and how a dying token becomes a new one.
//!
//! One place for the four ways in which a token is made (code, refresh token, client by itself, minted by another slot),
//! because they share everything but a few form fields. Knows no listener, no prompt and no rate limit: requests leave
//! through [`Paced`], so that limits, repeats and the realm hold for token endpoints too.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::authorize::{Authorization, joined_scopes};
use super::fields::{Fields, clean};
use super::spec::{AuthCode, Client, ClientGrant, Mint, Slot, Source};
use crate::error::{Error, Kind, Result};
use crate::model::GrantId;
use crate::pace::Paced;
use crate::platform::Platform;
use crate::secrets::{Secret, damaged_entry};
use crate::transport::{Lane, Request, Response, Sign, Subject, Transport};

const OPERATION: &str = "sign_in";

/// Which sign-in made a token, and therefore which client renews it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// A slot of the connection: `info().slots` says how.
    Slot,
    /// The device grant of an employee.
    Device,
    /// Paste-back of an employee.
    PasteBack,
}

/// A token with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Signs requests.
    pub access: Secret,
    /// Gets the next access token; many platforms replace it at each use.
    pub refresh: Option<Secret>,
    /// When the access token dies, where the platform said so.
    pub expires_at: Option<Timestamp>,
    /// When the refresh token dies if nobody uses it, where the platform said so: the sign-in ends then.
    pub ends_at: Option<Timestamp>,
    /// The scopes that the token endpoint named; empty where it named none.
    pub scopes: BTreeSet<String>,
    /// How it was made.
    pub flow: Flow,
}

#[derive(Serialize, Deserialize)]
struct Written {
    access: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
    #[serde(default)]
    scopes: BTreeSet<String>,
    flow: Flow,
}

impl Tokens {
    /// A token from the admin's hand: nothing else is known about it.
    pub fn given(access: Secret) -> Self {
        Self { access, refresh: None, expires_at: None, ends_at: None, scopes: BTreeSet::new(), flow: Flow::Slot }
    }

    /// All of it as one secret, for a secret store or for sealing.
    pub fn to_secret(&self) -> Result<Secret> {
        let written = Written {
            access: self.access.expose().to_owned(),
            refresh: self.refresh.as_ref().map(|refresh| refresh.expose().to_owned()),
            expires_at: self.expires_at,
            ends_at: self.ends_at,
            scopes: self.scopes.clone(),
            flow: self.flow,
        };
        serde_json::to_string(&written).map(Secret::new).map_err(|_| Error::new(Kind::Bug, OPERATION, "A token could not be written."))
    }

    /// The reverse of [`Self::to_secret`].
    pub fn from_secret(secret: &Secret) -> Result<Self> {
        // The parser's own words could quote the token, so they are left out.
        let written: Written =
            serde_json::from_str(secret.expose()).map_err(|_| damaged_entry(OPERATION, "A stored sign-in is damaged."))?;
        Ok(Self {
            access: Secret::new(written.access),
            refresh: written.refresh.map(Secret::new),
            expires_at: written.expires_at,
            ends_at: written.ends_at,
            scopes: written.scopes,
            flow: written.flow,
        })
    }

    /// With the documented end of the refresh token, where the answer named none.
    fn living(mut self, life: Option<Duration>, now: Timestamp) -> Self {
        if self.ends_at.is_none() && self.refresh.is_some() {
            self.ends_at = life.and_then(|life| now.checked_add(life).ok());
        }
        self
    }

    /// Whether the access token is dead at `now`, or dies within `margin` of it.
    pub fn expires_within(&self, margin: Duration, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at.duration_since(now).as_secs_f64() <= margin.as_secs_f64())
    }
}

/// Reads a token endpoint's success. `at` points to the object that holds the token. Pure.
pub(crate) fn read_tokens(body: &[u8], at: &str, flow: Flow, now: Timestamp) -> Option<Tokens> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let object = answer.pointer(at)?;
    let text = |name: &str| object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let end = |names: &[&str]| {
        let seconds = names.iter().find_map(|name| object.get(*name)).and_then(seconds)?;
        now.checked_add(jiff::SignedDuration::from_secs(seconds.clamp(0, LONGEST))).ok()
    };
    let scopes = text("scope").unwrap_or_default().split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    let refresh = text("refresh_token").map(Secret::new);
    Some(Tokens {
        access: Secret::new(text("access_token")?),
        expires_at: end(&["expires_in"]).filter(|at| *at > now),
        ends_at: end(&["refresh_token_expires_in", "refresh_expires_in"]).filter(|at| *at > now && refresh.is_some()),
        refresh,
        scopes,
        flow,
    })
}

/// Longer lives than this are taken for this: a year that nobody will see must not become an error.
const LONGEST: i64 = 100 * 366 * 24 * 3600;

/// Seconds, as a number or in quotes. Nought and less say nothing: such a token is used until it is refused.
fn seconds(value: &Value) -> Option<i64> {
    let whole = value.as_i64().or_else(|| value.as_u64().map(|_| LONGEST));
    #[expect(clippy::cast_possible_truncation, reason = "a float is cut to the whole numbers there are")]
    let float = || value.as_f64().map(|float| float as i64);
    whole.or_else(float).or_else(|| value.as_str()?.trim().parse().ok())
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-05T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn token_answers_are_read_in_every_documented_shape() {
        let plain =
            read_tokens(br#"{"access_token":"a","refresh_token":"r","expires_in":3600,"scope":"one two"}"#, "", Flow::Slot, now()).unwrap();
        assert_eq!((plain.access.expose(), plain.refresh.unwrap().expose()), ("a", "r"));
        assert_eq!(plain.expires_at.unwrap().to_string(), "2026-01-05T09:00:00Z");
        assert_eq!(plain.scopes, ["one".to_owned(), "two".to_owned()].into());
        let nested = read_tokens(br#"{"ok":true,"authed":{"access_token":"u","scope":"one,two"}}"#, "/authed", Flow::Slot, now()).unwrap();
        assert_eq!((nested.access.expose(), nested.refresh, nested.expires_at, nested.scopes.len()), ("u", None, None, 2));
        let text = read_tokens(br#"{"access_token":"a","expires_in":"60"}"#, "", Flow::Slot, now()).unwrap();
        assert!(text.expires_within(Duration::from_secs(60), now()) && !text.expires_within(Duration::from_secs(59), now()));
        for bad in [&br#"{"access_token":""}"#[..], br#"{"ok":false}"#, b"<html>", br#"{"access_token":"a"#] {
            assert_eq!(read_tokens(bad, "", Flow::Slot, now()), None);
        }
    }

    #[test]
    fn tokens_survive_being_written_and_a_damaged_one_is_not_quoted() {
        let tokens =
            read_tokens(br#"{"access_token":"a","refresh_token":"r","expires_in":3600,"scope":"x"}"#, "", Flow::PasteBack, now()).unwrap();
        assert_eq!(Tokens::from_secret(&tokens.to_secret().unwrap()).unwrap(), tokens);
        let error = Tokens::from_secret(&Secret::new(r#"{"access":"planted-token","flow":7}"#)).unwrap_err();
        assert_eq!(error.kind, Kind::Keychain);
        assert!(!format!("{error:?}").contains("planted"));
    }

    #[test]
    fn a_lifetime_of_any_shape_is_read_or_left_open_and_never_an_error() {
        let ends = |value: &str| {
            let body = format!(r#"{{"access_token":"a","refresh_token":"r","expires_in":{value},"refresh_token_expires_in":{value}}}"#);
            let tokens = read_tokens(body.as_bytes(), "", Flow::Slot, now()).unwrap();
            assert_eq!(tokens.expires_at, tokens.ends_at, "{value}");
            tokens.expires_at.map(|at| at.duration_since(now()).as_secs())
        };
        assert_eq!(["3600", "\"3600\"", "3600.9", "\" 3600 \""].map(ends), [Some(3600); 4]);
        assert_eq!(["0", "-5", "null", "true", "\"soon\"", "{}", "-9223372036854775808"].map(ends), [None; 7]);
        assert_eq!(["9223372036854775807", "18446744073709551615", "1e300"].map(ends), [Some(LONGEST); 3]);
    }

    #[test]
    fn the_end_of_the_sign_in_is_read_kept_and_outlives_a_renewal_that_does_not_repeat_it() {
        let read = |body: &str| read_tokens(body.as_bytes(), "", Flow::Slot, now()).unwrap();
        let other = read(r#"{"access_token":"a","refresh_token":"r","refresh_expires_in":60}"#);
        assert_eq!(other.ends_at.unwrap().duration_since(now()).as_secs(), 60);
        assert_eq!(Tokens::from_secret(&other.to_secret().unwrap()).unwrap(), other);
        assert_eq!(read(r#"{"access_token":"a","refresh_expires_in":60}"#).ends_at, None, "nothing ends that is not there");
        assert_eq!(read(r#"{"access_token":"a","refresh_token":"r"}"#).ends_at, None);
    }

    #[test]
    fn a_documented_life_of_the_refresh_token_counts_where_the_answer_names_none() {
        let month = Some(Duration::from_secs(30 * 24 * 3600));
        let ends = |answer: &str, life| {
            let tokens = read_tokens(answer.as_bytes(), "", Flow::Slot, now()).unwrap().living(life, now());
            tokens.ends_at.map(|at| at.to_string())
        };
        let renewable = r#"{"access_token":"a","refresh_token":"r"}"#;
        assert_eq!(ends(renewable, month).as_deref(), Some("2026-02-04T08:00:00Z"));
        assert_eq!(ends(renewable, None), None);
        assert_eq!(ends(r#"{"access_token":"a"}"#, month), None, "nothing ends that is not there");
        let told = r#"{"access_token":"a","refresh_token":"r","refresh_token_expires_in":60}"#;
        assert_eq!(ends(told, month).as_deref(), Some("2026-01-05T08:01:00Z"));
    }
}
