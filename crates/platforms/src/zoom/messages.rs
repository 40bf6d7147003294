//! Direct messages of the sender: send, edit, read answers, look up an uncertain one.

use engine::error::{Error, Kind, Result};
use engine::model::{Conversation, Incoming, Intent, Outcome, Page, Recipient, SentMessage, case_fold};
use engine::platform::ConnectionFacts;
use engine::transport::{Request, Sign, Subject};
use http::Method;
use jiff::Timestamp;

use super::ZoomConnection;
use super::info::{ADMIN, API, INFO, MEDIUM};
use super::wire::{Message, Messages, NewMessage, Sent};
use crate::http::{behind, in_cloud, no_earlier_than, same_text, url};

/// Where an account's admin signs in.
const PORTAL: &str = "https://zoom.us/";
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

    /// The sender's own message with this text since the attempt began, behind the newest that is known.
    pub(super) async fn confirm_direct(
        &self,
        to: &Recipient,
        text: &str,
        since: Timestamp,
        after: Option<&str>,
    ) -> Result<Option<Outcome>> {
        let own = self.own_address("confirm").await?;
        let contact = contact(to);
        let messages = self.newer_than(contact, no_earlier_than(since), "confirm").await?;
        let mut messages = behind(messages, after, |message| &message.id);
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

/// The web portal: under Account Management, Reports, Chat History stands what was written.
pub(super) fn page(facts: &ConnectionFacts, intent: &Intent) -> Option<String> {
    let Intent::Direct { .. } = intent else { return None };
    in_cloud(&INFO, facts, "look_up", PORTAL).ok()
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

#[cfg(test)]
mod tests {
    use engine::model::{GrantId, Intent};
    use engine::transport::Repeat;

    use super::super::tests::{connection, connection_as, facts};
    use super::*;
    use crate::testing::answer;

    fn to() -> Recipient {
        Recipient { account: "U1".into(), email: Some("ana@a.example".into()), attributes: Default::default() }
    }

    fn listed(id: &str, sender: &str, second: u32, text: &str) -> String {
        let milliseconds = 1_767_600_600_000_i64 + i64::from(second) * 1000 + 250;
        format!(
            r#"{{"id":"{id}","message":"{text}","sender":"{sender}","send_member_id":"m","date_time":"2026-01-05T08:10:{second:02}Z","timestamp":{milliseconds},"status":"Normal"}}"#
        )
    }

    fn page(messages: &[String], token: &str) -> String {
        format!(r#"{{"messages":[{}],"next_page_token":"{token}","page_size":50}}"#, messages.join(","))
    }

    fn direct(text: &str) -> Intent {
        Intent::Direct {
            to: to(),
            text: text.into(),
            key: "k".into(),
            since: "2026-01-05T08:10:00.9Z".parse().unwrap(),
            sender: None,
            after: None,
        }
    }

    #[tokio::test]
    async fn a_message_is_sent_as_the_named_sender_and_edited_in_its_conversation() {
        let (connection, script) = connection(vec![answer(201, r#"{"id":"6c9b"}"#), answer(204, "")]);
        let sent = connection.send_direct(&to(), "hi", "k").await.unwrap();
        assert_eq!((sent.conversation.id.as_str(), sent.conversation.with.as_str(), sent.id.as_str()), ("ana@a.example", "U1", "6c9b"));
        assert_eq!(connection.edit_direct(&sent, "ho").await.unwrap().edits, 1);
        assert_eq!(
            script.sent(),
            "POST https://api.zoom.us/v2/chat/users/S1/messages {\"message\":\"hi\",\"to_contact\":\"ana@a.example\"}\n\
             PUT https://api.zoom.us/v2/chat/users/S1/messages/6c9b {\"message\":\"ho\",\"to_contact\":\"ana@a.example\"}"
        );
        assert_eq!(script.requests().iter().map(|request| request.repeat).collect::<Vec<_>>(), [Repeat::Once, Repeat::Safe]);
    }

    #[tokio::test]
    async fn an_employee_speaks_as_me_and_an_address_may_be_missing() {
        let (connection, script) =
            connection_as(engine::transport::Subject::Grant(GrantId(2)), facts(), vec![answer(201, r#"{"id":"1"}"#)]);
        let sent = connection.send_direct(&Recipient { email: None, ..to() }, "hi", "k").await.unwrap();
        assert_eq!(sent.conversation.id, "U1");
        assert_eq!(script.sent(), "POST https://api.zoom.us/v2/chat/users/me/messages {\"message\":\"hi\",\"to_contact\":\"U1\"}");
    }

    #[tokio::test]
    async fn zoom_takes_1024_characters_whatever_their_bytes() {
        let (connection, script) = connection(vec![answer(201, r#"{"id":"1"}"#)]);
        assert!(connection.send_direct(&to(), &"ü".repeat(1024), "k").await.is_ok());
        assert_eq!(connection.send_direct(&to(), &"x".repeat(1025), "k").await.unwrap_err().kind, Kind::Invalid);
        assert_eq!(script.requests().len(), 1);
    }

    #[tokio::test]
    async fn answers_are_what_was_not_ours_since_then_oldest_first() {
        let first = page(&[listed("3", "", 30, "no"), listed("2", "sync@A.example", 20, "prompt")], "tok");
        let second = page(&[listed("1", "ana@a.example", 10, "first"), listed("0", "ana@a.example", 0, "old")], "");
        let (connection, script) = connection(vec![answer(200, &first), answer(200, &second)]);
        let conversation = Conversation { id: "ana@a.example".into(), with: "U1".into() };
        let page = connection.inbox(&conversation, "2026-01-05T08:10:00.5Z".parse().unwrap(), None).await.unwrap();
        let texts: Vec<_> =
            page.items.iter().map(|incoming| (incoming.id.as_str(), incoming.from.as_str(), incoming.text.as_str())).collect();
        assert_eq!(texts, [("1", "U1", "first"), ("3", "U1", "no")]);
        assert_eq!(
            script.sent(),
            "GET https://api.zoom.us/v2/chat/users/S1/messages?to_contact=ana%40a.example&from=2026-01-05T08%3A10%3A00Z&page_size=50\n\
             GET https://api.zoom.us/v2/chat/users/S1/messages?to_contact=ana%40a.example&from=2026-01-05T08%3A10%3A00Z&page_size=50&next_page_token=tok"
        );
    }

    #[tokio::test]
    async fn an_uncertain_message_is_found_by_its_text_among_the_senders_own() {
        let (found, script) =
            connection(vec![answer(200, &page(&[listed("2", "ana@a.example", 0, "hi"), listed("1", "sync@a.example", 0, "hi ")], ""))]);
        let Some(Outcome::Sent(sent)) = found.confirm(&direct("hi")).await.unwrap() else { panic!("it is there") };
        assert_eq!((sent.id.as_str(), sent.conversation.with.as_str()), ("1", "U1"));
        assert!(script.sent().contains("from=2026-01-04T08%3A10%3A00Z"), "a day earlier, because clocks may be wrong: {}", script.sent());
        let theirs = page(&[listed("2", "ana@a.example", 0, "hi"), listed("3", "sync@a.example", 0, "other")], "");
        assert_eq!(connection(vec![answer(200, &theirs)]).0.confirm(&direct("hi")).await.unwrap(), None);
        let Intent::Direct { to, text, key, since, .. } = direct("hi") else { panic!("a message") };
        let behind = Intent::Direct { to, text, key, since, sender: None, after: Some("1".into()) };
        let known = page(&[listed("1", "sync@a.example", 0, "hi")], "");
        assert_eq!(connection(vec![answer(200, &known)]).0.confirm(&behind).await.unwrap(), None);
    }

    #[tokio::test]
    async fn before_anybody_is_connected_nothing_is_sent() {
        let (connection, script) = connection_as(engine::transport::Subject::Connection, Default::default(), vec![]);
        assert_eq!(connection.send_direct(&to(), "hi", "k").await.unwrap_err().kind, Kind::SignedOut);
        assert_eq!(script.sent(), "");
    }
}
