//! What a reset would remove and what would stay, said before anything is touched.

use serde::Serialize;

use super::{irremovable, irrevocable, name_of, not_ours};
use crate::error::Result;
use crate::model::PersonId;
use crate::platform::Left;
use crate::store::prompts::{self, Prompt, PromptState};
use crate::store::{grants, syncs};
use crate::sync::shared::Shared;

/// What a reset would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResetPreview {
    /// Whose.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// What will go.
    pub goes: Vec<String>,
    /// What will stay.
    pub stays: Vec<Left>,
}

/// What a reset would do, from what is stored.
pub(crate) async fn preview(shared: &Shared, person: PersonId) -> Result<ResetPreview> {
    let (name, all) = shared
        .store
        .read(move |db| {
            let mut all = Vec::new();
            for sync in syncs::of_person(db, person)? {
                let (grants, prompt) = (grants::of_sync(db, sync.id)?, prompts::of_sync(db, sync.id)?);
                all.push((sync, grants, prompt));
            }
            Ok((syncs::name_of(db, person)?, all))
        })
        .await?;
    let mut preview = ResetPreview { person, name, goes: Vec::new(), stays: Vec::new() };
    for (sync, grants, prompt) in all {
        let name = name_of(shared, sync.platform);
        let info = shared.platforms.get(sync.platform)?.info();
        for grant in grants.iter().filter(|grant| grant.held) {
            if info.capabilities.revoke {
                preview.goes.push(format!("The authorisation of the {name} account {}", grant.account));
            } else {
                preview.goes.push(format!("User Sync's tokens for the {name} account {}", grant.account));
                preview.stays.push(irrevocable(&name));
            }
        }
        match &sync.stand_in {
            Some(stand_in) if stand_in.created && info.capabilities.stand_in_removable => {
                preview.goes.push(format!("{} on {name}", stand_in.name));
            }
            Some(stand_in) if stand_in.created => preview.stays.push(irremovable(&stand_in.name, &name)),
            Some(stand_in) => preview.stays.push(not_ours(&stand_in.name, stand_in.kind, &name)),
            None => {}
        }
        if let Some(Prompt { carrier, message: Some(_), state: PromptState::Open | PromptState::Expired, .. }) = prompt {
            preview.goes.push(format!("The open prompt in {}", name_of(shared, carrier)));
        }
        preview.goes.push(format!("The sync to {name}"));
    }
    Ok(preview)
}
