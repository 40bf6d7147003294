//! The connection's own tokens: what a token is that the admin entered, and how it ends at Slack when the admin disconnects.

use std::collections::BTreeSet;

use engine::error::{Error, Kind, Result};
use engine::platform::{Left, Proven, Undone};
use engine::transport::{Request, Sign};
use http::Method;
use url::Url;

use super::SlackConnection;
use super::guide::APPS;
use super::info::{API, APP, AUTH_REVOKE, BOT, CONNECTIONS_OPEN, INFO, USER};
use super::wire::{AuthTest, Revoked, Socket};
use crate::http::{in_cloud, url, word};

/// The one scope of app-level tokens that matters here; no bot and no person can have it.
const SOCKETS: &str = "connections:write";

impl SlackConnection {
    pub(super) async fn prove_token(&self, slot: &str) -> Result<Proven> {
        match slot {
            APP => self.prove_app_level().await,
            BOT => {
                let (token, scopes) = self.test_token(BOT, "prove").await?;
                is_kind_of(BOT, &token, &scopes)?;
                if token.expires_in.is_some() {
                    return Err(wrong(
                        "The app rotates its tokens, so this bot token ends within hours and cannot be renewed.",
                        "Make the app anew with the manifest, which leaves token rotation off, and enter its bot token.",
                    ));
                }
                let name = token.user.as_deref().unwrap_or("without a name");
                Ok(Proven { says: format!("Bot {name} of the workspace {}.", workspace(&token)), scopes: Some(scopes) })
            }
            USER => {
                let (token, scopes) = self.test_token(USER, "prove").await?;
                is_kind_of(USER, &token, &scopes)?;
                let name = token.user.as_deref().unwrap_or("a member");
                let ends = token.expires_in.map(|seconds| format!(" It ends in {} minutes; signing in would last.", seconds / 60));
                let says = format!("User token of {name} in the workspace {}.{}", workspace(&token), ends.unwrap_or_default());
                Ok(Proven { says, scopes: Some(scopes) })
            }
            _ => Err(no_slot("prove")),
        }
    }

    /// The address that Slack answers is thrown away.
    async fn prove_app_level(&self) -> Result<Proven> {
        let address = url("prove", API, &["apps.connections.open"], &[])?;
        let request = Request::write(Method::POST, address, Sign::Bearer(APP), CONNECTIONS_OPEN, "prove").repeatable();
        let socket: Socket = self.http.read(request).await.map_err(|error| {
            let reason = error.context.iter().find(|(key, _)| *key == "reason").map(|(_, reason)| reason.as_str());
            match reason {
                Some("missing_scope") => wrong(
                    "The app-level token lacks the scope connections:write.",
                    "Generate another one with connections:write (Basic Information, App-Level Tokens), and enter that.",
                ),
                Some("not_allowed_token_type") => wrong(
                    "This is no app-level token.",
                    "Enter the token that begins with xapp-, from App-Level Tokens on the app's page Basic Information.",
                ),
                _ => error,
            }
        })?;
        let app = Url::parse(&socket.url).ok().and_then(|address| {
            let id = address.query_pairs().find(|(name, _)| name == "app_id")?.1.into_owned();
            word(&id).map(str::to_owned)
        });
        let of = app.map(|id| format!(" of the app {id}")).unwrap_or_default();
        Ok(Proven { says: format!("App-level token{of}."), scopes: None })
    }

    pub(super) async fn revoke_token(&self, slot: &str) -> Result<Undone> {
        let (signs, what) = match slot {
            BOT => (BOT, "bot token"),
            USER => (USER, "user token"),
            APP => {
                return self.left(
                    "The app-level token",
                    "Slack lets it end only by hand, under App-Level Tokens on the app's page Basic Information",
                );
            }
            _ => return Err(no_slot("sign_off")),
        };
        let request = Request::get(url("sign_off", API, &["auth.revoke"], &[])?, Sign::Bearer(signs), AUTH_REVOKE, "sign_off");
        match self.http.read::<Revoked>(request).await {
            Ok(Revoked { revoked: true }) => Ok(Undone::Gone(format!("{what} revoked at Slack"))),
            // It had ended already.
            Err(error) if error.kind == Kind::SignedOut => Ok(Undone::Gone(format!("{what} was no longer valid at Slack"))),
            Ok(Revoked { revoked: false }) => self.left(&format!("The {what}"), "Slack did not revoke it"),
            Err(error) => Err(error),
        }
    }

    /// Still valid at Slack, with the page of the connection's cloud where it ends.
    fn left(&self, what: &str, why: &str) -> Result<Undone> {
        Ok(Undone::Left(Left {
            what: what.to_owned(),
            why: format!("User Sync destroyed its own copy, but the token stays valid: {why}."),
            link: Some(in_cloud(&INFO, &self.facts, "sign_off", APPS)?),
        }))
    }
}

fn workspace(token: &AuthTest) -> &str {
    token.team.as_deref().unwrap_or(&token.team_id)
}

/// Whether the token belongs into this slot: only a bot's has a bot id, and only an app-level token may open sockets.
fn is_kind_of(slot: &str, token: &AuthTest, scopes: &BTreeSet<String>) -> Result<()> {
    let found = match (scopes.contains(SOCKETS), token.bot_id.is_some()) {
        (true, _) => APP,
        (false, true) => BOT,
        (false, false) => USER,
    };
    let called = |slot| match slot {
        APP => "an app-level token (xapp-…)",
        BOT => "a bot token (xoxb-…)",
        _ => "a user token (xoxp-…)",
    };
    if found == slot {
        return Ok(());
    }
    let where_from = if slot == BOT {
        "Enter the Bot User OAuth Token, which the app's page Install App shows."
    } else {
        "Enter the User OAuth Token of the app's page OAuth & Permissions, or leave the field empty and sign in."
    };
    Err(wrong(&format!("This is {}; here belongs {}.", called(found), called(slot)), where_from))
}

fn wrong(message: &str, what: &'static str) -> Error {
    Error::invalid("prove", message, what).on(INFO.id)
}

fn no_slot(operation: &'static str) -> Error {
    Error::new(Kind::Bug, operation, "Slack has no token of this name.").on(INFO.id)
}

#[cfg(test)]
mod tests {
    use super::super::Slack;
    use super::super::tests::{connection, facts};
    use super::*;
    use crate::testing::{Script, answer, answer_with};
    use engine::transport::{Repeat, Response};

    const BOT_BODY: &str =
        r#"{"ok":true,"url":"https://x.slack.com/","team":"Harbor","user":"syncer","team_id":"T1","user_id":"UBOT","bot_id":"B1"}"#;
    const USER_BODY: &str = r#"{"ok":true,"url":"https://x.slack.com/","team":"Harbor","user":"ana","team_id":"T1","user_id":"U1"}"#;

    fn token(scopes: &str, body: &str) -> Response {
        answer_with(200, ("x-oauth-scopes", scopes), body)
    }

    #[tokio::test]
    async fn a_token_in_its_place_is_named_with_its_workspace_and_scopes() {
        let rotating = USER_BODY.replace(r#""U1""#, r#""U1","expires_in":43200"#);
        let table = [
            (BOT, token("chat:write, im:write", BOT_BODY), "Bot syncer of the workspace Harbor."),
            (USER, token("users:read", USER_BODY), "User token of ana in the workspace Harbor."),
            (
                USER,
                token("users:read", &rotating),
                "User token of ana in the workspace Harbor. It ends in 720 minutes; signing in would last.",
            ),
        ];
        for (slot, response, says) in table {
            let (connection, script) = connection(vec![response]);
            let proven = connection.prove(slot).await.unwrap();
            assert_eq!(proven.says, says);
            assert!(proven.scopes.is_some_and(|scopes| scopes.contains("chat:write") == (slot == BOT)));
            assert_eq!(script.sent(), "POST https://slack.com/api/auth.test");
            assert_eq!(script.requests()[0].repeat, Repeat::Safe);
        }
    }

    #[tokio::test]
    async fn a_token_in_anothers_place_is_refused_with_both_names() {
        let table = [
            (BOT, token("users:read", USER_BODY), "This is a user token (xoxp-…); here belongs a bot token (xoxb-…)."),
            (USER, token("chat:write", BOT_BODY), "This is a bot token (xoxb-…); here belongs a user token (xoxp-…)."),
            (BOT, token(SOCKETS, BOT_BODY), "This is an app-level token (xapp-…); here belongs a bot token (xoxb-…)."),
            (APP, answer(200, r#"{"ok":false,"error":"not_allowed_token_type"}"#), "This is no app-level token."),
        ];
        for (slot, response, message) in table {
            let error = connection(vec![response]).0.prove(slot).await.unwrap_err();
            assert_eq!((error.kind, error.message.as_str()), (Kind::Invalid, message));
            assert!(error.next_step().starts_with("Enter the "), "{}", error.next_step());
        }
    }

    #[tokio::test]
    async fn a_bot_token_that_would_end_within_hours_is_refused() {
        let rotating = BOT_BODY.replace(r#""B1""#, r#""B1","expires_in":43200"#);
        let error = connection(vec![token("chat:write", &rotating)]).0.prove(BOT).await.unwrap_err();
        assert!(error.kind == Kind::Invalid && error.next_step().contains("token rotation off"), "{error:?}");
    }

    #[tokio::test]
    async fn an_app_level_token_is_proven_without_opening_a_socket() {
        let opened = r#"{"ok":true,"url":"wss://wss-primary.slack.com/link/?ticket=very-secret&app_id=A1"}"#;
        let (app, script) = connection(vec![answer(200, opened)]);
        let proven = app.prove(APP).await.unwrap();
        assert_eq!((proven.says.as_str(), proven.scopes), ("App-level token of the app A1.", None));
        assert_eq!(script.sent(), "POST https://slack.com/api/apps.connections.open");
        let lacking = answer(200, r#"{"ok":false,"error":"missing_scope","needed":"connections:write","provided":"authorizations:read"}"#);
        let error = connection(vec![lacking]).0.prove(APP).await.unwrap_err();
        assert!(error.next_step().contains("connections:write"), "{error:?}");
    }

    #[tokio::test]
    async fn a_token_that_slack_does_not_know_and_a_slack_that_is_unwell_stay_what_they_are() {
        for slot in [BOT, USER, APP] {
            for (response, kind) in
                [(answer(200, r#"{"ok":false,"error":"invalid_auth"}"#), Kind::SignedOut), (answer(503, ""), Kind::PlatformDown)]
            {
                assert_eq!(connection(vec![response]).0.prove(slot).await.unwrap_err().kind, kind, "{slot}");
            }
        }
        let (connection, script) = connection(vec![]);
        assert_eq!(connection.prove("nothing").await.unwrap_err().kind, Kind::Bug);
        assert_eq!(connection.sign_off("nothing").await.unwrap_err().kind, Kind::Bug);
        assert_eq!(script.sent(), "");
    }

    #[tokio::test]
    async fn bot_and_user_token_are_revoked_by_their_own_word() {
        for (slot, gone) in [(BOT, "bot token revoked at Slack"), (USER, "user token revoked at Slack")] {
            let (connection, script) = connection(vec![answer(200, r#"{"ok":true,"revoked":true}"#)]);
            assert_eq!(connection.sign_off(slot).await.unwrap(), Undone::Gone(gone.into()));
            assert_eq!(script.sent(), "GET https://slack.com/api/auth.revoke");
            assert_eq!(script.requests()[0].sign, Sign::Bearer(slot));
        }
        let dead = answer(200, r#"{"ok":false,"error":"token_revoked"}"#);
        assert!(matches!(connection(vec![dead]).0.sign_off(BOT).await.unwrap(), Undone::Gone(_)));
        assert_eq!(connection(vec![answer(503, "")]).0.sign_off(BOT).await.unwrap_err().kind, Kind::PlatformDown);
    }

    #[tokio::test]
    async fn what_slack_does_not_revoke_is_left_with_the_page_of_its_cloud() {
        let left = |undone| match undone {
            Undone::Left(left) => left.link.unwrap(),
            Undone::Gone(what) => panic!("{what}"),
        };
        let (by_hand, script) = connection(vec![]);
        assert_eq!(left(by_hand.sign_off(APP).await.unwrap()), "https://api.slack.com/apps");
        assert_eq!(script.sent(), "");
        let refused = connection(vec![answer(200, r#"{"ok":true,"revoked":false}"#)]).0;
        assert_eq!(left(refused.sign_off(USER).await.unwrap()), "https://api.slack.com/apps");
        let mut government = facts();
        government.fields.insert("cloud".into(), "govslack".into());
        let government = Script::connection(&Slack, government, vec![]).0;
        assert_eq!(left(government.sign_off(APP).await.unwrap()), "https://api.slack-gov.com/apps");
    }
}
