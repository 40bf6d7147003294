//! Undoing one sync: what may have been sent is looked up, then the person's authorisation, the bot or guest and the prompt
//! go, and last the row. Each part is written down when it is done, and harmless to do again.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::super::after::{After, after};
use super::super::doubt::{Found, earlier, look};
use super::super::prompt::About;
use super::super::represent::tell_made;
use super::super::shared::{Shared, is_signed_out};
use super::super::words;
use super::{irrevocable, name_of, not_ours};
use crate::error::{Acted, Error, Kind, Remedy, Result};
use crate::event::Event;
use crate::model::{Intent, Outcome, PersonId, PlatformId, RepresentationKind, RunId, Status, SyncId};
use crate::platform::{Connection, GrantFacts, Left, Undone};
use crate::store::audit::{self, Told, Word};
use crate::store::grants::Grant;
use crate::store::prompts::{Prompt, PromptState};
use crate::store::steps::{self, Step, StepKind, StepState};
use crate::store::syncs::Sync;
use crate::store::{grants, history, prompts, resets, syncs, undos};
use crate::transport::Lane;

/// How often a part is tried before the whole is put off.
const TRIES: u32 = 4;

/// Where what was undone and what is left is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    /// With the reset of a person, until its end.
    Reset(PersonId),
    /// With the run that undoes the sync.
    Run(RunId),
    /// Nowhere: the admin took this one sync back.
    Alone,
}

impl Marker {
    /// Of a sync that is undone by itself.
    pub(super) fn of(sync: &Sync) -> Self {
        sync.undo_run.map_or(Self::Alone, Self::Run)
    }
}

/// Undoes one sync and removes it. One that was taken back, or is held, stays as it is.
pub(super) async fn undo(shared: &Shared, id: SyncId, marker: Marker, lane: Lane) -> Result<(Vec<String>, Vec<Left>)> {
    let _claim = shared.claims.take(id).await;
    let now = shared.now();
    let Some((sync, run)) = shared
        .store
        .write(move |transaction| {
            let is_reset = matches!(marker, Marker::Reset(_));
            if !is_reset && !undos::begin(transaction, id, now)? {
                return Ok(None);
            }
            steps::park(transaction, id)?;
            let Some(sync) = syncs::get(transaction, id)? else { return Ok(None) };
            let run = match marker {
                Marker::Reset(person) => resets::run_of(transaction, person)?,
                Marker::Run(run) => Some(run),
                Marker::Alone => sync.run,
            };
            Ok(Some((sync, run)))
        })
        .await?
    else {
        return Ok(Default::default());
    };
    let mut undo = Undo { shared, sync, run, marker, lane, undone: Vec::new(), left: Vec::new() };
    undo.look_up_doubts().await?;
    undo.revoke().await?;
    undo.dismiss().await?;
    undo.withdraw().await?;
    let name = undo.platform_name();
    let gone = format!("Sync to {name} removed");
    let now = shared.now();
    undo.note(Undone::Gone(gone), None, move |transaction| syncs::remove(transaction, id, now)).await?;
    let Sync { person, platform, .. } = undo.sync;
    shared.events.tell(Event::SyncChanged { id, person, platform, status: Status::NotSynced });
    Ok((undo.undone, undo.left))
}

struct Undo<'a> {
    shared: &'a Shared,
    sync: Sync,
    /// The run that undoes it.
    run: Option<RunId>,
    marker: Marker,
    lane: Lane,
    undone: Vec<String>,
    left: Vec<Left>,
}

impl Undo<'_> {
    fn platform_name(&self) -> String {
        name_of(self.shared, self.sync.platform)
    }

    /// What the audit log is told when a part is gone.
    fn told(&self, word: Word, platform: PlatformId) -> Option<Told<'static>> {
        Some(audit::effect(word).on(platform).about(self.sync.person).of(self.run))
    }

    /// The platform, unless it is known to have signed the connection out: then nothing is tried.
    async fn connection(&self, platform: PlatformId) -> Result<Box<dyn Connection>> {
        let connection = self.shared.connection(platform, self.lane).await?;
        if self.shared.store.read(move |db| is_signed_out(db, platform)).await? {
            let message = format!("{} no longer accepts the sign-in of its connection.", name_of(self.shared, platform));
            return Err(Error::new(Kind::SignedOut, "undo", message).on(platform));
        }
        Ok(connection)
    }

    /// Writes down in one transaction what became of one part; what is gone is told to the audit log.
    async fn note<F>(&mut self, what: Undone, told: Option<Told<'static>>, change: F) -> Result<()>
    where
        F: FnOnce(&rusqlite::Transaction<'_>) -> Result<()> + Send + 'static,
    {
        let (undone, left, told) = match what {
            Undone::Gone(phrase) => (vec![phrase], Vec::new(), told),
            Undone::Left(left) => (Vec::new(), vec![left], None),
        };
        let now = self.shared.now();
        self.undone.extend(undone.iter().cloned());
        self.left.extend(left.iter().cloned());
        let (marker, run, person, platform) = (self.marker, self.run, self.sync.person, self.sync.platform);
        self.shared
            .store
            .write(move |transaction| {
                match marker {
                    Marker::Reset(person) => resets::note(transaction, person, &undone, &left)?,
                    Marker::Run(run) => undos::count(transaction, run, undone.len(), left.len())?,
                    Marker::Alone => {}
                }
                for left in &left {
                    history::left(transaction, run, person, platform, left, now)?;
                }
                if let Some(told) = told {
                    told.tell(transaction, now)?;
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
        if let Intent::Represent { person, .. } = &intent
            && !self.shared.platforms.get(step.platform)?.info().capabilities.stand_in_removable
        {
            // Where asking for it again is the way to look it up, a look would make what nobody can remove.
            let name = name_of(self.shared, step.platform);
            let what = format!("What represents {} on {name}, if it was made just before", person.name);
            let why = format!("{name} has no way to remove it. User Sync uses it no more.");
            let (id, now) = (step.id, self.shared.now());
            let kept = Undone::Left(Left { what, why, link: None });
            return self.note(kept, None, move |transaction| steps::end(transaction, id, StepState::Failed, Some("cancelled"), now)).await;
        }
        let found = patiently(self.shared, || self.find(&step, &intent).boxed()).await;
        let (id, sync, now, carrier) = (step.id, self.sync.id, self.shared.now(), step.platform);
        match found {
            Ok(found) => {
                let made_for = self.sync.clone();
                let word = if step.kind == StepKind::Tell { Word::MessageSent } else { Word::PromptSent };
                self.shared
                    .store
                    .write(move |transaction| {
                        steps::end(transaction, id, StepState::Failed, Some("cancelled"), now)?;
                        match &found {
                            Some(Outcome::Represented(stand_in)) => {
                                tell_made(transaction, &made_for, stand_in, now)?;
                                syncs::stand_in(transaction, sync, stand_in)
                            }
                            Some(Outcome::Sent(message)) => {
                                audit::effect(word).on(carrier).about(made_for.person).of(made_for.run).tell(transaction, now)?;
                                prompts::sent(transaction, sync, message)
                            }
                            None => Ok(()),
                        }
                    })
                    .await
            }
            Err(error) if puts_off(&error) => Err(error),
            Err(error) => {
                let what =
                    format!("A message, bot or guest on {} that may have been made just before", name_of(self.shared, step.platform));
                self.note(Undone::Left(left(what, &error)), None, move |transaction| {
                    steps::end(transaction, id, StepState::Failed, Some("cancelled"), now)
                })
                .await
            }
        }
    }

    /// What came of it. What may still be on its way is waited for, so that nothing appears behind the undoing.
    async fn find(&self, step: &Step, intent: &Intent) -> Result<Option<Outcome>> {
        let connection = self.connection(step.platform).await?;
        loop {
            match look(self.shared, step, intent, connection.as_ref()).await? {
                Found::It(outcome) => return Ok(Some(outcome)),
                Found::Nothing => return Ok(None),
                Found::NotYet(left) => self.shared.clock.wait(left).await,
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
                let revoked = patiently(self.shared, || async { self.connection(platform).await?.revoke(&facts).await }.boxed()).await;
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
            let told = self.told(Word::AuthorisationRevoked, platform);
            self.note(undone, told, move |transaction| grants::destroy(transaction, id)).await?;
        }
        Ok(())
    }

    /// Removes the bot or guest, if this program made it.
    async fn dismiss(&mut self) -> Result<()> {
        let Some(stand_in) = self.sync.stand_in.clone() else { return Ok(()) };
        let (sync, platform, kind) = (self.sync.id, self.sync.platform, stand_in.kind);
        let undone = if stand_in.created {
            let dismissed = patiently(self.shared, || async { self.connection(platform).await?.dismiss(&stand_in).await }.boxed()).await;
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
        let word = if kind == RepresentationKind::Guest { Word::GuestRemoved } else { Word::BotRemoved };
        let told = self.told(word, platform);
        self.note(undone, told, move |transaction| syncs::forget_stand_in(transaction, sync)).await
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
        let edited = patiently(self.shared, || async { self.connection(carrier).await?.edit_direct(&message, &text).await }.boxed()).await;
        let undone = match edited {
            Ok(_) => Undone::Gone(format!("Prompt in {name} withdrawn")),
            Err(error) if error.kind == Kind::NotFound && error.operation != "connection" => {
                Undone::Gone(format!("Prompt in {name} was gone already"))
            }
            Err(error) if puts_off(&error) => return Err(error),
            Err(error) => Undone::Left(left(format!("The prompt in {name}"), &error)),
        };
        let told = self.told(Word::PromptWithdrawn, carrier);
        self.note(undone, told, move |transaction| prompts::close(transaction, sync)).await
    }
}

fn left(what: String, error: &Error) -> Left {
    Left { what, why: error.message.clone(), link: None }
}

/// Whether the whole is put off: the same part can succeed later, or this computer is in the way.
pub(crate) fn puts_off(error: &Error) -> bool {
    can_wait(error) || matches!(error.kind, Kind::Storage | Kind::Keychain | Kind::Cancelled)
}

/// Whether only what needs one platform is put off.
pub(crate) fn can_wait(error: &Error) -> bool {
    error.is_passing() || is_connection_out(error)
}

/// Whether the platform refuses the connection itself, not some person's own authorisation.
pub(super) fn is_connection_out(error: &Error) -> bool {
    error.kind == Kind::SignedOut && error.remedy == Remedy::SignInAgain
}

/// Tries a part that is harmless to repeat a few times.
async fn patiently<'p, T>(shared: &Shared, part: impl Fn() -> BoxFuture<'p, Result<T>> + Send) -> Result<T> {
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
