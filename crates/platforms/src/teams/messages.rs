//! Direct messages of the sender: send, edit, read answers, look up an uncertain one.

use engine::error::{Error, Kind, Result};
use engine::model::{Conversation, Incoming, Outcome, Page, Recipient, SentMessage};
use engine::transport::{Request, Sign};
use http::Method;
use jiff::Timestamp;

use super::TeamsConnection;
use super::info::{ADMIN, API, CHATS, INFO, MESSAGES_READ, MESSAGES_WRITE};
use super::people::GUEST;
use super::wire::{Body, Identified, Message, NewBody, NewChat, NewMember, NewMessage};
use crate::html::plain_text;
use crate::http::{no_earlier_than, same_text, url};

/// Messages per page when reading back; Graph's own ceiling.
const PAGE: &str = "50";
/// Pages read back at most: a prompt's conversation never holds five thousand messages since the prompt.
const PAGES: usize = 100;

impl TeamsConnection {
    pub(super) async fn post_direct(&self, to: &Recipient, text: &str) -> Result<SentMessage> {
        check_length(text, "send_direct")?;
        let chat = self.open_chat(to, "send_direct").await?;
        let address = url("send_direct", API, &["chats", &chat, "messages"], &[])?;
        let request = Request::write(Method::POST, address, Sign::Bearer(ADMIN), MESSAGES_WRITE, "send_direct")
            .json(&NewMessage { body: plain(text) })?;
        let message: Identified = self.http.read(request).await?;
        Ok(sent(chat, message.id, &to.account))
    }

    /// Opening the chat of two people again gives the same chat.
    async fn open_chat(&self, with: &Recipient, operation: &'static str) -> Result<String> {
        let sender = self.own_account(operation).await?;
        let role = if with.attributes.contains_key(GUEST) { "guest" } else { "owner" };
        let chat = NewChat { chat_type: "oneOnOne", members: [member(&sender, "owner"), member(&with.account, role)] };
        let request = Request::write(Method::POST, url(operation, API, &["chats"], &[])?, Sign::Bearer(ADMIN), CHATS, operation)
            .json(&chat)?
            .repeatable();
        let chat: Identified = self.http.read(request).await?;
        Ok(chat.id)
    }

    pub(super) async fn patch_direct(&self, message: &SentMessage, text: &str) -> Result<SentMessage> {
        check_length(text, "edit_direct")?;
        let address = url("edit_direct", API, &["chats", &message.conversation.id, "messages", &message.id], &[])?;
        let request = Request::write(Method::PATCH, address, Sign::Bearer(ADMIN), MESSAGES_WRITE, "edit_direct")
            .json(&NewMessage { body: plain(text) })?
            .repeatable();
        self.http.send(request).await?;
        Ok(SentMessage { edits: message.edits + 1, ..message.clone() })
    }

    pub(super) async fn read_inbox(&self, conversation: &Conversation, since: Timestamp) -> Result<Page<Incoming>> {
        let messages = self.newer_than(&conversation.id, since, "inbox").await?;
        let theirs = messages.into_iter().filter(|message| author(message) == Some(&conversation.with));
        let items = theirs.map(|message| Incoming {
            from: conversation.with.clone(),
            text: message.body.as_ref().map(shown_text).unwrap_or_default(),
            at: message.created_date_time,
            id: message.id,
        });
        Ok(Page { items: items.collect(), next: None })
    }

    /// The sender's own message with this text since the attempt began.
    pub(super) async fn confirm_direct(&self, to: &Recipient, text: &str, since: Timestamp) -> Result<Option<Outcome>> {
        let chat = self.open_chat(to, "confirm").await?;
        let mut messages = self.newer_than(&chat, no_earlier_than(since), "confirm").await?.into_iter();
        let ours = messages.find(|message| {
            author(message).is_some_and(|author| author.as_str() != to.account)
                && message.body.as_ref().is_some_and(|body| same_text(&shown_text(body), text))
        });
        Ok(ours.map(|message| Outcome::Sent(sent(chat, message.id, &to.account))))
    }

    /// What people wrote in a chat after `since`, oldest first. Graph lists newest first and filters by the time of the last
    /// change only, so the pages are read back and filtered again here.
    async fn newer_than(&self, chat: &str, since: Timestamp, operation: &'static str) -> Result<Vec<Message>> {
        let filter = format!("lastModifiedDateTime gt {since:.3}");
        let query = [("$top", PAGE), ("$orderby", "lastModifiedDateTime desc"), ("$filter", filter.as_str())];
        let mut found = Vec::new();
        let mut cursor = None;
        for _ in 0..PAGES {
            let first = || url(operation, API, &["chats", chat, "messages"], &query);
            let (page, next) = self.read_page::<Message>(cursor.as_deref(), first, MESSAGES_READ, operation).await?;
            found.extend(page.into_iter().filter(|message| message.created_date_time > since && is_written(message)));
            cursor = next;
            if cursor.is_none() {
                found.sort_by_key(|message| message.created_date_time);
                return Ok(found);
            }
        }
        Err(Error::new(Kind::Invalid, operation, "More was written in one Teams chat than User Sync reads back.")
            .on(INFO.id)
            .ask_admin("Use an account of its own as the sender in Microsoft Teams: connect Microsoft Teams again with a service account."))
    }
}

/// Not a notice of the system, and not deleted.
fn is_written(message: &Message) -> bool {
    message.message_type.as_deref().is_none_or(|kind| kind == "message") && message.deleted_date_time.is_none()
}

fn author(message: &Message) -> Option<&String> {
    message.from.as_ref()?.user.as_ref()?.id.as_ref()
}

/// Teams writes HTML, whatever people typed.
fn shown_text(body: &Body) -> String {
    let content = body.content.as_deref().unwrap_or_default();
    if body.content_type.as_deref() == Some("html") { plain_text(content) } else { content.to_owned() }
}

fn plain(text: &str) -> NewBody<'_> {
    NewBody { content_type: "text", content: text }
}

fn member(account: &str, role: &'static str) -> NewMember {
    NewMember { odata_type: "#microsoft.graph.aadUserConversationMember", roles: [role], user: format!("{API}users('{account}')") }
}

fn sent(chat: String, id: String, with: &str) -> SentMessage {
    SentMessage { conversation: Conversation { id: chat, with: with.to_owned() }, id, edits: 0 }
}

fn check_length(text: &str, operation: &'static str) -> Result<()> {
    if text.chars().count() > INFO.text_limit {
        return Err(Error::invalid(
            operation,
            "The message is longer than User Sync sends to Microsoft Teams.",
            "Shorten it to 7,000 characters.",
        )
        .on(INFO.id));
    }
    Ok(())
}
