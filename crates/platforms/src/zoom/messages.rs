//! Direct messages of the sender: send, edit, read answers, look up an uncertain one.

use engine::error::{Error, Kind, Result};
use engine::model::{Conversation, Incoming, Outcome, Page, Recipient, SentMessage, case_fold};
use engine::transport::{Request, Sign, Subject};
use http::Method;
use jiff::Timestamp;

use super::ZoomConnection;
use super::info::{ADMIN, API, INFO, MEDIUM};
use super::wire::{Message, Messages, NewMessage, Sent};
use crate::http::{no_earlier_than, same_text, url};

/// Messages per page when reading back; Zoom's own ceiling.
const PAGE: &str = "50";
/// Pages read back at most: a prompt's conversation never holds five thousand messages since the prompt.
const PAGES: usize = 100;

impl ZoomConnection {
    pub(super) async fn post_direct(&self, to: &Recipient, text: &str) -> Result<SentMessage> {
        check_length(text, "send_direct")?;
        let contact = contact(to);
        let address = url("send_direct", API, &["chat", "users", &self.sender("send_direct")?, "messages"], &[])?;
        let request = Request::write(Method::POST, address, Sign::Bearer(ADMIN), MEDIUM, "send_direct")
            .json(&NewMessage { message: text, to_contact: contact })?;
        let sent: Sent = self.http.read(request).await?;
        Ok(message(contact, sent.id, to))
    }

    pub(super) async fn put_direct(&self, message: &SentMessage, text: &str) -> Result<SentMessage> {
        check_length(text, "edit_direct")?;
        let address = url("edit_direct", API, &["chat", "users", &self.sender("edit_direct")?, "messages", &message.id], &[])?;
        let request = Request::write(Method::PUT, address, Sign::Bearer(ADMIN), MEDIUM, "edit_direct")
            .json(&NewMessage { message: text, to_contact: &message.conversation.id })?
            .repeatable();
        self.http.send(request).await?;
        Ok(SentMessage { edits: message.edits + 1, ..message.clone() })
    }

    pub(super) async fn read_inbox(&self, conversation: &Conversation, since: Timestamp) -> Result<Page<Incoming>> {
        let own = self.own_address("inbox").await?;
        let messages = self.newer_than(&conversation.id, since, "inbox").await?;
        let theirs = messages.into_iter().filter(|message| case_fold(&message.sender) != own);
        let items =
            theirs.map(|message| Incoming { from: conversation.with.clone(), at: message.at(), id: message.id, text: message.message });
        Ok(Page { items: items.collect(), next: None })
    }

    /// The sender's own message with this text since the attempt began.
    pub(super) async fn confirm_direct(&self, to: &Recipient, text: &str, since: Timestamp) -> Result<Option<Outcome>> {
        let own = self.own_address("confirm").await?;
        let contact = contact(to);
        let mut messages = self.newer_than(contact, no_earlier_than(since), "confirm").await?.into_iter();
        let ours = messages.find(|message| case_fold(&message.sender) == own && same_text(&message.message, text));
        Ok(ours.map(|ours| Outcome::Sent(message(contact, ours.id, to))))
    }

    /// Everything in a conversation after `since`, oldest first. Zoom counts whole seconds and promises no order.
    async fn newer_than(&self, contact: &str, since: Timestamp, operation: &'static str) -> Result<Vec<Message>> {
        let path = ["chat", "users", &self.sender(operation)?, "messages"];
        let from = since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut found = Vec::new();
        let mut token = String::new();
        for _ in 0..PAGES {
            let mut query = vec![("to_contact", contact), ("from", &from), ("page_size", PAGE)];
            if !token.is_empty() {
                query.push(("next_page_token", &token));
            }
            let page: Messages = self.read(&path, &query, MEDIUM, operation).await?;
            found.extend(page.messages.into_iter().filter(|message| message.at() > since));
            token = page.next_page_token.unwrap_or_default();
            if token.is_empty() {
                found.sort_by_key(Message::at);
                return Ok(found);
            }
        }
        Err(Error::new(Kind::Invalid, operation, "More was written in one Zoom conversation than User Sync reads back.")
            .on(INFO.id)
            .ask_admin("Use an account of its own as the sender on Zoom: enter its address as the sender and connect Zoom again."))
    }

    /// The name in the path of the one who speaks.
    fn sender(&self, operation: &'static str) -> Result<String> {
        match (self.http.subject(), &self.facts.identity) {
            (Subject::Grant(_), _) => Ok("me".to_owned()),
            (Subject::Connection, Some(identity)) => Ok(identity.account.clone()),
            (Subject::Connection, None) => Err(unconnected(operation)),
        }
    }

    /// The address by which messages name the one who speaks, case-folded.
    async fn own_address(&self, operation: &'static str) -> Result<String> {
        let address = match (self.http.subject(), &self.facts.identity) {
            (Subject::Connection, Some(identity)) => identity.email.clone(),
            (Subject::Connection, None) => return Err(unconnected(operation)),
            (Subject::Grant(_), _) => self.read_whoami().await?.email,
        };
        address
            .map(|address| case_fold(&address))
            .ok_or_else(|| Error::new(Kind::PlatformDown, operation, "Zoom does not tell the address of the sending account.").on(INFO.id))
    }
}

fn unconnected(operation: &'static str) -> Error {
    Error::new(Kind::SignedOut, operation, "Zoom is not connected yet.").on(INFO.id)
}

/// Zoom takes an address or an id; addresses are the older way and stand in all of its documents.
fn contact(to: &Recipient) -> &str {
    to.email.as_deref().unwrap_or(&to.account)
}

fn message(contact: &str, id: String, to: &Recipient) -> SentMessage {
    SentMessage { conversation: Conversation { id: contact.to_owned(), with: to.account.clone() }, id, edits: 0 }
}

fn check_length(text: &str, operation: &'static str) -> Result<()> {
    if text.chars().count() > INFO.text_limit {
        return Err(Error::invalid(operation, "The message is longer than Zoom takes.", "Shorten it to 1,024 characters.").on(INFO.id));
    }
    Ok(())
}
