//! What a sync of many would do, before it is confirmed: counts, reasons with how often each, and the first few by name.
//!
//! However many are selected, only the counts and those few are held.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rusqlite::Connection;
use serde::Serialize;

use crate::error::{Kind, Result};
use crate::model::{Held, PersonId, PlatformId, Reason, ReasonCount, Status};
use crate::platform::Platforms;
use crate::store::syncs::{self, Sync};
use crate::store::{connections, resets};
use crate::sync::plan::{Action, Person, Planned, World, first_reason, plan};
use crate::sync::queue::{Asking, is_unapproved, wanted};
use crate::sync::shared::{read_connections, read_person};
use crate::sync::stop_limits::{self, Wants};

use super::syncs::being_reset;
use super::{Reading, Selection};

/// How many people are looked at on one snapshot.
const BATCH: usize = 5_000;
/// How many are told by name.
const TOLD: usize = 100;
/// Who is meant where a sentence is about several.
const SOMEBODY: &str = "this person";

/// What a sync of a selection would do. Everybody is counted once: as a prompt, a bot, a guest, already synced or under way, or blocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct SyncPreview {
    /// Where to.
    pub to: PlatformId,
    /// How many people.
    pub total: u64,
    /// People who would be asked.
    pub prompts: u64,
    /// Bots that would be made.
    pub bots: u64,
    /// Guests who would be invited.
    pub guests: u64,
    /// People who are synced there already, or about to be.
    pub already: u64,
    /// People with something in the way.
    pub blocked: u64,
    /// What is in the way, most frequent first.
    pub reasons: Vec<ReasonCount>,
    /// The first 100.
    pub people: Vec<PreviewRow>,
    /// Primary platforms of people who would be asked and whose answers the admin reads by hand.
    pub answers_by_hand: Vec<PlatformId>,
    /// Answers given so far to the platform's questions.
    pub answers: BTreeMap<String, String>,
    /// What stop limits would hold for approval.
    pub held: Vec<Held>,
}

/// One person of a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct PreviewRow {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their primary platform.
    pub primary: Option<PlatformId>,
    /// Whether they have an account in use on the platform.
    pub has_account: bool,
    /// What would be done; null when something is in the way.
    pub action: Option<Action>,
    /// How, in short words.
    pub steps: Vec<String>,
    /// What is in the way.
    pub reason: Option<Reason>,
}

impl Reading {
    /// What a sync would do. Sends nothing, changes nothing. Who is gone meanwhile is left out.
    pub async fn preview_sync(&self, selection: &Selection, to: PlatformId) -> Result<SyncPreview> {
        self.platforms.get(to)?;
        let answers = self.store.read(move |db| connections::get(db, to)).await?.map(|stored| stored.facts.answers);
        let mut counting = Counting {
            preview: SyncPreview::new(to, answers.unwrap_or_default()),
            by_hand: BTreeSet::new(),
            reasons: BTreeMap::new(),
            wants: Vec::new(),
        };
        for some in self.select(selection).await?.chunks(BATCH) {
            let (some, platforms) = (some.to_vec(), self.platforms.clone());
            counting = self.store.read(move |db| counting.look(db, &some, &platforms)).await?;
        }
        let wants = std::mem::take(&mut counting.wants);
        counting.preview.held = self.store.read(move |db| Ok(stop_limits::judge(db, &wants)?.held)).await?;
        Ok(counting.done())
    }
}

impl SyncPreview {
    fn new(to: PlatformId, answers: BTreeMap<String, String>) -> Self {
        Self {
            to,
            total: 0,
            prompts: 0,
            bots: 0,
            guests: 0,
            already: 0,
            blocked: 0,
            reasons: Vec::new(),
            people: Vec::new(),
            answers_by_hand: Vec::new(),
            answers,
            held: Vec::new(),
        }
    }
}

/// A preview while people are counted.
struct Counting {
    preview: SyncPreview,
    by_hand: BTreeSet<PlatformId>,
    /// By kind and nameless message: the nameless reason, the first person's own, and how often.
    reasons: BTreeMap<(String, String), (Reason, Reason, u64)>,
    /// What each person wants that stop limits watch over.
    wants: Vec<Wants>,
}

impl Counting {
    fn look(mut self, db: &Connection, people: &[PersonId], platforms: &Platforms) -> Result<Self> {
        let connections = read_connections(db)?;
        let world = World { platforms, connections: &connections };
        let resetting: HashSet<PersonId> = resets::open(db)?.into_iter().collect();
        for id in people {
            match read_person(db, *id) {
                Err(error) if error.kind == Kind::NotFound => {}
                person => {
                    let sync = syncs::find(db, *id, self.preview.to)?;
                    self.count(person?, sync.as_ref(), resetting.contains(id), world);
                }
            }
        }
        Ok(self)
    }

    fn count(&mut self, person: Person, sync: Option<&Sync>, is_resetting: bool, world: World<'_>) {
        let preview = &mut self.preview;
        let to = preview.to;
        preview.total += 1;
        let planned = plan(&person, to, world).what.map_err(first_reason);
        let planned = if is_resetting { planned.and_then(|_| Err(being_reset(person.id, &person.name))) } else { planned };
        let under_way = sync.is_some_and(|sync| sync.status == Status::Pending && !is_unapproved(sync) || sync.is_being_undone());
        if let Ok(Planned { action, .. }) = &planned {
            self.wants.push(wanted(*action, Asking::Once, sync));
        }
        match &planned {
            Ok(_) if under_way => preview.already += 1,
            Ok(Planned { action, .. }) => {
                *match action {
                    Action::Prompt => &mut preview.prompts,
                    Action::CreateBot => &mut preview.bots,
                    Action::InviteGuest => &mut preview.guests,
                    Action::None => &mut preview.already,
                } += 1;
                let polls =
                    |platform: &PlatformId| world.platforms.get(*platform).is_ok_and(|known| known.info().capabilities.poll_answers);
                if *action == Action::Prompt {
                    self.by_hand.extend(person.primary.filter(|primary| !polls(primary)));
                }
            }
            Err(own) => {
                preview.blocked += 1;
                let general = nameless(&person, to, world);
                let key = (general.kind.clone(), general.message.clone());
                self.reasons.entry(key).or_insert_with(|| (general, own.clone(), 0)).2 += 1;
            }
        }
        if self.preview.people.len() < TOLD {
            let has_account = person.account(to).is_some_and(crate::model::Account::is_offered);
            let (action, steps, reason) = match planned {
                Ok(_) if under_way => (Some(Action::None), Vec::new(), None),
                Ok(Planned { action, steps }) => (Some(action), steps, None),
                Err(reason) => (None, Vec::new(), Some(reason)),
            };
            let Person { id, name, primary, .. } = person;
            self.preview.people.push(PreviewRow { person: id, name, primary, has_account, action, steps, reason });
        }
    }

    fn done(self) -> SyncPreview {
        let mut reasons: Vec<ReasonCount> = self
            .reasons
            .into_values()
            .map(|(general, own, count)| ReasonCount { reason: if count == 1 { own } else { general }, count })
            .collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
        SyncPreview { reasons, answers_by_hand: self.by_hand.into_iter().collect(), ..self.preview }
    }
}

/// The reason in words that fit everybody whom it keeps: what the rules say of a person without a name.
fn nameless(person: &Person, to: PlatformId, world: World<'_>) -> Reason {
    let somebody = Person { name: SOMEBODY.to_owned(), ..person.clone() };
    // Where the rules have nothing against it, a reset is in the way.
    let mut reason = plan(&somebody, to, world).what.err().map_or_else(|| being_reset(person.id, SOMEBODY), first_reason);
    if let Some(rest) = reason.message.strip_prefix(SOMEBODY) {
        reason.message = format!("This person{rest}");
    }
    reason.act = reason.act.filter(|act| !act.is_personal());
    reason
}
