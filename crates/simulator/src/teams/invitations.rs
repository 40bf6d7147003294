//! `POST /invitations`: guests. Addresses of the tenant's own domains, and addresses that a member holds, are refused;
//! an address that is a guest already gives the same object again. No mail is sent in this world.

use serde_json::json;

use super::TENANT_ID;
use super::graph::{Call, Outcome, Refusal, only};
use crate::http::Answer;
use crate::ledger::Representation;
use crate::world::{OWN_DOMAINS, TENANT_DOMAIN};
use crate::{ALPHANUMERIC, Account, Kind, Platform};

const KNOWN: &[&str] = &[
    "invitedUserEmailAddress",
    "inviteRedirectUrl",
    "invitedUserDisplayName",
    "sendInvitationMessage",
    "invitedUserMessageInfo",
    "invitedUserType",
    "invitedUser",
    "resetRedemption",
];

/// `POST /invitations`.
pub(super) fn invite(call: &Call<'_>, _ids: &[String]) -> Outcome {
    call.no_guests()?;
    let body = call.body(KNOWN)?;
    let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
    let wrong = |message: &str| Refusal::new(400, "BadRequest", message);
    let email = text("invitedUserEmailAddress").ok_or_else(|| wrong("The invited user email address is required."))?;
    let redirect = text("inviteRedirectUrl").ok_or_else(|| wrong("The invite redirect URL is required."))?;
    url::Url::parse(redirect).map_err(|_| wrong("The invite redirect URL is not valid."))?;
    check_address(email)?;
    match body["invitedUserType"].as_str() {
        None | Some("Guest") => {}
        Some("Member") => call.admin_only()?,
        Some(_) => return Err(wrong("The invited user type is not valid.")),
    }
    if !body["invitedUserMessageInfo"].is_null() {
        only(&body["invitedUserMessageInfo"], &["messageLanguage", "customizedMessageBody", "ccRecipients"], "invitedUserMessageInfo")?;
    }
    let sends = body["sendInvitationMessage"].as_bool().unwrap_or(false);
    let resets = body["resetRedemption"].as_bool().unwrap_or(false);
    let guest = if resets { reset(call, &body["invitedUser"]["id"])? } else { find_or_make(call, email, text("invitedUserDisplayName"))? };
    let link = call.context.absolute(
        super::LOGIN,
        &format!(
            "/redeem?rd=https%3a%2f%2finvitations.microsoft.com%2fredeem%2f%3ftenant%3d{TENANT_ID}%26ticket%3d{}",
            call.sim.random_text(ALPHANUMERIC, 32)
        ),
    );
    let answer = json!({
        "@odata.context": call.metadata("invitations/$entity"),
        "id": call.sim.random_uuid().to_string(),
        "inviteRedeemUrl": link,
        "invitedUserDisplayName": body["invitedUserDisplayName"],
        "invitedUserType": "Guest",
        "invitedUserEmailAddress": email,
        "sendInvitationMessage": sends,
        "resetRedemption": resets,
        "inviteRedirectUrl": redirect,
        "status": if guest.pending { "PendingAcceptance" } else { "Completed" },
        "invitedUserMessageInfo": { "messageLanguage": body["invitedUserMessageInfo"]["messageLanguage"], "customizedMessageBody": body["invitedUserMessageInfo"]["customizedMessageBody"],
            "ccRecipients": [{ "emailAddress": { "name": null, "address": null } }] },
        "invitedUser": { "id": guest.id },
    });
    let now = jiff::fmt::rfc2822::to_string(&call.context.now.to_zoned(jiff::tz::TimeZone::UTC)).unwrap_or_default();
    Ok(Answer::json(201, &answer).header("date", &now))
}

/// Letters that Graph does not take, and the tenant's own domains.
fn check_address(email: &str) -> Result<(), Refusal> {
    let wrong = |message: String| Refusal::new(400, "BadRequest", message);
    let invalid = || wrong(format!("The invited user email address '{email}' is not valid."));
    let (local, domain) = email.split_once('@').ok_or_else(invalid)?;
    let edge = |letter: char| letter == '.' || letter == '-';
    if local.is_empty()
        || !domain.contains('.')
        || local.starts_with(edge)
        || local.ends_with(edge)
        || local.contains(|letter: char| !letter.is_alphanumeric() && !"._-".contains(letter))
    {
        return Err(invalid());
    }
    if OWN_DOMAINS.iter().chain(&[TENANT_DOMAIN]).any(|own| own.eq_ignore_ascii_case(domain)) {
        return Err(wrong(format!(
            "The invited user's email domain '{domain}' is a verified domain of this directory. Users of the directory's own domains cannot be invited."
        )));
    }
    Ok(())
}

/// A guest whose redemption starts again.
fn reset(call: &Call<'_>, id: &serde_json::Value) -> Result<Account, Refusal> {
    call.admin_only()?;
    let state = call.sim.teams();
    let found = id.as_str().and_then(|id| state.directory.by_id(call.sim.world(), id)).filter(|account| account.kind == Kind::Guest);
    found.cloned().ok_or_else(|| Refusal::new(400, "BadRequest", "The invited user to reset is not a guest of this directory."))
}

fn find_or_make(call: &Call<'_>, email: &str, name: Option<&str>) -> Result<Account, Refusal> {
    let world = call.sim.world();
    let mut state = call.sim.teams();
    let holders: Vec<Account> =
        state.directory.with_address(email).iter().filter_map(|position| state.directory.at(world, *position)).cloned().collect();
    if let Some(guest) = holders.iter().find(|account| account.kind == Kind::Guest) {
        return Ok(guest.clone());
    }
    if let Some(member) = holders.first() {
        let message = format!(
            "Another object with the same value for property proxyAddresses already exists: object ID {}. They can use that account to sign in.",
            member.id
        );
        return Err(Refusal::new(400, "BadRequest", message));
    }
    let guest = Account {
        platform: Platform::Teams,
        id: call.sim.random_uuid().to_string(),
        human: usize::MAX,
        first_name: name.unwrap_or_else(|| email.split('@').next().unwrap_or(email)).to_owned(),
        last_name: String::new(),
        email: Some(email.to_owned()),
        aliases: Vec::new(),
        active: true,
        kind: Kind::Guest,
        verified: true,
        pending: true,
        licensed: false,
        admin: false,
    };
    state.directory.invite(world, guest.clone(), call.context.now);
    drop(state);
    call.sim.ledger().represent(Representation {
        platform: Platform::Teams,
        kind: "guest",
        id: guest.id.clone(),
        name: guest.name(),
        email: Some(email.to_owned()),
    });
    Ok(guest)
}
