//! What a reset would remove and what would stay, said before anything is touched.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;

use super::{irremovable, irrevocable, name_of, not_ours};
use crate::error::Result;
use crate::model::{Held, PersonId, PlatformId, Representation, RepresentationKind, SyncId};
use crate::platform::Left;
use crate::store::prompts::{self, Prompt, PromptState};
use crate::store::{grants, syncs};
use crate::sync::shared::Shared;
use crate::sync::stop_limits;

/// What the reset of one person would do, in full sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PersonReset {
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
pub(crate) async fn preview(shared: &Shared, person: PersonId) -> Result<PersonReset> {
    let all = shared.store.read(move |db| Ok(syncs::of_person(db, person)?.iter().map(|sync| sync.id).collect())).await?;
    of_person(shared, person, all).await
}

/// What cancelling one sync would do; nothing goes where there is none.
pub(crate) async fn preview_cancel(shared: &Shared, person: PersonId, to: PlatformId) -> Result<PersonReset> {
    let one = shared.store.read(move |db| Ok(syncs::find(db, person, to)?.iter().map(|sync| sync.id).collect())).await?;
    of_person(shared, person, one).await
}

/// The same in full sentences about these syncs, which are one person's.
async fn of_person(shared: &Shared, person: PersonId, ids: Vec<SyncId>) -> Result<PersonReset> {
    let (name, all) = shared
        .store
        .read(move |db| {
            let mut all = Vec::new();
            for id in ids {
                let Some(sync) = syncs::get(db, id)? else { continue };
                let (grants, prompt) = (grants::of_sync(db, sync.id)?, prompts::of_sync(db, sync.id)?);
                all.push((sync, grants, prompt));
            }
            Ok((syncs::name_of(db, person)?, all))
        })
        .await?;
    let mut preview = PersonReset { person, name, goes: Vec::new(), stays: Vec::new() };
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

/// What the reset of a selection would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, specta::Type)]
pub struct ResetPreview {
    /// How many people are selected.
    pub people: u64,
    /// What goes, each with how often; for one person in full sentences.
    pub goes: Vec<Goes>,
    /// What stays, each with how often.
    pub stays: Vec<Stays>,
    /// What stop limits would hold for approval.
    pub held: Vec<Held>,
}

/// Something that goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct Goes {
    /// What.
    pub what: String,
    /// How often.
    pub count: u64,
}

/// Something that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct Stays {
    /// What, why, and where it can be undone by hand.
    pub left: Left,
    /// How often.
    pub count: u64,
}

/// What the reset of many would do, counted without a name; of one person, in full sentences.
pub(crate) async fn preview_many(shared: &Shared, people: Vec<PersonId>) -> Result<ResetPreview> {
    let (count, platforms) = (people.len() as u64, shared.platforms.clone());
    let (held, ids) = shared
        .store
        .read(move |db| {
            let (people, wants) = stop_limits::of_resets(db, &platforms, people)?;
            let mut ids = Vec::new();
            for person in people {
                ids.extend(syncs::of_person(db, person)?.iter().map(|sync| sync.id));
            }
            Ok((stop_limits::judge(db, &wants)?.held, ids))
        })
        .await?;
    Ok(ResetPreview { people: count, held, ..preview_syncs(shared, ids).await? })
}

/// What undoing these syncs would do, by the same rule; `people` and `held` are the caller's to fill.
pub(crate) async fn preview_syncs(shared: &Shared, ids: Vec<SyncId>) -> Result<ResetPreview> {
    let whose = ids.clone();
    let whose = shared
        .store
        .read(move |db| {
            // Of several people nothing is said in full, so two are enough.
            let mut people = BTreeSet::new();
            for id in whose {
                people.extend(syncs::get(db, id)?.map(|sync| sync.person));
                if people.len() > 1 {
                    break;
                }
            }
            Ok(people)
        })
        .await?;
    if let [person] = whose.into_iter().collect::<Vec<_>>().as_slice() {
        let PersonReset { goes, stays, .. } = of_person(shared, *person, ids).await?;
        return Ok(ResetPreview {
            goes: goes.into_iter().map(|what| Goes { what, count: 1 }).collect(),
            stays: stays.into_iter().map(|left| Stays { left, count: 1 }).collect(),
            ..ResetPreview::default()
        });
    }
    let found = shared.store.read(move |db| Found::of(db, &ids.into_iter().collect())).await?;
    let mut preview = ResetPreview::default();
    for known in shared.platforms.iter() {
        let (info, name) = (known.info(), known.info().name);
        preview.goes(format!("Syncs to {name}"), found.syncs.get(&info.id));
        preview.goes(format!("Open prompts in {name}"), found.prompts.get(&info.id));
        let grants = found.grants.get(&info.id);
        if info.capabilities.revoke {
            preview.goes(format!("Authorisations of {name} accounts"), grants);
        } else {
            preview.goes(format!("User Sync's tokens for {name} accounts"), grants);
            preview.stays(format!("Consents to User Sync in people's {name} accounts"), irrevocable(name).why, grants);
        }
        for (kind, word) in [(RepresentationKind::Bot, "Bots"), (RepresentationKind::Guest, "Guests")] {
            let what = format!("{word} on {name}");
            let made = found.made.get(&(info.id, kind));
            if info.capabilities.stand_in_removable {
                preview.goes(what.clone(), made);
            } else {
                preview.stays(what.clone(), format!("{name} has no way to remove them. User Sync uses them no more."), made);
            }
            let foreign = "User Sync did not make them, so it does not delete them; they are used no more.";
            preview.stays(what, foreign.into(), found.foreign.get(&(info.id, kind)));
        }
    }
    Ok(preview)
}

impl ResetPreview {
    fn goes(&mut self, what: String, count: Option<&u64>) {
        self.goes.extend(count.map(|count| Goes { what, count: *count }));
    }

    fn stays(&mut self, what: String, why: String, count: Option<&u64>) {
        self.stays.extend(count.map(|count| Stays { left: Left { what, why, link: None }, count: *count }));
    }
}

/// How often each thing stands in the store.
#[derive(Default)]
struct Found {
    syncs: BTreeMap<PlatformId, u64>,
    prompts: BTreeMap<PlatformId, u64>,
    grants: BTreeMap<PlatformId, u64>,
    made: HashMap<(PlatformId, RepresentationKind), u64>,
    foreign: HashMap<(PlatformId, RepresentationKind), u64>,
}

impl Found {
    fn of(db: &rusqlite::Connection, theirs: &HashSet<SyncId>) -> Result<Self> {
        let mut found = Self::default();
        syncs::each(db, |id, platform, stand_in| {
            if !theirs.contains(&id) {
                return;
            }
            *found.syncs.entry(platform).or_default() += 1;
            if let Some(Representation { kind, created, .. }) = stand_in {
                let all = if created { &mut found.made } else { &mut found.foreign };
                *all.entry((platform, kind)).or_default() += 1;
            }
        })?;
        for (_, platform) in grants::held(db)?.into_iter().filter(|(sync, _)| theirs.contains(sync)) {
            *found.grants.entry(platform).or_default() += 1;
        }
        for (_, carrier) in prompts::standing(db)?.into_iter().filter(|(sync, _)| theirs.contains(sync)) {
            *found.prompts.entry(carrier).or_default() += 1;
        }
        Ok(found)
    }
}
