//! The step that makes the bot or guest: written down, made, written down; looked up before it is made a second time.

use crate::error::{Error, Kind, Result};
use crate::model::{Intent, Outcome, Representation, RepresentationKind, Represented, Status};
use crate::store::audit::{self, Word};
use crate::store::columns::to_json;
use crate::store::steps::{self, Step, StepState};
use crate::store::syncs::{self, Sync};

use super::doubt::{Did, Found, earlier, look};
use super::shared::Shared;

/// Does it. The adapter's `represent` ends only when the platform shows the representation.
pub(crate) async fn represent(shared: &Shared, step: &Step, sync: &Sync) -> Result<Did> {
    let connection = shared.connection(step.platform, step.lane()).await?;
    let (person, key, since, last) = match earlier(step)? {
        Some(intent) => match (look(shared, step, &intent, connection.as_ref()).await?, intent) {
            (Found::It(Outcome::Represented(stand_in)), _) => return settle(shared, step, sync, stand_in).await,
            (Found::NotYet(left), _) => return Ok(Did::LooksAgain(left)),
            (Found::Nothing, Intent::Represent { person, key, since, .. }) => (person, key, since, Some(shared.now())),
            (Found::It(Outcome::Sent(_)) | Found::Nothing, _) => {
                return Err(Error::new(Kind::Bug, "represent", "A step holds an intent of another kind."));
            }
        },
        None => (represented(shared, sync).await?, step.key.clone(), shared.now(), None),
    };
    let intent = Intent::Represent { person: person.clone(), key: key.clone(), since, last };
    let (id, of, now, payload) = (step.id, sync.id, shared.now(), to_json(&intent)?);
    shared
        .change(sync.id, move |transaction| {
            steps::sending(transaction, id, &payload, now)?;
            syncs::detail(transaction, of, "provisioning", now)
        })
        .await?;
    let stand_in = shared.settling.call(step.id, connection.represent(&person, &key)).await?;
    settle(shared, step, sync, stand_in).await
}

/// The error when a sync was removed while its step was under way.
pub(crate) fn gone() -> Error {
    Error::new(Kind::Conflict, "sync", "The sync was removed meanwhile.")
}

async fn represented(shared: &Shared, sync: &Sync) -> Result<Represented> {
    let person = shared.person(sync.person).await?;
    let primary = person.primary.map(|primary| shared.platforms.get(primary)).transpose()?;
    let own = person.primary.and_then(|primary| person.account(primary));
    Ok(Represented {
        // Another data folder's person may have the same number.
        key: format!("{}-{}", shared.installation, person.id),
        name: own.map_or_else(|| person.name.clone(), |account| account.name.clone()),
        email: person.addresses().into_iter().next(),
        avatar: own.and_then(|account| account.avatar.clone()),
        primary: primary.map_or_else(String::new, |platform| platform.info().name.to_owned()),
    })
}

/// Tells the audit log that a bot or guest was made; one that was there already is nothing new at the platform.
pub(crate) fn tell_made(
    transaction: &rusqlite::Transaction<'_>,
    sync: &Sync,
    stand_in: &Representation,
    now: jiff::Timestamp,
) -> Result<()> {
    if !stand_in.created {
        return Ok(());
    }
    let word = if stand_in.kind == RepresentationKind::Guest { Word::GuestInvited } else { Word::BotMade };
    audit::effect(word).on(sync.platform).about(sync.person).of(sync.run).tell(transaction, now)
}

async fn settle(shared: &Shared, step: &Step, made_for: &Sync, stand_in: Representation) -> Result<Did> {
    let (id, sync, now, made_for) = (step.id, step.sync, shared.now(), made_for.clone());
    shared
        .change(sync, move |transaction| {
            steps::end(transaction, id, StepState::Done, Some("represented"), now)?;
            tell_made(transaction, &made_for, &stand_in, now)?;
            syncs::stand_in(transaction, sync, &stand_in)?;
            syncs::set(transaction, sync, Status::Synced, stand_in.detail.as_deref(), None, now)
        })
        .await?;
    Ok(Did::Went)
}
