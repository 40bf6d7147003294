//! The key that protects employees' sign-ins: how it stands, a new one, and asking again those whose key is lost.

use crate::error::Result;
use crate::store::audit::{self, Word};
use crate::sync::keys;
use crate::sync::queue::Asking;

pub use crate::sync::keys::{GrantKey, GrantKeyState};

use super::{Engine, Selection};

impl Engine {
    /// How the key stands. Whom a loss concerns is shown as failed from then on.
    ///
    /// Errors: `Kind::Keychain` when the keychain cannot be asked now, which says nothing about the key.
    pub async fn grant_key(&self) -> Result<GrantKey> {
        keys::look(&self.shared).await
    }

    /// Seals everything anew under a new key. An interruption at any moment loses nothing, and the next call goes on.
    ///
    /// Errors: `Kind::Keychain`, with nothing lost.
    pub async fn rotate_key(&self) -> Result<GrantKey> {
        let (actor, now) = (self.shared.actor.clone(), self.shared.now());
        self.shared.store.write(move |transaction| audit::act(&actor, Word::KeyRenewed).tell(transaction, now)).await?;
        keys::exchange(&self.shared).await
    }

    /// Asks everybody again whose sign-in cannot be opened any more, and gives how many they are. What cannot be opened is
    /// destroyed; whom the plan blocks stays failed.
    pub async fn ask_again_lost(&self) -> Result<u64> {
        keys::look(&self.shared).await?;
        let mut asked = 0;
        for (platform, people) in keys::concerned(&self.shared).await? {
            let all = people.len();
            let (_, blocked) = self.write_down(&Selection::People(people), platform, Asking::Anew).await?;
            asked += all.saturating_sub(blocked.len()) as u64;
        }
        Ok(asked)
    }
}
