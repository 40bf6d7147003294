//! What the admin enters to connect: sorted into plain facts and secrets, together with what an earlier connection keeps, so
//! that signing in again asks for nothing that is known.

use std::collections::{BTreeMap, BTreeSet};

use super::look::look;
use super::spec::{Client, Slot, Source};
use super::tokens::Tokens;
use crate::error::{Error, Remedy, Result};
use crate::pace::Paced;
use crate::platform::{CLOUD, ConnectionFacts, Platform, PlatformInfo, Scope};
use crate::secrets::{MemorySecrets, Secret, SecretStore, field_handle, slot_handle};

const OPERATION: &str = "connect";

/// Texts by field name (`employee.client_id`).
pub type Given = BTreeMap<String, Secret>;

/// What the admin entered.
#[derive(Clone, Debug, Default)]
pub struct Entered {
    /// The fields. For a platform that is connected already, one that is not here stays as it is; a plain one that is here without a
    /// text is emptied.
    pub given: Given,
    /// Answers to `info().questions`.
    pub answers: BTreeMap<String, String>,
    /// Optional scopes that are not asked for; `None` keeps what an earlier connection left out.
    pub left_out: Option<BTreeSet<String>>,
}

impl From<Given> for Entered {
    fn from(given: Given) -> Self {
        Self { given, ..Self::default() }
    }
}

/// What was entered, sorted. Secrets and tokens lie in memory, as the store would hold them.
pub(super) struct Sorted {
    pub(super) facts: ConnectionFacts,
    /// Slots whose token is there already, given now or before.
    pub(super) filled: BTreeSet<&'static str>,
}

/// Sorts it. Errors: everything that is missing at once, and what no field, question or scope can be.
pub(super) async fn sort(
    paced: &Paced,
    platform: &'static dyn Platform,
    entered: &Entered,
    before: Option<&ConnectionFacts>,
    secrets: &MemorySecrets,
) -> Result<Sorted> {
    let info = platform.info();
    known_fields(info, &entered.given)?;
    let entered = Entered { given: looked_at(info, &entered.given)?, ..entered.clone() };
    let sorted = take(paced, platform, &entered, before, secrets).await?;
    let mut missing = Vec::new();
    for field in info.fields.iter().filter(|field| field.required) {
        if !is_there(info, &sorted, field.name, secrets).await? {
            missing.push(format!("`{}`: {}", field.name, field.help));
        }
    }
    if !missing.is_empty() {
        return Err(Error::invalid(
            OPERATION,
            format!("Some fields of {} are missing.", info.name),
            format!("Enter {}", missing.join("; ")),
        ));
    }
    info.cloud(&sorted.facts)?;
    check_answers(info, &entered.answers)?;
    optional_scopes(info, &sorted.facts.left_out)?;
    Ok(sorted)
}

/// Every text as its field takes it; the first that is wrong is refused.
fn looked_at(info: &PlatformInfo, given: &Given) -> Result<Given> {
    let one = |(name, text): (&String, &Secret)| {
        let field = info.fields.iter().find(|field| field.name == name).filter(|_| !text.expose().trim().is_empty());
        let text = field.map_or(Ok(text.expose()), |field| look(info, field, text.expose()))?;
        Ok((name.clone(), Secret::new(text)))
    };
    given.iter().map(one).collect()
}

/// The same without a word about what is missing.
pub(super) async fn take(
    paced: &Paced,
    platform: &'static dyn Platform,
    entered: &Entered,
    before: Option<&ConnectionFacts>,
    secrets: &MemorySecrets,
) -> Result<Sorted> {
    let info = platform.info();
    let mut sorted = Sorted { facts: kept_facts(info, entered, before), filled: BTreeSet::new() };
    for (name, value) in &entered.given {
        let value = value.expose().trim();
        if value.is_empty() {
            continue;
        }
        if let Some(slot) = info.slots.iter().find(|slot| slot.field == name) {
            secrets.put(&slot_handle(info.id, slot.name), &Tokens::given(Secret::new(value)).to_secret()?).await?;
            sorted.filled.insert(slot.name);
            sorted.facts.kept.insert(name.clone());
        } else if info.fields.iter().any(|field| field.name == name && !field.secret) {
            sorted.facts.fields.insert(name.clone(), value.to_owned());
        } else {
            secrets.put(&field_handle(info.id, name), &Secret::new(value)).await?;
            sorted.facts.kept.insert(name.clone());
        }
    }
    if let Some(before) = before {
        take_over(paced, info, before, &mut sorted, secrets).await?;
    }
    Ok(sorted)
}

/// The plain part of an earlier connection, with the new texts not yet in it.
fn kept_facts(info: &PlatformInfo, entered: &Entered, before: Option<&ConnectionFacts>) -> ConnectionFacts {
    let none = ConnectionFacts::default();
    let before = before.unwrap_or(&none);
    let stays = |name: &String| !entered.given.contains_key(name) && info.fields.iter().any(|field| field.name == name);
    let mut answers = before.answers.clone();
    answers.extend(entered.answers.clone());
    ConnectionFacts {
        fields: before.fields.iter().filter(|(name, _)| stays(name)).map(|(name, value)| (name.clone(), value.clone())).collect(),
        answers,
        left_out: entered.left_out.clone().unwrap_or_else(|| {
            let optional: BTreeSet<&str> = scopes(info).filter(|scope| scope.optional).map(|scope| scope.name).collect();
            before.left_out.iter().filter(|name| optional.contains(name.as_str())).cloned().collect()
        }),
        ..ConnectionFacts::default()
    }
}

/// Adds the secrets of the earlier connection that were not entered anew. Another cloud gets none of them, and another client
/// not the secret of the one before.
async fn take_over(
    paced: &Paced,
    info: &'static PlatformInfo,
    before: &ConnectionFacts,
    sorted: &mut Sorted,
    secrets: &MemorySecrets,
) -> Result<()> {
    let changed = |name: &str| before.fields.get(name) != sorted.facts.fields.get(name);
    if changed(CLOUD) && info.cloud(before).ok() != info.cloud(&sorted.facts).ok() {
        return Ok(());
    }
    let mut found = Vec::new();
    for field in info.fields.iter().filter(|field| field.secret && !sorted.facts.kept.contains(field.name)) {
        let owner_changed = clients(info).iter().any(|client| secret_of(client) == Some(field.name) && changed(client.id_field()));
        let slot = info.slots.iter().find(|slot| slot.field == field.name);
        if owner_changed || slot.is_some_and(|slot| !is_reusable(slot, before, &sorted.facts)) {
            continue;
        }
        let handle = slot.map_or_else(|| field_handle(info.id, field.name), |slot| slot_handle(info.id, slot.name));
        // A damaged one is what entering it again mends.
        let kept = match paced.secrets().get(&handle).await {
            Err(error) if error.remedy == Remedy::SignInAgain => None,
            kept => kept?,
        };
        let Some(kept) = kept else { continue };
        secrets.put(&handle, &kept).await?;
        found.push((field.name, slot));
    }
    for (name, slot) in found {
        sorted.facts.kept.insert(name.to_owned());
        sorted.filled.extend(slot.map(|slot| slot.name));
    }
    Ok(())
}

/// Whether a stored token of this slot came from the admin's hand and nothing else can bring one: what signing in brings is
/// brought anew.
fn is_reusable(slot: &Slot, before: &ConnectionFacts, now: &ConnectionFacts) -> bool {
    match &slot.source {
        Source::Given => true,
        Source::Browser(code) => before.kept.contains(slot.field) && !now.fields.contains_key(code.client.id_field()),
        Source::Client(grant) => before.kept.contains(slot.field) && !now.fields.contains_key(grant.client.id_field()),
        Source::Minted(_) => before.kept.contains(slot.field),
    }
}

/// Every client of the platform.
fn clients(info: &'static PlatformInfo) -> Vec<Client> {
    let of_slot = |slot: &Slot| match &slot.source {
        Source::Given => None,
        Source::Browser(code) => Some(code.client),
        Source::Client(grant) => Some(grant.client),
        Source::Minted(mint) => Some(mint.client),
    };
    let device = info.employee.iter().filter_map(|employee| employee.device.as_ref());
    let paste = info.employee.iter().filter_map(|employee| employee.paste_back.as_ref()).map(|paste| paste.code.client);
    let employee = device.flat_map(|device| [device.start_client, device.poll_client, device.refresh_client]).chain(paste);
    info.slots.iter().filter_map(of_slot).chain(employee).collect()
}

fn secret_of(client: &Client) -> Option<&'static str> {
    match client {
        Client::Public { .. } => None,
        Client::Form(fields) | Client::Basic(fields) | Client::BasicAndForm(fields) => Some(fields.secret),
    }
}

/// Whether a field has a text, plain, secret or as a token.
pub(super) async fn is_there(info: &'static PlatformInfo, sorted: &Sorted, name: &str, secrets: &MemorySecrets) -> Result<bool> {
    if sorted.facts.fields.contains_key(name) {
        return Ok(true);
    }
    match info.slots.iter().find(|slot| slot.field == name) {
        Some(slot) => Ok(sorted.filled.contains(slot.name)),
        None => Ok(secrets.get(&field_handle(info.id, name)).await?.is_some()),
    }
}

pub(super) fn known_fields(info: &PlatformInfo, given: &Given) -> Result<()> {
    let known = |name: &str| info.fields.iter().any(|field| field.name == name) || info.slots.iter().any(|slot| slot.field == name);
    let Some(name) = given.keys().find(|name| !known(name)) else { return Ok(()) };
    let names: Vec<&str> = info.fields.iter().map(|field| field.name).collect();
    Err(Error::invalid(OPERATION, format!("{} has no field `{name}`.", info.name), format!("Its fields are: {}.", names.join(", "))))
}

/// Only what the platform asks about can be answered, with one of its words.
pub(crate) fn check_answers(info: &PlatformInfo, answers: &BTreeMap<String, String>) -> Result<()> {
    for (key, word) in answers {
        let question = info.questions.iter().find(|question| question.key == key).ok_or_else(|| {
            Error::invalid(OPERATION, format!("{} does not ask about `{key}`.", info.name), "Leave that answer out.").on(info.id)
        })?;
        if !question.choices.iter().any(|(choice, _)| choice == word) {
            let choices: Vec<&str> = question.choices.iter().map(|(choice, _)| *choice).collect();
            return Err(Error::invalid(
                OPERATION,
                format!("`{word}` is no answer to: {}", question.text),
                format!("Choose one of: {}.", choices.join(", ")),
            )
            .on(info.id));
        }
    }
    Ok(())
}

fn scopes(info: &PlatformInfo) -> impl Iterator<Item = &'static Scope> + use<> {
    let (slots, employee) = (info.slots, info.employee);
    slots.iter().flat_map(|slot| slot.scopes).chain(employee.into_iter().flat_map(|employee| employee.scopes))
}

/// Only what the platform declares as optional can be left out.
fn optional_scopes(info: &PlatformInfo, left_out: &BTreeSet<String>) -> Result<()> {
    let optional: BTreeSet<&str> = scopes(info).filter(|scope| scope.optional).map(|scope| scope.name).collect();
    let Some(name) = left_out.iter().find(|name| !optional.contains(name.as_str())) else { return Ok(()) };
    let instead = match optional.is_empty() {
        true => "Leave none out.".to_owned(),
        false => format!("These can be left out: {}.", optional.into_iter().collect::<Vec<_>>().join(", ")),
    };
    Err(Error::invalid(OPERATION, format!("{} cannot be connected without the permission `{name}`.", info.name), instead))
}
