//! Webex's refusals. The status decides; the words of the sign-in endpoints decide where the status is always 400.

use engine::error::{Error, Kind, Remedy};
use engine::signin::Poll;
use engine::transport::Response;
use http::StatusCode;

use super::info::INFO;
use super::wire::Refusal;
use crate::http::{next_step, slow_down, unwell, word};

/// Words of the token and device endpoints: what went wrong, and the setting or person that lifts it.
const SIGN_IN: &[(&str, Kind, &str, &str)] = &[
    ("invalid_grant", Kind::SignedOut, "The sign-in at Webex is too old or was withdrawn.", ""),
    ("expired_token", Kind::SignedOut, "The code for signing in at Webex is too old.", ""),
    ("access_denied", Kind::Forbidden, "The sign-in at Webex was refused.", "Ask the person to allow User Sync on Webex's page."),
    (
        "invalid_client",
        Kind::Invalid,
        "Webex does not know this integration.",
        "Check client_id and client_secret of the integration at developer.webex.com, My Webex Apps.",
    ),
    (
        "invalid_request",
        Kind::Invalid,
        "Webex did not understand the sign-in.",
        "Check the redirect addresses of the integration at developer.webex.com, My Webex Apps.",
    ),
    (
        "invalid_scope",
        Kind::Forbidden,
        "The integration lacks a scope.",
        "Tick every scope that User Sync lists on the integration at developer.webex.com, My Webex Apps.",
    ),
    (
        "unauthorized_client",
        Kind::Unsupported,
        "The integration may not use this kind of sign-in.",
        "Add the four device callbacks of the OAuth helper to the redirect addresses of the integration at developer.webex.com.",
    ),
    (
        "unsupported_grant_type",
        Kind::Unsupported,
        "The integration may not use this kind of sign-in.",
        "Add the four device callbacks of the OAuth helper to the redirect addresses of the integration at developer.webex.com.",
    ),
    (
        "tokenlimit_reached",
        Kind::Forbidden,
        "The Webex account holds too many sign-ins.",
        "Ask the person to remove old sign-ins of apps from their Webex account.",
    ),
];

/// Who lifts a 403, by operation.
const FORBIDDEN: &[(&str, &str, &str)] = &[
    (
        "accounts",
        "Webex does not let this account read the directory.",
        "Connect Webex with an account that is a Full or Read-only Administrator in Control Hub.",
    ),
    (
        "find_account",
        "Webex does not let this account search the directory.",
        "Connect Webex with an account that is a Full or Read-only Administrator in Control Hub.",
    ),
    (
        "teams",
        "Webex does not let this account list teams.",
        "Tick spark:teams_read on the integration at developer.webex.com and connect Webex again.",
    ),
    (
        "send_direct",
        "Webex does not let the sender write to this person.",
        "Ask the Webex administrator whether Control Hub's messaging rules keep the two apart.",
    ),
    (
        "represent",
        "Webex does not let the Service App make guests.",
        "Ask a Full Administrator to authorise the Service App with guest-issuer:write in Control Hub (Management, Apps, Service Apps); making guests needs a paid organisation.",
    ),
    (
        "sign_in",
        "Webex does not give out the token of the Service App.",
        "Ask a Full Administrator to authorise the Service App in Control Hub (Management, Apps, Service Apps), and tick spark:applications_token on the integration.",
    ),
    (
        "prove_guests",
        "This token may not make guests: it belongs to no Service App that an administrator authorised for it.",
        "Enter the token of a Service App with guest-issuer:read and guest-issuer:write that a Full Administrator authorised in Control Hub (Management, Apps, Service Apps).",
    ),
    (
        "sign_off",
        "Webex does not let this account withdraw authorisations.",
        "Connect Webex with an account that is a Full, User or Device Administrator in Control Hub.",
    ),
    (
        "revoke",
        "Webex does not let this account withdraw authorisations.",
        "Connect Webex with an account that is a Full, User or Device Administrator in Control Hub.",
    ),
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
        Some((_, kind, message, remedy)) => next_step(Error::new(*kind, operation, *message), remedy),
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
            next_step(Error::new(Kind::Forbidden, operation, *message), remedy)
        }
        StatusCode::NOT_FOUND if operation == "sign_in" => Error::not_found(
            operation,
            "Webex does not know this Service App.",
            "Check service_app.id on the Service App's page at developer.webex.com, My Webex Apps.",
        ),
        StatusCode::BAD_REQUEST if operation == "sign_in" => Error::invalid(
            operation,
            "Webex did not accept the sign-in.",
            "Check the ids, the secrets, the scopes and the redirect addresses at developer.webex.com, My Webex Apps.",
        ),
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
        read_error(response, "authorise")
            .unwrap_or_else(|| Error::new(Kind::PlatformDown, "authorise", "Webex answered nothing that can be read.").on(INFO.id))
    };
    match reason {
        Some("authorization_pending") => Poll::Pending,
        Some("slow_down") => Poll::SlowDown,
        Some("access_denied") => Poll::Declined,
        Some("expired_token" | "invalid_grant") => Poll::Expired,
        Some("unauthorized_client" | "unsupported_grant_type") => Poll::Refused(error()),
        _ if response.status == StatusCode::PRECONDITION_REQUIRED => Poll::Pending,
        // No token was shown here that could have died: it is the integration that Webex does not accept.
        _ if response.status == StatusCode::UNAUTHORIZED => Poll::Failed(unknown_client("authorise")),
        _ => Poll::Failed(error()),
    }
}

fn unknown_client(operation: &'static str) -> Error {
    let known = SIGN_IN.iter().find(|(word, ..)| *word == "invalid_client");
    let (_, kind, message, remedy) = known.unwrap_or(&("", Kind::Invalid, "Webex does not know this integration.", ""));
    next_step(Error::new(*kind, operation, *message), remedy).on(INFO.id)
}

fn words(refusal: &Refusal) -> impl Iterator<Item = &str> {
    refusal.errors.iter().filter_map(|detail| detail.description.as_deref()).filter_map(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{answer, answer_with, html};
    use std::time::Duration;

    fn refusal(word: &str) -> String {
        format!(r#"{{"message":"a sentence about ana@a.example","errors":[{{"description":"{word}"}}],"trackingId":"ROUTER_5F"}}"#)
    }

    #[test]
    fn every_documented_status_has_its_kind() {
        let table = [
            (400, "send_direct", Kind::Invalid),
            (400, "edit_direct", Kind::Unsupported),
            (401, "accounts", Kind::SignedOut),
            (403, "accounts", Kind::Forbidden),
            (404, "send_direct", Kind::NotFound),
            (405, "send_direct", Kind::Bug),
            (400, "sign_in", Kind::Invalid),
            (403, "sign_in", Kind::Forbidden),
            (404, "sign_in", Kind::NotFound),
            (409, "represent", Kind::Conflict),
            (410, "send_direct", Kind::NotFound),
            (415, "send_direct", Kind::Bug),
            (423, "inbox", Kind::RateLimited),
            (428, "inbox", Kind::Invalid),
            (429, "inbox", Kind::RateLimited),
            (500, "send_direct", Kind::PlatformDown),
            (502, "send_direct", Kind::PlatformDown),
            (503, "send_direct", Kind::PlatformDown),
            (504, "send_direct", Kind::PlatformDown),
        ];
        for (status, operation, kind) in table {
            assert_eq!(read_error(&answer(status, "{}"), operation).unwrap().kind, kind, "{status} {operation}");
        }
        assert!(read_error(&answer(200, "{}"), "x").is_none() && read_error(&answer(204, ""), "x").is_none());
        assert_eq!(read_error(&html(403), "accounts").unwrap().kind, Kind::PlatformDown);
    }

    #[test]
    fn every_refusal_says_what_to_do_and_no_error_repeats_the_body() {
        for status in [400, 401, 403, 404, 405, 409, 410, 415, 423, 428, 429, 500] {
            for operation in ["accounts", "teams", "send_direct", "edit_direct", "represent", "revoke", "whoami"] {
                let error = read_error(&answer(status, &refusal("Something went wrong for ana@a.example")), operation).unwrap();
                assert!(error.next_step().len() > 5 && !format!("{error:?}").contains("ana@"), "{error:?}");
                assert!(error.context.contains(&("tracking_id", "ROUTER_5F".into())) || error.kind == Kind::PlatformDown);
            }
        }
        for operation in FORBIDDEN.iter().map(|(operation, ..)| operation) {
            assert!(matches!(read_error(&answer(403, "{}"), operation).unwrap().remedy, Remedy::AskAdmin { .. }));
        }
    }

    #[test]
    fn slowing_down_carries_the_seconds() {
        let error = read_error(&answer_with(429, ("retry-after", "15"), "{}"), "accounts").unwrap();
        assert_eq!(error.remedy, Remedy::Retry { after: Some(Duration::from_secs(15)) });
    }

    #[test]
    fn every_word_of_the_sign_in_has_its_kind() {
        for (word, kind, ..) in SIGN_IN {
            let error = read_error(&answer(400, &refusal(word)), "refresh").unwrap();
            assert_eq!((error.kind, error.context.iter().any(|(key, value)| *key == "reason" && value == word)), (*kind, true));
        }
    }

    #[test]
    fn a_poll_is_read_by_its_word_and_428_means_not_yet() {
        let poll = |status, word: &str| format!("{:?}", read_poll(&answer(status, &refusal(word)))).split('(').next().unwrap().to_owned();
        let table = [
            (200, "", "Granted"),
            (428, "authorization_pending", "Pending"),
            (428, "a new wording of it", "Pending"),
            (400, "authorization_pending", "Pending"),
            (400, "slow_down", "SlowDown"),
            (428, "slow_down", "SlowDown"),
            (400, "access_denied", "Declined"),
            (400, "expired_token", "Expired"),
            (400, "invalid_grant", "Expired"),
            (400, "unsupported_grant_type", "Refused"),
            (400, "unauthorized_client", "Refused"),
            (401, "invalid_client", "Failed"),
            (400, "tokenlimit_reached", "Failed"),
            (500, "", "Failed"),
            (429, "", "Failed"),
        ];
        for (status, word, expected) in table {
            assert_eq!(poll(status, word), expected, "{status} {word}");
        }
        assert!(matches!(read_poll(&html(200)), Poll::Failed(error) if error.is_passing()));
    }

    #[test]
    fn what_a_sign_in_is_refused_for_is_mended_where_the_apps_are_kept() {
        for status in [400, 403, 404] {
            let step = read_error(&answer(status, "{}"), "sign_in").unwrap().next_step();
            assert!(step.contains("developer.webex.com") || step.contains("Control Hub"), "{status}: {step}");
        }
    }

    #[test]
    fn an_unknown_code_and_an_unknown_client_are_told_apart() {
        let kind = |status, word: &str| read_error(&answer(status, &refusal(word)), "check").unwrap().kind;
        assert_eq!((kind(400, "invalid_grant"), kind(401, "invalid_client")), (Kind::SignedOut, Kind::Invalid));
        for body in [refusal("invalid_client"), refusal("no word of the documents"), "{}".to_owned()] {
            let Poll::Failed(error) = read_poll(&answer(401, &body)) else { panic!("{body}") };
            assert_eq!(error.kind, Kind::Invalid, "{body}");
            assert!(error.next_step().contains("client_secret"), "{}", error.next_step());
        }
    }
}
