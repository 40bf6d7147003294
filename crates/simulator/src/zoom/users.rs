//! The account's users.

use serde_json::{Value, json};

use super::{LIGHT, MEDIUM, need, next_page, only, page, trouble};
use crate::http::{Answer, Context};
use crate::pages::page_length;
use crate::tokens::Access;
use crate::{Account, Platform, Simulator};

const CREATED: &str = "2021-03-04T09:00:00Z";

/// `active`, `inactive` or `pending`.
fn status(account: &Account) -> &'static str {
    match (account.pending, account.active) {
        (true, _) => "pending",
        (_, true) => "active",
        _ => "inactive",
    }
}

/// The owner's role is 0, an ordinary member's 2.
fn role(account: &Account) -> &'static str {
    if account.admin { "0" } else { "2" }
}

/// The address under which the user chats.
pub(super) fn jid(account: &Account) -> String {
    format!("{}@xmpp.zoom.us", account.id.to_lowercase())
}

fn show(account: &Account) -> Value {
    json!({
        "id": account.id, "email": account.email, "first_name": account.first_name, "last_name": account.last_name, "display_name": account.name(), "type": 2,
        "status": status(account), "verified": u8::from(account.verified), "role_id": role(account), "user_created_at": CREATED,
    })
}

pub(super) fn list(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    need(sim, caller, &MEDIUM, "user:read:list_users")?;
    only(context, &["status", "page_size", "role_id", "page_number", "include_fields", "license", "next_page_token"])?;
    let wanted = context.query_value("status").unwrap_or("active");
    if !matches!(wanted, "active" | "inactive" | "pending") {
        return Err(trouble(400, 300, "The status must be active, inactive or pending."));
    }
    let (size, start) = page(sim, context, 30, 2000)?;
    // The older way of paging: whole pages by number.
    let number = context.query_value("page_number").map(|text| text.parse::<usize>().ok().filter(|number| *number > 0));
    let number = number.map(|number| number.ok_or_else(|| trouble(400, 300, "The page_number must be a positive integer."))).transpose()?;
    let found: Vec<&Account> = sim
        .world()
        .accounts(Platform::Zoom)
        .iter()
        .filter(|account| status(account) == wanted && context.query_value("role_id").is_none_or(|id| role(account) == id))
        .collect();
    let (start, length) = match number {
        Some(number) if start == 0 => ((number - 1).saturating_mul(size), size),
        _ => (start, page_length(start, size)),
    };
    let end = start.saturating_add(length).min(found.len());
    let users: Vec<Value> = found.get(start..end).unwrap_or_default().iter().map(|account| show(account)).collect();
    let answer = json!({
        "next_page_token": next_page(sim, context, end, found.len()), "page_count": found.len().div_ceil(size), "page_size": size,
        "total_records": found.len(), "users": users,
    });
    Ok(Answer::json(200, &answer))
}

/// The account that a path names: `me` for user tokens, an id or address for the server-to-server app.
pub(super) fn named<'a>(sim: &'a Simulator, caller: &Access, name: &str) -> Result<&'a Account, Answer> {
    let world = sim.world();
    let missing = || trouble(404, 1001, &format!("User does not exist: {name}."));
    match (caller.grant.kind, name) {
        ("server", "me") => Err(trouble(401, 124, "Invalid access token.")),
        ("server", _) => world.find(Platform::Zoom, name).ok_or_else(missing),
        ("user", "me") => caller.grant.account.as_deref().and_then(|id| world.by_id(Platform::Zoom, id)).ok_or_else(missing),
        _ => Err(trouble(400, 200, "This app is managed by its user: only `me` may be named.")),
    }
}

pub(super) fn one(sim: &Simulator, context: &Context, caller: &Access, name: &str) -> Result<Answer, Answer> {
    need(sim, caller, &LIGHT, "user:read:user")?;
    only(context, &["login_type", "encrypted_email", "search_by_unique_id"])?;
    let account = named(sim, caller, name)?;
    let mut user = show(account);
    user["jid"] = json!(jid(account));
    user["account_id"] = json!(sim.zoom().account_id);
    user["company"] = json!(crate::world::COMPANY);
    user["timezone"] = json!("Europe/Lisbon");
    Ok(Answer::json(200, &user))
}

pub(super) fn contacts(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    need(sim, caller, &MEDIUM, "team_chat:read:list_contacts")?;
    only(context, &["type", "page_size", "next_page_token"])?;
    let me = named(sim, caller, "me")?;
    let (size, start) = page(sim, context, 10, 50)?;
    let others: Vec<&Account> =
        sim.world().accounts(Platform::Zoom).iter().filter(|account| account.active && account.id != me.id).collect();
    let end = (start + page_length(start, size)).min(others.len());
    let contacts: Vec<Value> = others
        .get(start..end)
        .unwrap_or_default()
        .iter()
        .map(|account| json!({ "email": account.email, "first_name": account.first_name, "last_name": account.last_name, "id": account.id, "member_id": account.id }))
        .collect();
    Ok(Answer::json(
        200,
        &json!({ "contacts": contacts, "next_page_token": next_page(sim, context, end, others.len()), "page_size": size }),
    ))
}
