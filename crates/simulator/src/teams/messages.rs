//! What is said in conversations: posting, editing, deleting, listing, and what the human at the other end sees of it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::chats::{self, Chat};
use super::graph::{Call, Outcome, Refusal, only};
use super::lists::{self, Advanced};
use super::{State, TENANT_ID};
use crate::http::Answer;
use crate::ledger::Heard;
use crate::{Account, Platform, Simulator};

/// The most a post may have, markup included (about 28 KB).
const LONGEST: usize = 28_672;

/// One message of a conversation.
pub(super) struct Message {
    id: String,
    /// Who wrote it; `None`: the system tells of an event.
    from: Option<String>,
    body: Value,
    attachments: Value,
    mentions: Value,
    importance: String,
    event: Value,
    chat: String,
    pub(super) created: Timestamp,
    modified: Timestamp,
    edited: Option<Timestamp>,
    deleted: Option<Timestamp>,
}

/// A time as Teams writes it.
pub(super) fn written(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn new_message(chat: &Chat, from: Option<&str>, now: Timestamp) -> Message {
    let last = chat.messages.last().and_then(|message| message.id.parse::<i64>().ok()).unwrap_or(0);
    Message {
        id: now.as_millisecond().max(last + 1).to_string(),
        from: from.map(str::to_owned),
        body: json!({ "contentType": "html", "content": "<systemEventMessage/>" }),
        attachments: json!([]),
        mentions: json!([]),
        importance: "normal".to_owned(),
        event: Value::Null,
        chat: chat.id.clone(),
        created: now,
        modified: now,
        edited: None,
        deleted: None,
    }
}

/// The system's note that people were added to a new group.
pub(super) fn announce(chat: &mut Chat, by: &str, added: &[String], now: Timestamp) {
    let mut message = new_message(chat, None, now);
    let user = |id: &str| json!({ "@odata.type": "#microsoft.graph.teamworkUserIdentity", "id": id, "displayName": null, "userIdentityType": "aadUser", "tenantId": TENANT_ID });
    message.event = json!({
        "@odata.type": "#microsoft.graph.membersAddedEventMessageDetail",
        "visibleHistoryStartDateTime": "0001-01-01T00:00:00Z",
        "members": added.iter().map(|id| user(id)).collect::<Vec<_>>(),
        "initiator": { "application": null, "device": null, "user": user(by) },
    });
    chat.messages.push(message);
}

/// Adds a message and lets the others hear it. Gives its place.
pub(super) fn post(
    sim: &Simulator,
    chat: &mut Chat,
    sender: &Account,
    body: Value,
    attachments: Value,
    mentions: Value,
    importance: &str,
) -> usize {
    let now = sim.clock().now();
    let message = Message { body, attachments, mentions, importance: importance.to_owned(), ..new_message(chat, Some(&sender.id), now) };
    let heard = Heard { from: sender.name(), answer_to: chat.id.clone(), text: plain(&message.body), at: now, key: key(&message) };
    for listener in chats::listeners(sim, chat, &sender.id) {
        sim.ledger().hear(Platform::Teams, &listener.id, heard.clone());
    }
    chat.messages.push(message);
    chat.messages.len() - 1
}

fn key(message: &Message) -> String {
    format!("{}/{}", message.chat, message.id)
}

fn identity(sim: &Simulator, state: &State, id: &str) -> Value {
    let name = state.directory.by_id(sim.world(), id).map(Account::name);
    json!({ "application": null, "device": null, "user": { "@odata.type": "#microsoft.graph.teamworkUserIdentity", "id": id, "displayName": name, "userIdentityType": "aadUser", "tenantId": TENANT_ID } })
}

fn kind(message: &Message, newer_words: bool) -> &'static str {
    match message.from {
        Some(_) => "message",
        None if newer_words => "systemEventMessage",
        None => "unknownFutureValue",
    }
}

fn show(sim: &Simulator, state: &State, message: &Message, newer_words: bool) -> Value {
    let body = if message.deleted.is_some() { json!({ "contentType": "html", "content": "" }) } else { message.body.clone() };
    json!({
        "id": message.id,
        "replyToId": null,
        "etag": message.modified.as_millisecond().max(message.id.parse().unwrap_or(0)).to_string(),
        "messageType": kind(message, newer_words),
        "createdDateTime": written(message.created),
        "lastModifiedDateTime": written(message.modified),
        "lastEditedDateTime": message.edited.map(written),
        "deletedDateTime": message.deleted.map(written),
        "subject": null,
        "summary": null,
        "chatId": message.chat,
        "importance": message.importance,
        "locale": "en-us",
        "webUrl": null,
        "channelIdentity": null,
        "policyViolation": null,
        "eventDetail": message.event,
        "from": message.from.as_ref().map(|id| identity(sim, state, id)),
        "body": body,
        "attachments": message.attachments,
        "mentions": message.mentions,
        "reactions": [],
    })
}

/// `lastMessagePreview` of a chat.
pub(super) fn preview(sim: &Simulator, state: &State, message: &Message) -> Value {
    json!({
        "id": message.id,
        "createdDateTime": written(message.created),
        "isDeleted": message.deleted.is_some(),
        "messageType": kind(message, false),
        "body": if message.deleted.is_some() { json!({ "contentType": "html", "content": "" }) } else { message.body.clone() },
        "from": message.from.as_ref().map(|id| identity(sim, state, id)),
        "eventDetail": message.event,
    })
}

/// The body of a post or an edit.
fn read_body(body: &Value) -> Result<Value, Refusal> {
    let wrong = |message: &str| Refusal::new(400, "BadRequest", message);
    if body.is_null() {
        return Err(wrong("Missing body content"));
    }
    only(body, &["contentType", "content"], "itemBody")?;
    let kind = match &body["contentType"] {
        Value::Null => "text",
        Value::String(kind) if kind == "text" || kind == "html" => kind,
        _ => return Err(wrong("The content type of the body must be 'text' or 'html'.")),
    };
    let content = body["content"].as_str().filter(|content| !content.trim().is_empty()).ok_or_else(|| wrong("Missing body content"))?;
    if content.len() > LONGEST {
        return Err(Refusal::new(413, "RequestEntityTooLarge", "The size of the message is above the limit of about 28 KB."));
    }
    Ok(json!({ "contentType": kind, "content": content }))
}

/// What may stand in a post or an edit.
const POSTED: &[&str] = &["body", "attachments", "mentions", "importance", "subject", "locale", "summary"];

/// `POST /chats/{id}/messages`.
pub(super) fn send(call: &Call<'_>, ids: &[String]) -> Outcome {
    chats::may_write(call.account)?;
    let posted = call.body(POSTED)?;
    let body = read_body(&posted["body"])?;
    let list = |name: &str| if posted[name].is_null() { json!([]) } else { posted[name].clone() };
    let importance = match posted["importance"].as_str() {
        None => "normal",
        Some(word @ ("normal" | "high" | "urgent")) => word,
        Some(_) => return Err(Refusal::new(400, "BadRequest", "The importance is not valid.")),
    };
    let mut state = call.sim.teams();
    let chat = state.chats.of_member(&ids[0], &call.account.id)?;
    let place = post(call.sim, chat, call.account, body, list("attachments"), list("mentions"), importance);
    answer_one(call, &state, &ids[0], place, 201)
}

fn answer_one(call: &Call<'_>, state: &State, chat: &str, place: usize, status: u16) -> Outcome {
    let chat = state.chats.shared(chat)?;
    let mut shown = show(call.sim, state, &chat.messages[place], newer_words(call));
    shown["@odata.context"] = json!(call.metadata(&format!("chats('{}')/messages/$entity", chat.id)));
    Ok(Answer::json(status, &shown))
}

fn newer_words(call: &Call<'_>) -> bool {
    call.context.header("prefer").is_some_and(|prefer| prefer.contains("include-unknown-enum-members"))
}

fn place(chat: &Chat, id: &str) -> Result<usize, Refusal> {
    chat.messages.iter().position(|message| message.id == id).ok_or_else(|| Refusal::new(404, "NotFound", "The message was not found."))
}

/// `GET /chats/{id}/messages/{id}`.
pub(super) fn one(call: &Call<'_>, ids: &[String]) -> Outcome {
    let mut state = call.sim.teams();
    let found = place(state.chats.of_member(&ids[0], &call.account.id)?, &ids[1])?;
    answer_one(call, &state, &ids[0], found, 200)
}

/// A message that the caller wrote.
fn own<'a>(call: &Call<'_>, state: &'a mut State, chat: &str, id: &str) -> Result<&'a mut Message, Refusal> {
    let chat = state.chats.of_member(chat, &call.account.id)?;
    let place = place(chat, id)?;
    let message = &mut chat.messages[place];
    if message.from.as_deref() == Some(call.account.id.as_str()) {
        Ok(message)
    } else {
        Err(Refusal::new(403, "Forbidden", "Only the sender can change a message."))
    }
}

/// `PATCH /chats/{id}/messages/{id}`.
pub(super) fn edit(call: &Call<'_>, ids: &[String]) -> Outcome {
    chats::may_write(call.account)?;
    let posted = call.body(POSTED)?;
    let body = read_body(&posted["body"])?;
    let now = call.context.now;
    let mut state = call.sim.teams();
    let message = own(call, &mut state, &ids[0], &ids[1])?;
    if message.deleted.is_some() {
        return Err(Refusal::new(404, "NotFound", "The message was deleted."));
    }
    message.body = body;
    message.modified = now;
    message.edited = Some(now);
    let (key, text) = (key(message), plain(&message.body));
    let chat = state.chats.shared(&ids[0])?;
    for listener in chats::listeners(call.sim, chat, &call.account.id) {
        call.sim.ledger().reword(Platform::Teams, &listener.id, &key, &text);
    }
    Ok(Answer::empty(204))
}

/// The user in the path must be the caller.
fn oneself(call: &Call<'_>, name: &str) -> Result<(), Refusal> {
    let state = call.sim.teams();
    let same = state.directory.find(call.sim.world(), name).is_some_and(|account| account.id == call.account.id);
    if same { Ok(()) } else { Err(Refusal::new(403, "Forbidden", "The user in the request is not the user of the token.")) }
}

/// `POST /users/{id}/chats/{id}/messages/{id}/softDelete`.
pub(super) fn soft_delete(call: &Call<'_>, ids: &[String]) -> Outcome {
    oneself(call, &ids[0])?;
    let mut state = call.sim.teams();
    let message = own(call, &mut state, &ids[1], &ids[2])?;
    if message.deleted.is_none() {
        message.deleted = Some(call.context.now);
        message.modified = call.context.now;
    }
    let key = key(message);
    let chat = state.chats.shared(&ids[1])?;
    for listener in chats::listeners(call.sim, chat, &call.account.id) {
        call.sim.ledger().forget(Platform::Teams, &listener.id, &key);
    }
    Ok(Answer::empty(204))
}

/// `POST /users/{id}/chats/{id}/messages/{id}/undoSoftDelete`.
pub(super) fn undo_soft_delete(call: &Call<'_>, ids: &[String]) -> Outcome {
    oneself(call, &ids[0])?;
    let mut state = call.sim.teams();
    let message = own(call, &mut state, &ids[1], &ids[2])?;
    if message.deleted.take().is_some() {
        message.modified = call.context.now;
        let heard = Heard {
            from: call.account.name(),
            answer_to: message.chat.clone(),
            text: plain(&message.body),
            at: message.created,
            key: key(message),
        };
        let chat = state.chats.shared(&ids[1])?;
        for listener in chats::listeners(call.sim, chat, &call.account.id) {
            call.sim.ledger().hear(Platform::Teams, &listener.id, heard.clone());
        }
    }
    Ok(Answer::empty(204))
}

/// `GET /chats/{id}/messages`: newest first, by the last change unless asked otherwise. `$filter` counts only together with `$orderby` on the same property.
pub(super) fn list(call: &Call<'_>, ids: &[String]) -> Outcome {
    let by_change = match call.context.query_value("$orderby") {
        Some("createdDateTime desc") => false,
        None | Some("lastModifiedDateTime desc") => true,
        Some(_) => {
            return Err(Refusal::new(
                400,
                "BadRequest",
                "QueryOptions to order by are not supported, but lastModifiedDateTime desc and createdDateTime desc.",
            ));
        }
    };
    let ordered_by = if by_change { "lastModifiedDateTime" } else { "createdDateTime" };
    let filter = lists::filter(call, "chatMessage", &|name| name == "lastModifiedDateTime" || name == "createdDateTime", Advanced::Never)?;
    let applies = call.context.query_value("$orderby").is_some()
        && filter.iter().flat_map(super::odata::Filter::properties).all(|name| name == ordered_by);
    let filter = filter.filter(|_| applies);
    let page = lists::page(call, 20, 50)?;
    let newer_words = newer_words(call);
    let mut state = call.sim.teams();
    state.chats.of_member(&ids[0], &call.account.id)?;
    let state = &*state;
    let chat = state.chats.shared(&ids[0])?;
    let mut order: Vec<usize> = (0..chat.messages.len()).collect();
    if by_change {
        order.sort_by_key(|place| chat.messages[*place].modified);
    }
    // A position counts from the oldest: what is said between two pages shifts nothing.
    let mut left = page.position.unwrap_or(order.len()).min(order.len());
    let mut items = Vec::new();
    while left > 0 && items.len() < page.size {
        left -= 1;
        let message = &chat.messages[order[left]];
        if !call.sim.shows(Platform::Teams, message.created) {
            continue;
        }
        let time = |name: &str| json!(written(if name == "createdDateTime" { message.created } else { message.modified }));
        if filter.as_ref().is_none_or(|filter| filter.matches(&time)) {
            items.push(show(call.sim, state, message, newer_words));
        }
    }
    let count = items.len();
    Ok(lists::answer(call, &format!("chats('{}')/messages", chat.id), None, items, (left > 0).then_some((left, false)), Some(count)))
}

/// A body as a person reads it: markup gone, lines kept, a link's address beside its words.
fn plain(body: &Value) -> String {
    let content = body["content"].as_str().unwrap_or_default();
    if body["contentType"] == "text" {
        return content.to_owned();
    }
    let mut text = String::new();
    let mut link: Option<(String, usize)> = None;
    let mut rest = content;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(&unescape(before));
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        let name = tag.trim_end_matches('/').split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        match name.as_str() {
            "br" | "/p" | "/div" | "/li" | "/h1" | "/h2" | "/h3" | "/pre" => text.push('\n'),
            "a" => {
                link =
                    tag.split_once("href=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(address, _)| (unescape(address), text.len()))
            }
            "/a" => {
                if let Some((address, start)) = link.take()
                    && text[start..] != address
                {
                    text.push(' ');
                    text.push_str(&address);
                }
            }
            _ => {}
        }
        rest = after;
    }
    text.push_str(&unescape(rest));
    text.trim_end().to_owned()
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_reads_text_and_addresses_not_markup() {
        let read = |content: &str| plain(&json!({ "contentType": "html", "content": content }));
        assert_eq!(read("<p>Hello <b>Ann</b> &amp; all,<br>code:</p><p>ABCD</p>"), "Hello Ann & all,\ncode:\nABCD");
        assert_eq!(read("<a href=\"https://x.example/?a=1&amp;b=2\">open</a> now"), "open https://x.example/?a=1&b=2 now");
        assert_eq!(read("<a href=\"https://x.example/\">https://x.example/</a>"), "https://x.example/");
        assert_eq!(plain(&json!({ "contentType": "text", "content": "1 < 2" })), "1 < 2");
    }
}
