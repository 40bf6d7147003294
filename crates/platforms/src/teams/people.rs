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
        let mut organizations: Items<Organization> =
            self.read(&["organization"], &[("$select", "id,displayName,verifiedDomains")], DIRECTORY, "whoami").await?;
        let organization = organizations.value.pop().ok_or_else(|| {
            Error::new(Kind::PlatformDown, "whoami", "Microsoft Teams does not say which tenant this account belongs to.").on(INFO.id)
        })?;
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

    async fn read_me(&self, operation: &'static str) -> Result<User> {
        self.read(&["me"], &[("$select", "id,displayName,mail,userPrincipalName")], DIRECTORY, operation).await
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
            Some(link) => follow(&INFO, operation, link)?,
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

fn shown_name(user: &User) -> String {
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
