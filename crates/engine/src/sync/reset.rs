//! Undoing: one sync (cancel) or all of a person (reset). What this program made is removed, what it did not make stays; what
//! cannot be undone is listed. Every part is safe to repeat, and a marker takes a reset up again after a crash.

mod preview;

use std::time::Duration;

use serde::Serialize;

use crate::error::{Acted, Error, Kind, Result};
use crate::event::Event;
use crate::model::{Outcome, PersonId, PlatformId, RepresentationKind, SyncId};
use crate::people::primary;
use crate::platform::{GrantFacts, Left, Undone};
use crate::store::grants::Grant;
use crate::store::prompts::{Prompt, PromptState};
use crate::store::steps::{self, Step, StepState};
use crate::store::syncs::Sync;
use crate::store::{grants, people, prompts, resets, syncs};
use crate::transport::Lane;

use super::after::{After, after};
use super::prompt::About;
use super::represent::earlier;
use super::shared::Shared;
use super::words;

pub use preview::ResetPreview;
pub(crate) use preview::preview;

/// The detail of a sync that is being cancelled.
pub(crate) const CANCELLING: &str = "cancelling";
/// How often a part is tried before the whole is put off.
const TRIES: u32 = 4;

/// What was undone, and what is left; serialises to the JSON of `reset`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UndoneView {
    /// Whose.
    pub person: PersonId,
    /// What is gone, in short phrases.
    pub undone: Vec<String>,
    /// What stays, why, and where it can be undone by hand.
    pub left: Vec<Left>,
}

/// Resets a person.
pub(crate) async fn reset(shared: &Shared, person: PersonId) -> Result<UndoneView> {
    let now = shared.now();
    let all = shared
        .store
        .write(move |transaction| {
            syncs::name_of(transaction, person)?;
            resets::begin(transaction, person, now)?;
            syncs::of_person(transaction, person)
        })
        .await?;
    for sync in all {
        undo(shared, sync.id, Some(person)).await.map_err(|error| unfinished(error, person))?;
    }
    let now = shared.now();
    let (undone, left) = shared
        .store
        .write(move |transaction| {
            let before = people::primary_of(transaction, person)?;
            primary::restore_default(transaction, person, now)?;
            if before.is_some() && people::primary_of(transaction, person).ok().flatten() != before {
                resets::note(transaction, person, &["The choice of the primary platform was forgotten".to_owned()], &[])?;
            }
            let told = resets::get(transaction, person)?.unwrap_or_default();
            resets::end(transaction, person, now)?;
            Ok(told)
        })
        .await?;
    shared.events.tell(Event::PeopleChanged { ids: vec![person] });
    Ok(UndoneView { person, undone, left })
}

fn unfinished(error: Error, person: PersonId) -> Error {
    let message = format!("The reset of {person} is not finished and goes on when it is run again: {}", error.message);
    Error { message, ..error }
}

/// Cancels one sync.
pub(crate) async fn cancel(shared: &Shared, person: PersonId, to: PlatformId) -> Result<UndoneView> {
    let now = shared.now();
    let sync = shared
        .store
        .write(move |transaction| {
            let found = syncs::find(transaction, person, to)?;
            if let Some(sync) = &found {
                syncs::set(transaction, sync.id, sync.status, Some(CANCELLING), sync.reason.as_ref(), now)?;
            }
            Ok(found)
        })
        .await?;
    let Some(sync) = sync else {
        return Ok(UndoneView { person, undone: Vec::new(), left: Vec::new() });
    };
    let (undone, left) = undo(shared, sync.id, None).await?;
    shared.events.tell(Event::PeopleChanged { ids: vec![person] });
    Ok(UndoneView { person, undone, left })
}

/// Takes up what a crash interrupted.
pub(crate) async fn resume(shared: &Shared) -> Result<()> {
    let (people, cancelled) = shared.store.read(|db| Ok((resets::open(db)?, syncs::with_detail(db, CANCELLING)?))).await?;
    for person in people {
        later(reset(shared, person).await)?;
    }
    for sync in cancelled {
        later(undo(shared, sync, None).await)?;
    }
    Ok(())
}

/// One platform that cannot be reached must not hold up everything else; its marker stays.
fn later<T>(outcome: Result<T>) -> Result<()> {
    match outcome {
        Err(error) if error.is_passing() => {
            tracing::warn!(kind = ?error.kind, platform = ?error.platform, "an undoing is put off again");
            Ok(())
        }
        outcome => outcome.map(drop),
    }
}

/// Undoes one sync and removes it.
async fn undo(shared: &Shared, id: SyncId, marker: Option<PersonId>) -> Result<(Vec<String>, Vec<Left>)> {
    let _claim = shared.claims.take(id).await;
    let Some(sync) = shared
        .store
        .write(move |transaction| {
            steps::park(transaction, id)?;
            syncs::get(transaction, id)
        })
        .await?
    else {
        return Ok(Default::default());
    };
    let mut undo = Undo { shared, sync, marker, undone: Vec::new(), left: Vec::new() };
    undo.look_up_doubts().await?;
    undo.revoke().await?;
    undo.dismiss().await?;
    undo.withdraw().await?;
    let name = undo.platform_name();
    let gone = format!("Sync to {name} removed");
    let now = shared.now();
    undo.note(Undone::Gone(gone), move |transaction| syncs::remove(transaction, id, now)).await?;
    shared.events.tell(Event::SyncChanged { id, status: crate::model::Status::NotSynced });
    Ok((undo.undone, undo.left))
}

struct Undo<'a> {
    shared: &'a Shared,
    sync: Sync,
    marker: Option<PersonId>,
    undone: Vec<String>,
    left: Vec<Left>,
}

impl Undo<'_> {
    fn platform_name(&self) -> String {
        name_of(self.shared, self.sync.platform)
    }

    /// Writes down in one transaction what became of one part.
    async fn note<F>(&mut self, what: Undone, change: F) -> Result<()>
    where
        F: FnOnce(&rusqlite::Transaction<'_>) -> Result<()> + Send + 'static,
    {
        let (undone, left) = match what {
            Undone::Gone(phrase) => (vec![phrase], Vec::new()),
            Undone::Left(left) => (Vec::new(), vec![left]),
        };
        self.undone.extend(undone.iter().cloned());
        self.left.extend(left.iter().cloned());
        let marker = self.marker;
        self.shared
            .store
            .write(move |transaction| {
                if let Some(person) = marker {
                    resets::note(transaction, person, &undone, &left)?;
                }
                change(transaction)
            })
            .await
    }

    /// What may have been sent is looked up, so that it can be undone.
    async fn look_up_doubts(&mut self) -> Result<()> {
        let sync = self.sync.id;
        let all = self.shared.store.read(move |db| steps::of_sync(db, sync)).await?;
        for step in all.into_iter().filter(|step| step.state == StepState::Sending) {
            self.look_up(step).await?;
        }
        let now = self.shared.store.read(move |db| syncs::get(db, sync)).await?;
        self.sync.stand_in = now.and_then(|sync| sync.stand_in);
        Ok(())
    }

    async fn look_up(&mut self, step: Step) -> Result<()> {
        let Some(intent) = earlier(&step)? else { return Ok(()) };
        let found =
            patiently(self.shared, async || self.shared.connection(step.platform, Lane::Waiting).await?.confirm(&intent).await).await;
        let (id, sync, now) = (step.id, self.sync.id, self.shared.now());
        match found {
            Ok(found) => {
                self.shared
                    .store
                    .write(move |transaction| {
                        steps::end(transaction, id, StepState::Failed, Some("cancelled"), now)?;
                        match &found {
                            Some(Outcome::Represented(stand_in)) => syncs::stand_in(transaction, sync, stand_in),
                            Some(Outcome::Sent(message)) => prompts::sent(transaction, sync, message),
                            None => Ok(()),
                        }
                    })
                    .await
            }
            Err(error) if puts_off(&error) => Err(error),
            Err(error) => {
                let what =
                    format!("A message, bot or guest on {} that may have been made just before", name_of(self.shared, step.platform));
                self.note(Undone::Left(left(what, &error)), move |transaction| {
                    steps::end(transaction, id, StepState::Failed, Some("cancelled"), now)
                })
                .await
            }
        }
    }

    /// Ends the person's own authorisations; the tokens are destroyed in any case.
    async fn revoke(&mut self) -> Result<()> {
        let sync = self.sync.id;
        for grant in self.shared.store.read(move |db| grants::of_sync(db, sync)).await? {
            let id = grant.id;
            let Grant { held, platform, .. } = grant;
            if !held {
                self.shared.store.write(move |transaction| grants::destroy(transaction, id)).await?;
                continue;
            }
            let name = name_of(self.shared, platform);
            let what = format!("The authorisation of User Sync in the person's {name} account");
            let undone = if self.shared.platforms.get(platform)?.info().capabilities.revoke {
                let facts = GrantFacts { id, account: grant.account };
                let revoked =
                    patiently(self.shared, async || self.shared.connection(platform, Lane::Waiting).await?.revoke(&facts).await).await;
                match revoked {
                    Ok(undone) => undone,
                    Err(error) if error.kind == Kind::NotFound && error.operation != "connection" => {
                        Undone::Gone(format!("{what} was gone already"))
                    }
                    Err(error) if puts_off(&error) => return Err(error),
                    Err(error) => Undone::Left(left(what, &error)),
                }
            } else {
                Undone::Left(irrevocable(&name))
            };
            self.note(undone, move |transaction| grants::destroy(transaction, id)).await?;
        }
        Ok(())
    }

    /// Removes the bot or guest, if this program made it.
    async fn dismiss(&mut self) -> Result<()> {
        let Some(stand_in) = self.sync.stand_in.clone() else { return Ok(()) };
        let (sync, platform) = (self.sync.id, self.sync.platform);
        let undone = if stand_in.created {
            let dismissed =
                patiently(self.shared, async || self.shared.connection(platform, Lane::Waiting).await?.dismiss(&stand_in).await).await;
            match dismissed {
                Ok(undone) => undone,
                Err(error) if error.kind == Kind::NotFound && error.operation != "connection" => {
                    Undone::Gone(format!("{} on {} was gone already", stand_in.name, self.platform_name()))
                }
                Err(error) if puts_off(&error) => return Err(error),
                Err(error) => Undone::Left(left(format!("{} on {}", stand_in.name, self.platform_name()), &error)),
            }
        } else {
            Undone::Left(not_ours(&stand_in.name, stand_in.kind, &self.platform_name()))
        };
        self.note(undone, move |transaction| syncs::forget_stand_in(transaction, sync)).await
    }

    /// Takes an open prompt back.
    async fn withdraw(&mut self) -> Result<()> {
        let sync = self.sync.id;
        let prompt = self.shared.store.read(move |db| prompts::of_sync(db, sync)).await?;
        let Some(Prompt { carrier, message: Some(message), state: PromptState::Open | PromptState::Expired, .. }) = prompt else {
            return Ok(());
        };
        let name = name_of(self.shared, carrier);
        let text = match About::of(self.shared, &self.sync, carrier).await {
            Ok(about) => words::withdrawn(about.talk()),
            Err(error) if puts_off(&error) => return Err(error),
            Err(_) => "Your administrator withdrew this request. You need not do anything.".to_owned(),
        };
        let edited =
            patiently(self.shared, async || self.shared.connection(carrier, Lane::Waiting).await?.edit_direct(&message, &text).await).await;
        let undone = match edited {
            Ok(_) => Undone::Gone(format!("Prompt in {name} withdrawn")),
            Err(error) if error.kind == Kind::NotFound && error.operation != "connection" => {
                Undone::Gone(format!("Prompt in {name} was gone already"))
            }
            Err(error) if puts_off(&error) => return Err(error),
            Err(error) => Undone::Left(left(format!("The prompt in {name}"), &error)),
        };
        self.note(undone, move |transaction| prompts::close(transaction, sync)).await
    }
}

fn name_of(shared: &Shared, platform: PlatformId) -> String {
    shared.platforms.get(platform).map_or_else(|_| platform.to_string(), |known| known.info().name.to_owned())
}

fn left(what: String, error: &Error) -> Left {
    Left { what, why: error.message.clone(), link: None }
}

fn irrevocable(name: &str) -> Left {
    Left {
        what: format!("The consent to User Sync in the person's {name} account"),
        why: format!("{name} has no way to revoke one person's authorisation. User Sync destroyed its own tokens and can use it no more."),
        link: None,
    }
}

fn irremovable(stand_in: &str, platform: &str) -> Left {
    Left {
        what: format!("{stand_in} on {platform}"),
        why: format!("{platform} has no way to remove it. User Sync uses it no more."),
        link: None,
    }
}

fn not_ours(name: &str, kind: RepresentationKind, platform: &str) -> Left {
    let what = match kind {
        RepresentationKind::Guest => format!("The guest {name} on {platform}"),
        RepresentationKind::Bot | RepresentationKind::OwnAccount => format!("{name} on {platform}"),
    };
    Left { what, why: "User Sync did not make it, so it does not delete it; it is used no more.".into(), link: None }
}

/// Whether the whole is put off: the same part can succeed later, or this computer is in the way.
fn puts_off(error: &Error) -> bool {
    error.is_passing() || matches!(error.kind, Kind::Storage | Kind::Keychain | Kind::Cancelled)
}

/// Tries a part that is harmless to repeat a few times.
async fn patiently<T>(shared: &Shared, mut part: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let mut attempt = 0;
    loop {
        match part().await {
            Err(error) if attempt + 1 < TRIES && error.is_passing() => {
                // Whether it happened does not matter: nothing here happens twice.
                let After::Again { wait, .. } = after(&error.acted(Acted::No), attempt) else {
                    return Err(Error::new(Kind::Bug, "reset", "A passing failure was not taken for one."));
                };
                shared.clock.wait(wait.min(Duration::from_secs(60))).await;
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}
