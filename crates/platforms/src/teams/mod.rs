//! Microsoft Teams: a tenant of Microsoft Entra, spoken to through Microsoft Graph v1.0.
//!
//! People come from `/users`, or from `/groups/{id}/members` of the chosen teams: a team's id is its group's id, and that
//! list gives whole users, so nobody has to be looked up one by one. Direct messages need a signed-in person (an app alone
//! may not send), so the sender is the account that the admin signs in with; a service account is advised.
//!
//! A person without an account becomes a guest: invited without Microsoft's e-mail, and in the directory at once, but not
//! redeemed (`guest_not_redeemed`) until they open the tenant themselves. Nobody but the guest can sign in as the guest, so
//! the sender will post for them in a group chat of sender, guest and recipient.
//!
//! UNCONFIRMED, and the safe way taken:
//! - Whether Graph lets a guest's own token send. An account that is a guest already, and not ours, is therefore blocked
//!   before anything is sent (`already_guest`).
//! - Whether a group chat takes a guest who has not redeemed. Nothing here depends on it yet.
//! - 20 messages a second to chats; older pages of Microsoft say 2 to 3. The newer figure is in `info`, because a refusal
//!   (429) is certain to have had no effect and is waited out.
//! - 28 KB for a message. The limit in `info` is 7,000 characters, which fit even at four bytes each.
//! - `slow_down` in the device grant: understood although Microsoft's page does not list it.
//! - Which Teams scopes an employee may consent to alone. The admin's consent for the whole tenant is expected, and an
//!   answer that asks for it becomes an error that says where to give it.
//! - Polling: Microsoft allows a Teams resource to be polled once a day, but read when a person asks. So `poll_answers` is
//!   false and the admin presses "Check answers".
//! - A pasted access token comes without a list of its scopes. The declared ones count as granted, and `whoami` takes away the
//!   two whose first use it can try without writing anything; a later 403 names the setting.
//! - How long the directory takes to show a guest in all its copies. Half a minute is waited before a look that finds nobody counts; a
//!   guest who shows later still is not made twice, because an invitation to the same address gives the same guest again.
//! - Who invited a guest cannot be read. After a lost answer a guest counts as ours who has the address and name of the invitation and
//!   came to be in the same minutes; any other is used, and never deleted.
//! - Guests across Microsoft's clouds: allowed only where both tenants allow it; `limits` of the clouds say so.
//! - Whether an employee's account is covered by a Conditional Access policy cannot be read off the policy without all their groups.
//!   `advise` says "people whom it concerns".
//! - A chat with oneself is not documented, so prompts to the sender's own person are blocked before.

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
    Account, Advice, Conversation, Identity, Incoming, Intent, Outcome, Page, Recipient, Representation, Represented, SentMessage, Team,
};
use engine::platform::{Connection, ConnectionFacts, Platform, PlatformInfo, Proven, Undone};
use engine::preflight::{Block, Facts};
use engine::signin::Poll;
use engine::transport::{Http, Response};
use jiff::Timestamp;

pub(crate) use info::INFO;

/// The platform.
pub(crate) struct Teams;

impl Platform for Teams {
    fn info(&self) -> &'static PlatformInfo {
        &INFO
    }

    fn connect(&self, facts: ConnectionFacts, http: Http) -> Box<dyn Connection> {
        Box::new(TeamsConnection { facts, http })
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
        match intent {
            Intent::Direct { to, .. } => messages::page(facts, to),
            Intent::Represent { .. } => stand_in::page(facts),
        }
    }
}

struct TeamsConnection {
    facts: ConnectionFacts,
    http: Http,
}

#[async_trait]
impl Connection for TeamsConnection {
    async fn whoami(&self) -> Result<Identity> {
        self.read_whoami().await
    }

    async fn prove(&self, slot: &str) -> Result<Proven> {
        self.prove_slot(slot).await
    }

    async fn advise(&self) -> Result<Vec<Advice>> {
        self.read_advice().await
    }

    async fn sign_off(&self, slot: &str) -> Result<Undone> {
        self.leave_sign_in(slot)
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
        self.patch_direct(message, text).await
    }

    async fn represent(&self, person: &Represented, _key: &str) -> Result<Representation> {
        self.make_guest(person).await
    }

    async fn confirm(&self, intent: &Intent) -> Result<Option<Outcome>> {
        match intent {
            Intent::Direct { to, text, since, after, .. } => self.confirm_direct(to, text, *since, after.as_deref()).await,
            Intent::Represent { person, since, last, .. } => self.confirm_guest(person, *since, *last).await,
        }
    }

    async fn dismiss(&self, representation: &Representation) -> Result<Undone> {
        self.delete_guest(representation).await
    }

    async fn inbox(&self, conversation: &Conversation, since: Timestamp, _cursor: Option<&str>) -> Result<Page<Incoming>> {
        self.read_inbox(conversation, since).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use engine::transport::Subject;

    use super::*;
    use crate::testing::Script;

    /// A connected tenant: tenant T1 with two domains, sender S1.
    pub(super) fn facts() -> ConnectionFacts {
        ConnectionFacts {
            fields: [("tenant_id".to_owned(), "T1".to_owned()), ("client_id".to_owned(), "C1".to_owned())].into(),
            identity: Some(Identity {
                tenant: "T1".into(),
                tenant_name: "Harbor".into(),
                account: "S1".into(),
                name: "User Sync".into(),
                email: Some("sync@own.example".into()),
                scopes: Default::default(),
                facts: [("verified_domains".to_owned(), vec!["own.example".to_owned(), "eu.own.example".to_owned()])].into(),
            }),
            ..ConnectionFacts::default()
        }
    }

    /// The same tenant in another cloud.
    pub(super) fn facts_in(cloud: &str) -> ConnectionFacts {
        let mut facts = facts();
        facts.fields.insert(engine::platform::CLOUD.to_owned(), cloud.to_owned());
        facts
    }

    pub(super) fn connection(answers: Vec<Response>) -> (Box<dyn Connection>, Arc<Script>) {
        Script::connection(&Teams, facts(), answers)
    }

    pub(super) fn connection_as(subject: Subject, facts: ConnectionFacts, answers: Vec<Response>) -> (Box<dyn Connection>, Arc<Script>) {
        Script::connection_as(&Teams, subject, facts, answers)
    }

    /// Addresses as people write them, not as a query encodes them.
    pub(super) fn readable(sent: &str) -> String {
        [("%24", "$"), ("%2C", ","), ("+", " "), ("%27", "'"), ("%2F", "/"), ("%3A", ":"), ("%28", "("), ("%29", ")"), ("%40", "@")]
            .iter()
            .fold(sent.to_owned(), |text, (encoded, letter)| text.replace(encoded, letter))
    }

    #[tokio::test]
    async fn what_is_not_offered_is_refused_before_a_request_leaves() {
        let (connection, script) = connection(vec![]);
        let grant = engine::platform::GrantFacts { id: engine::model::GrantId(1), account: "U1".into() };
        assert_eq!(connection.revoke(&grant).await.unwrap_err().kind, engine::Kind::Unsupported);
        assert_eq!(script.sent(), "");
    }
}
