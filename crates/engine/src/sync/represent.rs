//! The step that makes the bot or guest: written down, made, written down; looked up before it is made a second time.

use crate::error::{Error, Kind, Result};
use crate::model::{Intent, Outcome, Representation, Represented, Status};
use crate::store::columns::to_json;
use crate::store::steps::{self, Step, StepState};
use crate::store::syncs::{self, Sync};
use crate::transport::Lane;

use super::shared::Shared;

/// Does it. The adapter's `represent` ends only when the platform shows the representation.
pub(crate) async fn represent(shared: &Shared, step: &Step, sync: &Sync) -> Result<()> {
    let lane = if step.priority == 0 { Lane::Waiting } else { Lane::Bulk };
    let connection = shared.connection(step.platform, lane).await?;
    let intent = match earlier(step)? {
        Some(intent) => {
            if let Some(Outcome::Represented(stand_in)) = connection.confirm(&intent).await? {
                return settle(shared, step, stand_in).await;
            }
            intent
        }
        None => {
            let person = represented(shared, sync).await?;
            Intent::Represent { person, key: step.key.clone(), since: shared.now() }
        }
    };
    let (id, of, now, payload) = (step.id, sync.id, shared.now(), to_json(&intent)?);
    shared
        .change(sync.id, move |transaction| {
            steps::sending(transaction, id, &payload, now)?;
            syncs::detail(transaction, of, "provisioning", now)
        })
        .await?;
    let Intent::Represent { person, key, .. } = intent else {
        return Err(Error::new(Kind::Bug, "represent", "A step holds an intent of another kind."));
    };
    let stand_in = connection.represent(&person, &key).await?;
    settle(shared, step, stand_in).await
}

/// The error when a sync was removed while its step was under way.
pub(crate) fn gone() -> Error {
    Error::new(Kind::Conflict, "sync", "The sync was removed meanwhile.")
}

/// What a step in doubt was about to send.
pub(crate) fn earlier(step: &Step) -> Result<Option<Intent>> {
    match (step.state, &step.payload) {
        (StepState::Sending, Some(payload)) => {
            serde_json::from_str(payload).map(Some).map_err(|_| Error::new(Kind::Bug, "sync", "A step's intent cannot be read."))
        }
        _ => Ok(None),
    }
}

async fn represented(shared: &Shared, sync: &Sync) -> Result<Represented> {
    let person = shared.person(sync.person).await?;
    let primary = person.primary.map(|primary| shared.platforms.get(primary)).transpose()?;
    let own = person.primary.and_then(|primary| person.account(primary));
    Ok(Represented {
        key: person.id.to_string(),
        name: own.map_or_else(|| person.name.clone(), |account| account.name.clone()),
        email: person.addresses().into_iter().next(),
        avatar: own.and_then(|account| account.avatar.clone()),
        primary: primary.map_or_else(String::new, |platform| platform.info().name.to_owned()),
    })
}

async fn settle(shared: &Shared, step: &Step, stand_in: Representation) -> Result<()> {
    let (id, sync, now) = (step.id, step.sync, shared.now());
    shared
        .change(sync, move |transaction| {
            steps::end(transaction, id, StepState::Done, Some("represented"), now)?;
            syncs::stand_in(transaction, sync, &stand_in)?;
            syncs::set(transaction, sync, Status::Synced, stand_in.detail.as_deref(), None, now)
        })
        .await
}
