//! Direct messages of the app: send, edit, read answers, look up an uncertain one.

use std::collections::BTreeMap;

use engine::error::{Error, Kind, Result};
use engine::model::{Conversation, Incoming, Intent, Outcome, Page, Recipient, SentMessage};
use engine::platform::ConnectionFacts;
use engine::transport::{Request, Sign};
use http::Method;
use jiff::Timestamp;

use super::SlackConnection;
use super::info::{API, BOT, HISTORY, INFO, OPEN, POST, UPDATE};
use super::wire::{History, Message, NewMetadata, NewPost, NewText, OpenDirect, Opened, Posted};
use crate::http::{behind, in_cloud, no_earlier_than, same_text, url};

/// Our mark on a message: `metadata` with this type and the idempotency key.
const MARK: &str = "user_sync";
/// Leads to a conversation in the workspace.
const CONVERSATION: &str = "https://slack.com/app_redirect";
/// Messages per page when reading back.
const PAGE: &str = "200";
/// Pages read back at most: a prompt's conversation never holds ten thousand messages since the prompt.
const PAGES: usize = 50;

impl SlackConnection {
    pub(super) async fn post_direct(&self, to: &Recipient, text: &str, key: &str) -> Result<SentMessage> {
        let text = escaped(text, "send_direct")?;
        let channel = self.open_direct(&to.account, "send_direct").await?;
        let post = NewPost {
            channel: &channel,
            text: &text,
            link_names: false,
            unfurl_links: false,
            unfurl_media: false,
            metadata: NewMetadata { event_type: MARK, event_payload: BTreeMap::from([("key", key)]) },
        };
        let request =
            Request::write(Method::POST, url("send_direct", API, &["chat.postMessage"], &[])?, Sign::Bearer(BOT), POST, "send_direct")
                .json(&post)?
                .channel(&channel);
        let posted: Posted = self.http.read(request).await?;
        Ok(SentMessage { conversation: Conversation { id: posted.channel, with: to.account.clone() }, id: posted.ts, edits: 0 })
    }

    pub(super) async fn update_direct(&self, message: &SentMessage, text: &str) -> Result<SentMessage> {
        let text = escaped(text, "edit_direct")?;
        let update = NewText { channel: &message.conversation.id, ts: &message.id, text: &text, link_names: false };
        let request =
            Request::write(Method::POST, url("edit_direct", API, &["chat.update"], &[])?, Sign::Bearer(BOT), UPDATE, "edit_direct")
                .json(&update)?
                .repeatable();
        self.http.send(request).await?;
        Ok(SentMessage { edits: message.edits + 1, ..message.clone() })
    }

    pub(super) async fn read_inbox(&self, conversation: &Conversation, since: Timestamp) -> Result<Page<Incoming>> {
        let messages = self.newer_than(&conversation.id, since, "inbox").await?;
        let theirs = messages.into_iter().filter(|message| {
            let said = matches!(message.subtype.as_deref(), None | Some("file_share" | "thread_broadcast"));
            said && message.bot_id.is_none() && message.user.as_deref() == Some(&conversation.with)
        });
        let items = theirs.filter_map(|message| {
            let at = time_of(&message.ts)?;
            Some(Incoming { from: conversation.with.clone(), text: plain(&message.text.unwrap_or_default()), at, id: message.ts })
        });
        Ok(Page { items: items.collect(), next: None })
    }

    /// The app's own message with this key since the attempt began. Where Slack shows no mark on a message of the app, its text
    /// says whether it is this one, if it stands behind the newest that is known.
    pub(super) async fn confirm_direct(
        &self,
        to: &Recipient,
        text: &str,
        key: &str,
        since: Timestamp,
        after: Option<&str>,
    ) -> Result<Option<Outcome>> {
        let channel = self.open_direct(&to.account, "confirm").await?;
        let messages = self.newer_than(&channel, no_earlier_than(since), "confirm").await?;
        let bot = self.facts.identity.as_ref().map(|identity| identity.account.as_str());
        let ours = behind(messages, after, |message| &message.ts).find(|message| {
            match (key_of(message), message.metadata.as_ref().and_then(|mark| mark.event_type.as_ref())) {
                (Some(found), _) => found == key,
                (None, Some(_)) => false,
                (None, None) => {
                    bot.is_some()
                        && message.user.as_deref() == bot
                        && message.text.as_deref().is_some_and(|said| same_text(&plain(said), text))
                }
            }
        });
        let conversation = Conversation { id: channel, with: to.account.clone() };
        Ok(ours.map(|message| Outcome::Sent(SentMessage { conversation, id: message.ts, edits: 0 })))
    }

    /// The one direct conversation with a person, opened or found: opening it again is the same.
    async fn open_direct(&self, account: &str, operation: &'static str) -> Result<String> {
        let request = Request::write(Method::POST, url(operation, API, &["conversations.open"], &[])?, Sign::Bearer(BOT), OPEN, operation)
            .json(&OpenDirect { users: account })?
            .repeatable();
        Ok(self.http.read::<Opened>(request).await?.channel.id)
    }

    /// Everything in a conversation after `since`, oldest first. Slack lists newest first.
    async fn newer_than(&self, channel: &str, since: Timestamp, operation: &'static str) -> Result<Vec<Message>> {
        let oldest = format!("{}.{:06}", since.as_second(), since.subsec_microsecond());
        let first = [("channel", channel), ("oldest", oldest.as_str()), ("limit", PAGE), ("include_all_metadata", "true")];
        let mut found = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES {
            let query: Vec<(&str, &str)> = first.into_iter().chain(cursor.as_deref().map(|cursor| ("cursor", cursor))).collect();
            let request = Request::get(url(operation, API, &["conversations.history"], &query)?, Sign::Bearer(BOT), HISTORY, operation);
            let page: History = self.http.read(request).await?;
            found.extend(page.messages);
            cursor = page.response_metadata.and_then(|metadata| metadata.next_cursor).filter(|cursor| !cursor.is_empty());
            if cursor.is_none() {
                found.sort_by_key(|message| time_of(&message.ts));
                return Ok(found);
            }
        }
        Err(Error::new(Kind::Invalid, operation, "More was written in one Slack conversation than User Sync reads back.")
            .on(INFO.id)
            .ask_admin("Use a Slack app of its own for User Sync: connect Slack again with its bot token."))
    }
}

/// The person with whom the message may stand: nobody but they and the app can see it.
pub(super) fn page(facts: &ConnectionFacts, intent: &Intent) -> Option<String> {
    let Intent::Direct { to, .. } = intent else { return None };
    let team = &facts.identity.as_ref()?.tenant;
    let page = url("look_up", CONVERSATION, &[], &[("channel", &to.account), ("team", team)]).ok()?;
    in_cloud(&INFO, facts, "look_up", page.as_str()).ok()
}

fn key_of(message: &Message) -> Option<&str> {
    let mark = message.metadata.as_ref().filter(|mark| mark.event_type.as_deref() == Some(MARK))?;
    mark.event_payload.as_ref()?.get("key")?.as_str()
}

/// `1512085950.000216` as a time. Ids stay text; only their order and age are read off them.
fn time_of(ts: &str) -> Option<Timestamp> {
    let (seconds, fraction) = ts.split_once('.').unwrap_or((ts, "0"));
    let micros: i64 = format!("{fraction:0<6.6}").parse().ok()?;
    Timestamp::from_microsecond(seconds.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(micros)?).ok()
}

/// Slack's three control characters, so that no text can ping anybody, and the length after that.
fn escaped(text: &str, operation: &'static str) -> Result<String> {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    if escaped.chars().count() > INFO.text_limit {
        return Err(
            Error::invalid(operation, "The message is longer than Slack lets it be edited.", "Shorten it to 4,000 characters.").on(INFO.id)
        );
    }
    Ok(escaped)
}

/// What a person sees of a message: `<https://…|label>` is the address itself, other brackets their label, entities their characters.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let Some((inside, behind)) = after.split_once('>') else { break };
        let (target, label) = inside.split_once('|').unwrap_or((inside, inside));
        shown.push_str(before);
        shown.push_str(if target.starts_with("http") { target } else { label });
        rest = behind;
    }
    shown.push_str(rest);
    shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::super::tests::connection;
    use super::*;
    use crate::testing::answer;
    use engine::transport::Repeat;

    const OPENED: &str = r#"{"ok":true,"no_op":true,"already_open":true,"channel":{"id":"D1"}}"#;
    const POSTED: &str =
        r#"{"ok":true,"channel":"D1","ts":"1767600000.000100","message":{"text":"hi","type":"message","ts":"1767600000.000100"}}"#;

    fn ana() -> Recipient {
        Recipient { account: "U1".into(), email: None, attributes: Default::default() }
    }

    fn message() -> SentMessage {
        SentMessage { conversation: Conversation { id: "D1".into(), with: "U1".into() }, id: "1767600000.000100".into(), edits: 0 }
    }

    #[tokio::test]
    async fn a_message_is_posted_once_with_our_key_and_pings_nobody() {
        let (connection, script) = connection(vec![answer(200, OPENED), answer(200, POSTED)]);
        assert_eq!(connection.send_direct(&ana(), "a < b & <!here>", "k1").await.unwrap(), message());
        assert_eq!(
            script.sent(),
            "POST https://slack.com/api/conversations.open {\"users\":\"U1\"}\n\
             POST https://slack.com/api/chat.postMessage {\"channel\":\"D1\",\"text\":\"a &lt; b &amp; &lt;!here&gt;\",\"link_names\":false,\"unfurl_links\":false,\"unfurl_media\":false,\"metadata\":{\"event_type\":\"user_sync\",\"event_payload\":{\"key\":\"k1\"}}}"
        );
        let requests = script.requests();
        assert_eq!((requests[0].repeat, requests[1].repeat, requests[1].channel.as_deref()), (Repeat::Safe, Repeat::Once, Some("D1")));
    }

    #[tokio::test]
    async fn a_text_that_escaping_makes_too_long_is_refused_before_anything_is_sent() {
        let (connection, script) = connection(vec![]);
        assert_eq!(connection.send_direct(&ana(), &"&".repeat(801), "k").await.unwrap_err().kind, Kind::Invalid);
        assert_eq!(connection.edit_direct(&message(), &"ä".repeat(4001)).await.unwrap_err().kind, Kind::Invalid);
        assert_eq!(script.sent(), "");
    }

    #[tokio::test]
    async fn an_edit_replaces_the_text_of_that_very_message() {
        let (connection, script) = connection(vec![answer(200, r#"{"ok":true,"channel":"D1","ts":"1767600000.000100","text":"ho"}"#)]);
        assert_eq!(connection.edit_direct(&message(), "ho").await.unwrap().edits, 1);
        assert_eq!(
            script.sent(),
            r#"POST https://slack.com/api/chat.update {"channel":"D1","ts":"1767600000.000100","text":"ho","link_names":false}"#
        );
    }

    #[tokio::test]
    async fn an_edit_that_slack_no_longer_allows_asks_for_a_new_message() {
        for word in ["edit_window_closed", "cant_update_message", "message_not_found"] {
            let refused = answer(200, &format!(r#"{{"ok":false,"error":"{word}"}}"#));
            assert_eq!(connection(vec![refused]).0.edit_direct(&message(), "ho").await.unwrap_err().kind, Kind::Unsupported, "{word}");
        }
    }

    #[tokio::test]
    async fn the_inbox_holds_what_the_person_wrote_oldest_first_over_all_pages() {
        let newest = r#"{"ok":true,"has_more":true,"response_metadata":{"next_cursor":"bmV4dA=="},"messages":[
            {"type":"message","user":"U1","text":"<https://localhost:1/x?a=1&amp;b=2|localhost>","ts":"1767600004.000100"},
            {"type":"message","user":"UBOT","bot_id":"B1","text":"ours","ts":"1767600003.000100"},
            {"type":"message","subtype":"bot_message","bot_id":"B2","user":"U1","text":"not a person","ts":"1767600002.500000"}]}"#;
        let older = r#"{"ok":true,"has_more":false,"messages":[{"type":"message","user":"U1","text":"no &amp; thanks","ts":"1767600002.000100"},
            {"type":"message","subtype":"channel_join","user":"U1","text":"joined","ts":"1767600001.000000"}]}"#;
        let (connection, script) = connection(vec![answer(200, newest), answer(200, older)]);
        let page =
            connection.inbox(&message().conversation, Timestamp::from_microsecond(1_767_600_000_000_100).unwrap(), None).await.unwrap();
        let texts: Vec<_> = page.items.iter().map(|incoming| incoming.text.as_str()).collect();
        assert_eq!(texts, ["no & thanks", "https://localhost:1/x?a=1&b=2"]);
        assert_eq!(page.items[0].at.to_string(), "2026-01-05T08:00:02.0001Z");
        let history =
            "GET https://slack.com/api/conversations.history?channel=D1&oldest=1767600000.000100&limit=200&include_all_metadata=true";
        assert_eq!(script.sent(), format!("{history}\n{history}&cursor=bmV4dA%3D%3D"));
    }

    fn intent(key: &str) -> Intent {
        Intent::Direct {
            to: ana(),
            text: "hi".into(),
            key: key.into(),
            since: "2026-01-05T08:00:00Z".parse().unwrap(),
            sender: None,
            after: None,
        }
    }

    #[tokio::test]
    async fn an_uncertain_message_is_found_by_its_key() {
        let history = r#"{"ok":true,"messages":[
            {"type":"message","text":"hi","ts":"1767600003.000000","metadata":{"event_type":"user_sync","event_payload":{"key":"other"}}},
            {"type":"message","text":"hi","ts":"1767600002.000000","metadata":{"event_type":"elsewhere","event_payload":{"key":"k1"}}},
            {"type":"message","text":"hi","ts":"1767600001.000000","metadata":{"event_type":"user_sync","event_payload":{"key":"k1"}}},
            {"type":"message","text":"hi","ts":"1767600000.500000"}],"has_more":false}"#;
        let (connection, script) = connection(vec![answer(200, OPENED), answer(200, history), answer(200, OPENED), answer(200, history)]);
        let found = SentMessage { id: "1767600001.000000".into(), ..message() };
        assert_eq!(connection.confirm(&intent("k1")).await.unwrap(), Some(Outcome::Sent(found)));
        assert_eq!(connection.confirm(&intent("k2")).await.unwrap(), None);
        assert!(script.sent().contains("oldest=1767513600.000000"), "a day, because clocks may be wrong: {}", script.sent());
    }

    #[tokio::test]
    async fn a_message_of_the_app_whose_mark_slack_does_not_show_is_known_by_its_text() {
        let history = r#"{"ok":true,"messages":[
            {"type":"message","user":"U1","text":"hi","ts":"1767600003.000000"},
            {"type":"message","user":"UBOT","bot_id":"B1","text":"hi ","ts":"1767600002.000000","metadata":{}}],"has_more":false}"#;
        let (connection, _) = connection(vec![answer(200, OPENED), answer(200, history), answer(200, OPENED), answer(200, history)]);
        let found = SentMessage { id: "1767600002.000000".into(), ..message() };
        assert_eq!(connection.confirm(&intent("k1")).await.unwrap(), Some(Outcome::Sent(found)));
        let Intent::Direct { to, text, key, since, .. } = intent("k1") else { panic!("a message") };
        let behind = Intent::Direct { to, text, key, since, sender: None, after: Some("1767600002.000000".into()) };
        assert_eq!(connection.confirm(&behind).await.unwrap(), None);
    }

    #[test]
    fn brackets_and_entities_become_what_people_see() {
        let table = [
            ("plain", "plain"),
            ("<https://a.example/?x=1&amp;y=2>", "https://a.example/?x=1&y=2"),
            ("see <https://a.example|this> now", "see https://a.example now"),
            ("<mailto:ana@a.example|ana@a.example>", "ana@a.example"),
            ("<@U1|ana> &lt;3 &amp;lt;", "ana <3 &lt;"),
            ("a < b", "a < b"),
        ];
        for (kept, shown) in table {
            assert_eq!(plain(kept), shown);
        }
    }
}
