//! users.* and team.info: the workspace's members as Slack shows them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::methods::{Call, Outcome};
use super::state::{App, OTHER_TEAM_ID, TEAM_DOMAIN, TEAM_ID};
use super::wire::Trouble;
use crate::pages::page_length;
use crate::world::{COMPANY, Kind, OWN_DOMAINS};
use crate::{ALPHANUMERIC, Account, Platform, Simulator};

/// The most members of a page.
const LARGEST_PAGE: usize = 1000;
/// Without a `limit` a larger team is refused.
const LARGEST_WITHOUT_LIMIT: usize = 1000;
/// Slack's own helper, and two tools that some admin installed: no human stands behind them.
const OTHER_BOTS: [(&str, &str, &str); 3] =
    [("USLACKBOT", "slackbot", "Slackbot"), ("U0STANDUPBT", "standup_clock", "Standup Clock"), ("U0BUILDLAMP", "build_lamp", "Build Lamp")];

/// What the caller may see of a user.
struct Sees {
    email: bool,
    /// Id of the caller, if a user.
    user: Option<String>,
    admin: bool,
}

impl Sees {
    fn of(call: &Call<'_>) -> Result<Self, Trouble> {
        let grant = call.grant()?;
        let user = grant.account.clone();
        let admin = user.as_deref().and_then(|user| super::human(call.sim, user)).is_some_and(|account| account.admin);
        Ok(Self { email: grant.has_scope("users:read.email"), user, admin })
    }
}

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let sees = Sees::of(call)?;
    let humans = call.sim.world().accounts(Platform::Slack);
    let apps: Vec<App> = call.sim.slack().apps.values().cloned().collect();
    let total = humans.len() + OTHER_BOTS.len() + apps.len();
    let limit = match call.args.count("limit", LARGEST_PAGE)? {
        Some(limit) => limit,
        None if total > LARGEST_WITHOUT_LIMIT => return Err(Trouble::of("limit_required")),
        None => total,
    };
    let list_name = format!("slack/users.list/{}", call.grant()?.id);
    // An odd number: the position behind it was already answered with an empty page.
    let (position, was_empty) = match call.args.text("cursor") {
        None => (0, false),
        Some(cursor) => {
            let kept = call.sim.cursors().position(cursor, &list_name, call.context.now).ok_or_else(|| Trouble::of("invalid_cursor"))?;
            (kept / 2, kept % 2 == 1)
        }
    };
    let empty = position > 0 && !was_empty && position % 7 == 3;
    let length = if empty { 0 } else { page_length(position, limit).min(total - position) };
    let members: Vec<Value> = (position..position + length)
        .map(|at| match OTHER_BOTS.get(at) {
            Some(bot) => other_bot_json(*bot),
            None => match humans.get(at - OTHER_BOTS.len()) {
                Some(account) => user_json(account, &sees),
                None => bot_json(&apps[at - OTHER_BOTS.len() - humans.len()]),
            },
        })
        .collect();
    let end = position + length;
    let next_cursor = if end < total {
        let cursor = STANDARD.encode(format!("user:{}", call.sim.random_text(ALPHANUMERIC, 11)));
        call.sim.cursors().keep(&cursor, &list_name, end * 2 + usize::from(empty), None);
        cursor
    } else {
        String::new()
    };
    Ok(json!({ "members": members, "cache_ts": call.context.now.as_second(), "response_metadata": { "next_cursor": next_cursor } }))
}

pub(super) fn info(call: &Call<'_>) -> Outcome {
    let id = call.args.needed("user")?;
    if let Some(account) = super::human(call.sim, id) {
        return Ok(json!({ "user": user_json(account, &Sees::of(call)?) }));
    }
    if let Some(bot) = OTHER_BOTS.iter().find(|(known, _, _)| *known == id) {
        return Ok(json!({ "user": other_bot_json(*bot) }));
    }
    let state = call.sim.slack();
    state.app_of_bot(id).map(|app| json!({ "user": bot_json(app) })).ok_or_else(|| Trouble::of("user_not_found"))
}

pub(super) fn lookup_by_email(call: &Call<'_>) -> Outcome {
    // The method shows the address it was asked for; `users:read` is not asked for besides.
    let sees = Sees { email: true, ..Sees::of(call)? };
    let email = call.args.needed("email")?;
    let found = call.sim.world().by_email(Platform::Slack, email).filter(|account| account.active && account.kind != Kind::Foreign);
    found.map(|account| json!({ "user": user_json(account, &sees) })).ok_or_else(|| Trouble::of("users_not_found"))
}

pub(super) fn team_info(call: &Call<'_>) -> Outcome {
    let by_id = call.args.text("team").is_none_or(|id| id == TEAM_ID);
    let by_domain = call.args.text("domain").is_none_or(|domain| domain == TEAM_DOMAIN);
    if !by_id || !by_domain {
        return Err(Trouble::of("team_not_found"));
    }
    Ok(json!({ "team": {
        "id": TEAM_ID, "name": COMPANY, "domain": TEAM_DOMAIN, "url": format!("https://{TEAM_DOMAIN}.{}/", call.context.named("slack.com")),
        "email_domain": OWN_DOMAINS[0], "icon": { "image_default": true }, "is_verified": false,
    } }))
}

/// The name Slack gives a person for mentions.
pub(super) fn handle(account: &Account) -> String {
    account.name().to_lowercase().replace(' ', ".")
}

fn user_json(account: &Account, sees: &Sees) -> Value {
    let name = account.name();
    let foreign = account.kind == Kind::Foreign;
    let team = if foreign { OTHER_TEAM_ID } else { TEAM_ID };
    let mut profile = json!({
        "real_name": name, "real_name_normalized": name, "display_name": account.first_name, "display_name_normalized": account.first_name,
        "first_name": account.first_name, "last_name": account.last_name, "title": "", "phone": "", "team": team, "avatar_hash": avatar(account),
        "status_text": "", "status_emoji": "",
    });
    if let (true, Some(email)) = (sees.email, &account.email) {
        profile["email"] = email.as_str().into();
    }
    let mut user = json!({
        "id": account.id, "team_id": team, "name": handle(account), "deleted": !account.active, "real_name": name,
        "is_bot": false, "is_app_user": false, "updated": 1_760_000_000, "profile": profile,
    });
    if !account.active {
        // Slack leaves most flags out of a deactivated user.
        return user;
    }
    let restricted = account.kind == Kind::Guest;
    let flags = [
        ("is_admin", account.admin),
        ("is_owner", account.admin),
        ("is_primary_owner", account.admin),
        ("is_restricted", restricted),
        ("is_ultra_restricted", false),
        ("is_stranger", foreign),
        ("is_email_confirmed", account.verified),
    ];
    for (flag, value) in flags {
        user[flag] = value.into();
    }
    user["tz"] = "Europe/Berlin".into();
    user["tz_label"] = "Central European Time".into();
    user["tz_offset"] = 3600.into();
    if !foreign && (sees.admin || sees.user.as_deref() == Some(&account.id)) {
        let second_factor = !account.human.is_multiple_of(3);
        user["has_2fa"] = second_factor.into();
        if second_factor {
            user["two_factor_type"] = if account.human.is_multiple_of(5) { "sms" } else { "app" }.into();
        }
    }
    user
}

fn avatar(account: &Account) -> String {
    account.id.bytes().map(|byte| format!("{:x}", byte & 15)).collect()
}

fn bot_json(app: &App) -> Value {
    let mut user = other_bot_json((&app.bot_user, app.bot_name(), app.name()));
    user["deleted"] = (!app.installed).into();
    user["profile"]["bot_id"] = app.bot_id.as_str().into();
    user["profile"]["api_app_id"] = app.id.as_str().into();
    user
}

fn other_bot_json((id, name, real_name): (&str, &str, &str)) -> Value {
    json!({
        "id": id, "team_id": TEAM_ID, "name": name, "deleted": false, "real_name": real_name, "is_bot": id != "USLACKBOT", "is_app_user": false, "updated": 0,
        "is_admin": false, "is_owner": false, "is_primary_owner": false, "is_restricted": false, "is_ultra_restricted": false,
        "profile": {
            "real_name": real_name, "real_name_normalized": real_name, "display_name": name, "display_name_normalized": name,
            "first_name": real_name, "last_name": "", "team": TEAM_ID, "avatar_hash": "sv41d8cd98f0", "always_active": true,
        },
    })
}

/// The name shown for a user id.
pub(super) fn shown_name(sim: &Simulator, user: &str) -> String {
    if let Some(account) = super::human(sim, user) {
        return account.name();
    }
    sim.slack().app_of_bot(user).map(|app| app.name().to_owned()).unwrap_or_default()
}
