//! Conversations: opening and listing them, a message as Slack shows it, events about it, and what humans write.

use serde_json::{Value, json};

use super::args::as_seen;
use super::directory::{handle, shown_name};
use super::methods::{Call, Outcome};
use super::sockets::deliver;
use super::state::{App, Conversation, Message, State, TEAM_ID};
use super::wire::Trouble;
use crate::ledger::{Heard, Representation};
use crate::world::Kind;
use crate::{Account, CAPITALS, Platform, Simulator};

/// A new conversation's id: direct, or with several people.
fn conversation_id(sim: &Simulator, members: usize) -> String {
    format!("{}0{}", if members > 2 { 'G' } else { 'D' }, sim.random_text(CAPITALS, 9))
}

pub(super) fn open(call: &Call<'_>) -> Outcome {
    let speaker = call.speaker()?;
    let (users, channel) = (call.args.text("users"), call.args.text("channel"));
    let sim = call.sim;
    let Some(users) = users else {
        let channel = channel.ok_or_else(|| Trouble::of("users_list_not_supplied"))?;
        let found = sim.slack().conversations.get(channel).filter(|found| found.members.contains(&speaker)).cloned();
        return opened(call, &found.ok_or_else(|| Trouble::of("channel_not_found"))?, true);
    };
    let mut members = vec![speaker.clone()];
    for user in users.split(',').map(str::trim) {
        check_partner(sim, user, &speaker)?;
        if !members.iter().any(|known| known == user) {
            members.push(user.to_owned());
        }
    }
    match members.len() {
        2 => call.needs_scope("im:write")?,
        3..=9 => call.needs_scope("mpim:write")?,
        _ => return Err(Trouble::of(if members.len() > 9 { "too_many_users" } else { "not_enough_users" })),
    }
    let id = conversation_id(sim, members.len());
    let mut state = sim.slack();
    let known = state.conversations.len();
    if call.args.flag("prevent_creation")? {
        let mut sorted = members.clone();
        sorted.sort();
        if !state.by_members.contains_key(&sorted.join(",")) {
            return Err(Trouble::of("channel_not_found"));
        }
    }
    let conversation = state.conversation_of(&members, call.context.now, || id).clone();
    let already = state.conversations.len() == known;
    drop(state);
    opened(call, &conversation, already)
}

fn opened(call: &Call<'_>, conversation: &Conversation, already: bool) -> Outcome {
    let channel =
        if call.args.flag("return_im")? { conversation_json(conversation, &call.speaker()?) } else { json!({ "id": conversation.id }) };
    let mut body = json!({ "channel": channel });
    if already {
        body["already_open"] = true.into();
        body["no_op"] = true.into();
    }
    Ok(body)
}

/// Whether a direct conversation with `user` can be opened.
fn check_partner(sim: &Simulator, user: &str, speaker: &str) -> Result<(), Trouble> {
    if user == speaker {
        return Err(Trouble::of("invalid_user_combination"));
    }
    let Some(account) = super::human(sim, user) else {
        let bot = user == "USLACKBOT" || sim.slack().app_of_bot(user).is_some();
        return Err(Trouble::of(if bot { "invalid_user_combination" } else { "user_not_found" }));
    };
    match (account.kind, account.active) {
        (_, false) => Err(Trouble::of("user_disabled")),
        (Kind::Foreign, _) => Err(Trouble::of("user_not_visible")),
        _ => Ok(()),
    }
}

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let speaker = call.speaker()?;
    let types = call.args.text("types").unwrap_or("public_channel");
    for kind in types.split(',') {
        if !matches!(kind, "public_channel" | "private_channel" | "mpim" | "im") {
            return Err(Trouble::of("invalid_types"));
        }
    }
    let limit = call.args.count("limit", 999)?.unwrap_or(100);
    let list_name = format!("slack/users.conversations/{}/{types}", call.grant()?.id);
    let position = match call.args.text("cursor") {
        None => 0,
        Some(cursor) => call.sim.cursors().position(cursor, &list_name, call.context.now).ok_or_else(|| Trouble::of("invalid_cursor"))?,
    };
    let state = call.sim.slack();
    let wanted = |found: &&Conversation| {
        found.members.contains(&speaker) && types.split(',').any(|kind| kind == if found.members.len() > 2 { "mpim" } else { "im" })
    };
    let mut found: Vec<&Conversation> = state.conversations.values().filter(wanted).collect();
    found.sort_by(|one, other| one.id.cmp(&other.id));
    let page: Vec<Value> = found.iter().skip(position).take(limit).map(|conversation| conversation_json(conversation, &speaker)).collect();
    let end = position + page.len();
    let next_cursor = if end < found.len() { super::history::next_cursor(call.sim, &list_name, end) } else { String::new() };
    Ok(json!({ "channels": page, "response_metadata": { "next_cursor": next_cursor } }))
}

fn conversation_json(conversation: &Conversation, speaker: &str) -> Value {
    let group = conversation.members.len() > 2;
    let mut json = json!({
        "id": conversation.id, "created": conversation.created.as_second(), "is_im": !group, "is_mpim": group, "is_archived": false, "is_org_shared": false,
        "context_team_id": TEAM_ID, "updated": conversation.created.as_millisecond(),
    });
    if !group {
        json["user"] = conversation.members.iter().find(|member| *member != speaker).map_or(speaker, String::as_str).into();
        json["is_user_deleted"] = false.into();
        json["priority"] = 0.into();
    }
    json
}

/// The conversation `channel` (an id, or a user's id: their direct conversation) as far as the speaker is in it.
pub(super) fn resolve(sim: &Simulator, channel: &str, speaker: &str, now: jiff::Timestamp) -> Result<String, Trouble> {
    if channel.starts_with(['U', 'W']) {
        check_partner(sim, channel, speaker).map_err(|_| Trouble::of("channel_not_found"))?;
        let id = conversation_id(sim, 2);
        return Ok(sim.slack().conversation_of(&[speaker.to_owned(), channel.to_owned()], now, || id).id.clone());
    }
    let state = sim.slack();
    let found = state.conversations.get(channel).filter(|found| found.members.iter().any(|member| member == speaker));
    found.map(|found| found.id.clone()).ok_or_else(|| Trouble::of("channel_not_found"))
}

/// A message as history and events show it.
pub(super) fn message_json(state: &State, message: &Message, with_metadata: bool) -> Value {
    let mut json = json!({ "type": "message", "ts": message.ts, "user": message.user, "team": TEAM_ID, "text": message.text });
    if let Some(app) = message.app.as_ref().and_then(|app| state.apps.get(app)) {
        json["bot_id"] = app.bot_id.as_str().into();
        json["app_id"] = app.id.as_str().into();
        json["bot_profile"] = bot_profile(app);
    }
    if message.username.is_some() {
        json["subtype"] = "bot_message".into();
    }
    let optional = [
        ("username", message.username.clone().map(Value::from)),
        ("icons", message.icons.clone()),
        ("blocks", message.blocks.clone()),
        ("attachments", message.attachments.clone()),
        ("thread_ts", message.thread_ts.clone().map(Value::from)),
        ("client_msg_id", message.client_msg_id.clone().map(Value::from)),
        ("metadata", message.metadata.clone().filter(|_| with_metadata)),
        ("edited", message.edited.as_ref().map(|ts| json!({ "user": message.user, "ts": ts }))),
        ("files", Some(Value::from(message.files.clone())).filter(|_| !message.files.is_empty())),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            json[name] = value;
        }
    }
    if !message.reactions.is_empty() {
        json["reactions"] =
            message.reactions.iter().map(|(name, users)| json!({ "name": name, "users": users, "count": users.len() })).collect();
    }
    json
}

fn bot_profile(app: &App) -> Value {
    json!({ "id": app.bot_id, "app_id": app.id, "team_id": TEAM_ID, "name": app.name(), "deleted": false, "updated": 1_760_000_000 })
}

/// Puts a message into a conversation: people hear it, apps in it get their event.
pub(super) fn put(sim: &Simulator, channel: &str, message: Message) -> Value {
    let mut state = sim.slack();
    let json = message_json(&state, &message, true);
    let Some(conversation) = state.conversations.get_mut(channel) else { return json };
    conversation.messages.push(message.clone());
    let members = conversation.members.clone();
    drop(state);
    let thread = message.thread_ts.clone().unwrap_or_default();
    let from = message.username.clone().unwrap_or_else(|| shown_name(sim, &message.user));
    for member in members.iter().filter(|member| **member != message.user && super::human(sim, member).is_some()) {
        let heard = Heard {
            from: from.clone(),
            answer_to: format!("{channel}/{thread}"),
            text: as_seen(&message.text),
            at: sim.clock().now(),
            key: format!("{channel}/{}", message.ts),
        };
        sim.ledger().hear(Platform::Slack, member, heard);
    }
    if let (Some(name), Some(bot)) = (&message.username, json["bot_id"].as_str()) {
        // Slack keeps no identity of the name: the bot's id with the name is the nearest thing to one.
        let representation =
            Representation { platform: Platform::Slack, kind: "bot", id: format!("{bot}/{name}"), name: name.clone(), email: None };
        sim.ledger().represent(representation);
    }
    let mut event = json.clone();
    event["channel"] = channel.into();
    event["event_ts"] = message.ts.as_str().into();
    notify(sim, channel, event);
    json
}

/// Sends an event about a conversation to the apps in it that listen and may read it.
pub(super) fn notify(sim: &Simulator, channel: &str, mut event: Value) {
    event["channel_type"] = if channel.starts_with('D') { "im" } else { "mpim" }.into();
    let (name, scope) = if channel.starts_with('D') { ("message.im", "im:history") } else { ("message.mpim", "mpim:history") };
    let state = sim.slack();
    let Some(conversation) = state.conversations.get(channel) else { return };
    let apps: Vec<App> = conversation
        .members
        .iter()
        .filter_map(|member| state.app_of_bot(member))
        .filter(|app| app.hears(name) && app.installed)
        .cloned()
        .collect();
    drop(state);
    for app in apps {
        let may_read = sim
            .tokens()
            .grants(Platform::Slack)
            .iter()
            .any(|grant| grant.kind == "bot" && grant.client_id == app.client_id && grant.has_scope(scope));
        if may_read {
            deliver(sim, &app.id, &event, &app.bot_user, sim.clock().now());
        }
    }
}

/// A human writes a direct message. `to` is what [`Heard::answer_to`] said (`CHANNEL/THREAD`), a person's address or
/// id, an app's name, id or bot user, or the name under which an app posted.
pub(crate) fn speak(sim: &Simulator, account: &Account, to: &str, text: &str) -> Result<(), String> {
    let (channel, thread) = match conversation_named(sim, account, to) {
        Some(found) => found,
        None => (conversation_with(sim, account, to)?, None),
    };
    let silent = {
        let state = sim.slack();
        let members = state.conversations.get(&channel).map(|found| found.members.clone()).unwrap_or_default();
        members.iter().filter_map(|member| state.app_of_bot(member)).any(|app| app.read_only() || !app.messages_tab())
    };
    if silent {
        return Err("this app takes no messages".to_owned());
    }
    let now = sim.clock().now();
    let ts = sim.slack().next_ts(now);
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let client_msg_id = Some(sim.random_uuid().to_string());
    put(sim, &channel, Message { client_msg_id, ..Message::plain(ts, account.id.clone(), text, thread) });
    Ok(())
}

impl Message {
    pub(super) fn plain(ts: String, user: String, text: String, thread_ts: Option<String>) -> Self {
        Self {
            ts,
            user,
            text,
            thread_ts,
            app: None,
            blocks: None,
            attachments: None,
            metadata: None,
            username: None,
            icons: None,
            edited: None,
            client_msg_id: None,
            files: Vec::new(),
            reactions: Default::default(),
        }
    }
}

/// `CHANNEL/THREAD`, or the last conversation in which somebody of that shown name wrote.
fn conversation_named(sim: &Simulator, account: &Account, to: &str) -> Option<(String, Option<String>)> {
    let state = sim.slack();
    if let Some((channel, thread)) = to.split_once('/') {
        let known = state.conversations.get(channel).is_some_and(|found| found.members.contains(&account.id));
        return known.then(|| (channel.to_owned(), Some(thread.to_owned()).filter(|thread| !thread.is_empty())));
    }
    drop(state);
    let ledger = sim.ledger();
    let heard = ledger.heard(Platform::Slack, &account.id).iter().rev().find(|heard| heard.from == to)?;
    let (channel, thread) = heard.answer_to.split_once('/')?;
    Some((channel.to_owned(), Some(thread.to_owned()).filter(|thread| !thread.is_empty())))
}

fn conversation_with(sim: &Simulator, account: &Account, to: &str) -> Result<String, String> {
    let human = sim.world().find(Platform::Slack, to).filter(|other| other.active && other.id != account.id);
    let partner = human.map(|other| other.id.clone()).or_else(|| {
        let state = sim.slack();
        let named = state
            .apps
            .values()
            .find(|app| [&app.id, &app.bot_id, &app.bot_user].contains(&&to.to_owned()) || app.name() == to || app.bot_name() == to);
        named.map(|app| app.bot_user.clone())
    });
    let partner = partner.ok_or_else(|| format!("nobody at Slack is called {to}"))?;
    tracing::debug!(from = handle(account), "a human opens a conversation");
    let id = conversation_id(sim, 2);
    Ok(sim.slack().conversation_of(&[account.id.clone(), partner], sim.clock().now(), || id).id.clone())
}
