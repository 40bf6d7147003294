//! One engine at a time holds the data folder: a lock that the operating system lets go of when the program ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::error::{Error, Kind, Remedy, Result};

use super::failure::file_system;

/// The held lock; dropping it lets go.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl Lock {
    pub(super) fn take(folder: &Path) -> Result<Self> {
        let path = folder.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| file_system(&error, "Opening the lock file", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::new(
                Kind::Conflict,
                "store",
                format!("Another User Sync is working with this data folder ({}).", folder.display()),
            )
            .remedy(Remedy::FixInput {
                what: "Do it there, or close it, or wait until it has ended. What only reads works meanwhile.".into(),
            })),
            Err(TryLockError::Error(error)) => Err(file_system(&error, "Locking the data folder", &path)),
        }
    }
}
