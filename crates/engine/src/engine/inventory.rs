//! What the secret store holds for this data folder, by name.

use crate::error::Result;
use crate::secrets::{self, Handle};
use crate::signin;

use super::Engine;

impl Engine {
    /// Names of the entries that are there, asked of the store itself; never what is in them.
    ///
    /// Errors: `Kind::Keychain` when it cannot be asked. A damaged entry is there.
    pub async fn inventory(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for platform in self.shared.platforms.iter() {
            for handle in signin::handles(platform) {
                if self.is_kept(&handle).await? {
                    names.push(handle.0);
                }
            }
        }
        let key = Handle(secrets::KEY.into());
        if self.is_kept(&key).await? {
            names.push(key.0);
        }
        Ok(names)
    }

    async fn is_kept(&self, handle: &Handle) -> Result<bool> {
        match self.shared.paced.secrets().get(handle).await {
            Ok(secret) => Ok(secret.is_some()),
            Err(error) if secrets::is_damaged(&error) => Ok(true),
            Err(error) => Err(error),
        }
    }
}
