//! The keys that seal what lies in the database: one in use, and for a while an older one beside it, until nothing needs it.
//!
//! One entry of the secret store holds all of them, one a line, the one in use first; so exchanging a key is a change of one
//! entry. A key's id is a digest of it: what is sealed names its key, and a key that is gone or another one is noticed without
//! opening anything.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Secret, damaged_entry};
use crate::clock::Random;
use crate::error::{Error, Kind, Result};

const NONCE: usize = 24;

/// Which key sealed something. Not secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct KeyId(pub(crate) [u8; Self::LENGTH]);

impl KeyId {
    pub(crate) const LENGTH: usize = 4;
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One key.
pub(super) struct Key {
    pub(super) id: KeyId,
    pub(super) cipher: XChaCha20Poly1305,
    text: Secret,
}

/// All keys, the one in use first.
pub(super) struct Ring(Vec<Key>);

impl Ring {
    /// From the entry. Errors: damaged.
    pub(super) fn read(entry: &Secret, operation: &'static str) -> Result<Self> {
        let keys = entry.expose().lines().map(str::trim).filter(|line| !line.is_empty());
        let keys = keys.map(|line| Key::read(&Secret::new(line), operation)).collect::<Result<Vec<_>>>()?;
        if keys.is_empty() { Err(damaged_key(operation)) } else { Ok(Self(keys)) }
    }

    /// The entry.
    pub(super) fn write(&self) -> Secret {
        let mut text = Zeroizing::new(String::new());
        for key in &self.0 {
            // Writing to a String cannot fail.
            let _infallible = writeln!(text, "{}", key.text.expose());
        }
        Secret::new(text.trim_end())
    }

    /// The key in use.
    pub(super) fn newest(&self) -> Option<&Key> {
        self.0.first()
    }

    /// The key with this id.
    pub(super) fn find(&self, id: KeyId) -> Option<&Key> {
        self.0.iter().find(|key| key.id == id)
    }

    /// All of them.
    pub(super) fn keys(&self) -> &[Key] {
        &self.0
    }

    /// With a fresh key in use.
    pub(super) fn with_new(self, random: &dyn Random) -> Result<Self> {
        let fresh = Key::read(&new_key(random), "new_key")?;
        Ok(Self(std::iter::once(fresh).chain(self.0).collect()))
    }

    /// Only with the key in use.
    pub(super) fn without_old(mut self) -> Self {
        self.0.truncate(1);
        self
    }

    /// Only one, fresh.
    pub(super) fn fresh(random: &dyn Random) -> Result<Self> {
        Self(Vec::new()).with_new(random)
    }
}

impl Key {
    fn read(text: &Secret, operation: &'static str) -> Result<Self> {
        let cipher = read_key(text, operation)?;
        let bytes = Zeroizing::new(STANDARD.decode(text.expose().trim()).unwrap_or_default());
        let digest = Sha256::new().chain_update(b"user-sync key id").chain_update(bytes.as_slice()).finalize();
        let mut id = [0; KeyId::LENGTH];
        id.iter_mut().zip(digest).for_each(|(byte, of)| *byte = of);
        Ok(Self { id: KeyId(id), cipher, text: text.clone() })
    }
}

/// A fresh 256-bit key as text.
pub(super) fn new_key(random: &dyn Random) -> Secret {
    let mut bytes = Zeroizing::new([0; 32]);
    random.fill(bytes.as_mut_slice());
    Secret::new(STANDARD.encode(bytes.as_slice()))
}

/// The cipher of a key that [`new_key`] made.
pub(super) fn read_key(key: &Secret, operation: &'static str) -> Result<XChaCha20Poly1305> {
    let bytes = Zeroizing::new(STANDARD.decode(key.expose().trim()).unwrap_or_default());
    XChaCha20Poly1305::new_from_slice(&bytes).map_err(|_| damaged_key(operation))
}

fn damaged_key(operation: &'static str) -> Error {
    damaged_entry(operation, "The key that protects stored sign-ins is damaged.")
        .ask_admin("Put the key back from a backup, or ask the people with own accounts again.")
}

/// A text under a label, with a fresh nonce before it.
pub(super) fn encrypt(cipher: &XChaCha20Poly1305, random: &dyn Random, label: &str, secret: &Secret) -> Result<Vec<u8>> {
    let mut nonce = [0; NONCE];
    random.fill(&mut nonce);
    let payload = Payload { msg: secret.expose().as_bytes(), aad: label.as_bytes() };
    let body =
        cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| Error::new(Kind::Bug, "seal", "A secret could not be sealed."))?;
    Ok(nonce.into_iter().chain(body).collect())
}

/// What [`encrypt`] made; `None` for another key, another label, or a changed byte.
pub(super) fn decrypt(cipher: &XChaCha20Poly1305, label: &str, bytes: &[u8]) -> Option<Secret> {
    let (nonce, body) = bytes.split_at_checked(NONCE)?;
    let text = cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: body, aad: label.as_bytes() }).ok()?;
    String::from_utf8(text).ok().map(Secret::new)
}
