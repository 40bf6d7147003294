//! What every part of a sync's work holds in its hands, and the claims that keep two workers off one sync or person.

use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Transaction;
use tokio::sync::{Notify, watch};

use crate::clock::{Clock, Random};
use crate::error::{Error, Kind, Result};
use crate::event::{Event, Events};
use crate::model::{Act, GrantId, PersonId, PlatformId, SyncId};
use crate::pace::{Paced, Throttle, Throttles};
use crate::platform::{Connection, ConnectionFacts, Platform, Platforms};
use crate::secrets::{GrantVault, SealedGrant};
use crate::store::audit::{self, Word};
use crate::store::syncs::{self, Sync};
use crate::store::{Store, accounts, connections, facts, grants, people, slot_ends, steps, throttles, undos};
use crate::transport::{Http, Lane, Subject};

use super::doubt::Settling;
use super::passes::Passes;
use super::plan::{Connected, Person};
use super::progress::Progress;
use super::quarantine::SignIns;
use super::shut::Shut;

/// Store, platforms, network, time and chance. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) platforms: Platforms,
    pub(crate) paced: Paced,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) events: Events,
    /// Who works on a sync right now.
    pub(crate) claims: Arc<Claims<SyncId>>,
    /// Whose syncs are being undone right now.
    pub(crate) undoing: Arc<Claims<PersonId>>,
    /// Which calls ended without an answer, and when.
    pub(crate) settling: Arc<Settling>,
    /// Wakes whoever keeps working.
    pub(crate) wake: Wake,
    /// How far the runs under way are.
    pub(crate) progress: Arc<Progress>,
    /// Whether work waits for the keychain.
    pub(crate) shut: Arc<Shut>,
    /// Who has taken which steps.
    pub(crate) passes: Arc<Passes>,
    /// When platforms were signed in.
    pub(crate) sign_ins: Arc<SignIns>,
    /// Who uses this computer, as the audit log names them.
    pub(crate) actor: Arc<str>,
    /// The data folder's own word: what platforms keep of a person is told apart by it from another folder's.
    pub(crate) installation: Arc<str>,
}

impl Shared {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A fresh idempotency key.
    pub(crate) fn key(&self) -> String {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// The platform and what the admin authorised on it. Errors: `Kind::NotFound` when it is not connected.
    pub(crate) async fn connected(&self, platform: PlatformId) -> Result<(&'static dyn Platform, ConnectionFacts)> {
        let known = self.platforms.get(platform)?;
        Ok((known, self.paced.connection_facts(platform).ok_or_else(|| self.not_connected(platform))?))
    }

    /// The error for a platform that is not connected.
    pub(crate) fn not_connected(&self, platform: PlatformId) -> Error {
        let name = self.platforms.get(platform).map_or_else(|_| platform.to_string(), |known| known.info().name.to_owned());
        Error::not_found("connection", format!("{name} is not connected."), format!("Connect {name}."))
            .act(Act::Connect { platform })
            .on(platform)
    }

    /// The platform as the connection's own sender.
    pub(crate) async fn connection(&self, platform: PlatformId, lane: Lane) -> Result<Box<dyn Connection>> {
        self.speaking(platform, Subject::Connection, lane).await
    }

    /// The platform as an employee.
    pub(crate) async fn employee(&self, platform: PlatformId, grant: GrantId) -> Result<Box<dyn Connection>> {
        self.speaking(platform, Subject::Grant(grant), Lane::Prompt).await
    }

    async fn speaking(&self, platform: PlatformId, subject: Subject, lane: Lane) -> Result<Box<dyn Connection>> {
        let (known, facts) = self.connected(platform).await?;
        Ok(known.connect(facts, Http::new(Arc::new(self.paced.clone()), platform, subject, lane)))
    }

    /// One change of one sync in one transaction; then everybody who listens is told.
    pub(crate) async fn change<T, F>(&self, sync: SyncId, change: F) -> Result<T>
    where
        F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (value, stored) = self
            .store
            .write(move |transaction| {
                let value = change(transaction)?;
                Ok((value, syncs::get(transaction, sync)?))
            })
            .await?;
        if let Some(Sync { id, person, platform, status, .. }) = stored {
            self.events.tell(Event::SyncChanged { id, person, platform, status });
        }
        Ok(value)
    }

    /// A person as plans and steps see them.
    pub(crate) async fn person(&self, person: PersonId) -> Result<Person> {
        self.store.read(move |db| read_person(db, person)).await
    }
}

/// A person as plans and steps see them. Errors: `Kind::NotFound`.
pub(crate) fn read_person(db: &rusqlite::Connection, id: PersonId) -> Result<Person> {
    Ok(Person {
        id,
        name: syncs::name_of(db, id)?,
        primary: people::primary_of(db, id)?,
        accounts: accounts::of_person(db, id)?,
        syncs: syncs::of_person(db, id)?.into_iter().map(|sync| (sync.platform, sync.status)).collect(),
    })
}

/// The connections as plans see them.
pub(crate) fn read_connections(db: &rusqlite::Connection) -> Result<BTreeMap<PlatformId, Connected>> {
    connections::all(db)?
        .into_iter()
        .map(|stored| Ok((stored.platform, Connected { signed_out: is_signed_out(db, stored.platform)?, facts: stored.facts })))
        .collect()
}

/// The name of a platform, as people know it.
pub(crate) fn name_of(shared: &Shared, platform: PlatformId) -> String {
    shared.platforms.get(platform).map_or_else(|_| platform.to_string(), |known| known.info().name.to_owned())
}

fn signed_out_fact(platform: PlatformId) -> String {
    format!("signed_out/{platform}")
}

/// Whether the platform has refused the connection's tokens since it was connected.
pub(crate) fn is_signed_out(db: &rusqlite::Connection, platform: PlatformId) -> Result<bool> {
    Ok(facts::get(db, &signed_out_fact(platform))?.is_some())
}

/// Remembers that the platform refuses the connection's tokens, and holds everything that needs them; true when that is news.
pub(crate) fn signed_out(transaction: &Transaction<'_>, platform: PlatformId, now: Timestamp) -> Result<bool> {
    let is_news = !is_signed_out(transaction, platform)?;
    if is_news {
        audit::effect(Word::SignedOut).on(platform).tell(transaction, now)?;
    }
    facts::set(transaction, &signed_out_fact(platform), "yes")?;
    if is_news {
        steps::hold_for_sign_in(transaction, platform, now)?;
    }
    Ok(is_news)
}

/// Forgets it: the platform was connected again, or is gone. What waited for it goes on; wake whoever works afterwards.
pub(crate) fn signed_in(transaction: &Transaction<'_>, platform: PlatformId, now: Timestamp) -> Result<()> {
    facts::clear(transaction, &signed_out_fact(platform))?;
    steps::free_signed_in(transaction, now)?;
    undos::free(transaction, None, steps::SIGNED_OUT).map(drop)
}

/// Milliseconds since 1970.
pub(crate) fn ms(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// Milliseconds since 1970, a while later.
pub(crate) fn later(time: Timestamp, by: Duration) -> i64 {
    ms(time).saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 2))
}

/// Tells whoever keeps working that there is something new to do. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub(crate) struct Wake(watch::Sender<()>);

impl Wake {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(()))
    }

    /// There is something new.
    pub(crate) fn up(&self) {
        self.0.send_replace(());
    }

    /// Hears of everything new from now on, also of what comes between two waits.
    pub(crate) fn listen(&self) -> Woken {
        Woken(self.0.subscribe())
    }
}

/// A listener.
#[derive(Debug)]
pub(crate) struct Woken(watch::Receiver<()>);

impl Woken {
    /// Waits until there is something new; for ever when nobody is left who could have any.
    pub(crate) async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// What somebody is working on right now.
#[derive(Debug)]
pub(crate) struct Claims<K> {
    taken: Mutex<HashSet<K>>,
    freed: Notify,
}

impl<K> Default for Claims<K> {
    fn default() -> Self {
        Self { taken: Mutex::default(), freed: Notify::new() }
    }
}

/// The right to work on one thing; given back when dropped.
#[derive(Debug)]
pub(crate) struct Claim<K: Copy + Eq + Hash> {
    claims: Arc<Claims<K>>,
    on: K,
}

impl<K: Copy + Eq + Hash> Claims<K> {
    /// The right, when nobody has it.
    pub(crate) fn try_take(self: &Arc<Self>, on: K) -> Option<Claim<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.insert(on).then(|| Claim { claims: Arc::clone(self), on })
    }

    /// The right, as soon as nobody else has it.
    pub(crate) async fn take(self: &Arc<Self>, on: K) -> Claim<K> {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if let Some(claim) = self.try_take(on) {
                return claim;
            }
            freed.await;
        }
    }
}

impl<K: Copy + Eq + Hash> Drop for Claim<K> {
    fn drop(&mut self) {
        self.claims.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.on);
        self.claims.freed.notify_waiters();
    }
}

/// The employees' grants, and the platforms' pauses, in the database.
pub(crate) struct Vault(pub(crate) Store);

#[async_trait]
impl GrantVault for Vault {
    async fn load(&self, grant: GrantId) -> Result<Option<Vec<u8>>> {
        Ok(self.0.read(move |db| grants::sealed(db, grant)).await?.map(|(_, sealed)| sealed))
    }

    async fn save(&self, grant: GrantId, sealed: SealedGrant) -> Result<()> {
        let kept = self.0.write(move |transaction| grants::store(transaction, grant, &sealed)).await?;
        if kept {
            return Ok(());
        }
        Err(Error::new(Kind::Cancelled, "save_grant", "The authorisation was withdrawn meanwhile."))
    }

    async fn slot_ends(&self, platform: PlatformId, slot: &'static str, at: Option<Timestamp>) -> Result<()> {
        self.0.write(move |transaction| slot_ends::set(transaction, platform, slot, at)).await
    }
}

#[async_trait]
impl Throttles for Vault {
    async fn keep(&self, throttle: Throttle, now: Timestamp) -> Result<()> {
        self.0.write(move |transaction| throttles::keep(transaction, &throttle, now)).await
    }
}
