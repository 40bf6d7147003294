//! Who signed in, teams, accounts.

use std::collections::{BTreeMap, BTreeSet};

use engine::error::{Error, Kind, Result};
use engine::model::{Account, AccountKind, Identity, Page, Team, case_fold};
use engine::transport::{Request, Sign, Subject};
use serde::de::{DeserializeOwned, IgnoredAny};
use url::Url;

use super::TeamsConnection;
use super::info::{ADMIN, API, DIRECTORY, INFO, TEAMS_READ};
use super::wire::{Items, Organization, TeamItem, USER_PROPERTIES, User};
use crate::http::{allowed, follow, scopes, url};

/// Fact of an identity: the tenant's own domains, whose addresses cannot be invited.
pub(super) const VERIFIED_DOMAINS: &str = "verified_domains";
/// Attribute of an account that is a guest: a chat takes it in with another role.
pub(super) const GUEST: &str = "guest";
/// Detail of a guest who has not opened the tenant yet.
pub(super) const GUEST_NOT_REDEEMED: &str = "guest_not_redeemed";

/// Teams come with few properties, so their pages may be long.
const TEAM_PAGE: &str = "999";
/// The service that is Teams among the plans of a licence, whatever the licence is called.
const TEAMS_SERVICE: &str = "TeamspaceAPI";

impl TeamsConnection {
    pub(super) async fn read_whoami(&self) -> Result<Identity> {
        let me = self.read_me("whoami").await?;
        let organization = self.read_organization("whoami").await?;
        let known = self.facts.identity.as_ref().filter(|known| known.tenant == organization.id);
        let scopes = match known {
            Some(known) => known.scopes.clone(),
            None => BTreeMap::from([(ADMIN.to_owned(), self.usable_scopes().await?)]),
        };
        let domains = organization.verified_domains.unwrap_or_default().into_iter().filter_map(|domain| domain.name);
        Ok(Identity {
            tenant_name: organization.display_name.unwrap_or_else(|| organization.id.clone()),
            tenant: organization.id,
            name: shown_name(&me),
            account: me.id,
            email: me.mail.or(me.user_principal_name),
            scopes,
            facts: BTreeMap::from([(VERIFIED_DOMAINS.to_owned(), domains.map(|name| case_fold(&name)).collect())]),
        })
    }

    /// The scopes without those whose first use is refused. Only a token from the admin's hand has to be tried.
    async fn usable_scopes(&self) -> Result<BTreeSet<String>> {
        let mut usable = scopes(&INFO, &self.facts, ADMIN);
        if self.facts.granted.contains_key(ADMIN) {
            // Entra may answer with the long form of a scope's name.
            return Ok(usable.into_iter().map(|scope| scope.rsplit('/').next().unwrap_or_default().to_owned()).collect());
        }
        let first_uses = [("users", "User.Read.All", DIRECTORY), ("teams", "Team.ReadBasic.All", TEAMS_READ)];
        for (path, scope, class) in first_uses {
            let page = self.read::<Items<IgnoredAny>>(&[path], &[("$select", "id"), ("$top", "1")], class, "whoami").await;
            if allowed(page)?.is_none() {
                usable.remove(scope);
            }
        }
        Ok(usable)
    }

    pub(super) async fn list_teams(&self, cursor: Option<&str>) -> Result<Page<Team>> {
        let first = || url("teams", API, &["teams"], &[("$select", "id,displayName"), ("$top", TEAM_PAGE)]);
        let (teams, next) = self.read_page::<TeamItem>(cursor, first, TEAMS_READ, "teams").await?;
        let named = teams.into_iter().map(|team| Team { name: team.display_name.unwrap_or_else(|| team.id.clone()), id: team.id });
        Ok(Page { items: named.collect(), next })
    }

    pub(super) async fn list_accounts(&self, team: Option<&str>, cursor: Option<&str>) -> Result<Page<Account>> {
        let size = INFO.page_size.to_string();
        let first = || {
            let path: &[&str] = match &team {
                None => &["users"],
                Some(team) => &["groups", team, "members"],
            };
            url("accounts", API, path, &[("$select", USER_PROPERTIES), ("$top", &size)])
        };
        let (users, next) = self.read_page::<User>(cursor, first, DIRECTORY, "accounts").await?;
        Ok(Page { items: users.into_iter().filter(is_user).map(account).collect(), next })
    }

    /// By main address, then by the address of a guest at home, then by alias: three plain questions, because Graph answers a
    /// combined one only as an advanced query.
    pub(super) async fn look_up_account(&self, email: &str) -> Result<Option<Account>> {
        Ok(self.look_up_user(email, "find_account").await?.map(account))
    }

    pub(super) async fn look_up_user(&self, email: &str, operation: &'static str) -> Result<Option<User>> {
        let quoted = email.trim().replace('\'', "''");
        let filters = [
            format!("mail eq '{quoted}'"),
            format!("otherMails/any(x:x eq '{quoted}')"),
            format!("proxyAddresses/any(p:p eq 'smtp:{quoted}')"),
        ];
        for filter in filters {
            let query = [("$filter", filter.as_str()), ("$select", USER_PROPERTIES), ("$top", "10")];
            let found: Items<User> = self.read(&["users"], &query, DIRECTORY, operation).await?;
            let mut users: Vec<User> = found.value.into_iter().filter(|user| has_address(user, email)).collect();
            if users.iter().filter(|user| is_enabled(user)).count() > 1 {
                return Err(Error::new(Kind::Conflict, operation, "Two accounts of the Teams tenant have this address.")
                    .on(INFO.id)
                    .ask_admin(
                        "Remove the address from one of the two accounts in the Entra admin center, then import Microsoft Teams again.",
                    ));
            }
            users.sort_by_key(|user| !is_enabled(user));
            if let Some(user) = users.into_iter().next() {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }

    /// The account that this connection's requests speak as.
    pub(super) async fn own_account(&self, operation: &'static str) -> Result<String> {
        // The facts are the admin's; an employee's own token has to be asked.
        match (&self.facts.identity, self.http.subject()) {
            (Some(identity), Subject::Connection) => Ok(identity.account.clone()),
            _ => Ok(self.read_me(operation).await?.id),
        }
    }

    pub(super) async fn read_me(&self, operation: &'static str) -> Result<User> {
        self.read(&["me"], &[("$select", "id,displayName,mail,userPrincipalName")], DIRECTORY, operation).await
    }

    pub(super) async fn read_organization(&self, operation: &'static str) -> Result<Organization> {
        let mut organizations: Items<Organization> =
            self.read(&["organization"], &[("$select", "id,displayName,verifiedDomains")], DIRECTORY, operation).await?;
        organizations.value.pop().ok_or_else(|| {
            Error::new(Kind::PlatformDown, operation, "Microsoft Teams does not say which tenant this account belongs to.").on(INFO.id)
        })
    }

    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        class: &'static str,
        operation: &'static str,
    ) -> Result<T> {
        self.http.read(Request::get(url(operation, API, path, query)?, Sign::Bearer(ADMIN), class, operation)).await
    }

    /// One page of a list and the link to the next one.
    pub(super) async fn read_page<T: DeserializeOwned>(
        &self,
        cursor: Option<&str>,
        first: impl FnOnce() -> Result<Url>,
        class: &'static str,
        operation: &'static str,
    ) -> Result<(Vec<T>, Option<String>)> {
        let address = match cursor {
            Some(link) => follow(&INFO, &self.facts, operation, link)?,
            None => first()?,
        };
        let page: Items<T> = self.http.read(Request::get(address, Sign::Bearer(ADMIN), class, operation)).await?;
        Ok((page.value, page.next_link))
    }
}

/// A group may hold groups, devices and apps as well; `/users` does not say what its items are.
fn is_user(user: &User) -> bool {
    user.odata_type.as_deref().is_none_or(|kind| matches!(kind, "#microsoft.graph.user" | "#microsoft.graph.agentUser"))
}

pub(super) fn is_guest(user: &User) -> bool {
    user.user_type.as_deref() == Some("Guest")
}

pub(super) fn is_redeemed(user: &User) -> bool {
    user.external_user_state.as_deref() != Some("PendingAcceptance")
}

fn is_enabled(user: &User) -> bool {
    user.account_enabled != Some(false)
}

fn has_address(user: &User, email: &str) -> bool {
    let wanted = case_fold(email);
    user.mail.iter().chain(&aliases(user)).any(|address| case_fold(address) == wanted)
}

/// Addresses that the tenant routes to the account. `otherMails` of a member is what somebody typed in for recovery; of a
/// guest it is the address that was invited.
fn aliases(user: &User) -> Vec<String> {
    let routed = user.proxy_addresses.iter().flatten().filter_map(|address| {
        let (scheme, address) = address.split_once(':')?;
        scheme.eq_ignore_ascii_case("smtp").then_some(address)
    });
    let invited = user.other_mails.iter().flatten().filter(|_| is_guest(user)).map(String::as_str);
    let mut seen: BTreeSet<String> = user.mail.iter().map(|address| case_fold(address)).collect();
    routed.chain(invited).filter(|address| seen.insert(case_fold(address))).map(str::to_owned).collect()
}

pub(super) fn shown_name(user: &User) -> String {
    let name = user.display_name.clone().filter(|name| !name.trim().is_empty());
    name.or_else(|| user.mail.clone()).or_else(|| user.user_principal_name.clone()).unwrap_or_else(|| user.id.clone())
}

/// A user as an account. The user principal name is no address: mail sent to it may arrive nowhere.
pub(super) fn account(user: User) -> Account {
    let guest = is_guest(&user);
    let agent = user.odata_type.as_deref() == Some("#microsoft.graph.agentUser");
    // A guest who has not redeemed cannot sign in, and nobody has shown yet that the address is theirs.
    let redeemed = is_redeemed(&user);
    let plans = user.assigned_plans.iter().flatten();
    let has_teams = plans
        .filter(|plan| plan.service.as_deref() == Some(TEAMS_SERVICE))
        .any(|plan| matches!(plan.capability_status.as_deref(), Some("Enabled" | "Warning")));
    Account {
        platform: INFO.id,
        kind: match (agent, guest) {
            (true, _) => AccountKind::Bot,
            (false, true) => AccountKind::Guest,
            (false, false) => AccountKind::Member,
        },
        active: is_enabled(&user) && redeemed,
        name: shown_name(&user),
        aliases: aliases(&user),
        email_verified: redeemed,
        // Pictures need a token.
        avatar: None,
        licensed: (!guest).then_some(has_teams),
        attributes: if guest { BTreeMap::from([(GUEST.to_owned(), "true".to_owned())]) } else { BTreeMap::new() },
        email: user.mail,
        id: user.id,
    }
}

#[cfg(test)]
mod tests {
    use engine::model::GrantId;
    use engine::platform::ConnectionFacts;

    use super::super::tests::{connection, connection_as, facts, readable};
    use super::*;
    use crate::testing::{answer, html};

    const ME: &str =
        r#"{"@odata.context":"x","id":"S1","displayName":"User Sync","mail":"sync@own.example","userPrincipalName":"sync@own.example"}"#;
    const TENANT: &str = r#"{"@odata.context":"x","value":[{"id":"T1","displayName":"Harbor","verifiedDomains":[{"name":"Own.example","isDefault":true},{"name":"own.onmicrosoft.com"}]}]}"#;
    const ROWS: &str = r#"{"@odata.context":"x","value":[{"id":"1"}]}"#;
    const NONE: &str = r#"{"@odata.context":"x","value":[]}"#;
    const DENIED: &str = r#"{"error":{"code":"Authorization_RequestDenied","message":"no"}}"#;
    const SELECT: &str = "id,displayName,mail,userPrincipalName,accountEnabled,userType,assignedPlans,externalUserState,otherMails,proxyAddresses,createdDateTime";

    fn account_of(json: &str) -> Account {
        account(serde_json::from_str(json).unwrap())
    }

    #[tokio::test]
    async fn the_connection_is_described_with_its_domains_and_the_scopes_that_work() {
        let answers = vec![answer(200, ME), answer(200, TENANT), answer(200, ROWS), answer(403, DENIED)];
        let (connection, script) = connection_as(Subject::Connection, ConnectionFacts::default(), answers);
        let identity = connection.whoami().await.unwrap();
        assert_eq!((identity.tenant.as_str(), identity.tenant_name.as_str(), identity.account.as_str()), ("T1", "Harbor", "S1"));
        assert_eq!(identity.facts["verified_domains"], ["own.example", "own.onmicrosoft.com"]);
        assert!(identity.scopes["admin"].contains("User.Read.All") && identity.scopes["admin"].contains("Chat.ReadWrite"));
        assert!(!identity.scopes["admin"].contains("Team.ReadBasic.All"));
        assert_eq!(
            readable(&script.sent()),
            "GET https://graph.microsoft.com/v1.0/me?$select=id,displayName,mail,userPrincipalName\n\
             GET https://graph.microsoft.com/v1.0/organization?$select=id,displayName,verifiedDomains\n\
             GET https://graph.microsoft.com/v1.0/users?$select=id&$top=1\n\
             GET https://graph.microsoft.com/v1.0/teams?$select=id&$top=1"
        );
    }

    #[tokio::test]
    async fn scopes_that_the_token_answer_named_are_believed_in_either_spelling() {
        let granted = ["User.Read", "https://graph.microsoft.com/Chat.ReadWrite"].map(str::to_owned);
        let facts = ConnectionFacts { granted: [("admin".to_owned(), granted.into())].into(), ..ConnectionFacts::default() };
        let (connection, _) = connection_as(Subject::Connection, facts, vec![answer(200, ME), answer(200, TENANT)]);
        let identity = connection.whoami().await.unwrap();
        assert_eq!(identity.scopes["admin"].iter().collect::<Vec<_>>(), ["Chat.ReadWrite", "User.Read"]);
    }

    #[tokio::test]
    async fn a_platform_that_is_unwell_takes_no_scope_away() {
        let answers = vec![answer(200, ME), answer(200, TENANT), html(200)];
        let error = connection_as(Subject::Connection, ConnectionFacts::default(), answers).0.whoami().await.unwrap_err();
        assert_eq!(error.kind, Kind::PlatformDown);
    }

    #[tokio::test]
    async fn an_employee_is_recognised_without_asking_what_only_the_admin_may() {
        let me = r#"{"id":"U7","displayName":"Ana","mail":"ana@own.example","userPrincipalName":"ana@own.example"}"#;
        let (connection, script) = connection_as(Subject::Grant(GrantId(4)), facts(), vec![answer(200, me), answer(200, TENANT)]);
        let identity = connection.whoami().await.unwrap();
        assert_eq!((identity.account.as_str(), identity.tenant.as_str()), ("U7", "T1"));
        assert_eq!(script.requests().len(), 2);
    }

    #[tokio::test]
    async fn a_list_goes_on_where_its_link_leads_even_after_an_empty_page() {
        let link = "https://graph.microsoft.com/v1.0/users?$select=id,mail&$top=999&$skiptoken=abc";
        let first = format!(r#"{{"@odata.nextLink":"{link}","value":[]}}"#);
        let (connection, script) = connection(vec![answer(200, &first), answer(200, r#"{"value":[{"id":"U1","displayName":"Ana"}]}"#)]);
        let page = connection.accounts(None, None).await.unwrap();
        assert_eq!((page.items.len(), page.next.as_deref()), (0, Some(link)));
        let page = connection.accounts(None, page.next.as_deref()).await.unwrap();
        assert_eq!((page.items.len(), page.next), (1, None));
        assert_eq!(readable(&script.sent()), format!("GET https://graph.microsoft.com/v1.0/users?$select={SELECT}&$top=999\nGET {link}"));
    }

    #[tokio::test]
    async fn a_cursor_that_leads_elsewhere_is_not_followed() {
        let (connection, script) = connection(vec![]);
        let error = connection.accounts(None, Some("https://graph.microsoft.com.evil.example/v1.0/users")).await.unwrap_err();
        assert_eq!(error.kind, Kind::PlatformDown);
        assert_eq!(script.sent(), "");
    }

    #[test]
    fn members_guests_agents_and_the_switched_off_are_told_apart() {
        let seen = |json: &str| {
            let account = account_of(json);
            (account.kind, account.active, account.email_verified, account.licensed)
        };
        use AccountKind::{Bot, Guest, Member};
        let teams = r#""assignedPlans":[{"capabilityStatus":"Warning","service":"TeamspaceAPI"}]"#;
        assert_eq!(seen(&format!(r#"{{"id":"1","userType":"Member","accountEnabled":true,{teams}}}"#)), (Member, true, true, Some(true)));
        assert_eq!(seen(&format!(r#"{{"id":"1","userType":null,"accountEnabled":false,{teams}}}"#)), (Member, false, true, Some(true)));
        let other = r#""assignedPlans":[{"capabilityStatus":"Suspended","service":"TeamspaceAPI"},{"capabilityStatus":"Enabled","service":"exchange"}]"#;
        assert_eq!(seen(&format!(r#"{{"id":"1","userType":"Member","accountEnabled":true,{other}}}"#)), (Member, true, true, Some(false)));
        let guest = |state: &str| {
            format!(r#"{{"id":"1","userType":"Guest","accountEnabled":true,"assignedPlans":[],"externalUserState":{state}}}"#)
        };
        assert_eq!(seen(&guest("\"Accepted\"")), (Guest, true, true, None));
        assert_eq!(seen(&guest("null")), (Guest, true, true, None));
        assert_eq!(seen(&guest("\"PendingAcceptance\"")), (Guest, false, false, None));
        assert_eq!(seen(r##"{"@odata.type":"#microsoft.graph.agentUser","id":"1"}"##).0, Bot);
    }

    #[test]
    fn only_addresses_that_reach_the_account_are_its_addresses() {
        let member = account_of(
            r#"{"id":"1","userType":"Member","displayName":" ","mail":"Ana@own.example","userPrincipalName":"a1@own.onmicrosoft.com",
                "otherMails":["ana@home.example"],"proxyAddresses":["SMTP:ana@own.example","smtp:ana.b@own.example","SIP:ana@sip.example"]}"#,
        );
        assert_eq!(
            (member.email.as_deref(), member.aliases.as_slice()),
            (Some("Ana@own.example"), ["ana.b@own.example".to_owned()].as_slice())
        );
        assert_eq!(member.name, "Ana@own.example");
        let guest = account_of(r#"{"id":"2","userType":"Guest","mail":null,"otherMails":["bo@partner.example"],"proxyAddresses":[]}"#);
        assert_eq!((guest.email, guest.aliases), (None, vec!["bo@partner.example".to_owned()]));
        assert!(guest.attributes.contains_key(GUEST));
        let nobody = account_of(r#"{"id":"3","userType":"Member","mail":null,"userPrincipalName":"c@own.onmicrosoft.com"}"#);
        assert!(nobody.verified_addresses().is_empty());
    }

    #[tokio::test]
    async fn a_chosen_team_gives_its_users_whole_and_nothing_else() {
        let body = r##"{"value":[{"@odata.type":"#microsoft.graph.user","id":"U1","displayName":"Ana","mail":"ana@own.example"},
            {"@odata.type":"#microsoft.graph.group","id":"G9","displayName":"Nested"},{"@odata.type":"#microsoft.graph.device","id":"D1"}]}"##;
        let (connection, script) = connection(vec![answer(200, body)]);
        let page = connection.accounts(Some("G1"), None).await.unwrap();
        assert_eq!(page.items.iter().map(|account| account.id.as_str()).collect::<Vec<_>>(), ["U1"]);
        assert_eq!(readable(&script.sent()), format!("GET https://graph.microsoft.com/v1.0/groups/G1/members?$select={SELECT}&$top=999"));
    }

    #[tokio::test]
    async fn an_account_is_looked_for_by_main_address_then_invited_address_then_alias() {
        let alias = r#"{"value":[{"id":"U1","userType":"Member","accountEnabled":true,"mail":"a@own.example","proxyAddresses":["smtp:O'Hara@own.example"]}]}"#;
        let (connection, script) = connection(vec![answer(200, NONE), answer(200, NONE), answer(200, alias)]);
        assert_eq!(connection.find_account("o'hara@own.example").await.unwrap().unwrap().id, "U1");
        let filters: Vec<String> = script
            .requests()
            .iter()
            .map(|request| request.url.query_pairs().find(|(name, _)| name == "$filter").unwrap().1.into_owned())
            .collect();
        assert_eq!(
            filters,
            [
                "mail eq 'o''hara@own.example'",
                "otherMails/any(x:x eq 'o''hara@own.example')",
                "proxyAddresses/any(p:p eq 'smtp:o''hara@own.example')"
            ]
        );
    }

    #[tokio::test]
    async fn a_private_address_that_a_member_typed_in_finds_nobody() {
        let recovery = r#"{"value":[{"id":"U1","userType":"Member","mail":"a@own.example","otherMails":["ana@home.example"]}]}"#;
        let (connection, _) = connection(vec![answer(200, NONE), answer(200, recovery), answer(200, NONE)]);
        assert_eq!(connection.find_account("ana@home.example").await.unwrap(), None);
    }

    #[tokio::test]
    async fn two_active_accounts_with_one_address_are_never_guessed_between() {
        let two = |second: bool| {
            format!(
                r#"{{"value":[{{"id":"U1","mail":"a@own.example","accountEnabled":{second}}},{{"id":"U2","mail":"A@own.example","accountEnabled":true}}]}}"#
            )
        };
        assert_eq!(connection(vec![answer(200, &two(true))]).0.find_account("a@own.example").await.unwrap_err().kind, Kind::Conflict);
        assert_eq!(connection(vec![answer(200, &two(false))]).0.find_account("a@own.example").await.unwrap().unwrap().id, "U2");
    }

    #[tokio::test]
    async fn teams_are_listed_by_name() {
        let (connection, script) =
            connection(vec![answer(200, r#"{"value":[{"id":"G1","displayName":"Build"},{"id":"G2","displayName":null}]}"#)]);
        let page = connection.teams(None).await.unwrap();
        assert_eq!(page.items.iter().map(|team| team.name.as_str()).collect::<Vec<_>>(), ["Build", "G2"]);
        assert_eq!(readable(&script.sent()), "GET https://graph.microsoft.com/v1.0/teams?$select=id,displayName&$top=999");
    }
}
