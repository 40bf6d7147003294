//! The primary platform: the rule, the admin's choice, and what a change would cost.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use crate::error::{Error, Kind, Remedy, Result};
use crate::model::{PersonId, PlatformId};
use crate::store::history::{self, Deed};
use crate::store::{accounts, people};

/// Which platform is primary. Syncs in place hold it fast; then comes the choice; a single possibility needs none.
pub fn primary(choices: &[PlatformId], chosen: Option<PlatformId>, before: Option<PlatformId>, has_syncs: bool) -> Option<PlatformId> {
    if has_syncs && before.is_some() {
        return before;
    }
    match (chosen, choices) {
        (Some(chosen), choices) if choices.contains(&chosen) => Some(chosen),
        (_, [only]) => Some(*only),
        _ => None,
    }
}

/// What choosing a primary platform would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrimaryChange {
    /// Now.
    pub from: Option<PlatformId>,
    /// Then.
    pub to: PlatformId,
    /// The platforms whose syncs would be reset.
    pub would_reset: Vec<PlatformId>,
}

/// Looks at a change before it is made. Errors: `Kind::Invalid` when the person has no account in use there.
pub fn look_at_change(connection: &Connection, person: PersonId, to: PlatformId) -> Result<PrimaryChange> {
    let choices = choices(connection, person)?;
    if !choices.contains(&to) {
        let known: Vec<&str> = choices.iter().map(PlatformId::as_str).collect();
        let step = if known.is_empty() {
            "This person has no account that is in use; import again once they have one.".to_owned()
        } else {
            format!("Choose one of: {}.", known.join(", "))
        };
        return Err(Error::invalid("primary", format!("{person} has no account in use on {to}."), step).on(to));
    }
    let from = people::primary_of(connection, person)?;
    let would_reset = if from == Some(to) { Vec::new() } else { people::synced_platforms(connection, person)? };
    Ok(PrimaryChange { from, to, would_reset })
}

/// Chooses the primary platform. Errors: `Kind::Conflict` when syncs are in place that must be reset first.
pub fn choose(transaction: &Transaction<'_>, person: PersonId, to: PlatformId, now: Timestamp) -> Result<()> {
    let change = look_at_change(transaction, person, to)?;
    if !change.would_reset.is_empty() {
        let names: Vec<&str> = change.would_reset.iter().map(PlatformId::as_str).collect();
        return Err(Error::new(
            Kind::Conflict,
            "primary",
            format!("{person} has syncs in place ({}), which a new primary platform would break.", names.join(", ")),
        )
        .remedy(Remedy::FixInput { what: "Confirm that they are reset, or reset the person first.".into() }));
    }
    transaction
        .prepare_cached("UPDATE people SET primary_platform = ?2, chosen_primary = ?2 WHERE id = ?1")?
        .execute(params![person.0, to.as_str()])?;
    if change.from == Some(to) { Ok(()) } else { history::decided(transaction, Deed::Primary, person, Some(to), now) }
}

/// Forgets the choice: the part of a reset that comes after the person's syncs are gone.
pub fn restore_default(transaction: &Transaction<'_>, person: PersonId, now: Timestamp) -> Result<()> {
    let choices = choices(transaction, person)?;
    let before = people::primary_of(transaction, person)?;
    let default = primary(&choices, None, None, false);
    transaction
        .prepare_cached("UPDATE people SET primary_platform = ?2, chosen_primary = NULL WHERE id = ?1")?
        .execute(params![person.0, default.as_ref().map(PlatformId::as_str)])?;
    if before != default {
        history::decided(transaction, Deed::Primary, person, default, now)?;
    }
    people::forget_if_empty(transaction, person)
}

/// The platforms that could be primary.
pub fn choices(connection: &Connection, person: PersonId) -> Result<Vec<PlatformId>> {
    Ok(accounts::of_person(connection, person)?.iter().filter(|account| account.is_offered()).map(|account| account.platform).collect())
}
