//! The demo's secret store: a key in a file of the demo's own folder, and beside it one file of sealed secrets.
//!
//! It keeps the words "secrets stay sealed" true in a demo that must outlive one command, without touching the real
//! keychain. It is worth no more than the folder's permissions, therefore its realm is Demo and never anything else.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::XChaCha20Poly1305;

use super::ring::{decrypt, encrypt, new_key, read_key};
use super::{Handle, Secret, SecretStore};
use crate::clock::Random;
use crate::error::{Error, Kind, Result};
use crate::transport::Realm;

/// First byte of everything in the file.
const FORM: u8 = 1;

/// `demo.key` and `demo.secrets` in one folder.
pub struct KeyFile {
    inner: Arc<Inner>,
}

struct Inner {
    secrets: PathBuf,
    cipher: XChaCha20Poly1305,
    random: Arc<dyn Random>,
    /// One change at a time: a change rewrites the file.
    change: Mutex<()>,
}

type Sealed = BTreeMap<String, String>;

impl KeyFile {
    /// Opens the folder's key file; makes it, readable by this user only, when there is none.
    pub fn open(folder: &Path, random: Arc<dyn Random>) -> Result<Self> {
        let path = folder.join("demo.key");
        private_folder(folder).map_err(|error| unusable(folder, &error))?;
        let key = match std::fs::read_to_string(&path) {
            Ok(text) => Secret::new(text),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let key = new_key(random.as_ref());
                write_private(&path, key.expose().as_bytes()).map_err(|error| unusable(&path, &error))?;
                key
            }
            Err(error) => return Err(unusable(&path, &error)),
        };
        let cipher = read_key(&key, "open_key_file").map_err(|_| damaged(&path))?;
        Ok(Self { inner: Arc::new(Inner { secrets: folder.join("demo.secrets"), cipher, random, change: Mutex::new(()) }) })
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Inner) -> Result<T> + Send + 'static) -> Result<T> {
        let inner = self.inner.clone();
        tokio::task::spawn_blocking(move || work(&inner))
            .await
            .map_err(|_| Error::new(Kind::Bug, "key_file", "Reading the demo's secrets was interrupted."))?
    }
}

impl Inner {
    fn read(&self) -> Result<Sealed> {
        match std::fs::read(&self.secrets) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| damaged(&self.secrets)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Sealed::new()),
            Err(error) => Err(unusable(&self.secrets, &error)),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Sealed)) -> Result<()> {
        let _one_at_a_time = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sealed = self.read()?;
        change(&mut sealed);
        let bytes =
            serde_json::to_vec(&sealed).map_err(|_| Error::new(Kind::Bug, "key_file", "The demo's secrets could not be written."))?;
        // Whole or not at all: a crash leaves the old file.
        let fresh = self.secrets.with_extension("new");
        match std::fs::remove_file(&fresh) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(unusable(&fresh, &error)),
            _ => {}
        }
        write_private(&fresh, &bytes).and_then(|()| std::fs::rename(&fresh, &self.secrets)).map_err(|error| unusable(&self.secrets, &error))
    }
}

#[async_trait]
impl SecretStore for KeyFile {
    fn realm(&self) -> Realm {
        Realm::Demo
    }

    async fn get(&self, handle: &Handle) -> Result<Option<Secret>> {
        let handle = handle.clone();
        self.run(move |inner| {
            let Some(sealed) = inner.read()?.remove(&handle.0) else { return Ok(None) };
            let bytes = STANDARD.decode(sealed).map_err(|_| damaged(&inner.secrets))?;
            let body = bytes.strip_prefix(&[FORM]).ok_or_else(|| damaged(&inner.secrets))?;
            decrypt(&inner.cipher, &handle.0, body).map(Some).ok_or_else(|| damaged(&inner.secrets))
        })
        .await
    }

    async fn put(&self, handle: &Handle, secret: &Secret) -> Result<()> {
        let (handle, secret) = (handle.clone(), secret.clone());
        self.run(move |inner| {
            let mut sealed = vec![FORM];
            sealed.extend(encrypt(&inner.cipher, inner.random.as_ref(), &handle.0, &secret)?);
            let sealed = STANDARD.encode(sealed);
            inner.change(|all| {
                all.insert(handle.0, sealed);
            })
        })
        .await
    }

    async fn delete(&self, handle: &Handle) -> Result<()> {
        let handle = handle.clone();
        self.run(move |inner| {
            inner.change(|all| {
                all.remove(&handle.0);
            })
        })
        .await
    }
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn unusable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Kind::Storage, "key_file", format!("The demo's file {} cannot be used: {error}.", path.display()))
        .ask_admin("Check that the folder is yours and that its disk has room; or start the demo in another folder with --data-dir.")
}

fn damaged(path: &Path) -> Error {
    Error::new(Kind::Keychain, "key_file", format!("The demo's file {} is damaged.", path.display()))
        .ask_admin("Start the demo in a new folder with --data-dir; nothing in this one was deleted.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemRandom;

    fn open(folder: &Path) -> Result<KeyFile> {
        KeyFile::open(&folder.join("made"), Arc::new(SystemRandom))
    }

    #[tokio::test]
    async fn demo_secrets_outlive_the_program_and_lie_sealed_in_private_files() {
        let folder = tempfile::tempdir().unwrap();
        let handle = Handle("alpha/bot".into());
        open(folder.path()).unwrap().put(&handle, &Secret::new("planted-token")).await.unwrap();
        let again = open(folder.path()).unwrap();
        assert_eq!(again.get(&handle).await.unwrap(), Some(Secret::new("planted-token")));
        assert_eq!(again.realm(), Realm::Demo);
        for name in ["demo.key", "demo.secrets"] {
            let path = folder.path().join("made").join(name);
            assert!(!std::fs::read_to_string(&path).unwrap().contains("planted-token"), "{name} shows the token");
            #[cfg(unix)]
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions()) & 0o777, 0o600);
        }
        again.delete(&handle).await.unwrap();
        again.delete(&handle).await.unwrap();
        assert_eq!(again.get(&handle).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_damaged_key_or_file_names_itself_and_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path()).unwrap().put(&Handle("a".into()), &Secret::new("b")).await.unwrap();
        std::fs::write(folder.path().join("made/demo.secrets"), "{\"a\":\"cut").unwrap();
        let error = open(folder.path()).unwrap().get(&Handle("a".into())).await.unwrap_err();
        assert_eq!((error.kind, error.message.contains("demo.secrets")), (Kind::Keychain, true));
        std::fs::write(folder.path().join("made/demo.key"), "short").unwrap();
        let error = open(folder.path()).err().unwrap();
        assert_eq!((error.kind, error.message.contains("demo.key")), (Kind::Keychain, true));
        assert_eq!(std::fs::read_to_string(folder.path().join("made/demo.key")).unwrap(), "short");
    }

    #[tokio::test]
    async fn changes_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).unwrap();
        let handles: Vec<Handle> = (0..20).map(|number| Handle(format!("alpha/{number}"))).collect();
        futures::future::join_all(handles.iter().map(|handle| async {
            store.put(handle, &Secret::new(handle.0.clone())).await.unwrap();
        }))
        .await;
        for handle in &handles {
            assert_eq!(store.get(handle).await.unwrap(), Some(Secret::new(handle.0.clone())));
        }
    }
}
