//! Microsoft's refusals. At Entra the error word and its AADSTS number decide, at Graph the status; sentences never do.

use engine::error::{Error, Kind};
use engine::signin::Poll;
use engine::transport::Response;
use http::StatusCode;

use super::info::INFO;
use super::wire::{GraphFailure, SignInFailure};
use crate::http::{next_step, slow_down, unwell, word};

/// AADSTS numbers that say more than the error word: what went wrong, and the setting or person that lifts it.
const NUMBERS: &[(u32, Kind, &str, &str)] = &[
    (
        53003,
        Kind::Forbidden,
        "A Conditional Access policy of the tenant blocks this sign-in.",
        "Ask the Entra administrator to exclude the person or User Sync from the policy that blocks the sign-in (Protection, Conditional Access).",
    ),
    (
        53000,
        Kind::Forbidden,
        "The tenant accepts sign-ins from managed devices only.",
        "Ask the Entra administrator to allow the sign-in, or sign in from a managed device.",
    ),
    (
        53001,
        Kind::Forbidden,
        "The tenant accepts sign-ins from its own devices only.",
        "Ask the Entra administrator to allow the sign-in, or sign in from a device that is joined to the tenant.",
    ),
    (
        65004,
        Kind::Forbidden,
        "The permissions of User Sync were declined.",
        "Ask the person to allow User Sync on Microsoft's page, or grant admin consent for everybody.",
    ),
    (
        7000112,
        Kind::Forbidden,
        "The app is switched off in this tenant.",
        "Set “Enabled for users to sign-in?” to Yes in the Entra admin center (Enterprise applications, Properties).",
    ),
    (
        65001,
        Kind::Forbidden,
        "Nobody has consented to the permissions of User Sync yet.",
        "Ask an Entra administrator to grant admin consent to the app (App registrations, API permissions).",
    ),
    (
        90094,
        Kind::Forbidden,
        "Only an administrator may consent to the permissions of User Sync.",
        "Ask an Entra administrator to grant admin consent to the app (App registrations, API permissions).",
    ),
    (
        50105,
        Kind::Forbidden,
        "The person is not assigned to the app.",
        "Ask the Entra administrator to assign the person to the app, or to switch off “Assignment required” (Enterprise applications, Properties).",
    ),
    (
        7000218,
        Kind::Forbidden,
        "The app is not set up as a public client.",
        "Set “Allow public client flows” to Yes on the Authentication page of the app registration in the Entra admin center.",
    ),
    (
        700016,
        Kind::Invalid,
        "The tenant does not know this app.",
        "Check client_id and tenant_id on the Overview page of the app registration in the Entra admin center.",
    ),
    (
        90002,
        Kind::Invalid,
        "Microsoft does not know this tenant.",
        "Check tenant_id on the Overview page of the app registration in the Entra admin center, and the cloud.",
    ),
    (
        900023,
        Kind::Invalid,
        "This is neither a tenant's id nor its domain.",
        "Check tenant_id on the Overview page of the app registration in the Entra admin center.",
    ),
    (
        50011,
        Kind::Invalid,
        "The app does not accept the redirect address.",
        "Add http://localhost under “Mobile and desktop applications” on the Authentication page of the app registration.",
    ),
    (70020, Kind::SignedOut, "The code for signing in at Microsoft is too old.", ""),
];

/// Error words of the sign-in endpoints.
const SIGN_IN: &[(&str, Kind, &str, &str)] = &[
    ("invalid_grant", Kind::SignedOut, "The sign-in at Microsoft is too old or was withdrawn.", ""),
    ("expired_token", Kind::SignedOut, "The code for signing in at Microsoft is too old.", ""),
    ("bad_verification_code", Kind::SignedOut, "Microsoft does not know the code for signing in.", ""),
    ("interaction_required", Kind::SignedOut, "Microsoft wants the person to sign in once more.", ""),
    ("login_required", Kind::SignedOut, "Microsoft wants the person to sign in once more.", ""),
    (
        "consent_required",
        Kind::Forbidden,
        "Nobody has consented to the permissions of User Sync yet.",
        "Ask an Entra administrator to grant admin consent to the app (App registrations, API permissions).",
    ),
    ("access_denied", Kind::Forbidden, "The sign-in at Microsoft was refused.", "Ask the person to allow User Sync on Microsoft's page."),
    (
        "authorization_declined",
        Kind::Forbidden,
        "The sign-in at Microsoft was refused.",
        "Ask the person to allow User Sync on Microsoft's page.",
    ),
    (
        "unauthorized_client",
        Kind::Unsupported,
        "The app may not use this kind of sign-in.",
        "Set “Allow public client flows” to Yes on the Authentication page of the app registration in the Entra admin center.",
    ),
    (
        "unsupported_grant_type",
        Kind::Unsupported,
        "The app may not use this kind of sign-in.",
        "Set “Allow public client flows” to Yes on the Authentication page of the app registration in the Entra admin center.",
    ),
    (
        "invalid_client",
        Kind::Invalid,
        "Microsoft does not accept the app.",
        "Check client_id in the Entra admin center; the app must be a public client without a secret.",
    ),
    (
        "invalid_tenant",
        Kind::Invalid,
        "Microsoft does not know this tenant.",
        "Check tenant_id on the Overview page of the app registration in the Entra admin center, and the cloud.",
    ),
    (
        "invalid_scope",
        Kind::Forbidden,
        "The app lacks a permission.",
        "Add every permission that User Sync lists to the app registration (API permissions) and grant admin consent.",
    ),
    (
        "invalid_resource",
        Kind::Invalid,
        "The tenant does not offer Microsoft Graph to this app.",
        "Check tenant_id on the Overview page of the app registration in the Entra admin center.",
    ),
    (
        "invalid_request",
        Kind::Invalid,
        "Microsoft did not understand the sign-in.",
        "Check client_id, tenant_id and the redirect address http://localhost of the app registration in the Entra admin center.",
    ),
];

/// Error words that pass by themselves.
const PASSING: &[&str] = &["temporarily_unavailable", "server_error"];

/// Who lifts a 403, by operation.
const FORBIDDEN: &[(&str, &str, &str)] = &[
    (
        "accounts",
        "Microsoft does not let this account read the directory.",
        "Grant User.Read.All and GroupMember.Read.All with admin consent to the app, and sign in with a member of the tenant, not a guest.",
    ),
    (
        "find_account",
        "Microsoft does not let this account search the directory.",
        "Grant User.Read.All with admin consent to the app, and sign in with a member of the tenant, not a guest.",
    ),
    (
        "teams",
        "Microsoft does not let this account list teams.",
        "Grant Team.ReadBasic.All with admin consent to the app (App registrations, API permissions).",
    ),
    (
        "send_direct",
        "Microsoft does not let the sender write to this person.",
        "Grant Chat.ReadWrite with admin consent, and check that the sender has a Teams licence and that no Teams policy keeps the two apart.",
    ),
    (
        "edit_direct",
        "Microsoft does not let the sender change this message.",
        "Ask the Teams administrator whether the messaging policy lets the sender edit messages.",
    ),
    (
        "inbox",
        "Microsoft does not let the sender read its chats.",
        "Grant Chat.ReadWrite with admin consent to the app (App registrations, API permissions).",
    ),
    (
        "represent",
        "Microsoft does not let this account invite guests.",
        "Grant User.Invite.All with admin consent, and let the account invite guests (Entra admin center, External Identities, External collaboration settings).",
    ),
    (
        "dismiss",
        "Microsoft does not let this account delete guests.",
        "Grant User.ReadWrite.All with admin consent, and give the sending account the role User Administrator.",
    ),
];

pub(super) fn read_error(response: &Response, operation: &'static str) -> Option<Error> {
    if let Some(error) = unwell(&INFO, response, operation) {
        return Some(error);
    }
    if response.status.is_success() {
        return None;
    }
    let error = match serde_json::from_slice::<SignInFailure>(&response.body) {
        Ok(failure) => sign_in_error(&failure, operation),
        Err(_) => graph_error(response, operation),
    };
    let request = response.header("request-id").and_then(word).map(str::to_owned);
    let error = error.on(INFO.id).with("status", response.status.as_str());
    Some(match request {
        Some(request) => error.with("request_id", request),
        None => error,
    })
}

fn sign_in_error(failure: &SignInFailure, operation: &'static str) -> Error {
    let numbered = failure.error_codes.iter().find_map(|number| NUMBERS.iter().find(|(known, ..)| known == number));
    let worded = SIGN_IN.iter().find(|(known, ..)| *known == failure.error);
    let error = match (numbered, worded) {
        (Some((_, kind, message, remedy)), _) => next_step(Error::new(*kind, operation, *message), remedy),
        (None, Some((_, kind, message, remedy))) => next_step(Error::new(*kind, operation, *message), remedy),
        (None, None) if PASSING.contains(&failure.error.as_str()) => {
            Error::new(Kind::PlatformDown, operation, "Microsoft's sign-in is not well at the moment.")
        }
        (None, None) => Error::new(Kind::SignedOut, operation, "Microsoft refused the sign-in."),
    };
    let numbers: Vec<String> = failure.error_codes.iter().map(|number| format!("AADSTS{number}")).collect();
    let details =
        [("reason", word(&failure.error).map(str::to_owned)), ("trace_id", failure.trace_id.as_deref().and_then(word).map(str::to_owned))];
    let error = if numbers.is_empty() { error } else { error.with("number", numbers.join(",")) };
    details.into_iter().fold(error, |error, (key, value)| match value {
        Some(value) => error.with(key, value),
        None => error,
    })
}

fn graph_error(response: &Response, operation: &'static str) -> Error {
    let code = serde_json::from_slice::<GraphFailure>(&response.body).ok().and_then(|failure| failure.error.code);
    let error = match response.status {
        StatusCode::TOO_MANY_REQUESTS => slow_down(&INFO, response, operation),
        StatusCode::UNAUTHORIZED => Error::new(Kind::SignedOut, operation, "Microsoft no longer accepts the sign-in."),
        StatusCode::FORBIDDEN => {
            let known = FORBIDDEN.iter().find(|(name, ..)| *name == operation);
            let (_, message, remedy) = known.unwrap_or(&(
                "",
                "Microsoft does not allow this.",
                "Grant every permission that User Sync lists, with admin consent, and connect Microsoft Teams again.",
            ));
            next_step(Error::new(Kind::Forbidden, operation, *message), remedy)
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            Error::not_found(operation, "Microsoft does not have this any more.", "Import Microsoft Teams again to see what is there.")
        }
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => {
            Error::new(Kind::Conflict, operation, "Microsoft has it already, or somebody changed it at the same moment.")
                .ask_admin("Import Microsoft Teams again and try once more.")
        }
        StatusCode::BAD_REQUEST if operation == "represent" => Error::invalid(
            operation,
            "Microsoft refuses to invite this address.",
            "Check that the address is right, is in none of the tenant's own domains, and belongs to no other account of the tenant.",
        ),
        // `/me` belongs to a person; an app's own token has none.
        StatusCode::BAD_REQUEST if operation == "prove" => Error::invalid(
            operation,
            "This token belongs to an app, not to a person.",
            "Enter an access token that a person signed in for (delegated permissions), or leave it empty and sign in with the browser.",
        ),
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_ACCEPTABLE | StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Error::new(Kind::Bug, operation, "Microsoft did not understand a request of User Sync.")
        }
        _ => Error::invalid(
            operation,
            "Microsoft refused the request for its content.",
            "Import Microsoft Teams again and try once more; if it stays, report it with the log.",
        ),
    };
    match code.as_deref().and_then(word) {
        Some(code) => error.with("code", code),
        None => error,
    }
}

pub(super) fn read_poll(response: &Response) -> Poll {
    if response.status.is_success() && unwell(&INFO, response, "authorise").is_none() {
        return Poll::Granted;
    }
    let error = || {
        read_error(response, "authorise")
            .unwrap_or_else(|| Error::new(Kind::PlatformDown, "authorise", "Microsoft answered nothing that can be read.").on(INFO.id))
    };
    let Ok(failure) = serde_json::from_slice::<SignInFailure>(&response.body) else {
        return Poll::Failed(error());
    };
    match failure.error.as_str() {
        "authorization_pending" => Poll::Pending,
        "slow_down" => Poll::SlowDown,
        "authorization_declined" | "access_denied" => Poll::Declined,
        "expired_token" => Poll::Expired,
        // Older pages of Microsoft name an old code so.
        "invalid_grant" if failure.error_codes.contains(&70020) => Poll::Expired,
        _ => {
            let error = error();
            // The tenant or the app does not want this way of signing in; another way may be open.
            if matches!(error.kind, Kind::Forbidden | Kind::Unsupported) { Poll::Refused(error) } else { Poll::Failed(error) }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use engine::error::{Acted, Remedy};

    use super::*;
    use crate::testing::{answer, answer_with, html};

    fn graph(code: &str) -> String {
        format!(r#"{{"error":{{"code":"{code}","message":"ana@own.example wrote planted text","innerError":{{"request-id":"r"}}}}}}"#)
    }

    fn entra(word: &str, number: u32) -> Response {
        let body = format!(
            r#"{{"error":"{word}","error_description":"AADSTS{number}: planted","error_codes":[{number}],"timestamp":"2026-01-01 00:00:00Z","trace_id":"t-1","correlation_id":"c"}}"#
        );
        answer(400, &body)
    }

    #[test]
    fn every_refusal_of_graph_has_its_kind_and_a_next_step() {
        let cases = [
            (400, "Request_BadRequest", "accounts", Kind::Invalid),
            (400, "BadRequest", "represent", Kind::Invalid),
            (401, "InvalidAuthenticationToken", "accounts", Kind::SignedOut),
            (403, "Authorization_RequestDenied", "accounts", Kind::Forbidden),
            (403, "Forbidden", "send_direct", Kind::Forbidden),
            (403, "Forbidden", "something_new", Kind::Forbidden),
            (404, "Request_ResourceNotFound", "dismiss", Kind::NotFound),
            (405, "UnknownError", "send_direct", Kind::Bug),
            (409, "Conflict", "represent", Kind::Conflict),
            (410, "syncStateNotFound", "accounts", Kind::NotFound),
            (412, "PreconditionFailed", "edit_direct", Kind::Conflict),
            (429, "TooManyRequests", "accounts", Kind::RateLimited),
            (500, "InternalServerError", "accounts", Kind::PlatformDown),
            (503, "ServiceUnavailable", "accounts", Kind::PlatformDown),
            (504, "GatewayTimeout", "accounts", Kind::PlatformDown),
        ];
        for (status, code, operation, kind) in cases {
            let error = read_error(&answer(status, &graph(code)), operation).unwrap();
            assert_eq!((error.kind, error.platform), (kind, Some(INFO.id)), "{status} {code} {operation}");
            assert!(!error.next_step().is_empty() && error.message.ends_with('.'), "{error:?}");
            assert!(!format!("{error:?}").contains("planted") && !format!("{error:?}").contains("ana@"), "{error:?}");
            assert_eq!(error.acted, if status >= 500 { Acted::Perhaps } else { Acted::No });
        }
        assert!(read_error(&answer(200, "{}"), "accounts").is_none());
        assert!(read_error(&answer(204, ""), "dismiss").is_none());
        assert_eq!(read_error(&html(200), "accounts").unwrap().kind, Kind::PlatformDown);
        assert_eq!(read_error(&answer(403, "no json"), "inbox").unwrap().kind, Kind::Forbidden);
    }

    #[test]
    fn the_time_to_wait_and_the_request_are_kept() {
        let error = read_error(&answer_with(429, ("retry-after", "7"), &graph("TooManyRequests")), "accounts").unwrap();
        assert_eq!(error.remedy, Remedy::Retry { after: Some(Duration::from_secs(7)) });
        let error = read_error(&answer_with(404, ("request-id", "b2-4"), &graph("NotFound")), "inbox").unwrap();
        assert!(error.context.contains(&("request_id", "b2-4".to_owned())) && error.context.contains(&("code", "NotFound".to_owned())));
    }

    #[test]
    fn every_refusal_of_a_sign_in_has_its_kind() {
        let cases = [
            // Codes that nobody made, or that are too old: the app itself is known then.
            ("invalid_grant", 70000, Kind::SignedOut),
            ("invalid_grant", 70008, Kind::SignedOut),
            ("invalid_grant", 9002313, Kind::SignedOut),
            ("invalid_grant", 54005, Kind::SignedOut),
            // The app, the tenant, or what they allow.
            ("access_denied", 65004, Kind::Forbidden),
            ("invalid_grant", 53001, Kind::Forbidden),
            ("unauthorized_client", 7000112, Kind::Forbidden),
            ("invalid_request", 900023, Kind::Invalid),
            ("invalid_tenant", 90002, Kind::Invalid),
            ("invalid_tenant", 1, Kind::Invalid),
            ("invalid_grant", 53003, Kind::Forbidden),
            ("invalid_grant", 65001, Kind::Forbidden),
            ("invalid_client", 7000218, Kind::Forbidden),
            ("invalid_client", 7000215, Kind::Invalid),
            ("unauthorized_client", 700016, Kind::Invalid),
            ("unauthorized_client", 1, Kind::Unsupported),
            ("interaction_required", 50076, Kind::SignedOut),
            ("consent_required", 1, Kind::Forbidden),
            ("access_denied", 1, Kind::Forbidden),
            ("invalid_request", 90002, Kind::Invalid),
            ("invalid_scope", 70011, Kind::Forbidden),
            ("temporarily_unavailable", 1, Kind::PlatformDown),
            ("something_new", 1, Kind::SignedOut),
        ];
        for (word, number, kind) in cases {
            let error = read_error(&entra(word, number), "connect").unwrap();
            assert_eq!(error.kind, kind, "{word} {number}");
            assert!(
                error.context.contains(&("number", format!("AADSTS{number}"))) && error.context.contains(&("trace_id", "t-1".to_owned()))
            );
            assert!(!error.next_step().is_empty() && !format!("{error:?}").contains("planted"));
        }
    }

    #[test]
    fn an_answer_to_a_poll_means_what_microsoft_documents() {
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
            ("authorization_pending", 70016, "pending"),
            ("slow_down", 1, "slow down"),
            ("authorization_declined", 1, "declined"),
            ("access_denied", 1, "declined"),
            ("expired_token", 70020, "expired"),
            ("invalid_grant", 70020, "expired"),
            ("bad_verification_code", 1, "failed SignedOut"),
            ("invalid_grant", 53003, "refused Forbidden"),
            ("invalid_client", 7000218, "refused Forbidden"),
            ("unauthorized_client", 1, "refused Unsupported"),
            ("unauthorized_client", 700016, "failed Invalid"),
            ("invalid_request", 90002, "failed Invalid"),
            ("invalid_request", 1, "failed Invalid"),
        ];
        for (word, number, expected) in cases {
            assert_eq!(poll(&entra(word, number)), expected, "{word} {number}");
        }
        assert_eq!(poll(&answer(200, "{}")), "granted");
        assert_eq!(poll(&answer(503, "")), "failed PlatformDown");
        assert_eq!(poll(&html(200)), "failed PlatformDown");
        assert_eq!(poll(&answer(429, "")), "failed RateLimited");
    }
}
