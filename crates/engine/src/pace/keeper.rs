//! Keeps tokens fresh: one renewal at a time per slot or grant, and the new tokens are stored before they are used.
//!
//! Platforms that rotate refresh tokens kill the old one at each use, so an answer that gets lost on the way to the disk
//! would cost a sign-in. A renewal is therefore never dropped half-way, and tokens that could not be stored stay here
//! until they are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::Paced;
use crate::error::{Error, Kind, Result};
use crate::model::{GrantId, PlatformId};
use crate::platform::Platform;
use crate::secrets::{Secret, is_damaged, slot_handle};
use crate::signin::{Slot, Source, Tokens, of_person, renew_grant, renew_slot};

/// A token that dies within this time is renewed before it is used; it also covers clocks that disagree.
const MARGIN: Duration = Duration::from_secs(60);

/// Whose tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Who {
    /// A slot of the connection.
    Slot(&'static str),
    /// An employee's grant.
    Grant(GrantId),
}

/// All slots of a platform, while their stored tokens are replaced.
pub(super) struct AllHeld(Vec<tokio::sync::OwnedMutexGuard<Option<Held>>>);

impl AllHeld {
    /// Forgets what is in memory: the next use reads the store.
    pub(super) fn forget(&mut self) {
        self.0.iter_mut().for_each(|held| **held = None);
    }
}

type Place = Arc<tokio::sync::Mutex<Option<Held>>>;

/// Tokens in memory.
pub(super) struct Held {
    tokens: Tokens,
    stored: bool,
    /// Whether the end of the sign-in is written down, where it is known without the tokens.
    noted: bool,
    /// When they came, if they did since the program started.
    since: Option<Timestamp>,
    /// Why they could not be renewed, and when that was said.
    ended: Option<(Error, Timestamp)>,
}

/// How long a refusal to renew stands: whoever waits for the same tokens hears it too, instead of asking once more.
const REFUSED: Duration = Duration::from_secs(60);

impl Held {
    fn new(tokens: Tokens, stored: bool, since: Option<Timestamp>) -> Self {
        Self { tokens, stored, noted: false, since, ended: None }
    }

    /// The refusal that still stands.
    fn refusal(&self, now: Timestamp) -> Option<Error> {
        let (error, said) = self.ended.as_ref()?;
        (now.duration_since(*said).unsigned_abs() < REFUSED).then(|| error.clone())
    }

    /// Whether they are to be renewed before they are used. A short life is used up to its middle: renewing at each use would
    /// only spend refresh tokens.
    fn is_dying(&self, now: Timestamp) -> bool {
        let life = self.since.zip(self.tokens.expires_at).and_then(|(since, end)| Duration::try_from(end.duration_since(since)).ok());
        self.tokens.expires_within(life.map_or(MARGIN, |life| MARGIN.min(life / 2)), now)
    }
}

/// All tokens in use.
#[derive(Default)]
pub(super) struct Keeper {
    places: Mutex<HashMap<(PlatformId, Who), Place>>,
}

impl Keeper {
    /// Waits until no slot's token of a platform is being renewed, and keeps it so.
    pub(super) async fn hold(&self, platform: &'static dyn Platform) -> AllHeld {
        let info = platform.info();
        // Minted ones first: renewing them waits for another slot, never the other way round.
        let (minted, others): (Vec<&Slot>, Vec<&Slot>) = info.slots.iter().partition(|slot| matches!(slot.source, Source::Minted(_)));
        let mut held = Vec::new();
        for slot in minted.into_iter().chain(others) {
            held.push(self.place(info.id, Who::Slot(slot.name)).lock_owned().await);
        }
        AllHeld(held)
    }

    fn place(&self, platform: PlatformId, who: Who) -> Place {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).entry((platform, who)).or_default().clone()
    }

    /// The access token to sign with. Renewed before it dies, and when it is `dead` (the platform refused it).
    pub(super) async fn access(paced: &Paced, platform: &'static dyn Platform, who: Who, dead: Option<Secret>) -> Result<Secret> {
        let (paced, place) = (paced.clone(), paced.keeper().place(platform.info().id, who));
        let again = paced.clone();
        // A grant's tokens are read from the store each time: there are thousands, and the store is quick.
        let result = paced.unbroken(async move { access(&again, platform, who, dead.as_ref(), &place).await }).await;
        if matches!(who, Who::Grant(_)) {
            paced.keeper().drop_stored(platform.info().id, who);
        }
        result
    }

    fn drop_stored(&self, platform: PlatformId, who: Who) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = places.get(&(platform, who)).is_some_and(|place| {
            Arc::strong_count(place) == 1 && place.try_lock().is_ok_and(|held| held.as_ref().is_none_or(|held| held.stored))
        });
        if idle {
            places.remove(&(platform, who));
        }
    }
}

async fn access(paced: &Paced, platform: &'static dyn Platform, who: Who, dead: Option<&Secret>, place: &Place) -> Result<Secret> {
    let id = platform.info().id;
    let mut held = place.lock().await;
    if held.is_none() {
        let tokens = load(paced, id, who).await?;
        *held = Some(Held::new(tokens, true, None));
    }
    let Some(held) = held.as_mut() else {
        return Err(Error::new(Kind::Bug, "sign", "A token vanished while it was held."));
    };
    let refused = dead == Some(&held.tokens.access);
    if refused || held.is_dying(paced.clock().now()) {
        let renewed = match held.refusal(paced.clock().now()) {
            Some(error) => Err(error),
            None => renew(paced, platform, who, &held.tokens).await,
        };
        match renewed {
            Ok(tokens) => *held = Held::new(tokens, false, Some(paced.clock().now())),
            // Early, and the platform cannot be asked just now: the old token still lives.
            Err(error) if !refused && error.is_passing() && !held.tokens.expires_within(Duration::ZERO, paced.clock().now()) => {}
            Err(error) => {
                if error.kind == Kind::SignedOut && held.refusal(paced.clock().now()).is_none() {
                    held.ended = Some((error.clone(), paced.clock().now()));
                }
                return Err(error);
            }
        }
    }
    if let Who::Slot(name) = who {
        paced.pulses().expires(id, name, end_of(platform, name, &held.tokens));
    }
    if !held.stored {
        store(paced, id, who, &held.tokens).await?;
        held.stored = true;
    }
    if let Who::Slot(name) = who {
        paced.pulses().sign_in_ends(id, name, held.tokens.ends_at, paced.clock().now());
        if !held.noted {
            paced.grants().slot_ends(id, name, held.tokens.ends_at).await?;
            held.noted = true;
        }
    }
    Ok(held.tokens.access.clone())
}

/// When a slot's token ends for good; `None` when it can be renewed, or nobody knows.
fn end_of(platform: &'static dyn Platform, slot: &str, tokens: &Tokens) -> Option<Timestamp> {
    let slot = platform.info().slots.iter().find(|known| known.name == slot)?;
    let renews = tokens.refresh.is_some() || matches!(slot.source, Source::Client(_) | Source::Minted(_));
    tokens.expires_at.filter(|_| !renews)
}

async fn load(paced: &Paced, platform: PlatformId, who: Who) -> Result<Tokens> {
    match who {
        Who::Slot(slot) => match paced.secrets().get(&slot_handle(platform, slot)).await {
            Ok(Some(secret)) => Tokens::from_secret(&secret).map_err(|error| error.on(platform)),
            // It stays damaged until somebody signs in again.
            Err(error) if is_damaged(&error) => Err(Error { kind: Kind::SignedOut, ..error }.on(platform)),
            Err(error) => Err(error.on(platform)),
            Ok(None) => Err(Error::new(Kind::SignedOut, "sign", format!("The connection has no `{slot}` token.")).on(platform)),
        },
        Who::Grant(grant) => match paced.grants().load(grant).await? {
            Some(sealed) => paced.sealer().open_grant(grant, platform, &sealed).await,
            None => Err(of_person(Error::new(Kind::SignedOut, "sign", "").on(platform), grant)),
        },
    }
}

async fn renew(paced: &Paced, platform: &'static dyn Platform, who: Who, old: &Tokens) -> Result<Tokens> {
    let id = platform.info().id;
    let facts = paced.facts(id);
    let fields = paced.fields(id, &facts);
    tracing::debug!(platform = %id, ?who, "renewing a token");
    match who {
        Who::Slot(name) => {
            let slot = platform.info().slots.iter().find(|slot| slot.name == name);
            let slot = slot.ok_or_else(|| Error::new(Kind::Bug, "sign", format!("There is no slot `{name}`.")).on(id))?;
            renew_slot(paced, platform, &fields, slot, old).await
        }
        Who::Grant(grant) => renew_grant(paced, platform, &fields, grant, old).await,
    }
}

async fn store(paced: &Paced, platform: PlatformId, who: Who, tokens: &Tokens) -> Result<()> {
    match who {
        Who::Slot(slot) => paced.secrets().put(&slot_handle(platform, slot), &tokens.to_secret()?).await,
        Who::Grant(grant) => {
            let _storing = paced.sealer().storing().await;
            let sealed = paced.sealer().seal_grant(grant, platform, tokens).await?;
            paced.grants().save(grant, sealed).await
        }
    }
}
