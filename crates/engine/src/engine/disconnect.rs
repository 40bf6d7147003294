//! Disconnecting: the connection's tokens end at the platform as far as it lets them, and here in any case.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::event::Event;
use crate::model::{PlatformId, Status};
use crate::platform::{Left, Platform, PlatformInfo, Undone};
use crate::secrets::{is_damaged, slot_handle};
use crate::signin::{self, Slot, Source};
use crate::store::audit::{self, Word};
use crate::store::{connections, grants, prompts, slot_ends, syncs};
use crate::sync::shared::signed_in;
use crate::transport::Lane;

use super::Engine;

/// What a disconnection ended, and what it leaves behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct DisconnectView {
    /// Where.
    pub platform: PlatformId,
    /// The syncs to it that do not work any more, by status.
    pub syncs: BTreeMap<Status, u64>,
    /// Employees' sign-ins that stay sealed, because undoing their syncs may need them.
    pub grants: u64,
    /// What is gone at the platform, in short phrases.
    pub gone: Vec<String>,
    /// What the platform keeps, why, and where it can be undone by hand.
    pub left: Vec<Left>,
}

/// What a disconnection would end, and what hangs on the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct DisconnectPreview {
    /// Where.
    pub platform: PlatformId,
    /// The syncs to it that would not work any more, by status.
    pub syncs: BTreeMap<Status, u64>,
    /// Employees' sign-ins that would stay sealed, because undoing their syncs may need them.
    pub grants: u64,
    /// The tokens that would end here, and at the platform as far as it lets them.
    pub tokens: Vec<String>,
    /// How many people who are asked on this platform about another one could no longer answer.
    pub prompts: u64,
}

/// How long all of a platform's answers may take: they are never in the way of forgetting its tokens here.
const PATIENCE: Duration = Duration::from_secs(20);

impl Engine {
    /// Ends the connection's tokens at the platform as far as it lets them, and deletes the connection and its secrets. People,
    /// accounts and syncs stay listed.
    ///
    /// Errors: `Kind::Keychain` when it cannot be asked; then nothing has ended.
    pub async fn disconnect(&self, platform: PlatformId) -> Result<DisconnectView> {
        let (known, _) = self.shared.connected(platform).await?;
        let (gone, left) = self.sign_off(known).await?;
        signin::forget(&self.shared.paced, known).await?;
        let (now, actor, ended) = (self.shared.now(), self.shared.actor.clone(), gone.clone());
        let (counts, grants) = self
            .shared
            .store
            .write(move |transaction| {
                audit::act(&actor, Word::Disconnected).on(platform).tell(transaction, now)?;
                for phrase in &ended {
                    audit::effect(Word::SignedOff).on(platform).more(phrase).tell(transaction, now)?;
                }
                connections::remove(transaction, platform)?;
                slot_ends::forget(transaction, platform)?;
                signed_in(transaction, platform, now)?;
                Ok((syncs::counts(transaction, None, Some(platform))?, grants::held_on(transaction, platform)?))
            })
            .await?;
        self.shared.wake.up();
        self.shared.events.tell(Event::ConnectionChanged { platform });
        Ok(DisconnectView { platform, syncs: counts.into_iter().collect(), grants, gone, left })
    }

    /// What disconnecting would end. Sends nothing, changes nothing.
    ///
    /// Errors: `Kind::NotFound` when the platform is not connected; `Kind::Keychain` when it cannot be asked.
    pub async fn disconnect_preview(&self, platform: PlatformId) -> Result<DisconnectPreview> {
        let (known, _) = self.shared.connected(platform).await?;
        let tokens = self.held_slots(known.info()).await?.into_iter().map(|slot| slot.name.to_owned()).collect();
        let (counts, grants, prompts) = self
            .shared
            .store
            .read(move |db| {
                let prompts = prompts::standing(db)?.into_iter().filter(|(_, carrier)| *carrier == platform).count() as u64;
                Ok((syncs::counts(db, None, Some(platform))?, grants::held_on(db, platform)?, prompts))
            })
            .await?;
        Ok(DisconnectPreview { platform, syncs: counts.into_iter().collect(), grants, tokens, prompts })
    }

    /// The slots that hold a token, damaged or not.
    async fn held_slots(&self, info: &'static PlatformInfo) -> Result<Vec<&'static Slot>> {
        let mut slots = Vec::new();
        for slot in info.slots {
            match self.shared.paced.secrets().get(&slot_handle(info.id, slot.name)).await {
                Ok(None) => {}
                Ok(Some(_)) => slots.push(slot),
                Err(error) if is_damaged(&error) => slots.push(slot),
                Err(error) => return Err(error),
            }
        }
        Ok(slots)
    }

    /// Ends every token that there is, each by itself.
    async fn sign_off(&self, platform: &'static dyn Platform) -> Result<(Vec<String>, Vec<Left>)> {
        let info = platform.info();
        let mut slots = self.held_slots(info).await?;
        // A minted token ends before the one that minted it.
        slots.sort_by_key(|slot| !matches!(slot.source, Source::Minted(_)));
        let connection = self.shared.connection(info.id, Lane::Waiting).await?;
        let (mut gone, mut left) = (Vec::new(), Vec::new());
        let late = self.shared.clock.wait(PATIENCE);
        tokio::pin!(late);
        let mut is_late = false;
        for slot in slots {
            let ended = if is_late {
                Err(no_answer())
            } else {
                tokio::select! {
                    ended = connection.sign_off(slot.name) => ended,
                    () = &mut late => {
                        is_late = true;
                        Err(no_answer())
                    }
                }
            };
            match ended {
                Ok(Undone::Gone(phrase)) => gone.push(phrase),
                Ok(Undone::Left(stays)) => left.push(Left { link: stays.link.or_else(|| off_switch(info)), ..stays }),
                Err(error) => left.push(stays(info, slot.name, &error)),
            }
        }
        Ok((gone, left))
    }
}

fn no_answer() -> Error {
    Error::new(Kind::Network, "sign_off", "Nobody answered in time.")
}

fn stays(info: &PlatformInfo, slot: &str, error: &Error) -> Left {
    let name = info.name;
    let why = match error.kind {
        Kind::Unsupported => format!("{name} has no way to end it from here. User Sync deleted its copy and can use it no more."),
        _ => format!("{} User Sync deleted its copy and can use it no more.", error.message),
    };
    Left { what: format!("The token `{slot}` of the connection to {name}"), why, link: off_switch(info) }
}

fn off_switch(info: &PlatformInfo) -> Option<String> {
    Some(info.off_switch.link).filter(|link| !link.is_empty()).map(str::to_owned)
}
