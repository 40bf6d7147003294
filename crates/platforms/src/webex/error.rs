//! Webex's refusals. The status decides; the words of the sign-in endpoints decide where the status is always 400.

use engine::error::{Error, Kind, Remedy};
use engine::signin::Poll;
use engine::transport::Response;
use http::StatusCode;

use super::info::INFO;
use super::wire::Refusal;
use crate::http::{slow_down, unwell, word};

/// Words of the token and device endpoints: what went wrong, and the setting or person that lifts it.
const SIGN_IN: &[(&str, Kind, &str, &str)] = &[
    ("invalid_grant", Kind::SignedOut, "The sign-in at Webex is too old or was withdrawn.", ""),
    ("expired_token", Kind::SignedOut, "The code for signing in at Webex is too old.", ""),
    ("access_denied", Kind::Forbidden, "The sign-in at Webex was refused.", "Ask the person to allow User Sync on Webex's page."),
    ("invalid_client", Kind::Invalid, "Webex does not know this integration.", "Check client_id and client_secret of the integration at developer.webex.com, My Webex Apps."),
    ("invalid_request", Kind::Invalid, "Webex did not understand the sign-in.", "Check the redirect addresses of the integration at developer.webex.com, My Webex Apps."),
    ("invalid_scope", Kind::Forbidden, "The integration lacks a scope.", "Tick every scope that User Sync lists on the integration at developer.webex.com, My Webex Apps."),
    ("unauthorized_client", Kind::Unsupported, "The integration may not use this kind of sign-in.", "Add the four device callbacks of the OAuth helper to the redirect addresses of the integration at developer.webex.com."),
    ("unsupported_grant_type", Kind::Unsupported, "The integration may not use this kind of sign-in.", "Add the four device callbacks of the OAuth helper to the redirect addresses of the integration at developer.webex.com."),
    ("tokenlimit_reached", Kind::Forbidden, "The Webex account holds too many sign-ins.", "Ask the person to remove old sign-ins of apps from their Webex account."),
];

/// Who lifts a 403, by operation.
const FORBIDDEN: &[(&str, &str, &str)] = &[
    ("accounts", "Webex does not let this account read the directory.", "Connect Webex with an account that is a Full or Read-only Administrator in Control Hub."),
    ("find_account", "Webex does not let this account search the directory.", "Connect Webex with an account that is a Full or Read-only Administrator in Control Hub."),
    ("teams", "Webex does not let this account list teams.", "Tick spark:teams_read on the integration at developer.webex.com and connect Webex again."),
    ("send_direct", "Webex does not let the sender write to this person.", "Ask the Webex administrator whether Control Hub's messaging rules keep the two apart."),
    ("represent", "Webex does not let the Service App make guests.", "Ask a Full Administrator to authorise the Service App with guest-issuer:write in Control Hub (Management, Apps, Service Apps); making guests needs a paid organisation."),
    ("revoke", "Webex does not let this account withdraw authorisations.", "Connect Webex with an account that is a Full, User or Device Administrator in Control Hub."),
];

pub(super) fn read_error(response: &Response, operation: &'static str) -> Option<Error> {
    if let Some(error) = unwell(&INFO, response, operation) {
        return Some(error);
    }
    if response.status.is_success() {
        return None;
    }
    let refusal: Refusal = serde_json::from_slice(&response.body).unwrap_or_default();
    let reason = words(&refusal).next().map(str::to_owned);
    let error = match reason.as_deref().and_then(|reason| SIGN_IN.iter().find(|(word, ..)| *word == reason)) {
        Some((_, kind, message, remedy)) => with_remedy(Error::new(*kind, operation, *message), remedy),
        None => by_status(response, operation),
    };
    let tracking = refusal.tracking_id.as_deref().and_then(word).map(str::to_owned);
    let details = [("reason", reason), ("tracking_id", tracking)];
    Some(details.into_iter().fold(error.on(INFO.id).with("status", response.status.as_str()), |error, (key, value)| match value {
        Some(value) => error.with(key, value),
        None => error,
    }))
}

fn by_status(response: &Response, operation: &'static str) -> Error {
    match response.status {
        StatusCode::TOO_MANY_REQUESTS => slow_down(&INFO, response, operation),
        StatusCode::LOCKED => slow_down(&INFO, response, operation),
        StatusCode::UNAUTHORIZED => Error::new(Kind::SignedOut, operation, "Webex no longer accepts the sign-in."),
        StatusCode::FORBIDDEN => {
            let known = FORBIDDEN.iter().find(|(name, ..)| *name == operation);
            let (_, message, remedy) =
                known.unwrap_or(&("", "Webex does not allow this.", "Connect Webex again and allow every scope that User Sync lists."));
            with_remedy(Error::new(Kind::Forbidden, operation, *message), remedy)
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            Error::not_found(operation, "Webex does not have this any more.", "Import Webex again to see what is there.")
        }
        StatusCode::CONFLICT => Error::new(Kind::Conflict, operation, "Webex has it already."),
        // A message is refused its eleventh edit, and every edit once it holds a file.
        StatusCode::BAD_REQUEST if operation == "edit_direct" => {
            Error::new(Kind::Unsupported, operation, "Webex no longer lets this message be changed.")
        }
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Error::new(Kind::Bug, operation, "Webex did not understand a request of User Sync.")
        }
        _ => Error::new(Kind::Invalid, operation, "Webex refused the request for its content.")
            .remedy(Remedy::FixInput { what: "Import Webex again and try once more; if it stays, report it with the log.".into() }),
    }
}

/// 428 is "not yet" unless a word beside it says more.
pub(super) fn read_poll(response: &Response) -> Poll {
    if response.status.is_success() && unwell(&INFO, response, "authorise").is_none() {
        return Poll::Granted;
    }
    let refusal: Refusal = serde_json::from_slice(&response.body).unwrap_or_default();
    let reason = words(&refusal).next();
    let error = || {
        read_error(response, "authorise").unwrap_or_else(|| Error::new(Kind::PlatformDown, "authorise", "Webex answered nothing that can be read.").on(INFO.id))
    };
    match reason {
        Some("authorization_pending") => Poll::Pending,
        Some("slow_down") => Poll::SlowDown,
        Some("access_denied") => Poll::Declined,
        Some("expired_token" | "invalid_grant") => Poll::Expired,
        Some("unauthorized_client" | "unsupported_grant_type") => Poll::Refused(error()),
        _ if response.status == StatusCode::PRECONDITION_REQUIRED => Poll::Pending,
        _ => Poll::Failed(error()),
    }
}

fn words(refusal: &Refusal) -> impl Iterator<Item = &str> {
    refusal.errors.iter().filter_map(|detail| detail.description.as_deref()).filter_map(word)
}

fn with_remedy(error: Error, remedy: &'static str) -> Error {
    if remedy.is_empty() { error } else { error.ask_admin(remedy) }
}
