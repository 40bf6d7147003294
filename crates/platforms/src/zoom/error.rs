//! Zoom's refusals. The number in the body decides before the status, because one number comes under several statuses.

use engine::error::{Error, Kind};
use engine::signin::Poll;
use engine::transport::Response;
use http::StatusCode;

use super::info::INFO;
use super::wire::Refusal;
use crate::http::{next_step, slow_down, unwell, word};

/// Words before the list of scopes that a token lacks. The numbers beside it differ (4711, 4700, 104, 201), the words do not.
const LACKS_SCOPES: &str = "does not contain scopes";
/// Context under which the names of missing scopes stand.
const MISSING: &str = "missing_scope";

/// Numbers of the API: what went wrong, and the setting or person that lifts it.
const NUMBERS: &[(i64, Kind, &str, &str)] = &[
    (124, Kind::SignedOut, "Zoom no longer accepts the sign-in.", ""),
    (4711, Kind::Forbidden, "The Zoom app lacks a scope.", ADD_SCOPES),
    (104, Kind::Forbidden, "The Zoom app lacks a scope.", ADD_SCOPES),
    (200, Kind::Forbidden, "Zoom does not let User Sync act for this account.", ASK_ROLE),
    (1001, Kind::NotFound, "Zoom has no such user.", IMPORT_AGAIN),
    (
        1120,
        Kind::NotFound,
        "The invitation of this Zoom user is not valid any more.",
        "Invite the person to the Zoom account again, then import Zoom again.",
    ),
    (4130, Kind::NotFound, "Zoom has no such channel.", IMPORT_AGAIN),
];

/// Numbers of the sign-in endpoints.
const SIGN_IN_NUMBERS: &[(i64, Kind, &str, &str)] = &[
    (4702, Kind::Invalid, "Zoom does not know this app.", CHECK_CLIENT),
    (4704, Kind::Invalid, "Zoom does not know this app.", CHECK_CLIENT),
    (4709, Kind::Invalid, "The Zoom app does not accept the redirect address.", ADD_REDIRECTS),
    (4711, Kind::Forbidden, "The Zoom app lacks a scope.", ADD_SCOPES),
    (4717, Kind::Forbidden, "The Zoom app is switched off.", "Activate the app in the Zoom App Marketplace (Manage, Activation)."),
    (4733, Kind::SignedOut, "The code for signing in at Zoom is too old.", ""),
    (4734, Kind::SignedOut, "Zoom does not know the code for signing in.", ""),
    (
        4735,
        Kind::Forbidden,
        "The owner of the Zoom app has left the account.",
        "Ask the Zoom administrator to take over the app in the Zoom App Marketplace, or enter another one.",
    ),
    (
        4738,
        Kind::Forbidden,
        "The Zoom administrator has switched the app off.",
        "Ask the Zoom administrator to approve the app in the Zoom App Marketplace (Manage, Permissions).",
    ),
    (4741, Kind::SignedOut, "The sign-in at Zoom was withdrawn, or replaced by a newer one.", ""),
];

/// Error words of the sign-in endpoints.
const SIGN_IN: &[(&str, Kind, &str, &str)] = &[
    ("invalid_grant", Kind::SignedOut, "The sign-in at Zoom is too old or was withdrawn.", ""),
    ("expired_token", Kind::SignedOut, "The code for signing in at Zoom is too old.", ""),
    ("access_denied", Kind::Forbidden, "The sign-in at Zoom was refused.", "Ask the person to allow User Sync on Zoom's page."),
    ("invalid_client", Kind::Invalid, "Zoom does not know this app.", CHECK_CLIENT),
    ("invalid_scope", Kind::Forbidden, "The Zoom app lacks a scope.", ADD_SCOPES),
    ("unauthorized_client", Kind::Unsupported, "The Zoom app may not use this kind of sign-in.", ASK_DEVICE),
    ("unsupported_grant_type", Kind::Unsupported, "The Zoom app may not use this kind of sign-in.", ASK_DEVICE),
    ("invalid_request", Kind::Invalid, "Zoom did not understand the sign-in.", CHECK_CLIENT),
];

/// What Zoom says under `invalid_request`, where the beginning of its sentence alone tells the matter.
const SENTENCES: &[(&str, Kind, &str, &str)] = &[
    // Of a refresh token that is spent.
    ("Invalid Token", Kind::SignedOut, "The sign-in at Zoom is too old or was withdrawn.", ""),
    ("Invalid authorization code", Kind::SignedOut, "Zoom does not know the code for signing in.", ""),
    ("Redirect URI mismatch", Kind::Invalid, "The Zoom app does not accept the redirect address.", ADD_REDIRECTS),
];

const ADD_SCOPES: &str =
    "Add every scope that User Sync lists to the app in the Zoom App Marketplace (Manage, Scopes), then connect Zoom again.";
const ASK_ROLE: &str = "Give the sender, and the admin who installed the app, a role with Chat Messages: View and Edit in the Zoom web portal (User Management, Roles).";
const IMPORT_AGAIN: &str = "Import Zoom again to see what is there.";
const CHECK_CLIENT: &str =
    "Check account id, client id and client secret of the app in the Zoom App Marketplace (Manage, App Credentials).";
const ADD_REDIRECTS: &str = "Add http://localhost:43117/zoom to http://localhost:43126/zoom to the redirect addresses of the General App in the Zoom App Marketplace.";
const ASK_DEVICE: &str = "Switch on Features, Embed, Meeting SDK and “Use App on Device” for the app in the Zoom App Marketplace, or let people use the link instead of the code.";

pub(super) fn read_error(response: &Response, operation: &'static str) -> Option<Error> {
    if let Some(error) = unwell(&INFO, response, operation) {
        return Some(error);
    }
    if response.status.is_success() {
        return None;
    }
    let refusal: Refusal = serde_json::from_slice(&response.body).unwrap_or_default();
    let missing = refusal.message.as_deref().map(scopes_in).unwrap_or_default();
    let error = match (&refusal.error, missing.is_empty()) {
        (_, false) => {
            Error::new(Kind::Forbidden, operation, format!("The Zoom app lacks the scope {}.", missing.join(", "))).ask_admin(ADD_SCOPES)
        }
        (Some(reason), true) => sign_in_error(reason, &refusal, response, operation),
        (None, true) => api_error(&refusal, response, operation),
    };
    let number = refusal.code.or(refusal.error_code).map(|number| number.to_string());
    let reason = refusal.error.as_deref().and_then(word).map(str::to_owned);
    // Version, cluster and request id, in this order; support asks for the last.
    let tracking = response.header("x-zm-trackingid").and_then(|all| all.rsplit("rid=").next()).and_then(word).map(str::to_owned);
    let details = [("code", number), ("reason", reason), ("tracking_id", tracking)];
    let error =
        missing.into_iter().fold(error.on(INFO.id).with("status", response.status.as_str()), |error, scope| error.with(MISSING, scope));
    Some(details.into_iter().fold(error, |error, (key, value)| match value {
        Some(value) => error.with(key, value),
        None => error,
    }))
}

/// The scopes whose absence an error names.
pub(super) fn missing_scopes(error: &Error) -> Vec<&str> {
    error.context.iter().filter(|(key, _)| *key == MISSING).map(|(_, name)| name.as_str()).collect()
}

fn scopes_in(message: &str) -> Vec<String> {
    let Some((_, list)) = message.split_once(LACKS_SCOPES) else { return Vec::new() };
    let names = list.trim_start_matches([':', ' ', '[']).split([',', ']', ' ']);
    names.filter_map(word).map(|name| name.trim_end_matches('.').to_owned()).filter(|name| name.contains(':')).collect()
}

fn sign_in_error(reason: &str, refusal: &Refusal, response: &Response, operation: &'static str) -> Error {
    if response.status == StatusCode::TOO_MANY_REQUESTS {
        return slow_down(&INFO, response, operation);
    }
    let numbered = SIGN_IN_NUMBERS.iter().find(|(number, ..)| Some(*number) == refusal.error_code);
    let said = |beginning: &str| refusal.reason.as_deref().is_some_and(|sentence| sentence.starts_with(beginning));
    let sentence = SENTENCES.iter().find(|(beginning, ..)| reason == "invalid_request" && said(beginning));
    let worded = sentence.or_else(|| SIGN_IN.iter().find(|(word, ..)| *word == reason));
    match (numbered, worded) {
        (Some((_, kind, message, remedy)), _) => next_step(Error::new(*kind, operation, *message), remedy),
        (None, Some((_, kind, message, remedy))) => next_step(Error::new(*kind, operation, *message), remedy),
        // Nothing says whether Zoom knows the client, so nothing may take it for known.
        (None, None) => next_step(Error::new(Kind::Invalid, operation, "Zoom refused the sign-in."), CHECK_CLIENT),
    }
}

fn api_error(refusal: &Refusal, response: &Response, operation: &'static str) -> Error {
    // The number of an outdated sign-in stands under 400 as well; a rate limit's is its status.
    if response.status == StatusCode::TOO_MANY_REQUESTS || refusal.code == Some(429) {
        return slow_down(&INFO, response, operation);
    }
    if let Some((_, kind, message, remedy)) = NUMBERS.iter().find(|(number, ..)| Some(*number) == refusal.code) {
        return next_step(Error::new(*kind, operation, *message), remedy);
    }
    match response.status {
        // "Message sending failed": nobody says whether it was.
        _ if refusal.code == Some(5301) => Error::new(Kind::PlatformDown, operation, "Zoom could not send the message."),
        StatusCode::UNAUTHORIZED => Error::new(Kind::SignedOut, operation, "Zoom no longer accepts the sign-in."),
        StatusCode::FORBIDDEN => Error::new(Kind::Forbidden, operation, "Zoom does not allow this.").ask_admin(ASK_ROLE),
        StatusCode::NOT_FOUND | StatusCode::GONE => Error::not_found(operation, "Zoom does not have this any more.", IMPORT_AGAIN),
        StatusCode::CONFLICT => {
            Error::new(Kind::Conflict, operation, "Zoom has it already.").ask_admin("Import Zoom again and try once more.")
        }
        // The message is gone, or belongs to somebody else by now.
        StatusCode::BAD_REQUEST if operation == "edit_direct" => {
            Error::new(Kind::Unsupported, operation, "Zoom no longer lets this message be changed.")
        }
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Error::new(Kind::Bug, operation, "Zoom did not understand a request of User Sync.")
        }
        _ => Error::invalid(
            operation,
            "Zoom refused the request for its content.",
            "Import Zoom again and try once more; if it stays, report it with the log.",
        ),
    }
}

pub(super) fn read_poll(response: &Response) -> Poll {
    if response.status.is_success() && unwell(&INFO, response, "authorise").is_none() {
        return Poll::Granted;
    }
    let refusal: Refusal = serde_json::from_slice(&response.body).unwrap_or_default();
    let error = || {
        read_error(response, "authorise")
            .unwrap_or_else(|| Error::new(Kind::PlatformDown, "authorise", "Zoom answered nothing that can be read.").on(INFO.id))
    };
    match refusal.error.as_deref() {
        Some("authorization_pending") => Poll::Pending,
        Some("slow_down") => Poll::SlowDown,
        Some("access_denied") => Poll::Declined,
        Some("expired_token" | "invalid_grant") => Poll::Expired,
        // The gate is closed, or the client with the secret is wrong; paste-back needs neither.
        Some("unauthorized_client" | "unsupported_grant_type" | "invalid_client" | "invalid_scope") => Poll::Refused(error()),
        _ => Poll::Failed(error()),
    }
}

#[cfg(test)]
mod tests {
    use engine::error::Acted;

    use super::*;
    use crate::testing::{answer, answer_with, html};

    fn api(status: u16, code: i64, message: &str) -> Response {
        answer(status, &format!(r#"{{"code":{code},"message":"{message}"}}"#))
    }

    fn sign_in(status: u16, word: &str, reason: &str, number: &str) -> Response {
        answer(status, &format!(r#"{{"reason":"{reason}","error":"{word}"{number}}}"#))
    }

    #[test]
    fn every_refusal_of_the_api_has_its_kind_and_a_next_step() {
        let cases = [
            (400, 124, "accounts", Kind::SignedOut),
            (401, 124, "accounts", Kind::SignedOut),
            (401, 999, "accounts", Kind::SignedOut),
            (400, 104, "accounts", Kind::Forbidden),
            (400, 200, "inbox", Kind::Forbidden),
            (403, 200, "inbox", Kind::Forbidden),
            (403, 0, "accounts", Kind::Forbidden),
            (400, 300, "accounts", Kind::Invalid),
            (400, 300, "edit_direct", Kind::Unsupported),
            (404, 5401, "edit_direct", Kind::NotFound),
            (404, 1001, "find_account", Kind::NotFound),
            (400, 1120, "find_account", Kind::NotFound),
            (404, 4130, "inbox", Kind::NotFound),
            (405, 0, "inbox", Kind::Bug),
            (409, 1005, "inbox", Kind::Conflict),
            (400, 5301, "send_direct", Kind::PlatformDown),
            (429, 429, "accounts", Kind::RateLimited),
            (500, 0, "accounts", Kind::PlatformDown),
            (503, 0, "accounts", Kind::PlatformDown),
        ];
        for (status, code, operation, kind) in cases {
            let error = read_error(&api(status, code, "User does not exist: ana@a.example."), operation).unwrap();
            assert_eq!((error.kind, error.platform), (kind, Some(INFO.id)), "{status} {code} {operation}");
            assert!(!error.next_step().is_empty() && error.message.ends_with('.') && !format!("{error:?}").contains("ana@"), "{error:?}");
            assert_eq!(error.acted, if kind == Kind::PlatformDown { Acted::Perhaps } else { Acted::No }, "{status} {code}");
        }
        assert!(read_error(&answer(201, "{}"), "send_direct").is_none());
        assert!(read_error(&answer(204, ""), "edit_direct").is_none());
        assert_eq!(read_error(&html(200), "accounts").unwrap().kind, Kind::PlatformDown);
        assert_eq!(read_error(&answer(403, "no json"), "accounts").unwrap().kind, Kind::Forbidden);
    }

    #[test]
    fn missing_scopes_are_named_whatever_the_number() {
        for (status, code) in [(400, 4711), (400, 4700), (401, 201)] {
            let error =
                read_error(&api(status, code, "Invalid access token, does not contain scopes:[user:read:user:admin, team_chat:a]."), "x")
                    .unwrap();
            assert_eq!(error.kind, Kind::Forbidden, "{code}");
            assert_eq!(error.message, "The Zoom app lacks the scope user:read:user:admin, team_chat:a.");
            assert_eq!(missing_scopes(&error), ["user:read:user:admin", "team_chat:a"]);
        }
        assert!(missing_scopes(&read_error(&api(400, 4711, "changed words"), "x").unwrap()).is_empty());
        assert_eq!(read_error(&api(400, 4711, "changed words"), "x").unwrap().kind, Kind::Forbidden);
    }

    #[test]
    fn the_tracking_id_is_kept_for_zooms_support() {
        let error = read_error(&answer_with(404, ("x-zm-trackingid", "v=2.0;clid=us02;rid=WEB_a1-b2"), "{}"), "inbox").unwrap();
        assert!(error.context.contains(&("tracking_id", "WEB_a1-b2".to_owned())));
    }

    #[test]
    fn every_refusal_of_a_sign_in_has_its_kind() {
        let cases = [
            ("invalid_grant", "", Kind::SignedOut),
            ("invalid_client", "", Kind::Invalid),
            ("unauthorized_client", "", Kind::Unsupported),
            ("unsupported_grant_type", "", Kind::Unsupported),
            ("invalid_scope", "", Kind::Forbidden),
            ("access_denied", "", Kind::Forbidden),
            ("invalid_request", "", Kind::Invalid),
            ("invalid_request", r#","errorCode":4709"#, Kind::Invalid),
            ("invalid_request", r#","errorCode":4717"#, Kind::Forbidden),
            ("invalid_request", r#","errorCode":4738"#, Kind::Forbidden),
            ("invalid_request", r#","errorCode":4741"#, Kind::SignedOut),
            ("something_new", "", Kind::Invalid),
        ];
        for (word, number, kind) in cases {
            let error = read_error(&sign_in(400, word, "planted text", number), "connect").unwrap();
            assert_eq!(error.kind, kind, "{word} {number}");
            assert!(!error.next_step().is_empty() && !format!("{error:?}").contains("planted"));
        }
        assert_eq!(read_error(&sign_in(400, "invalid_request", "Invalid Token!", ""), "refresh").unwrap().kind, Kind::SignedOut);
    }

    #[test]
    fn a_code_that_nobody_made_tells_a_known_client_from_an_unknown_one() {
        let cases = [
            (400, "invalid_grant", "Invalid authorization code", "", Kind::SignedOut),
            (400, "invalid_request", "Invalid authorization code 'x'", "", Kind::SignedOut),
            (400, "invalid_request", "x", r#","errorCode":4733"#, Kind::SignedOut),
            (400, "invalid_request", "x", r#","errorCode":4734"#, Kind::SignedOut),
            (401, "invalid_client", "Invalid client_id or client_secret", "", Kind::Invalid),
            (400, "invalid_request", "x", r#","errorCode":4702"#, Kind::Invalid),
            (400, "invalid_request", "x", r#","errorCode":4704"#, Kind::Invalid),
            (400, "invalid_request", "Redirect URI mismatch.", "", Kind::Invalid),
        ];
        for (status, word, reason, number, kind) in cases {
            let error = read_error(&sign_in(status, word, reason, number), "sign_in").unwrap();
            assert_eq!(error.kind, kind, "{word} {reason} {number}");
            assert_eq!(
                error.message.contains("does not know this app"),
                reason != "Redirect URI mismatch." && kind == Kind::Invalid,
                "{error:?}"
            );
        }
    }

    #[test]
    fn an_answer_to_a_poll_means_what_zoom_documents() {
        let poll = |response: &Response| match read_poll(response) {
            Poll::Granted => "granted".to_owned(),
            Poll::Pending => "pending".to_owned(),
            Poll::SlowDown => "slow down".to_owned(),
            Poll::Declined => "declined".to_owned(),
            Poll::Expired => "expired".to_owned(),
            Poll::Refused(error) => format!("refused {:?}", error.kind),
            Poll::Failed(error) => format!("failed {:?}", error.kind),
        };
        let cases = [
            ("authorization_pending", "pending"),
            ("slow_down", "slow down"),
            ("access_denied", "declined"),
            ("expired_token", "expired"),
            ("invalid_grant", "expired"),
            ("unauthorized_client", "refused Unsupported"),
            ("unsupported_grant_type", "refused Unsupported"),
            ("invalid_client", "refused Invalid"),
            ("invalid_request", "failed Invalid"),
        ];
        for (word, expected) in cases {
            assert_eq!(poll(&sign_in(400, word, "r", "")), expected, "{word}");
        }
        assert_eq!(poll(&answer(200, "{}")), "granted");
        assert_eq!(poll(&answer(503, "")), "failed PlatformDown");
        assert_eq!(poll(&html(200)), "failed PlatformDown");
        assert_eq!(poll(&answer(429, "{}")), "failed RateLimited");
    }
}
