//! Secrets: a type that cannot be printed, and the two places that keep it.

mod key_file;
mod keychain;
mod memory;
mod os;
mod parts;
mod ring;
mod sealed;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Remedy, Result};
use crate::model::PlatformId;
use crate::transport::Realm;

pub use key_file::KeyFile;
pub use keychain::Keychain;
pub use memory::MemorySecrets;
pub(crate) use ring::KeyId;
pub use sealed::{GrantVault, NoGrants, SealedGrant, Sealer};
pub(crate) use sealed::{KEY, grant_label, is_lost};

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

/// What tells an entry that is damaged from a keychain that cannot be asked.
const DAMAGED: (&str, &str) = ("entry", "damaged");

/// The error for an entry that is there and cannot be read: asking again will not help.
pub(crate) fn damaged_entry(operation: &'static str, message: impl Into<String>) -> Error {
    Error::new(Kind::Keychain, operation, message).remedy(Remedy::SignInAgain).with(DAMAGED.0, DAMAGED.1)
}

/// Whether an entry is there and cannot be read.
pub(crate) fn is_damaged(error: &Error) -> bool {
    error.context.iter().any(|(key, value)| (*key, value.as_str()) == DAMAGED)
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
