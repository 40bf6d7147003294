//! Who signed in, accounts.

use std::collections::{BTreeMap, BTreeSet};

use engine::error::{Error, Kind, Result};
use engine::model::{Account, AccountKind, Identity, Page, case_fold};
use engine::transport::{Request, Sign, Subject};
use serde::de::DeserializeOwned;

use super::ZoomConnection;
use super::error::missing_scopes;
use super::info::{ACCOUNT_ID, ADMIN, API, INFO, LIGHT, MEDIUM, SENDER};
use super::wire::{User, Users};
use crate::http::{public_picture, scopes, url};

/// Zoom lists one state at a time.
const STATES: [&str; 3] = ["active", "inactive", "pending"];
/// The role of the account's owner.
const OWNER: &str = "0";
/// Attribute of an account: its address for chatbots.
const JID: &str = "jid";

impl ZoomConnection {
    pub(super) async fn read_whoami(&self) -> Result<Identity> {
        if let Subject::Grant(_) = self.http.subject() {
            return Ok(self.identity(self.read_user("me", "whoami").await?, BTreeMap::new()));
        }
        let mut usable = scopes(&INFO, &self.facts, ADMIN);
        let owner =
            self.read::<Users>(&["users"], &[("status", "active"), ("role_id", OWNER), ("page_size", "30")], MEDIUM, "whoami").await;
        let owner = match owner {
            Ok(users) => users.users.into_iter().find_map(|user| user.id),
            Err(error) => {
                let missing = missing_scopes(&error);
                if missing.is_empty() {
                    return Err(error);
                }
                usable.retain(|scope| !missing.contains(&scope.as_str()));
                None
            }
        };
        let named = self.facts.fields.get(SENDER).filter(|sender| !sender.trim().is_empty());
        let sender = named.cloned().or(owner).ok_or_else(|| {
            Error::invalid(
                "whoami",
                "Zoom does not tell who owns the account, and nobody was named as the sender.",
                "Enter the e-mail address of a Zoom account as the sender.",
            )
            .on(INFO.id)
        })?;
        let user = match self.read_user(sender.trim(), "whoami").await {
            Err(error) if error.kind == Kind::NotFound => {
                return Err(Error::invalid(
                    "whoami",
                    "The Zoom account has no user with the sender's address.",
                    "Enter the e-mail address of an active user of the Zoom account as the sender.",
                )
                .on(INFO.id));
            }
            answer => answer?,
        };
        if user.status.as_deref().is_some_and(|status| status != "active") {
            return Err(Error::invalid(
                "whoami",
                "The sender's Zoom account is not active.",
                "Activate it in the Zoom web portal (User Management, Users), or enter another sender.",
            )
            .on(INFO.id));
        }
        Ok(self.identity(user, BTreeMap::from([(ADMIN.to_owned(), usable)])))
    }

    fn identity(&self, user: User, scopes: BTreeMap<String, BTreeSet<String>>) -> Identity {
        let tenant = user.account_id.clone().or_else(|| self.facts.fields.get(ACCOUNT_ID).cloned()).unwrap_or_default();
        let company = user.company.clone().filter(|company| !company.trim().is_empty());
        Identity {
            tenant_name: company.unwrap_or_else(|| format!("Zoom account {tenant}")),
            tenant,
            name: shown_name(&user),
            account: user.id.unwrap_or_default(),
            email: user.email,
            scopes,
            facts: BTreeMap::new(),
        }
    }

    /// The three states one after the other; a cursor is the state and the token of its next page.
    pub(super) async fn list_accounts(&self, cursor: Option<&str>) -> Result<Page<Account>> {
        let (state, token) = cursor.and_then(|cursor| cursor.split_once(' ')).unwrap_or((STATES[0], ""));
        let page = match self.read_users(state, token).await {
            // Tokens live for fifteen minutes. The state's list begins again: reading a user twice changes nothing.
            Err(error) if !token.is_empty() && error.kind == Kind::Invalid => self.read_users(state, "").await?,
            answer => answer?,
        };
        let following = || STATES.iter().skip_while(|known| **known != state).nth(1).map(|next| format!("{next} "));
        let next = page.next_page_token.filter(|token| !token.is_empty()).map(|token| format!("{state} {token}")).or_else(following);
        Ok(Page { items: page.users.into_iter().filter_map(account).collect(), next })
    }

    async fn read_users(&self, state: &str, token: &str) -> Result<Users> {
        let size = INFO.page_size.to_string();
        let mut query = vec![("status", state), ("page_size", size.as_str())];
        if !token.is_empty() {
            query.push(("next_page_token", token));
        }
        self.read(&["users"], &query, MEDIUM, "accounts").await
    }

    pub(super) async fn look_up_account(&self, email: &str) -> Result<Option<Account>> {
        match self.read_user(email.trim(), "find_account").await {
            Ok(user) => Ok(account(user)),
            Err(error) if error.kind == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn read_user(&self, name: &str, operation: &'static str) -> Result<User> {
        self.read(&["users", name], &[], LIGHT, operation).await
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
}

fn shown_name(user: &User) -> String {
    let full = || {
        let parts: Vec<&str> =
            [&user.first_name, &user.last_name].into_iter().flatten().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    };
    let name = user.display_name.clone().filter(|name| !name.trim().is_empty()).or_else(|| Some(full()).filter(|name| !name.is_empty()));
    name.or_else(|| user.email.clone()).or_else(|| user.id.clone()).unwrap_or_default()
}

/// `None` for a user with neither id nor address: nothing names it.
fn account(user: User) -> Option<Account> {
    let name = shown_name(&user);
    let id = user.id.or_else(|| user.email.as_deref().map(case_fold))?;
    Some(Account {
        platform: INFO.id,
        id,
        kind: AccountKind::Member,
        active: user.status.as_deref() == Some("active"),
        name,
        email: user.email,
        aliases: Vec::new(),
        email_verified: user.verified == Some(1),
        avatar: public_picture(user.pic_url),
        licensed: None,
        attributes: user.jid.map(|jid| (JID.to_owned(), jid)).into_iter().collect(),
    })
}
