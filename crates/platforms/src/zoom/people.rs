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
        let owner = match self.read_owner("whoami").await {
            Ok(owner) => owner,
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

    /// The id of the account's owner; `None` where Zoom names none.
    pub(super) async fn read_owner(&self, operation: &'static str) -> Result<Option<String>> {
        let query = [("status", "active"), ("role_id", OWNER), ("page_size", "30")];
        let owners: Users = self.read(&["users"], &query, MEDIUM, operation).await?;
        Ok(owners.users.into_iter().find_map(|user| user.id))
    }

    pub(super) fn identity(&self, user: User, scopes: BTreeMap<String, BTreeSet<String>>) -> Identity {
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
        let (state, token) = match cursor {
            None => (STATES[0], ""),
            Some(cursor) => cursor.split_once(' ').filter(|(state, _)| STATES.contains(state)).ok_or_else(|| {
                Error::invalid("accounts", "The stored place in Zoom's list of users is damaged.", "Import Zoom again from the beginning.")
                    .on(INFO.id)
            })?,
        };
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

    pub(super) async fn read_user(&self, name: &str, operation: &'static str) -> Result<User> {
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

#[cfg(test)]
mod tests {
    use engine::model::GrantId;
    use engine::platform::ConnectionFacts;

    use super::super::tests::{connection, connection_as, facts};
    use super::*;
    use crate::testing::{answer, html};

    const OWNER_LISTED: &str = r#"{"next_page_token":"","page_size":30,"total_records":1,"users":[{"id":"OWN","email":"owner@a.example","type":2,"status":"active","verified":1}]}"#;
    const SENDER_USER: &str = r#"{"id":"S1","email":"sync@a.example","type":2,"status":"active","display_name":"User Sync","account_id":"A1","company":"Harbor","jid":"s1@xmpp.zoom.us"}"#;

    fn with_sender(sender: &str) -> ConnectionFacts {
        let fields = [("account_id", "A1"), ("sender", sender)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        ConnectionFacts { fields: fields.into(), ..ConnectionFacts::default() }
    }

    fn page(users: &str, token: &str) -> String {
        format!(r#"{{"next_page_token":"{token}","page_size":300,"total_records":9,"users":[{users}]}}"#)
    }

    #[tokio::test]
    async fn the_sender_is_whom_the_admin_named() {
        let (connection, script) =
            connection_as(Subject::Connection, with_sender(" sync@a.example "), vec![answer(200, OWNER_LISTED), answer(200, SENDER_USER)]);
        let identity = connection.whoami().await.unwrap();
        assert_eq!((identity.tenant.as_str(), identity.tenant_name.as_str(), identity.account.as_str()), ("A1", "Harbor", "S1"));
        assert!(identity.scopes["admin"].contains("user:read:list_users:admin"));
        assert_eq!(
            script.sent(),
            "GET https://api.zoom.us/v2/users?status=active&role_id=0&page_size=30\nGET https://api.zoom.us/v2/users/sync@a.example"
        );
    }

    #[tokio::test]
    async fn without_a_named_sender_it_is_the_accounts_owner() {
        let user = r#"{"id":"OWN","email":"owner@a.example","type":2,"status":"active","first_name":"Ola","last_name":"Ny"}"#;
        let (connection, script) = connection_as(Subject::Connection, with_sender(""), vec![answer(200, OWNER_LISTED), answer(200, user)]);
        let identity = connection.whoami().await.unwrap();
        assert_eq!(
            (identity.account.as_str(), identity.name.as_str(), identity.tenant_name.as_str()),
            ("OWN", "Ola Ny", "Zoom account A1")
        );
        assert!(script.sent().ends_with("GET https://api.zoom.us/v2/users/OWN"));
    }

    #[tokio::test]
    async fn a_scope_that_zoom_says_is_missing_is_taken_away() {
        let lacking = r#"{"code":4711,"message":"Invalid access token, does not contain scopes:[user:read:list_users:admin]."}"#;
        let (connection, _) = connection_as(Subject::Connection, with_sender("S1"), vec![answer(400, lacking), answer(200, SENDER_USER)]);
        let identity = connection.whoami().await.unwrap();
        assert!(!identity.scopes["admin"].contains("user:read:list_users:admin"));
        assert!(identity.scopes["admin"].contains("team_chat:write:user_message:admin"));
        let unwell = connection_as(Subject::Connection, with_sender("S1"), vec![html(502)]).0.whoami().await.unwrap_err();
        assert_eq!(unwell.kind, Kind::PlatformDown);
    }

    #[tokio::test]
    async fn a_sender_who_is_unknown_or_inactive_is_said_with_what_to_do() {
        let unknown = answer(404, r#"{"code":1001,"message":"User does not exist: x."}"#);
        let inactive = answer(200, r#"{"id":"S1","type":2,"status":"inactive"}"#);
        for second in [unknown, inactive] {
            let error = connection_as(Subject::Connection, with_sender("x@a.example"), vec![answer(200, OWNER_LISTED), second])
                .0
                .whoami()
                .await
                .unwrap_err();
            assert_eq!(error.kind, Kind::Invalid);
            assert!(error.next_step().contains("sender"), "{}", error.next_step());
        }
        let nobody = connection_as(Subject::Connection, with_sender(""), vec![answer(200, &page("", ""))]).0.whoami().await.unwrap_err();
        assert_eq!(nobody.kind, Kind::Invalid);
    }

    #[tokio::test]
    async fn an_employee_is_recognised_with_one_request() {
        let (connection, script) = connection_as(Subject::Grant(GrantId(4)), facts(), vec![answer(200, SENDER_USER)]);
        let identity = connection.whoami().await.unwrap();
        assert_eq!((identity.account.as_str(), identity.tenant.as_str(), identity.email.as_deref()), ("S1", "A1", Some("sync@a.example")));
        assert_eq!(script.sent(), "GET https://api.zoom.us/v2/users/me");
    }

    #[tokio::test]
    async fn all_three_states_are_listed_to_their_ends() {
        let one = |id: &str| format!(r#"{{"id":"{id}","email":"{id}@a.example","type":1}}"#);
        let answers = [page(&one("1"), "tok 1"), page("", ""), page(&one("2"), ""), page(&one("3"), "")].map(|body| answer(200, &body));
        let (connection, script) = connection(answers.into());
        let (mut ids, mut cursor) = (Vec::new(), None);
        loop {
            let page = connection.accounts(None, cursor.as_deref()).await.unwrap();
            ids.extend(page.items.into_iter().map(|account| account.id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(ids, ["1", "2", "3"]);
        assert_eq!(
            script.sent(),
            "GET https://api.zoom.us/v2/users?status=active&page_size=300\n\
             GET https://api.zoom.us/v2/users?status=active&page_size=300&next_page_token=tok+1\n\
             GET https://api.zoom.us/v2/users?status=inactive&page_size=300\n\
             GET https://api.zoom.us/v2/users?status=pending&page_size=300"
        );
    }

    #[tokio::test]
    async fn a_list_whose_token_is_too_old_begins_its_state_again() {
        let expired = answer(400, r#"{"code":300,"message":"The next page token is invalid or expired."}"#);
        let (connection, script) = connection(vec![expired, answer(200, &page("", ""))]);
        assert_eq!(connection.accounts(None, Some("inactive old")).await.unwrap().next.as_deref(), Some("pending "));
        assert!(script.sent().ends_with("GET https://api.zoom.us/v2/users?status=inactive&page_size=300"));
    }

    #[tokio::test]
    async fn users_are_told_apart_by_state_and_only_verified_addresses_count() {
        let users = r#"{"id":"1","email":"Ana@a.example","display_name":"Ana","status":"active","verified":1,"type":2,"pic_url":"https://p.example/1"},
            {"id":"2","email":"b@a.example","first_name":"Bo","last_name":"","status":"inactive","verified":1,"type":1},
            {"email":"C@a.example","status":"pending","verified":0,"type":1},
            {"id":"4","email":"d@a.example","status":"active","type":1},
            {"status":"pending","type":1}"#;
        let page = connection(vec![answer(200, &page(users, ""))]).0.accounts(None, None).await.unwrap();
        let seen: Vec<_> =
            page.items.iter().map(|account| (account.id.as_str(), account.name.as_str(), account.active, account.email_verified)).collect();
        assert_eq!(
            seen,
            [
                ("1", "Ana", true, true),
                ("2", "Bo", false, true),
                ("c@a.example", "C@a.example", false, false),
                ("4", "d@a.example", true, false)
            ]
        );
        assert!(page.items[0].avatar.is_some());
    }

    #[tokio::test]
    async fn an_account_is_found_by_its_address_or_not_at_all() {
        let (connection, script) =
            connection(vec![answer(200, SENDER_USER), answer(404, r#"{"code":1001,"message":"User does not exist."}"#)]);
        let found = connection.find_account(" a+b@a.example ").await.unwrap().unwrap();
        assert_eq!((found.id.as_str(), found.attributes["jid"].as_str()), ("S1", "s1@xmpp.zoom.us"));
        assert_eq!(connection.find_account("x/../y@a.example").await.unwrap(), None);
        assert_eq!(script.sent(), "GET https://api.zoom.us/v2/users/a+b@a.example\nGET https://api.zoom.us/v2/users/x%2F..%2Fy@a.example");
    }
}
