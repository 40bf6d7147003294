//! Sealing: what is secret but too numerous for a keychain lies in the database, readable only with a key that the
//! secret store holds.
//!
//! XChaCha20-Poly1305 under a 256-bit key, made at first use. What is sealed names its key and is bound to a label (which grant,
//! which platform), so a row cannot be moved to another one. Knows no table: [`GrantVault`] is implemented by the store.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::ring::{KeyId, Ring, decrypt, encrypt};
use super::{Handle, Secret, SecretStore, is_damaged};
use crate::clock::Random;
use crate::error::{Error, Kind, Result};
use crate::model::{GrantId, PlatformId};
use crate::signin::Tokens;

/// First byte of what names its key.
const FORM: u8 = 2;
/// First byte of what was sealed before keys had ids.
const FORM_WITHOUT_ID: u8 = 1;
/// The entry of the key in the secret store.
pub(crate) const KEY: &str = "grants/key";

/// A grant as the database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedGrant {
    /// The tokens, sealed.
    pub sealed: Vec<u8>,
    /// When the access token dies.
    pub expires_at: Option<Timestamp>,
    /// When the sign-in itself dies if nobody uses it.
    pub ends_at: Option<Timestamp>,
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
    /// Remembers when a slot's sign-in ends; `None` when it does not, or nobody says. Not secret.
    async fn slot_ends(&self, _platform: PlatformId, _slot: &'static str, _at: Option<Timestamp>) -> Result<()> {
        Ok(())
    }
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
    /// Held while the keys are fetched or changed, so that two first uses cannot make two keys.
    ring: Mutex<Option<Arc<Ring>>>,
    /// Held by whoever seals until it is stored: only when nobody does can an old key go.
    storing: RwLock<()>,
}

impl Sealer {
    /// The key is looked for, or made, at first use.
    pub fn new(secrets: Arc<dyn SecretStore>, random: Arc<dyn Random>) -> Self {
        Self { secrets, random, ring: Mutex::new(None), storing: RwLock::new(()) }
    }

    /// Seals a text under a label. Only the same label opens it. Whoever stores it holds `storing` meanwhile.
    pub async fn seal(&self, label: &str, secret: &Secret) -> Result<Vec<u8>> {
        let ring = self.ring_or_new().await?;
        let key = ring.newest().ok_or_else(|| Error::new(Kind::Bug, "seal", "There is no key."))?;
        let body = encrypt(&key.cipher, self.random.as_ref(), label, secret)?;
        Ok(std::iter::once(FORM).chain(key.id.0).chain(body).collect())
    }

    /// Opens what [`Self::seal`] made.
    ///
    /// Errors: `Kind::Keychain`. Where `is_lost` says so, the key is gone or another one, and what was sealed is lost for good; else the
    /// keychain cannot be asked now, which says nothing about the key.
    pub async fn open(&self, label: &str, sealed: &[u8]) -> Result<Secret> {
        let ring = match self.ring().await {
            Err(error) if is_damaged(&error) => return Err(lost()),
            ring => ring?.ok_or_else(lost)?,
        };
        opened(&ring, label, sealed).ok_or_else(lost)
    }

    /// Seals an employee's tokens for the database. Whoever stores them holds `storing` meanwhile.
    pub async fn seal_grant(&self, grant: GrantId, platform: PlatformId, tokens: &Tokens) -> Result<SealedGrant> {
        let sealed = self.seal(&grant_label(grant, platform), &tokens.to_secret()?).await?;
        Ok(SealedGrant { sealed, expires_at: tokens.expires_at, ends_at: tokens.ends_at, scopes: tokens.scopes.clone() })
    }

    /// Opens an employee's tokens.
    pub async fn open_grant(&self, grant: GrantId, platform: PlatformId, sealed: &[u8]) -> Result<Tokens> {
        Tokens::from_secret(&self.open(&grant_label(grant, platform), sealed).await?)
    }

    /// Until the guard is dropped, what was sealed meanwhile can be stored without its key going away.
    pub(crate) async fn storing(&self) -> RwLockReadGuard<'_, ()> {
        self.storing.read().await
    }

    /// Waits until nobody holds something sealed that is not stored yet, and keeps it so.
    pub(crate) async fn nobody_storing(&self) -> RwLockWriteGuard<'_, ()> {
        self.storing.write().await
    }

    /// Asks the secret store anew which keys there are, the one in use first. A damaged entry holds none.
    pub(crate) async fn keys(&self) -> Result<Vec<KeyId>> {
        let mut ring = self.ring.lock().await;
        *ring = match self.fetch("keys").await {
            Err(error) if is_damaged(&error) => None,
            fetched => fetched?,
        };
        Ok(ring.iter().flat_map(|ring| ring.keys().iter().map(|key| key.id)).collect())
    }

    /// Puts a new key in use, with the old ones beside it; goes on with an exchange that was interrupted. Gives the key in use.
    pub(crate) async fn begin_exchange(&self) -> Result<Option<KeyId>> {
        let mut kept = self.ring.lock().await;
        let Some(ring) = self.fetch("new_key").await? else { return Ok(None) };
        if ring.keys().len() == 1 {
            *kept = Some(self.put(Ring::read(&ring.write(), "new_key")?.with_new(self.random.as_ref())?).await?);
        } else {
            *kept = Some(ring);
        }
        Ok(kept.as_ref().and_then(|ring| ring.newest()).map(|key| key.id))
    }

    /// Lets the old keys go: nothing needs them any more.
    pub(crate) async fn end_exchange(&self) -> Result<()> {
        let mut kept = self.ring.lock().await;
        if let Some(ring) = self.fetch("new_key").await?
            && ring.keys().len() > 1
        {
            *kept = Some(self.put(Ring::read(&ring.write(), "new_key")?.without_old()).await?);
        }
        Ok(())
    }

    async fn ring(&self) -> Result<Option<Arc<Ring>>> {
        let mut ring = self.ring.lock().await;
        if ring.is_none() {
            *ring = self.fetch("open").await?;
        }
        Ok(ring.clone())
    }

    async fn ring_or_new(&self) -> Result<Arc<Ring>> {
        let mut kept = self.ring.lock().await;
        if let Some(ring) = kept.as_ref() {
            return Ok(ring.clone());
        }
        // Under a damaged key nothing can be opened again; what was sealed under it still names it, and counts as lost.
        let ring = match self.fetch("seal").await {
            Err(error) if is_damaged(&error) => None,
            fetched => fetched?,
        };
        let ring = match ring {
            Some(ring) => ring,
            None => self.put(Ring::fresh(self.random.as_ref())?).await?,
        };
        *kept = Some(ring.clone());
        Ok(ring)
    }

    async fn fetch(&self, operation: &'static str) -> Result<Option<Arc<Ring>>> {
        match self.secrets.get(&Handle(KEY.into())).await? {
            Some(entry) => Ok(Some(Arc::new(Ring::read(&entry, operation)?))),
            None => Ok(None),
        }
    }

    async fn put(&self, ring: Ring) -> Result<Arc<Ring>> {
        self.secrets.put(&Handle(KEY.into()), &ring.write()).await?;
        Ok(Arc::new(ring))
    }
}

/// The label under which a grant is sealed.
pub(crate) fn grant_label(grant: GrantId, platform: PlatformId) -> String {
    format!("{grant}/{platform}")
}

fn opened(ring: &Ring, label: &str, sealed: &[u8]) -> Option<Secret> {
    match sealed.split_first()? {
        (&FORM, rest) => {
            let (id, body) = rest.split_first_chunk::<{ KeyId::LENGTH }>()?;
            decrypt(&ring.find(KeyId(*id))?.cipher, label, body)
        }
        (&FORM_WITHOUT_ID, body) => ring.keys().iter().find_map(|key| decrypt(&key.cipher, label, body)),
        _ => None,
    }
}

/// What tells the loss of a key from every other error.
const LOST: (&str, &str) = ("sealed", "lost");

/// Whether something sealed can never be opened again.
pub(crate) fn is_lost(error: &Error) -> bool {
    error.context.iter().any(|(key, value)| (*key, value.as_str()) == LOST)
}

fn lost() -> Error {
    Error::new(Kind::SignedOut, "open", "The key that protected this sign-in is gone.")
        .ask_admin("Ask the person again: nobody can read the stored sign-in any more.")
        .with(LOST.0, LOST.1)
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
            ends_at: None,
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
            assert!(is_lost(&sealer.open_grant(grant, platform, &sealed.sealed).await.unwrap_err()));
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
            assert!(is_lost(&error) && error.message.contains("key"), "{error:?}");
            assert!(error.next_step().contains("Ask the person again"), "{}", error.next_step());
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
            assert!(is_lost(&sealer.open("label", &changed).await.unwrap_err()));
            assert!(is_lost(&sealer.open("label", &sealed[..at]).await.unwrap_err()));
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

    #[tokio::test]
    async fn what_was_sealed_before_keys_had_ids_opens_still() {
        let secrets = Arc::new(MemorySecrets::new(Realm::Demo));
        let key = super::super::ring::new_key(&SystemRandom);
        secrets.put(&Handle(KEY.into()), &key).await.unwrap();
        let cipher = super::super::ring::read_key(&key, "test").unwrap();
        let mut sealed = vec![FORM_WITHOUT_ID];
        sealed.extend(encrypt(&cipher, &SystemRandom, "label", &Secret::new("text")).unwrap());
        let sealer = sealer(&secrets);
        assert_eq!(sealer.open("label", &sealed).await.unwrap(), Secret::new("text"));
        sealer.begin_exchange().await.unwrap();
        assert_eq!(sealer.open("label", &sealed).await.unwrap(), Secret::new("text"));
        sealer.end_exchange().await.unwrap();
        assert!(is_lost(&sealer.open("label", &sealed).await.unwrap_err()));
    }

    #[tokio::test]
    async fn an_exchange_keeps_the_old_key_until_it_ends_and_an_interrupted_one_makes_no_third() {
        let secrets = Arc::new(MemorySecrets::new(Realm::Demo));
        let before = sealer(&secrets).seal("label", &Secret::new("old")).await.unwrap();
        let first = sealer(&secrets).begin_exchange().await.unwrap();
        let again = sealer(&secrets);
        assert_eq!(again.begin_exchange().await.unwrap(), first, "an interrupted exchange goes on");
        assert_eq!(again.keys().await.unwrap().len(), 2);
        let after = again.seal("label", &Secret::new("new")).await.unwrap();
        assert_ne!(before[1..5], after[1..5]);
        assert_eq!(again.open("label", &before).await.unwrap(), Secret::new("old"));
        again.end_exchange().await.unwrap();
        assert_eq!(sealer(&secrets).keys().await.unwrap(), first.into_iter().collect::<Vec<_>>());
        assert!(is_lost(&again.open("label", &before).await.unwrap_err()));
        assert_eq!(sealer(&secrets).open("label", &after).await.unwrap(), Secret::new("new"));
    }

    #[tokio::test]
    async fn a_damaged_key_counts_as_none_and_a_new_one_opens_nothing_old() {
        let secrets = Arc::new(MemorySecrets::new(Realm::Demo));
        let before = sealer(&secrets).seal("label", &Secret::new("old")).await.unwrap();
        secrets.put(&Handle(KEY.into()), &Secret::new("half-writ")).await.unwrap();
        let sealer = sealer(&secrets);
        assert_eq!(sealer.keys().await.unwrap(), []);
        assert!(is_lost(&sealer.open("label", &before).await.unwrap_err()));
        let after = sealer.seal("label", &Secret::new("new")).await.unwrap();
        assert_eq!(sealer.open("label", &after).await.unwrap(), Secret::new("new"));
        assert!(is_lost(&sealer.open("label", &before).await.unwrap_err()));
    }
}
