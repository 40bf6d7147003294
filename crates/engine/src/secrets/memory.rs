//! Secrets that are kept nowhere: a sign-in on trial, before anything of it may stay.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Handle, Secret, SecretStore};
use crate::error::Result;
use crate::transport::Realm;

/// A secret store that forgets everything when it is dropped.
pub struct MemorySecrets {
    realm: Realm,
    secrets: Mutex<BTreeMap<Handle, Secret>>,
}

impl MemorySecrets {
    /// Empty.
    pub fn new(realm: Realm) -> Self {
        Self { realm, secrets: Mutex::default() }
    }

    /// Everything in it, by handle.
    pub fn all(&self) -> BTreeMap<Handle, Secret> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl SecretStore for MemorySecrets {
    fn realm(&self) -> Realm {
        self.realm
    }

    async fn get(&self, handle: &Handle) -> Result<Option<Secret>> {
        Ok(self.secrets.lock().unwrap_or_else(PoisonError::into_inner).get(handle).cloned())
    }

    async fn put(&self, handle: &Handle, secret: &Secret) -> Result<()> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).insert(handle.clone(), secret.clone());
        Ok(())
    }

    async fn delete(&self, handle: &Handle) -> Result<()> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).remove(handle);
        Ok(())
    }
}
