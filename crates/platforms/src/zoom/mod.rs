//! Zoom Team Chat over `api.zoom.us`: the account's directory and prompts through a server-to-server app, an employee's own
//! account through a second, user-managed app (Zoom mixes admin and user scopes in no app).
//!
//! There is no `stand_in.rs`: Zoom can show nobody who has no account. A chatbot has one name for all, and one app would be
//! needed per person.
//!
//! Facts that no source confirms, and the safe way taken:
//! - *Who may be written as.* A server-to-server app has no `me` and names a sender: the field `sender`, or else the account's
//!   owner. Zoom asks for a role with "Chat Messages: Edit"; whether it looks at the installing admin or at the sender is
//!   ambiguous, so the refusal names both.
//! - *The device grant* is gated (Meeting SDK and "Use App on Device"). It is tried; a refusal leads to paste-back.
//! - *What an unknown code is called*: `invalid_grant`, the numbers 4733 and 4734, and the sentence "Invalid authorization code" are
//!   taken for one thing, as different from an unknown client.
//! - *Whether a server-to-server token can be revoked*: it is tried; where Zoom refuses, the token is listed as left.
//! - *Public clients*: how their tokens are refreshed and revoked is not documented. `client_id` goes into the form, and a
//!   revocation that one client is refused is tried with the other, because a grant does not tell which client it came from.
//! - *Any port in a redirect*: Zoom says so of `127.0.0.1` and public clients, and nothing of `localhost`: ten fixed ports are registered.
//! - *The longest message*: 1,024 characters stand in Zoom's own OpenAPI document, 4,096 in hearsay.
//! - *The order of listed messages*: all pages since the asked time are read, then sorted.
//! - *The account's plan* decides the rate limits and cannot be read. Those of Pro are kept; 429 is the truth.
//! - *Scopes of a pasted token* cannot be read. They count as granted, and `whoami` takes away those that its answers say are
//!   missing.
//! - *The address of the chat history* in the web portal, where an admin sees every message of the account: its first page is given.
//! - *Regional hosts* (`api_url`) are not used: the global host always works.
//! - *Pending users* come without an id. Zoom takes an address wherever it takes an id, so the address is the id until
//!   they join; they are inactive and match nobody.

mod error;
mod grants;
mod guide;
mod info;
mod messages;
mod people;
mod preflight;
mod wire;

use async_trait::async_trait;
use engine::error::{Error, Result};
use engine::model::{Account, Conversation, Identity, Incoming, Intent, Outcome, Page, Recipient, SentMessage};
use engine::platform::{Connection, ConnectionFacts, GrantFacts, Platform, PlatformInfo, Proven, Undone};
use engine::preflight::{Block, Facts};
use engine::signin::Poll;
use engine::transport::{Http, Response};
use jiff::Timestamp;

pub(crate) use info::INFO;

/// The platform.
pub(crate) struct Zoom;

impl Platform for Zoom {
    fn info(&self) -> &'static PlatformInfo {
        &INFO
    }

    fn connect(&self, facts: ConnectionFacts, http: Http) -> Box<dyn Connection> {
        Box::new(ZoomConnection { facts, http })
    }

    fn preflight(&self, facts: &Facts<'_>) -> Vec<Block> {
        preflight::preflight(facts)
    }

    fn read_error(&self, response: &Response, operation: &'static str) -> Option<Error> {
        error::read_error(response, operation)
    }

    fn read_poll(&self, response: &Response) -> Poll {
        error::read_poll(response)
    }

    fn look_up(&self, facts: &ConnectionFacts, intent: &Intent) -> Option<String> {
        messages::page(facts, intent)
    }
}

struct ZoomConnection {
    facts: ConnectionFacts,
    http: Http,
}

#[async_trait]
impl Connection for ZoomConnection {
    async fn whoami(&self) -> Result<Identity> {
        self.read_whoami().await
    }

    async fn prove(&self, slot: &str) -> Result<Proven> {
        self.prove_token(slot).await
    }

    async fn sign_off(&self, slot: &str) -> Result<Undone> {
        self.revoke_token(slot).await
    }

    async fn accounts(&self, _team: Option<&str>, cursor: Option<&str>) -> Result<Page<Account>> {
        self.list_accounts(cursor).await
    }

    async fn find_account(&self, email: &str) -> Result<Option<Account>> {
        self.look_up_account(email).await
    }

    async fn send_direct(&self, to: &Recipient, text: &str, _key: &str) -> Result<SentMessage> {
        self.post_direct(to, text).await
    }

    async fn edit_direct(&self, message: &SentMessage, text: &str) -> Result<SentMessage> {
        self.put_direct(message, text).await
    }

    async fn confirm(&self, intent: &Intent) -> Result<Option<Outcome>> {
        match intent {
            Intent::Direct { to, text, since, after, .. } => self.confirm_direct(to, text, *since, after.as_deref()).await,
            // Never asked: Zoom has no stand-in.
            Intent::Represent { .. } => Ok(None),
        }
    }

    async fn inbox(&self, conversation: &Conversation, since: Timestamp, _cursor: Option<&str>) -> Result<Page<Incoming>> {
        self.read_inbox(conversation, since).await
    }

    async fn revoke(&self, grant: &GrantFacts) -> Result<Undone> {
        self.revoke_grant(grant).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use engine::transport::Subject;

    use super::*;
    use crate::testing::Script;

    /// A connected account: account A1, sender S1, both clients of the employees' app.
    pub(super) fn facts() -> ConnectionFacts {
        let fields = [("account_id", "A1"), ("client_id", "C1"), ("employee.client_id", "E1"), ("employee.public_client_id", "E2")];
        ConnectionFacts {
            fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            identity: Some(Identity {
                tenant: "A1".into(),
                tenant_name: "Harbor".into(),
                account: "S1".into(),
                name: "User Sync".into(),
                email: Some("Sync@a.example".into()),
                scopes: Default::default(),
                facts: Default::default(),
            }),
            ..ConnectionFacts::default()
        }
    }

    pub(super) fn connection(answers: Vec<Response>) -> (Box<dyn Connection>, Arc<Script>) {
        Script::connection(&Zoom, facts(), answers)
    }

    pub(super) fn connection_as(subject: Subject, facts: ConnectionFacts, answers: Vec<Response>) -> (Box<dyn Connection>, Arc<Script>) {
        Script::connection_as(&Zoom, subject, facts, answers)
    }

    #[tokio::test]
    async fn what_is_not_offered_is_refused_before_a_request_leaves() {
        let (connection, script) = connection(vec![]);
        let person = engine::model::Represented { key: "k".into(), name: "Ana".into(), email: None, avatar: None, primary: "Slack".into() };
        assert_eq!(connection.represent(&person, "k").await.unwrap_err().kind, engine::Kind::Unsupported);
        assert_eq!(connection.teams(None).await.unwrap_err().kind, engine::Kind::Unsupported);
        assert_eq!(script.sent(), "");
    }
}
