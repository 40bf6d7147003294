//! chat.postMessage, chat.update, chat.delete.

use serde_json::{Value, json};

use super::args::as_seen;
use super::messages::{message_json, notify, put, resolve};
use super::methods::{Call, Outcome};
use super::state::Message;
use super::wire::Trouble;
use crate::Platform;

/// Text beyond this many characters is cut off.
const LONGEST_TEXT: usize = 40_000;
/// An edit beyond this many characters is refused.
const LONGEST_EDIT: usize = 4_000;
const LONGEST_MARKDOWN: usize = 12_000;
const MOST_BLOCKS: usize = 50;
const MOST_ATTACHMENTS: usize = 100;

/// What a post or an edit says.
struct Content {
    text: String,
    blocks: Option<Value>,
    attachments: Option<Value>,
    metadata: Option<Value>,
}

pub(super) fn post(call: &Call<'_>) -> Outcome {
    let channel = call.args.needed("channel")?;
    let speaker = call.speaker()?;
    let content = content(call)?.ok_or_else(|| Trouble::of("no_text"))?;
    let username = call.args.text("username").map(str::to_owned);
    let icons = match (call.args.text("icon_url"), call.args.text("icon_emoji")) {
        (Some(url), _) => Some(json!({ "image_48": url })),
        (None, Some(emoji)) => Some(json!({ "emoji": emoji })),
        (None, None) => None,
    };
    if username.is_some() || icons.is_some() {
        call.needs_scope("chat:write.customize")?;
    }
    let app = app_of(call)?;
    if let Some(app) = &app
        && !call.sim.slack().apps.get(app).is_some_and(|app| app.messages_tab())
        && channel.starts_with(['D', 'U', 'W'])
    {
        return Err(Trouble::of("messages_tab_disabled"));
    }
    let channel = resolve(call.sim, channel, &speaker, call.context.now)?;
    let thread_ts = match call.args.text("thread_ts") {
        Some(thread) if !has_message(call, &channel, thread) => return Err(Trouble::of("cannot_reply_to_message")),
        thread => thread.map(str::to_owned),
    };
    let ts = call.sim.slack().next_ts(call.context.now);
    let text: String = content.text.chars().take(LONGEST_TEXT).collect();
    let message = Message {
        app,
        username,
        icons,
        blocks: content.blocks,
        attachments: content.attachments,
        metadata: content.metadata,
        ..Message::plain(ts.clone(), speaker, text, thread_ts)
    };
    let shown = put(call.sim, &channel, message);
    Ok(json!({ "channel": channel, "ts": ts, "message": shown }))
}

pub(super) fn update(call: &Call<'_>) -> Outcome {
    let channel = call.args.needed("channel")?;
    let ts = call.args.needed("ts")?.to_owned();
    let speaker = call.speaker()?;
    if call.args.text("text").is_some_and(|text| text.chars().count() > LONGEST_EDIT) {
        return Err(Trouble::of("msg_too_long"));
    }
    let content = content(call)?;
    let channel = resolve(call.sim, channel, &speaker, call.context.now)?;
    let mut state = call.sim.slack();
    let edited_ts = state.next_ts(call.context.now);
    let found = state.conversations.get_mut(&channel).and_then(|found| found.messages.iter_mut().find(|message| message.ts == ts));
    let message = found.ok_or_else(|| Trouble::of("message_not_found"))?;
    if message.user != speaker {
        return Err(Trouble::of("cant_update_message"));
    }
    let before = message.clone();
    match content {
        Some(content) => {
            message.text = content.text;
            // Blocks that are not given again are gone.
            message.blocks = content.blocks;
            message.attachments = content.attachments.or(message.attachments.take());
            message.metadata = content.metadata.or(message.metadata.take());
        }
        None => message.metadata = Some(call.args.structure("metadata", "invalid_metadata_format")?.ok_or_else(|| Trouble::of("no_text"))?),
    }
    if message.app.is_none() {
        // Edits by people are marked, those by bots are not.
        message.edited = Some(edited_ts.clone());
    }
    let after = message.clone();
    let readers = state.conversations.get(&channel).map(|found| found.members.clone()).unwrap_or_default();
    let (shown, previous) = (message_json(&state, &after, true), message_json(&state, &before, true));
    drop(state);
    for reader in readers {
        call.sim.ledger().reword(Platform::Slack, &reader, &format!("{channel}/{ts}"), &as_seen(&after.text));
    }
    let event = json!({
        "type": "message", "subtype": "message_changed", "hidden": true, "channel": channel, "ts": edited_ts, "event_ts": edited_ts,
        "message": shown, "previous_message": previous,
    });
    notify(call.sim, &channel, event);
    Ok(json!({ "channel": channel, "ts": ts, "text": after.text, "message": shown }))
}

pub(super) fn delete(call: &Call<'_>) -> Outcome {
    let channel = call.args.needed("channel")?;
    let ts = call.args.needed("ts")?.to_owned();
    let speaker = call.speaker()?;
    let channel = resolve(call.sim, channel, &speaker, call.context.now)?;
    let mut state = call.sim.slack();
    let event_ts = state.next_ts(call.context.now);
    let conversation = state.conversations.get_mut(&channel).ok_or_else(|| Trouble::of("channel_not_found"))?;
    let place = conversation.messages.iter().position(|message| message.ts == ts).ok_or_else(|| Trouble::of("message_not_found"))?;
    let found = &conversation.messages[place];
    if found.user != speaker || found.username.is_some() || found.icons.is_some() {
        return Err(Trouble::of("cant_delete_message"));
    }
    let message = conversation.messages.remove(place);
    let readers = conversation.members.clone();
    let previous = message_json(&state, &message, true);
    drop(state);
    for reader in readers {
        call.sim.ledger().forget(Platform::Slack, &reader, &format!("{channel}/{ts}"));
    }
    let event = json!({
        "type": "message", "subtype": "message_deleted", "hidden": true, "channel": channel, "ts": event_ts, "event_ts": event_ts,
        "deleted_ts": ts, "previous_message": previous,
    });
    notify(call.sim, &channel, event);
    Ok(json!({ "channel": channel, "ts": ts }))
}

/// The app behind a bot token.
fn app_of(call: &Call<'_>) -> Result<Option<String>, Trouble> {
    let grant = call.grant()?;
    Ok(call.sim.slack().app_of_client(&grant.client_id).filter(|_| grant.kind == "bot").map(|app| app.id.clone()))
}

fn has_message(call: &Call<'_>, channel: &str, ts: &str) -> bool {
    call.sim.slack().conversations.get(channel).is_some_and(|found| found.messages.iter().any(|message| message.ts == ts))
}

/// What is said, checked; `None` when nothing is.
fn content(call: &Call<'_>) -> Result<Option<Content>, Trouble> {
    let args = &call.args;
    let (text, markdown) = (args.text("text"), args.text("markdown_text"));
    if args.has("markdown_text") && (args.has("text") || args.has("blocks")) {
        return Err(Trouble::of("markdown_text_conflict"));
    }
    if markdown.is_some_and(|markdown| markdown.chars().count() > LONGEST_MARKDOWN) {
        return Err(Trouble::argument("must be less than 12001 characters", "markdown_text"));
    }
    if args.has("as_user") {
        return Err(Trouble::of("as_user_not_supported"));
    }
    for flag in ["link_names", "mrkdwn", "reply_broadcast", "unfurl_links", "unfurl_media"] {
        args.flag(flag)?;
    }
    if args.text("parse").is_some_and(|parse| !matches!(parse, "none" | "full")) {
        return Err(Trouble::argument("must be none or full", "parse"));
    }
    let blocks = args.structure("blocks", "invalid_blocks_format")?;
    if let Some(blocks) = &blocks {
        let list = blocks.as_array().ok_or_else(|| Trouble::of("invalid_blocks_format"))?;
        if list.len() > MOST_BLOCKS || list.iter().any(|block| !block["type"].is_string()) {
            return Err(Trouble::of("invalid_blocks"));
        }
    }
    let attachments = args.structure("attachments", "invalid_arguments")?;
    if attachments.as_ref().and_then(Value::as_array).is_some_and(|list| list.len() > MOST_ATTACHMENTS) {
        return Err(Trouble::of("too_many_attachments"));
    }
    let metadata = args.structure("metadata", "invalid_metadata_format")?;
    if let Some(metadata) = &metadata
        && !(metadata["event_type"].is_string() && metadata["event_payload"].is_object())
    {
        return Err(Trouble::of("invalid_metadata_schema"));
    }
    let said = text.or(markdown);
    if said.is_none() && blocks.is_none() && attachments.is_none() {
        return Ok(None);
    }
    Ok(Some(Content { text: said.unwrap_or_default().to_owned(), blocks, attachments, metadata }))
}
