//! A secret store that can be shut, now or after some calls, and whose calls take a moment when a test wants crashes in between.

use std::sync::Mutex;

use async_trait::async_trait;

use crate::error::{Error, Kind, Result};
use crate::secrets::{Handle, MemorySecrets, Secret, SecretStore};
use crate::transport::Realm;

pub(crate) struct Shutter {
    pub(crate) inner: MemorySecrets,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How many calls are answered before it shuts.
    left: Option<u32>,
    refused: u32,
    is_slow: bool,
}

impl Shutter {
    pub(crate) fn new(realm: Realm) -> Self {
        Self { inner: MemorySecrets::new(realm), state: Mutex::default() }
    }

    /// Shuts after so many calls.
    pub(crate) fn shut_after(&self, calls: u32) {
        self.state.lock().unwrap().left = Some(calls);
    }

    /// Opens again; gives how many calls were refused.
    pub(crate) fn unlock(&self) -> u32 {
        let mut state = self.state.lock().unwrap();
        state.left = None;
        std::mem::take(&mut state.refused)
    }

    /// From now on a call takes a moment.
    pub(crate) fn slow(&self) {
        self.state.lock().unwrap().is_slow = true;
    }

    /// Somebody deletes an entry, or puts another one in its place.
    pub(crate) async fn tamper(&self, name: &str, text: Option<&str>) {
        let handle = Handle(name.into());
        match text {
            Some(text) => self.inner.put(&handle, &Secret::new(text)).await.unwrap(),
            None => self.inner.delete(&handle).await.unwrap(),
        }
    }

    async fn pass(&self) -> Result<()> {
        let is_slow = self.state.lock().unwrap().is_slow;
        if is_slow {
            tokio::task::yield_now().await;
        }
        let mut state = self.state.lock().unwrap();
        match &mut state.left {
            Some(0) => {
                state.refused += 1;
                Err(Error::new(Kind::Keychain, "keychain", "The keychain is locked.").ask_admin("Unlock it."))
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

#[async_trait]
impl SecretStore for Shutter {
    fn realm(&self) -> Realm {
        self.inner.realm()
    }

    async fn get(&self, handle: &Handle) -> Result<Option<Secret>> {
        self.pass().await?;
        self.inner.get(handle).await
    }

    async fn put(&self, handle: &Handle, secret: &Secret) -> Result<()> {
        self.pass().await?;
        self.inner.put(handle, secret).await
    }

    async fn delete(&self, handle: &Handle) -> Result<()> {
        self.pass().await?;
        self.inner.delete(handle).await
    }
}
