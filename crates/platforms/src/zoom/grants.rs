//! Ending an employee's grant and the connection's own token: the token itself is sent to Zoom's revocation endpoint. And what a
//! token is that the admin entered.

use std::collections::BTreeMap;

use engine::error::{Error, Kind, Result};
use engine::platform::{GrantFacts, Left, Proven, Undone};
use engine::signin::Client;
use engine::transport::{Request, Sign};
use http::Method;

use super::ZoomConnection;
use super::error::missing_scopes;
use super::guide::MARKETPLACE;
use super::info::{ACCOUNT_ID, ADMIN, EMPLOYEE_CLIENT, EMPLOYEE_PUBLIC_CLIENT, INFO, LIGHT, OAUTH, SERVER, WITH_SECRET, WITHOUT_SECRET};
use crate::http::{in_cloud, scopes, url};

impl ZoomConnection {
    /// The account is known by its owner. A token that people authorised themselves lists nobody: the scope for it is an admin's.
    pub(super) async fn prove_token(&self, slot: &str) -> Result<Proven> {
        if slot != ADMIN {
            return Err(no_slot("prove"));
        }
        let owner = self.read_owner("prove").await.map_err(|error| {
            if missing_scopes(&error).is_empty() {
                return error;
            }
            wrong(
                "This token may not list the people of the account.",
                "Enter a token of the Server-to-Server OAuth app with every scope that User Sync lists, or leave the field empty.",
            )
        })?;
        let mut usable = scopes(&INFO, &self.facts, ADMIN);
        let user = match owner {
            Some(owner) => match self.read_user(&owner, "prove").await {
                Ok(user) => Some(user),
                Err(error) if !missing_scopes(&error).is_empty() => {
                    let missing = missing_scopes(&error);
                    usable.retain(|scope| !missing.contains(&scope.as_str()));
                    None
                }
                Err(error) => return Err(error),
            },
            None => None,
        };
        let entered = self.facts.fields.get(ACCOUNT_ID);
        if let (Some(found), Some(entered)) = (user.as_ref().and_then(|user| user.account_id.as_ref()), entered)
            && found != entered
        {
            return Err(wrong(
                "This token belongs to another Zoom account than the account id.",
                "Enter token and account id of the same Server-to-Server OAuth app, or leave the token empty.",
            ));
        }
        let account = user.map(|user| self.identity(user, BTreeMap::new()).tenant_name).unwrap_or_else(|| "your Zoom account".into());
        Ok(Proven { says: format!("Server-to-Server token of {account}."), scopes: Some(usable) })
    }

    pub(super) async fn revoke_token(&self, slot: &str) -> Result<Undone> {
        if slot != ADMIN {
            return Err(no_slot("sign_off"));
        }
        let sign = Sign::SlotInForm { slot: ADMIN, field: "token", client: SERVER };
        let address = url("sign_off", OAUTH, &["revoke"], &[])?;
        let request = Request::write(Method::POST, address, sign, LIGHT, "sign_off").form(&[]).repeatable();
        match self.http.send(request).await {
            Ok(_) => Ok(Undone::Gone("access token revoked at Zoom".into())),
            Err(error) if refused(&error) => Ok(Undone::Left(Left {
                what: "The access token of the Server-to-Server OAuth app".into(),
                why: "User Sync destroyed its own copy, but Zoom did not accept the withdrawal; the token ends by itself within the hour. To be sure, deactivate the app (Manage, Activation).".into(),
                link: Some(in_cloud(&INFO, &self.facts, "sign_off", MARKETPLACE)?),
            })),
            Err(error) => Err(error),
        }
    }

    /// The grant came from the device grant (client with a secret) or from paste-back (public client), and does not say from which.
    pub(super) async fn revoke_grant(&self, grant: &GrantFacts) -> Result<Undone> {
        let clients = [(EMPLOYEE_CLIENT, WITH_SECRET), (EMPLOYEE_PUBLIC_CLIENT, WITHOUT_SECRET)];
        for (_, client) in clients.into_iter().filter(|(field, _)| self.facts.fields.contains_key(*field)) {
            match self.revoke_as(grant, client).await {
                Ok(()) => return Ok(Undone::Gone("authorisation of User Sync withdrawn at Zoom".into())),
                Err(error) if refused(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Undone::Left(Left {
            what: "The person's authorisation of User Sync at Zoom".into(),
            why: "User Sync destroyed its own tokens, but Zoom did not accept the withdrawal, which is usual when the token had ended already. The person can remove the app under App Marketplace, Manage, Added Apps.".into(),
            link: None,
        }))
    }

    async fn revoke_as(&self, grant: &GrantFacts, client: Client) -> Result<()> {
        let sign = Sign::GrantInForm { grant: grant.id, field: "token", client };
        let request = Request::write(Method::POST, url("revoke", OAUTH, &["revoke"], &[])?, sign, LIGHT, "revoke").form(&[]).repeatable();
        self.http.send(request).await.map(|_| ())
    }
}

/// Not this client's token, or no token any more.
fn refused(error: &Error) -> bool {
    matches!(error.kind, Kind::SignedOut | Kind::Forbidden | Kind::NotFound | Kind::Invalid | Kind::Unsupported)
}

fn wrong(message: &str, what: &'static str) -> Error {
    Error::invalid("prove", message, what).on(INFO.id)
}

fn no_slot(operation: &'static str) -> Error {
    Error::new(Kind::Bug, operation, "Zoom has no token of this name.").on(INFO.id)
}

#[cfg(test)]
mod tests {
    use engine::model::GrantId;

    use super::super::Zoom;
    use super::super::tests::{connection, facts};
    use super::*;
    use crate::testing::{Script, answer};

    const GRANT: fn() -> GrantFacts = || GrantFacts { id: GrantId(7), account: "U1".into() };
    const SUCCESS: &str = r#"{"status":"success"}"#;
    const REFUSED: &str = r#"{"reason":"Invalid Token!","error":"invalid_request"}"#;

    #[tokio::test]
    async fn the_grants_own_token_is_revoked_with_the_client_it_came_from() {
        let (connection, script) = connection(vec![answer(200, SUCCESS)]);
        assert!(matches!(connection.revoke(&GRANT()).await.unwrap(), Undone::Gone(_)));
        assert_eq!(script.sent(), "POST https://zoom.us/oauth/revoke");
        assert_eq!(script.requests()[0].sign, Sign::GrantInForm { grant: GrantId(7), field: "token", client: WITH_SECRET });
        assert_eq!(script.requests()[0].headers["content-type"], "application/x-www-form-urlencoded");
    }

    #[tokio::test]
    async fn what_one_client_is_refused_is_tried_with_the_other_and_then_listed_as_left() {
        let (by_link, script) = connection(vec![answer(400, REFUSED), answer(200, SUCCESS)]);
        assert!(matches!(by_link.revoke(&GRANT()).await.unwrap(), Undone::Gone(_)));
        assert_eq!(script.requests()[1].sign, Sign::GrantInForm { grant: GrantId(7), field: "token", client: WITHOUT_SECRET });
        let (gone, _) = connection(vec![answer(400, REFUSED), answer(401, r#"{"reason":"x","error":"invalid_client"}"#)]);
        assert!(matches!(gone.revoke(&GRANT()).await.unwrap(), Undone::Left(_)));
    }

    #[tokio::test]
    async fn a_zoom_that_is_unwell_is_asked_again_later() {
        let (connection, script) = connection(vec![answer(503, "")]);
        assert_eq!(connection.revoke(&GRANT()).await.unwrap_err().kind, Kind::PlatformDown);
        assert_eq!(script.requests().len(), 1);
    }

    const OWNERS: &str =
        r#"{"next_page_token":"","page_size":30,"users":[{"id":"OWN","email":"owner@a.example","type":2,"status":"active"}]}"#;
    const OWNER: &str = r#"{"id":"OWN","email":"owner@a.example","type":2,"status":"active","account_id":"A1","company":"Harbor"}"#;
    const LACKING: &str = r#"{"code":4711,"message":"Invalid access token, does not contain scopes:[SCOPE]."}"#;

    #[tokio::test]
    async fn an_entered_token_is_named_by_its_account() {
        let (connection, script) = connection(vec![answer(200, OWNERS), answer(200, OWNER)]);
        let proven = connection.prove("admin").await.unwrap();
        assert_eq!(proven.says, "Server-to-Server token of Harbor.");
        assert!(proven.scopes.unwrap().contains("team_chat:write:user_message:admin"));
        assert_eq!(
            script.sent(),
            "GET https://api.zoom.us/v2/users?status=active&role_id=0&page_size=30\nGET https://api.zoom.us/v2/users/OWN"
        );
    }

    #[tokio::test]
    async fn a_missing_scope_is_taken_away_and_the_account_then_has_no_name() {
        let lacking = LACKING.replace("SCOPE", "user:read:user:admin");
        let proven = connection(vec![answer(200, OWNERS), answer(400, &lacking)]).0.prove("admin").await.unwrap();
        assert_eq!(proven.says, "Server-to-Server token of your Zoom account.");
        let scopes = proven.scopes.unwrap();
        assert!(!scopes.contains("user:read:user:admin") && scopes.contains("user:read:list_users:admin"));
    }

    #[tokio::test]
    async fn a_token_of_a_person_or_of_another_account_is_refused() {
        let of_a_person = answer(400, &LACKING.replace("SCOPE", "user:read:list_users:admin"));
        let of_another = OWNER.replace("A1", "A2");
        let table = [
            (vec![of_a_person], Kind::Invalid, "may not list"),
            (vec![answer(200, OWNERS), answer(200, &of_another)], Kind::Invalid, "another Zoom account"),
            (vec![answer(401, r#"{"code":124,"message":"Invalid access token."}"#)], Kind::SignedOut, "no longer accepts"),
            (vec![answer(200, OWNERS), answer(503, "")], Kind::PlatformDown, "not well"),
        ];
        for (answers, kind, words) in table {
            let error = connection(answers).0.prove("admin").await.unwrap_err();
            assert_eq!(error.kind, kind);
            assert!(error.message.contains(words) && !error.next_step().is_empty(), "{error:?}");
        }
    }

    #[tokio::test]
    async fn the_connections_token_is_revoked_by_its_own_app() {
        let (connection, script) = connection(vec![answer(200, SUCCESS)]);
        assert!(matches!(connection.sign_off("admin").await.unwrap(), Undone::Gone(_)));
        assert_eq!(script.sent(), "POST https://zoom.us/oauth/revoke");
        assert_eq!(script.requests()[0].sign, Sign::SlotInForm { slot: "admin", field: "token", client: SERVER });
        assert_eq!(script.requests()[0].headers["content-type"], "application/x-www-form-urlencoded");
    }

    #[tokio::test]
    async fn a_token_that_zoom_does_not_revoke_is_left_with_the_page_of_its_cloud() {
        let mut government = facts();
        government.fields.insert("cloud".into(), "gov".into());
        for (facts, page) in [(facts(), "https://marketplace.zoom.us/"), (government, "https://marketplace.zoomgov.com/")] {
            let undone = Script::connection(&Zoom, facts, vec![answer(400, REFUSED)]).0.sign_off("admin").await.unwrap();
            assert!(matches!(undone, Undone::Left(left) if left.link.as_deref() == Some(page)));
        }
        assert_eq!(connection(vec![answer(503, "")]).0.sign_off("admin").await.unwrap_err().kind, Kind::PlatformDown);
        let (connection, script) = connection(vec![]);
        assert_eq!(connection.prove("other").await.unwrap_err().kind, Kind::Bug);
        assert_eq!(connection.sign_off("other").await.unwrap_err().kind, Kind::Bug);
        assert_eq!(script.sent(), "");
    }
}
