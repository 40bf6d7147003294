//! Direct messages of the sender: send, edit, read answers, look up an uncertain one.

use engine::error::{Error, Kind, Result};
use engine::model::{Conversation, Incoming, Outcome, Page, Recipient, SentMessage};
use engine::transport::{Request, Sign};
use http::Method;
use jiff::Timestamp;

use super::info::{ADMIN, API, CLASS, EDITS, INFO};
use super::wire::{Items, Message, NewDirect, NewText};
use super::WebexConnection;
use crate::http::{no_earlier_than, same_text, url};

/// Messages per page when reading back.
const PAGE: &str = "100";
/// Pages read back at most: a prompt's conversation never holds ten thousand messages since the prompt.
const PAGES: usize = 100;

impl WebexConnection {
    pub(super) async fn post_direct(&self, to: &Recipient, text: &str) -> Result<SentMessage> {
        check_length(text, "send_direct")?;
        let request = Request::write(Method::POST, url("send_direct", API, &["messages"], &[])?, Sign::Bearer(ADMIN), CLASS, "send_direct")
            .json(&NewDirect { to_person_id: &to.account, text })?;
        let message: Message = self.http.read(request).await?;
        Ok(sent(message, &to.account))
    }

    pub(super) async fn put_direct(&self, message: &SentMessage, text: &str) -> Result<SentMessage> {
        check_length(text, "edit_direct")?;
        if message.edits >= EDITS {
            return Err(Error::new(Kind::Unsupported, "edit_direct", "Webex lets a message be changed ten times.").on(INFO.id));
        }
        let address = url("edit_direct", API, &["messages", &message.id], &[])?;
        let request = Request::write(Method::PUT, address, Sign::Bearer(ADMIN), CLASS, "edit_direct")
            .json(&NewText { room_id: &message.conversation.id, text })?
            .repeatable();
        self.http.send(request).await?;
        Ok(SentMessage { edits: message.edits + 1, ..message.clone() })
    }

    pub(super) async fn read_inbox(&self, conversation: &Conversation, since: Timestamp) -> Result<Page<Incoming>> {
        let messages = self.newer_than(conversation.id.clone(), since, "inbox").await?;
        let theirs = messages.into_iter().filter(|message| message.person_id.as_deref() == Some(&conversation.with));
        let items = theirs.map(|message| Incoming {
            id: message.id,
            from: conversation.with.clone(),
            text: message.text.unwrap_or_default(),
            at: message.created,
        });
        Ok(Page { items: items.collect(), next: None })
    }

    /// The sender's own message with this text since the attempt began.
    pub(super) async fn confirm_direct(&self, to: &Recipient, text: &str, since: Timestamp) -> Result<Option<Outcome>> {
        let first: Result<Items<Message>> = self.read_as_admin(&["messages", "direct"], &[("personId", &to.account)], "confirm").await;
        let room = match first {
            Ok(page) => page.items.into_iter().next().map(|message| message.room_id),
            Err(error) if error.kind == Kind::NotFound => None,
            Err(error) => return Err(error),
        };
        let Some(room) = room else { return Ok(None) };
        let mut messages = self.newer_than(room, no_earlier_than(since), "confirm").await?.into_iter();
        let ours = messages.find(|message| message.person_id.as_deref() != Some(&to.account) && message.text.as_deref().is_some_and(|found| same_text(found, text)));
        Ok(ours.map(|message| Outcome::Sent(sent(message, &to.account))))
    }

    /// Everything in a room after `since`, oldest first. Webex lists newest first, so the pages are read back to `since`.
    async fn newer_than(&self, room: String, since: Timestamp, operation: &'static str) -> Result<Vec<Message>> {
        let mut found = Vec::new();
        let mut cursor = None;
        for _ in 0..PAGES {
            let first = || url(operation, API, &["messages"], &[("roomId", &room), ("max", PAGE)]);
            let (page, next) = self.read_page::<Message>(cursor.as_deref(), first, operation).await?;
            let reached = page.iter().any(|message| message.created <= since);
            found.extend(page.into_iter().filter(|message| message.created > since));
            cursor = next;
            if reached || cursor.is_none() {
                found.sort_by_key(|message| message.created);
                return Ok(found);
            }
        }
        Err(Error::new(Kind::Invalid, operation, "More was written in one Webex conversation than User Sync reads back.")
            .on(INFO.id)
            .ask_admin("Use an account of its own as the sender on Webex: connect Webex again with a service account."))
    }
}

fn sent(message: Message, with: &str) -> SentMessage {
    SentMessage { conversation: Conversation { id: message.room_id, with: with.to_owned() }, id: message.id, edits: 0 }
}

/// The limit is counted in bytes.
fn check_length(text: &str, operation: &'static str) -> Result<()> {
    if text.len() > INFO.text_limit {
        return Err(Error::invalid(operation, "The message is longer than Webex takes.", "Shorten it to 7,439 bytes.").on(INFO.id));
    }
    Ok(())
}
