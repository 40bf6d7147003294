//! Guests of the Service App, and what an administrator does with authorisations.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::json;

use super::{body, need, not_found, only, sign_in, time, trouble};
use crate::http::{Answer, Context};
use crate::ledger::Representation;
use crate::tokens::{Access, Grant};
use crate::{ALPHANUMERIC, Platform, Simulator, ids};

/// How long a guest's token lives, in seconds.
const GUEST_TOKEN: i64 = 64_799;

/// A guest, kept under its `subject`.
#[derive(Clone)]
pub(super) struct Guest {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) created: Timestamp,
}

/// All guests. The same subject is always the same guest.
#[derive(Default)]
pub(super) struct Guests {
    by_subject: HashMap<String, Guest>,
    /// Subjects by id and by address.
    subjects: HashMap<String, String>,
}

impl Guests {
    /// The guest of this subject, made now if there is none, with this name from now on.
    fn named(&mut self, subject: &str, name: &str, fresh: Guest) -> Guest {
        let subjects = &mut self.subjects;
        let guest = self.by_subject.entry(subject.to_owned()).or_insert_with(|| {
            subjects.insert(fresh.id.clone(), subject.to_owned());
            subjects.insert(fresh.email.clone(), subject.to_owned());
            fresh
        });
        name.clone_into(&mut guest.name);
        guest.clone()
    }

    pub(super) fn by_id(&self, id: &str) -> Option<&Guest> {
        self.by_subject.get(self.subjects.get(id)?).filter(|guest| guest.id == id)
    }

    pub(super) fn by_email(&self, email: &str) -> Option<&Guest> {
        self.by_subject.get(self.subjects.get(&email.to_lowercase())?).filter(|guest| guest.email.eq_ignore_ascii_case(email))
    }

    pub(super) fn by_name(&self, name: &str) -> Option<&Guest> {
        self.by_subject.values().find(|guest| guest.name == name)
    }

    fn count(&self) -> usize {
        self.by_subject.len()
    }
}

pub(super) fn token(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    if caller.grant.kind != "service_app" {
        return Err(trouble(sim, 403, "Guests are made with the access token of a Service App."));
    }
    need(sim, caller, &["guest-issuer:write"])?;
    only(sim, context, &[])?;
    let body = body(sim, context, &["subject", "displayName"])?;
    let (Some(subject), Some(name)) =
        (body["subject"].as_str().filter(|text| !text.is_empty()), body["displayName"].as_str().filter(|text| !text.is_empty()))
    else {
        return Err(trouble(sim, 400, "subject and displayName are needed."));
    };
    let (id, email) = (ids::webex("PEOPLE", &sim.random_uuid().to_string()), format!("{}@appid.ciscospark.com", sim.random_uuid()));
    let guest = sim.webex().guests.named(subject, name, Guest { id, email, name: String::new(), created: context.now });
    let shown = Representation { platform: Platform::Webex, kind: "bot", id: guest.id.clone(), name: guest.name.clone(), email: None };
    sim.ledger().represent(shown);
    let access = format!("eyJ{}", sim.random_text(ALPHANUMERIC, 2100));
    let grant = Grant {
        id: 0,
        platform: Platform::Webex,
        client_id: caller.grant.client_id.clone(),
        account: Some(guest.id.clone()),
        scopes: ["spark:messages_read", "spark:messages_write", "spark:rooms_read", "spark:people_read", "spark:kms"]
            .map(str::to_owned)
            .to_vec(),
        kind: "guest",
        created: context.now,
    };
    let mut tokens = sim.tokens();
    let grant = tokens.open(grant);
    tokens.keep_access(grant, &access, Some(GUEST_TOKEN), context.now);
    let answer = json!({
        "id": guest.id, "subject": subject, "displayName": guest.name, "email": guest.email, "accessToken": access, "expiresIn": GUEST_TOKEN,
    });
    Ok(Answer::json(200, &answer))
}

pub(super) fn count(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    need(sim, caller, &["guest-issuer:read", "guest-issuer:write"])?;
    only(sim, context, &[])?;
    Ok(Answer::json(200, &json!(sim.webex().guests.count())))
}

pub(super) fn application_token(sim: &Simulator, context: &Context, caller: &Access, application: &str) -> Result<Answer, Answer> {
    need(sim, caller, &["spark:applications_token"])?;
    only(sim, context, &[])?;
    let body = body(sim, context, &["clientId", "clientSecret", "targetOrgId"])?;
    let member = |name: &str| body[name].as_str().ok_or_else(|| trouble(sim, 400, &format!("{name} is needed.")));
    let (client, secret, org) = (member("clientId")?, member("clientSecret")?, member("targetOrgId")?);
    let (app, own_org) = {
        let state = sim.webex();
        (state.clients.service_app.clone(), state.org.clone())
    };
    if ids::webex("APPLICATION", &app.id) != application {
        return Err(not_found(sim));
    }
    if (client, secret) != (app.id.as_str(), app.secret.as_str()) {
        return Err(trouble(sim, 401, "The client id or the client secret is wrong."));
    }
    if org != own_org {
        return Err(trouble(sim, 403, "The Service App is not authorised in this organisation."));
    }
    Ok(Answer::json(200, &sign_in::service_app_tokens(sim, context.now)))
}

/// Only administrators may see and end the authorisations of others.
fn admin(sim: &Simulator, caller: &Access, scope: &str) -> Result<(), Answer> {
    need(sim, caller, &[scope])?;
    let account = caller.grant.account.as_deref().and_then(|id| sim.world().by_id(Platform::Webex, id));
    if account.is_some_and(|account| account.admin) { Ok(()) } else { Err(trouble(sim, 403, "An administrator is needed for this.")) }
}

pub(super) fn authorizations(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    admin(sim, caller, "identity:tokens_read")?;
    only(sim, context, &["personId", "personEmail"])?;
    let account = match (context.query_value("personId"), context.query_value("personEmail")) {
        (Some(id), None) => sim.world().by_id(Platform::Webex, id),
        (None, Some(email)) => sim.world().by_email(Platform::Webex, email),
        _ => return Err(trouble(sim, 400, "Exactly one of personId and personEmail is needed.")),
    };
    let account = account.filter(|account| account.kind != crate::Kind::Foreign).ok_or_else(|| not_found(sim))?;
    let items: Vec<_> = sim
        .tokens()
        .grants(Platform::Webex)
        .into_iter()
        .filter(|grant| grant.kind == "user" && grant.account.as_deref() == Some(&account.id))
        .map(|grant| {
            json!({
                "id": ids::webex("AUTHORIZATION", &grant.id.to_string()), "applicationId": ids::webex("APPLICATION", &grant.client_id), "applicationName": "User Sync",
                "personId": account.id, "clientId": grant.client_id, "created": time(grant.created), "type": "refresh",
            })
        })
        .collect();
    Ok(Answer::json(200, &json!({ "items": items })))
}

pub(super) fn delete_client(sim: &Simulator, context: &Context, caller: &Access) -> Result<Answer, Answer> {
    admin(sim, caller, "identity:tokens_write")?;
    only(sim, context, &["clientId", "orgId"])?;
    let client = context.query_value("clientId").ok_or_else(|| trouble(sim, 400, "clientId is needed."))?;
    if context.query_value("orgId").is_some_and(|org| org != sim.webex().org) {
        return Err(trouble(sim, 403, "The organisation is not yours."));
    }
    let mut tokens = sim.tokens();
    let ended: Vec<u64> = tokens
        .grants(Platform::Webex)
        .into_iter()
        .filter(|grant| grant.client_id == client && grant.kind == "user")
        .map(|grant| grant.id)
        .collect();
    for grant in ended {
        tokens.revoke(grant);
    }
    Ok(Answer::empty(204))
}

pub(super) fn delete_authorization(sim: &Simulator, context: &Context, caller: &Access, id: &str) -> Result<Answer, Answer> {
    admin(sim, caller, "identity:tokens_write")?;
    only(sim, context, &[])?;
    let mut tokens = sim.tokens();
    let found = tokens
        .grants(Platform::Webex)
        .into_iter()
        .find(|grant| grant.kind == "user" && ids::webex("AUTHORIZATION", &grant.id.to_string()) == id)
        .map(|grant| grant.id);
    match found {
        Some(grant) => {
            tokens.revoke(grant);
            Ok(Answer::empty(204))
        }
        None => {
            drop(tokens);
            Err(not_found(sim))
        }
    }
}
