//! The chatbot: one app, one name, writes to every user of the account.

use serde_json::{Value, json};

use super::{MEDIUM, body, limit, only, trouble};
use crate::http::{Answer, Context};
use crate::ledger::Heard;
use crate::tokens::Access;
use crate::{Platform, Simulator};

/// A message of the bot, kept under its id.
#[derive(Clone)]
pub(super) struct BotMessage {
    to: String,
    to_jid: String,
    sent: String,
}

/// Checks the caller and the members that every call names.
fn check(sim: &Simulator, caller: &Access, account: Option<&str>, robot: Option<&str>) -> Result<(), Answer> {
    limit(sim, &MEDIUM)?;
    if !caller.grant.has_scope("imchat:bot") {
        return Err(trouble(400, 4711, "Invalid access token, does not contain scopes:[imchat:bot]."));
    }
    let state = sim.zoom();
    if account != Some(state.account_id.as_str()) || robot != Some(state.apps.robot_jid.as_str()) {
        return Err(trouble(400, 7000, "Invalid robot_jid or account_id."));
    }
    Ok(())
}

/// Head and body of a message as the human reads them.
fn text(content: &Value) -> Result<String, Answer> {
    let head = content["head"]["text"].as_str().unwrap_or_default();
    let lines = content["body"].as_array().map(Vec::as_slice).unwrap_or_default();
    let lines = lines.iter().filter_map(|line| line["text"].as_str());
    let text: Vec<&str> = std::iter::once(head).chain(lines).filter(|text| !text.is_empty()).collect();
    if text.is_empty() { Err(trouble(400, 300, "The content is empty.")) } else { Ok(text.join("\n")) }
}

fn show(sim: &Simulator, id: &str, message: &BotMessage) -> Value {
    json!({ "message_id": id, "robot_jid": sim.zoom().apps.robot_jid, "sent_time": message.sent, "to_jid": message.to_jid, "user_jid": message.to_jid })
}

pub(super) fn post(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    only(context, &[])?;
    let body =
        body(context, &["robot_jid", "to_jid", "account_id", "content", "visible_to_user", "user_jid", "reply_to", "is_markdown_support"])?;
    check(sim, caller, body["account_id"].as_str(), body["robot_jid"].as_str())?;
    let jid = body["to_jid"].as_str().unwrap_or_default();
    if body["user_jid"].as_str().is_none() {
        return Err(trouble(400, 300, "user_jid is needed."));
    }
    let to = sim.world().accounts(Platform::Zoom).iter().find(|account| account.active && super::users::jid(account) == jid);
    let to = to.ok_or_else(|| trouble(404, 7010, "The to_jid does not exist."))?;
    let text = text(&body["content"])?;
    let sent = context.now.strftime("%Y-%m-%d %H:%M:%S +0000").to_string();
    let message = BotMessage { to: to.id.clone(), to_jid: jid.to_owned(), sent };
    let id = format!("{}_{}", context.now.strftime("%Y%m%d%H%M%S"), sim.random_text(crate::ALPHANUMERIC, 10));
    sim.zoom().bot_messages.insert(id.clone(), message.clone());
    let robot = sim.zoom().apps.robot_jid.clone();
    sim.ledger().hear(
        Platform::Zoom,
        &to.id,
        Heard { from: "User Sync".to_owned(), answer_to: robot, text, at: context.now, key: id.clone() },
    );
    Ok(Answer::json(201, &show(sim, &id, &message)))
}

fn find(sim: &Simulator, id: &str) -> Result<BotMessage, Answer> {
    sim.zoom().bot_messages.get(id).cloned().ok_or_else(|| trouble(404, 7001, "The message does not exist."))
}

pub(super) fn edit(sim: &Simulator, context: &Context, caller: &Access, id: &str) -> Result<Answer, Answer> {
    only(context, &[])?;
    let body = body(context, &["robot_jid", "account_id", "content", "user_jid", "is_markdown_support"])?;
    check(sim, caller, body["account_id"].as_str(), body["robot_jid"].as_str())?;
    let message = find(sim, id)?;
    let text = text(&body["content"])?;
    sim.ledger().reword(Platform::Zoom, &message.to, id, &text);
    Ok(Answer::json(200, &show(sim, id, &message)))
}

pub(super) fn delete(sim: &Simulator, context: &Context, caller: &Access, id: &str) -> Result<Answer, Answer> {
    only(context, &["account_id", "user_jid", "robot_jid"])?;
    check(sim, caller, context.query_value("account_id"), context.query_value("robot_jid"))?;
    let message = find(sim, id)?;
    sim.zoom().bot_messages.remove(id);
    sim.ledger().forget(Platform::Zoom, &message.to, id);
    Ok(Answer::json(200, &show(sim, id, &message)))
}
