//! The delegated permissions of Graph that exist here, who may consent to each, and the consents given: what Graph
//! shows as `oauth2PermissionGrants`. Knows neither tokens nor pages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::graph::{Call, Outcome, Refusal};
use super::lists::{self, Advanced};
use crate::http::{Answer, Context};

/// Object id of the app's service principal in the tenant (not the app's id).
pub(super) const SERVICE_PRINCIPAL: &str = "2e64b7d0-83af-4c19-b5f2-6d0e91c3a784";
/// Object id of Graph's service principal in the tenant.
const GRAPH_PRINCIPAL: &str = "c5d08f1b-2a97-4e63-8b0d-71f4a6e93c25";

/// Scopes of sign-in itself: they need no consent of their own.
const SIGN_IN: &[&str] = &["openid", "profile", "email", "offline_access"];
/// What an ordinary user may consent to where the tenant follows Microsoft's recommendation.
const FOR_ONESELF: &[&str] = &["User.Read", "User.ReadWrite", "User.ReadBasic.All"];
/// What the admin consented to for everybody at the start.
pub(super) const FOR_EVERYBODY: &[&str] =
    &["User.Read", "Chat.Create", "Chat.Read", "Chat.ReadBasic", "Chat.ReadWrite", "ChatMessage.Send"];
/// What only an admin may consent to (the chat scopes too, but for a tenant that does not follow Microsoft's recommendation).
const BY_ADMIN: &[&str] = &[
    "Chat.Create",
    "Chat.Read",
    "Chat.ReadBasic",
    "Chat.ReadWrite",
    "ChatMessage.Send",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "GroupMember.Read.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "Team.ReadBasic.All",
    "TeamMember.Read.All",
    "User.DeleteRestore.All",
    "User.Invite.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "User.RevokeSessions.All",
];

/// Every scope that exists here.
pub(super) fn all() -> Vec<String> {
    SIGN_IN.iter().chain(FOR_ONESELF).chain(BY_ADMIN).map(|scope| (*scope).to_owned()).collect()
}

/// A scope parameter in Graph's own spelling, which names Graph as it is called in this cloud; `Err` names the first that does not exist. `.default` stays as it is.
pub(super) fn read(context: &Context, text: &str) -> Result<Vec<String>, String> {
    let resource = format!("https://{}/", context.named(super::GRAPH));
    let mut scopes: Vec<String> = Vec::new();
    for word in text.split_ascii_whitespace() {
        let name = word.strip_prefix(&resource).unwrap_or(word);
        let known = [".default"].iter().chain(SIGN_IN).chain(FOR_ONESELF).chain(BY_ADMIN).find(|known| known.eq_ignore_ascii_case(name));
        let known = (*known.ok_or_else(|| word.to_owned())?).to_owned();
        if !scopes.contains(&known) {
            scopes.push(known);
        }
    }
    Ok(scopes)
}

/// One consent: for everybody, or for one user.
struct Consent {
    id: String,
    principal: Option<String>,
    scopes: Vec<String>,
}

/// All consents to the app.
#[derive(Default)]
pub(super) struct Consents {
    given: Vec<Consent>,
}

impl Consents {
    /// Adds a consent for everybody.
    pub(super) fn allow_everybody(&mut self, scopes: &[impl AsRef<str>]) {
        self.allow(None, scopes);
    }

    /// Adds a consent for one user.
    pub(super) fn allow_one(&mut self, account: &str, scopes: &[impl AsRef<str>]) {
        self.allow(Some(account), scopes);
    }

    fn allow(&mut self, principal: Option<&str>, scopes: &[impl AsRef<str>]) {
        let wanted: Vec<String> = scopes
            .iter()
            .map(|scope| scope.as_ref().to_owned())
            .filter(|scope| !SIGN_IN.contains(&scope.as_str()) && scope != ".default")
            .collect();
        if wanted.is_empty() {
            return;
        }
        if let Some(known) = self.given.iter_mut().find(|known| known.principal.as_deref() == principal) {
            known.scopes.extend(wanted.into_iter().filter(|scope| !known.scopes.contains(scope)).collect::<Vec<_>>());
            return;
        }
        let id = URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{SERVICE_PRINCIPAL}/{}", principal.unwrap_or("everybody"))));
        self.given.push(Consent { id, principal: principal.map(str::to_owned), scopes: wanted });
    }

    /// What of `scopes` nobody consented to for this user.
    pub(super) fn missing<'a>(&self, account: &str, scopes: &'a [String]) -> Vec<&'a str> {
        let held: Vec<_> = self.of(account).flat_map(|consent| &consent.scopes).collect();
        scopes
            .iter()
            .filter(|scope| !SIGN_IN.contains(&scope.as_str()) && *scope != ".default" && !held.contains(scope))
            .map(String::as_str)
            .collect()
    }

    /// `scopes` with `.default` replaced by everything consented to.
    pub(super) fn spelled_out(&self, account: &str, scopes: &[String]) -> Vec<String> {
        let mut named: Vec<String> = scopes.iter().filter(|scope| *scope != ".default").cloned().collect();
        if named.len() < scopes.len() {
            named.extend(self.of(account).flat_map(|consent| consent.scopes.clone()));
            named.sort();
            named.dedup();
        }
        named
    }

    fn of(&self, account: &str) -> impl Iterator<Item = &Consent> {
        self.given.iter().filter(move |consent| consent.principal.as_deref().is_none_or(|principal| principal == account))
    }
}

/// Whether a scope is not one of those that only an administrator may ever consent to.
pub(super) fn needs_no_admin(scope: &str) -> bool {
    for_oneself(scope) || FOR_EVERYBODY.contains(&scope)
}

/// Whether Microsoft's recommendation lets an ordinary user consent to a scope alone.
pub(super) fn for_oneself(scope: &str) -> bool {
    FOR_ONESELF.contains(&scope)
}

fn show(consent: &Consent) -> Value {
    json!({
        "id": consent.id,
        "clientId": SERVICE_PRINCIPAL,
        "consentType": if consent.principal.is_some() { "Principal" } else { "AllPrincipals" },
        "principalId": consent.principal,
        "resourceId": GRAPH_PRINCIPAL,
        "scope": consent.scopes.join(" "),
    })
}

const PROPERTIES: &[&str] = &["id", "clientId", "consentType", "principalId", "resourceId", "scope"];
const FILTERABLE: &[&str] = &["clientId", "consentType", "principalId", "resourceId"];

/// `GET /oauth2PermissionGrants`.
pub(super) fn list(call: &Call<'_>, _ids: &[String]) -> Outcome {
    let shown: Vec<Value> = call.sim.teams().consents.given.iter().map(show).collect();
    let select = lists::select(call, "oAuth2PermissionGrant", &|name| PROPERTIES.contains(&name))?;
    let filter = lists::filter(call, "oAuth2PermissionGrant", &|name| FILTERABLE.contains(&name), Advanced::ByHeader)?;
    lists::answer_values(call, "oauth2PermissionGrants", shown, select.as_deref(), filter.as_ref(), 100, 999)
}

/// `DELETE /oauth2PermissionGrants/{id}`. Issued access tokens live on.
pub(super) fn remove(call: &Call<'_>, ids: &[String]) -> Outcome {
    call.admin_only()?;
    let mut state = call.sim.teams();
    let before = state.consents.given.len();
    state.consents.given.retain(|consent| consent.id != ids[0]);
    if state.consents.given.len() == before {
        return Err(Refusal::no_resource(&ids[0]));
    }
    Ok(Answer::empty(204))
}
