//! Direct messages between users of the account. Channels are not simulated.

use jiff::{Timestamp, civil};
use serde_json::{Value, json};

use super::users::named;
use super::{MEDIUM, body, need, next_page, only, page, time, trouble};
use crate::http::{Answer, Context};
use crate::ledger::Heard;
use crate::pages::page_length;
use crate::tokens::Access;
use crate::{Account, Platform, Simulator};

/// The longest message, in characters.
const LONGEST: usize = 1024;

/// A message between two users.
#[derive(Clone)]
pub(super) struct Message {
    id: String,
    from: String,
    text: String,
    at: Timestamp,
    edited: bool,
    deleted: bool,
    reply_to: Option<String>,
}

fn pair(one: &str, other: &str) -> (String, String) {
    if one < other { (one.to_owned(), other.to_owned()) } else { (other.to_owned(), one.to_owned()) }
}

/// The contact that is written to or read with: an address, a user id or a member id.
fn contact<'a>(sim: &'a Simulator, me: &Account, name: Option<&str>, channel: Option<&str>) -> Result<&'a Account, Answer> {
    match (name, channel) {
        (Some(name), None) => {
            let found = sim.world().find(Platform::Zoom, name).filter(|account| account.active && account.id != me.id);
            found.ok_or_else(|| trouble(404, 1001, &format!("User does not exist: {name}.")))
        }
        (None, Some(_)) => Err(trouble(404, 4130, "Channel does not exist.")),
        _ => Err(trouble(400, 300, "Exactly one of to_contact and to_channel is needed.")),
    }
}

fn show(sim: &Simulator, message: &Message) -> Value {
    let sender = sim.world().by_id(Platform::Zoom, &message.from);
    let mut shown = json!({
        "id": message.id, "message": message.text, "sender": sender.and_then(|sender| sender.email.clone()).unwrap_or_default(),
        "send_member_id": message.from, "sender_display_name": sender.map(Account::name).unwrap_or_default(), "date_time": time(message.at),
        "timestamp": message.at.as_millisecond(),
    });
    if let Some(reply_to) = &message.reply_to {
        shown["reply_main_message_id"] = json!(reply_to);
    }
    shown
}

/// A message as a list shows it, with its status.
fn show_listed(sim: &Simulator, message: &Message) -> Value {
    let mut shown = show(sim, message);
    shown["status"] = json!(if message.deleted {
        "Deleted"
    } else if message.edited {
        "Edited"
    } else {
        "Normal"
    });
    shown
}

fn text(body: &Value) -> Result<String, Answer> {
    match body["message"].as_str() {
        Some(text) if text.trim().is_empty() => Err(trouble(400, 300, "The message must not be empty.")),
        Some(text) if text.chars().count() > LONGEST => Err(trouble(400, 300, "The message is longer than 1024 characters.")),
        Some(text) => Ok(text.to_owned()),
        None => Err(trouble(400, 300, "The message is missing.")),
    }
}

fn deliver(sim: &Simulator, from: &Account, to: &Account, text: String, reply_to: Option<String>) -> Message {
    let now = sim.clock().now();
    let message =
        Message { id: sim.random_uuid().to_string(), from: from.id.clone(), text, at: now, edited: false, deleted: false, reply_to };
    sim.zoom().chats.entry(pair(&from.id, &to.id)).or_default().push(message.clone());
    let heard = Heard { from: from.name(), answer_to: from.id.clone(), text: message.text.clone(), at: now, key: message.id.clone() };
    sim.ledger().hear(Platform::Zoom, &to.id, heard);
    message
}

/// The sender: active, or Zoom does not let them chat.
fn sender<'a>(sim: &'a Simulator, caller: &Access, user: &str) -> Result<&'a Account, Answer> {
    let me = named(sim, caller, user)?;
    if me.active { Ok(me) } else { Err(trouble(400, 5301, "Message sending failed.")) }
}

pub(super) fn post(sim: &Simulator, context: &Context, caller: &Access, user: &str) -> Result<Answer, Answer> {
    need(sim, caller, &MEDIUM, "team_chat:write:user_message")?;
    only(context, &[])?;
    let known = [
        "message",
        "to_contact",
        "to_channel",
        "reply_main_message_id",
        "rich_text",
        "at_items",
        "file_ids",
        "interactive_cards",
        "scheduled_time",
    ];
    let body = body(context, &known)?;
    let me = sender(sim, caller, user)?;
    let to = contact(sim, me, body["to_contact"].as_str(), body["to_channel"].as_str())?;
    let text = text(&body)?;
    let reply_to = body["reply_main_message_id"].as_str().map(str::to_owned);
    if let Some(main) = &reply_to {
        let known = sim
            .zoom()
            .chats
            .get(&pair(&me.id, &to.id))
            .is_some_and(|chat| chat.iter().any(|message| message.id == *main && message.reply_to.is_none()));
        if !known {
            return Err(trouble(400, 5402, "This only supports replies to a main message."));
        }
    }
    Ok(Answer::json(201, &json!({ "id": deliver(sim, me, to, text, reply_to).id })))
}

/// The day or the span that a list is about; by default the current day.
fn span(context: &Context) -> Result<(Timestamp, Timestamp), Answer> {
    let wrong = |name: &str| trouble(400, 300, &format!("The {name} is no date."));
    if context.query_value("from").is_some() || context.query_value("to").is_some() {
        let read =
            |name: &str, default: Timestamp| context.query_value(name).map_or(Ok(default), |text| text.parse().map_err(|_| wrong(name)));
        return Ok((read("from", Timestamp::MIN)?, read("to", Timestamp::MAX)?));
    }
    let day: civil::Date = match context.query_value("date") {
        Some(text) => text.parse().map_err(|_| wrong("date"))?,
        None => context.now.to_zoned(jiff::tz::TimeZone::UTC).date(),
    };
    let start = day.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| wrong("date"))?.timestamp();
    Ok((start, start + jiff::SignedDuration::from_hours(24)))
}

pub(super) fn list(sim: &Simulator, context: &Context, caller: &Access, user: &str) -> Result<Answer, Answer> {
    need(sim, caller, &MEDIUM, "team_chat:read:list_user_messages")?;
    let known = [
        "to_contact",
        "to_channel",
        "date",
        "from",
        "to",
        "page_size",
        "next_page_token",
        "include_deleted_and_edited_message",
        "search_type",
        "search_key",
        "exclude_child_message",
        "download_file_formats",
    ];
    only(context, &known)?;
    let me = named(sim, caller, user)?;
    let with = contact(sim, me, context.query_value("to_contact"), context.query_value("to_channel"))?;
    let (from, to) = span(context)?;
    let (size, start) = page(sim, context, 10, 50)?;
    let deleted_too = context.query_value("include_deleted_and_edited_message") == Some("true");
    let mains_only = context.query_value("exclude_child_message") == Some("true");
    let mut found: Vec<Message> = sim.zoom().chats.get(&pair(&me.id, &with.id)).cloned().unwrap_or_default();
    found.retain(|message| {
        (from..=to).contains(&message.at)
            && sim.shows(Platform::Zoom, message.at)
            && (deleted_too || !message.deleted)
            && !(mains_only && message.reply_to.is_some())
    });
    found.reverse();
    let end = (start + page_length(start, size)).min(found.len());
    let messages: Vec<Value> = found.get(start..end).unwrap_or_default().iter().map(|message| show_listed(sim, message)).collect();
    let mut answer = json!({ "messages": messages, "next_page_token": next_page(sim, context, end, found.len()), "page_size": size });
    match (context.query_value("from"), context.query_value("to")) {
        (None, None) => answer["date"] = json!(from.strftime("%Y-%m-%d").to_string()),
        (from, to) => {
            for (name, value) in [("from", from), ("to", to)] {
                if let Some(value) = value {
                    answer[name] = json!(value);
                }
            }
        }
    }
    Ok(Answer::json(200, &answer))
}

/// The other side and the place of a message that the user can see.
fn find(sim: &Simulator, me: &Account, with: &Account, id: &str) -> Result<Message, Answer> {
    let missing = || trouble(404, 5401, &format!("Message does not exist: {id}."));
    sim.zoom().chats.get(&pair(&me.id, &with.id)).and_then(|chat| chat.iter().find(|message| message.id == id).cloned()).ok_or_else(missing)
}

pub(super) fn one(sim: &Simulator, context: &Context, caller: &Access, user: &str, id: &str) -> Result<Answer, Answer> {
    need(sim, caller, &MEDIUM, "team_chat:read:user_message")?;
    only(context, &["to_contact", "to_channel", "download_file_formats"])?;
    let me = named(sim, caller, user)?;
    let with = contact(sim, me, context.query_value("to_contact"), context.query_value("to_channel"))?;
    Ok(Answer::json(200, &show(sim, &find(sim, me, with, id)?)))
}

/// Changes a message of the user's own.
fn change(sim: &Simulator, me: &Account, with: &Account, id: &str, change: impl FnOnce(&mut Message)) -> Result<(), Answer> {
    if find(sim, me, with, id)?.from != me.id {
        return Err(trouble(400, 300, "Only the sender can change a message."));
    }
    if let Some(message) =
        sim.zoom().chats.get_mut(&pair(&me.id, &with.id)).and_then(|chat| chat.iter_mut().find(|message| message.id == id))
    {
        change(message);
    }
    Ok(())
}

pub(super) fn edit(sim: &Simulator, context: &Context, caller: &Access, user: &str, id: &str) -> Result<Answer, Answer> {
    need(sim, caller, &MEDIUM, "team_chat:update:user_message")?;
    only(context, &[])?;
    let body = body(context, &["message", "to_contact", "to_channel", "file_ids", "interactive_cards"])?;
    let me = sender(sim, caller, user)?;
    let with = contact(sim, me, body["to_contact"].as_str(), body["to_channel"].as_str())?;
    let text = text(&body)?;
    change(sim, me, with, id, |message| {
        message.text.clone_from(&text);
        message.edited = true;
    })?;
    sim.ledger().reword(Platform::Zoom, &with.id, id, &text);
    Ok(Answer::empty(204))
}

pub(super) fn delete(sim: &Simulator, context: &Context, caller: &Access, user: &str, id: &str) -> Result<Answer, Answer> {
    need(sim, caller, &MEDIUM, "team_chat:delete:user_message")?;
    only(context, &["to_contact", "to_channel"])?;
    let me = sender(sim, caller, user)?;
    let with = contact(sim, me, context.query_value("to_contact"), context.query_value("to_channel"))?;
    change(sim, me, with, id, |message| {
        message.deleted = true;
        message.text.clear();
    })?;
    sim.ledger().forget(Platform::Zoom, &with.id, id);
    Ok(Answer::empty(204))
}

pub(super) fn sessions(sim: &Simulator, context: &Context, caller: &Access, user: &str) -> Result<Answer, Answer> {
    need(sim, caller, &MEDIUM, "team_chat:read:list_user_sessions")?;
    only(context, &["type", "search_star", "page_size", "next_page_token", "from", "to"])?;
    if !matches!(context.query_value("type"), None | Some("1:1" | "groupchat")) {
        return Err(trouble(400, 300, "The type must be 1:1 or groupchat."));
    }
    let (Some(from_text), Some(to_text)) = (context.query_value("from"), context.query_value("to")) else {
        return Err(trouble(400, 300, "from and to are needed."));
    };
    let (from, to) = span(context)?;
    let me = named(sim, caller, user)?;
    let (size, start) = page(sim, context, 10, 50)?;
    let mut found: Vec<(Timestamp, String)> = Vec::new();
    if context.query_value("type") != Some("groupchat") {
        let state = sim.zoom();
        for ((one, other), messages) in &state.chats {
            let with = if *one == me.id {
                other
            } else if *other == me.id {
                one
            } else {
                continue;
            };
            if let Some(last) = messages.iter().map(|message| message.at).max().filter(|at| (from..=to).contains(at)) {
                found.push((last, with.clone()));
            }
        }
    }
    found.sort_by(|a, b| b.cmp(a));
    let end = (start + page_length(start, size)).min(found.len());
    let sessions: Vec<Value> = found
        .get(start..end)
        .unwrap_or_default()
        .iter()
        .filter_map(|(last, with)| sim.world().by_id(Platform::Zoom, with).map(|account| (last, account)))
        .map(|(last, account)| {
            json!({
                "name": account.name(), "type": "1:1", "last_message_sent_time": time(*last), "peer_contact_email": account.email,
                "peer_contact_user_id": account.id, "peer_contact_member_id": account.id,
            })
        })
        .collect();
    let answer = json!({ "from": from_text, "to": to_text, "next_page_token": next_page(sim, context, end, found.len()), "page_size": size, "sessions": sessions });
    Ok(Answer::json(200, &answer))
}

pub(super) fn speak(sim: &Simulator, account: &Account, to: &str, text: &str) -> Result<(), String> {
    let by_name = || sim.world().accounts(Platform::Zoom).iter().find(|known| known.name() == to);
    let to = sim
        .world()
        .find(Platform::Zoom, to)
        .or_else(by_name)
        .filter(|to| to.active)
        .ok_or_else(|| format!("nobody on Zoom is called {to}"))?;
    if !account.active {
        return Err(format!("{} cannot write on Zoom", account.name()));
    }
    deliver(sim, account, to, text.to_owned(), None);
    Ok(())
}
