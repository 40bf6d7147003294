//! Secrets: a type that cannot be printed, and the two places that keep it.

mod key_file;
mod keychain;
mod memory;
mod parts;
mod sealed;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::error::Result;
use crate::model::PlatformId;
use crate::transport::Realm;

pub use key_file::KeyFile;
pub use keychain::Keychain;
pub use memory::MemorySecrets;
pub use sealed::{GrantVault, NoGrants, SealedGrant, Sealer};

/// A token, client secret or key. No `Display`, no `Serialize`; `Debug` prints nothing; wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Wraps.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(value.into())))
    }

    /// The text itself: for signing a request and for sealing, nowhere else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The name of a secret in a store: plain words that an admin recognises, for example `connection/bot`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(pub String);

/// Where the tokens of a connection's slot lie.
pub fn slot_handle(platform: PlatformId, slot: &str) -> Handle {
    Handle(format!("{platform}/{slot}"))
}

/// Where a secret field that the admin entered lies.
pub fn field_handle(platform: PlatformId, field: &str) -> Handle {
    Handle(format!("{platform}/field/{field}"))
}

/// Keeps secrets.
///
/// Errors: `Kind::Keychain` when it is locked, absent or refused (told apart by message and remedy).
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// Live or demo.
    fn realm(&self) -> Realm;
    /// The secret, `None` when there is none under this name.
    async fn get(&self, handle: &Handle) -> Result<Option<Secret>>;
    /// Stores or replaces.
    async fn put(&self, handle: &Handle, secret: &Secret) -> Result<()>;
    /// Removes; a missing one is fine.
    async fn delete(&self, handle: &Handle) -> Result<()>;
}
