//! Who is there: people, organisations, teams and their members.

use serde_json::{Value, json};

use super::{need, not_found, only, page, page_size, trouble};
use crate::http::{Answer, Context};
use crate::tokens::Access;
use crate::{Account, Kind, Platform, Simulator, ids};

/// When every account was made.
const CREATED: &str = "2021-03-04T09:00:00.000Z";
/// The organisation's teams; a person is in the one that their place in the list falls into.
const TEAMS: [(&str, &str); 3] = [
    ("5f0a1d30-1f51-4f39-8f2e-0c1f5b0c1a01", "Timber"),
    ("5f0a1d30-1f51-4f39-8f2e-0c1f5b0c1a02", "Shipping"),
    ("5f0a1d30-1f51-4f39-8f2e-0c1f5b0c1a03", "Office"),
];
/// A bot that somebody made in the portal.
const BOT: &str = "9e6a4e7e-8e35-4f2f-9f0a-3d7a2b1c0d11";

const READ: &[&str] = &["spark:people_read", "spark-admin:people_read"];

/// Whether the caller is an administrator whose token may say so.
fn is_admin(sim: &Simulator, caller: &Access) -> bool {
    let account = caller.grant.account.as_deref().and_then(|id| sim.world().by_id(Platform::Webex, id));
    account.is_some_and(|account| account.admin) && caller.grant.has_scope("spark-admin:people_read")
}

fn show(sim: &Simulator, account: &Account, admin: bool) -> Value {
    let state = sim.webex();
    let foreign = account.kind == Kind::Foreign;
    let mut person = json!({
        "id": account.id,
        "emails": account.addresses().collect::<Vec<_>>(),
        "displayName": account.name(),
        "firstName": account.first_name,
        "lastName": account.last_name,
        "orgId": if foreign { &state.other_org } else { &state.org },
        "created": CREATED,
        "status": if account.pending { "pending" } else { "active" },
        "type": "person",
    });
    if admin && !foreign {
        person["invitePending"] = json!(if account.pending { "true" } else { "false" });
        person["loginEnabled"] = json!(if account.active || account.pending { "true" } else { "false" });
    }
    person
}

fn bot(sim: &Simulator) -> Value {
    json!({ "id": ids::webex("PEOPLE", BOT), "emails": ["shiftplan@webex.bot"], "displayName": "Shift plan", "orgId": sim.webex().org, "created": CREATED, "status": "active", "type": "bot" })
}

/// Anybody that can be written to: an account, or a guest.
pub(super) fn show_by_id(sim: &Simulator, id: &str, admin: bool) -> Option<Value> {
    if let Some(account) = sim.world().by_id(Platform::Webex, id) {
        return Some(show(sim, account, admin));
    }
    let state = sim.webex();
    let guest = state.guests.by_id(id)?;
    Some(json!({
        "id": guest.id, "emails": [guest.email], "displayName": guest.name, "orgId": state.org, "created": super::time(guest.created),
        "status": "unknown", "type": "appuser",
    }))
}

pub(super) fn list(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    need(sim, caller, READ)?;
    only(sim, context, &["email", "displayName", "id", "orgId", "roles", "callingData", "locationId", "max", "excludeStatus", "cursor"])?;
    let admin = is_admin(sim, caller);
    let size = page_size(sim, context, 100, 1000)?;
    let world = sim.world();
    let own = |account: &&Account| account.kind != Kind::Foreign;
    if let Some(email) = context.query_value("email") {
        let found: Vec<&Account> = world.all_by_email(Platform::Webex, email).into_iter().filter(own).collect();
        return page(sim, context, &found, size, |account| show(sim, account, admin), Some(("notFoundIds", json!([]))));
    }
    if let Some(list) = context.query_value("id") {
        let asked: Vec<&str> = list.split(',').collect();
        if asked.len() > 85 {
            return Err(trouble(sim, 400, "At most 85 ids can be given."));
        }
        let (found, lost): (Vec<&str>, Vec<&str>) = asked.into_iter().partition(|id| show_by_id(sim, id, admin).is_some());
        return page(
            sim,
            context,
            &found,
            size.max(85),
            |id| show_by_id(sim, id, admin).unwrap_or_default(),
            Some(("notFoundIds", json!(lost))),
        );
    }
    if let Some(name) = context.query_value("displayName") {
        let prefix = name.to_lowercase();
        let found: Vec<&Account> = world
            .accounts(Platform::Webex)
            .iter()
            .filter(own)
            .filter(|account| account.name().to_lowercase().starts_with(&prefix))
            .collect();
        return page(sim, context, &found, size, |account| show(sim, account, admin), None);
    }
    if !admin {
        return Err(trouble(sim, 400, "Email or displayName is required."));
    }
    let everybody: Vec<Option<&Account>> = world.accounts(Platform::Webex).iter().map(Some).chain([None]).collect();
    page(sim, context, &everybody, size, |account| account.map_or_else(|| bot(sim), |account| show(sim, account, admin)), None)
}

pub(super) fn me(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    only(sim, context, &["callingData"])?;
    let id = caller.grant.account.as_deref().unwrap_or_default();
    show_by_id(sim, id, is_admin(sim, caller)).map(|person| Answer::json(200, &person)).ok_or_else(|| not_found(sim))
}

pub(super) fn one(sim: &Simulator, context: &Context, caller: &Access, id: &str) -> Result<Answer, Answer> {
    need(sim, caller, READ)?;
    only(sim, context, &["callingData"])?;
    show_by_id(sim, id, is_admin(sim, caller)).map(|person| Answer::json(200, &person)).ok_or_else(|| not_found(sim))
}

fn organisation(sim: &Simulator) -> Value {
    json!({ "id": sim.webex().org, "displayName": crate::world::COMPANY, "created": CREATED })
}

pub(super) fn organizations(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    need(sim, caller, &["spark-admin:organizations_read"])?;
    only(sim, context, &[])?;
    Ok(Answer::json(200, &json!({ "items": [organisation(sim)] })))
}

pub(super) fn organization(sim: &Simulator, context: &Context, caller: &Access, id: &str) -> Result<Answer, Answer> {
    need(sim, caller, &["spark-admin:organizations_read"])?;
    only(sim, context, &[])?;
    if id != sim.webex().org {
        return Err(not_found(sim));
    }
    Ok(Answer::json(200, &organisation(sim)))
}

/// The account is a member of the caller's teams here; the pretended admin is in all three.
pub(super) fn teams(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    need(sim, caller, &["spark:teams_read"])?;
    only(sim, context, &["max", "cursor"])?;
    let size = page_size(sim, context, 100, 1000)?;
    page(sim, context, &TEAMS, size, |(id, name)| json!({ "id": ids::webex("TEAM", id), "name": name, "created": CREATED }), None)
}

pub(super) fn memberships(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    need(sim, caller, &["spark:team_memberships_read"])?;
    only(sim, context, &["teamId", "max", "cursor"])?;
    let team = context.query_value("teamId").ok_or_else(|| trouble(sim, 400, "teamId is required."))?;
    let place = TEAMS.iter().position(|(id, _)| ids::webex("TEAM", id) == team).ok_or_else(|| not_found(sim))?;
    let size = page_size(sim, context, 100, 1000)?;
    let world = sim.world();
    let members: Vec<&Account> = world
        .accounts(Platform::Webex)
        .iter()
        .enumerate()
        .filter(|(at, account)| (*at == 0 || at % TEAMS.len() == place) && account.kind != Kind::Foreign && account.active)
        .map(|(_, account)| account)
        .collect();
    let org = sim.webex().org.clone();
    page(
        sim,
        context,
        &members,
        size,
        |account| {
            json!({
                "id": ids::webex("TEAM_MEMBERSHIP", &format!("{}:{}", account.id, TEAMS[place].0)), "teamId": team, "personId": account.id,
                "personEmail": account.email, "personDisplayName": account.name(), "personOrgId": org, "isModerator": account.admin, "created": CREATED,
            })
        },
        None,
    )
}
