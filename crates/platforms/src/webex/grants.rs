//! What a token is, and the end of grants: the admin deletes the authorisations of our integration, an employee's at a reset and
//! the own ones when disconnecting. Never by client id alone: that would end everybody's.

use engine::error::{Error, Kind, Result};
use engine::platform::{GrantFacts, Left, Proven, Undone};
use engine::transport::{Request, Sign};
use http::Method;

use super::WebexConnection;
use super::guide::{CONTROL_HUB, SERVICE_APPS};
use super::info::{ADMIN, API, CLASS, INFO, SERVICE_APP};
use super::wire::{Authorization, Items, Organisation, Person};
use crate::http::{in_cloud, url};

impl WebexConnection {
    pub(super) async fn prove_slot(&self, slot: &str) -> Result<Proven> {
        let says = match slot {
            ADMIN => self.prove_sender().await?,
            SERVICE_APP => self.prove_service_app().await?,
            _ => return Err(no_slot(slot, "prove")),
        };
        Ok(Proven { says, scopes: None })
    }

    async fn prove_sender(&self) -> Result<String> {
        let me: Person = self.read_as_admin(&["people", "me"], &[], "prove").await?;
        let other = match me.kind.as_deref() {
            None | Some("person") => None,
            Some("bot") => Some("a bot"),
            Some("appuser") => Some("a guest of a Service App"),
            Some(_) => Some("something else than a person"),
        };
        if let Some(other) = other {
            return Err(Error::invalid(
                "prove",
                format!("This is the token of {other}, not of a person."),
                "Enter an access token that a person signed in for, or leave it empty and sign in with the browser.",
            )
            .on(INFO.id));
        }
        let name = super::people::shown_name(&me);
        let address = me.emails.into_iter().next().filter(|address| *address != name);
        let who = address.map_or_else(|| name.clone(), |address| format!("{name} ({address})"));
        // An account that is no administrator may not read the organisation's name, and is what it is all the same.
        let organisation = match &me.org_id {
            Some(id) => super::people::answered(self.read_as_admin::<Organisation>(&["organizations", id], &[], "prove").await)?,
            None => None,
        };
        Ok(match organisation.and_then(|organisation| organisation.display_name) {
            Some(organisation) => format!("Signed in as {who} of the organisation {organisation}."),
            None => format!("Signed in as {who}."),
        })
    }

    /// Counting guests is what only a Service App with the right scope may do, and changes nothing.
    async fn prove_service_app(&self) -> Result<String> {
        let count = Request::get(url("prove", API, &["guests", "count"], &[])?, Sign::Bearer(SERVICE_APP), CLASS, "prove_guests");
        self.http.send(count).await?;
        Ok("Token of a Service App that may make guests.".into())
    }

    /// Ends the own sign-in, and nobody else's.
    pub(super) async fn end_slot(&self, slot: &str) -> Result<Undone> {
        match slot {
            ADMIN => self.end_own_sign_in().await,
            SERVICE_APP => Ok(Undone::Left(Left {
                what: "The token of the Service App".into(),
                why: "Webex has no call that ends it. User Sync destroyed its own copy; withdraw the Service App's authorisation in Control Hub to end every copy at once.".into(),
                link: Some(in_cloud(&INFO, &self.facts, "sign_off", SERVICE_APPS)?),
            })),
            _ => Err(no_slot(slot, "sign_off")),
        }
    }

    async fn end_own_sign_in(&self) -> Result<Undone> {
        // Without either, nothing tells our own authorisations from those of others.
        let (Some(me), Some(client)) = (&self.facts.identity, self.facts.fields.get("client_id")) else {
            return self.own_left("User Sync does not know whose it is");
        };
        let listed: Result<Items<Authorization>> = self.read_as_admin(&["authorizations"], &[("personId", &me.account)], "sign_off").await;
        let mut ours: Vec<Authorization> = match listed {
            Ok(listed) => listed.items.into_iter().filter(|entry| entry.client_id.as_ref() == Some(client)).collect(),
            // Signed out already: there is nothing left that could be ended.
            Err(error) if error.kind == Kind::SignedOut => return Ok(ended()),
            Err(error) if matches!(error.kind, Kind::Forbidden | Kind::NotFound) => {
                return self.own_left("the connected account is no administrator who may withdraw authorisations");
            }
            Err(error) => return Err(error),
        };
        // Webex names whom an entry belongs to. What is said to be somebody else's is left alone whatever was asked for.
        ours.retain(|entry| entry.person_id.as_ref().is_none_or(|person| *person == me.account));
        if ours.is_empty() {
            return self.own_left("Webex lists no authorisation of the integration for this account, so the token was made elsewhere");
        }
        // A refresh token takes its access tokens with it. The newest goes last: it signs these very requests.
        ours.sort_by(|one, other| {
            (one.kind.as_deref() != Some("refresh"), &one.created).cmp(&(other.kind.as_deref() != Some("refresh"), &other.created))
        });
        let mut deleted = 0;
        for entry in &ours {
            let address = url("sign_off", API, &["authorizations", &entry.id], &[])?;
            match self.http.send(Request::write(Method::DELETE, address, Sign::Bearer(ADMIN), CLASS, "sign_off").repeatable()).await {
                Ok(_) => deleted += 1,
                Err(error) if error.kind == Kind::NotFound => {}
                // What was deleted before was the token that signs: the rest ended with it.
                Err(error) if error.kind == Kind::SignedOut && deleted > 0 => break,
                Err(error) if error.kind == Kind::Forbidden => {
                    return self.own_left("the connected account is no administrator who may withdraw authorisations");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(ended())
    }

    fn own_left(&self, why: &str) -> Result<Undone> {
        let who = self.facts.identity.as_ref().map_or("the connected account", |identity| identity.name.as_str());
        Ok(Undone::Left(Left {
            what: format!("The sign-in of {who} at Webex"),
            why: format!("User Sync destroyed its own tokens, but the entry stays: {why}."),
            link: Some(in_cloud(&INFO, &self.facts, "sign_off", CONTROL_HUB)?),
        }))
    }

    pub(super) async fn revoke_grant(&self, grant: &GrantFacts) -> Result<Undone> {
        // The sender's own authorisation is the connection itself: Webex would end both.
        if self.facts.identity.as_ref().is_some_and(|identity| identity.account == grant.account) {
            return self.left("it is the account that the connection itself uses; disconnecting Webex ends both");
        }
        let listed: Result<Items<Authorization>> = self.read_as_admin(&["authorizations"], &[("personId", &grant.account)], "revoke").await;
        let authorizations = match listed {
            Ok(listed) => listed.items,
            Err(error) if error.kind == Kind::NotFound => Vec::new(),
            Err(error) if error.kind == Kind::Forbidden => {
                return self.left("the connected account is no administrator who may withdraw authorisations");
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

    fn left(&self, why: &str) -> Result<Undone> {
        Ok(Undone::Left(Left {
            what: "The person's authorisation of User Sync at Webex".into(),
            why: format!("User Sync destroyed its own tokens, but the entry stays: {why}."),
            link: Some(in_cloud(&INFO, &self.facts, "revoke", CONTROL_HUB)?),
        }))
    }
}

fn ended() -> Undone {
    Undone::Gone("sign-in of the connected account withdrawn at Webex".into())
}

fn no_slot(slot: &str, operation: &'static str) -> Error {
    Error::new(Kind::Bug, operation, format!("Webex has no slot {slot}.")).on(INFO.id)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{connection, connection_as, facts};
    use super::*;
    use crate::testing::answer;
    use engine::model::GrantId;
    use engine::platform::{CLOUD, ConnectionFacts};
    use engine::transport::Subject;

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

    #[tokio::test]
    async fn a_persons_token_is_proven_with_its_organisation_where_that_may_be_read() {
        let me = r#"{"id":"P1","emails":["it@a.example"],"displayName":"IT","orgId":"O1","type":"person"}"#;
        let (admin, script) = connection(vec![answer(200, me), answer(200, r#"{"id":"O1","displayName":"Harbor"}"#)]);
        assert_eq!(admin.prove("admin").await.unwrap().says, "Signed in as IT (it@a.example) of the organisation Harbor.");
        assert_eq!(script.sent(), "GET https://webexapis.com/v1/people/me\nGET https://webexapis.com/v1/organizations/O1");
        let (plain, _) = connection(vec![answer(200, me), answer(403, "{}")]);
        assert_eq!(plain.prove("admin").await.unwrap().says, "Signed in as IT (it@a.example).");
        assert_eq!(connection(vec![answer(401, "{}")]).0.prove("admin").await.unwrap_err().kind, Kind::SignedOut);
    }

    #[tokio::test]
    async fn tokens_of_bots_and_guests_are_refused_in_the_senders_place() {
        for (kind, word) in [("bot", "bot"), ("appuser", "guest"), ("machine", "something else")] {
            let me = format!(r#"{{"id":"B1","emails":["x@webex.bot"],"orgId":"O1","type":"{kind}"}}"#);
            let error = connection(vec![answer(200, &me)]).0.prove("admin").await.unwrap_err();
            assert_eq!(error.kind, Kind::Invalid);
            assert!(error.message.contains(word) && error.next_step().contains("person"), "{}", error.message);
        }
    }

    #[tokio::test]
    async fn a_service_apps_token_is_proven_by_counting_its_guests() {
        let (good, script) = connection(vec![answer(200, "3")]);
        assert_eq!(good.prove("service_app").await.unwrap().says, "Token of a Service App that may make guests.");
        assert_eq!(script.sent(), "GET https://webexapis.com/v1/guests/count");
        assert_eq!(script.requests()[0].sign, Sign::Bearer("service_app"));
        let error = connection(vec![answer(403, "{}")]).0.prove("service_app").await.unwrap_err();
        assert_eq!(error.kind, Kind::Forbidden);
        assert!(error.next_step().contains("guest-issuer:read") && error.next_step().contains("Control Hub"), "{}", error.next_step());
        let (other, script) = connection(vec![]);
        assert_eq!(other.prove("bot").await.unwrap_err().kind, Kind::Bug);
        assert_eq!(script.sent(), "");
    }

    #[tokio::test]
    async fn signing_off_ends_the_own_authorisations_of_our_integration_and_nobody_elses() {
        let listed = r#"{"items":[
            {"id":"A1","clientId":"C1","personId":"P1","type":"access","created":"2026-01-01T00:00:00Z"},
            {"id":"R2","clientId":"C1","personId":"P1","type":"refresh","created":"2026-02-01T00:00:00Z"},
            {"id":"R1","clientId":"C1","personId":"P1","type":"refresh","created":"2026-01-01T00:00:00Z"},
            {"id":"X1","clientId":"OTHER","personId":"P1","type":"refresh"},
            {"id":"X2","clientId":"C1","personId":"P2","type":"refresh"},{"id":"X3"}]}"#;
        // The last deletion took the token that signs.
        let (connection, script) = connection(vec![answer(200, listed), answer(204, ""), answer(204, ""), answer(401, "{}")]);
        assert!(matches!(connection.sign_off("admin").await.unwrap(), Undone::Gone(_)));
        assert_eq!(
            script.sent(),
            "GET https://webexapis.com/v1/authorizations?personId=P1\n\
             DELETE https://webexapis.com/v1/authorizations/R1\n\
             DELETE https://webexapis.com/v1/authorizations/R2\n\
             DELETE https://webexapis.com/v1/authorizations/A1"
        );
    }

    #[tokio::test]
    async fn what_signing_off_cannot_end_is_left_with_its_page() {
        let elsewhere = answer(200, r#"{"items":[{"id":"X1","clientId":"OTHER"}]}"#);
        for first in [answer(403, "{}"), elsewhere] {
            assert!(matches!(connection(vec![first]).0.sign_off("admin").await.unwrap(), Undone::Left(left) if left.what.contains("IT")));
        }
        assert!(matches!(connection(vec![answer(401, "{}")]).0.sign_off("admin").await.unwrap(), Undone::Gone(_)));
        assert_eq!(connection(vec![answer(503, "")]).0.sign_off("admin").await.unwrap_err().kind, Kind::PlatformDown);
        let mut facts = facts();
        facts.fields.insert(CLOUD.to_owned(), "fedramp".to_owned());
        let (connection, script) = connection_as(Subject::Connection, facts, vec![]);
        let Undone::Left(left) = connection.sign_off("service_app").await.unwrap() else { panic!("Webex cannot end it") };
        assert_eq!(left.link.as_deref(), Some("https://admin-usgov.webex.com/apps/serviceapps"));
        assert_eq!(script.sent(), "");
    }

    #[tokio::test]
    async fn signing_off_touches_nothing_while_it_is_unknown_whose_it_would_be() {
        let without_client = ConnectionFacts { fields: Default::default(), ..facts() };
        let without_identity = ConnectionFacts { identity: None, ..facts() };
        for facts in [without_client, without_identity] {
            let (connection, script) = connection_as(Subject::Connection, facts, vec![]);
            assert!(matches!(connection.sign_off("admin").await.unwrap(), Undone::Left(_)));
            assert_eq!(script.sent(), "");
        }
    }
}
