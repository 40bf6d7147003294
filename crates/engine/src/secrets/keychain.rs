//! The operating system's keychain: Credential Manager, Keychain, or a Secret Service such as GNOME Keyring.
//!
//! Its calls block, and a locked one blocks until somebody types a password; so every call runs on a thread of its own
//! with a time limit, and where the system tells beforehand that it is locked, it is asked first. Locked, absent, refused
//! and damaged are told apart, each with its next step. Realm: Live.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyring::Error as KeyringError;

use super::os::{self, Os, absent, denied, look};
use super::parts::{self, Unreadable};
use super::{Handle, Secret, SecretStore, damaged_entry};
use crate::error::{Error, Kind, Result};
use crate::transport::Realm;

pub(super) const OPERATION: &str = "keychain";
/// How long the system may take, a dialog that somebody has to read included.
const PATIENCE: Duration = Duration::from_secs(30);

/// The keychain, under one service name.
pub struct Keychain {
    service: Arc<str>,
    /// One call at a time, so that the entries of one value are never written by two at once.
    turn: tokio::sync::Mutex<()>,
}

impl Keychain {
    /// Under the service name "User Sync", or "User Sync (namespace)" for another build kind or profile.
    pub fn new(namespace: &str) -> Self {
        let service = if namespace.is_empty() { "User Sync".to_owned() } else { format!("User Sync ({namespace})") };
        Self { service: service.into(), turn: tokio::sync::Mutex::new(()) }
    }

    /// The name under which people find the entries in their keychain's own program.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Finds out, by writing once, whether secrets can be kept. A missing keychain may answer reads as if it were empty.
    pub async fn probe(&self) -> Result<()> {
        let (handle, secret) = (Handle("probe".into()), Secret::new("probe"));
        self.put(&handle, &secret).await?;
        let kept = self.get(&handle).await?;
        self.delete(&handle).await?;
        if kept == Some(secret) { Ok(()) } else { Err(damaged(&self.service, &handle)) }
    }

    async fn run<T: Send + 'static>(&self, handle: &Handle, work: impl Fn(&Os) -> Result<T, Failure> + Send + 'static) -> Result<T> {
        let _turn = self.turn.lock().await;
        let service = self.service.clone();
        let call = tokio::task::spawn_blocking(move || {
            look().map_err(Failure::Known)?;
            let os = Os::new(service);
            match work(&os) {
                // A keyring that was started anew does not know the session any more; everything here is harmless to do again.
                Err(Failure::System(KeyringError::PlatformFailure(_))) => {
                    os::forget();
                    work(&os)
                }
                done => done,
            }
        });
        match tokio::time::timeout(PATIENCE, call).await {
            Err(_too_long) => {
                // Whoever asks next does not wait behind this call.
                os::forget();
                Err(Error::new(Kind::Keychain, OPERATION, "The keychain did not answer in time; perhaps it waits for a password.")
                    .ask_admin("Look for a password dialog of your system, answer it, and try again."))
            }
            Ok(Err(_died)) => Err(Error::new(Kind::Bug, OPERATION, "The keychain call was interrupted.")),
            Ok(Ok(Err(Failure::Known(error)))) => Err(error),
            Ok(Ok(Err(Failure::Damaged))) => Err(damaged(&self.service, handle)),
            Ok(Ok(Err(Failure::System(error)))) => Err(explain(&error)),
            Ok(Ok(Ok(value))) => Ok(value),
        }
    }
}

enum Failure {
    Known(Error),
    Damaged,
    System(KeyringError),
}

impl From<KeyringError> for Failure {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::BadEncoding(_) | KeyringError::BadDataFormat(..) => Self::Damaged,
            other => Self::System(other),
        }
    }
}

#[async_trait]
impl SecretStore for Keychain {
    fn realm(&self) -> Realm {
        Realm::Live
    }

    async fn get(&self, handle: &Handle) -> Result<Option<Secret>> {
        let name = handle.0.clone();
        let read = move |os: &Os| {
            parts::read(os, &name).map_err(|error| match error {
                Unreadable::Damaged => Failure::Damaged,
                Unreadable::Refused(error) => error.into(),
            })
        };
        self.run(handle, read).await
    }

    async fn put(&self, handle: &Handle, secret: &Secret) -> Result<()> {
        let (name, secret) = (handle.0.clone(), secret.clone());
        self.run(handle, move |os| Ok(parts::write(os, &name, &secret)?)).await
    }

    async fn delete(&self, handle: &Handle) -> Result<()> {
        let name = handle.0.clone();
        self.run(handle, move |os| Ok(parts::remove(os, &name)?)).await
    }
}

/// What the system's refusal means. Its own words name entries and never hold a secret, but bad data would: left out.
fn explain(error: &KeyringError) -> Error {
    match error {
        KeyringError::NoStorageAccess(_) => {
            Error::new(Kind::Keychain, OPERATION, "The keychain did not let User Sync in: it is locked, or the request was refused.")
                .ask_admin("Unlock the keychain, allow User Sync when your system asks, and try again.")
        }
        KeyringError::NoDefaultStore | KeyringError::NotSupportedByStore(_) => absent(),
        KeyringError::PlatformFailure(cause) if cause.to_string().contains("AccessDenied") => denied(),
        KeyringError::PlatformFailure(cause) => Error::new(Kind::Keychain, OPERATION, "The keychain answered with a failure.")
            .ask_admin("Check that your system's keychain works (open its own program), then try again.")
            .with("cause", cause.to_string()),
        KeyringError::Ambiguous(_) => Error::new(Kind::Keychain, OPERATION, "The keychain holds an entry of User Sync twice.")
            .ask_admin("Open your system's keychain program, delete the entries named User Sync, and connect again."),
        KeyringError::TooLong(what, limit) => {
            Error::new(Kind::Bug, OPERATION, format!("A keychain entry's {what} is longer than {limit}."))
        }
        _ => Error::new(Kind::Keychain, OPERATION, "The keychain cannot be used.")
            .ask_admin("Check that your system's keychain works (open its own program), then try again."),
    }
}

fn damaged(service: &str, handle: &Handle) -> Error {
    damaged_entry(OPERATION, format!("The keychain entry `{}` of {service} is damaged or half-written.", handle.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Remedy;

    #[test]
    fn every_refusal_has_its_own_next_step_and_quotes_no_data() {
        let refusals = [
            KeyringError::NoStorageAccess("x".into()),
            KeyringError::NoDefaultStore,
            KeyringError::PlatformFailure("x".into()),
            KeyringError::PlatformFailure("org.freedesktop.DBus.Error.AccessDenied: no".into()),
            KeyringError::Invalid("planted".into(), "planted".into()),
            KeyringError::Ambiguous(Vec::new()),
        ];
        let mut messages: Vec<String> = Vec::new();
        for refusal in refusals {
            let error = explain(&refusal);
            assert_eq!(error.kind, Kind::Keychain);
            assert!(matches!(&error.remedy, Remedy::AskAdmin { what } if what.len() > 20), "{error:?}");
            assert!(!format!("{error:?}").contains("planted"));
            messages.push(error.message);
        }
        messages.sort();
        messages.dedup();
        assert_eq!(messages.len(), 6, "two causes read the same");
        assert!(matches!(Failure::from(KeyringError::BadEncoding(b"planted".to_vec())), Failure::Damaged));
    }
}
