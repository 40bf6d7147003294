//! Webex: its OAuth, people, messages, guests and authorizations.
//! Written from the vendor's documents; must not know any other fake.
//!
//! Webex publishes no rate limits as numbers, only 429 with `Retry-After` in whole seconds. The limit here is the simulator's own
//! choice: modest enough that a client which ignores 429 is found out.
//! Service App guests are shown with the kind `bot`, the word under which User Sync's users know them.

mod guests;
mod messages;
mod people;
mod sign_in;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::http::{Answer, Context, WrongBody};
use crate::tokens::Access;
use crate::{Account, CAPITALS, LimitRow, Platform, Simulator, World, ids};

/// The vendor hosts answered here.
pub(crate) const HOSTS: &[&str] = &["webexapis.com", HELPER];
/// Where people type a device code.
const HELPER: &str = "oauth-helper-r.wbx2.com";

const REQUESTS: LimitRow =
    LimitRow { platform: Platform::Webex, name: "requests", scope: "authorization", amount: 600.0, seconds: 60.0, burst: 60.0 };

/// The simulator's own choice: see the module's text.
pub(crate) const LIMITS: &[LimitRow] = &[REQUESTS];

/// Everything that changes at this platform.
pub(crate) struct State {
    /// The company's organisation.
    org: String,
    /// Another company's, for the accounts of foreign people.
    other_org: String,
    clients: sign_in::Clients,
    guests: guests::Guests,
    rooms: HashMap<(String, String), messages::Room>,
    /// What a complete verification link carries, and the user code behind it.
    verify_links: HashMap<String, String>,
}

impl State {
    pub(crate) fn new(_world: &World) -> Self {
        Self {
            org: ids::webex("ORGANIZATION", "7f1c0f6e-6f0e-4a3c-9a51-2f6f8f0f5a10"),
            other_org: ids::webex("ORGANIZATION", "0b5f3a52-93ad-4f0c-8d2c-5c2f8f0a7e22"),
            clients: sign_in::Clients::default(),
            guests: guests::Guests::default(),
            rooms: HashMap::new(),
            verify_links: HashMap::new(),
        }
    }
}

/// Opens the first grants; the platform's part of `credentials` in READY.json.
pub(crate) fn prepare(sim: &Simulator) -> Value {
    sign_in::prepare(sim)
}

/// Every operation of the platform.
pub(crate) fn route(sim: &Simulator, context: &Context) -> Answer {
    let segments = context.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let method = context.method.as_str();
    if context.host != "webexapis.com" {
        return match (method, path.as_slice()) {
            ("GET", ["verify"]) => sign_in::verify_page(sim, context),
            _ => sim.unknown(context),
        };
    }
    match (method, path.as_slice()) {
        ("GET", ["v1", "authorize"]) => sign_in::authorize(sim, context),
        ("POST", ["v1", "access_token"]) => sign_in::access_token(sim, context),
        ("POST", ["v1", "device", "authorize"]) => sign_in::device_authorize(sim, context),
        ("POST", ["v1", "device", "token"]) => sign_in::device_token(sim, context),
        _ => authorised(sim, context, method, &path).unwrap_or_else(|refusal| refusal),
    }
}

/// The operations that need a bearer token.
fn authorised(sim: &Simulator, context: &Context, method: &str, path: &[&str]) -> Result<Answer, Answer> {
    let caller = caller(sim, context)?;
    match (method, path) {
        ("GET", ["v1", "people"]) => people::list(sim, context, &caller),
        ("GET", ["v1", "people", "me"]) => people::me(sim, context, &caller),
        ("GET", ["v1", "people", id]) => people::one(sim, context, &caller, id),
        ("GET", ["v1", "organizations"]) => people::organizations(sim, context, &caller),
        ("GET", ["v1", "organizations", id]) => people::organization(sim, context, &caller, id),
        ("GET", ["v1", "teams"]) => people::teams(sim, context, &caller),
        ("GET", ["v1", "team", "memberships"]) => people::memberships(sim, context, &caller),
        ("GET", ["v1", "messages"]) => messages::list(sim, context, &caller),
        ("POST", ["v1", "messages"]) => messages::post(sim, context, &caller),
        ("GET", ["v1", "messages", "direct"]) => messages::direct(sim, context, &caller),
        ("GET", ["v1", "messages", id]) => messages::one(sim, context, &caller, id),
        ("PUT", ["v1", "messages", id]) => messages::edit(sim, context, &caller, id),
        ("DELETE", ["v1", "messages", id]) => messages::delete(sim, context, &caller, id),
        ("GET", ["v1", "rooms"]) => messages::rooms(sim, context, &caller),
        ("POST", ["v1", "guests", "token"]) => guests::token(sim, context, &caller),
        ("GET", ["v1", "guests", "count"]) => guests::count(sim, context, &caller),
        ("POST", ["v1", "applications", id, "token"]) => guests::application_token(sim, context, &caller, id),
        ("GET", ["v1", "authorizations"]) => guests::authorizations(sim, context, &caller),
        ("DELETE", ["v1", "authorizations"]) => guests::delete_client(sim, context, &caller),
        ("DELETE", ["v1", "authorizations", id]) => guests::delete_authorization(sim, context, &caller, id),
        _ => Ok(sim.unknown(context)),
    }
}

/// An employee writes a direct message: `to` is an address, an account id or the name of a guest.
pub(crate) fn speak(sim: &Simulator, account: &Account, to: &str, text: &str) -> Result<(), String> {
    messages::speak(sim, account, to, text)
}

/// Who calls, with a live token and within the rate limit.
fn caller(sim: &Simulator, context: &Context) -> Result<Access, Answer> {
    let token = context.bearer().unwrap_or_default();
    let access = sim.tokens().access(token, context.now).ok().filter(|access| access.grant.platform == Platform::Webex);
    let access =
        access.ok_or_else(|| trouble(sim, 401, "The request requires a valid access token set in the Authorization request header."))?;
    sim.take(&format!("webex/{}", access.grant.id), &REQUESTS, 1.0).map_err(|seconds| {
        let after = seconds.ceil().max(1.0);
        throttled(sim, Some(&format!("{after:.0}")))
    })?;
    Ok(access)
}

/// Webex's 429, with what `Retry-After` says.
pub(crate) fn throttled(sim: &Simulator, after: Option<&str>) -> Answer {
    let text = "Too many requests have been sent in a given amount of time and the request has been rate limited.";
    after.into_iter().fold(trouble(sim, 429, text), |answer, after| answer.header("retry-after", after))
}

/// Refuses a caller without any of the scopes.
fn need(sim: &Simulator, caller: &Access, scopes: &[&str]) -> Result<(), Answer> {
    if scopes.iter().any(|scope| caller.grant.has_scope(scope)) {
        return Ok(());
    }
    let text = "The server understood the request, but refused to fulfill it because the access token is missing required scopes or the user is missing required roles or licenses.";
    Err(trouble(sim, 403, text))
}

/// Refuses a query with a parameter that the operation does not have.
fn only(sim: &Simulator, context: &Context, known: &[&str]) -> Result<(), Answer> {
    match context.unknown_parameter(&context.query, known) {
        Some(name) => Err(trouble(sim, 400, &format!("Invalid query parameter: {name}"))),
        None => Ok(()),
    }
}

/// The JSON body, with nothing in it but these members.
fn body(sim: &Simulator, context: &Context, known: &[&str]) -> Result<Value, Answer> {
    let body = context.json().map_err(|wrong| match wrong {
        WrongBody::ContentType => trouble(
            sim,
            415,
            "The request was made to a resource without specifying a media type or used a media type that is not supported.",
        ),
        WrongBody::Malformed => trouble(sim, 400, "The request could not be understood by the server due to malformed syntax."),
    })?;
    let members =
        body.as_object().ok_or_else(|| trouble(sim, 400, "POST failed: HTTP/1.1 400 Bad Request (json body is not an object)"))?;
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(trouble(sim, 400, &format!("Unrecognized field \"{name}\""))),
        None => Ok(body),
    }
}

/// The size of a page: the default, or what was asked for cut to the maximum (Webex clamps silently).
fn page_size(sim: &Simulator, context: &Context, default: usize, most: usize) -> Result<usize, Answer> {
    match context.query_value("max") {
        None => Ok(default),
        Some(text) => match text.parse::<usize>() {
            Ok(size) if size > 0 => Ok(size.min(most)),
            _ => Err(trouble(sim, 400, "max must be a positive integer")),
        },
    }
}

/// Where a list goes on, by the cursor in the query; the list is named by the query without it.
fn position(sim: &Simulator, context: &Context) -> Result<usize, Answer> {
    match context.query_value("cursor") {
        None => Ok(0),
        Some(cursor) => {
            let found = sim.cursors().position(cursor, &list_name(context), context.now);
            found.ok_or_else(|| trouble(sim, 400, "The cursor is not valid."))
        }
    }
}

fn list_name(context: &Context) -> String {
    let kept: Vec<(&str, &str)> = parameters(context).collect();
    format!("{}?{}", context.path, crate::http::encode(&kept))
}

fn parameters(context: &Context) -> impl Iterator<Item = (&str, &str)> {
    context.query.iter().filter(|(name, _)| name != "cursor").map(|(name, value)| (name.as_str(), value.as_str()))
}

/// One page of `all` as `{"items": […]}`, with a `Link` to the next one when there is more.
fn page<T>(
    sim: &Simulator,
    context: &Context,
    all: &[T],
    size: usize,
    show: impl Fn(&T) -> Value,
    extra: Option<(&str, Value)>,
) -> Result<Answer, Answer> {
    let start = position(sim, context)?.min(all.len());
    let end = (start + crate::pages::page_length(start, size)).min(all.len());
    let mut answer = json!({ "items": all[start..end].iter().map(show).collect::<Vec<_>>() });
    if let Some((name, value)) = extra {
        answer[name] = value;
    }
    let answer = Answer::json(200, &answer);
    if end == all.len() {
        return Ok(answer);
    }
    let cursor = sim.random_text(crate::ALPHANUMERIC, 32);
    sim.cursors().keep(&cursor, &list_name(context), end, None);
    let query: Vec<(&str, &str)> = parameters(context).chain([("cursor", cursor.as_str())]).collect();
    let next = context.absolute(context.host, &format!("{}?{}", context.path, crate::http::encode(&query)));
    Ok(answer.header("link", &format!("<{next}>; rel=\"next\"")))
}

/// A refusal in Webex's shape.
fn trouble(sim: &Simulator, status: u16, text: &str) -> Answer {
    let tracking = format!("ROUTER_{}", sim.random_text(CAPITALS, 24));
    let body = json!({ "message": text, "errors": [{ "description": text }], "trackingId": tracking });
    Answer::json(status, &body).header("trackingid", &tracking)
}

fn not_found(sim: &Simulator) -> Answer {
    trouble(sim, 404, "The requested resource could not be found.")
}

/// A time as Webex writes it.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
