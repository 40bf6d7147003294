//! Direct messages of the sender: send, edit, read answers, look up an uncertain one.

use engine::error::{Error, Kind, Result};
use engine::model::{Conversation, Incoming, Outcome, Page, Recipient, SentMessage};
use engine::platform::ConnectionFacts;
use engine::transport::{Request, Sign};
use http::Method;
use jiff::Timestamp;

use super::TeamsConnection;
use super::info::{ADMIN, API, INFO, MESSAGES_READ, MESSAGES_WRITE, TEAMS_WRITE};
use super::people::GUEST;
use super::wire::{Body, Identified, Message, NewBody, NewChat, NewMember, NewMessage};
use crate::html::plain_text;
use crate::http::{behind, in_cloud, no_earlier_than, same_text, url};

/// Leads to the chat with the people that it names.
const CHAT: &str = "https://teams.microsoft.com/l/chat/0/0";
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
        let api = in_cloud(&INFO, &self.facts, operation, API)?;
        let chat = NewChat { chat_type: "oneOnOne", members: [member(&api, &sender, "owner"), member(&api, &with.account, role)] };
        let request = Request::write(Method::POST, url(operation, API, &["chats"], &[])?, Sign::Bearer(ADMIN), TEAMS_WRITE, operation)
            .json(&chat)?
            .repeatable();
        let chat: Identified = self.http.read(request).await?;
        Ok(chat.id)
    }

    pub(super) async fn patch_direct(&self, message: &SentMessage, text: &str) -> Result<SentMessage> {
        check_length(text, "edit_direct")?;
        let address = url("edit_direct", API, &["chats", &message.conversation.id, "messages", &message.id], &[])?;
        let request = Request::write(Method::PATCH, address, Sign::Bearer(ADMIN), TEAMS_WRITE, "edit_direct")
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

    /// The sender's own message with this text since the attempt began, behind the newest that is known.
    pub(super) async fn confirm_direct(
        &self,
        to: &Recipient,
        text: &str,
        since: Timestamp,
        after: Option<&str>,
    ) -> Result<Option<Outcome>> {
        let chat = self.open_chat(to, "confirm").await?;
        let messages = self.newer_than(&chat, no_earlier_than(since), "confirm").await?;
        let mut messages = behind(messages, after, |message| &message.id);
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

/// The chat with a person, for whoever is signed in there as the sender.
pub(super) fn page(facts: &ConnectionFacts, to: &Recipient) -> Option<String> {
    let page = url("look_up", CHAT, &[], &[("users", to.email.as_deref()?)]).ok()?;
    in_cloud(&INFO, facts, "look_up", page.as_str()).ok()
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

fn member(api: &str, account: &str, role: &'static str) -> NewMember {
    NewMember { odata_type: "#microsoft.graph.aadUserConversationMember", roles: [role], user: format!("{api}users('{account}')") }
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

#[cfg(test)]
mod tests {
    use engine::model::{GrantId, Intent};
    use engine::transport::{Repeat, Subject};

    use super::super::tests::{connection, connection_as, facts, facts_in, readable};
    use super::*;
    use crate::testing::answer;

    const CHAT: &str = r#"{"@odata.context":"x","id":"19:S1_U1@unq.gbl.spaces","topic":null,"chatType":"oneOnOne"}"#;

    fn to() -> Recipient {
        Recipient { account: "U1".into(), email: None, attributes: Default::default() }
    }

    fn message(id: &str, from: &str, minute: u32, kind: &str, content: &str) -> String {
        format!(
            r#"{{"id":"{id}","etag":"{id}","messageType":"message","createdDateTime":"2026-01-05T08:{minute:02}:00.25Z","lastModifiedDateTime":"2026-01-05T08:{minute:02}:00.25Z","deletedDateTime":null,
                "chatId":"c","from":{{"application":null,"user":{{"id":"{from}","userIdentityType":"aadUser"}}}},"body":{{"contentType":"{kind}","content":"{content}"}}}}"#
        )
    }

    fn page(messages: &[String]) -> String {
        format!(r#"{{"value":[{}]}}"#, messages.join(","))
    }

    fn direct(text: &str) -> Intent {
        Intent::Direct {
            to: to(),
            text: text.into(),
            key: "k".into(),
            since: "2026-01-05T08:10:00Z".parse().unwrap(),
            sender: None,
            after: None,
        }
    }

    #[tokio::test]
    async fn a_message_goes_into_the_one_chat_of_sender_and_person() {
        let (connection, script) = connection(vec![answer(201, CHAT), answer(201, r#"{"id":"1700000000123","etag":"1"}"#)]);
        let sent = connection.send_direct(&to(), "Hello <Ana>", "k").await.unwrap();
        assert_eq!(
            (sent.conversation.id.as_str(), sent.conversation.with.as_str(), sent.id.as_str()),
            ("19:S1_U1@unq.gbl.spaces", "U1", "1700000000123")
        );
        assert_eq!(
            script.sent(),
            "POST https://graph.microsoft.com/v1.0/chats {\"chatType\":\"oneOnOne\",\"members\":[\
             {\"@odata.type\":\"#microsoft.graph.aadUserConversationMember\",\"roles\":[\"owner\"],\"user@odata.bind\":\"https://graph.microsoft.com/v1.0/users('S1')\"},\
             {\"@odata.type\":\"#microsoft.graph.aadUserConversationMember\",\"roles\":[\"owner\"],\"user@odata.bind\":\"https://graph.microsoft.com/v1.0/users('U1')\"}]}\n\
             POST https://graph.microsoft.com/v1.0/chats/19:S1_U1@unq.gbl.spaces/messages {\"body\":{\"contentType\":\"text\",\"content\":\"Hello <Ana>\"}}"
        );
        let repeats: Vec<Repeat> = script.requests().iter().map(|request| request.repeat).collect();
        assert_eq!(repeats, [Repeat::Safe, Repeat::Once]);
    }

    #[tokio::test]
    async fn a_guest_joins_a_chat_as_a_guest_and_an_employee_speaks_as_themselves() {
        let guest = Recipient { attributes: [("guest".to_owned(), "true".to_owned())].into(), ..to() };
        let answers = vec![answer(200, r#"{"id":"U7","displayName":"Bo"}"#), answer(201, CHAT), answer(201, r#"{"id":"1"}"#)];
        let (connection, script) = connection_as(Subject::Grant(GrantId(1)), facts(), answers);
        connection.send_direct(&guest, "x", "k").await.unwrap();
        let chat = String::from_utf8(script.requests()[1].body.to_vec()).unwrap();
        assert!(chat.contains(r#""roles":["owner"],"user@odata.bind":"https://graph.microsoft.com/v1.0/users('U7')""#), "{chat}");
        assert!(chat.contains(r#""roles":["guest"],"user@odata.bind":"https://graph.microsoft.com/v1.0/users('U1')""#), "{chat}");
    }

    #[tokio::test]
    async fn the_members_of_a_chat_are_named_in_the_words_of_the_connections_cloud() {
        for (cloud, graph) in
            [("gcc-high", "graph.microsoft.us"), ("dod", "dod-graph.microsoft.us"), ("china", "microsoftgraph.chinacloudapi.cn")]
        {
            let answers = vec![answer(201, CHAT), answer(201, r#"{"id":"1"}"#)];
            let (connection, script) = connection_as(Subject::Connection, facts_in(cloud), answers);
            connection.send_direct(&to(), "x", "k").await.unwrap();
            let chat = String::from_utf8(script.requests()[0].body.to_vec()).unwrap();
            assert!(chat.contains(&format!(r#""user@odata.bind":"https://{graph}/v1.0/users('U1')""#)), "{chat}");
            assert!(!chat.contains("graph.microsoft.com"), "{chat}");
        }
    }

    #[tokio::test]
    async fn an_edit_replaces_the_text_and_may_be_repeated() {
        let (connection, script) = connection(vec![answer(204, "")]);
        let message = sent("19:S1_U1@unq.gbl.spaces".into(), "17".into(), "U1");
        assert_eq!(connection.edit_direct(&message, "new").await.unwrap().edits, 1);
        assert_eq!(
            script.sent(),
            "PATCH https://graph.microsoft.com/v1.0/chats/19:S1_U1@unq.gbl.spaces/messages/17 {\"body\":{\"contentType\":\"text\",\"content\":\"new\"}}"
        );
        assert_eq!(script.requests()[0].repeat, Repeat::Safe);
    }

    #[tokio::test]
    async fn a_text_that_is_too_long_is_refused_before_anything_is_sent() {
        let (connection, script) = connection(vec![]);
        assert_eq!(connection.send_direct(&to(), &"x".repeat(7_001), "k").await.unwrap_err().kind, Kind::Invalid);
        assert_eq!(script.sent(), "");
    }

    #[tokio::test]
    async fn answers_are_what_the_other_side_wrote_since_then_as_text_and_oldest_first() {
        let mut deleted = message("5", "U1", 15, "text", "");
        deleted = deleted.replace("\"deletedDateTime\":null", "\"deletedDateTime\":\"2026-01-05T08:16:00Z\"");
        let system = message("6", "U1", 15, "html", "x").replace("\"messageType\":\"message\"", "\"messageType\":\"systemEventMessage\"");
        let first = page(&[message("4", "U1", 14, "html", "<p>no</p>"), deleted, system, message("3", "S1", 13, "text", "prompt")]);
        let link = "https://graph.microsoft.com/v1.0/chats/c/messages?$skiptoken=2";
        let first = first.replacen('{', &format!(r#"{{"@odata.nextLink":"{link}","#), 1);
        // Written before, changed since.
        let second = page(&[message("2", "U1", 12, "html", "first &amp; <b>bold</b>"), message("1", "U1", 9, "text", "old")]);
        let (connection, script) = connection(vec![answer(200, &first), answer(200, &second)]);
        let conversation = Conversation { id: "19:S1_U1@unq.gbl.spaces".into(), with: "U1".into() };
        let page = connection.inbox(&conversation, "2026-01-05T08:10:00.1234Z".parse().unwrap(), None).await.unwrap();
        let texts: Vec<_> =
            page.items.iter().map(|incoming| (incoming.id.as_str(), incoming.from.as_str(), incoming.text.as_str())).collect();
        assert_eq!(texts, [("2", "U1", "first & bold"), ("4", "U1", "no")]);
        assert_eq!(
            readable(&script.sent()),
            format!(
                "GET https://graph.microsoft.com/v1.0/chats/19:S1_U1@unq.gbl.spaces/messages?$top=50&$orderby=lastModifiedDateTime desc&$filter=lastModifiedDateTime gt 2026-01-05T08:10:00.123Z\nGET {link}"
            )
        );
    }

    #[tokio::test]
    async fn an_uncertain_message_is_found_by_its_text_among_the_senders_own() {
        let ours = page(&[message("9", "S1", 11, "html", "<p>Hello<br>Ana</p>"), message("8", "U1", 11, "text", "Hello")]);
        let found = connection(vec![answer(201, CHAT), answer(200, &ours)]).0.confirm(&direct("Hello\nAna")).await.unwrap();
        let Some(Outcome::Sent(sent)) = found else { panic!("it is there") };
        assert_eq!(sent.id, "9");
        // The person's own words, and what stands before the newest known message, are not ours.
        let theirs = page(&[message("8", "U1", 11, "text", "Hello"), message("7", "S1", 2, "text", "Hello")]);
        let Intent::Direct { to, text, key, since, .. } = direct("Hello") else { panic!("a message") };
        let behind = Intent::Direct { to, text, key, since, sender: None, after: Some("7".into()) };
        assert_eq!(connection(vec![answer(201, CHAT), answer(200, &theirs)]).0.confirm(&behind).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_clock_that_is_wrong_by_hours_makes_no_message_unknown() {
        let (connection, script) = connection(vec![answer(201, CHAT), answer(200, &page(&[message("9", "S1", 2, "text", "Hello")]))]);
        assert!(connection.confirm(&direct("Hello")).await.unwrap().is_some());
        assert!(readable(&script.sent()).contains("lastModifiedDateTime gt 2026-01-04T08:10:00.000Z"), "{}", script.sent());
    }
}
