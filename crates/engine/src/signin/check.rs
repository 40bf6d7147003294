//! One field, checked as it is entered: first its looks, then a proof at the platform that nobody there notices.
//!
//! The proof runs on trial like a whole sign-in: what was entered lies in memory, and nothing is kept.

use std::sync::Arc;

use serde::Serialize;

use super::entered::{Given, is_there, known_fields, take};
use super::look::look;
use super::prove::{needs, prove};
use super::spec::Slot;
use crate::error::{Error, Result};
use crate::pace::Paced;
use crate::platform::{ConnectionFacts, Platform, Scope};
use crate::secrets::{MemorySecrets, Secret};

const OPERATION: &str = "check_field";

/// A permission that the connection lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct MissingScope {
    /// Which token lacks it.
    pub slot: String,
    /// The platform's word.
    pub scope: String,
    /// What it is for.
    pub reason: String,
    /// What does not work without it.
    pub without: String,
}

impl MissingScope {
    pub(crate) fn new(slot: &Slot, scope: &Scope) -> Self {
        Self { slot: slot.name.into(), scope: scope.name.into(), reason: scope.reason.into(), without: scope.without.into() }
    }
}

/// How far a field is known to be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// It looks right; more cannot be known before connecting.
    Looks,
    /// The platform knows it.
    Proven,
    /// It looks right, and is proven once further fields are entered.
    Waits,
}

/// What checking a field found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct Checked {
    /// Which.
    pub field: String,
    /// How far it is known to be right.
    pub state: CheckState,
    /// For people, in one sentence; empty where there is nothing to say.
    pub says: String,
    /// The fields that its proof needs.
    pub waits_for: Vec<String>,
    /// Permissions that the token lacks.
    pub missing: Vec<MissingScope>,
}

/// Checks `field` with everything that was entered so far and what the connection `before` keeps.
///
/// Errors: the field is wrong, or the platform could not be asked. Dropping the future ends the check; nothing of it is kept anyway.
pub async fn check_field(
    paced: &Paced,
    platform: &'static dyn Platform,
    given: Given,
    before: Option<&ConnectionFacts>,
    field: &str,
) -> Result<Checked> {
    let id = platform.info().id;
    check(paced, platform, given, before, field).await.map_err(|error| Error { operation: OPERATION, ..error }.on(id))
}

async fn check(
    paced: &Paced,
    platform: &'static dyn Platform,
    mut given: Given,
    before: Option<&ConnectionFacts>,
    field: &str,
) -> Result<Checked> {
    let info = platform.info();
    known_fields(info, &given)?;
    let field = info.fields.iter().find(|known| known.name == field).ok_or_else(|| {
        Error::invalid(OPERATION, format!("{} has no field `{field}`.", info.name), "Check one of the fields that the platform has.")
    })?;
    let checked = |state| Checked { field: field.name.to_owned(), state, says: String::new(), waits_for: Vec::new(), missing: Vec::new() };
    let is_entered = given.get(field.name).is_some_and(|text| !text.expose().trim().is_empty());
    if is_entered {
        let text = given.get(field.name).map(|text| look(info, field, text.expose()).map(Secret::new)).transpose()?;
        given.extend(text.map(|text| (field.name.to_owned(), text)));
    }
    // A field that is wrong says so itself; here it is as good as not entered.
    given.retain(|name, text| {
        let known = info.fields.iter().find(|known| known.name == name);
        known.is_none_or(|known| known.name == field.name || look(info, known, text.expose()).is_ok())
    });

    let secrets = Arc::new(MemorySecrets::new(paced.secrets().realm()));
    let sorted = take(paced, platform, &given.into(), before, secrets.as_ref()).await?;
    info.cloud(&sorted.facts)?;
    if !is_there(info, &sorted, field.name, secrets.as_ref()).await? {
        if !field.required {
            return Ok(checked(CheckState::Looks));
        }
        return Err(Error::invalid(OPERATION, format!("`{}` is missing.", field.name), format!("Enter it. {}", field.help)));
    }
    let mut waits_for: Vec<String> = Vec::new();
    for name in needs(info, field.proof) {
        if !is_there(info, &sorted, name, secrets.as_ref()).await? && !waits_for.iter().any(|waiting| waiting == name) {
            waits_for.push(name.to_owned());
        }
    }
    if !waits_for.is_empty() {
        return Ok(Checked { waits_for, ..checked(CheckState::Waits) });
    }
    let trial = paced.aside(secrets)?;
    trial.connected(info.id, sorted.facts.clone());
    Ok(match prove(&trial, platform, &sorted.facts, field).await? {
        Some((says, missing)) => Checked { says, missing, ..checked(CheckState::Proven) },
        None => checked(CheckState::Looks),
    })
}

#[cfg(test)]
mod tests;
