//! Who signed in, teams, accounts.

use std::collections::{BTreeMap, BTreeSet};

use engine::error::{Error, Kind, Result};
use engine::model::{Account, AccountKind, Identity, Page, Team, case_fold};
use engine::transport::{Request, Sign, Subject};
use url::Url;

use super::WebexConnection;
use super::info::{ADMIN, API, CLASS, IDS_PER_REQUEST, INFO, SERVICE_APP};
use super::wire::{Items, Membership, Organisation, Person, Team as WireTeam};
use crate::http::{follow, next_link, public_picture, scopes, url};

impl WebexConnection {
    pub(super) async fn read_whoami(&self) -> Result<Identity> {
        let me: Person = self.read_as_admin(&["people", "me"], &[], "whoami").await?;
        let tenant = me.org_id.clone().unwrap_or_default();
        let known = self.facts.identity.as_ref().filter(|known| known.tenant == tenant).map(|known| known.tenant_name.clone());
        let (tenant_name, scopes) = match self.http.subject() {
            Subject::Connection => self.look_around(&tenant, &me.id).await?,
            Subject::Grant(_) => (known.unwrap_or_else(|| tenant.clone()), BTreeMap::new()),
        };
        Ok(Identity {
            tenant,
            tenant_name,
            name: shown_name(&me),
            account: me.id,
            email: me.emails.into_iter().next(),
            scopes,
            facts: BTreeMap::new(),
        })
    }

    /// The tenant's name, and the scopes without those whose first use is refused: an account that is no administrator is
    /// refused although its token names the scope.
    async fn look_around(&self, tenant: &str, me: &str) -> Result<(String, BTreeMap<String, BTreeSet<String>>)> {
        let mut admin = scopes(&INFO, &self.facts, ADMIN);
        let organisation = self.read_as_admin::<Organisation>(&["organizations", tenant], &[], "whoami").await;
        let tenant_name = match answered(organisation)? {
            Some(organisation) => organisation.display_name,
            None => {
                admin.remove("spark-admin:organizations_read");
                None
            }
        };
        let first_uses = [
            ("people", ("max", "1"), &["spark-admin:people_read"][..]),
            ("teams", ("max", "1"), &["spark:teams_read", "spark:team_memberships_read"]),
            ("authorizations", ("personId", me), &["identity:tokens_read", "identity:tokens_write"]),
        ];
        for (path, parameter, names) in first_uses {
            if answered(self.read_as_admin::<Items<serde::de::IgnoredAny>>(&[path], &[parameter], "whoami").await)?.is_none() {
                admin.retain(|scope| !names.contains(&scope.as_str()));
            }
        }
        let mut found = BTreeMap::from([(ADMIN.to_owned(), admin)]);
        let count = Request::get(url("whoami", API, &["guests", "count"], &[])?, Sign::Bearer(SERVICE_APP), CLASS, "whoami");
        if answered(self.http.send(count).await)?.is_some() {
            found.insert(SERVICE_APP.to_owned(), scopes(&INFO, &self.facts, SERVICE_APP));
        }
        Ok((tenant_name.unwrap_or_else(|| tenant.to_owned()), found))
    }

    pub(super) async fn list_teams(&self, cursor: Option<&str>) -> Result<Page<Team>> {
        let first = || url("teams", API, &["teams"], &[("max", "100")]);
        let (teams, next) = self.read_page::<WireTeam>(cursor, first, "teams").await?;
        Ok(Page {
            items: teams.into_iter().map(|team| Team { name: team.name.unwrap_or_else(|| team.id.clone()), id: team.id }).collect(),
            next,
        })
    }

    pub(super) async fn list_accounts(&self, team: Option<&str>, cursor: Option<&str>) -> Result<Page<Account>> {
        match team {
            None => {
                let size = INFO.page_size.to_string();
                let first = || url("accounts", API, &["people"], &[("max", &size), ("excludeStatus", "true")]);
                let (people, next) = self.read_page::<Person>(cursor, first, "accounts").await?;
                Ok(Page { items: people.into_iter().map(|person| self.account(person)).collect(), next })
            }
            Some(team) => {
                let first = || url("accounts", API, &["team", "memberships"], &[("teamId", team), ("max", IDS_PER_REQUEST)]);
                let (memberships, next) = self.read_page::<Membership>(cursor, first, "accounts").await?;
                Ok(Page { items: self.accounts_of(memberships).await?, next })
            }
        }
    }

    /// A membership lacks aliases and state, so its people are asked for by id. Whom the organisation does not know belongs to another one.
    async fn accounts_of(&self, memberships: Vec<Membership>) -> Result<Vec<Account>> {
        if memberships.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = memberships.iter().map(|membership| membership.person_id.as_str()).collect();
        let people: Items<Person> =
            self.read_as_admin(&["people"], &[("id", &ids.join(",")), ("excludeStatus", "true")], "accounts").await?;
        let found: BTreeSet<String> = people.items.iter().map(|person| person.id.clone()).collect();
        let missing = memberships.into_iter().filter(|membership| !found.contains(&membership.person_id));
        let strangers = missing.filter(|membership| membership.person_org_id.as_deref() != self.tenant()).map(|membership| Account {
            kind: AccountKind::Foreign,
            ..self.account(Person {
                id: membership.person_id,
                emails: membership.person_email.into_iter().collect(),
                display_name: membership.person_display_name,
                avatar: None,
                org_id: membership.person_org_id,
                kind: None,
                invite_pending: None,
                login_enabled: None,
            })
        });
        Ok(people.items.into_iter().map(|person| self.account(person)).chain(strangers).collect())
    }

    pub(super) async fn look_up_account(&self, email: &str) -> Result<Option<Account>> {
        let found: Items<Person> = self.read_as_admin(&["people"], &[("email", email), ("excludeStatus", "true")], "find_account").await?;
        let wanted = case_fold(email);
        let mut exact = found.items.into_iter().filter(|person| person.emails.iter().any(|address| case_fold(address) == wanted));
        match (exact.next(), exact.next()) {
            (Some(_), Some(_)) => Err(Error::new(Kind::Conflict, "find_account", "Two Webex accounts have this address.")
                .on(INFO.id)
                .ask_admin("Remove the address from one of the two accounts in Control Hub, then import Webex again.")),
            (first, _) => Ok(first.map(|person| self.account(person))),
        }
    }

    fn account(&self, person: Person) -> Account {
        let foreign = self.tenant().is_some() && person.org_id.is_some() && person.org_id.as_deref() != self.tenant();
        let kind = match person.kind.as_deref() {
            // `appuser` is a Service App's guest: what we make for others, never somebody who is to be offered.
            Some("bot" | "appuser") => AccountKind::Bot,
            _ if foreign => AccountKind::Foreign,
            _ => AccountKind::Member,
        };
        let name = shown_name(&person);
        let mut addresses = person.emails.into_iter();
        Account {
            platform: INFO.id,
            kind,
            active: !person.invite_pending.unwrap_or(false) && person.login_enabled.unwrap_or(true),
            name,
            email: addresses.next(),
            aliases: addresses.collect(),
            // The organisation itself gave its people their addresses; those of others are not ours to vouch for.
            email_verified: kind == AccountKind::Member,
            avatar: public_picture(person.avatar),
            licensed: None,
            attributes: BTreeMap::new(),
            id: person.id,
        }
    }

    fn tenant(&self) -> Option<&str> {
        self.facts.identity.as_ref().map(|identity| identity.tenant.as_str())
    }

    pub(super) async fn read_as_admin<T: serde::de::DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        operation: &'static str,
    ) -> Result<T> {
        self.http.read(Request::get(url(operation, API, path, query)?, Sign::Bearer(ADMIN), CLASS, operation)).await
    }

    /// One page of a list and the link to the next one.
    pub(super) async fn read_page<T: serde::de::DeserializeOwned>(
        &self,
        cursor: Option<&str>,
        first: impl FnOnce() -> Result<Url>,
        operation: &'static str,
    ) -> Result<(Vec<T>, Option<String>)> {
        let address = match cursor {
            Some(link) => follow(&INFO, &self.facts, operation, link)?,
            None => first()?,
        };
        let answer = self.http.send(Request::get(address, Sign::Bearer(ADMIN), CLASS, operation)).await?;
        let page: Items<T> = answer.json(operation).map_err(|error| error.on(INFO.id))?;
        Ok((page.items, next_link(&answer.headers)))
    }
}

/// `None` when it is not ours to ask, in any of the ways in which Webex says so: an ordinary account is told to name an address
/// (400) where an admin may list, and a slot without a token is signed out.
pub(super) fn answered<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind, Kind::Forbidden | Kind::Invalid | Kind::NotFound | Kind::SignedOut) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn shown_name(person: &Person) -> String {
    let name = person.display_name.clone().filter(|name| !name.trim().is_empty());
    name.or_else(|| person.emails.first().cloned()).unwrap_or_else(|| person.id.clone())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{connection, connection_as, facts};
    use super::*;
    use crate::testing::{answer, answer_with};
    use engine::model::GrantId;

    const ME: &str = r#"{"id":"P1","emails":["it@a.example"],"displayName":"IT","orgId":"O1","type":"person"}"#;

    #[tokio::test]
    async fn the_connection_is_described_with_the_scopes_that_work() {
        let answers = vec![
            answer(200, ME),
            answer(200, r#"{"id":"O1","displayName":"Harbor","created":"2015-10-18T14:26:16+00:00"}"#),
            answer(200, r#"{"items":[]}"#),
            answer(200, r#"{"items":[]}"#),
            answer(403, r#"{"message":"no","trackingId":"ROUTER_1"}"#),
            answer(200, "3"),
        ];
        let (connection, script) = connection(answers);
        let identity = connection.whoami().await.unwrap();
        assert_eq!((identity.tenant.as_str(), identity.tenant_name.as_str(), identity.account.as_str()), ("O1", "Harbor", "P1"));
        assert!(identity.scopes["admin"].contains("spark-admin:people_read"));
        assert!(!identity.scopes["admin"].contains("identity:tokens_write"));
        assert!(identity.scopes["service_app"].contains("guest-issuer:write"));
        assert_eq!(
            script.sent(),
            "GET https://webexapis.com/v1/people/me\n\
             GET https://webexapis.com/v1/organizations/O1\n\
             GET https://webexapis.com/v1/people?max=1\n\
             GET https://webexapis.com/v1/teams?max=1\n\
             GET https://webexapis.com/v1/authorizations?personId=P1\n\
             GET https://webexapis.com/v1/guests/count"
        );
        assert_eq!(script.requests()[5].sign, Sign::Bearer("service_app"));
    }

    #[tokio::test]
    async fn an_ordinary_account_without_service_app_loses_what_it_may_not_do() {
        let refused = || answer(403, r#"{"message":"no"}"#);
        let answers = vec![answer(200, ME), refused(), answer(400, "{}"), refused(), refused(), answer(401, "{}")];
        let identity = connection(answers).0.whoami().await.unwrap();
        assert_eq!(identity.tenant_name, "O1");
        let left: Vec<&str> = identity.scopes["admin"].iter().map(String::as_str).collect();
        assert_eq!(left, ["spark:applications_token", "spark:kms", "spark:messages_read", "spark:messages_write", "spark:people_read"]);
        assert!(!identity.scopes.contains_key("service_app"));
    }

    #[tokio::test]
    async fn a_platform_that_is_unwell_takes_no_scope_away() {
        let error = connection(vec![answer(200, ME), answer(503, "")]).0.whoami().await.unwrap_err();
        assert_eq!(error.kind, Kind::PlatformDown);
    }

    #[tokio::test]
    async fn an_employee_is_recognised_with_one_request() {
        let (connection, script) = connection_as(engine::transport::Subject::Grant(GrantId(4)), facts(), vec![answer(200, ME)]);
        let identity = connection.whoami().await.unwrap();
        assert_eq!((identity.account.as_str(), identity.tenant_name.as_str()), ("P1", "Harbor"));
        assert_eq!(script.sent(), "GET https://webexapis.com/v1/people/me");
    }

    #[tokio::test]
    async fn a_list_goes_on_where_its_link_leads_even_after_a_short_page() {
        let first = answer_with(
            200,
            ("link", "<https://webexapis.com/v1/people?max=500&cursor=abc>; rel=\"next\""),
            r#"{"items":[],"notFoundIds":[]}"#,
        );
        let (connection, script) = connection(vec![first, answer(200, r#"{"items":[{"id":"P2","emails":["b@a.example"]}]}"#)]);
        let page = connection.accounts(None, None).await.unwrap();
        let page = connection.accounts(None, page.next.as_deref()).await.unwrap();
        assert_eq!((page.items.len(), page.next), (1, None));
        assert_eq!(
            script.sent(),
            "GET https://webexapis.com/v1/people?max=500&excludeStatus=true\nGET https://webexapis.com/v1/people?max=500&cursor=abc"
        );
    }

    #[tokio::test]
    async fn a_cursor_that_leads_elsewhere_is_not_followed() {
        let (connection, script) = connection(vec![]);
        assert_eq!(connection.accounts(None, Some("https://evil.example/v1/people")).await.unwrap_err().kind, Kind::PlatformDown);
        assert_eq!(script.sent(), "");
    }

    #[tokio::test]
    async fn people_are_told_apart_by_kind_state_and_organisation() {
        let body = r#"{"items":[
            {"id":"1","emails":["Ana@a.example","ana.b@a.example"],"displayName":"Ana","orgId":"O1","type":"person","invitePending":"false","loginEnabled":"true","avatar":"https://c.example/1.png"},
            {"id":"2","emails":["b@a.example"],"orgId":"O1","type":"person","invitePending":"true","loginEnabled":"true"},
            {"id":"3","emails":["c@a.example"],"displayName":"Cy","orgId":"O1","type":"person","invitePending":false,"loginEnabled":false,"avatar":"http://c.example/3.png"},
            {"id":"4","emails":["d@b.example"],"displayName":"Di","orgId":"O2","type":"person"},
            {"id":"5","emails":["e@webex.bot"],"displayName":"Echo","orgId":"O1","type":"bot"},
            {"id":"6","emails":["f@appid.ciscospark.com"],"displayName":"Flo","orgId":"O1","type":"appuser"}]}"#;
        let people = connection(vec![answer(200, body)]).0.accounts(None, None).await.unwrap().items;
        let seen: Vec<_> = people.iter().map(|account| (account.kind, account.active, account.email_verified)).collect();
        use AccountKind::{Bot, Foreign, Member};
        assert_eq!(
            seen,
            [
                (Member, true, true),
                (Member, false, true),
                (Member, false, true),
                (Foreign, true, false),
                (Bot, true, false),
                (Bot, true, false)
            ]
        );
        assert_eq!(people[0].verified_addresses().len(), 2);
        assert_eq!((people[1].name.as_str(), people[0].avatar.is_some(), people[2].avatar.is_some()), ("b@a.example", true, false));
    }

    #[tokio::test]
    async fn a_chosen_team_gives_whole_accounts_and_strangers_as_strangers() {
        let memberships = r#"{"items":[
            {"id":"M1","teamId":"T1","personId":"P2","personEmail":"b@a.example","personDisplayName":"Bo","personOrgId":"O1"},
            {"id":"M2","teamId":"T1","personId":"P9","personEmail":"z@other.example","personDisplayName":"Zed","personOrgId":"O9"},
            {"id":"M3","teamId":"T1","personId":"P8","personEmail":"gone@a.example","personOrgId":"O1"}]}"#;
        let people =
            r#"{"items":[{"id":"P2","emails":["b@a.example","bo@a.example"],"displayName":"Bo","orgId":"O1"}],"notFoundIds":["P9","P8"]}"#;
        let (connection, script) = connection(vec![answer(200, memberships), answer(200, people)]);
        let page = connection.accounts(Some("T1"), None).await.unwrap();
        let seen: Vec<_> = page.items.iter().map(|account| (account.id.as_str(), account.kind)).collect();
        assert_eq!(seen, [("P2", AccountKind::Member), ("P9", AccountKind::Foreign)]);
        assert_eq!(page.items[0].aliases, ["bo@a.example"]);
        assert_eq!(
            script.sent(),
            "GET https://webexapis.com/v1/team/memberships?teamId=T1&max=85\nGET https://webexapis.com/v1/people?id=P2%2CP9%2CP8&excludeStatus=true"
        );
    }

    #[tokio::test]
    async fn an_account_is_found_by_any_of_its_addresses_in_any_case() {
        let body = r#"{"items":[{"id":"P2","emails":["b@a.example","Bo@a.example"],"orgId":"O1"}]}"#;
        assert_eq!(connection(vec![answer(200, body)]).0.find_account("bo@A.example").await.unwrap().unwrap().id, "P2");
        assert_eq!(connection(vec![answer(200, r#"{"items":[]}"#)]).0.find_account("x@a.example").await.unwrap(), None);
        assert_eq!(connection(vec![answer(200, body)]).0.find_account("other@a.example").await.unwrap(), None);
    }

    #[tokio::test]
    async fn two_accounts_with_one_address_are_never_guessed_between() {
        let body = r#"{"items":[{"id":"P2","emails":["b@a.example"]},{"id":"P3","emails":["B@a.example"]}]}"#;
        assert_eq!(connection(vec![answer(200, body)]).0.find_account("b@a.example").await.unwrap_err().kind, Kind::Conflict);
    }

    #[tokio::test]
    async fn teams_are_listed_by_name() {
        let page = connection(vec![answer(200, r#"{"items":[{"id":"T1","name":"Build"},{"id":"T2"}]}"#)]).0.teams(None).await.unwrap();
        assert_eq!(page.items.iter().map(|team| team.name.as_str()).collect::<Vec<_>>(), ["Build", "T2"]);
    }
}
