//! Direct messages of the sender: send, edit, read answers, look up an uncertain one.

use engine::error::{Error, Kind, Result};
use engine::model::{Conversation, Incoming, Intent, Outcome, Page, Recipient, SentMessage};
use engine::platform::ConnectionFacts;
use engine::transport::{Request, Sign};
use http::Method;
use jiff::Timestamp;

use super::WebexConnection;
use super::info::{ADMIN, API, CLASS, EDITS, INFO};
use super::wire::{Items, Message, NewDirect, NewText};
use crate::http::{behind, no_earlier_than, same_text, url};

/// Webex in the browser.
const WEB_CLIENT: &str = "https://web.webex.com/";
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

    /// The sender's own message with this text since the attempt began, behind the newest that is known.
    pub(super) async fn confirm_direct(
        &self,
        to: &Recipient,
        text: &str,
        since: Timestamp,
        after: Option<&str>,
    ) -> Result<Option<Outcome>> {
        let first: Result<Items<Message>> = self.read_as_admin(&["messages", "direct"], &[("personId", &to.account)], "confirm").await;
        let room = match first {
            Ok(page) => page.items.into_iter().next().map(|message| message.room_id),
            Err(error) if error.kind == Kind::NotFound => None,
            Err(error) => return Err(error),
        };
        let Some(room) = room else { return Ok(None) };
        let mut messages = behind(self.newer_than(room, no_earlier_than(since), "confirm").await?, after, |message| &message.id);
        let ours = messages.find(|message| {
            message.person_id.as_deref() != Some(&to.account) && message.text.as_deref().is_some_and(|found| same_text(found, text))
        });
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

/// Where whoever is signed in as the sender reads its conversations.
pub(super) fn page(facts: &ConnectionFacts, intent: &Intent) -> Option<String> {
    let is_commercial = INFO.clouds.first() == Some(INFO.cloud(facts).ok()?);
    (is_commercial && matches!(intent, Intent::Direct { .. })).then(|| WEB_CLIENT.to_owned())
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

#[cfg(test)]
mod tests {
    use super::super::tests::connection;
    use super::*;
    use crate::testing::{answer, answer_with};
    use engine::transport::Repeat;

    const SENT: &str = r#"{"id":"M1","roomId":"R1","roomType":"direct","text":"hi","personId":"P1","personEmail":"it@a.example","created":"2026-01-05T08:00:00.000Z"}"#;

    fn bo() -> Recipient {
        Recipient { account: "P2".into(), email: None, attributes: Default::default() }
    }

    fn message(edits: u32) -> SentMessage {
        SentMessage { conversation: Conversation { id: "R1".into(), with: "P2".into() }, id: "M1".into(), edits }
    }

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn item(id: &str, from: &str, text: &str, created: &str) -> String {
        format!(
            r#"{{"id":"{id}","roomId":"R1","roomType":"direct","text":"{text}","personId":"{from}","personEmail":"x@a.example","created":"{created}"}}"#
        )
    }

    fn list(items: &[String]) -> String {
        format!(r#"{{"items":[{}]}}"#, items.join(","))
    }

    #[tokio::test]
    async fn a_message_goes_to_the_person_once() {
        let (connection, script) = connection(vec![answer(200, SENT)]);
        assert_eq!(connection.send_direct(&bo(), "hi", "k").await.unwrap(), message(0));
        assert_eq!(script.sent(), r#"POST https://webexapis.com/v1/messages {"toPersonId":"P2","text":"hi"}"#);
        assert_eq!(script.requests()[0].repeat, Repeat::Once);
    }

    #[tokio::test]
    async fn the_text_limit_counts_bytes_and_is_checked_before_sending() {
        let (connection, script) = connection(vec![answer(200, SENT)]);
        assert_eq!(connection.send_direct(&bo(), &"ä".repeat(3720), "k").await.unwrap_err().kind, Kind::Invalid);
        assert_eq!(script.sent(), "");
        assert!(connection.send_direct(&bo(), &"ä".repeat(3719), "k").await.is_ok());
    }

    #[tokio::test]
    async fn an_edit_is_counted_and_the_eleventh_is_not_tried() {
        let (connection, script) = connection(vec![answer(200, SENT)]);
        assert_eq!(connection.edit_direct(&message(9), "ho").await.unwrap(), message(10));
        assert_eq!(connection.edit_direct(&message(10), "ho").await.unwrap_err().kind, Kind::Unsupported);
        assert_eq!(script.sent(), r#"PUT https://webexapis.com/v1/messages/M1 {"roomId":"R1","text":"ho"}"#);
    }

    #[tokio::test]
    async fn an_edit_that_webex_refuses_is_no_longer_possible() {
        let error = connection(vec![answer(400, r#"{"message":"edits"}"#)]).0.edit_direct(&message(3), "ho").await.unwrap_err();
        assert_eq!(error.kind, Kind::Unsupported);
    }

    #[tokio::test]
    async fn the_inbox_holds_what_the_person_wrote_since_oldest_first_over_all_pages() {
        let newest = list(&[item("4", "P2", "second", "2026-01-05T08:04:00Z"), item("3", "P1", "ours", "2026-01-05T08:03:00Z")]);
        let older = list(&[item("2", "P2", "first", "2026-01-05T08:02:00Z"), item("1", "P2", "old", "2026-01-05T08:00:00Z")]);
        let link = ("link", "<https://webexapis.com/v1/messages?roomId=R1&max=100&beforeMessage=3>; rel=\"next\"");
        let (connection, script) = connection(vec![answer_with(200, link, &newest), answer_with(200, link, &older)]);
        let page = connection.inbox(&message(0).conversation, at("2026-01-05T08:00:00Z"), None).await.unwrap();
        let seen: Vec<_> = page.items.iter().map(|incoming| (incoming.text.as_str(), incoming.from.as_str())).collect();
        assert_eq!((seen, page.next), (vec![("first", "P2"), ("second", "P2")], None));
        assert_eq!(
            script.sent(),
            "GET https://webexapis.com/v1/messages?roomId=R1&max=100\nGET https://webexapis.com/v1/messages?roomId=R1&max=100&beforeMessage=3"
        );
    }

    fn intent() -> Intent {
        Intent::Direct {
            to: bo(),
            text: "line one\nline two".into(),
            key: "k".into(),
            since: at("2026-01-05T08:00:00Z"),
            sender: None,
            after: None,
        }
    }

    #[tokio::test]
    async fn an_uncertain_message_is_found_by_its_text_within_the_skew_of_clocks() {
        let ours = item("M7", "P1", "line one\\r\\nline two", "2026-01-05T07:59:30Z");
        let theirs = item("M8", "P2", "line one\\nline two", "2026-01-05T08:01:00Z");
        let answers = vec![answer(200, &list(&[theirs.clone(), ours.clone()])), answer(200, &list(&[theirs, ours]))];
        let (connection, script) = connection(answers);
        let found = connection.confirm(&intent()).await.unwrap();
        assert_eq!(found, Some(Outcome::Sent(SentMessage { id: "M7".into(), ..message(0) })));
        assert_eq!(
            script.sent(),
            "GET https://webexapis.com/v1/messages/direct?personId=P2\nGET https://webexapis.com/v1/messages?roomId=R1&max=100"
        );
    }

    #[tokio::test]
    async fn a_message_with_the_same_text_from_before_the_newest_known_one_is_not_it() {
        let old = list(&[item("M7", "P1", "line one\\nline two", "2026-01-05T07:58:00Z")]);
        let Intent::Direct { to, text, key, since, .. } = intent() else { panic!("a message") };
        let behind = |after: &str| Intent::Direct {
            to: to.clone(),
            text: text.clone(),
            key: key.clone(),
            since,
            sender: None,
            after: Some(after.into()),
        };
        assert_eq!(connection(vec![answer(200, &old), answer(200, &old)]).0.confirm(&behind("M7")).await.unwrap(), None);
        let found = connection(vec![answer(200, &old), answer(200, &old)]).0.confirm(&behind("M6")).await.unwrap();
        assert!(found.is_some(), "clocks differ");
    }

    #[tokio::test]
    async fn where_no_conversation_is_nothing_was_sent() {
        assert_eq!(connection(vec![answer(404, "{}")]).0.confirm(&intent()).await.unwrap(), None);
        assert_eq!(connection(vec![answer(200, r#"{"items":[]}"#)]).0.confirm(&intent()).await.unwrap(), None);
    }
}
