//! Microsoft's rules, each once, through the in-process door.

mod chats;
mod directory;
mod policies;
mod sign_in;
mod tour;

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::Kind;
use crate::testing::{Got, call, consent, simulator, with_form, with_json};

const V1: &str = "https://graph.microsoft.com/v1.0";
const LOGIN_AT: &str = "https://login.microsoftonline.com/harborpine.onmicrosoft.com/oauth2/v2.0";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The admin's token of READY.json.
fn admin_token(sim: &Simulator) -> String {
    sim.credentials()["teams"]["access_token"].as_str().unwrap().to_owned()
}

/// A token for an account with just these scopes, without the way through a browser.
fn token_of(sim: &Simulator, account: &Account, scopes: &[&str]) -> String {
    let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    token::open_access(sim, &account.id, &scopes, 3_600).access_token
}

/// The first account of the company that fits, the admin aside.
fn account(sim: &Simulator, fits: impl Fn(&Account) -> bool) -> &Account {
    sim.world().accounts(Platform::Teams).iter().find(|account| !account.admin && fits(account)).unwrap()
}

/// Members with everything one needs, in order, the admin aside.
fn colleagues(sim: &Simulator) -> Vec<&Account> {
    let all = sim.world().accounts(Platform::Teams).iter();
    all.filter(|account| !account.admin && account.active && account.licensed && account.kind == Kind::Member && account.email.is_some())
        .collect()
}

async fn get(sim: &Simulator, path: &str) -> Got {
    with_json(sim, "GET", &format!("{V1}{path}"), &admin_token(sim), &Value::Null).await
}

async fn get_with(sim: &Simulator, path: &str, headers: &[(&str, &str)]) -> Got {
    let bearer = format!("Bearer {}", admin_token(sim));
    call(sim, "GET", &format!("{V1}{path}"), &[&[("authorization", bearer.as_str())], headers].concat(), "").await
}

async fn write(sim: &Simulator, method: &str, path: &str, body: Value) -> Got {
    with_json(sim, method, &format!("{V1}{path}"), &admin_token(sim), &body).await
}

/// All items of a list, by its next links.
async fn all(sim: &Simulator, path: &str) -> Vec<Value> {
    let (mut items, mut next) = (Vec::new(), Some(format!("{V1}{path}")));
    while let Some(url) = next {
        let got = with_json(sim, "GET", &url, &admin_token(sim), &Value::Null).await;
        assert_eq!(got.status, 200, "{}", got.text);
        items.extend(got.json["value"].as_array().unwrap().iter().cloned());
        next = got.json["@odata.nextLink"].as_str().map(str::to_owned);
    }
    items
}

fn code_of(got: &Got) -> &str {
    got.json["error"]["code"].as_str().unwrap_or_default()
}

fn member(account: &Account, role: &str) -> Value {
    json!({ "@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": [role], "user@odata.bind": format!("{V1}/users('{}')", account.id) })
}

async fn chat_with(sim: &Simulator, other: &Account) -> String {
    let admin = sim.world().admin(Platform::Teams);
    let got =
        write(sim, "POST", "/chats", json!({ "chatType": "oneOnOne", "members": [member(admin, "owner"), member(other, "owner")] })).await;
    assert_eq!(got.status, 201, "{}", got.text);
    got.json["id"].as_str().unwrap().to_owned()
}

async fn invite(sim: &Simulator, email: &str) -> Got {
    write(sim, "POST", "/invitations", json!({ "invitedUserEmailAddress": email, "inviteRedirectUrl": "https://teams.microsoft.com", "invitedUserDisplayName": "Ada Guest", "sendInvitationMessage": false })).await
}
