//! Webex over `webexapis.com`, as the account that the admin signed in with ("the sender") and, for people without an account,
//! as guests of a Service App.
//!
//! Facts that no source confirms, and the safe way taken:
//! - *Scopes of a pasted token* cannot be read. They count as granted, and `whoami` takes away those whose first use is refused.
//! - *Which scope an operation wants* is published for few of them (`spark-admin:organizations_read` and the team scopes are names
//!   from the scope list). The first use tells, and what is refused blocks only the work that needs it.
//! - *What a wrong client is told* at the token endpoints: documents name the word `invalid_client` and no status. A 401 where no
//!   token was shown is therefore read as "the integration is not known" as well.
//! - *A client of a Service App* cannot be tried without its authorisation, so its fields are checked by their looks, and its token
//!   when connecting.
//! - *Ports of redirect addresses* are matched exactly: ten fixed ones are registered, the first free one is used.
//! - *The largest page of `/people`* is not published for the plain list. We ask for 500; above its ceiling Webex answers with
//!   fewer, and only the missing `next` link ends a list.
//! - *The body beside HTTP 428* while a device code is open is not specified, so the status decides before the words.
//! - *Rate limits* are not published. The rate in `info` is courtesy; 429 with `Retry-After` is the truth.
//! - *`spark:messages_read` without `spark:kms`* may yield encrypted text, so `spark:kms` is always asked for.
//! - *A guest's end*: no operation removes one. `dismiss` says so; the same `subject` always yields the same guest, so a person
//!   who is synced again gets no second one.
//! - *`/messages/direct`* documents no paging: its first page names the room, further pages come from `/messages`.
//! - *Where a message can be looked up*: the web client has no address for the conversation with a person, so its first page is given,
//!   and none in the cloud for governments.
//! - *A message to oneself* has no 1:1 room, so prompts to the sender's own person are blocked before.
//!
//! The text limit is 7,439 *bytes* of UTF-8. An edit counts against ten even when it is repeated after a lost answer; the
//! eleventh is refused with 400, which is read as "no longer possible" like our own count.

mod error;
mod grants;
mod guide;
mod info;
mod messages;
mod people;
mod preflight;
mod stand_in;
mod wire;

use async_trait::async_trait;
use engine::error::{Error, Result};
use engine::model::{
    Account, Conversation, Identity, Incoming, Intent, Outcome, Page, Recipient, Representation, Represented, SentMessage, Team,
};
use engine::platform::{Connection, ConnectionFacts, GrantFacts, Platform, PlatformInfo, Proven, Undone};
use engine::preflight::{Block, Facts};
use engine::signin::Poll;
use engine::transport::{Http, Response};
use jiff::Timestamp;

pub(crate) use info::INFO;

/// The platform.
pub(crate) struct Webex;

impl Platform for Webex {
    fn info(&self) -> &'static PlatformInfo {
        &INFO
    }

    fn connect(&self, facts: ConnectionFacts, http: Http) -> Box<dyn Connection> {
        Box::new(WebexConnection { facts, http })
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

struct WebexConnection {
    facts: ConnectionFacts,
    http: Http,
}

#[async_trait]
impl Connection for WebexConnection {
    async fn whoami(&self) -> Result<Identity> {
        self.read_whoami().await
    }

    async fn prove(&self, slot: &str) -> Result<Proven> {
        self.prove_slot(slot).await
    }

    async fn sign_off(&self, slot: &str) -> Result<Undone> {
        self.end_slot(slot).await
    }

    async fn teams(&self, cursor: Option<&str>) -> Result<Page<Team>> {
        self.list_teams(cursor).await
    }

    async fn accounts(&self, team: Option<&str>, cursor: Option<&str>) -> Result<Page<Account>> {
        self.list_accounts(team, cursor).await
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

    async fn represent(&self, person: &Represented, _key: &str) -> Result<Representation> {
        self.make_guest(person, "represent").await
    }

    async fn confirm(&self, intent: &Intent) -> Result<Option<Outcome>> {
        match intent {
            Intent::Direct { to, text, since, after, .. } => self.confirm_direct(to, text, *since, after.as_deref()).await,
            Intent::Represent { person, .. } => self.confirm_guest(person).await,
        }
    }

    async fn dismiss(&self, representation: &Representation) -> Result<Undone> {
        Ok(stand_in::leave_guest(representation))
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

    /// A connected tenant: organisation O1, sender P1, integration C1.
    pub(super) fn facts() -> ConnectionFacts {
        ConnectionFacts {
            fields: [("client_id".to_owned(), "C1".to_owned())].into(),
            identity: Some(Identity {
                tenant: "O1".into(),
                tenant_name: "Harbor".into(),
                account: "P1".into(),
                name: "IT".into(),
                email: Some("it@a.example".into()),
                scopes: Default::default(),
                facts: Default::default(),
            }),
            ..ConnectionFacts::default()
        }
    }

    pub(super) fn connection(answers: Vec<Response>) -> (Box<dyn Connection>, Arc<Script>) {
        Script::connection(&Webex, facts(), answers)
    }

    pub(super) fn connection_as(subject: Subject, facts: ConnectionFacts, answers: Vec<Response>) -> (Box<dyn Connection>, Arc<Script>) {
        Script::connection_as(&Webex, subject, facts, answers)
    }
}
