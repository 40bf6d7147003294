//! Sealing: what is secret but too numerous for a keychain lies in the database, readable only with a key that the
//! secret store holds.
//!
//! XChaCha20-Poly1305 under one 256-bit key, made at first use. What is sealed is bound to a label (which grant, which
//! platform), so a row cannot be moved to another one. Knows no table: [`GrantVault`] is implemented by the store.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use jiff::Timestamp;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::{Handle, Secret, SecretStore};
use crate::clock::Random;
use crate::error::{Error, Kind, Result};
use crate::model::{GrantId, PlatformId};
use crate::signin::Tokens;

const NONCE: usize = 24;
/// First byte of everything sealed, so that another way of sealing can follow one day.
const FORM: u8 = 1;
const KEY: &str = "grants/key";

/// A grant as the database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedGrant {
    /// The tokens, sealed.
    pub sealed: Vec<u8>,
    /// When the access token dies.
    pub expires_at: Option<Timestamp>,
    /// Scopes that the token endpoint named.
    pub scopes: BTreeSet<String>,
}

/// Where employees' sealed grants lie. Implemented over the store.
#[async_trait]
pub trait GrantVault: Send + Sync {
    /// The sealed tokens, `None` when there is no such grant.
    async fn load(&self, grant: GrantId) -> Result<Option<Vec<u8>>>;
    /// Replaces the sealed tokens of a grant that exists. Returns once it is on disk.
    async fn save(&self, grant: GrantId, sealed: SealedGrant) -> Result<()>;
}

/// The vault of a program without grants.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoGrants;

#[async_trait]
impl GrantVault for NoGrants {
    async fn load(&self, _grant: GrantId) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    async fn save(&self, grant: GrantId, _sealed: SealedGrant) -> Result<()> {
        Err(Error::new(Kind::Bug, "save_grant", format!("There is no place to keep the grant {grant}.")))
    }
}

/// Seals and opens. One per program.
pub struct Sealer {
    secrets: Arc<dyn SecretStore>,
    random: Arc<dyn Random>,
    /// Held while the key is fetched or made, so that two first uses cannot make two keys.
    cipher: Mutex<Option<XChaCha20Poly1305>>,
}

impl Sealer {
    /// The key is looked for, or made, at first use.
    pub fn new(secrets: Arc<dyn SecretStore>, random: Arc<dyn Random>) -> Self {
        Self { secrets, random, cipher: Mutex::new(None) }
    }

    /// Seals a text under a label. Only the same label opens it.
    pub async fn seal(&self, label: &str, secret: &Secret) -> Result<Vec<u8>> {
        let cipher = match self.cipher("seal").await? {
            Some(cipher) => cipher,
            None => self.make_key().await?,
        };
        seal_with(&cipher, self.random.as_ref(), label, secret)
    }

    /// Opens what [`Self::seal`] made.
    ///
    /// Errors: `Kind::Keychain` when the key is gone or another one: what was sealed is then lost for good.
    pub async fn open(&self, label: &str, sealed: &[u8]) -> Result<Secret> {
        let cipher = self.cipher("open").await?.ok_or_else(lost)?;
        open_with(&cipher, label, sealed)
    }

    /// Seals an employee's tokens for the database.
    pub async fn seal_grant(&self, grant: GrantId, platform: PlatformId, tokens: &Tokens) -> Result<SealedGrant> {
        let sealed = self.seal(&grant_label(grant, platform), &tokens.to_secret()?).await?;
        Ok(SealedGrant { sealed, expires_at: tokens.expires_at, scopes: tokens.scopes.clone() })
    }

    /// Opens an employee's tokens.
    pub async fn open_grant(&self, grant: GrantId, platform: PlatformId, sealed: &[u8]) -> Result<Tokens> {
        Tokens::from_secret(&self.open(&grant_label(grant, platform), sealed).await?)
    }

    async fn cipher(&self, operation: &'static str) -> Result<Option<XChaCha20Poly1305>> {
        let mut cipher = self.cipher.lock().await;
        if cipher.is_none() {
            *cipher = match self.secrets.get(&Handle(KEY.into())).await? {
                Some(key) => Some(read_key(&key, operation)?),
                None => None,
            };
        }
        Ok(cipher.clone())
    }

    async fn make_key(&self) -> Result<XChaCha20Poly1305> {
        let mut cipher = self.cipher.lock().await;
        if let Some(made) = cipher.as_ref() {
            return Ok(made.clone());
        }
        let key = new_key(self.random.as_ref());
        self.secrets.put(&Handle(KEY.into()), &key).await?;
        let made = read_key(&key, "seal")?;
        *cipher = Some(made.clone());
        Ok(made)
    }
}

fn grant_label(grant: GrantId, platform: PlatformId) -> String {
    format!("{grant}/{platform}")
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
    XChaCha20Poly1305::new_from_slice(&bytes).map_err(|_| {
        Error::new(Kind::Keychain, operation, "The key that protects stored sign-ins is damaged.")
            .ask_admin("Put the key back from a backup, or delete it and sync the people with own accounts again.")
    })
}

pub(super) fn seal_with(cipher: &XChaCha20Poly1305, random: &dyn Random, label: &str, secret: &Secret) -> Result<Vec<u8>> {
    let mut nonce = [0; NONCE];
    random.fill(&mut nonce);
    let payload = Payload { msg: secret.expose().as_bytes(), aad: label.as_bytes() };
    let body =
        cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| Error::new(Kind::Bug, "seal", "A secret could not be sealed."))?;
    let mut sealed = Vec::with_capacity(1 + NONCE + body.len());
    sealed.push(FORM);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&body);
    Ok(sealed)
}

pub(super) fn open_with(cipher: &XChaCha20Poly1305, label: &str, sealed: &[u8]) -> Result<Secret> {
    let (nonce, body) = sealed.strip_prefix(&[FORM]).and_then(|rest| rest.split_at_checked(NONCE)).ok_or_else(lost)?;
    let text = cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: body, aad: label.as_bytes() }).map_err(|_| lost())?;
    String::from_utf8(text).map(Secret::new).map_err(|_| lost())
}

fn lost() -> Error {
    Error::new(
        Kind::Keychain,
        "open",
        "The key of the stored sign-ins is gone, or the stored sign-in is damaged: it cannot be read any more.",
    )
    .ask_admin("The people concerned must be asked again: reset and sync them once more.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemRandom;
    use crate::secrets::MemorySecrets;
    use crate::signin::Flow;
    use crate::transport::Realm;

    const ALPHA: PlatformId = PlatformId::new("alpha");
    const BETA: PlatformId = PlatformId::new("beta");

    fn tokens() -> Tokens {
        Tokens {
            access: Secret::new("access-1"),
            refresh: Some(Secret::new("refresh-1")),
            expires_at: "2026-01-05T08:00:00Z".parse().ok(),
            scopes: ["read".to_owned()].into(),
            flow: Flow::Device,
        }
    }

    fn sealer(secrets: &Arc<MemorySecrets>) -> Sealer {
        Sealer::new(secrets.clone(), Arc::new(SystemRandom))
    }

    #[tokio::test]
    async fn a_sealed_grant_opens_again_even_after_a_restart() {
        let secrets = Arc::new(MemorySecrets::new(Realm::Demo));
        let sealed = sealer(&secrets).seal_grant(GrantId(9), ALPHA, &tokens()).await.unwrap();
        assert!(!sealed.sealed.windows(6).any(|window| window == b"access"), "the token lies open in the sealed bytes");
        assert_eq!(sealer(&secrets).open_grant(GrantId(9), ALPHA, &sealed.sealed).await.unwrap(), tokens());
    }

    #[tokio::test]
    async fn a_sealed_grant_cannot_be_moved_to_another_grant_or_platform() {
        let secrets = Arc::new(MemorySecrets::new(Realm::Demo));
        let sealer = sealer(&secrets);
        let sealed = sealer.seal_grant(GrantId(9), ALPHA, &tokens()).await.unwrap();
        for (grant, platform) in [(GrantId(8), ALPHA), (GrantId(9), BETA)] {
            assert_eq!(sealer.open_grant(grant, platform, &sealed.sealed).await.unwrap_err().kind, Kind::Keychain);
        }
    }

    #[tokio::test]
    async fn the_same_tokens_never_seal_to_the_same_bytes() {
        let secrets = Arc::new(MemorySecrets::new(Realm::Demo));
        let sealer = sealer(&secrets);
        let first = sealer.seal_grant(GrantId(1), ALPHA, &tokens()).await.unwrap();
        assert_ne!(first.sealed, sealer.seal_grant(GrantId(1), ALPHA, &tokens()).await.unwrap().sealed);
    }

    #[tokio::test]
    async fn a_lost_key_says_that_people_must_be_asked_again() {
        let secrets = Arc::new(MemorySecrets::new(Realm::Demo));
        let sealed = sealer(&secrets).seal_grant(GrantId(9), ALPHA, &tokens()).await.unwrap();
        let bare = Arc::new(MemorySecrets::new(Realm::Demo));
        let absent = sealer(&bare).open_grant(GrantId(9), ALPHA, &sealed.sealed).await.unwrap_err();
        sealer(&bare).seal("other", &Secret::new("x")).await.unwrap();
        let replaced = sealer(&bare).open_grant(GrantId(9), ALPHA, &sealed.sealed).await.unwrap_err();
        for error in [absent, replaced] {
            assert_eq!(error.kind, Kind::Keychain);
            assert!(error.next_step().contains("asked again"), "{}", error.next_step());
        }
    }

    #[tokio::test]
    async fn every_cut_or_changed_byte_is_noticed() {
        let secrets = Arc::new(MemorySecrets::new(Realm::Demo));
        let sealer = sealer(&secrets);
        let sealed = sealer.seal("label", &Secret::new("text")).await.unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(sealer.open("label", &changed).await.unwrap_err().kind, Kind::Keychain);
            assert_eq!(sealer.open("label", &sealed[..at]).await.unwrap_err().kind, Kind::Keychain);
        }
    }

    #[tokio::test]
    async fn two_first_uses_at_once_make_one_key() {
        let secrets = Arc::new(MemorySecrets::new(Realm::Demo));
        let sealer = sealer(&secrets);
        let (one, two) = (Secret::new("1"), Secret::new("2"));
        let (first, second) = futures::join!(sealer.seal("a", &one), sealer.seal("b", &two));
        let fresh = Sealer::new(secrets.clone(), Arc::new(SystemRandom));
        assert_eq!(fresh.open("a", &first.unwrap()).await.unwrap(), one);
        assert_eq!(fresh.open("b", &second.unwrap()).await.unwrap(), two);
    }
}
