//! What the four sign-ins have in common: a consent page without scripts, authorization codes with PKCE, device codes.
//! Which parameters a vendor takes, and in which words it refuses, stays in that vendor's folder.
//!
//! A vendor's authorize operation checks its parameters and calls [`consent_page`]; the page's form comes back to
//! [`CONSENT_PATH`] at the same host and ends in a redirect with a code, which the vendor's token operation takes with
//! [`SignIns::take_code`]. A vendor's device operation calls [`start_device`], shows [`device_page`] under its
//! verification address, and polls with [`SignIns::poll_device`].

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::http::{Answer, Context, escape_html, value};
use crate::{ALPHANUMERIC, Account, Platform, Simulator};

/// Where the consent page's form goes, at every vendor host. No vendor has this path.
pub(crate) const CONSENT_PATH: &str = "/_consent";
/// Where the device page's form goes.
pub(crate) const DEVICE_PATH: &str = "/_device";

/// How the outcome travels to the redirect address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResponseMode {
    Query,
    Fragment,
    /// A page whose form posts the outcome (Entra).
    FormPost,
}

/// Decides whether an account may consent to a request; the text is shown on the page.
pub(crate) type MayConsent = fn(&Simulator, &Account, &AuthorizeRequest) -> Result<(), String>;

/// An authorize request that the vendor found correct.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizeRequest {
    pub(crate) platform: Platform,
    pub(crate) client_id: String,
    pub(crate) app_name: String,
    pub(crate) scopes: Vec<String>,
    /// A second list where the vendor has two (Slack: user scopes).
    pub(crate) user_scopes: Vec<String>,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    /// PKCE: method (`S256` or `plain`) and challenge.
    pub(crate) challenge: Option<(String, String)>,
    pub(crate) nonce: Option<String>,
    pub(crate) login_hint: Option<String>,
    pub(crate) response_mode: ResponseMode,
    /// How long the code lives, in seconds; nought: no code is given (an admin's consent for everybody).
    pub(crate) code_lifetime: i64,
    /// Further parameters of a successful redirect.
    pub(crate) extra: Vec<(String, String)>,
    pub(crate) may_consent: MayConsent,
}

/// An authorization code's content.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) request: AuthorizeRequest,
    /// Id of the account that consented.
    pub(crate) account: String,
    expires_at: Timestamp,
    used: bool,
}

impl Code {
    /// Whether the verifier fits the challenge; without a challenge there must be none.
    pub(crate) fn verifier_fits(&self, verifier: Option<&str>) -> bool {
        match (&self.request.challenge, verifier) {
            (None, None) => true,
            (Some((method, challenge)), Some(verifier)) if method == "S256" => {
                URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == *challenge
            }
            (Some((_, challenge)), Some(verifier)) => challenge == verifier,
            _ => false,
        }
    }
}

/// Why a code is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeTrouble {
    Unknown,
    Expired,
    Used,
}

/// A device grant on its way.
#[derive(Debug, Clone)]
pub(crate) struct DeviceRequest {
    pub(crate) platform: Platform,
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) device_code: String,
    /// What the person types.
    pub(crate) user_code: String,
    pub(crate) expires_at: Timestamp,
    /// Seconds between polls; grows by 5 with each poll that came too soon.
    pub(crate) interval: i64,
    decision: Decision,
    last_poll: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Decision {
    Open,
    Approved(String),
    Declined,
    Taken,
}

/// The outcome of one poll. The vendor words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Poll {
    /// No such device code for this client, or its tokens were already taken.
    Unknown,
    Pending,
    SlowDown,
    Expired,
    Declined,
    Approved {
        account: String,
        scopes: Vec<String>,
    },
}

/// Why an employee's decision about a device code was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecideTrouble {
    /// No such user code.
    Unknown,
    Expired,
    AlreadyDecided,
}

#[derive(Default)]
pub(crate) struct SignIns {
    pages: HashMap<String, AuthorizeRequest>,
    codes: HashMap<String, Code>,
    /// By platform and user code.
    devices: HashMap<String, DeviceRequest>,
    /// Keys of `devices` by device code.
    device_codes: HashMap<String, String>,
}

impl SignIns {
    /// Takes an authorization code: it works once, for its own platform.
    pub(crate) fn take_code(&mut self, platform: Platform, code: &str, now: Timestamp) -> Result<Code, CodeTrouble> {
        let found = self.codes.get_mut(code).filter(|found| found.request.platform == platform).ok_or(CodeTrouble::Unknown)?;
        if found.used {
            return Err(CodeTrouble::Used);
        }
        if now >= found.expires_at {
            return Err(CodeTrouble::Expired);
        }
        found.used = true;
        Ok(found.clone())
    }

    /// One poll of the token operation. An approval is handed out once.
    pub(crate) fn poll_device(&mut self, platform: Platform, device_code: &str, client_id: &str, now: Timestamp) -> Poll {
        let found = self.device_codes.get(device_code).and_then(|key| self.devices.get_mut(key));
        let found = found.filter(|found| found.platform == platform && found.device_code == device_code && found.client_id == client_id);
        let Some(found) = found else { return Poll::Unknown };
        if now >= found.expires_at && found.decision != Decision::Taken {
            return Poll::Expired;
        }
        let last = found.last_poll.replace(now);
        if last.is_some_and(|last| now.duration_since(last).as_millis() < i128::from(found.interval) * 1000 - 100)
            && found.decision == Decision::Open
        {
            found.interval += 5;
            return Poll::SlowDown;
        }
        match std::mem::replace(&mut found.decision, Decision::Taken) {
            Decision::Open => {
                found.decision = Decision::Open;
                Poll::Pending
            }
            Decision::Declined => {
                found.decision = Decision::Declined;
                Poll::Declined
            }
            Decision::Taken => Poll::Unknown,
            Decision::Approved(account) => Poll::Approved { account, scopes: found.scopes.clone() },
        }
    }

    /// Every authorization code and device code ever given out.
    pub(crate) fn every_code(&self) -> impl Iterator<Item = &str> {
        self.codes.keys().chain(self.device_codes.keys()).map(String::as_str)
    }

    /// The open device grant with this user code, whether typed with capitals and dashes or without.
    pub(crate) fn device(&self, platform: Platform, user_code: &str) -> Option<&DeviceRequest> {
        self.devices.get(&device_key(platform, user_code))
    }

    /// The person with this account approves or declines.
    pub(crate) fn decide_device(
        &mut self,
        platform: Platform,
        user_code: &str,
        account: &str,
        allow: bool,
        now: Timestamp,
    ) -> Result<(), DecideTrouble> {
        let found = self.devices.get_mut(&device_key(platform, user_code)).ok_or(DecideTrouble::Unknown)?;
        if now >= found.expires_at {
            return Err(DecideTrouble::Expired);
        }
        if found.decision != Decision::Open {
            return Err(DecideTrouble::AlreadyDecided);
        }
        found.decision = if allow { Decision::Approved(account.to_owned()) } else { Decision::Declined };
        Ok(())
    }
}

fn device_key(platform: Platform, user_code: &str) -> String {
    let code: String = user_code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect();
    format!("{}/{code}", platform.slug())
}

/// Starts a device grant; `user_code` is the vendor's own form (unique: random enough, made by the vendor's folder).
pub(crate) fn start_device(
    sim: &Simulator,
    platform: Platform,
    client_id: &str,
    scopes: Vec<String>,
    user_code: String,
    lifetime: i64,
    interval: i64,
) -> DeviceRequest {
    let request = DeviceRequest {
        platform,
        client_id: client_id.to_owned(),
        scopes,
        device_code: sim.random_text(ALPHANUMERIC, 40),
        expires_at: later(sim.clock().now(), lifetime),
        user_code,
        interval,
        decision: Decision::Open,
        last_poll: None,
    };
    let key = device_key(platform, &request.user_code);
    let mut sign_ins = sim.sign_ins();
    sign_ins.device_codes.insert(request.device_code.clone(), key.clone());
    sign_ins.devices.insert(key, request.clone());
    request
}

/// The page on which a person types a user code. `user_code` fills it in, where the vendor's link carries it.
pub(crate) fn device_page(context: &Context, user_code: Option<&str>) -> Answer {
    let code = escape_html(user_code.unwrap_or_default());
    let fields = format!("<p><label>Code <input name=\"user_code\" value=\"{code}\"></label></p>");
    page(context, DEVICE_PATH, "Connect a device", &fields, None, None)
}

/// The device page's form: `user_code`, `account` (an address or id), `decision` (`allow` or `deny`).
pub(crate) fn decide_device_form(sim: &Simulator, context: &Context, platform: Platform) -> Answer {
    let Ok(form) = context.form() else { return Answer::text(400, "this page takes a form".to_owned()) };
    let code = value(&form, "user_code").unwrap_or_default();
    let Some(account) = value(&form, "account").and_then(|name| sim.world().find(platform, name)).filter(|account| account.active) else {
        return page(context, DEVICE_PATH, "Connect a device", "", None, Some("There is no such account."));
    };
    let allow = value(&form, "decision") == Some("allow");
    match sim.sign_ins().decide_device(platform, code, &account.id, allow, context.now) {
        Ok(()) if allow => notice(200, "You have signed in. You may close this window."),
        Ok(()) => notice(200, "You have declined. You may close this window."),
        Err(DecideTrouble::Unknown) => notice(400, "That code is not known."),
        Err(DecideTrouble::Expired) => notice(400, "That code has expired."),
        Err(DecideTrouble::AlreadyDecided) => notice(400, "That code was already used."),
    }
}

/// Shows the consent page for a request that the vendor found correct.
pub(crate) fn consent_page(sim: &Simulator, context: &Context, request: AuthorizeRequest) -> Answer {
    let id = sim.random_text(ALPHANUMERIC, 24);
    let answer = consent_form(context, &id, &request, None);
    sim.sign_ins().pages.insert(id, request);
    answer
}

fn consent_form(context: &Context, id: &str, request: &AuthorizeRequest, trouble: Option<&str>) -> Answer {
    let scopes: String =
        request.scopes.iter().chain(&request.user_scopes).map(|scope| format!("<li>{}</li>", escape_html(scope))).collect();
    let fields = format!("<p>It asks for:</p><ul>{scopes}</ul><input type=\"hidden\" name=\"request\" value=\"{id}\">");
    let title = format!("{} wants to act for you", request.app_name);
    page(context, CONSENT_PATH, &title, &fields, request.login_hint.as_deref(), trouble)
}

/// The consent page's form: `request`, `account` (an address or id), `decision` (`allow` or `deny`).
pub(crate) fn decide(sim: &Simulator, context: &Context) -> Answer {
    let Ok(form) = context.form() else { return Answer::text(400, "this page takes a form".to_owned()) };
    let id = value(&form, "request").unwrap_or_default();
    let Some(request) = sim.sign_ins().pages.get(id).cloned() else { return notice(400, "This page is no longer open.") };
    let mut outcome: Vec<(String, String)> = Vec::new();
    if value(&form, "decision") == Some("allow") {
        let named = value(&form, "account").unwrap_or_default();
        let Some(account) = sim.world().find(request.platform, named).filter(|account| account.active) else {
            return consent_form(context, id, &request, Some("There is no such account."));
        };
        if let Err(trouble) = (request.may_consent)(sim, account, &request) {
            return consent_form(context, id, &request, Some(&trouble));
        }
        if request.code_lifetime > 0 {
            let code = sim.random_text(ALPHANUMERIC, 48);
            let kept = Code {
                account: account.id.clone(),
                expires_at: later(context.now, request.code_lifetime),
                used: false,
                request: request.clone(),
            };
            sim.sign_ins().codes.insert(code.clone(), kept);
            outcome.push(("code".to_owned(), code));
        }
        outcome.extend(request.extra.clone());
    } else {
        outcome.push(("error".to_owned(), "access_denied".to_owned()));
    }
    sim.sign_ins().pages.remove(id);
    send_back(&request.redirect_uri, request.response_mode, outcome, request.state.as_deref())
}

/// Sends an outcome to a redirect address: parameters, with `state` when one was given. Vendors use it for their errors.
pub(crate) fn send_back(redirect_uri: &str, mode: ResponseMode, mut outcome: Vec<(String, String)>, state: Option<&str>) -> Answer {
    if let Some(state) = state {
        outcome.push(("state".to_owned(), state.to_owned()));
    }
    let encoded = || url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&outcome).finish();
    match mode {
        ResponseMode::Query => {
            Answer::redirect(&format!("{redirect_uri}{}{}", if redirect_uri.contains('?') { '&' } else { '?' }, encoded()))
        }
        ResponseMode::Fragment => Answer::redirect(&format!("{redirect_uri}#{}", encoded())),
        ResponseMode::FormPost => {
            let fields: String = outcome
                .iter()
                .map(|(name, value)| format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape_html(name), escape_html(value)))
                .collect();
            let page = format!(
                "<!doctype html><html lang=\"en\"><head><title>Working...</title></head><body><form method=\"POST\" name=\"hiddenform\" action=\"{}\">{fields}<button>Continue</button></form></body></html>",
                escape_html(redirect_uri)
            );
            Answer::html(200, page)
        }
    }
}

fn page(context: &Context, path: &str, title: &str, fields: &str, account: Option<&str>, trouble: Option<&str>) -> Answer {
    let title = escape_html(title);
    let action = escape_html(&context.absolute(context.host, path));
    let account = escape_html(account.unwrap_or_default());
    let trouble = trouble.map(|text| format!("<p role=\"alert\"><strong>{}</strong></p>", escape_html(text))).unwrap_or_default();
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body><h1>{title}</h1>\
         <p>A pretend page of the simulator for {}.</p>{trouble}<form method=\"post\" action=\"{action}\">{fields}\
         <p><label>Account <input name=\"account\" value=\"{account}\"></label></p>\
         <button name=\"decision\" value=\"allow\">Allow</button> <button name=\"decision\" value=\"deny\">Deny</button></form></body></html>",
        escape_html(&context.sent_to)
    );
    Answer::html(200, page)
}

/// A page that only says something.
pub(crate) fn notice(status: u16, text: &str) -> Answer {
    let text = escape_html(text);
    Answer::html(
        status,
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{text}</title></head><body><p>{text}</p></body></html>"
        ),
    )
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}
