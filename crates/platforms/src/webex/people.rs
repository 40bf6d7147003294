//! Who signed in, teams, accounts.

use std::collections::{BTreeMap, BTreeSet};

use engine::error::{Error, Kind, Result};
use engine::model::{Account, AccountKind, Identity, Page, Team, case_fold};
use engine::transport::{Request, Sign};
use url::Url;

use super::info::{ADMIN, API, CLASS, IDS_PER_REQUEST, INFO, SERVICE_APP};
use super::wire::{Items, Membership, Organisation, Person, Team as WireTeam};
use super::WebexConnection;
use crate::http::{follow, next_link, public_picture, scopes, url};

impl WebexConnection {
    pub(super) async fn read_whoami(&self) -> Result<Identity> {
        let me: Person = self.read_as_admin(&["people", "me"], &[], "whoami").await?;
        let tenant = me.org_id.clone().unwrap_or_default();
        let known = self.facts.identity.as_ref().filter(|known| known.tenant == tenant);
        let (tenant_name, scopes) = match known {
            Some(known) => (known.tenant_name.clone(), known.scopes.clone()),
            None => self.look_around(&tenant, &me.id).await?,
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
        let tenant_name = match allowed(organisation)? {
            Some(organisation) => organisation.display_name,
            None => {
                admin.remove("spark-admin:organizations_read");
                None
            }
        };
        let first_uses: [(&[&str], (&str, &str), &[&str]); 3] = [
            (&["people"], ("max", "1"), &["spark-admin:people_read"]),
            (&["teams"], ("max", "1"), &["spark:teams_read", "spark:team_memberships_read"]),
            (&["authorizations"], ("personId", me), &["identity:tokens_read", "identity:tokens_write"]),
        ];
        for (path, parameter, names) in first_uses {
            if allowed(self.read_as_admin::<Items<serde::de::IgnoredAny>>(path, &[parameter], "whoami").await)?.is_none() {
                admin.retain(|scope| !names.contains(&scope.as_str()));
            }
        }
        let mut found = BTreeMap::from([(ADMIN.to_owned(), admin)]);
        let count = Request::get(url("whoami", API, &["guests", "count"], &[])?, Sign::Bearer(SERVICE_APP), CLASS, "whoami");
        if allowed(self.http.send(count).await)?.is_some() {
            found.insert(SERVICE_APP.to_owned(), scopes(&INFO, &self.facts, SERVICE_APP));
        }
        Ok((tenant_name.unwrap_or_else(|| tenant.to_owned()), found))
    }

    pub(super) async fn list_teams(&self, cursor: Option<&str>) -> Result<Page<Team>> {
        let first = || url("teams", API, &["teams"], &[("max", "100")]);
        let (teams, next) = self.read_page::<WireTeam>(cursor, first, "teams").await?;
        Ok(Page { items: teams.into_iter().map(|team| Team { name: team.name.unwrap_or_else(|| team.id.clone()), id: team.id }).collect(), next })
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
        let people: Items<Person> = self.read_as_admin(&["people"], &[("id", &ids.join(",")), ("excludeStatus", "true")], "accounts").await?;
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

    pub(super) async fn read_as_admin<T: serde::de::DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)], operation: &'static str) -> Result<T> {
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
            Some(link) => follow(&INFO, operation, link)?,
            None => first()?,
        };
        let answer = self.http.send(Request::get(address, Sign::Bearer(ADMIN), CLASS, operation)).await?;
        let page: Items<T> = answer.json(operation).map_err(|error| error.on(INFO.id))?;
        Ok((page.items, next_link(&answer.headers)))
    }
}

/// `None` when the answer was that this is not ours to ask.
fn allowed<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind, Kind::Forbidden | Kind::Invalid | Kind::NotFound | Kind::SignedOut) => Ok(None),
        Err(error) => Err(error),
    }
}

fn shown_name(person: &Person) -> String {
    let name = person.display_name.clone().filter(|name| !name.trim().is_empty());
    name.or_else(|| person.emails.first().cloned()).unwrap_or_else(|| person.id.clone())
}
