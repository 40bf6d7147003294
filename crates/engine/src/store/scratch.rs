//! A copy of everything stored, to try things in: what a preview says is then what the real thing would do, by the same code.
//!
//! It lies in the data folder, so that it is as private, and is thrown away when it is dropped; what a crash left of one is swept away
//! when the folder is opened.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Kind, Result};

use super::failure::{file_system, named};
use super::{Store, open, waited};

/// How the folders of copies begin.
const FOLDER: &str = "dry-run-";

/// A copy.
#[derive(Debug)]
pub(crate) struct Scratch {
    // Before its folder: a database is closed before it is deleted.
    store: Store,
    _folder: Folder,
}

impl Scratch {
    /// The copy, as if it were the real thing.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }
}

/// A folder that goes when it is dropped.
#[derive(Debug)]
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "a copy of the database for a preview could not be deleted; the next start does it");
        }
    }
}

impl Store {
    /// Copies what is stored now. Errors: `Kind::Storage`, for example when there is no room for it.
    pub(crate) async fn scratch(&self) -> Result<Scratch> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let (realm, from) = (self.realm(), self.folder().to_owned());
        let copy = move || {
            let folder = Folder(from.join(format!("{FOLDER}{}", NUMBER.fetch_add(1, Ordering::Relaxed))));
            open::make_folder(&folder.0)?;
            let (from, to) = (open::file(&from), open::file(&folder.0));
            copy(&from, &to).map_err(|error| named(error, &to))?;
            Ok(Scratch { store: Self::open(&folder.0, realm)?, _folder: folder })
        };
        waited(tokio::task::spawn_blocking(copy).await)?
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let connection = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    let to = to.to_str().ok_or_else(|| Error::new(Kind::Storage, "store", "The path of the data folder cannot be written as text."))?;
    connection.execute("VACUUM INTO ?1", [to])?;
    Ok(())
}

/// Deletes what a crash left. The caller holds the folder's lock.
pub(super) fn sweep(folder: &Path) -> Result<()> {
    let failed = |error: std::io::Error| file_system(&error, "Looking through the data folder", folder);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_string_lossy().starts_with(FOLDER) {
            std::fs::remove_dir_all(entry.path()).map_err(|error| file_system(&error, "Deleting a copy for a preview", &entry.path()))?;
        }
    }
    Ok(())
}
