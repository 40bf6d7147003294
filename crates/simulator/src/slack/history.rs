//! conversations.history and reactions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::messages::{message_json, resolve};
use super::methods::{Call, Outcome};
use super::state::Message;
use super::wire::Trouble;
use crate::pages::page_length;
use crate::{ALPHANUMERIC, Platform, Simulator};

/// The most messages of a page.
const LARGEST_PAGE: usize = 999;

/// A cursor that goes on with `list` at `position`.
pub(super) fn next_cursor(sim: &Simulator, list: &str, position: usize) -> String {
    let cursor = STANDARD.encode(format!("next:{}", sim.random_text(ALPHANUMERIC, 13)));
    sim.cursors().keep(&cursor, list, position, None);
    cursor
}

/// Newest first; replies in threads are left out, as in Slack, except where a thread began.
pub(super) fn history(call: &Call<'_>) -> Outcome {
    let channel = call.args.needed("channel")?;
    if channel.starts_with('D') {
        call.needs_scope("im:history")?;
    } else {
        call.needs_scope("mpim:history")?;
    }
    let limit = call.args.count("limit", LARGEST_PAGE)?.unwrap_or(100);
    let oldest = bound(call, "oldest", "invalid_ts_oldest")?;
    let latest = bound(call, "latest", "invalid_ts_latest")?;
    let inclusive = call.args.flag("inclusive")?;
    let with_metadata = call.args.flag("include_all_metadata")?;
    let channel = resolve(call.sim, channel, &call.speaker()?, call.context.now)?;
    let list_name = format!("slack/history/{}/{channel}/{oldest:?}/{latest:?}", call.grant()?.id);
    let position = match call.args.text("cursor") {
        None => 0,
        Some(cursor) => call.sim.cursors().position(cursor, &list_name, call.context.now).ok_or_else(|| Trouble::of("invalid_cursor"))?,
    };
    let state = call.sim.slack();
    let within = |message: &&Message| {
        let ts = micros(&message.ts);
        oldest.is_none_or(|bound| ts > bound || inclusive && ts == bound)
            && latest.is_none_or(|bound| ts < bound || inclusive && ts == bound)
    };
    let shown =
        |message: &&Message| Timestamp::from_microsecond(micros(&message.ts)).is_ok_and(|came| call.sim.shows(Platform::Slack, came));
    let top = |message: &&Message| message.thread_ts.as_ref().is_none_or(|thread| *thread == message.ts);
    let all = state.conversations.get(&channel).map(|found| found.messages.as_slice()).unwrap_or_default();
    let found: Vec<&Message> = all.iter().rev().filter(top).filter(within).filter(shown).collect();
    let page: Vec<Value> = found
        .iter()
        .skip(position)
        .take(page_length(position, limit))
        .map(|message| message_json(&state, message, with_metadata))
        .collect();
    let end = position + page.len();
    let has_more = end < found.len();
    drop(state);
    let mut body = json!({ "messages": page, "has_more": has_more });
    if has_more {
        body["response_metadata"] = json!({ "next_cursor": next_cursor(call.sim, &list_name, end) });
    }
    Ok(body)
}

/// A time bound in microseconds.
fn bound(call: &Call<'_>, name: &'static str, wrong: &'static str) -> Result<Option<i64>, Trouble> {
    let Some(text) = call.args.text(name) else { return Ok(None) };
    let digits = text.chars().all(|letter| letter.is_ascii_digit() || letter == '.') && text.matches('.').count() <= 1;
    if digits { Ok(Some(micros(text))) } else { Err(Trouble::of(wrong)) }
}

/// `1700000000.000100` in microseconds.
fn micros(ts: &str) -> i64 {
    let (seconds, fraction) = ts.split_once('.').unwrap_or((ts, ""));
    let fraction = format!("{fraction:0<6.6}");
    seconds.parse::<i64>().unwrap_or(0) * 1_000_000 + fraction.parse::<i64>().unwrap_or(0)
}

pub(super) fn react(call: &Call<'_>) -> Outcome {
    let speaker = call.speaker()?;
    let name = emoji(call)?;
    on_message(call, |message| {
        let users = message.reactions.entry(name).or_default();
        if users.contains(&speaker) {
            return Err(Trouble::of("already_reacted"));
        }
        users.push(speaker);
        Ok(json!({}))
    })
}

pub(super) fn unreact(call: &Call<'_>) -> Outcome {
    let speaker = call.speaker()?;
    let name = emoji(call)?;
    on_message(call, |message| {
        let users = message.reactions.get_mut(&name).ok_or_else(|| Trouble::of("no_reaction"))?;
        let place = users.iter().position(|user| *user == speaker).ok_or_else(|| Trouble::of("no_reaction"))?;
        users.remove(place);
        if users.is_empty() {
            message.reactions.remove(&name);
        }
        Ok(json!({}))
    })
}

fn emoji(call: &Call<'_>) -> Result<String, Trouble> {
    let name = call.args.needed("name")?;
    let known = name.split("::").next().is_some_and(|name| {
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_+'-".contains(letter))
    });
    if known { Ok(name.to_owned()) } else { Err(Trouble::of("invalid_name")) }
}

fn on_message(call: &Call<'_>, change: impl FnOnce(&mut Message) -> Outcome) -> Outcome {
    let channel = call.args.text("channel").ok_or_else(|| Trouble::of("no_item_specified"))?;
    let ts = call.args.text("timestamp").ok_or_else(|| Trouble::of("bad_timestamp"))?;
    let channel = resolve(call.sim, channel, &call.speaker()?, call.context.now)?;
    let mut state = call.sim.slack();
    let messages = state.conversations.get_mut(&channel).map(|found| &mut found.messages);
    change(
        messages
            .and_then(|messages| messages.iter_mut().find(|message| message.ts == ts))
            .ok_or_else(|| Trouble::of("message_not_found"))?,
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_compared_as_numbers_not_as_text() {
        assert!(super::micros("1700000000.000100") > super::micros("1700000000"));
        assert_eq!(super::micros("1700000000.0001"), super::micros("1700000000.000100"));
    }
}
