//! Ending an employee's grant: the admin deletes the person's authorisations of our integration.

use engine::error::{Kind, Result};
use engine::platform::{GrantFacts, Left, Undone};
use engine::transport::{Request, Sign};
use http::Method;

use super::WebexConnection;
use super::info::{ADMIN, API, CLASS};
use super::wire::{Authorization, Items};
use crate::http::url;

impl WebexConnection {
    pub(super) async fn revoke_grant(&self, grant: &GrantFacts) -> Result<Undone> {
        // The sender's own authorisation is the connection itself: Webex would end both.
        if self.facts.identity.as_ref().is_some_and(|identity| identity.account == grant.account) {
            return Ok(left("it is the account that the connection itself uses; disconnecting Webex ends both"));
        }
        let listed: Result<Items<Authorization>> = self.read_as_admin(&["authorizations"], &[("personId", &grant.account)], "revoke").await;
        let authorizations = match listed {
            Ok(listed) => listed.items,
            Err(error) if error.kind == Kind::NotFound => Vec::new(),
            Err(error) if error.kind == Kind::Forbidden => {
                return Ok(left("the connected account is no administrator who may withdraw authorisations"));
            }
            Err(error) => return Err(error),
        };
        let client = self.facts.fields.get("client_id");
        for ours in
            authorizations.iter().filter(|authorization| authorization.client_id.is_some() && authorization.client_id.as_ref() == client)
        {
            let address = url("revoke", API, &["authorizations", &ours.id], &[])?;
            match self.http.send(Request::write(Method::DELETE, address, Sign::Bearer(ADMIN), CLASS, "revoke").repeatable()).await {
                Ok(_) => {}
                // Deleting the refresh token takes the access token with it.
                Err(error) if error.kind == Kind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Undone::Gone("authorisation of User Sync withdrawn at Webex".into()))
    }
}

fn left(why: &str) -> Undone {
    Undone::Left(Left {
        what: "The person's authorisation of User Sync at Webex".into(),
        why: format!("User Sync destroyed its own tokens, but the entry stays: {why}."),
        link: Some("https://admin.webex.com".into()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::connection;
    use super::*;
    use crate::testing::answer;
    use engine::model::GrantId;

    fn grant(account: &str) -> GrantFacts {
        GrantFacts { id: GrantId(9), account: account.into() }
    }

    #[tokio::test]
    async fn only_the_authorisations_of_our_integration_are_deleted() {
        let listed = r#"{"items":[{"id":"A1","clientId":"C1","type":"refresh"},{"id":"A2","clientId":"OTHER"},{"id":"A3"},{"id":"A4","clientId":"C1","type":"access"}]}"#;
        let (connection, script) = connection(vec![answer(200, listed), answer(204, ""), answer(404, "{}")]);
        assert!(matches!(connection.revoke(&grant("P2")).await.unwrap(), Undone::Gone(_)));
        assert_eq!(
            script.sent(),
            "GET https://webexapis.com/v1/authorizations?personId=P2\n\
             DELETE https://webexapis.com/v1/authorizations/A1\n\
             DELETE https://webexapis.com/v1/authorizations/A4"
        );
    }

    #[tokio::test]
    async fn the_connections_own_authorisation_is_never_deleted() {
        let (connection, script) = connection(vec![]);
        assert!(matches!(connection.revoke(&grant("P1")).await.unwrap(), Undone::Left(_)));
        assert_eq!(script.sent(), "");
    }

    #[tokio::test]
    async fn without_administrator_the_entry_is_left_and_without_entry_it_is_gone() {
        assert!(matches!(connection(vec![answer(403, "{}")]).0.revoke(&grant("P2")).await.unwrap(), Undone::Left(_)));
        assert!(matches!(connection(vec![answer(404, "{}")]).0.revoke(&grant("P2")).await.unwrap(), Undone::Gone(_)));
    }

    #[tokio::test]
    async fn a_failing_deletion_is_no_success() {
        let listed = r#"{"items":[{"id":"A1","clientId":"C1"}]}"#;
        assert_eq!(
            connection(vec![answer(200, listed), answer(500, "")]).0.revoke(&grant("P2")).await.unwrap_err().kind,
            Kind::PlatformDown
        );
    }
}
