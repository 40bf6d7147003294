//! What syncing one person to one platform would do, or why it cannot be done: the product's table as a pure function.
//!
//! Nothing here sends, stores or waits. What can be read off a platform's `info()` is decided here for all platforms alike;
//! what only one platform knows is asked of its pure `preflight`. The first thing in the way is the reason people see.

mod view;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::{Account, Act, PersonId, PlatformId, RepresentationKind, Status};
use crate::platform::{ConnectionFacts, Need, Platform, PlatformInfo, Platforms};
use crate::preflight::{Action as Asked, Block, Facts};

pub use view::{BlockedRow, PlanView, PlannedRow, first_reason};

/// What a confirmed plan does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Ask the person, in their primary platform, to authorise their own account.
    Prompt,
    /// Make or use the bot that represents the person.
    CreateBot,
    /// Invite the guest that represents the person.
    InviteGuest,
    /// The sync stands already.
    None,
}

impl Action {
    /// The word in JSON and in counts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::CreateBot => "create_bot",
            Self::InviteGuest => "invite_guest",
            Self::None => "none",
        }
    }

    /// How the person will appear there.
    pub fn representation(self) -> Option<RepresentationKind> {
        match self {
            Self::Prompt => Some(RepresentationKind::OwnAccount),
            Self::CreateBot => Some(RepresentationKind::Bot),
            Self::InviteGuest => Some(RepresentationKind::Guest),
            Self::None => None,
        }
    }
}

/// A person as the plan sees them.
#[derive(Clone, Debug)]
pub struct Person {
    /// Id.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// The platform they use daily; `None` when it is still to be chosen.
    pub primary: Option<PlatformId>,
    /// All their accounts, at most one that is offered on each platform.
    pub accounts: Vec<Account>,
    /// Syncs that exist.
    pub syncs: BTreeMap<PlatformId, Status>,
}

impl Person {
    /// The account on a platform: the one that is offered, else any.
    pub fn account(&self, platform: PlatformId) -> Option<&Account> {
        let here = || self.accounts.iter().filter(move |account| account.platform == platform);
        here().find(|account| account.is_offered()).or_else(|| here().next())
    }

    /// Whether the person may be synced at all.
    pub fn is_offered(&self) -> bool {
        self.accounts.iter().any(Account::is_offered)
    }

    /// Verified addresses of all accounts, case-folded; the primary platform's first.
    pub fn addresses(&self) -> Vec<String> {
        let mut accounts: Vec<&Account> = self.accounts.iter().collect();
        accounts.sort_by_key(|account| (Some(account.platform) != self.primary, !account.is_offered()));
        let mut seen = BTreeSet::new();
        let mut addresses = Vec::new();
        for account in accounts {
            let main = account.email.as_deref().map(crate::model::case_fold);
            let verified = account.verified_addresses();
            let ordered = main.into_iter().filter(|address| verified.contains(address)).chain(verified.iter().cloned());
            addresses.extend(ordered.filter(|address| seen.insert(address.clone())));
        }
        addresses
    }
}

/// One connection as the plan sees it.
#[derive(Clone, Debug, Default)]
pub struct Connected {
    /// What the admin authorised.
    pub facts: ConnectionFacts,
    /// Whether the platform has refused its tokens.
    pub signed_out: bool,
}

/// Everything around the person.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The platforms of this program.
    pub platforms: &'a Platforms,
    /// The connections of this installation.
    pub connections: &'a BTreeMap<PlatformId, Connected>,
}

/// What would happen, or what is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncPlan {
    /// Who.
    pub person: PersonId,
    /// Where to.
    pub to: PlatformId,
    /// The action and its steps in short words, or the blocks (never empty).
    pub what: Result<Planned, Vec<Block>>,
}

/// An action with its steps in short words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Action.
    pub action: Action,
    /// For example `prompt in alpha`, `device grant`, `confirm`.
    pub steps: Vec<String>,
}

/// Decides. Pure.
pub fn plan(person: &Person, to: PlatformId, world: World<'_>) -> SyncPlan {
    SyncPlan { person: person.id, to, what: decide(person, to, world) }
}

fn decide(person: &Person, to: PlatformId, world: World<'_>) -> Result<Planned, Vec<Block>> {
    let target = End::find(to, world)?;
    if !person.is_offered() {
        return blocked(
            "not_offered",
            format!("{} has no active account of this company.", person.name),
            "Activate an account of this person on the platform they use, then import again.".into(),
            None,
        );
    }
    let Some(primary) = person.primary else {
        return blocked(
            "choose_primary",
            format!("It is not known which platform {} uses daily.", person.name),
            "Choose the primary platform.".into(),
            Some(Act::ChoosePrimary { person: person.id }),
        );
    };
    if primary == to {
        return blocked(
            "is_primary",
            format!("{} is the primary platform of {}.", target.info.name, person.name),
            "Choose another platform to make this person reachable on.".into(),
            None,
        );
    }
    if person.syncs.get(&to) == Some(&Status::Synced) {
        return Ok(Planned { action: Action::None, steps: Vec::new() });
    }
    target.signed_in()?;
    let from = sender(primary, world)?;
    match action(person, &target)? {
        Action::Prompt => prompt(person, &from, &target),
        action => stand_in(person, &target, action),
    }
}

/// The product's table: which action, by what the platform offers and whether the person has an account there.
fn action(person: &Person, target: &End<'_>) -> Result<Action, Vec<Block>> {
    let capabilities = &target.info.capabilities;
    let account = person.account(target.info.id);
    let own = capabilities.own_account && !capabilities.stand_in_always;
    if let Some(account) = account.filter(|_| own) {
        if account.is_offered() {
            return Ok(Action::Prompt);
        }
        return Err(vec![block(
            "deactivated",
            format!("The account of {} on {} is deactivated.", person.name, target.info.name),
            format!("Activate the account on {}, then import again.", target.info.name),
            Some(Act::Import { platform: target.info.id }),
        )]);
    }
    match capabilities.stand_in {
        Some(RepresentationKind::Bot) => Ok(Action::CreateBot),
        Some(RepresentationKind::Guest) => Ok(Action::InviteGuest),
        Some(RepresentationKind::OwnAccount) | None => Err(vec![block(
            "needs_account",
            format!("{} needs an account: direct messages there are possible only with the person's own account.", target.info.name),
            format!("Give {} an account on {}, then import again.", person.name, target.info.name),
            Some(Act::Import { platform: target.info.id }),
        )]),
    }
}

fn prompt(person: &Person, from: &End<'_>, target: &End<'_>) -> Result<Planned, Vec<Block>> {
    let sign_in = target.info.employee.as_ref();
    let way = match sign_in.map(|sign_in| (sign_in.device.is_some(), sign_in.paste_back.is_some())) {
        Some((true, _)) => "device grant",
        Some((false, true)) => "paste-back",
        Some((false, false)) | None => {
            return blocked(
                "no_sign_in",
                format!("{} has no way for an employee to authorise their own account.", target.info.name),
                "Nothing can be set to change this; choose another platform.".into(),
                None,
            );
        }
    };
    let Some(reader) = person.account(from.info.id).filter(|account| account.is_offered()) else {
        return blocked(
            "choose_primary",
            format!("{} has no active account on {}, their primary platform, so nobody can be asked there.", person.name, from.info.name),
            "Choose another primary platform.".into(),
            Some(Act::ChoosePrimary { person: person.id }),
        );
    };
    from.signed_in()?;
    from.scopes(Need::Prompt)?;
    if from.connected.facts.identity.as_ref().is_some_and(|sender| sender.account == reader.id) {
        return blocked(
            "sender_itself",
            format!("{} is the account that writes for User Sync on {}, and cannot be prompted by itself.", person.name, from.info.name),
            format!("Connect {} with a service account as the sender.", from.info.name),
            Some(Act::Connect { platform: from.info.id }),
        );
    }
    target.scopes(Need::OwnAccount)?;
    from.preflight(person, Asked::CarryPrompt)?;
    target.preflight(person, Asked::OwnAccount)?;
    let mut steps = vec![format!("prompt in {}", from.info.id), way.to_owned()];
    if !from.info.capabilities.poll_answers {
        steps.push("check answers by hand".to_owned());
    }
    steps.push("confirm".to_owned());
    Ok(Planned { action: Action::Prompt, steps })
}

fn stand_in(person: &Person, target: &End<'_>, action: Action) -> Result<Planned, Vec<Block>> {
    if target.info.capabilities.stand_in_needs_email && person.addresses().is_empty() {
        return blocked(
            "no_email",
            format!("{} has no verified e-mail address, and {} represents people by their address.", person.name, target.info.name),
            "Enter an e-mail address for this person on the platform they use, then import again.".into(),
            person.primary.map(|platform| Act::Import { platform }),
        );
    }
    target.scopes(Need::StandIn)?;
    target.preflight(person, Asked::StandIn)?;
    let verb = if action == Action::InviteGuest { "invite guest" } else { "create bot" };
    Ok(Planned { action, steps: vec![verb.to_owned(), "confirm".to_owned()] })
}

/// The primary platform's side: somebody there must be able to write to the person.
fn sender<'a>(primary: PlatformId, world: World<'a>) -> Result<End<'a>, Vec<Block>> {
    End::find(primary, world).map_err(|_| {
        let name = name_of(primary, world);
        vec![block(
            "no_sender",
            format!("The primary platform, {name}, is not connected, so nobody can write to the person there."),
            format!("Connect {name}."),
            Some(Act::Connect { platform: primary }),
        )]
    })
}

/// One connected platform.
struct End<'a> {
    platform: &'static dyn Platform,
    info: &'static PlatformInfo,
    connected: &'a Connected,
}

impl<'a> End<'a> {
    fn find(id: PlatformId, world: World<'a>) -> Result<Self, Vec<Block>> {
        let platform = world.platforms.get(id).ok();
        match (platform, world.connections.get(&id)) {
            (Some(platform), Some(connected)) => Ok(Self { platform, info: platform.info(), connected }),
            _ => blocked(
                "not_connected",
                format!("{} is not connected.", name_of(id, world)),
                format!("Connect {}.", name_of(id, world)),
                Some(Act::Connect { platform: id }),
            ),
        }
    }

    fn signed_in(&self) -> Result<(), Vec<Block>> {
        if self.connected.signed_out || self.connected.facts.identity.is_none() {
            return blocked(
                "signed_out",
                format!("{} no longer accepts the sign-in of its connection.", self.info.name),
                format!("Connect {} again.", self.info.name),
                Some(Act::Connect { platform: self.info.id }),
            );
        }
        Ok(())
    }

    fn scopes(&self, need: Need) -> Result<(), Vec<Block>> {
        let granted = self.connected.facts.identity.as_ref().map(|identity| &identity.scopes);
        let has = |slot: &str, scope: &str| granted.and_then(|scopes| scopes.get(slot)).is_some_and(|scopes| scopes.contains(scope));
        let missing = self
            .info
            .slots
            .iter()
            .flat_map(|slot| slot.scopes.iter().map(move |scope| (slot, scope)))
            .filter(|(_, scope)| scope.need == need)
            .find(|(slot, scope)| !has(slot.name, scope.name));
        match missing {
            None => Ok(()),
            Some((slot, scope)) => blocked(
                "missing_scope",
                format!("The connection to {} lacks the permission `{}`: {}", self.info.name, scope.name, scope.reason),
                format!(
                    "Add the scope `{}` to the {} token in the settings of your {} app, then connect again.",
                    scope.name, slot.name, self.info.name
                ),
                Some(Act::Connect { platform: self.info.id }),
            ),
        }
    }

    fn preflight(&self, person: &Person, action: Asked) -> Result<(), Vec<Block>> {
        let addresses = person.addresses();
        let blocks = self.platform.preflight(&Facts {
            name: &person.name,
            addresses: &addresses,
            account: person.account(self.info.id),
            primary: person.primary,
            connection: &self.connected.facts,
            action,
        });
        if blocks.is_empty() { Ok(()) } else { Err(blocks) }
    }
}

/// The name that people read; the slug of a platform that this program does not know.
fn name_of(id: PlatformId, world: World<'_>) -> String {
    world.platforms.get(id).map_or_else(|_| id.to_string(), |platform| platform.info().name.to_owned())
}

fn block(reason: &'static str, message: String, remedy: String, act: Option<Act>) -> Block {
    Block { reason, message, remedy, act }
}

fn blocked<T>(reason: &'static str, message: String, remedy: String, act: Option<Act>) -> Result<T, Vec<Block>> {
    Err(vec![block(reason, message, remedy, act)])
}

#[cfg(test)]
mod tests;
