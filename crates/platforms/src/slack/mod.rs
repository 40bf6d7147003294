//! Slack over the Web API at `slack.com`, for one workspace and one internal app that the customer's own admin made: its bot
//! writes prompts, and posts for represented people under their names.
//!
//! One app for the workspace, not one per person: the free plan holds ten apps, each would bring its own socket and a creation a
//! minute, and a name is all that a reader sees. A representation is therefore made by checking, not by creating: the bot's token
//! works (`auth.test`) and carries the scopes that posting under another name takes (`x-oauth-scopes`). The posts themselves come
//! with the relay: one thread per represented person inside the one direct conversation of app and recipient.
//!
//! The directory is read with a user token (loopback and PKCE, which yields user scopes only), the bot's token and the app-level
//! token are given by hand: no documented way hands them to a desktop program. Both are proven as soon as they are entered, by
//! `auth.test` and by `apps.connections.open`, whose socket is never opened: only an open one counts among the app's ten.
//!
//! Facts that no source confirms, and the safe way taken:
//! - *`http://localhost` without PKCE* may be refused: PKCE always, no client secret sent, `localhost` spelt so, ten fixed ports.
//! - *`client_msg_id` as idempotency key* is undocumented: our key travels in `metadata`, and an uncertain message is looked up by it.
//! - *Metadata that is not shown* (a scope that is missing, an older message): then the app's own message is known by its text, which holds
//!   a code that no other message has.
//! - *Where the admin can look up a message of the app*: only the person sees it, so the link leads to the conversation with them.
//! - *`parse`* is left out: its documented default and its effect on plain links contradict each other. `link_names` is off and
//!   `& < >` are escaped, so no text of ours pings anybody.
//! - *A missing `x-oauth-scopes`* counts as no scope at all.
//! - *`is_email_confirmed`* is left out for deactivated people, like most flags: their address counts as confirmed, since they
//!   can never be synced; an active person's does not without the flag.
//! - *Slackbot* says that it is no bot: it is known by its id.
//! - *Answers inside a thread* do not stand in `conversations.history`: people are asked to answer in the conversation itself.
//! - *The number behind "several hundred messages a minute"* and that of `auth.test`: 200 and 100 here; 429 is the truth.
//! - *Whether a workspace demands a second factor* cannot be read: that is why the admin is asked (`info().questions`).
//! - *In which order `oauth.v2.access` looks at client, code and verifier*: an unknown code and a verifier that does not fit have
//!   one meaning, an unknown client another.
//! - *Whether `auth.revoke` ends a rotating grant's refresh token as well*: it is destroyed here either way.
//! - *What `auth.test` says of an app-level token* beside its shape: one that carries `connections:write` is none of a bot or person.
//! - *PKCE in GovSlack*: nothing says that it is missing; an app that lacks it is refused with what to turn on.
//! - *A subscription to events that nobody fetches* may be switched off by Slack; only the relay will need it.
//!
//! Nobody authorises an own account on Slack: `grants` holds the connection's own tokens alone. The text limit is that of
//! `chat.update`, 4,000 characters after escaping, so that whatever was sent can be edited.

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
    Account, Conversation, Identity, Incoming, Intent, Outcome, Page, Recipient, Representation, Represented, SentMessage,
};
use engine::platform::{Connection, ConnectionFacts, Platform, PlatformInfo, Proven, Undone};
use engine::preflight::{Block, Facts};
use engine::signin::Poll;
use engine::transport::{Http, Response};
use jiff::Timestamp;

pub(crate) use info::INFO;

/// The platform.
pub(crate) struct Slack;

impl Platform for Slack {
    fn info(&self) -> &'static PlatformInfo {
        &INFO
    }

    fn connect(&self, facts: ConnectionFacts, http: Http) -> Box<dyn Connection> {
        Box::new(SlackConnection { facts, http })
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

    fn manifest(&self) -> Option<String> {
        Some(guide::manifest())
    }
}

struct SlackConnection {
    facts: ConnectionFacts,
    http: Http,
}

#[async_trait]
impl Connection for SlackConnection {
    async fn whoami(&self) -> Result<Identity> {
        self.read_whoami().await
    }

    async fn prove(&self, slot: &str) -> Result<Proven> {
        self.prove_token(slot).await
    }

    async fn sign_off(&self, slot: &str) -> Result<Undone> {
        self.revoke_token(slot).await
    }

    async fn accounts(&self, team: Option<&str>, cursor: Option<&str>) -> Result<Page<Account>> {
        self.list_accounts(team, cursor).await
    }

    async fn find_account(&self, email: &str) -> Result<Option<Account>> {
        self.look_up_account(email).await
    }

    async fn send_direct(&self, to: &Recipient, text: &str, key: &str) -> Result<SentMessage> {
        self.post_direct(to, text, key).await
    }

    async fn edit_direct(&self, message: &SentMessage, text: &str) -> Result<SentMessage> {
        self.update_direct(message, text).await
    }

    async fn represent(&self, person: &Represented, _key: &str) -> Result<Representation> {
        self.check_bot(person, "represent").await
    }

    async fn confirm(&self, intent: &Intent) -> Result<Option<Outcome>> {
        match intent {
            Intent::Direct { to, text, key, since, after, .. } => self.confirm_direct(to, text, key, *since, after.as_deref()).await,
            Intent::Represent { person, .. } => self.confirm_bot(person).await,
        }
    }

    async fn dismiss(&self, representation: &Representation) -> Result<Undone> {
        Ok(stand_in::leave_posts(representation))
    }

    async fn inbox(&self, conversation: &Conversation, since: Timestamp, _cursor: Option<&str>) -> Result<Page<Incoming>> {
        self.read_inbox(conversation, since).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::testing::Script;

    /// A connected workspace: T1, the app's bot UBOT.
    pub(super) fn facts() -> ConnectionFacts {
        ConnectionFacts {
            identity: Some(Identity {
                tenant: "T1".into(),
                tenant_name: "Harbor".into(),
                account: "UBOT".into(),
                name: "usersync".into(),
                email: None,
                scopes: Default::default(),
                facts: Default::default(),
            }),
            ..ConnectionFacts::default()
        }
    }

    pub(super) fn connection(answers: Vec<Response>) -> (Box<dyn Connection>, Arc<Script>) {
        Script::connection(&Slack, facts(), answers)
    }
}
