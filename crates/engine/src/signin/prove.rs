//! Proofs at the platform that nobody there notices: what an entered token is, and whether a client is known.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::authorize::{asked, joined_scopes, redirect_uri, unguessable};
use super::check::MissingScope;
use super::device::{Polled, Started, poll, start};
use super::endpoint::{ask, client_fields, client_token, refusal};
use super::spec::{AuthCode, Client, Field, Ports, Proof, Slot, Source};
use super::tokens::read_tokens;
use super::{Flow, Tokens};
use crate::error::{Error, Kind, Remedy, Result};
use crate::pace::Paced;
use crate::platform::{ConnectionFacts, Platform, PlatformInfo, Proven};
use crate::secrets::{MemorySecrets, Secret, SecretStore, slot_handle};
use crate::transport::{Http, Lane, Request, Sign, Subject};

const OPERATION: &str = "check_field";

/// What a proof found: a sentence, and the permissions that are missing. `None`: the platform has no way to say.
pub(super) type Found = Option<(String, Vec<MissingScope>)>;

/// The fields without which a proof cannot be asked for.
pub(super) fn needs(info: &'static PlatformInfo, proof: Proof) -> Vec<&'static str> {
    let client = |client: &Client| client_fields(client).collect::<Vec<_>>();
    match proof {
        Proof::Looks | Proof::Token(_) => Vec::new(),
        Proof::Client(code) => [client(&code.client), places(code.token_url)].concat(),
        Proof::Device => info.employee.as_ref().and_then(|employee| employee.device.as_ref()).map_or_else(Vec::new, |device| {
            [client(&device.start_client), client(&device.poll_client), places(device.start_url), places(device.poll_url)].concat()
        }),
        Proof::Fetch(slot) => match slot_named(info, slot).map(|slot| slot.source) {
            Some(Source::Client(grant)) => {
                let parameters = grant.parameters.iter().map(|(_, field)| *field).collect();
                [client(&grant.client), parameters, places(grant.token_url)].concat()
            }
            _ => Vec::new(),
        },
        Proof::Page(url) => places(url),
    }
}

/// The `{field}` places of an address.
fn places(template: &'static str) -> Vec<&'static str> {
    template.split('{').skip(1).filter_map(|piece| piece.split_once('}')).map(|(name, _)| name).collect()
}

fn slot_named(info: &'static PlatformInfo, name: &str) -> Option<&'static Slot> {
    info.slots.iter().find(|slot| slot.name == name)
}

/// Asks the platform about a field. `paced` is a trial that holds what was entered.
pub(super) async fn prove(paced: &Paced, platform: &'static dyn Platform, facts: &ConnectionFacts, field: &Field) -> Result<Found> {
    let info = platform.info();
    let known = || Ok(Some((format!("{} knows it.", info.name), Vec::new())));
    match field.proof {
        Proof::Looks => Ok(None),
        Proof::Token(name) => {
            let Some(slot) = slot_named(info, name) else { return Ok(None) };
            let secret = paced.secrets().get(&slot_handle(info.id, name)).await?;
            let Some(secret) = secret else { return Ok(None) };
            let proven = token(paced, platform, facts, slot, &secret).await.map_err(|error| wrong_token(error, field))?;
            Ok(proven.map(|proven| {
                let missing = proven.scopes.map_or_else(Vec::new, |scopes| missing(slot, facts, &scopes));
                (proven.says, missing)
            }))
        }
        Proof::Client(code) => {
            client(paced, platform, facts, code).await?;
            known()
        }
        Proof::Device => device(paced, platform, facts).await,
        Proof::Fetch(name) => match slot_named(info, name) {
            Some(slot @ Slot { source: Source::Client(grant), .. }) => {
                let tokens = client_token(paced, platform, &paced.fields(info.id, facts), grant).await?;
                let missing = if tokens.scopes.is_empty() { Vec::new() } else { missing(slot, facts, &tokens.scopes) };
                Ok(Some((format!("{} knows it and gave a token.", info.name), missing)))
            }
            _ => Ok(None),
        },
        Proof::Page(url) => {
            let url = paced.fields(info.id, facts).url(url)?;
            let response = paced.ask(platform, Request::get(url, Sign::Nobody, Paced::UNCOUNTED, OPERATION), None, Lane::Waiting).await?;
            if response.status.is_success() { known() } else { Err(refusal(platform, &response)) }
        }
    }
}

/// What the token of a slot is, as the platform says. It stands alone there: nothing that could bring another one in its place.
pub(super) async fn token(
    paced: &Paced,
    platform: &'static dyn Platform,
    facts: &ConnectionFacts,
    slot: &Slot,
    tokens: &Secret,
) -> Result<Option<Proven>> {
    let id = platform.info().id;
    let alone = Arc::new(MemorySecrets::new(paced.secrets().realm()));
    alone.put(&slot_handle(id, slot.name), tokens).await?;
    let paced = paced.aside(alone)?;
    paced.connected(id, facts.clone());
    let http = Http::new(Arc::new(paced), id, Subject::Connection, Lane::Waiting);
    match platform.connect(facts.clone(), http).prove(slot.name).await {
        Err(error) if error.kind == Kind::Unsupported => Ok(None),
        proven => proven.map(Some),
    }
}

/// The platform's "sign in again" about a token that was just entered means: this one is no good.
pub(super) fn wrong_token(error: Error, field: &Field) -> Error {
    match error.remedy {
        Remedy::SignInAgain => {
            let what = format!("Copy `{}` once more, whole and from the right app. {}", field.name, field.help);
            error.remedy(Remedy::FixInput { what: what.into() })
        }
        _ => error,
    }
}

/// What a slot should be allowed to do and is not. What the admin left out is not missing.
fn missing(slot: &'static Slot, facts: &ConnectionFacts, held: &BTreeSet<String>) -> Vec<MissingScope> {
    let asked = asked(slot.scopes, facts);
    let lacking = slot.scopes.iter().filter(|scope| asked.contains(&scope.name) && !held.contains(scope.name));
    lacking.map(|scope| MissingScope::new(slot, scope)).collect()
}

/// Shows the token endpoint a code that nobody made. Who does not know the client says so; who knows it refuses the code.
async fn client(paced: &Paced, platform: &'static dyn Platform, facts: &ConnectionFacts, code: &AuthCode) -> Result<()> {
    let port = match code.redirect.ports {
        Ports::Any => super::paste_back::ANY_PORT,
        Ports::Fixed(ports) => ports.first().copied().unwrap_or(super::paste_back::ANY_PORT),
    };
    let mut form = vec![
        ("grant_type", "authorization_code".to_owned()),
        ("code", unguessable(paced.random()).expose().to_owned()),
        ("redirect_uri", redirect_uri(&code.redirect, port)),
        ("code_verifier", unguessable(paced.random()).expose().to_owned()),
    ];
    if code.scope_at_token {
        form.push(("scope", joined_scopes(code, &[])));
    }
    let fields = paced.fields(platform.info().id, facts);
    let response = ask(paced, platform, &fields, code.token_url, &code.client, form).await?;
    if response.status.is_success() && read_tokens(&response.body, code.token_at, Flow::Slot, paced.clock().now()).is_some() {
        let message = format!("{} gave a token for a code that nobody made.", platform.info().name);
        return Err(Error::new(Kind::PlatformDown, OPERATION, message).on(platform.info().id));
    }
    match refusal(platform, &response) {
        // The code is what it does not accept.
        error if error.kind == Kind::SignedOut => Ok(()),
        error => Err(error),
    }
}

/// Asks for a device code that nobody will be shown, and once what became of it.
async fn device(paced: &Paced, platform: &'static dyn Platform, facts: &ConnectionFacts) -> Result<Found> {
    let info = platform.info();
    let known = || Ok(Some((format!("{} knows it.", info.name), Vec::new())));
    let refused = match start(paced, platform, facts).await? {
        Started::Refused(error) => error,
        Started::Code(code) => match poll(paced, platform, facts, &code).await? {
            Polled::Refused(error) => error,
            Polled::Waiting { .. } | Polled::Declined | Polled::Expired => return known(),
            Polled::Granted(Tokens { .. }) => {
                let message = format!("{} gave a token for a code that nobody entered.", info.name);
                return Err(Error::new(Kind::PlatformDown, OPERATION, message).on(info.id));
            }
        },
    };
    // The client is known, and may not use codes.
    let may_use_links = info.employee.as_ref().is_some_and(|employee| employee.paste_back.is_some());
    match refused.kind {
        Kind::Unsupported | Kind::Forbidden if may_use_links => {
            let says = format!("{} People get a link in place of a code. To change that: {}", refused.message, refused.next_step());
            Ok(Some((says, Vec::new())))
        }
        _ => Err(refused),
    }
}
