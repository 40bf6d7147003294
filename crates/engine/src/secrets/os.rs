//! The operating system's named entries, as an admin finds them in its own program.
//!
//! | system | where | name shown |
//! |---|---|---|
//! | Linux | the default keyring of the Secret Service | "User Sync: alpha/bot" (the label) |
//! | macOS | the login keychain | "User Sync", account "alpha/bot" |
//! | Windows | generic credentials | "alpha/bot.User Sync" |
//!
//! Entries are found by service and name, never by what is shown; so those with an earlier label are found as well.

use std::sync::Arc;

use keyring::Error as KeyringError;

use super::keychain::OPERATION;
use super::parts::Entries;
use crate::error::{Error, Kind, Result};

/// Entries under one service name.
pub(super) struct Os {
    service: Arc<str>,
}

impl Os {
    pub(super) fn new(service: Arc<str>) -> Self {
        Self { service }
    }
}

impl Entries for Os {
    type Error = KeyringError;

    fn read(&self, name: &str) -> Result<Option<String>, KeyringError> {
        match entry(&self.service, name)?.get_password() {
            Ok(text) => Ok(Some(text)),
            Err(KeyringError::NoEntry) => Ok(None),
            Err(other) => Err(other),
        }
    }

    fn write(&self, name: &str, text: &str) -> Result<(), KeyringError> {
        entry(&self.service, name)?.set_password(text)
    }

    fn remove(&self, name: &str) -> Result<(), KeyringError> {
        match entry(&self.service, name)?.delete_credential() {
            Err(KeyringError::NoEntry) => Ok(()),
            other => other,
        }
    }
}

/// There is none, or none that can be used.
pub(super) fn absent() -> Error {
    let what = if cfg!(target_os = "linux") {
        "Install and start a keyring (GNOME Keyring or KWallet with the Secret Service), create its default keyring, and try again."
    } else {
        "Check that your system's keychain works (open its own program), then start User Sync again."
    };
    Error::new(Kind::Keychain, OPERATION, "This computer has no keychain that User Sync can use.").ask_admin(what)
}

/// It is there and says no.
pub(super) fn denied() -> Error {
    Error::new(Kind::Keychain, OPERATION, "The keychain refuses to let User Sync in.")
        .ask_admin("Allow User Sync to use the keychain in your system's settings (a sandbox or policy may forbid it), and try again.")
}

#[cfg(target_os = "linux")]
use linux::entry;
#[cfg(target_os = "linux")]
pub(super) use linux::{forget, look};

/// The Secret Service, with a session that is made anew when the keyring was.
#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex, PoisonError};

    use keyring_core::api::CredentialStoreApi;
    use zbus::blocking::{Connection, Proxy};
    use zbus_secret_service_keyring_store::Store;

    use super::{Error, KeyringError, Kind, OPERATION, Result, absent, denied};

    static STORE: Mutex<Option<Arc<Store>>> = Mutex::new(None);

    pub(super) fn entry(service: &str, name: &str) -> Result<keyring_core::Entry, KeyringError> {
        let mut kept = STORE.lock().unwrap_or_else(PoisonError::into_inner);
        let store = match kept.as_ref() {
            Some(store) => store.clone(),
            None => kept.insert(Store::new()?).clone(),
        };
        drop(kept);
        let label = format!("{service}: {name}");
        store.build(service, name, Some(&HashMap::from([("label", label.as_str())])))
    }

    /// Lets the session go; the next call makes a new one.
    pub(in super::super) fn forget() {
        STORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Asks whether the default keyring is there and open, without the dialog that any other call would raise.
    pub(in super::super) fn look() -> Result<()> {
        let locked = Connection::session().and_then(|bus| {
            let collection = Proxy::new(
                &bus,
                "org.freedesktop.secrets",
                "/org/freedesktop/secrets/aliases/default",
                "org.freedesktop.Secret.Collection",
            )?;
            collection.get_property::<bool>("Locked")
        });
        match locked {
            Ok(false) => Ok(()),
            Ok(true) => Err(Error::new(Kind::Keychain, OPERATION, "The keychain is locked.")
                .ask_admin("Unlock your keyring (signing in to the desktop does it), then try again.")),
            Err(error) if error.to_string().contains("AccessDenied") => Err(denied()),
            Err(error) => {
                forget();
                Err(absent().with("cause", error.to_string()))
            }
        }
    }
}

/// The other systems answer at once, or ask the user by themselves within the time limit.
#[cfg(not(target_os = "linux"))]
pub(super) fn look() -> Result<()> {
    Ok(())
}

/// There is no session to let go.
#[cfg(not(target_os = "linux"))]
pub(super) fn forget() {}

#[cfg(not(target_os = "linux"))]
fn entry(service: &str, name: &str) -> Result<keyring::Entry, KeyringError> {
    keyring::Entry::new(service, name)
}
