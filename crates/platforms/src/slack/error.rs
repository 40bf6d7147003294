//! Slack's refusals: HTTP 200 with `ok: false` and a word. The words are a table; what is not in it is refused content.

use engine::error::{Error, Kind};
use engine::signin::Poll;
use engine::transport::Response;
use http::StatusCode;

use super::info::INFO;
use super::wire::Envelope;
use crate::http::{next_step, slow_down, unwell, word};

/// Words with one meaning: sort, what happened, and the setting or person that lifts it (empty: the kind's usual next step).
const WORDS: &[(&[&str], Kind, &str, &str)] = &[
    (
        &["invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "invalid_refresh_token", "not_bearer_token"],
        Kind::SignedOut,
        "Slack no longer accepts the token.",
        "",
    ),
    (
        &["not_allowed_token_type", "no_permission", "access_denied", "accesslimited", "is_bot", "user_is_bot"],
        Kind::Forbidden,
        "Slack does not let this token do that.",
        "Check that no token stands in another's place (bot xoxb-…, user xoxp-…, app-level xapp-…), then connect Slack again.",
    ),
    (
        &["user_is_restricted", "fail_to_get_teams_for_restricted_user"],
        Kind::Forbidden,
        "The account that signed in is a guest of the workspace.",
        "Connect Slack with a full member's account.",
    ),
    (
        &["org_login_required", "ekm_access_denied", "team_access_not_granted", "enterprise_is_restricted", "channel_is_limited_access"],
        Kind::Forbidden,
        "The Slack organisation keeps apps out.",
        "Ask an owner of the Slack organisation to approve the app for this workspace (Organisation settings, Integrations).",
    ),
    (
        &[
            "app_access_restricted",
            "restricted_action",
            "restricted_action_read_only_channel",
            "restricted_action_thread_only_channel",
            "restricted_action_thread_locked",
            "restricted_action_non_threadable_channel",
            "posting_to_channel_denied",
        ],
        Kind::Forbidden,
        "The workspace does not let the app write there.",
        "Ask a workspace owner to allow the app to message people (Workspace settings, Permissions).",
    ),
    (
        &["messages_tab_disabled"],
        Kind::Forbidden,
        "The app has no messages tab, so nobody can write with it.",
        "Turn on the Messages Tab on the app's page App Home, and let people send messages from it.",
    ),
    (
        &["two_factor_setup_required"],
        Kind::Forbidden,
        "Slack wants the account to set up a second factor first.",
        "Sign in to Slack in the browser with that account, set up the second factor, then connect Slack again.",
    ),
    (
        &["message_limit_exceeded"],
        Kind::Forbidden,
        "The workspace has reached the message limit of its plan.",
        "Ask the workspace owner about a paid Slack plan.",
    ),
    (
        &["user_disabled", "user_not_visible", "is_inactive"],
        Kind::Forbidden,
        "The person's Slack account is deactivated or cannot be reached by the app.",
        "Ask a workspace admin to activate the account (Manage members), then import Slack again.",
    ),
    (
        &["users_not_found", "user_not_found", "channel_not_found", "message_not_found", "team_not_found", "not_in_channel", "is_archived"],
        Kind::NotFound,
        "Slack does not have this any more.",
        "Import Slack again to see what is there.",
    ),
    (
        &["duplicate_message_not_found", "duplicate_channel_not_found"],
        Kind::Conflict,
        "Slack took the message for one that was sent before.",
        "",
    ),
    (
        &[
            "internal_error",
            "fatal_error",
            "service_unavailable",
            "request_timeout",
            "team_added_to_org",
            "update_failed",
            "external_channel_migrating",
        ],
        Kind::PlatformDown,
        "Slack is not well at the moment.",
        "",
    ),
    (&["invalid_cursor"], Kind::Invalid, "Slack has forgotten where the list went on.", "Import Slack again: the list then begins anew."),
    (
        &["no_text", "msg_too_long", "msg_blocks_too_long"],
        Kind::Invalid,
        "Slack does not take a message of this length.",
        "Shorten it to 4,000 characters.",
    ),
    (
        &[
            "invalid_arg_name",
            "invalid_arguments",
            "invalid_array_arg",
            "invalid_charset",
            "invalid_form_data",
            "invalid_json",
            "invalid_post_type",
            "json_not_object",
            "missing_args",
            "missing_argument",
            "missing_post_type",
            "missing_charset",
            "superfluous_charset",
            "unknown_method",
            "method_deprecated",
            "deprecated_endpoint",
            "limit_required",
            "invalid_ts_oldest",
            "invalid_ts_latest",
            "invalid_metadata_format",
            "invalid_metadata_schema",
            "metadata_too_large",
            "users_list_not_supplied",
            "not_enough_users",
            "too_many_users",
            "invalid_user_combination",
            "invalid_grant_type",
            "upgrade_required",
        ],
        Kind::Bug,
        "Slack did not understand a request of User Sync.",
        "",
    ),
    (
        &["invalid_code", "invalid_code_verifier"],
        Kind::SignedOut,
        "The sign-in at Slack took too long.",
        "Connect Slack once more and allow it within ten minutes.",
    ),
    (
        &["invalid_client_id", "bad_client_secret"],
        Kind::Invalid,
        "Slack does not know this app.",
        "Check client_id against the app's page Basic Information.",
    ),
    (
        &["bad_redirect_uri", "oauth_authorization_url_mismatch"],
        Kind::Invalid,
        "The app does not know this computer's address for signing in.",
        "Add http://localhost:43117/slack to http://localhost:43126/slack to the redirect addresses on the app's page OAuth & Permissions.",
    ),
    (
        &["pkce_not_allowed", "preview_feature_not_available"],
        Kind::Forbidden,
        "The app does not allow signing in from a desktop program.",
        "Turn on PKCE on the app's page OAuth & Permissions.",
    ),
    (
        &["no_scopes"],
        Kind::Forbidden,
        "The app asks for no scopes.",
        "Add users:read, users:read.email and team:read to the user scopes on the app's page OAuth & Permissions.",
    ),
    (
        &["cannot_install_an_org_installed_app"],
        Kind::Forbidden,
        "The app is installed for the whole organisation.",
        "Use an app that belongs to this workspace alone.",
    ),
    (
        &["user_email_unverified"],
        Kind::Forbidden,
        "The account that signed in has no confirmed address.",
        "Confirm the address in Slack, then connect Slack again.",
    ),
];

pub(super) fn read_error(response: &Response, operation: &'static str) -> Option<Error> {
    if let Some(error) = unwell(&INFO, response, operation) {
        return Some(error);
    }
    if response.status == StatusCode::TOO_MANY_REQUESTS {
        return Some(slow_down(&INFO, response, operation));
    }
    let error = match serde_json::from_slice::<Envelope>(&response.body) {
        Ok(Envelope { ok: true, .. }) if response.status.is_success() => return None,
        Ok(envelope) => {
            let reason = envelope.error.as_deref().and_then(word).unwrap_or("unnamed");
            by_word(reason, envelope.needed.as_deref(), response, operation).with("reason", reason)
        }
        Err(_) => Error::new(Kind::PlatformDown, operation, "Slack answered in a shape that User Sync does not understand."),
    };
    Some(error.on(INFO.id).with("status", response.status.as_str()))
}

fn by_word(reason: &str, needed: Option<&str>, response: &Response, operation: &'static str) -> Error {
    match reason {
        "ratelimited" | "rate_limited" => slow_down(&INFO, response, operation),
        "missing_scope" => {
            let scopes: Vec<&str> = needed.unwrap_or_default().split(',').filter_map(word).collect();
            let scopes = if scopes.is_empty() { "a scope".to_owned() } else { format!("the scope {}", scopes.join(" or ")) };
            Error::new(Kind::Forbidden, operation, format!("Slack's token lacks {scopes}.")).ask_admin(format!(
                "Add {scopes} on the app's page OAuth & Permissions, install the app again, and connect Slack with the new token."
            ))
        }
        "edit_window_closed" | "cant_update_message" | "message_not_found" if operation == "edit_direct" => {
            Error::new(Kind::Unsupported, operation, "Slack no longer lets this message be changed.")
        }
        _ => match WORDS.iter().find(|(words, ..)| words.contains(&reason)) {
            Some((_, kind, message, remedy)) => next_step(Error::new(*kind, operation, *message), remedy),
            None => next_step(
                Error::new(Kind::Invalid, operation, "Slack refused the request."),
                "Import Slack again and try once more; if it stays, report it with the log.",
            ),
        },
    }
}

/// Slack has no device grant.
pub(super) fn read_poll(_response: &Response) -> Poll {
    Poll::Failed(Error::new(Kind::Unsupported, "authorise", "Slack has no sign-in by code.").on(INFO.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{answer, answer_with, html};
    use engine::error::{Acted, Remedy};
    use std::collections::BTreeSet;
    use std::time::Duration;

    fn refused(word: &str) -> Response {
        answer(200, &format!(r#"{{"ok":false,"error":"{word}","response_metadata":{{"messages":["[ERROR] about ana@a.example"]}}}}"#))
    }

    #[test]
    fn every_word_is_listed_once_and_has_a_next_step() {
        let words: Vec<&str> = WORDS.iter().flat_map(|(words, ..)| words.iter().copied()).collect();
        assert_eq!(words.len(), words.iter().collect::<BTreeSet<_>>().len());
        for (words, kind, ..) in WORDS {
            for word in *words {
                let error = read_error(&refused(word), "send_direct").unwrap();
                assert_eq!(error.kind, *kind, "{word}");
                assert!(error.next_step().len() > 5 && error.context.contains(&("reason", (*word).to_owned())), "{error:?}");
                assert!(!format!("{error:?}").contains("ana@"), "{error:?}");
            }
        }
    }

    #[test]
    fn general_refusals_have_their_kind() {
        let table = [
            (refused("missing_scope"), Kind::Forbidden),
            (refused("ratelimited"), Kind::RateLimited),
            (refused("rate_limited"), Kind::RateLimited),
            (refused("a_word_from_next_year"), Kind::Invalid),
            (refused("no word at all ana@a.example"), Kind::Invalid),
            (answer(200, "not json"), Kind::PlatformDown),
            (answer(200, "{\"members\":[]}"), Kind::PlatformDown),
            (answer(503, ""), Kind::PlatformDown),
            (html(200), Kind::PlatformDown),
        ];
        for (response, kind) in table {
            let error = read_error(&response, "accounts").unwrap();
            assert_eq!(error.kind, kind, "{error:?}");
            assert!(!format!("{error:?}").contains("ana@"), "{error:?}");
        }
        assert!(read_error(&answer(200, r#"{"ok":true}"#), "accounts").is_none());
    }

    #[test]
    fn a_code_that_nobody_made_tells_a_known_client_from_an_unknown_one() {
        let table = [
            ("invalid_code", Kind::SignedOut),
            ("invalid_code_verifier", Kind::SignedOut),
            ("invalid_client_id", Kind::Invalid),
            ("bad_client_secret", Kind::Invalid),
            ("bad_redirect_uri", Kind::Invalid),
            ("pkce_not_allowed", Kind::Forbidden),
        ];
        for (word, kind) in table {
            assert_eq!(read_error(&refused(word), "sign_in").unwrap().kind, kind, "{word}");
        }
    }

    #[test]
    fn a_missing_scope_is_named() {
        let error =
            read_error(&answer(200, r#"{"ok":false,"error":"missing_scope","needed":"im:write","provided":"chat:write"}"#), "send_direct")
                .unwrap();
        assert_eq!(error.message, "Slack's token lacks the scope im:write.");
        assert!(matches!(error.remedy, Remedy::AskAdmin { what } if what.contains("im:write")));
    }

    #[test]
    fn slowing_down_carries_the_seconds() {
        let error = read_error(&answer_with(429, ("retry-after", "30"), r#"{"ok":false,"error":"ratelimited"}"#), "accounts").unwrap();
        assert_eq!((error.kind, error.remedy), (Kind::RateLimited, Remedy::Retry { after: Some(Duration::from_secs(30)) }));
    }

    #[test]
    fn what_slack_may_have_done_before_failing_is_looked_up() {
        assert_eq!(read_error(&refused("internal_error"), "send_direct").unwrap().acted, Acted::Perhaps);
        assert_eq!(read_error(&refused("user_disabled"), "send_direct").unwrap().acted, Acted::No);
    }
}
