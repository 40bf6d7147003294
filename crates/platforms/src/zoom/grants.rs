//! Ending an employee's grant: the token itself is sent to Zoom's revocation endpoint.

use engine::error::{Error, Kind, Result};
use engine::platform::{GrantFacts, Left, Undone};
use engine::signin::Client;
use engine::transport::{Request, Sign};
use http::Method;

use super::ZoomConnection;
use super::info::{EMPLOYEE_CLIENT, EMPLOYEE_PUBLIC_CLIENT, LIGHT, OAUTH, WITH_SECRET, WITHOUT_SECRET};
use crate::http::url;

impl ZoomConnection {
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

#[cfg(test)]
mod tests {
    use engine::model::GrantId;

    use super::super::tests::connection;
    use super::*;
    use crate::testing::answer;

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
}
