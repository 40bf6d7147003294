//! One-to-one rooms and the messages in them. A room is made by the first message between two people.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::guests::Guest;
use super::{body, need, not_found, only, page, page_size, time, trouble};
use crate::http::{Answer, Context, escape_html};
use crate::ledger::Heard;
use crate::tokens::Access;
use crate::{Account, Kind, Platform, Simulator, ids};

/// The longest text or markdown, in bytes.
const LONGEST: usize = 7439;
/// How often a message can be edited.
const EDITS: u32 = 10;

const READ: &[&str] = &["spark:messages_read"];
const WRITE: &[&str] = &["spark:messages_write"];

/// A one-to-one room.
pub(super) struct Room {
    id: String,
    /// The two people, by id.
    people: [String; 2],
    created: Timestamp,
    last_activity: Timestamp,
    /// Oldest first.
    messages: Vec<Message>,
}

#[derive(Clone)]
struct Message {
    id: String,
    from: String,
    text: String,
    markdown: Option<String>,
    created: Timestamp,
    updated: Option<Timestamp>,
    parent: Option<String>,
    edits: u32,
}

/// Somebody that takes part: an account or a guest.
struct Party {
    id: String,
    email: String,
    name: String,
    guest: bool,
}

impl Party {
    fn of_account(account: &Account) -> Option<Self> {
        let reachable = account.active && account.kind != Kind::Foreign;
        reachable.then(|| Self {
            id: account.id.clone(),
            email: account.email.clone().unwrap_or_default(),
            name: account.name(),
            guest: false,
        })
    }

    fn of_guest(guest: &Guest) -> Self {
        Self { id: guest.id.clone(), email: guest.email.clone(), name: guest.name.clone(), guest: true }
    }
}

/// Who has this id.
fn party(sim: &Simulator, id: &str) -> Option<Party> {
    match sim.world().by_id(Platform::Webex, id) {
        Some(account) => Party::of_account(account),
        None => sim.webex().guests.by_id(id).map(Party::of_guest),
    }
}

/// Who has this address.
fn party_by_email(sim: &Simulator, email: &str) -> Option<Party> {
    match sim.world().by_email(Platform::Webex, email) {
        Some(account) => Party::of_account(account),
        None => sim.webex().guests.by_email(email).map(Party::of_guest),
    }
}

fn caller_party(sim: &Simulator, caller: &Access) -> Result<Party, Answer> {
    let id = caller.grant.account.as_deref().unwrap_or_default();
    party(sim, id).ok_or_else(|| trouble(sim, 403, "The token does not belong to a person."))
}

fn pair(one: &str, other: &str) -> (String, String) {
    if one < other { (one.to_owned(), other.to_owned()) } else { (other.to_owned(), one.to_owned()) }
}

fn show(sim: &Simulator, room: &str, message: &Message) -> Value {
    let email = party(sim, &message.from).map(|party| party.email).unwrap_or_default();
    let mut shown = json!({
        "id": message.id, "roomId": room, "roomType": "direct", "text": message.text, "personId": message.from, "personEmail": email, "created": time(message.created),
    });
    if let Some(markdown) = &message.markdown {
        shown["markdown"] = json!(markdown);
        shown["html"] = json!(format!("<p>{}</p>", escape_html(markdown)));
    }
    if let Some(updated) = message.updated {
        shown["updated"] = json!(time(updated));
    }
    if let Some(parent) = &message.parent {
        shown["parentId"] = json!(parent);
    }
    shown
}

/// Text and markdown of a new or edited message, checked.
fn content(sim: &Simulator, body: &Value) -> Result<(String, Option<String>), Answer> {
    let member = |name: &str| match &body[name] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(trouble(sim, 400, &format!("{name} must be a string"))),
    };
    let (text, markdown) = (member("text")?, member("markdown")?);
    if text.iter().chain(&markdown).any(|text| text.len() > LONGEST) {
        return Err(trouble(sim, 400, "Message length limited to 7439 bytes."));
    }
    match text.clone().or_else(|| markdown.clone()) {
        Some(shown) if !shown.trim().is_empty() => Ok((shown, markdown)),
        _ => Err(trouble(sim, 400, "Unable to post message: text, markdown or a file is needed.")),
    }
}

/// Puts a message into the room of two people and tells the one who hears it.
fn deliver(sim: &Simulator, from: &Party, to: &Party, text: String, markdown: Option<String>, parent: Option<String>) -> (String, Message) {
    let now = sim.clock().now();
    let message = Message {
        id: ids::webex("MESSAGE", &sim.random_uuid().to_string()),
        from: from.id.clone(),
        text,
        markdown,
        created: now,
        updated: None,
        parent,
        edits: 0,
    };
    let fresh = ids::webex("ROOM", &sim.random_uuid().to_string());
    let room_id = {
        let mut state = sim.webex();
        let room = state.rooms.entry(pair(&from.id, &to.id)).or_insert_with(|| Room {
            id: fresh,
            people: [from.id.clone(), to.id.clone()],
            created: now,
            last_activity: now,
            messages: Vec::new(),
        });
        room.last_activity = now;
        room.messages.push(message.clone());
        room.id.clone()
    };
    if !to.guest {
        let heard =
            Heard { from: from.name.clone(), answer_to: from.id.clone(), text: message.text.clone(), at: now, key: message.id.clone() };
        sim.ledger().hear(Platform::Webex, &to.id, heard);
    }
    (room_id, message)
}

pub(super) fn post(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    need(sim, caller, WRITE)?;
    only(sim, context, &[])?;
    let body = body(sim, context, &["roomId", "parentId", "toPersonId", "toPersonEmail", "text", "markdown", "files", "attachments"])?;
    if !body["files"].is_null() || !body["attachments"].is_null() {
        return Err(trouble(sim, 501, "The simulator takes no files and no cards."));
    }
    let from = caller_party(sim, caller)?;
    let (text, markdown) = content(sim, &body)?;
    if let Some(name) =
        ["roomId", "toPersonId", "toPersonEmail", "parentId"].into_iter().find(|name| !(body[*name].is_null() || body[*name].is_string()))
    {
        return Err(trouble(sim, 400, &format!("{name} must be a string")));
    }
    let named: Vec<(&str, &str)> =
        ["roomId", "toPersonId", "toPersonEmail"].into_iter().filter_map(|name| body[name].as_str().map(|value| (name, value))).collect();
    let [(how, whom)] = named.as_slice() else {
        return Err(trouble(sim, 400, "Exactly one of roomId, toPersonId and toPersonEmail is needed."));
    };
    let to = match *how {
        "roomId" => {
            let other = other_side(sim, whom, &from.id).ok_or_else(|| not_found(sim))?;
            party(sim, &other)
        }
        "toPersonId" => party(sim, whom),
        _ => party_by_email(sim, whom),
    };
    let to = to.filter(|to| to.id != from.id).ok_or_else(|| not_found(sim))?;
    if from.guest && to.guest {
        return Err(trouble(sim, 403, "Guests cannot talk to other guests."));
    }
    let parent = body["parentId"].as_str().map(str::to_owned);
    if let Some(parent) = &parent {
        let known =
            sim.webex().rooms.get(&pair(&from.id, &to.id)).is_some_and(|room| room.messages.iter().any(|message| message.id == *parent));
        if !known {
            return Err(trouble(sim, 400, "The parent message does not exist in this room."));
        }
    }
    let (room, message) = deliver(sim, &from, &to, text, markdown, parent);
    Ok(Answer::json(200, &show(sim, &room, &message)))
}

/// The one who is in a room with `me`.
fn other_side(sim: &Simulator, room: &str, me: &str) -> Option<String> {
    let state = sim.webex();
    let room = state.rooms.values().find(|known| known.id == room && known.people.iter().any(|id| id == me))?;
    room.people.iter().find(|id| *id != me).cloned()
}

fn messages_of(sim: &Simulator, me: &str, other: &str) -> Option<(String, Vec<Message>)> {
    let state = sim.webex();
    let shown = |message: &&Message| sim.shows(Platform::Webex, message.created);
    state.rooms.get(&pair(me, other)).map(|room| (room.id.clone(), room.messages.iter().rev().filter(shown).cloned().collect()))
}

pub(super) fn list(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    need(sim, caller, READ)?;
    only(sim, context, &["roomId", "parentId", "mentionedPeople", "before", "beforeMessage", "max", "cursor"])?;
    let me = caller_party(sim, caller)?;
    let room = context.query_value("roomId").ok_or_else(|| trouble(sim, 400, "roomId is required."))?;
    let other = other_side(sim, room, &me.id).ok_or_else(|| not_found(sim))?;
    let (_, mut messages) = messages_of(sim, &me.id, &other).ok_or_else(|| not_found(sim))?;
    if let Some(before) = context.query_value("before") {
        let before: Timestamp = before.parse().map_err(|_| trouble(sim, 400, "before is not a date and time."))?;
        messages.retain(|message| message.created < before);
    }
    if let Some(before) = context.query_value("beforeMessage") {
        let at = messages.iter().position(|message| message.id == before).ok_or_else(|| not_found(sim))?;
        messages.drain(..=at);
    }
    if let Some(parent) = context.query_value("parentId") {
        messages.retain(|message| message.parent.as_deref() == Some(parent));
    }
    let size = page_size(sim, context, 50, 1000)?;
    page(sim, context, &messages, size, |message| show(sim, room, message), None)
}

pub(super) fn direct(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    need(sim, caller, READ)?;
    only(sim, context, &["parentId", "personId", "personEmail"])?;
    let me = caller_party(sim, caller)?;
    let other = match (context.query_value("personId"), context.query_value("personEmail")) {
        (Some(id), None) => party(sim, id),
        (None, Some(email)) => party_by_email(sim, email),
        _ => return Err(trouble(sim, 400, "Exactly one of personId and personEmail is needed.")),
    };
    let other = other.ok_or_else(|| not_found(sim))?;
    let (room, mut messages) = messages_of(sim, &me.id, &other.id).ok_or_else(|| not_found(sim))?;
    if let Some(parent) = context.query_value("parentId") {
        messages.retain(|message| message.parent.as_deref() == Some(parent));
    }
    messages.truncate(50);
    Ok(Answer::json(200, &json!({ "items": messages.iter().map(|message| show(sim, &room, message)).collect::<Vec<_>>() })))
}

/// The room and place of a message that the caller can see.
fn find(sim: &Simulator, me: &str, id: &str) -> Option<((String, String), String, Message)> {
    let state = sim.webex();
    state.rooms.iter().filter(|(_, room)| room.people.iter().any(|known| known == me)).find_map(|(key, room)| {
        let message = room.messages.iter().find(|message| message.id == id)?;
        Some((key.clone(), room.id.clone(), message.clone()))
    })
}

pub(super) fn one(sim: &Simulator, context: &Context, caller: &Access, id: &str) -> Result<Answer, Answer> {
    need(sim, caller, READ)?;
    only(sim, context, &[])?;
    let me = caller_party(sim, caller)?;
    let (_, room, message) = find(sim, &me.id, id).ok_or_else(|| not_found(sim))?;
    Ok(Answer::json(200, &show(sim, &room, &message)))
}

pub(super) fn edit(sim: &Simulator, context: &Context, caller: &Access, id: &str) -> Result<Answer, Answer> {
    need(sim, caller, WRITE)?;
    only(sim, context, &[])?;
    let body = body(sim, context, &["roomId", "text", "markdown"])?;
    let me = caller_party(sim, caller)?;
    let (text, markdown) = content(sim, &body)?;
    let (key, room, message) = find(sim, &me.id, id).ok_or_else(|| not_found(sim))?;
    if body["roomId"].as_str() != Some(room.as_str()) {
        return Err(trouble(sim, 400, "roomId is not the room of the message."));
    }
    if message.from != me.id {
        return Err(trouble(sim, 403, "You can only edit your own messages."));
    }
    if message.edits >= EDITS {
        return Err(trouble(sim, 400, "The message has reached the maximum number of edits."));
    }
    let edited = Message { text, markdown, updated: Some(context.now), edits: message.edits + 1, ..message };
    let to = {
        let mut state = sim.webex();
        let room = state.rooms.get_mut(&key).ok_or_else(|| not_found(sim))?;
        if let Some(kept) = room.messages.iter_mut().find(|kept| kept.id == id) {
            *kept = edited.clone();
        }
        room.people.iter().find(|other| **other != me.id).cloned()
    };
    sim.ledger().reword(Platform::Webex, to.as_deref().unwrap_or_default(), id, &edited.text);
    Ok(Answer::json(200, &show(sim, &room, &edited)))
}

pub(super) fn delete(sim: &Simulator, context: &Context, caller: &Access, id: &str) -> Result<Answer, Answer> {
    need(sim, caller, WRITE)?;
    only(sim, context, &[])?;
    let me = caller_party(sim, caller)?;
    let (key, _, message) = find(sim, &me.id, id).ok_or_else(|| not_found(sim))?;
    if message.from != me.id {
        return Err(trouble(sim, 403, "You can only delete your own messages."));
    }
    let to = {
        let mut state = sim.webex();
        let room = state.rooms.get_mut(&key).ok_or_else(|| not_found(sim))?;
        room.messages.retain(|kept| kept.id != id);
        room.people.iter().find(|other| **other != me.id).cloned()
    };
    sim.ledger().forget(Platform::Webex, to.as_deref().unwrap_or_default(), id);
    Ok(Answer::empty(204))
}

pub(super) fn rooms(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    need(sim, caller, &["spark:rooms_read"])?;
    only(sim, context, &["teamId", "type", "orgPublicSpaces", "from", "to", "sortBy", "max", "cursor"])?;
    let me = caller_party(sim, caller)?;
    if !matches!(context.query_value("sortBy"), None | Some("id" | "lastactivity" | "created")) {
        return Err(trouble(sim, 400, "sortBy must be one of id, lastactivity, created."));
    }
    let mut mine: Vec<(String, String, Timestamp, Timestamp, String)> = if matches!(context.query_value("type"), None | Some("direct")) {
        let state = sim.webex();
        let own = state.rooms.values().filter(|room| room.people.contains(&me.id));
        own.map(|room| {
            let other = room.people.iter().find(|id| **id != me.id).cloned().unwrap_or_default();
            (room.id.clone(), other, room.created, room.last_activity, room.people[0].clone())
        })
        .collect()
    } else {
        Vec::new()
    };
    match context.query_value("sortBy") {
        Some("lastactivity") => mine.sort_by(|a, b| b.3.cmp(&a.3).then_with(|| a.0.cmp(&b.0))),
        Some("created") => mine.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(&b.0))),
        _ => mine.sort(),
    }
    let size = page_size(sim, context, 100, 1000)?;
    let show = |(id, other, created, last, creator): &(String, String, Timestamp, Timestamp, String)| {
        let title = party(sim, other).map(|party| party.name).unwrap_or_default();
        json!({ "id": id, "title": title, "type": "direct", "isLocked": false, "lastActivity": time(*last), "creatorId": creator, "created": time(*created) })
    };
    page(sim, context, &mine, size, show, None)
}

pub(super) fn speak(sim: &Simulator, account: &Account, to: &str, text: &str) -> Result<(), String> {
    let from = party(sim, &account.id).ok_or_else(|| format!("{} cannot write on Webex", account.name()))?;
    let by_name = || {
        let guest = sim.webex().guests.by_name(to).map(|guest| guest.id.clone());
        guest
            .or_else(|| sim.world().accounts(Platform::Webex).iter().find(|account| account.name() == to).map(|account| account.id.clone()))
    };
    let to = party(sim, to)
        .or_else(|| party_by_email(sim, to))
        .or_else(|| by_name().and_then(|id| party(sim, &id)))
        .ok_or_else(|| format!("nobody on Webex is called {to}"))?;
    deliver(sim, &from, &to, text.to_owned(), None, None);
    Ok(())
}
