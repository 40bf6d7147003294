//! Zoom: its OAuth, users, Team Chat as a real user, and the chatbot.
//! Written from the vendor's documents; must not know any other fake.
//!
//! Three apps are registered: a server-to-server app (admin scopes, no `me`), a general app managed by each user (only `me`) with
//! an extra public client id, and a chatbot. Limits are those of a Business account, counted for the account as a whole.
//! Where Zoom's documents are silent: messages are listed newest first, a user token may name itself only as `me`,
//! and invited (pending) users carry an id like all others.

mod bot;
mod chat;
mod sign_in;
#[cfg(test)]
mod tests;
mod users;

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::http::{Answer, Context, WrongBody};
use crate::tokens::{Access, TokenTrouble};
use crate::{Account, LimitRow, Platform, Simulator, World};

/// The vendor hosts answered here.
pub(crate) const HOSTS: &[&str] = &["zoom.us", "api.zoom.us"];

const LIGHT: LimitRow = LimitRow { platform: Platform::Zoom, name: "Light", scope: "account", amount: 80.0, seconds: 1.0, burst: 80.0 };
const MEDIUM: LimitRow = LimitRow { platform: Platform::Zoom, name: "Medium", scope: "account", amount: 60.0, seconds: 1.0, burst: 60.0 };

/// The published rate limits.
pub(crate) const LIMITS: &[LimitRow] = &[LIGHT, MEDIUM];

/// Everything that changes at this platform.
pub(crate) struct State {
    account_id: String,
    apps: sign_in::Apps,
    chats: HashMap<(String, String), Vec<chat::Message>>,
    bot_messages: HashMap<String, bot::BotMessage>,
}

impl State {
    pub(crate) fn new(_world: &World) -> Self {
        Self { account_id: String::new(), apps: sign_in::Apps::default(), chats: HashMap::new(), bot_messages: HashMap::new() }
    }
}

/// Opens the first grants; the platform's part of `credentials` in READY.json.
pub(crate) fn prepare(sim: &Simulator) -> Value {
    sign_in::prepare(sim)
}

/// Switches the server-to-server app off or on. While it is off it gets no token.
pub(crate) fn switch(sim: &Simulator, active: bool) {
    sim.zoom().apps.server_off = !active;
}

/// Every operation of the platform.
pub(crate) fn route(sim: &Simulator, context: &Context) -> Answer {
    let segments = context.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (context.host, context.method.as_str(), path.as_slice()) {
        ("zoom.us", "GET", ["oauth", "authorize"]) => sign_in::authorize(sim, context),
        ("zoom.us", "POST", ["oauth", "token"]) => sign_in::token(sim, context),
        ("zoom.us", "POST", ["oauth", "devicecode"]) => sign_in::device_code(sim, context),
        ("zoom.us", "POST", ["oauth", "revoke"]) => sign_in::revoke(sim, context),
        ("zoom.us", "GET", ["oauth_device"]) => crate::oauth::device_page(context, None),
        ("zoom.us", "GET", ["oauth", "device", "complete", code]) => crate::oauth::device_page(context, Some(code)),
        ("api.zoom.us", method, ["v2", rest @ ..]) => authorised(sim, context, method, rest).unwrap_or_else(|refusal| refusal),
        _ => sim.unknown(context),
    }
}

/// The operations that need a bearer token.
fn authorised(sim: &Simulator, context: &Context, method: &str, path: &[&str]) -> Result<Answer, Answer> {
    let caller = caller(sim, context)?;
    match (method, path) {
        ("GET", ["users"]) => users::list(sim, context, &caller),
        ("GET", ["users", id]) => users::one(sim, context, &caller, id),
        ("GET", ["chat", "users", "me", "contacts"]) => users::contacts(sim, context, &caller),
        ("POST", ["chat", "users", user, "messages"]) => chat::post(sim, context, &caller, user),
        ("GET", ["chat", "users", user, "messages"]) => chat::list(sim, context, &caller, user),
        ("GET", ["chat", "users", user, "messages", id]) => chat::one(sim, context, &caller, user, id),
        ("PUT", ["chat", "users", user, "messages", id]) => chat::edit(sim, context, &caller, user, id),
        ("DELETE", ["chat", "users", user, "messages", id]) => chat::delete(sim, context, &caller, user, id),
        ("GET", ["chat", "users", user, "sessions"]) => chat::sessions(sim, context, &caller, user),
        ("POST", ["im", "chat", "messages"]) => bot::post(sim, context, &caller),
        ("PUT", ["im", "chat", "messages", id]) => bot::edit(sim, context, &caller, id),
        ("DELETE", ["im", "chat", "messages", id]) => bot::delete(sim, context, &caller, id),
        _ => Ok(sim.unknown(context)),
    }
}

/// An employee writes a direct message: `to` is an address or an account id.
pub(crate) fn speak(sim: &Simulator, account: &Account, to: &str, text: &str) -> Result<(), String> {
    chat::speak(sim, account, to, text)
}

/// Who calls, with a live token.
fn caller(sim: &Simulator, context: &Context) -> Result<Access, Answer> {
    let token = context.bearer().ok_or_else(|| trouble(401, 124, "Invalid access token."))?;
    match sim.tokens().access(token, context.now) {
        Ok(access) if access.grant.platform == Platform::Zoom => Ok(access),
        Err(TokenTrouble::Expired) => Err(trouble(401, 124, "Access token is expired.")),
        _ => Err(trouble(401, 124, "Invalid access token.")),
    }
}

/// Counts a request against its label and refuses a caller without the scope (`scope`, or `scope:admin` for admin apps).
fn need(sim: &Simulator, caller: &Access, row: &LimitRow, scope: &str) -> Result<(), Answer> {
    limit(sim, row)?;
    let admin = format!("{scope}:admin");
    let wanted = if caller.grant.kind == "server" { &admin } else { scope };
    if caller.grant.has_scope(wanted) {
        return Ok(());
    }
    Err(trouble(400, 4711, &format!("Invalid access token, does not contain scopes:[{wanted}].")))
}

fn limit(sim: &Simulator, row: &LimitRow) -> Result<(), Answer> {
    sim.take(&format!("zoom/{}", row.name), row, 1.0).map_err(|_| {
        throttled(None)
            .header("x-ratelimit-category", row.name)
            .header("x-ratelimit-limit", &format!("{:.0}", row.amount))
            .header("x-ratelimit-remaining", "0")
    })
}

/// Zoom's 429: of the second, which names no time, or of the day, which names the moment when it ends.
pub(crate) fn throttled(after: Option<&str>) -> Answer {
    let (word, kind) = if after.is_some() { ("daily", "Daily-limit") } else { ("per-second", "QPS") };
    let text = format!("You have reached the maximum {word} rate limit for this API. Try again later.");
    let answer = trouble(429, 429, &text).header("x-ratelimit-type", kind);
    after.into_iter().fold(answer, |answer, after| answer.header("retry-after", after))
}

/// Refuses a query with a parameter that the operation does not have.
fn only(context: &Context, known: &[&str]) -> Result<(), Answer> {
    match context.unknown_parameter(&context.query, known) {
        Some(name) => Err(trouble(400, 300, &format!("Invalid parameter: {name}."))),
        None => Ok(()),
    }
}

/// The JSON body, with nothing in it but these members.
fn body(context: &Context, known: &[&str]) -> Result<Value, Answer> {
    let body = context.json().map_err(|wrong| match wrong {
        WrongBody::ContentType => trouble(400, 300, "Unsupported Content Type"),
        WrongBody::Malformed => trouble(400, 300, "Request Body should be a valid JSON object."),
    })?;
    let members = body.as_object().ok_or_else(|| trouble(400, 300, "Request Body should be a valid JSON object."))?;
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(trouble(400, 300, &format!("Invalid field: {name}."))),
        None => Ok(body),
    }
}

/// The page that was asked for: size and start.
fn page(sim: &Simulator, context: &Context, default: usize, most: usize) -> Result<(usize, usize), Answer> {
    let size = match context.query_value("page_size") {
        None => default,
        Some(text) => match text.parse::<usize>() {
            Ok(size) if (1..=most).contains(&size) => size,
            _ => return Err(trouble(400, 300, &format!("The page_size must be from 1 to {most}."))),
        },
    };
    let start = match context.query_value("next_page_token") {
        None | Some("") => 0,
        Some(token) => {
            let found = sim.cursors().position(token, &list_name(context), context.now);
            found.ok_or_else(|| trouble(400, 300, "The next page token is invalid or expired."))?
        }
    };
    Ok((size, start))
}

/// The token of the page after `end`; empty when there is none. It lives 15 minutes and asks for the same parameters again.
fn next_page(sim: &Simulator, context: &Context, end: usize, all: usize) -> String {
    if end >= all {
        return String::new();
    }
    let token = sim.random_text(crate::ALPHANUMERIC, 32);
    let dies = context.now + jiff::SignedDuration::from_mins(15);
    sim.cursors().keep(&token, &list_name(context), end, Some(dies));
    token
}

fn list_name(context: &Context) -> String {
    let kept: Vec<(&str, &str)> =
        context.query.iter().filter(|(name, _)| name != "next_page_token").map(|(name, value)| (name.as_str(), value.as_str())).collect();
    format!("{}?{}", context.path, crate::http::encode(&kept))
}

/// A refusal in the API's shape.
fn trouble(status: u16, code: u32, message: &str) -> Answer {
    Answer::json(status, &json!({ "code": code, "message": message })).header("x-zm-trackingid", "v=2.0;clid=us02;rid=WEB_simulated")
}

fn time(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
