//! A keychain that cannot be asked while work goes on: nothing fails for it. It is told once, asked again now and then, and work
//! goes on by itself as soon as it answers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, Kind, Result};
use crate::event::Event;
use crate::secrets::{Handle, KEY, is_damaged, slot_handle};
use crate::store::{connections, syncs};

use super::shared::Shared;

/// The detail of what waits for it.
pub(crate) const WAITING: &str = "waiting_for_keychain";
/// The longest pause between two looks: somebody may be typing their password.
const LONGEST: Duration = Duration::from_secs(60);

/// Whether the keychain is shut, as far as work has met it.
#[derive(Debug, Default)]
pub(crate) struct Shut(Mutex<Option<Met>>);

#[derive(Clone, Debug)]
struct Met {
    error: Error,
    looks: u32,
    /// When it is asked again.
    again: Instant,
}

impl Shut {
    /// What the keychain said, while it cannot be asked.
    pub(crate) fn why(&self) -> Option<Error> {
        self.with(|met| met.as_ref().map(|met| met.error.clone()))
    }

    /// When it is asked again, while it cannot be asked.
    pub(crate) fn again(&self) -> Option<Instant> {
        self.with(|met| met.as_ref().map(|met| met.again))
    }

    /// It is asked at the next look.
    pub(crate) fn ask_now(&self) {
        self.with(|met| met.iter_mut().for_each(|met| met.again = Instant::now()));
    }

    fn with<T>(&self, change: impl FnOnce(&mut Option<Met>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether work waits for this to pass: a keychain that is locked, absent or refused. A damaged entry will not mend itself.
pub(crate) fn is_shut(error: &Error) -> bool {
    error.kind == Kind::Keychain && !is_damaged(error)
}

/// Work has met it shut. The first time everybody who waits is told why.
pub(crate) async fn met(shared: &Shared, error: &Error) -> Result<()> {
    let is_new = shared.shut.with(|met| {
        let is_new = met.is_none();
        met.get_or_insert_with(|| Met { error: error.clone(), looks: 0, again: Instant::now() + Duration::from_secs(1) });
        is_new
    });
    if is_new {
        tracing::warn!(message = %error.message, "work waits for the keychain");
        said(shared, "queued", WAITING).await?;
        tell(shared).await?;
    }
    Ok(())
}

/// Asks it when it is time; true when it answers, or nobody has met it shut.
pub(crate) async fn is_open(shared: &Shared) -> Result<bool> {
    match shared.shut.again() {
        None => return Ok(true),
        Some(again) if again > Instant::now() => {
            said(shared, "queued", WAITING).await?;
            return Ok(false);
        }
        Some(_) => {}
    }
    let first = shared.store.read(|db| Ok(connections::platforms(db)?.into_iter().next())).await?;
    let slot = first.and_then(|platform| Some(slot_handle(platform, shared.platforms.get(platform).ok()?.info().slots.first()?.name)));
    match shared.paced.secrets().get(&slot.unwrap_or_else(|| Handle(KEY.into()))).await {
        Err(error) if is_shut(&error) => {
            shared.shut.with(|met| {
                if let Some(met) = met {
                    met.looks += 1;
                    met.again = Instant::now() + Duration::from_secs(1 << met.looks.min(6)).min(LONGEST);
                }
            });
            Ok(false)
        }
        // Damaged or not, it answers.
        _ => {
            shared.shut.with(|met| *met = None);
            said(shared, WAITING, "queued").await?;
            tell(shared).await?;
            shared.wake.up();
            Ok(true)
        }
    }
}

/// Says of everything that is queued why it does not go on, or that it does.
async fn said(shared: &Shared, from: &'static str, to: &'static str) -> Result<()> {
    let now = shared.now();
    if shared.store.write(move |transaction| syncs::all_queued_detail(transaction, from, to, now)).await? > 0 {
        shared.events.tell(Event::PeopleChanged { ids: Vec::new() });
    }
    Ok(())
}

async fn tell(shared: &Shared) -> Result<()> {
    for platform in shared.store.read(connections::platforms).await? {
        shared.events.tell(Event::ConnectionChanged { platform });
    }
    Ok(())
}
