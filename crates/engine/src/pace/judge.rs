//! What may leave and what an answer means: pure judgements around one exchange. The adapter's word counts first, then
//! what every HTTP client knows.

use http::header::AUTHORIZATION;

use super::Paced;
use crate::error::{Acted, Error, Kind, Result};
use crate::platform::{ConnectionFacts, Platform};
use crate::transport::{Request, Response, Sign};

/// Leads the request to the connection's cloud. Refuses, before anything leaves, what no adapter may ask for.
pub(super) fn check(platform: &'static dyn Platform, facts: &ConnectionFacts, mut request: Request) -> Result<Request> {
    let info = platform.info();
    let bug = |message: String| Err(Error::new(Kind::Bug, request.operation, message).on(info.id));
    request.url = info.address_in(info.cloud(facts)?, request.url, request.operation)?;
    if request.headers.contains_key(AUTHORIZATION) {
        return bug("An adapter signed a request itself.".into());
    }
    if let Sign::Bearer(slot) | Sign::SlotInForm { slot, .. } = request.sign
        && !info.slots.iter().any(|known| known.name == slot)
    {
        return bug(format!("There is no slot `{slot}`."));
    }
    let counted = request.class == Paced::UNCOUNTED || info.rates.is_empty() || info.rates.iter().any(|rate| rate.counts(request.class));
    if !counted {
        return bug(format!("There is no rate class `{}`.", request.class));
    }
    Ok(request)
}

/// The error in an answer: the adapter's word first, then what every HTTP client knows.
pub(super) fn find_error(platform: &'static dyn Platform, response: &Response, operation: &'static str) -> Option<Error> {
    let status = response.status.as_u16();
    match platform.read_error(response, operation) {
        Some(error) if status == 429 && error.kind != Kind::RateLimited => Some(slow_down(operation)),
        Some(error) => Some(error),
        None => match status {
            401 => Some(Error::new(Kind::SignedOut, operation, "The sign-in has ended or was withdrawn.")),
            429 => Some(slow_down(operation)),
            500.. => Some(unwell(response, operation)),
            300..=399 => {
                Some(Error::new(Kind::PlatformDown, operation, format!("The platform sent the request elsewhere (HTTP {status}).")))
            }
            400..=499 => Some(Error::new(Kind::Invalid, operation, format!("The platform refused it (HTTP {status})."))),
            _ => None,
        },
    }
}

pub(super) fn slow_down(operation: &'static str) -> Error {
    Error::new(Kind::RateLimited, operation, "The platform asks to slow down.")
}

pub(super) fn unwell(response: &Response, operation: &'static str) -> Error {
    Error::new(Kind::PlatformDown, operation, format!("The platform is unwell just now (HTTP {}).", response.status.as_u16()))
}

/// A success whose body never arrived whole, or that is a web page where data was asked for.
pub(super) fn cut_off(response: &Response, operation: &'static str) -> Option<Error> {
    if !response.status.is_success() || response.body.is_empty() {
        return None;
    }
    let content = response.header("content-type").unwrap_or_default().to_ascii_lowercase();
    if content.starts_with("text/html") {
        return Some(
            Error::new(Kind::PlatformDown, operation, "A web page came back in place of the platform's answer.").acted(Acted::Perhaps),
        );
    }
    if !content.contains("json") {
        return None;
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(&response.body) {
        Ok(_) => None,
        Err(error) if error.is_eof() => {
            Some(Error::new(Kind::Network, operation, "The platform's answer was cut off.").acted(Acted::Perhaps))
        }
        Err(_) => Some(Error::new(Kind::PlatformDown, operation, "The platform's answer is damaged.").acted(Acted::Perhaps)),
    }
}
